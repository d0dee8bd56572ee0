// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The NEON kernel, for cores without dot product instructions (Cortex-A53):
 * bytes are widened to 16 bits and multiplied by lane. Knows nothing of
 * graphs.
 */
#include <arm_neon.h>

#include "kernel.h"

static const uint8_t in_order[KERNEL_OC] = {
	0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
	16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
};

/* [weight][lane] */
static void neon_pack(void *group, unsigned int lane, const int8_t w[4])
{
	int16_t (*weights)[KERNEL_OC] = group;

	for (int i = 0; i < 4; i++)
		weights[i][lane] = w[i];
}

#define TILE_PX 2	/* 2 pixels x 32 channels fill 16 of 32 registers */

/* Four bytes, widened. */
static inline int16x4_t widen(const uint8_t *in)
{
	uint32_t four;

	__builtin_memcpy(&four, in, sizeof(four));
	return vreinterpret_s16_u16(vget_low_u16(vmovl_u8(
			vreinterpret_u8_u32(vdup_n_u32(four)))));
}

#define ADD_WEIGHT(n)							\
	do {								\
		for (int j = 0; j < 8; j++) {				\
			int16x4_t v = vld1_s16(w + (n) * KERNEL_OC + 4 * j); \
									\
			acc[0][j] = vmlal_lane_s16(acc[0][j], v, a, n);	\
			acc[1][j] = vmlal_lane_s16(acc[1][j], v, b, n);	\
		}							\
	} while (0)

static inline void add_group(int32x4_t acc[TILE_PX][8], const uint8_t *in,
			     size_t stride, const int16_t *w)
{
	int16x4_t a = widen(in), b = widen(in + stride);

	ADD_WEIGHT(0);
	ADD_WEIGHT(1);
	ADD_WEIGHT(2);
	ADD_WEIGHT(3);
}

static void two_pixels(const struct kernel_conv *conv, uint32_t block,
		       const uint8_t *const *seg, size_t offset, int32_t *out)
{
	const int16_t *w =
		(const void *)(conv->weights + block * conv->weights_block);
	const int32_t *bias = conv->bias + block * KERNEL_OC;
	int32x4_t acc[TILE_PX][8];

	for (int i = 0; i < TILE_PX * 8; i++)
		acc[i / 8][i % 8] = vld1q_s32(bias + i % 8 * 4);
	for (uint32_t s = 0; s < conv->segments; s++) {
		const uint8_t *in = seg[s] + offset;

		for (uint32_t g = 0; g < conv->groups; g++) {
			add_group(acc, in, conv->pixel_stride, w);
			w += 4 * KERNEL_OC;
			in += 4;
		}
	}
	for (int i = 0; i < TILE_PX * 8; i++)
		vst1q_s32(out + 4 * i, acc[i / 8][i % 8]);
}

static void neon_tile(const struct kernel_conv *conv, uint32_t block,
		      const uint8_t *const *seg, size_t offset, int32_t *acc)
{
	for (int p = 0; p < KERNEL_PX; p += TILE_PX)
		two_pixels(conv, block, seg, offset + p * conv->pixel_stride,
			   acc + p * KERNEL_OC);
}

/* Four accumulators in, four codes out. */
static inline int32x4_t line_of(int32x4_t acc, const struct kernel_line *l,
				int q)
{
	int32x4_t mul = vld1q_s32(l->mul + 4 * q);
	int64x2_t low = vmull_s32(vget_low_s32(acc), vget_low_s32(mul));
	int64x2_t high = vmull_high_s32(acc, mul);
	int64x2_t even = vld1q_s64(l->add_even + 2 * q);
	int64x2_t odd = vld1q_s64(l->add_odd + 2 * q);
	int64x2_t a = vaddq_s64(low, vzip1q_s64(even, odd));
	int64x2_t b = vaddq_s64(high, vzip2q_s64(even, odd));
	int32x4_t v = vuzp2q_s32(vreinterpretq_s32_s64(a),
				 vreinterpretq_s32_s64(b));

	return vshlq_s32(v, vnegq_s32(vld1q_s32(l->shift + 4 * q)));
}

static inline uint8x8_t bytes_of(int32x4_t a, int32x4_t b,
				 const struct kernel_line *l)
{
	uint8x8_t v = vqmovun_s16(vcombine_s16(vqmovn_s32(a),
						   vqmovn_s32(b)));

	return vmin_u8(vmax_u8(v, vld1_u8(l->min)), vld1_u8(l->max));
}

static void neon_line(const int32_t *acc, unsigned int px,
		      const struct kernel_line *line, uint8_t *out,
		      size_t pitch)
{
	for (unsigned int p = 0; p < px; p++, acc += KERNEL_OC, out += pitch)
		for (int q = 0; q < 8; q += 2)
			vst1_u8(out + 4 * q, bytes_of(
				line_of(vld1q_s32(acc + 4 * q), line, q),
				line_of(vld1q_s32(acc + 4 * q + 4), line,
					q + 1), line));
}

static inline int32x4_t sum_of(const struct kernel_sum *s, uint16x4_t a,
			       uint16x4_t b)
{
	int32x4_t acc = vdupq_n_s32(s->bias);

	acc = vmlaq_n_s32(acc, vreinterpretq_s32_u32(vmovl_u16(a)),
			  s->weight[0]);
	acc = vmlaq_n_s32(acc, vreinterpretq_s32_u32(vmovl_u16(b)),
			  s->weight[1]);
	return vshlq_s32(acc, vdupq_n_s32(-s->shift));
}

static void neon_sum(const struct kernel_sum *sum, const uint8_t *a,
		     const uint8_t *b, uint8_t *out, size_t bytes)
{
	uint8x8_t min = vdup_n_u8(sum->min), max = vdup_n_u8(sum->max);

	for (size_t i = 0; i < bytes; i += 8) {
		uint16x8_t wa = vmovl_u8(vld1_u8(a + i));
		uint16x8_t wb = vmovl_u8(vld1_u8(b + i));
		int32x4_t low = sum_of(sum, vget_low_u16(wa),
				       vget_low_u16(wb));
		int32x4_t high = sum_of(sum, vget_high_u16(wa),
					vget_high_u16(wb));
		uint8x8_t v = vqmovun_s16(vcombine_s16(vqmovn_s32(low),
						       vqmovn_s32(high)));

		vst1_u8(out + i, vmin_u8(vmax_u8(v, min), max));
	}
}

/* One pixel: 16 sums fill 8 registers. */
static void wide_pixel(int64_t *acc, const int32_t *x, uint32_t n,
		       const int32_t *w)
{
	int64x2_t sum[8];

	for (int j = 0; j < 8; j++)
		sum[j] = vld1q_s64(acc + 2 * j);
	for (uint32_t i = 0; i < n; i++, w += KERNEL_WIDE_OC)
		for (int j = 0; j < 8; j++)
			sum[j] = vmlal_n_s32(sum[j], vld1_s32(w + 2 * j),
					     x[i]);
	for (int j = 0; j < 8; j++)
		vst1q_s64(acc + 2 * j, sum[j]);
}

static void neon_wide(int64_t *acc, const int32_t *x, size_t stride,
		      uint32_t n, const int32_t *w)
{
	for (int p = 0; p < KERNEL_WIDE_PX; p++)
		wide_pixel(acc + p * KERNEL_WIDE_OC, x + p * stride, n, w);
}

static void neon_wide_each(int64_t *restrict acc, const int32_t *restrict x,
			   const int32_t *restrict w, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		acc[i] += (int64_t)x[i] * w[i];
}

const struct soft_kernel soft_kernel_neon = {
	.isa = SRFPGA_SOFT_NEON,
	.lanes = in_order,
	.group_bytes = 4 * KERNEL_OC * sizeof(int16_t),
	.pack = neon_pack,
	.tile = neon_tile,
	.line = neon_line,
	.sum = neon_sum,
	.wide = neon_wide,
	.wide_each = neon_wide_each,
};
