// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Pointwise real functions and the rules that quantise their results. Owns the
 * meaning of a rounding tie; must not know accumulators' ranges or graphs.
 */
#include "chain.h"

#include <errno.h>
#include <string.h>

static soft_quad param(const soft_quad *p, uint32_t channels, uint32_t c)
{
	return p[channels == 1 ? 0 : c];
}

static int new_stage(struct soft_chain *chain, struct soft_arena *arena,
		     enum soft_stage_kind kind, uint32_t n,
		     struct soft_stage **out)
{
	struct soft_stage *s = &chain->stages[chain->num];

	if (chain->num == SOFT_MAX_STAGES)
		return -E2BIG;
	s->kind = kind;
	s->channels = n;
	s->p = soft_alloc(arena, n, sizeof(*s->p));
	s->q = soft_alloc(arena, n, sizeof(*s->q));
	if (!s->p || !s->q)
		return -ENOMEM;
	chain->num++;
	*out = s;
	return 0;
}

int soft_chain_append(struct soft_chain *chain, struct soft_arena *arena,
		      enum soft_stage_kind kind, uint32_t n,
		      const soft_quad *p, const soft_quad *q)
{
	struct soft_stage *s;
	int ret = new_stage(chain, arena, kind, n, &s);

	if (ret)
		return ret;
	memcpy(s->p, p, n * sizeof(*p));
	if (q)
		memcpy(s->q, q, n * sizeof(*q));
	return 0;
}

/* (p1 x + q1) then (p2 x + q2); the old arrays may be shared: make new ones. */
static int merge_affine(struct soft_stage *s, struct soft_arena *arena,
			uint32_t n, const soft_quad *p, const soft_quad *q)
{
	uint32_t total = s->channels > n ? s->channels : n;
	soft_quad *np = soft_alloc(arena, total, sizeof(*np));
	soft_quad *nq = soft_alloc(arena, total, sizeof(*nq));

	if (!np || !nq)
		return -ENOMEM;
	for (uint32_t c = 0; c < total; c++) {
		soft_quad p2 = param(p, n, c), q2 = param(q, n, c);

		np[c] = param(s->p, s->channels, c) * p2;
		nq[c] = param(s->q, s->channels, c) * p2 + q2;
		if (!soft_quad_finite(np[c]) || !soft_quad_finite(nq[c]))
			return -E2BIG;
	}
	s->channels = total;
	s->p = np;
	s->q = nq;
	return 0;
}

int soft_chain_affine(struct soft_chain *chain, struct soft_arena *arena,
		      uint32_t n, const soft_quad *p, const soft_quad *q)
{
	for (uint32_t c = 0; c < n; c++)
		if (!soft_quad_finite(p[c]) || !soft_quad_finite(q[c]))
			return -E2BIG;
	if (chain->num &&
	    chain->stages[chain->num - 1].kind == SOFT_STAGE_AFFINE)
		return merge_affine(&chain->stages[chain->num - 1], arena, n,
				    p, q);
	return soft_chain_append(chain, arena, SOFT_STAGE_AFFINE, n, p, q);
}

int soft_chain_prescale(struct soft_chain *chain, struct soft_arena *arena,
			soft_quad factor)
{
	struct soft_chain old = *chain;
	soft_quad zero = 0;
	int ret;

	chain->num = 0;
	ret = soft_chain_affine(chain, arena, 1, &factor, &zero);
	for (uint32_t i = 0; !ret && i < old.num; i++) {
		const struct soft_stage *s = &old.stages[i];

		ret = s->kind == SOFT_STAGE_AFFINE ?
		      soft_chain_affine(chain, arena, s->channels, s->p, s->q) :
		      soft_chain_append(chain, arena, s->kind, s->channels,
					s->p, s->q);
	}
	return ret;
}

bool soft_chain_is_affine(const struct soft_chain *chain)
{
	return !chain->num || (chain->num == 1 &&
			       chain->stages[0].kind == SOFT_STAGE_AFFINE);
}

uint32_t soft_chain_channels(const struct soft_chain *chain)
{
	uint32_t channels = 1;

	for (uint32_t i = 0; i < chain->num; i++)
		if (chain->stages[i].channels > channels)
			channels = chain->stages[i].channels;
	return channels;
}

soft_quad soft_chain_slope(const struct soft_chain *chain, uint32_t channel)
{
	const struct soft_stage *s = chain->stages;

	return chain->num ? param(s->p, s->channels, channel) : 1;
}

soft_quad soft_chain_offset(const struct soft_chain *chain, uint32_t channel)
{
	const struct soft_stage *s = chain->stages;

	return chain->num ? param(s->q, s->channels, channel) : 0;
}

static soft_quad clip(soft_quad x, soft_quad low, soft_quad high)
{
	x = x < low ? low : x;
	return x > high ? high : x;
}

static soft_quad stage_eval(const struct soft_stage *s, uint32_t channel,
			    soft_quad x)
{
	uint32_t c = s->channels == 1 ? 0 : channel;

	switch (s->kind) {
	case SOFT_STAGE_AFFINE:
		return s->p[c] * x + s->q[c];
	case SOFT_STAGE_CLIP:
		return clip(x, s->p[c], s->q[c]);
	case SOFT_STAGE_LEAKY:
		return x < 0 ? s->p[c] * x : x;
	case SOFT_STAGE_HARD_SWISH:
		if (x <= -3 || x >= 3)
			return x < 0 ? 0 : x;
		return x * (x + 3) / 6;
	}
	return x;
}

soft_quad soft_chain_eval(const struct soft_chain *chain, uint32_t stages,
			  uint32_t channel, soft_quad x)
{
	for (uint32_t i = 0; i < stages; i++)
		x = stage_eval(&chain->stages[i], channel, x);
	return x;
}

/* The whole number that @y becomes; @half: -1, 0, 1: the fraction against a
 * half, decided without error by the caller.
 */
static soft_quad round_to(enum soft_mode mode, soft_quad y, soft_quad floor,
			  int half)
{
	bool odd = (int64_t)(__int128)floor & 1;
	bool whole = y == floor;

	switch (mode) {
	case SOFT_MODE_FLOOR:
		return floor;
	case SOFT_MODE_CEIL:
		return whole ? floor : floor + 1;
	case SOFT_MODE_DOWN:
		return whole || y > 0 ? floor : floor + 1;
	case SOFT_MODE_UP:
		return whole || y < 0 ? floor : floor + 1;
	case SOFT_MODE_HALF_EVEN:
		return floor + (half > 0 || (!half && odd));
	case SOFT_MODE_HALF_UP:
		return floor + (half > 0 || (!half && y > 0));
	case SOFT_MODE_HALF_DOWN:
		return floor + (half > 0 || (!half && y < 0));
	}
	return floor;
}

static int sign_of(soft_quad x)
{
	return (x > 0) - (x < 0);
}

/*
 * What a tie is: a result closer to a half or whole number than this. Scales
 * and biases are float32 and accumulators are far shorter than 60 bits, so
 * that exact results which are no ties lie further away; what 113 bits lose
 * in a division or a square root lies closer.
 */
#define TIE	((soft_quad)0x1p-88)

static int64_t quant_eval(const struct soft_rule *rule, uint32_t c,
			  soft_quad x)
{
	soft_quad scale = param(rule->scale, rule->channels, c);
	soft_quad before = param(rule->before, rule->channels, c);
	soft_quad y = x / scale + before;
	soft_quad floor, nearest, step;
	int half;

	if (y >= (soft_quad)(rule->max - rule->after) + 1)
		return rule->max;
	if (y <= (soft_quad)(rule->min - rule->after) - 1)
		return rule->min;
	nearest = soft_quad_floor(2 * y + (soft_quad)0.5) / 2;
	if (soft_quad_abs(y - nearest) < TIE)
		y = nearest;
	floor = soft_quad_floor(y);
	half = sign_of(y - floor - (soft_quad)0.5);
	step = round_to(rule->mode, y, floor, half) + rule->after;
	if (step < rule->min)
		return rule->min;
	return step > rule->max ? rule->max : (int64_t)step;
}

static int64_t count_eval(const struct soft_rule *rule, uint32_t c,
			  soft_quad x)
{
	const soft_quad *t = rule->thresholds;
	uint32_t low = 0, high = rule->num;

	x += soft_quad_abs(x) * TIE;
	t += rule->channels == 1 ? 0 : (size_t)c * rule->num;
	while (low < high) {
		uint32_t mid = (low + high) / 2;

		if (t[mid] <= x)
			low = mid + 1;
		else
			high = mid;
	}
	return rule->after + rule->step * low;
}

int64_t soft_rule_eval(const struct soft_rule *rule, uint32_t channel,
		       soft_quad x)
{
	switch (rule->kind) {
	case SOFT_RULE_QUANT:
		return quant_eval(rule, channel, x);
	case SOFT_RULE_BIPOLAR:
		return x >= 0 ? 1 : -1;
	case SOFT_RULE_THRESHOLDS:
		return count_eval(rule, channel, x);
	}
	return 0;
}

int64_t soft_code(const struct soft_chain *chain, const struct soft_rule *rule,
		  uint32_t channel, int64_t acc)
{
	return soft_rule_eval(rule, channel, soft_chain_eval(chain, chain->num,
							     channel, acc));
}
