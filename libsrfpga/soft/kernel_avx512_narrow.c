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
	const uint8_t *weights;
	const int32_t *bias;
	int32_t *acc;
};

_Static_assert(offsetof(struct avx512_narrow, acc) == 64, "assembly");

void soft_avx512_narrow1(const struct avx512_narrow *t);
void soft_avx512_narrow2(const struct avx512_narrow *t);
void soft_avx512_narrow3(const struct avx512_narrow *t);
void soft_avx512_narrow4(const struct avx512_narrow *t);

/* A line swaps the middle of every four: undone here. */
const uint8_t soft_avx512_narrow_lanes[16] = {
	0, 2, 1, 3, 4, 6, 5, 7, 8, 10, 9, 11, 12, 14, 13, 15,
};

/* [pixel of a quad][quad of pixels][4 channels] */
static __m512i narrow_bytes(const struct kernel_narrow *n, int j,
			    const int32_t *acc)
{
	const struct kernel_line *l = &n->line[j / 2];
	__m512i q[4];

	for (int i = 0; i < 4; i++)
		q[i] = avx512_line_of(_mm512_load_si512(acc + 64 * j + 16 * i),
				      l, j % 2);
	q[0] = _mm512_packus_epi16(_mm512_packs_epi32(q[0], q[1]),
				   _mm512_packs_epi32(q[2], q[3]));
	q[0] = _mm512_max_epu8(q[0], _mm512_load_si512(l->min));
	return _mm512_min_epu8(q[0], _mm512_load_si512(l->max));
}

/** struct narrow_store - how bytes of tiles become pixels */
struct narrow_store {
	uint32_t quads;
	uint32_t channels;
	size_t pitch;
	__m512i order[4];	/* dwords of each 64 bytes of the output */
	__mmask16 upper[4];	/* which of them are from quads 2 and 3 */
};

static void prepare_store(const struct kernel_narrow *n, size_t pitch,
			  struct narrow_store *s)
{
	s->quads = n->quads;
	s->channels = n->channels;
	s->pitch = pitch;
	for (uint32_t k = 0; k < n->quads; k++) {
		uint32_t order[16];

		s->upper[k] = 0;
		for (uint32_t i = 0; i < 16; i++) {
			uint32_t px = (16 * k + i) / n->quads;
			uint32_t quad = (16 * k + i) % n->quads;

			order[i] = quad % 2 * 16 + px % 4 * 4 + px / 4;
			s->upper[k] |= (quad / 2) << i;
		}
		s->order[k] = _mm512_loadu_si512(order);
	}
}

static void store_dense(const struct narrow_store *s, const __m512i b[4],
			uint8_t *out)
{
	for (uint32_t k = 0; k < s->quads; k++) {
		__m512i v = _mm512_permutex2var_epi32(b[0], s->order[k], b[1]);

		if (s->quads > 2)
			v = _mm512_mask_mov_epi32(v, s->upper[k],
				_mm512_permutex2var_epi32(b[2], s->order[k],
							  b[3]));
		_mm512_storeu_si512(out + 64 * k, v);
	}
}

static void store_pixels(const struct narrow_store *s, const __m512i b[4],
			 uint32_t px, uint8_t *out)
{
	uint8_t bytes[4][4][4][4];

	memcpy(bytes, b, sizeof(bytes));
	for (uint32_t p = 0; p < px; p++, out += s->pitch) {
		uint32_t left = s->channels;

		for (uint32_t j = 0; j < s->quads; j++, left -= 4)
			memcpy(out + 4 * j, bytes[j][p % 4][p / 4],
			       left < 4 ? left : 4);
	}
}

void soft_avx512_narrow(const struct kernel_conv *conv,
			const uint8_t *const *seg, size_t plane, uint32_t px,
			uint8_t *out, size_t pitch)
{
	static void (*const tile[])(const struct avx512_narrow *t) = {
		soft_avx512_narrow1, soft_avx512_narrow2,
		soft_avx512_narrow3, soft_avx512_narrow4,
	};
	const struct kernel_narrow *n = conv->narrow;
	int32_t acc[256] __attribute__((aligned(64)));
	struct avx512_narrow t = {
		seg, conv->segments, n->taps, n->planes, plane, 0, n->weights,
		n->bias, acc,
	};
	struct narrow_store store;
	__m512i bytes[4] = { 0 };

	prepare_store(n, pitch, &store);
	for (; px; t.offset += 4 * KERNEL_NARROW_PX) {
		uint32_t now = px < KERNEL_NARROW_PX ? px : KERNEL_NARROW_PX;

		tile[n->quads - 1](&t);
		for (uint32_t j = 0; j < n->quads; j++)
			bytes[j] = narrow_bytes(n, j, acc);
		if (now == KERNEL_NARROW_PX && pitch == 4 * n->quads)
			store_dense(&store, bytes, out);
		else
			store_pixels(&store, bytes, now, out);
		out += now * pitch;
		px -= now;
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
