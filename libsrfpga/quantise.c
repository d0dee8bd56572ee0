// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Real numbers to the codes of a data type and back.
 */
#include <errno.h>
#include <math.h>

#include "layout.h"

/* 1.5 × 2^52: added and taken off, it rounds a double below 2^51 to even. */
#define ROUND_MAGIC	6755399441055744.0

/* One loop for each size of the codes, for the compiler to vectorise. */
#define QUANTISE(type) do {					\
	type *out = codes;					\
								\
	for (uint64_t i = 0; i < count; i++) {			\
		double v = real[i] / scale + zero_point;	\
								\
		nan |= v != v;					\
		v = v > min ? v : min;				\
		v = v < max ? v : max;				\
		v = (v + ROUND_MAGIC) - ROUND_MAGIC;		\
		out[i] = (type)(int64_t)v;			\
	}							\
} while (0)

#define DEQUANTISE(type) do {					\
	const type *in = codes;					\
								\
	for (uint64_t i = 0; i < count; i++)			\
		real[i] = scale * ((double)in[i] - zero_point);	\
} while (0)

static bool args_ok(const struct srfpga_layout *layout, double scale)
{
	return layout_ok(layout) && layout->bits <= 32 && scale > 0 &&
	       isfinite(scale);
}

static int quantise_float(double scale, int32_t zero_point, const float *real,
			  uint64_t count, float *codes)
{
	int nan = 0;

	for (uint64_t i = 0; i < count; i++) {
		double v = real[i] / scale + zero_point;

		nan |= v != v;
		codes[i] = v;
	}
	return nan;
}

static int quantise_sign(double scale, int32_t zero_point, const float *real,
			 uint64_t count, int8_t *codes)
{
	int nan = 0;

	for (uint64_t i = 0; i < count; i++) {
		double v = real[i] / scale + zero_point;

		nan |= v != v;
		codes[i] = v >= 0 ? 1 : -1;
	}
	return nan;
}

static int quantise_integer(const struct srfpga_layout *layout, double scale,
			    int32_t zero_point, const float *real,
			    uint64_t count, void *codes)
{
	const struct value_range range = layout_range(layout);
	const double min = range.min, max = range.max;
	int nan = 0;

	switch (srfpga_elem_get_size(srfpga_layout_get_elem(layout))) {
	case 1:
		QUANTISE(uint8_t);
		break;
	case 2:
		QUANTISE(uint16_t);
		break;
	default:
		QUANTISE(uint32_t);
	}
	return nan;
}

int srfpga_layout_quantise(const struct srfpga_layout *layout, double scale,
			   int32_t zero_point, const float *real,
			   uint64_t count, void *codes, uint64_t *bad)
{
	int nan;

	if (!args_ok(layout, scale))
		return -EINVAL;
	if (layout->dtype == SRFPGA_DTYPE_FLOAT)
		nan = quantise_float(scale, zero_point, real, count, codes);
	else if (layout->dtype == SRFPGA_DTYPE_BIPOLAR)
		nan = quantise_sign(scale, zero_point, real, count, codes);
	else
		nan = quantise_integer(layout, scale, zero_point, real, count,
				       codes);
	if (!nan)
		return 0;
	for (uint64_t i = 0; bad && i < count; i++) {
		if (isnan(real[i])) {
			*bad = i;
			break;
		}
	}
	return -EDOM;
}

int srfpga_layout_dequantise(const struct srfpga_layout *layout, double scale,
			     int32_t zero_point, const void *codes,
			     uint64_t count, float *real)
{
	if (!args_ok(layout, scale))
		return -EINVAL;
	switch (srfpga_layout_get_elem(layout)) {
	case SRFPGA_ELEM_U8:
		DEQUANTISE(uint8_t);
		break;
	case SRFPGA_ELEM_S8:
		DEQUANTISE(int8_t);
		break;
	case SRFPGA_ELEM_U16:
		DEQUANTISE(uint16_t);
		break;
	case SRFPGA_ELEM_S16:
		DEQUANTISE(int16_t);
		break;
	case SRFPGA_ELEM_U32:
		DEQUANTISE(uint32_t);
		break;
	case SRFPGA_ELEM_S32:
		DEQUANTISE(int32_t);
		break;
	case SRFPGA_ELEM_F32:
		DEQUANTISE(float);
		break;
	}
	return 0;
}
