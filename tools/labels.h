/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SRFPGA_LABELS_H
#define SRFPGA_LABELS_H

#include <stddef.h>
#include <stdint.h>

#include <srfpga.h>

/** struct labels - the names of classes, one a line of a file */
struct labels {
	char *text;
	char **line;
	uint64_t count;
};

/** labels_load() - read a file; @path NULL gives none */
int labels_load(const char *path, struct labels *labels);

/** labels_free() - safe on a zeroed struct */
void labels_free(struct labels *labels);

/**
 * labels_find() - the names that come with a model
 * @path: receives the file
 *
 * For a soft device NAME.labels.txt beside NAME.onnx, for hardware that of the
 * shipped model with the device's name. NAME may also be shorter by parts that
 * an underscore separates.
 *
 * Return: 0, -ENOENT.
 */
int labels_find(const struct srfpga_device_info *info, char *path, size_t len);

#endif /* SRFPGA_LABELS_H */
