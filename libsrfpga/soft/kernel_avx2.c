// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The AVX2 kernel. Bytes are widened to 16 bits and multiplied by vpmaddwd:
 * vpmaddubsw would saturate. Knows nothing of graphs. Compiled for AVX2;
 * entered only where the CPU has it.
 */
#include <immintrin.h>
#include <string.h>

#include "kernel.h"

/* Packing 32-bit lanes to bytes interleaves them by fours: undone here. */
static const uint8_t lanes[KERNEL_OC] = {
	0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23,
	8, 9, 10, 11, 24, 25, 26, 27, 12, 13, 14, 15, 28, 29, 30, 31,
};

/* [pair of weights][lane][2] */
static void avx2_pack(void *group, unsigned int lane, const int8_t w[4])
{
	int16_t (*weights)[KERNEL_OC][2] = group;

	for (int i = 0; i < 4; i++)
		weights[i / 2][lane][i % 2] = w[i];
}

#define TILE_PX 2	/* 2 pixels x 32 channels fill 8 of 16 registers */

static inline __m256i pair(const uint8_t *in)
{
	return _mm256_set1_epi32(in[0] | in[1] << 16);
}

static inline void add_pair(__m256i acc[TILE_PX][4], const uint8_t *in,
			    size_t stride, const __m256i *w)
{
	__m256i a = pair(in), b = pair(in + stride);

	for (int j = 0; j < 4; j++) {
		__m256i v = _mm256_loadu_si256(w + j);

		acc[0][j] = _mm256_add_epi32(acc[0][j],
					     _mm256_madd_epi16(a, v));
		acc[1][j] = _mm256_add_epi32(acc[1][j],
					     _mm256_madd_epi16(b, v));
	}
}

static void two_pixels(const struct kernel_conv *conv, uint32_t block,
		       const uint8_t *const *seg, size_t offset, int32_t *out)
{
	const __m256i *w =
		(const void *)(conv->weights + block * conv->weights_block);
	const int32_t *bias = conv->bias + block * KERNEL_OC;
	__m256i acc[TILE_PX][4];

	for (int i = 0; i < TILE_PX * 4; i++)
		acc[i / 4][i % 4] =
			_mm256_loadu_si256((const void *)(bias + i % 4 * 8));
	for (uint32_t s = 0; s < conv->segments; s++) {
		const uint8_t *in = seg[s] + offset;

		for (uint32_t g = 0; g < 2 * conv->groups; g++, w += 4, in += 2)
			add_pair(acc, in, conv->pixel_stride, w);
	}
	memcpy(out, acc, sizeof(acc));
}

static void avx2_tile(const struct kernel_conv *conv, uint32_t block,
		      const uint8_t *const *seg, size_t offset, int32_t *acc)
{
	for (int p = 0; p < KERNEL_PX; p += TILE_PX)
		two_pixels(conv, block, seg, offset + p * conv->pixel_stride,
			   acc + p * KERNEL_OC);
}

static inline __m256i load(const void *from)
{
	return _mm256_load_si256(from);
}

/* A quarter of a line: 8 accumulators in, 8 codes out. */
static inline __m256i line_of(__m256i acc, const struct kernel_line *l, int q)
{
	__m256i even = _mm256_mul_epi32(acc, load(l->mul + 8 * q));
	__m256i odd = _mm256_mul_epi32(_mm256_srli_epi64(acc, 32),
				       load(l->mul_odd + 8 * q));
	__m256i high;

	even = _mm256_add_epi64(even, load(l->add_even + 4 * q));
	odd = _mm256_add_epi64(odd, load(l->add_odd + 4 * q));
	high = _mm256_blend_epi32(_mm256_srli_epi64(even, 32), odd, 0xaa);
	return _mm256_srav_epi32(high, load(l->shift + 8 * q));
}

static inline __m256i lane_of(const int32_t *acc, const struct kernel_line *l,
			      int q)
{
	return line_of(load(acc + 8 * q), l, q);
}

static inline __m256i clamp(__m256i v, const struct kernel_line *l)
{
	return _mm256_min_epu8(_mm256_max_epu8(v, load(l->min)), load(l->max));
}

static void avx2_line(const int32_t *acc, unsigned int px,
		      const struct kernel_line *line, uint8_t *out,
		      size_t pitch)
{
	for (unsigned int p = 0; p < px; p++, acc += KERNEL_OC) {
		__m256i a = _mm256_packs_epi32(lane_of(acc, line, 0),
					       lane_of(acc, line, 1));
		__m256i b = _mm256_packs_epi32(lane_of(acc, line, 2),
					       lane_of(acc, line, 3));

		_mm256_storeu_si256((void *)(out + p * pitch),
				    clamp(_mm256_packus_epi16(a, b), line));
	}
}

/** struct sum_constants - struct kernel_sum in registers */
struct sum_constants {
	__m256i high, low, bias;
	__m128i shift;
};

/* Pairs of 16 bits: a, b. */
static inline __m256i sum_of(struct sum_constants c, __m256i pairs)
{
	__m256i acc = _mm256_madd_epi16(pairs, c.high);

	acc = _mm256_add_epi32(_mm256_slli_epi32(acc, KERNEL_SUM_BITS),
			       _mm256_madd_epi16(pairs, c.low));
	return _mm256_sra_epi32(_mm256_add_epi32(acc, c.bias), c.shift);
}

static inline __m256i sum_bytes(struct sum_constants c, __m256i a, __m256i b)
{
	__m256i zero = _mm256_setzero_si256();
	__m256i low = _mm256_unpacklo_epi8(a, b);
	__m256i high = _mm256_unpackhi_epi8(a, b);
	__m256i p = sum_of(c, _mm256_unpacklo_epi8(low, zero));
	__m256i q = sum_of(c, _mm256_unpackhi_epi8(low, zero));
	__m256i r = sum_of(c, _mm256_unpacklo_epi8(high, zero));
	__m256i t = sum_of(c, _mm256_unpackhi_epi8(high, zero));

	return _mm256_packus_epi16(_mm256_packs_epi32(p, q),
				   _mm256_packs_epi32(r, t));
}

static void avx2_sum(const struct kernel_sum *sum, const uint8_t *a,
		     const uint8_t *b, uint8_t *out, size_t bytes)
{
	struct sum_constants c = {
		.high = _mm256_set1_epi32(kernel_sum_pair(sum, true)),
		.low = _mm256_set1_epi32(kernel_sum_pair(sum, false)),
		.bias = _mm256_set1_epi32(sum->bias),
		.shift = _mm_cvtsi32_si128(sum->shift),
	};
	__m256i min = _mm256_set1_epi8(sum->min);
	__m256i max = _mm256_set1_epi8(sum->max);

	for (size_t i = 0; i < bytes; i += 32) {
		__m256i v = sum_bytes(c,
			_mm256_loadu_si256((const void *)(a + i)),
			_mm256_loadu_si256((const void *)(b + i)));

		v = _mm256_min_epu8(_mm256_max_epu8(v, min), max);
		_mm256_storeu_si256((void *)(out + i), v);
	}
}

static inline __m256i four_weights(const int32_t *w)
{
	return _mm256_cvtepi32_epi64(_mm_loadu_si128((const void *)w));
}

/* One pixel: 16 sums fill 4 registers. */
static void wide_pixel(__m256i *acc, const int32_t *x, uint32_t n,
		       const int32_t *w)
{
	__m256i sum[4];

	for (int j = 0; j < 4; j++)
		sum[j] = _mm256_loadu_si256(acc + j);
	for (uint32_t i = 0; i < n; i++, w += KERNEL_WIDE_OC) {
		__m256i v = _mm256_set1_epi32(x[i]);

		for (int j = 0; j < 4; j++)
			sum[j] = _mm256_add_epi64(sum[j],
				_mm256_mul_epi32(v, four_weights(w + 4 * j)));
	}
	for (int j = 0; j < 4; j++)
		_mm256_storeu_si256(acc + j, sum[j]);
}

static void avx2_wide(int64_t *acc, const int32_t *x, size_t stride,
		      uint32_t n, const int32_t *w)
{
	for (int p = 0; p < KERNEL_WIDE_PX; p++)
		wide_pixel((__m256i *)(acc + p * KERNEL_WIDE_OC),
			   x + p * stride, n, w);
}

static void avx2_wide_each(int64_t *restrict acc, const int32_t *restrict x,
			   const int32_t *restrict w, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		acc[i] += (int64_t)x[i] * w[i];
}

const struct soft_kernel soft_kernel_avx2 = {
	.isa = SRFPGA_SOFT_AVX2,
	.lanes = lanes,
	.group_bytes = 4 * KERNEL_OC * sizeof(int16_t),
	.pack = avx2_pack,
	.tile = avx2_tile,
	.line = avx2_line,
	.sum = avx2_sum,
	.wide = avx2_wide,
	.wide_each = avx2_wide_each,
};
