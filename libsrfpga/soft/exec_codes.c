// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Accumulators of neighbouring channels to codes in a row. Knows the
 * definition of requantisation, not who asks.
 */
#include "exec_value.h"

/* The frequent definition, without 128 bits. */
static void multiply(const struct soft_requant *rq, uint32_t first,
		     uint32_t n, int64_t *acc)
{
	uint32_t step = rq->channels > 1, c = step * first;

	for (uint32_t k = 0; k < n; k++, c += step) {
		int64_t v = (acc[k] * rq->multiplier[c] + rq->bias[c]) >>
			    rq->shift[c];

		v = v < rq->out_min ? rq->out_min : v;
		acc[k] = v > rq->out_max ? rq->out_max : v;
	}
}

static void requantise(const struct soft_requant *rq, uint32_t first,
		       uint32_t n, int64_t *acc)
{
	if (!rq)
		return;
	if (rq->kind == SOFT_REQUANT_MULTIPLIER && !rq->wide &&
	    rq->rounding == SOFT_ROUND_FLOOR) {
		multiply(rq, first, n, acc);
		return;
	}
	for (uint32_t k = 0; k < n; k++)
		acc[k] = soft_requantise(rq, first + k, acc[k]);
}

void exec_put_codes(const struct soft_requant *rq, const struct exec_tensor *t,
		    uint8_t *row, size_t pixel, uint32_t first, uint32_t n,
		    int64_t *acc)
{
	size_t at = pixel * t->c + first;

	requantise(rq, first, n, acc);
	if (t->store == EXEC_U8) {
		for (uint32_t k = 0; k < n; k++)
			row[at + k] = acc[k] - t->offset;
		return;
	}
	for (uint32_t k = 0; k < n; k++)
		exec_put(t, row, at + k, acc[k]);
}
