/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SRFPGA_TENSOR_H
#define SRFPGA_TENSOR_H

#include <stdbool.h>

#include <srfpga.h>

#include "npy.h"

/** enum tensor_form - what the numbers of an .npy file mean */
enum tensor_form {
	/** The port's integers in normal shape: what FINN's driver takes. */
	TENSOR_CODES,
	/** Real numbers in normal shape, rounded to the nearest code. */
	TENSOR_REAL,
};

/**
 * tensor_from_npy() - check an array against a port and convert it
 * @port: the port
 * @npy: the array; with a batch dimension in front, or exactly one frame
 * @name: its file, for messages
 * @form: what its numbers mean
 * @tensor: receives the elements in the port's natural type, malloc()ed
 * @frames: receives the number of frames
 */
int tensor_from_npy(const struct srfpga_port *port, const struct npy *npy,
		    const char *name, enum tensor_form form, void **tensor,
		    uint64_t *frames);

/**
 * tensor_to_npy() - the inverse
 * @tensor: @frames frames in the port's natural type; taken over
 * @batch: give the array a batch dimension in front; without, @frames is 1
 * @npy: receives the array; npy_free() it
 *
 * TENSOR_CODES keeps the natural type, TENSOR_REAL gives 32-bit floats.
 */
int tensor_to_npy(const struct srfpga_port *port, void *tensor,
		  uint64_t frames, bool batch, enum tensor_form form,
		  struct npy *npy);

/**
 * tensor_alloc() - room for frames of a port in its natural type
 *
 * Return: malloc()ed memory, NULL if there is none.
 */
void *tensor_alloc(const struct srfpga_port *port, uint64_t frames);

/** tensor_put() - set element @i; @v must be a value of enum srfpga_elem @elem */
void tensor_put(void *tensor, uint32_t elem, uint64_t i, double v);

/** tensor_get() - element @i as a number */
double tensor_get(const void *tensor, uint32_t elem, uint64_t i);

#endif /* SRFPGA_TENSOR_H */
