/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SRFPGA_ATTRIBUTES_H
#define SRFPGA_ATTRIBUTES_H

#include <stdint.h>

/**
 * attributes_each() - the driver's own figures about a device, from sysfs
 * @path: "/dev/srfpgaN"; anything else has none
 * @visit: called with every readable one-line attribute, in order of names
 * @data: handed to @visit
 *
 * $SRFPGA_SYSFS replaces /sys.
 */
void attributes_each(const char *path,
		     void (*visit)(void *data, const char *name,
				   const char *value), void *data);

/** Bytes of a path as attributes_devices() writes it. */
#define ATTRIBUTES_PATH_LEN	64

/**
 * attributes_devices() - the devices that the driver shows in sysfs
 * @paths: receives up to @max of "/dev/srfpgaN"
 *
 * Return: how many were written.
 */
uint32_t attributes_devices(char (*paths)[ATTRIBUTES_PATH_LEN], uint32_t max);

#endif /* SRFPGA_ATTRIBUTES_H */
