// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The portable kernel: plain loops that any compiler vectorises. Knows
 * nothing of graphs.
 */
#include "kernel.h"

static const uint8_t in_order[KERNEL_OC] = {
	0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
	16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
};

static void portable_pack(void *group, unsigned int lane, const int8_t w[4])
{
	int16_t (*weights)[KERNEL_OC] = group;

	for (int i = 0; i < 4; i++)
		weights[i][lane] = w[i];
}

static void add_group(int32_t *restrict acc, const uint8_t *in,
		      const int16_t (*restrict w)[KERNEL_OC])
{
	int16_t a = in[0], b = in[1], c = in[2], d = in[3];

	for (int i = 0; i < KERNEL_OC; i++)
		acc[i] += a * w[0][i] + b * w[1][i] + c * w[2][i] +
			  d * w[3][i];
}

static void portable_tile(const struct kernel_conv *conv, uint32_t block,
			  const uint8_t *const *seg, size_t offset,
			  int32_t *acc)
{
	const int16_t (*w)[KERNEL_OC] =
		(const void *)(conv->weights + block * conv->weights_block);
	const int32_t *bias = conv->bias + block * KERNEL_OC;

	for (int i = 0; i < KERNEL_ACC; i++)
		acc[i] = bias[i % KERNEL_OC];
	for (uint32_t s = 0; s < conv->segments; s++) {
		for (uint32_t g = 0; g < conv->groups; g++, w += 4) {
			const uint8_t *in = seg[s] + offset + 4 * g;

			for (int p = 0; p < KERNEL_PX; p++)
				add_group(acc + p * KERNEL_OC,
					  in + p * conv->pixel_stride, w);
		}
	}
}

static uint8_t byte_of(int32_t acc, const struct kernel_line *l, int i)
{
	int64_t add = (i % 2 ? l->add_odd : l->add_even)[i / 2];
	int64_t v = ((int64_t)acc * l->mul[i] + add) >>
		    (32 + l->shift[i]);

	if (v < l->min[0])
		return l->min[0];
	return v > l->max[0] ? l->max[0] : v;
}

static void portable_line(const int32_t *acc, unsigned int px,
			  const struct kernel_line *line, uint8_t *out,
			  size_t pitch)
{
	for (unsigned int p = 0; p < px; p++, acc += KERNEL_OC, out += pitch)
		for (int i = 0; i < KERNEL_OC; i++)
			out[i] = byte_of(acc[i], line, i);
}

static void portable_sum(const struct kernel_sum *sum, const uint8_t *a,
			 const uint8_t *b, uint8_t *out, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++) {
		int32_t v = (a[i] * sum->weight[0] + b[i] * sum->weight[1] +
			     sum->bias) >> sum->shift;

		v = v < sum->min ? sum->min : v;
		out[i] = v > sum->max ? sum->max : v;
	}
}

static void portable_wide(int64_t *acc, const int32_t *x, size_t stride,
			  uint32_t n, const int32_t *w)
{
	for (uint32_t p = 0; p < KERNEL_WIDE_PX; p++, acc += KERNEL_WIDE_OC)
		for (uint32_t i = 0; i < n; i++)
			for (uint32_t o = 0; o < KERNEL_WIDE_OC; o++)
				acc[o] += (int64_t)x[p * stride + i] *
					  w[i * KERNEL_WIDE_OC + o];
}

static void portable_wide_each(int64_t *restrict acc, const int32_t *restrict x,
			       const int32_t *restrict w, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		acc[i] += (int64_t)x[i] * w[i];
}

const struct soft_kernel soft_kernel_portable = {
	.isa = SRFPGA_SOFT_PORTABLE,
	.lanes = in_order,
	.group_bytes = 4 * KERNEL_OC * sizeof(int16_t),
	.pack = portable_pack,
	.tile = portable_tile,
	.line = portable_line,
	.sum = portable_sum,
	.wide = portable_wide,
	.wide_each = portable_wide_each,
};
