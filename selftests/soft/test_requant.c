// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Every form of a requantisation against the real function that it stands
 * for, at every accumulator of random ranges. Knows derivation, no network.
 */
#include <stdio.h>
#include <stdlib.h>

#include "soft/derive.h"

#define CASES	400
#define RANGE	6000
#define CHANNELS 3

static uint64_t state = 1;

static uint32_t bits(void)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(state >> 33);
}

static double uniform(double low, double high)
{
	return low + (high - low) * bits() / 0x1p+31;
}

/* A power of two, or any float32: only the former has exact ties. */
static soft_quad scale_near(double x, bool exact)
{
	return exact ? exp2(round(log2(x))) : (float)(x * uniform(0.7, 1.4));
}

static soft_quad *array(struct soft_arena *a)
{
	return soft_alloc(a, CHANNELS, sizeof(soft_quad));
}

/* An affine stage of each sign, perhaps something that bends. */
static void random_chain(struct soft_arena *a, struct soft_chain *chain,
			 double spread, bool exact)
{
	soft_quad *p = array(a), *q = array(a), low = 0, high = INFINITY;
	soft_quad leak = uniform(-0.5, 0.9);

	chain->num = 0;
	for (int c = 0; c < CHANNELS; c++) {
		p[c] = scale_near(1e-3, exact) * (bits() % 4 ? 1 : -1);
		q[c] = (float)uniform(-spread, spread);
		if (exact)
			q[c] = nearbyint((double)q[c] * 64) / 64;
	}
	soft_chain_affine(chain, a, CHANNELS, p, q);
	switch (bits() % 6) {
	case 0:
		soft_chain_append(chain, a, SOFT_STAGE_CLIP, 1, &low, &high);
		break;
	case 1:
		soft_chain_append(chain, a, SOFT_STAGE_LEAKY, 1, &leak, NULL);
		break;
	case 2:
		soft_chain_append(chain, a, SOFT_STAGE_HARD_SWISH, 1, &low,
				  NULL);
		break;
	default:
		break;
	}
}

static void random_rule(struct soft_arena *a, struct soft_rule *r,
			double spread, bool exact)
{
	uint32_t width = 1 + bits() % 12;

	*r = (struct soft_rule){ .channels = CHANNELS };
	r->mode = (enum soft_mode)(bits() % 7);
	r->scale = array(a);
	r->before = array(a);
	for (int c = 0; c < CHANNELS; c++) {
		r->scale[c] = scale_near(2 * spread / exp2(width), exact);
		r->before[c] = bits() % 3 ? 0 : bits() % 5;
	}
	r->after = bits() % 3 ? 0 : bits() % 9;
	r->min = bits() % 2 ? 0 : -((int64_t)1 << (width - 1));
	r->max = r->min + ((int64_t)1 << width) - 1;
	if (bits() % 5)
		return;
	r->kind = SOFT_RULE_THRESHOLDS;
	r->num = 1 + bits() % 30;
	r->step = 1;
	r->after = r->min = -(int64_t)(bits() % 3);
	r->max = r->min + r->num;
	r->thresholds = soft_alloc(a, (size_t)CHANNELS * r->num,
				   sizeof(soft_quad));
	for (int c = 0; c < CHANNELS; c++)
		for (uint32_t i = 0; i < r->num; i++)
			r->thresholds[c * r->num + i] = spread *
				(2.0 * (i + 1) / (r->num + 1) - 1);
}

/* The steps are where the code rises, or there is a reason to refuse. */
static bool steps_agree(const struct soft_requant *rq, uint32_t c)
{
	size_t n = (size_t)(rq->out_max - rq->out_min);
	int64_t *t = calloc(n + 1, sizeof(*t));
	bool ok = true, falls = false;

	for (int64_t acc = rq->acc_min; acc < rq->acc_max; acc++)
		falls |= soft_requantise(rq, c, acc + 1) <
			 soft_requantise(rq, c, acc);
	if (soft_requant_steps(rq, c, t)) {
		free(t);
		return falls || (rq->kind == SOFT_REQUANT_MULTIPLIER &&
				 rq->multiplier[c] < 0) ||
		       rq->kind == SOFT_REQUANT_THRESHOLDS;
	}
	for (size_t i = 0; ok && i < n; i++) {
		int64_t code = rq->out_min + 1 + (int64_t)i;

		if (t[i] <= rq->acc_max)
			ok = soft_requantise(rq, c, t[i]) >= code;
		if (ok && t[i] > rq->acc_min)
			ok = soft_requantise(rq, c, t[i] - 1) < code;
	}
	free(t);
	return ok && !falls;
}

static unsigned int kinds[10];

static bool one_case(void)
{
	struct soft_arena *a = soft_arena_new(64u << 20);
	bool exact = bits() % 2, ok = true;
	double spread = uniform(0.5, 4);
	struct soft_chain chain;
	struct soft_rule rule;
	struct soft_requant *rq;
	int64_t low = -(int64_t)(bits() % RANGE);
	int64_t high = bits() % RANGE;
	uint64_t budget = 1u << 20;

	random_chain(a, &chain, spread, exact);
	random_rule(a, &rule, spread, exact);
	if (soft_derive(a, &chain, &rule, CHANNELS, low, high, &budget, &rq)) {
		soft_arena_free(a);
		return false;
	}
	kinds[rq->kind + (rq->rounding ? 5 : 0)]++;
	for (uint32_t c = 0; ok && c < CHANNELS; c++) {
		for (int64_t acc = low; ok && acc <= high; acc++)
			ok = soft_requantise(rq, c, acc) ==
			     soft_code(&chain, &rule, c, acc);
		ok = ok && steps_agree(rq, c);
	}
	soft_arena_free(a);
	return ok;
}

#define LONG_CASES	24
#define LONG_CHANNELS	160

static uint64_t far_bits(void)
{
	return (uint64_t)bits() << 31 | bits();
}

/* Accumulators at and just before a step, found by halving. */
static int64_t step_near(const struct soft_chain *chain,
			 const struct soft_rule *rule, uint32_t c, int64_t low,
			 int64_t high)
{
	int64_t value = soft_code(chain, rule, c, low);

	while (high - low > 1) {
		int64_t mid = low + (high - low) / 2;

		if (soft_code(chain, rule, c, mid) == value)
			low = mid;
		else
			high = mid;
	}
	return high;
}

static bool same_here(const struct soft_requant *rq,
		      const struct soft_chain *chain,
		      const struct soft_rule *rule, uint32_t c, int64_t acc)
{
	return soft_requantise(rq, c, acc) == soft_code(chain, rule, c, acc);
}

static bool sampled(const struct soft_requant *rq,
		    const struct soft_chain *chain,
		    const struct soft_rule *rule, uint32_t c)
{
	int64_t span = rq->acc_max - rq->acc_min;
	bool ok = same_here(rq, chain, rule, c, rq->acc_min) &&
		  same_here(rq, chain, rule, c, rq->acc_max);

	for (int i = 0; ok && i < 20; i++) {
		int64_t a = rq->acc_min + (int64_t)(far_bits() % span);
		int64_t s = step_near(chain, rule, c, a, rq->acc_max);

		ok = same_here(rq, chain, rule, c, a) &&
		     same_here(rq, chain, rule, c, s) &&
		     same_here(rq, chain, rule, c, s - 1);
	}
	return ok;
}

/* 13 to 16 bits: [0] short multipliers, [1] half even, [2] wide ones */
static unsigned int forms[3];

static void long_function(struct soft_arena *a, struct soft_chain *chain,
			  struct soft_rule *r, double codes, int64_t most)
{
	soft_quad *p = soft_alloc(a, LONG_CHANNELS, sizeof(*p));
	soft_quad *q = soft_alloc(a, LONG_CHANNELS, sizeof(*q));
	soft_quad low = 0, high = INFINITY;
	bool exact = bits() % 2, halves = bits() % 2;

	r->scale = soft_alloc(a, 1, sizeof(soft_quad));
	r->before = soft_alloc(a, 1, sizeof(soft_quad));
	r->channels = 1;
	r->scale[0] = scale_near(1e-3, exact);
	for (int c = 0; c < LONG_CHANNELS; c++) {
		p[c] = scale_near((double)r->scale[0] * codes / (double)most,
				  exact) * (bits() % 4 ? 1 : -1);
		q[c] = (float)uniform(-8, 8) * (exact ? r->scale[0] : 1);
		if (exact && halves)
			q[c] = r->scale[0] * (bits() % 64) / 2;
	}
	/* Ties to the odd code have no form but thresholds. */
	if (exact && halves)
		r->after &= ~1;
	chain->num = 0;
	soft_chain_affine(chain, a, LONG_CHANNELS, p, q);
	if (bits() % 2)
		soft_chain_append(chain, a, SOFT_STAGE_CLIP, 1, &low, &high);
}

/*
 * Several times the steps that the budget allows to walk: only proofs make
 * these. Each is compared around some of its steps with the function itself.
 */
static bool long_case(void)
{
	struct soft_arena *a = soft_arena_new(64u << 20);
	uint32_t width = 13 + bits() % 4;
	int64_t most = (int64_t)1 << (18 + bits() % 23);
	uint64_t budget = (uint64_t)LONG_CHANNELS << (width - 4);
	struct soft_rule rule = { 0 };
	struct soft_requant *rq;
	struct soft_chain chain;
	bool ok;

	rule.after = bits() % 2 ? 0 : bits() % 9;
	rule.min = bits() % 2 ? 0 : -((int64_t)1 << (width - 1));
	rule.max = rule.min + ((int64_t)1 << width) - 1;
	long_function(a, &chain, &rule, exp2(width), most);
	ok = !soft_derive(a, &chain, &rule, LONG_CHANNELS, -most,
			  most - (int64_t)(bits() % 999), &budget, &rq) &&
	     rq->kind == SOFT_REQUANT_MULTIPLIER;
	if (ok)
		forms[rq->wide ? 2 : rq->rounding]++;
	for (uint32_t c = 0; ok && c < LONG_CHANNELS; c++)
		ok = sampled(rq, &chain, &rule, c);
	soft_arena_free(a);
	return ok;
}

/* Nine bits of mantissa: some of the thousands of codes begin at a tie. */
static soft_quad coarse(double x)
{
	int e;

	frexp(x, &e);
	return ldexp(nearbyint(ldexp(x, 9 - e)), e - 9);
}

#define TIES_MOST	(1 << 18)

/* Every accumulator of a few channels, whose ties a proof has to see. */
static bool ties_case(void)
{
	struct soft_arena *a = soft_arena_new(64u << 20);
	struct soft_rule rule = { .min = -4096, .max = 4095 };
	uint64_t budget = (uint64_t)1 << 22;
	struct soft_requant *rq;
	struct soft_chain chain;
	bool ok;

	long_function(a, &chain, &rule, 4096, TIES_MOST);
	rule.scale[0] = coarse((double)rule.scale[0]);
	for (int c = 0; c < LONG_CHANNELS; c++) {
		chain.stages[0].p[c] = coarse((double)chain.stages[0].p[c]);
		chain.stages[0].q[c] = 0;
	}
	ok = !soft_derive(a, &chain, &rule, LONG_CHANNELS, -TIES_MOST,
			  TIES_MOST, &budget, &rq);
	for (uint32_t c = 0; ok && c < 4; c++)
		for (int64_t acc = -TIES_MOST; ok && acc <= TIES_MOST; acc++)
			ok = same_here(rq, &chain, &rule, c, acc);
	soft_arena_free(a);
	return ok;
}

/* Codes of known numbers, worked out by hand from QONNX's description. */
static bool known_roundings(void)
{
	static const struct {
		enum soft_mode mode;
		int codes[8];
	} want[] = {
		/* of -2.5, -1.5, -0.75, -0.5, 0.5, 0.75, 1.5, 2.5 */
		{ SOFT_MODE_HALF_EVEN, { -2, -2, -1, 0, 0, 1, 2, 2 } },
		{ SOFT_MODE_CEIL, { -2, -1, 0, 0, 1, 1, 2, 3 } },
		{ SOFT_MODE_FLOOR, { -3, -2, -1, -1, 0, 0, 1, 2 } },
		{ SOFT_MODE_UP, { -3, -2, -1, -1, 1, 1, 2, 3 } },
		{ SOFT_MODE_DOWN, { -2, -1, 0, 0, 0, 0, 1, 2 } },
		{ SOFT_MODE_HALF_UP, { -3, -2, -1, -1, 1, 1, 2, 3 } },
		{ SOFT_MODE_HALF_DOWN, { -2, -1, -1, 0, 0, 1, 1, 2 } },
	};
	static const double x[] = { -2.5, -1.5, -0.75, -0.5, 0.5, 0.75, 1.5,
				    2.5 };
	soft_quad one = 1, zero = 0;

	for (size_t i = 0; i < sizeof(want) / sizeof(*want); i++) {
		struct soft_rule r = {
			.mode = want[i].mode, .channels = 1, .scale = &one,
			.before = &zero, .min = -8, .max = 7,
		};

		for (int j = 0; j < 8; j++)
			if (soft_rule_eval(&r, 0, x[j]) != want[i].codes[j]) {
				printf("# mode %d: %g gives %d\n",
				       want[i].mode, x[j],
				       (int)soft_rule_eval(&r, 0, x[j]));
				return false;
			}
	}
	return true;
}

int main(void)
{
	unsigned int bad = 0, few = 0;
	bool ok;

	printf("TAP version 13\n1..6\n");
	for (int i = 0; i < CASES; i++)
		bad += !one_case();
	printf("# clip %u, shift %u, multiplier %u, thresholds %u, table %u\n",
	       kinds[0], kinds[1], kinds[2], kinds[3], kinds[4]);
	printf("%sok 1 - %d random requantisations equal their functions\n",
	       bad ? "not " : "", CASES);
	ok = kinds[2] && kinds[3] && kinds[4] && kinds[7];
	printf("%sok 2 - they came as multipliers, half-even ones, thresholds and tables\n",
	       ok ? "" : "not ");
	bad |= !ok;
	ok = known_roundings();
	printf("%sok 3 - the roundings of known numbers\n", ok ? "" : "not ");
	bad |= !ok;
	for (int i = 0; i < LONG_CASES; i++)
		few += !long_case();
	printf("# short %u, half even %u, wide %u\n", forms[0], forms[1],
	       forms[2]);
	printf("%sok 4 - %d of 13 to 16 bits, proven, equal their functions\n",
	       few ? "not " : "", LONG_CASES);
	ok = forms[0] && forms[1] && forms[2];
	printf("%sok 5 - among them short, half-even and wide multipliers\n",
	       ok ? "" : "not ");
	few += !ok;
	ok = ties_case();
	printf("%sok 6 - 13 bits with ties, at every accumulator\n",
	       ok ? "" : "not ");
	return bad || few || !ok;
}
