/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SRFPGA_NPY_H
#define SRFPGA_NPY_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define NPY_MAX_RANK	16

/**
 * struct npy - an array as NumPy saves it, in C order and little endian
 * @kind: 'f' floating point, 'i' signed, 'u' unsigned, 'b' boolean
 * @size: bytes of an element
 * @rank: entries of @shape
 * @shape: outermost first
 * @count: elements
 * @data: count * size bytes, malloc()ed
 */
struct npy {
	char kind;
	uint32_t size;
	uint32_t rank;
	uint64_t shape[NPY_MAX_RANK];
	uint64_t count;
	uint8_t *data;
};

/**
 * npy_parse() - an array from the bytes of a .npy file
 * @name: for messages
 * @npy: receives the array; npy_free() it
 *
 * Versions 1 to 3. Refuses Fortran order, big endian, objects and structures.
 */
int npy_parse(const char *name, const uint8_t *file, size_t len,
	      struct npy *npy);

/** npy_load() - npy_parse() of the file @path */
int npy_load(const char *path, struct npy *npy);

/** npy_write() - write version 1; ferror() tells about a full disk */
void npy_write(FILE *f, const struct npy *npy);

/** npy_free() - safe on a zeroed struct */
void npy_free(struct npy *npy);

/** npy_get() - element @i as a number, exact up to 2^53 */
double npy_get(const struct npy *npy, uint64_t i);

/** npy_shape_text() - "(4, 1, 28, 28)" */
void npy_shape_text(const uint64_t *shape, uint32_t rank, char *text,
		    size_t len);

#endif /* SRFPGA_NPY_H */
