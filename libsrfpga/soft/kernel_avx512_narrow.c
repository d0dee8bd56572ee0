// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Convolutions to few channels on AVX512-VNNI, around the tiles of
 * kernel_avx512_narrow_tile.S. Knows nothing of graphs. Compiled for AVX512;
 * entered only where the CPU has it.
 */
#include <stddef.h>
#include <string.h>

#include "kernel_avx512.h"

/* The assembly knows the offsets. */
struct avx512_narrow {
	const uint8_t *const *seg;
	uint64_t segments;
	uint64_t taps;
	uint64_t planes;
	uint64_t plane;
	uint64_t offset;
	const int8_t *weights;
	const int32_t *bias;
	int32_t *acc;
};

_Static_assert(offsetof(struct avx512_narrow, acc) == 64, "assembly");

#define TILES(F) F(1) F(2) F(3) F(4) F(5) F(6) F(7) F(8) F(9) F(10) F(11) F(12)
#define DECLARE(n) void soft_avx512_narrow_##n(const struct avx512_narrow *t);
#define ENTRY(n) soft_avx512_narrow_##n,

TILES(DECLARE)

static void (*const tiles[])(const struct avx512_narrow *t) = {
	TILES(ENTRY)
};

/** struct scalar_line - the line of one channel, for lanes of pixels */
struct scalar_line {
	int64_t mul;
	int64_t add;
	int64_t shift;
	float float_mul;
	float float_add;
	bool in_float;
};

/* 16 accumulators in, 16 codes out. */
static inline __m512i scalar_line(const struct scalar_line *l,
				  const int32_t *acc)
{
	__m512i v = _mm512_load_si512(acc), mul = _mm512_set1_epi64(l->mul);
	__m512i add = _mm512_set1_epi64(l->add);
	__m512i even = _mm512_mul_epi32(v, mul);
	__m512i odd = _mm512_mul_epi32(_mm512_srli_epi64(v, 32), mul);

	if (l->in_float)
		return avx512_float_line(v, _mm512_set1_ps(l->float_mul),
					 _mm512_set1_ps(l->float_add));
	even = _mm512_add_epi64(even, add);
	odd = _mm512_add_epi64(odd, add);
	return _mm512_sra_epi32(avx512_upper(even, odd),
				_mm_cvtsi64_si128(l->shift));
}

/** struct narrow_store - how bytes of tiles become pixels */
struct narrow_store {
	const struct kernel_narrow *narrow;
	uint32_t quads;			/* of channels */
	uint32_t channels;
	struct scalar_line line[KERNEL_NARROW_OC];
	__m512i min, max;
	__m512i order[3];		/* dwords of each 64 bytes of output */
	__mmask16 last[3];		/* which of them are of quad 2 */
};

static void prepare_lines(const struct kernel_narrow *n,
			  struct narrow_store *s)
{
	for (uint32_t i = 0; i < KERNEL_NARROW_OC; i++) {
		/* Unused channels repeat the last one. */
		uint32_t k = i < n->channels ? i : n->channels - 1;

		s->line[i].mul = n->line.mul[k];
		s->line[i].add = (k % 2 ? n->line.add_odd :
					  n->line.add_even)[k / 2];
		s->line[i].shift = n->line.shift[k];
		s->line[i].float_mul = n->line.float_mul[k];
		s->line[i].float_add = n->line.float_add[k];
		s->line[i].in_float = n->line.in_float;
	}
	s->min = _mm512_load_si512(n->line.min);
	s->max = _mm512_load_si512(n->line.max);
}

static void prepare_store(const struct kernel_narrow *n,
			  struct narrow_store *s)
{
	s->narrow = n;
	s->channels = n->channels;
	s->quads = (n->channels + 3) / 4;
	prepare_lines(n, s);
	for (uint32_t k = 0; k < s->quads; k++) {
		uint32_t order[16];

		s->last[k] = 0;
		for (uint32_t i = 0; i < 16; i++) {
			uint32_t quad = (16 * k + i) % s->quads;

			order[i] = quad % 2 * 16 + (16 * k + i) / s->quads;
			s->last[k] |= (quad / 2) << i;
		}
		s->order[k] = _mm512_loadu_si512(order);
	}
}

/* Four channels of 16 pixels: a dword a pixel. */
static __m512i quad_bytes(const struct narrow_store *s, uint32_t quad,
			  const int32_t *acc)
{
	/* From [channel][pixel] within 16 bytes. */
	const __m512i turn = _mm512_broadcast_i32x4(_mm_setr_epi8(
		0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15));
	const struct scalar_line *l = &s->line[4 * quad];
	__m512i q[4], v;

	for (uint32_t i = 0; i < 4; i++) {
		uint32_t k = 4 * quad + i;

		if (k >= s->channels)
			k = s->channels - 1;
		q[i] = scalar_line(&l[i], acc + KERNEL_NARROW_PX * k);
	}
	v = _mm512_packus_epi16(_mm512_packs_epi32(q[0], q[1]),
				_mm512_packs_epi32(q[2], q[3]));
	v = _mm512_min_epu8(_mm512_max_epu8(v, s->min), s->max);
	return _mm512_shuffle_epi8(v, turn);
}

static void store_dense(const struct narrow_store *s, const __m512i b[3],
			uint8_t *out)
{
	for (uint32_t k = 0; k < s->quads; k++) {
		__m512i v = _mm512_permutex2var_epi32(b[0], s->order[k], b[1]);

		v = _mm512_mask_permutexvar_epi32(v, s->last[k], s->order[k],
						  b[2]);
		_mm512_storeu_si512(out + 64 * k, v);
	}
}

static void store_pixels(const struct narrow_store *s, const __m512i b[3],
			 uint32_t px, uint8_t *out)
{
	uint8_t bytes[3][16][4];

	memcpy(bytes, b, sizeof(bytes));
	for (uint32_t p = 0; p < px; p++, out += s->channels) {
		uint32_t left = s->channels;

		for (uint32_t j = 0; j < s->quads; j++, left -= 4)
			memcpy(out + 4 * j, bytes[j][p], left < 4 ? left : 4);
	}
}

/* Sixteen pixels, or less at the end of a row. */
static void store_half(const struct narrow_store *s, const int32_t *acc,
		       uint32_t px, uint8_t *const *out, uint32_t x)
{
	__m512i bytes[4] = { 0 };

	for (uint32_t j = 0; j < s->quads; j++)
		bytes[j] = quad_bytes(s, j, acc);
	if (s->narrow->rows > 1)
		soft_avx512_split(s->narrow, bytes, px < 16 ? px : 16, out, x);
	else if (px >= 16 && s->channels == 4 * s->quads)
		store_dense(s, bytes, out[0] + (size_t)x * s->channels);
	else
		store_pixels(s, bytes, px < 16 ? px : 16,
			     out[0] + (size_t)x * s->channels);
}

void soft_avx512_narrow(const struct kernel_conv *conv,
			const uint8_t *const *seg, size_t plane, uint32_t px,
			uint8_t *const *out)
{
	const struct kernel_narrow *n = conv->narrow;
	int32_t acc[KERNEL_NARROW_OC * KERNEL_NARROW_PX]
		__attribute__((aligned(64)));
	struct avx512_narrow t = {
		seg, conv->segments, n->taps, n->planes, plane, 0, n->weights,
		n->bias, acc,
	};
	struct narrow_store store;

	prepare_store(n, &store);
	for (uint32_t x = 0; x < px; x += KERNEL_NARROW_PX) {
		t.offset = 4 * x;
		tiles[n->channels - 1](&t);
		store_half(&store, acc, px - x, out, x);
		if (px - x > 16)
			store_half(&store, acc + 16, px - x - 16, out, x + 16);
	}
}

/* Pixels p and p + 4, 8 dwords of each. */
static __m512i two_pixels(const uint8_t *row, uint32_t c)
{
	__m256i low = _mm256_loadu_si256((const void *)row);
	__m256i high = _mm256_loadu_si256((const void *)(row + 4 * c));

	return _mm512_inserti64x4(_mm512_castsi256_si512(low), high, 1);
}

/* Out: dwords i and i + 4 of pixels 0-3 and 4-7 in 16-byte lanes. */
static void eight_pixels(const uint8_t *row, uint32_t c, __m512i out[4])
{
	__m512i a = two_pixels(row, c), b = two_pixels(row + c, c);
	__m512i d = two_pixels(row + 2 * c, c);
	__m512i e = two_pixels(row + 3 * c, c);
	__m512i ab = _mm512_unpacklo_epi32(a, b);
	__m512i de = _mm512_unpacklo_epi32(d, e);

	out[0] = _mm512_unpacklo_epi64(ab, de);
	out[1] = _mm512_unpackhi_epi64(ab, de);
	ab = _mm512_unpackhi_epi32(a, b);
	de = _mm512_unpackhi_epi32(d, e);
	out[2] = _mm512_unpacklo_epi64(ab, de);
	out[3] = _mm512_unpackhi_epi64(ab, de);
}

static void eight_planes(const uint8_t *row, uint32_t c, uint8_t *out,
			 size_t plane)
{
	__m512i low[4], high[4];

	eight_pixels(row, c, low);
	eight_pixels(row + 8 * c, c, high);
	for (int i = 0; i < 4; i++) {
		_mm512_storeu_si512(out + i * plane,
			_mm512_shuffle_i32x4(low[i], high[i], 0x88));
		_mm512_storeu_si512(out + (i + 4) * plane,
			_mm512_shuffle_i32x4(low[i], high[i], 0xdd));
	}
}

void soft_avx512_planes(const uint8_t *row, uint32_t c, uint32_t px,
			uint8_t *out, size_t plane)
{
	uint32_t dense = c / 32 * 32;

	for (uint32_t x = 0; x < px; x += 16)
		for (uint32_t k = 0; k < dense; k += 32)
			eight_planes(row + (size_t)x * c + k, c,
				     out + 4 * x + k / 4 * plane, plane);
	for (uint32_t x = 0; x < px; x++)
		for (uint32_t k = dense; k < c; k += 4)
			memcpy(out + 4 * x + k / 4 * plane,
			       row + (size_t)x * c + k, 4);
}
