// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Packing and unpacking of frames: any C type of the tensor. Tensors of
 * another type than the natural one pass through a small stage in the L1 cache.
 */
#include <errno.h>

#include "layout.h"
#include "pack_rows.h"

/* Elements; a multiple of 8, so that a part of a row ends with a whole byte. */
#define STAGE_ELEMS	1024

static const struct value_range elem_ranges[] = {
	[SRFPGA_ELEM_U8] = { 0, UINT8_MAX },
	[SRFPGA_ELEM_S8] = { INT8_MIN, INT8_MAX },
	[SRFPGA_ELEM_U16] = { 0, UINT16_MAX },
	[SRFPGA_ELEM_S16] = { INT16_MIN, INT16_MAX },
	[SRFPGA_ELEM_U32] = { 0, UINT32_MAX },
	[SRFPGA_ELEM_S32] = { INT32_MIN, INT32_MAX },
};

static bool is_integer(uint32_t elem)
{
	return elem >= SRFPGA_ELEM_U8 && elem <= SRFPGA_ELEM_S32;
}

static int64_t get(uint32_t elem, const void *tensor, uint64_t i)
{
	switch (elem) {
	case SRFPGA_ELEM_U8:
		return ((const uint8_t *)tensor)[i];
	case SRFPGA_ELEM_S8:
		return ((const int8_t *)tensor)[i];
	case SRFPGA_ELEM_U16:
		return ((const uint16_t *)tensor)[i];
	case SRFPGA_ELEM_S16:
		return ((const int16_t *)tensor)[i];
	case SRFPGA_ELEM_U32:
		return ((const uint32_t *)tensor)[i];
	}
	return ((const int32_t *)tensor)[i];
}

/* One loop for each pair of types, so that the compiler can vectorise it. */
#define CONVERT(dst_t, src_t) do {				\
	const src_t *s = src;					\
	dst_t *d = dst;						\
								\
	for (size_t i = 0; i < count; i++) {			\
		bad |= s[i] < min || s[i] > max;		\
		d[i] = (dst_t)s[i];				\
	}							\
} while (0)

#define CONVERT_FROM(src_t) do {				\
	const src_t min = range.min, max = range.max;		\
								\
	if (dst_size == 1)					\
		CONVERT(uint8_t, src_t);			\
	else if (dst_size == 2)					\
		CONVERT(uint16_t, src_t);			\
	else							\
		CONVERT(uint32_t, src_t);			\
} while (0)

/* Two's complement makes the destination's sign irrelevant. */
static bool convert(uint32_t elem, const void *src, size_t dst_size, void *dst,
		    size_t count, struct value_range range)
{
	int bad = 0;

	switch (elem) {
	case SRFPGA_ELEM_U8:
		CONVERT_FROM(uint8_t);
		break;
	case SRFPGA_ELEM_S8:
		CONVERT_FROM(int8_t);
		break;
	case SRFPGA_ELEM_U16:
		CONVERT_FROM(uint16_t);
		break;
	case SRFPGA_ELEM_S16:
		CONVERT_FROM(int16_t);
		break;
	case SRFPGA_ELEM_U32:
		CONVERT_FROM(uint32_t);
		break;
	case SRFPGA_ELEM_S32:
		CONVERT_FROM(int32_t);
		break;
	}
	return !bad;
}

/* The values that both types have; never empty, both have 0 or 1. */
static struct value_range common(struct value_range a, struct value_range b)
{
	return (struct value_range){
		.min = a.min > b.min ? a.min : b.min,
		.max = a.max < b.max ? a.max : b.max,
	};
}

/*
 * struct walk - a tensor in parts that fit the stage
 * @part: layout of the part: whole rows, or a piece of one
 * @rows: rows left, the current one included
 * @elems: elements left of the current row
 */
struct walk {
	const struct srfpga_layout *layout;
	struct srfpga_layout part;
	uint64_t rows;
	uint64_t elems;
};

static bool walk_next(struct walk *walk)
{
	const uint64_t row = walk->layout->row_elems;

	if (!walk->rows)
		return false;
	walk->part = *walk->layout;
	if (row <= STAGE_ELEMS) {
		walk->part.rows = STAGE_ELEMS / row;
		if (walk->part.rows > walk->rows)
			walk->part.rows = walk->rows;
		walk->rows -= walk->part.rows;
		return true;
	}
	walk->part.rows = 1;
	if (walk->part.row_elems > STAGE_ELEMS)
		walk->part.row_elems = STAGE_ELEMS;
	if (walk->part.row_elems > walk->elems)
		walk->part.row_elems = walk->elems;
	walk->elems -= walk->part.row_elems;
	if (!walk->elems) {
		walk->elems = row;
		walk->rows--;
	}
	return true;
}

/* All frames are one layout: their rows follow each other. */
static int all_frames(const struct srfpga_layout *layout, uint64_t frames,
		      struct srfpga_layout *all)
{
	*all = *layout;
	if (!layout_ok(layout) ||
	    __builtin_mul_overflow(layout->rows, frames, &all->rows) ||
	    (frames && !layout_ok(all)))
		return -EINVAL;
	return 0;
}

static bool pack_staged(const struct srfpga_layout *layout, uint32_t elem,
			const char *tensor, char *packed)
{
	const size_t src_size = srfpga_elem_get_size(elem);
	const uint32_t natural = srfpga_layout_get_elem(layout);
	const size_t size = srfpga_elem_get_size(natural);
	const struct value_range range =
		common(common(layout_range(layout), elem_ranges[natural]),
		       elem_ranges[elem]);
	struct walk walk = {
		.layout = layout,
		.rows = layout->rows,
		.elems = layout->row_elems,
	};
	uint32_t stage[STAGE_ELEMS];
	bool ok = true;

	while (walk_next(&walk)) {
		const size_t count = walk.part.rows * walk.part.row_elems;

		ok &= convert(elem, tensor, size, stage, count, range);
		ok &= pack_rows(&walk.part, stage, packed);
		tensor += count * src_size;
		packed += srfpga_layout_get_frame_bytes(&walk.part);
	}
	return ok;
}

static uint64_t find_bad(const struct srfpga_layout *layout, uint32_t elem,
			 const void *tensor)
{
	const struct value_range range = layout_range(layout);
	const bool bipolar = layout->dtype == SRFPGA_DTYPE_BIPOLAR;
	uint64_t i;

	for (i = 0; i < layout->rows * layout->row_elems; i++) {
		int64_t value = get(elem, tensor, i);

		if (value < range.min || value > range.max ||
		    (bipolar && !value))
			break;
	}
	return i;
}

int srfpga_layout_pack(const struct srfpga_layout *layout, uint32_t elem,
		       const void *tensor, uint64_t frames, void *packed,
		       uint64_t *bad)
{
	struct srfpga_layout all;
	uint32_t natural;
	bool ok;

	if (all_frames(layout, frames, &all))
		return -EINVAL;
	natural = srfpga_layout_get_elem(layout);
	if (elem != natural && (!is_integer(elem) || !is_integer(natural)))
		return -EINVAL;
	if (!frames)
		return 0;
	if (elem == natural)
		ok = pack_rows(&all, tensor, packed);
	else
		ok = pack_staged(&all, elem, tensor, packed);
	if (ok)
		return 0;
	if (bad)
		*bad = find_bad(&all, elem, tensor);
	return -ERANGE;
}

static void unpack_staged(const struct srfpga_layout *layout, uint32_t elem,
			  const char *packed, char *tensor)
{
	const size_t dst_size = srfpga_elem_get_size(elem);
	const uint32_t natural = srfpga_layout_get_elem(layout);
	struct walk walk = {
		.layout = layout,
		.rows = layout->rows,
		.elems = layout->row_elems,
	};
	uint32_t stage[STAGE_ELEMS];

	while (walk_next(&walk)) {
		const size_t count = walk.part.rows * walk.part.row_elems;

		unpack_rows(&walk.part, packed, stage);
		convert(natural, stage, dst_size, tensor, count,
			elem_ranges[natural]);
		tensor += count * dst_size;
		packed += srfpga_layout_get_frame_bytes(&walk.part);
	}
}

static bool holds(uint32_t elem, const struct srfpga_layout *layout)
{
	const struct value_range range = layout_range(layout);

	return is_integer(elem) && layout->dtype != SRFPGA_DTYPE_FLOAT &&
	       range.min >= elem_ranges[elem].min &&
	       range.max <= elem_ranges[elem].max;
}

int srfpga_layout_unpack(const struct srfpga_layout *layout, uint32_t elem,
			 const void *packed, uint64_t frames, void *tensor)
{
	struct srfpga_layout all;
	uint32_t natural;

	if (all_frames(layout, frames, &all))
		return -EINVAL;
	natural = srfpga_layout_get_elem(layout);
	if (elem != natural && !holds(elem, layout))
		return -EINVAL;
	if (!frames)
		return 0;
	if (elem == natural)
		unpack_rows(&all, packed, tensor);
	else
		unpack_staged(&all, elem, packed, tensor);
	return 0;
}
