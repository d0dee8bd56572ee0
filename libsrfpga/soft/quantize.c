// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Quantises floats exactly as the model says, for frames that are given as the
 * ONNX graph declares them. Must not know graphs.
 */
#include "quantize.h"

#include <string.h>

static bool copy(struct soft_arena *arena, soft_quad **p, size_t n)
{
	soft_quad *q;

	if (!*p)
		return true;
	q = soft_alloc(arena, n, sizeof(*q));
	if (!q)
		return false;
	memcpy(q, *p, n * sizeof(*q));
	*p = q;
	return true;
}

struct soft_quantize *soft_quantize_new(struct soft_arena *arena,
					const struct soft_chain *chain,
					const struct soft_rule *rule)
{
	struct soft_quantize *q = soft_alloc(arena, 1, sizeof(*q));
	struct soft_rule *r;
	bool ok = true;

	if (!q)
		return NULL;
	q->chain = *chain;
	q->rule = *rule;
	r = &q->rule;
	for (uint32_t i = 0; i < chain->num; i++) {
		struct soft_stage *s = &q->chain.stages[i];

		ok = ok && copy(arena, &s->p, s->channels) &&
		     copy(arena, &s->q, s->channels);
	}
	ok = ok && copy(arena, &r->scale, r->channels) &&
	     copy(arena, &r->before, r->channels) &&
	     copy(arena, &r->thresholds, (size_t)r->channels * r->num);
	return ok ? q : NULL;
}

int64_t soft_quantize_one(const struct soft_quantize *q, uint32_t channel,
			  float x)
{
	soft_quad y = x;

	if (x != x)
		y = 0;
	else if (!soft_quad_finite(y))
		y = x > 0 ? 1e30 : -1e30;
	return soft_rule_eval(&q->rule, channel,
			      soft_chain_eval(&q->chain, q->chain.num,
					      channel, y));
}
