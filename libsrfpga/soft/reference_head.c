// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The reference executor's ends of a network: floats, maxima, softmax. Floats
 * travel as their bit patterns.
 */
#include "reference.h"

#include <math.h>
#include <string.h>

#include "quantize.h"

static float to_float(int64_t code)
{
	uint32_t bits = (uint32_t)code;
	float f;

	memcpy(&f, &bits, sizeof(f));
	return f;
}

static int64_t from_float(float f)
{
	uint32_t bits;

	memcpy(&bits, &f, sizeof(bits));
	return bits;
}

static int64_t input(const struct soft_ref *r, uint32_t y, uint32_t x,
		     uint32_t k)
{
	return r->in[0][soft_ref_at(soft_ref_tensor(r, 0), y, x, k)];
}

int64_t soft_ref_dequant(const struct soft_ref *r, uint32_t y, uint32_t x,
			 uint32_t k)
{
	const struct soft_dequant *d = &r->op->dequant;
	uint32_t c = d->channels == 1 ? 0 : k;

	return from_float(soft_dequantise(d, c, input(r, y, x, k)));
}

int64_t soft_ref_quantize(const struct soft_ref *r, uint32_t y, uint32_t x,
			  uint32_t k)
{
	return soft_quantize_one(r->op->quantize, k,
				 to_float(input(r, y, x, k)));
}

/* Whether element @a comes before element @b in the order asked for. */
static bool before(const struct soft_ref *r, uint32_t y, uint32_t x,
		   uint32_t a, uint32_t b)
{
	const struct soft_topk *t = &r->op->topk;
	int64_t va = input(r, y, x, a), vb = input(r, y, x, b);
	bool less = va < vb, more = va > vb;

	if (soft_ref_tensor(r, 0)->is_float) {
		less = to_float(va) < to_float(vb);
		more = to_float(va) > to_float(vb);
	}
	if (less || more)
		return t->largest ? more : less;
	return t->last ? a > b : a < b;
}

/* The channel that has exactly @k others before it. */
static uint32_t ranked(const struct soft_ref *r, uint32_t y, uint32_t x,
		       uint32_t k)
{
	uint32_t channels = soft_ref_tensor(r, 0)->c, found = 0;

	for (uint32_t a = 0; a < channels; a++) {
		uint32_t rank = 0;

		for (uint32_t b = 0; b < channels; b++)
			rank += b != a && before(r, y, x, b, a);
		if (rank == k)
			found = a;
	}
	return found;
}

int64_t soft_ref_argmax(const struct soft_ref *r, uint32_t y, uint32_t x,
			uint32_t k)
{
	return ranked(r, y, x, k);
}

int64_t soft_ref_topk(const struct soft_ref *r, uint32_t y, uint32_t x,
		      uint32_t k)
{
	return input(r, y, x, ranked(r, y, x, k));
}

int64_t soft_ref_softmax(const struct soft_ref *r, uint32_t y, uint32_t x,
			 uint32_t k)
{
	uint32_t channels = soft_ref_tensor(r, 0)->c;
	double max = -INFINITY, sum = 0;

	for (uint32_t c = 0; c < channels; c++)
		max = fmax(max, to_float(input(r, y, x, c)));
	for (uint32_t c = 0; c < channels; c++)
		sum += exp(to_float(input(r, y, x, c)) - max);
	return from_float((float)(exp(to_float(input(r, y, x, k)) - max) /
				  sum));
}
