// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Layouts: data types by name, their ranges, the size of a frame.
 * Moves no data.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "layout.h"

#define MAX_BITS	32
/* What ONNX gives classes and indices. */
#define LONG_BITS	64
/* Elements of a frame: with 4 bytes each still far from any overflow. */
#define MAX_ELEMS	(1ULL << 48)

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "frames are little endian, and so must the host be"
#endif

static bool type_ok(const struct srfpga_layout *layout)
{
	switch (layout->dtype) {
	case SRFPGA_DTYPE_INT:
		if (layout->bits == LONG_BITS)
			return true;
		/* fall through */
	case SRFPGA_DTYPE_UINT:
		return layout->bits >= 1 && layout->bits <= MAX_BITS;
	case SRFPGA_DTYPE_BIPOLAR:
		return layout->bits == 1;
	case SRFPGA_DTYPE_TERNARY:
		return layout->bits == 2;
	case SRFPGA_DTYPE_FLOAT:
		return layout->bits == 32;
	}
	return false;
}

bool layout_ok(const struct srfpga_layout *layout)
{
	uint64_t elems;

	return type_ok(layout) && layout->rows && layout->row_elems &&
	       !__builtin_mul_overflow(layout->rows, layout->row_elems,
				       &elems) &&
	       elems <= MAX_ELEMS;
}

uint64_t layout_row_bytes(const struct srfpga_layout *layout)
{
	return (layout->row_elems * layout->bits + 7) / 8;
}

struct value_range layout_range(const struct srfpga_layout *layout)
{
	const int64_t half = 1LL << ((layout->bits - 1) % MAX_BITS);

	if (layout->bits == LONG_BITS)
		return (struct value_range){ INT64_MIN, INT64_MAX };
	switch (layout->dtype) {
	case SRFPGA_DTYPE_UINT:
		return (struct value_range){ 0, 2 * half - 1 };
	case SRFPGA_DTYPE_INT:
		return (struct value_range){ -half, half - 1 };
	}
	return (struct value_range){ -1, 1 };
}

uint64_t srfpga_layout_get_frame_bytes(const struct srfpga_layout *layout)
{
	return layout_ok(layout) ? layout->rows * layout_row_bytes(layout) : 0;
}

uint32_t srfpga_layout_get_elem(const struct srfpga_layout *layout)
{
	if (!layout_ok(layout))
		return 0;
	if (layout->dtype == SRFPGA_DTYPE_FLOAT)
		return SRFPGA_ELEM_F32;
	if (layout->dtype == SRFPGA_DTYPE_UINT)
		return layout->bits <= 8 ? SRFPGA_ELEM_U8 :
		       layout->bits <= 16 ? SRFPGA_ELEM_U16 : SRFPGA_ELEM_U32;
	return layout->bits <= 8 ? SRFPGA_ELEM_S8 :
	       layout->bits <= 16 ? SRFPGA_ELEM_S16 :
	       layout->bits <= 32 ? SRFPGA_ELEM_S32 : SRFPGA_ELEM_S64;
}

int srfpga_layout_get_range(const struct srfpga_layout *layout, int64_t *min,
			    int64_t *max)
{
	struct value_range range;

	if (!layout_ok(layout) || layout->dtype == SRFPGA_DTYPE_FLOAT)
		return -EINVAL;
	range = layout_range(layout);
	*min = range.min;
	*max = range.max;
	return 0;
}

static const struct {
	const char *name;
	uint32_t dtype;
	uint32_t bits;
} fixed_types[] = {
	{ "BINARY", SRFPGA_DTYPE_UINT, 1 },
	{ "BIPOLAR", SRFPGA_DTYPE_BIPOLAR, 1 },
	{ "TERNARY", SRFPGA_DTYPE_TERNARY, 2 },
	{ "FLOAT32", SRFPGA_DTYPE_FLOAT, 32 },
};

/* "UINT8", "INT4": @digits is what follows the word. */
static int parse_bits(const char *digits, uint32_t *bits)
{
	char *end;
	unsigned long value = strtoul(digits, &end, 10);

	if (*digits < '1' || *digits > '9' || *end || value > LONG_BITS)
		return -EINVAL;
	*bits = value;
	return 0;
}

static int parse_type(struct srfpga_layout *layout, const char *type)
{
	for (size_t i = 0; i < ARRAY_SIZE(fixed_types); i++) {
		if (!strcmp(type, fixed_types[i].name)) {
			layout->dtype = fixed_types[i].dtype;
			layout->bits = fixed_types[i].bits;
			return 0;
		}
	}
	if (!strncmp(type, "UINT", 4)) {
		layout->dtype = SRFPGA_DTYPE_UINT;
		return parse_bits(type + 4, &layout->bits);
	}
	if (!strncmp(type, "INT", 3)) {
		layout->dtype = SRFPGA_DTYPE_INT;
		return parse_bits(type + 3, &layout->bits);
	}
	return -EINVAL;
}

int srfpga_layout_init(struct srfpga_layout *layout, const char *type,
		       const uint32_t *folded_shape, unsigned int rank)
{
	struct srfpga_layout new = { .rows = 1 };
	int ret;

	if (!rank || rank > SRFPGA_MAX_RANK)
		return -EINVAL;
	ret = parse_type(&new, type);
	if (ret)
		return ret;
	if (!type_ok(&new))
		return -EINVAL;
	for (unsigned int i = 0; i < rank; i++)
		if (!folded_shape[i])
			return -EINVAL;
	for (unsigned int i = 0; i + 1 < rank; i++)
		if (__builtin_mul_overflow(new.rows, folded_shape[i],
					   &new.rows))
			return -EOVERFLOW;
	new.row_elems = folded_shape[rank - 1];
	if (!layout_ok(&new))
		return -EOVERFLOW;
	*layout = new;
	return 0;
}

int srfpga_layout_get_type(const struct srfpga_layout *layout,
			   char name[SRFPGA_TYPE_NAME_LEN])
{
	if (!layout_ok(layout))
		return -EINVAL;
	for (size_t i = 0; i < ARRAY_SIZE(fixed_types); i++) {
		if (fixed_types[i].dtype == layout->dtype &&
		    fixed_types[i].bits == layout->bits) {
			snprintf(name, SRFPGA_TYPE_NAME_LEN, "%s",
				 fixed_types[i].name);
			return 0;
		}
	}
	snprintf(name, SRFPGA_TYPE_NAME_LEN, "%s%u",
		 layout->dtype == SRFPGA_DTYPE_UINT ? "UINT" : "INT",
		 layout->bits);
	return 0;
}

size_t srfpga_elem_get_size(uint32_t elem)
{
	switch (elem) {
	case SRFPGA_ELEM_U8:
	case SRFPGA_ELEM_S8:
		return 1;
	case SRFPGA_ELEM_U16:
	case SRFPGA_ELEM_S16:
		return 2;
	case SRFPGA_ELEM_U32:
	case SRFPGA_ELEM_S32:
	case SRFPGA_ELEM_F32:
		return 4;
	case SRFPGA_ELEM_S64:
		return 8;
	}
	return 0;
}
