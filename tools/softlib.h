/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SRFPGA_SOFTLIB_H
#define SRFPGA_SOFTLIB_H

#include <soft/srfpga_soft.h>

/**
 * struct softlib - the functions of libsrfpga-soft.so that the tool calls
 *
 * Loaded on demand: a board that only drives hardware does not need it.
 */
struct softlib {
	__typeof__(srfpga_soft_load) *load;
	__typeof__(srfpga_soft_free) *free;
	__typeof__(srfpga_soft_radius) *radius;
	__typeof__(srfpga_soft_describe) *describe;
};

/**
 * softlib_get() - the library, loaded at the first call
 * @why: receives why it cannot be used; may be NULL
 *
 * Return: its functions, valid for ever; NULL where it is not installed.
 */
const struct softlib *softlib_get(const char **why);

#endif /* SRFPGA_SOFTLIB_H */
