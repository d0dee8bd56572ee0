/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the files of the AVX512-VNNI kernel share.
 */
#ifndef SOFT_KERNEL_AVX512_H
#define SOFT_KERNEL_AVX512_H

#include <immintrin.h>

#include "kernel.h"

void soft_avx512_narrow(const struct kernel_conv *conv,
			const uint8_t *const *seg, size_t plane, uint32_t px,
			uint8_t *const *out);
bool soft_avx512_has_vbmi(void);
void soft_avx512_gather(const struct kernel_gather *g,
			const uint8_t *const *run, uint32_t px, uint8_t *out);

/* 16 pixels at most, to pixel @x of each row. */
void soft_avx512_split(const struct kernel_narrow *n, const __m512i quads[4],
		       uint32_t px, uint8_t *const *out, uint32_t x);
void soft_avx512_planes(const uint8_t *row, uint32_t c, uint32_t px,
			uint8_t *out, size_t plane);

/*
 * The floor of acc * mul + add: a fused multiply-add that rounds down cannot
 * reach the next integer.
 */
static inline __m512i avx512_float_line(__m512i acc, __m512 mul, __m512 add)
{
	enum { DOWN = _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC };

	return _mm512_cvt_roundps_epi32(
		_mm512_fmadd_round_ps(_mm512_cvtepi32_ps(acc), mul, add,
				      DOWN), DOWN);
}

/* The upper halves of 64-bit products of even and odd lanes. */
static inline __m512i avx512_upper(__m512i even, __m512i odd)
{
	return _mm512_castps_si512(_mm512_mask_movehdup_ps(
		_mm512_castsi512_ps(odd), 0x5555, _mm512_castsi512_ps(even)));
}

/* Half a line: 16 accumulators in, 16 codes out. */
static inline __m512i avx512_line_of(__m512i acc,
				     const struct kernel_line *l, int half)
{
	const int64_t *add_even = l->add_even + 8 * half;
	const int64_t *add_odd = l->add_odd + 8 * half;
	__m512i even = _mm512_mul_epi32(acc,
		_mm512_load_si512(l->mul + 16 * half));
	__m512i odd = _mm512_mul_epi32(_mm512_srli_epi64(acc, 32),
		_mm512_load_si512(l->mul_odd + 16 * half));

	if (l->in_float)
		return avx512_float_line(acc,
			_mm512_load_ps(l->float_mul + 16 * half),
			_mm512_load_ps(l->float_add + 16 * half));
	even = _mm512_add_epi64(even, _mm512_load_si512(add_even));
	odd = _mm512_add_epi64(odd, _mm512_load_si512(add_odd));
	return _mm512_srav_epi32(avx512_upper(even, odd),
				 _mm512_load_si512(l->shift + 16 * half));
}

#endif /* SOFT_KERNEL_AVX512_H */
