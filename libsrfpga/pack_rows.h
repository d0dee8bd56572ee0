/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Packing of rows whose elements have their type's natural C type. */
#ifndef SRFPGA_PACK_ROWS_H
#define SRFPGA_PACK_ROWS_H

#include "internal.h"

/*
 * pack_rows() - elements to rows of packed codes
 * @layout: a valid one, of any type; @layout->rows is how many
 * @src: the elements
 * @dst: receives the rows
 *
 * Return: false if an element is out of the type's range.
 */
bool pack_rows(const struct srfpga_layout *layout, const void *src, void *dst);

/* unpack_rows() - rows of packed codes to elements; the inverse. */
void unpack_rows(const struct srfpga_layout *layout, const void *src,
		 void *dst);

/* For pack_rows() only: types of up to 7 bits, and of 9 to 31. */
bool pack_narrow(const struct srfpga_layout *layout, const uint8_t *src,
		 uint8_t *dst);
void unpack_narrow(const struct srfpga_layout *layout, const uint8_t *src,
		   uint8_t *dst);
bool pack_wide(const struct srfpga_layout *layout, const void *src,
	       uint8_t *dst);
void unpack_wide(const struct srfpga_layout *layout, const uint8_t *src,
		 void *dst);

#endif /* SRFPGA_PACK_ROWS_H */
