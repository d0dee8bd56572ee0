// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The AVX512-VNNI kernel around the tiles of kernel_avx512_tile.S. Knows
 * nothing of graphs. Compiled for AVX512; entered only where the CPU has it.
 */
#include <stddef.h>

#include "kernel_amx.h"
#include "kernel_avx512.h"

/* The assembly knows the offsets. */
struct avx512_tile {
	const uint8_t *const *seg;
	uint64_t segments;
	uint64_t groups;
	uint64_t stride;
	uint64_t offset;
	const uint8_t *weights;
	const int32_t *bias;
	int32_t *acc;
	const struct kernel_line *line;
	uint8_t *out;
	uint64_t pitch;
};

_Static_assert(offsetof(struct avx512_tile, acc) == 56, "assembly");
_Static_assert(offsetof(struct avx512_tile, pitch) == 80, "assembly");
_Static_assert(offsetof(struct kernel_line, add_even) == 256, "assembly");
_Static_assert(offsetof(struct kernel_line, shift) == 512, "assembly");
_Static_assert(offsetof(struct kernel_line, float_mul) == 640, "assembly");
_Static_assert(offsetof(struct kernel_line, min) == 896, "assembly");
_Static_assert(offsetof(struct kernel_line, max) == 960, "assembly");

void soft_avx512_tile(const struct avx512_tile *t);
void soft_avx512_tile_half(const struct avx512_tile *t);
void soft_avx512_tile_pipelined4(const struct avx512_tile *t);
void soft_avx512_tile_pipelined16(const struct avx512_tile *t);
void soft_avx512_tile_pipelined7(const struct avx512_tile *t);

/* Tiles along lines in float; the assembly knows the offsets. */
struct avx512_row {
	const uint8_t *const *seg;
	uint64_t segments;
	uint64_t groups;
	uint64_t stride;
	const uint8_t *weights;
	const int32_t *bias;
	const struct kernel_line *line;
	uint8_t *out;
	uint64_t pitch;
	uint64_t tiles;
};

_Static_assert(offsetof(struct avx512_row, tiles) == 72, "assembly");

void soft_avx512_row2(const struct avx512_row *r);
void soft_avx512_row3(const struct avx512_row *r);
void soft_avx512_row4(const struct avx512_row *r);

/* Packing 32-bit lanes to bytes interleaves them by fours: undone here. */
static const uint8_t lanes[KERNEL_OC] = {
	0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27,
	4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31,
};

static void avx512_pack(void *group, unsigned int lane, const int8_t w[4])
{
	int8_t (*weights)[4] = group;

	for (int i = 0; i < 4; i++)
		weights[lane][i] = w[i];
}

static struct avx512_tile tile_of(const struct kernel_conv *conv,
				  uint32_t block, const uint8_t *const *seg,
				  int32_t *acc)
{
	return (struct avx512_tile) {
		.seg = seg,
		.segments = conv->segments,
		.groups = conv->groups,
		.stride = conv->pixel_stride,
		.weights = conv->weights + block * conv->weights_block,
		.bias = conv->bias + block * KERNEL_OC,
		.acc = acc,
	};
}

static void avx512_tile(const struct kernel_conv *conv, uint32_t block,
			const uint8_t *const *seg, size_t offset, int32_t *acc)
{
	struct avx512_tile t = tile_of(conv, block, seg, acc);

	t.offset = offset;
	soft_avx512_tile(&t);
}

static __m256i line_pixel(const int32_t *acc, const struct kernel_line *l)
{
	__m512i low = avx512_line_of(_mm512_load_si512(acc), l, 0);
	__m512i high = avx512_line_of(_mm512_load_si512(acc + 16), l, 1);
	__m512i words = _mm512_packs_epi32(low, high);
	__m512i bytes = _mm512_packus_epi16(words, words);
	__m512i order = _mm512_setr_epi64(0, 2, 4, 6, 1, 3, 5, 7);

	return _mm512_castsi512_si256(_mm512_permutexvar_epi64(order, bytes));
}

/* Inlined, its constants would be spilled and reloaded around every tile. */
static void __attribute__((noinline))
avx512_line(const int32_t *acc, unsigned int px, const struct kernel_line *line,
	    uint8_t *out, size_t pitch)
{
	__m256i min = _mm256_load_si256((const void *)line->min);
	__m256i max = _mm256_load_si256((const void *)line->max);

	for (unsigned int p = 0; p < px; p++) {
		__m256i v = line_pixel(acc + p * KERNEL_OC, line);

		v = _mm256_min_epu8(_mm256_max_epu8(v, min), max);
		_mm256_storeu_si256((void *)(out + p * pitch), v);
	}
}

/* The next tile's sums, and this tile's accumulators to bytes at t->out. */
static void avx512_next_tile(const struct avx512_tile *t)
{
	if (t->groups >= 16) {
		soft_avx512_tile_pipelined16(t);
	} else if (t->groups >= 7) {
		soft_avx512_tile_pipelined7(t);
	} else if (t->groups >= 4) {
		soft_avx512_tile_pipelined4(t);
	} else {
		avx512_line(t->acc, KERNEL_PX, t->line, t->out, t->pitch);
		soft_avx512_tile(t);
	}
}

/* Up to half a tile at the end of a row: nothing follows to hide behind. */
static void avx512_end(struct avx512_tile *t, uint32_t px)
{
	soft_avx512_tile_half(t);
	avx512_line(t->acc, px, t->line, t->out, t->pitch);
}

static void line_tiles(struct avx512_tile *t, uint32_t px)
{
	soft_avx512_tile(t);
	for (uint32_t x = KERNEL_PX; x < px; x += KERNEL_PX) {
		t->offset += KERNEL_PX * t->stride;
		avx512_next_tile(t);
		t->out += KERNEL_PX * t->pitch;
	}
	avx512_line(t->acc, KERNEL_PX, t->line, t->out, t->pitch);
	t->out += KERNEL_PX * t->pitch;
	t->offset += KERNEL_PX * t->stride;
}

/* The same all at once, where the assembly can. */
static bool float_tiles(struct avx512_tile *t, uint32_t px)
{
	uint64_t groups = t->segments > 1 ? 2 * t->groups : t->groups;
	uint64_t tiles = (px + KERNEL_PX - 1) / KERNEL_PX;
	struct avx512_row r = {
		t->seg, t->segments, t->groups, t->stride, t->weights, t->bias,
		t->line, t->out, t->pitch, tiles,
	};

	if (!t->line->in_float || groups < 4)
		return false;
	if (groups >= 8)
		soft_avx512_row4(&r);
	else if (groups == 7)
		soft_avx512_row3(&r);
	else
		soft_avx512_row2(&r);
	t->out += tiles * KERNEL_PX * t->pitch;
	t->offset += tiles * KERNEL_PX * t->stride;
	return true;
}

static void avx512_row(const struct kernel_conv *conv, uint32_t block,
		       const uint8_t *const *seg, uint32_t px, uint8_t *out,
		       size_t pitch)
{
	int32_t acc[KERNEL_ACC] __attribute__((aligned(64)));
	struct avx512_tile t = tile_of(conv, block, seg, acc);
	uint32_t end = px % KERNEL_PX;

	t.line = &conv->line[block];
	t.pitch = pitch;
	t.out = out;
	if (end > KERNEL_PX / 2)
		end = 0;
	if (px > end && !float_tiles(&t, px - end))
		line_tiles(&t, px - end);
	if (end)
		avx512_end(&t, end);
}

/** struct sum_constants - struct kernel_sum in registers */
struct sum_constants {
	__m512i high, low, bias;
	__m128i shift;
};

/* Pairs of 16 bits: a, b. */
static inline __m512i sum_of(struct sum_constants c, __m512i pairs)
{
	__m512i acc = _mm512_dpwssd_epi32(c.bias, pairs, c.high);

	acc = _mm512_slli_epi32(acc, KERNEL_SUM_BITS);
	acc = _mm512_dpwssd_epi32(acc, pairs, c.low);
	return _mm512_sra_epi32(acc, c.shift);
}

static inline __m512i sum_bytes(struct sum_constants c, __m512i a, __m512i b)
{
	__m512i zero = _mm512_setzero_si512();
	__m512i low = _mm512_unpacklo_epi8(a, b);
	__m512i high = _mm512_unpackhi_epi8(a, b);
	__m512i p = sum_of(c, _mm512_unpacklo_epi8(low, zero));
	__m512i q = sum_of(c, _mm512_unpackhi_epi8(low, zero));
	__m512i r = sum_of(c, _mm512_unpacklo_epi8(high, zero));
	__m512i t = sum_of(c, _mm512_unpackhi_epi8(high, zero));

	return _mm512_packus_epi16(_mm512_packs_epi32(p, q),
				   _mm512_packs_epi32(r, t));
}

/** struct word_constants - the same for a sum in words */
struct word_constants {
	__m512i ones, offset, mul, add;
	__m128i shift;
};

static inline __m512i word_sum(struct word_constants c, __m512i pairs)
{
	__m512i v = _mm512_maddubs_epi16(pairs, c.ones);

	v = _mm512_mulhi_epu16(_mm512_add_epi16(v, c.offset), c.mul);
	return _mm512_sra_epi16(_mm512_add_epi16(v, c.add), c.shift);
}

static void sum_words(const struct kernel_sum *sum, const uint8_t *a,
		      const uint8_t *b, uint8_t *out, size_t bytes)
{
	struct word_constants c = {
		.ones = _mm512_set1_epi8(64),
		.offset = _mm512_set1_epi16(sum->offset),
		.mul = _mm512_set1_epi16(sum->mul),
		.add = _mm512_set1_epi16(sum->add),
		.shift = _mm_cvtsi32_si128(sum->word_shift),
	};
	__m512i min = _mm512_set1_epi8(sum->min);
	__m512i max = _mm512_set1_epi8(sum->max);

	for (size_t i = 0; i < bytes; i += 64) {
		__m512i p = _mm512_loadu_si512(a + i);
		__m512i q = _mm512_loadu_si512(b + i);
		__m512i v = _mm512_packus_epi16(
			word_sum(c, _mm512_unpacklo_epi8(p, q)),
			word_sum(c, _mm512_unpackhi_epi8(p, q)));

		v = _mm512_min_epu8(_mm512_max_epu8(v, min), max);
		_mm512_storeu_si512(out + i, v);
	}
}

static void avx512_sum(const struct kernel_sum *sum, const uint8_t *a,
		       const uint8_t *b, uint8_t *out, size_t bytes)
{
	struct sum_constants c = {
		.high = _mm512_set1_epi32(kernel_sum_pair(sum, true)),
		.low = _mm512_set1_epi32(kernel_sum_pair(sum, false)),
		.bias = _mm512_set1_epi32(sum->bias >> KERNEL_SUM_BITS),
		.shift = _mm_cvtsi32_si128(sum->shift),
	};
	__m512i min = _mm512_set1_epi8(sum->min);
	__m512i max = _mm512_set1_epi8(sum->max);

	if (sum->words) {
		sum_words(sum, a, b, out, bytes);
		return;
	}
	for (size_t i = 0; i < bytes; i += 64) {
		__m512i v = sum_bytes(c, _mm512_loadu_si512(a + i),
				      _mm512_loadu_si512(b + i));

		v = _mm512_min_epu8(_mm512_max_epu8(v, min), max);
		_mm512_storeu_si512(out + i, v);
	}
}

static inline __m512i eight_weights(const int32_t *w)
{
	return _mm512_cvtepi32_epi64(_mm256_loadu_si256((const void *)w));
}

static void avx512_wide(int64_t *acc, const int32_t *x, size_t stride,
			uint32_t n, const int32_t *w)
{
	__m512i sum[KERNEL_WIDE_PX][2];

	for (int j = 0; j < 2 * KERNEL_WIDE_PX; j++)
		sum[j / 2][j % 2] = _mm512_loadu_si512(acc + 8 * j);
	for (uint32_t i = 0; i < n; i++, w += KERNEL_WIDE_OC) {
		__m512i a = eight_weights(w), b = eight_weights(w + 8);

		for (int p = 0; p < KERNEL_WIDE_PX; p++) {
			__m512i v = _mm512_set1_epi32(x[p * stride + i]);

			sum[p][0] = _mm512_add_epi64(sum[p][0],
						     _mm512_mul_epi32(v, a));
			sum[p][1] = _mm512_add_epi64(sum[p][1],
						     _mm512_mul_epi32(v, b));
		}
	}
	for (int j = 0; j < 2 * KERNEL_WIDE_PX; j++)
		_mm512_storeu_si512(acc + 8 * j, sum[j / 2][j % 2]);
}

static void avx512_wide_each(int64_t *restrict acc, const int32_t *restrict x,
			     const int32_t *restrict w, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		acc[i] += (int64_t)x[i] * w[i];
}

/* What AMX leaves to AVX512. */
#define COMMON								\
	.lanes = lanes,							\
	.group_bytes = 4 * KERNEL_OC,					\
	.pack = avx512_pack,						\
	.tile = avx512_tile,						\
	.line = avx512_line,						\
	.float_lines = true,						\
	.splits = soft_avx512_has_vbmi,					\
	.gather_fits = soft_avx512_has_vbmi,				\
	.gather = soft_avx512_gather,					\
	.sum = avx512_sum,						\
	.word_sums = true,						\
	.wide = avx512_wide,						\
	.wide_each = avx512_wide_each

const struct soft_kernel soft_kernel_avx512 = {
	COMMON,
	.isa = SRFPGA_SOFT_AVX512_VNNI,
	.row = avx512_row,
	.narrow = soft_avx512_narrow,
	.planes = soft_avx512_planes,
};

const struct soft_kernel soft_kernel_amx = {
	COMMON,
	.isa = SRFPGA_SOFT_AMX_INT8,
	.groups = soft_amx_groups,
	.row = soft_amx_row,
	.narrow = soft_amx_narrow,
};
