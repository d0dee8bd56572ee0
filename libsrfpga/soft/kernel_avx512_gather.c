// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Gathers short runs of bytes, and splits pixels between rows, with the byte
 * permutations of AVX512-VBMI.
 * Knows nothing of graphs. Compiled for VBMI; entered only where the CPU has
 * it, which is not everywhere where it has VNNI.
 */
#include "kernel_avx512.h"

bool soft_avx512_has_vbmi(void)
{
	return __builtin_cpu_supports("avx512vbmi");
}

static inline __m512i one_vector(const struct kernel_gather *g, uint32_t v,
				 uint32_t runs, const __m512i *in)
{
	__m512i index = _mm512_loadu_si512(g->index[v]);
	__m512i out = _mm512_maskz_permutexvar_epi8(g->mask[v][0], index,
						    in[0]);

	for (uint32_t i = 1; i < runs; i++)
		out = _mm512_mask_permutexvar_epi8(out, g->mask[v][i], index,
						   in[i]);
	return out;
}

static inline void sixteen_pixels(const struct kernel_gather *g,
				  const uint8_t *const *run, uint32_t runs,
				  size_t from, uint8_t *out)
{
	uint32_t vectors = g->to_stride / 4;
	__m512i in[KERNEL_GATHER_RUNS];

	for (uint32_t i = 0; i < runs; i++)
		in[i] = _mm512_loadu_si512(run[i] + from);
	for (uint32_t v = 0; v < vectors; v++)
		_mm512_storeu_si512(out + 64 * v, one_vector(g, v, runs, in));
}

void soft_avx512_gather(const struct kernel_gather *g,
			const uint8_t *const *run, uint32_t px, uint8_t *out)
{
	for (uint32_t x = 0; x < px; x += KERNEL_GATHER_PX) {
		size_t from = x * g->from_stride;

		/* A constant number of runs stays in registers. */
		if (g->runs == 3)
			sixteen_pixels(g, run, 3, from, out);
		else
			sixteen_pixels(g, run, g->runs, from, out);
		out += KERNEL_GATHER_PX * g->to_stride;
	}
}

static inline void store_bytes(uint8_t *out, __m512i v, int32_t bytes)
{
	if (bytes >= 64)
		_mm512_storeu_si512(out, v);
	else if (bytes == 32)
		_mm256_storeu_si256((void *)out, _mm512_castsi512_si256(v));
	else
		_mm512_mask_storeu_epi8(out, (1ull << bytes) - 1, v);
}

void soft_avx512_split(const struct kernel_narrow *n, const __m512i quads[4],
		       uint32_t px, uint8_t *const *out, uint32_t x)
{
	uint32_t run = n->channels / n->rows;
	int32_t bytes = px * run;

	for (uint32_t i = 0; i < n->rows; i++) {
		const __m512i *q = quads + kernel_split_quad(n, i);

		for (int32_t at = 0; at < bytes; at += 64) {
			__m512i from = _mm512_loadu_si512(n->split[i] + at);

			store_bytes(out[i] + x * run + at,
				    _mm512_permutex2var_epi8(q[0], from, q[1]),
				    bytes - at);
		}
	}
}
