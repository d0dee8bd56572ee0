// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Packing of elements of 9 to 31 bits, one by one through a bit accumulator,
 * and the choice among the ways to pack.
 */
#include <string.h>

#include "layout.h"
#include "pack_rows.h"

/* Codes of up to 16 bits lie in 16-bit elements, larger ones in 32-bit ones. */
static inline uint32_t get(const void *elems, uint64_t i, bool is16, bool sign)
{
	if (!is16)
		return ((const uint32_t *)elems)[i];
	return sign ? (uint32_t)((const int16_t *)elems)[i] :
		      ((const uint16_t *)elems)[i];
}

static inline void set(void *elems, uint64_t i, bool is16, uint32_t value)
{
	if (is16)
		((uint16_t *)elems)[i] = value;
	else
		((uint32_t *)elems)[i] = value;
}

/*
 * struct wide - a type's bits
 * @bias: moves the least value to 0 (modulo 2^32)
 */
struct wide {
	unsigned int bits;
	uint32_t mask;
	uint32_t bias;
	bool is16;
	bool sign;
};

static struct wide wide_of(const struct srfpga_layout *layout)
{
	const bool sign = layout->dtype == SRFPGA_DTYPE_INT;

	return (struct wide){
		.bits = layout->bits,
		.mask = (1U << layout->bits) - 1,
		.bias = sign ? 1U << (layout->bits - 1) : 0,
		.is16 = layout->bits <= 16,
		.sign = sign,
	};
}

bool pack_wide(const struct srfpga_layout *layout, const void *src,
	       uint8_t *dst)
{
	const struct wide w = wide_of(layout);
	uint64_t index = 0;
	uint32_t bad = 0;

	for (uint64_t row = 0; row < layout->rows; row++) {
		unsigned int fill = 0;
		uint64_t acc = 0;

		for (uint64_t i = 0; i < layout->row_elems; i++) {
			uint32_t value = get(src, index++, w.is16, w.sign);

			bad |= (value + w.bias) & ~w.mask;
			acc |= (uint64_t)(value & w.mask) << fill;
			fill += w.bits;
			if (fill >= 32) {
				const uint32_t word = acc;

				memcpy(dst, &word, sizeof(word));
				dst += sizeof(word);
				acc >>= 32;
				fill -= 32;
			}
		}
		for (; fill; fill -= fill < 8 ? fill : 8, acc >>= 8)
			*dst++ = acc;
	}
	return !bad;
}

/* More bits into @acc: a word, or what is left of the row. */
static inline const uint8_t *refill(const uint8_t *src, const uint8_t *end,
				    uint64_t *acc, unsigned int *fill)
{
	uint32_t word = 0;
	size_t bytes = sizeof(word);

	if (end - src >= (ptrdiff_t)sizeof(word)) {
		memcpy(&word, src, sizeof(word));
	} else {
		bytes = end - src;
		for (size_t i = 0; i < bytes; i++)
			word |= (uint32_t)src[i] << (8 * i);
	}
	*acc |= (uint64_t)word << *fill;
	*fill += 8 * bytes;
	return src + bytes;
}

void unpack_wide(const struct srfpga_layout *layout, const uint8_t *src,
		 void *dst)
{
	const uint64_t row_bytes = layout_row_bytes(layout);
	const struct wide w = wide_of(layout);
	uint64_t index = 0;

	for (uint64_t row = 0; row < layout->rows; row++) {
		const uint8_t *end = src + row_bytes;
		unsigned int fill = 0;
		uint64_t acc = 0;

		for (uint64_t i = 0; i < layout->row_elems; i++) {
			if (fill < w.bits)
				src = refill(src, end, &acc, &fill);
			set(dst, index++, w.is16,
			    (((uint32_t)acc & w.mask) ^ w.bias) - w.bias);
			acc >>= w.bits;
			fill -= w.bits;
		}
	}
}

/* Rows that end with a whole byte follow each other like one. */
static struct srfpga_layout join_rows(const struct srfpga_layout *layout)
{
	struct srfpga_layout joined = *layout;

	if (layout->row_elems * layout->bits % 8 == 0) {
		joined.row_elems *= joined.rows;
		joined.rows = 1;
	}
	return joined;
}

/* Elements in memory are their codes, byte by byte. */
static bool is_plain(const struct srfpga_layout *layout)
{
	return layout->bits == 8 || layout->bits == 16 || layout->bits == 32 ||
	       layout->bits == 64;
}

bool pack_rows(const struct srfpga_layout *layout, const void *src, void *dst)
{
	const struct srfpga_layout joined = join_rows(layout);

	if (is_plain(layout)) {
		memcpy(dst, src, joined.row_elems * (layout->bits / 8));
		return true;
	}
	if (layout->bits < 8)
		return pack_narrow(&joined, src, dst);
	return pack_wide(&joined, src, dst);
}

void unpack_rows(const struct srfpga_layout *layout, const void *src,
		 void *dst)
{
	const struct srfpga_layout joined = join_rows(layout);

	if (is_plain(layout))
		memcpy(dst, src, joined.row_elems * (layout->bits / 8));
	else if (layout->bits < 8)
		unpack_narrow(&joined, src, dst);
	else
		unpack_wide(&joined, src, dst);
}
