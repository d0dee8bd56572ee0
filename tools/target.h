/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SRFPGA_TARGET_H
#define SRFPGA_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <srfpga.h>

/** The model that is used where there is no device. */
#define TARGET_DEFAULT_MODEL	"lrsrn_x2.onnx"

/**
 * struct target_wish - which device, and for what
 * @device: the user's -d, NULL to choose
 * @height: rows of the picture, for models that leave them open; 0: none
 * @width: columns, likewise
 * @as_model: ports as the ONNX graph declares them: a soft: device only
 * @fallback: where there is no device, the shipped model in software
 */
struct target_wish {
	const char *device;
	uint32_t height;
	uint32_t width;
	bool as_model;
	bool fallback;
};

/**
 * target_open() - open the device that the user wants
 * @dev: receives it; srfpga_device_close() it
 *
 * Without -d it is the first device; a message says which. Where there is none,
 * commands that upscale take the shipped model instead, which does it as well;
 * figures and comparisons of a device that nobody has would mislead.
 *
 * Return: TOOL_OK, TOOL_NO_DEVICE where there is no such device, TOOL_USAGE for
 * a device that cannot be as wished, TOOL_FAILURE.
 */
int target_open(const struct target_wish *wish, struct srfpga_device **dev);

/**
 * target_find_model() - the path of a shipped model
 * @name: file name
 * @path: receives the path
 *
 * Looks into $SRFPGA_MODELS, then beside this program (models/ and
 * ../share/srfpga/models/), then where "make install" puts them.
 *
 * Return: 0, -ENOENT.
 */
int target_find_model(const char *name, char *path, size_t len);

/**
 * target_model_radius() - how far the shipped model @name.onnx reaches
 * @radius: receives input pixels
 *
 * Hardware does not know how far its network reaches; a shipped model of the
 * same name does.
 *
 * Return: 0, -ENOENT (no such model, or the software FPGA is not installed) or
 * an errno of loading it.
 */
int target_model_radius(const char *name, uint32_t *radius);

/** target_only_port() - the only port with a role, NULL if there are more */
const struct srfpga_port *target_only_port(const struct srfpga_device *dev,
					   uint32_t role);

#endif /* SRFPGA_TARGET_H */
