// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Proves that a multiplier and shift equal a scaled rounding without walking
 * its steps, which for 16 bits and hundreds of channels are millions. Must not
 * know which form is cheapest.
 */
#include "derive.h"

#include <errno.h>
#include <stdlib.h>

#define MAX_SHIFT	40
#define MAX_WIDE_SHIFT	94
#define MAX_CODES	(1 << 18)
/* Of one channel's proof, in steps that might be walked meanwhile. */
#define COST		8
/* Of accumulators: more than what quads and fixed point round off below. */
#define MARGIN		((soft_quad)0x1p-32)

/**
 * struct line - what one channel computes between its clips
 * @s: codes per accumulator unit
 * @t: code of accumulator 0, without rule.after
 * @low: code at acc_min or acc_max, the lesser
 * @high: the other
 */
struct line {
	soft_quad s, t;
	int64_t low, high;
};

/* A composition of scales and clips is one line, clamped to its ends. */
static bool read_line(const struct soft_chain *chain,
		      const struct soft_rule *rule, uint32_t c,
		      int64_t acc_min, int64_t acc_max, struct line *line)
{
	soft_quad scale = rule->scale[rule->channels == 1 ? 0 : c];
	soft_quad before = rule->before[rule->channels == 1 ? 0 : c];
	soft_quad s = 1, t = 0, terms = 0, most;
	int64_t a = soft_code(chain, rule, c, acc_min);
	int64_t b = soft_code(chain, rule, c, acc_max);

	for (uint32_t i = 0; i < chain->num; i++) {
		const struct soft_stage *stage = &chain->stages[i];
		uint32_t k = stage->channels == 1 ? 0 : c;

		if (stage->kind == SOFT_STAGE_CLIP)
			continue;
		if (stage->kind != SOFT_STAGE_AFFINE)
			return false;
		s *= stage->p[k];
		t = t * stage->p[k] + stage->q[k];
		terms = terms * soft_quad_abs(stage->p[k]) +
			soft_quad_abs(stage->q[k]);
	}
	line->s = s / scale;
	line->t = t / scale + before;
	line->low = a < b ? a : b;
	line->high = a < b ? b : a;
	if (a == b)
		return true;
	/* Quads are exact to about 2^-109 of the terms: less than MARGIN. */
	terms = terms / scale + soft_quad_abs(before);
	most = acc_max > -acc_min ? acc_max : -(soft_quad)acc_min;
	s = soft_quad_abs(line->s);
	return terms < (soft_quad)0x1p+32 && s * most < (soft_quad)0x1p+34 &&
	       s > (soft_quad)0x1p-32 && line->high - line->low <= MAX_CODES;
}

/*
 * The least n with low <= a * n mod 2^64 <= high, where low <= high, as
 * Euclid would: one hit's remainder is a hit of the smaller problem. -1 as an
 * unsigned number if there is none.
 */
static unsigned __int128 first_hit(unsigned __int128 a, unsigned __int128 mod,
				   unsigned __int128 low,
				   unsigned __int128 high)
{
	unsigned __int128 n;

	if (!low)
		return 0;
	a %= mod;
	if (2 * a > mod)
		return first_hit(mod - a, mod, mod - high, mod - low);
	if (!a)
		return ~(unsigned __int128)0;
	n = (low + a - 1) / a;
	if (n * a <= high)
		return n;
	n = first_hit(mod % a, a, (a - high % a) % a, (a - low % a) % a);
	if (n == ~(unsigned __int128)0)
		return n;
	return (low + mod * n + a - 1) / a;
}

/* The fraction of @x in units of 2^-64. */
static uint64_t fraction(soft_quad x)
{
	return (uint64_t)((x - soft_quad_floor(x)) * (soft_quad)0x1p+64);
}

/* Whether first + i * step comes within @reach of a whole number, i < n. */
static bool near_whole(soft_quad first, soft_quad step, uint32_t n,
		       soft_quad reach)
{
	uint64_t width = (uint64_t)(2 * reach * (soft_quad)0x1p+64);
	uint64_t low = -fraction(first + reach);
	uint64_t high = low + width;

	if (low > high)
		return true;
	return first_hit(fraction(step), (unsigned __int128)1 << 64, low,
			 high) < n;
}

/*
 * Code k begins at accumulator (k - 1/2 - after - t) / s, and in integers at
 * (edge(k) - bias) / m: the same for whole numbers unless one lies between.
 * Both are lines in k, farthest apart at an end.
 */
static bool same_steps(const struct line *line, int64_t after,
		       soft_quad integer_first, soft_quad integer_step)
{
	uint32_t n = (uint32_t)(line->high - line->low);
	soft_quad first = (line->low + 1 - after - (soft_quad)0.5 - line->t) /
			  line->s;
	soft_quad step = 1 / line->s;
	soft_quad a = soft_quad_abs(first - integer_first);
	soft_quad b = soft_quad_abs(first + (n - 1) * step - integer_first -
				    (n - 1) * integer_step);
	soft_quad reach = (a > b ? a : b) + MARGIN;

	return reach < (soft_quad)0.25 && !near_whole(first, step, n, reach);
}

/* --- forms ---------------------------------------------------------------- */

static void constant(struct soft_requant *rq, uint32_t c, int64_t code)
{
	rq->multiplier[c] = 0;
	rq->bias[c] = code;
	rq->shift[c] = rq->wide ? SOFT_WIDE_BIAS : 0;
}

static bool fits(const struct soft_requant *rq, uint32_t c)
{
	int64_t m = rq->multiplier[c], low, high;

	if (rq->wide)
		return true;
	return m > -INT32_MAX && m < INT32_MAX &&
	       !__builtin_mul_overflow(m, rq->acc_min, &low) &&
	       !__builtin_mul_overflow(m, rq->acc_max, &high) &&
	       !__builtin_add_overflow(low, rq->bias[c], &low) &&
	       !__builtin_add_overflow(high, rq->bias[c], &high);
}

/*
 * A slope that is a short binary number: then accumulators lie on a grid of
 * codes, and between its lines nothing is rounded. Ties are on it or nowhere.
 */
static bool on_grid(struct soft_requant *rq, uint32_t c,
		    const struct line *line, int64_t after)
{
	bool even = rq->rounding == SOFT_ROUND_HALF_EVEN;
	soft_quad m = line->s, b, rest;
	uint32_t shift = 0;

	for (; m != soft_quad_floor(m); m *= 2)
		if (++shift > MAX_SHIFT || rq->wide)
			return false;
	b = (line->t + after + (soft_quad)0.5) * (soft_quad)(1ll << shift);
	if (soft_quad_abs(b) > (soft_quad)0x1p+60 ||
	    soft_quad_abs(m) > (soft_quad)0x1p+31)
		return false;
	rest = b - soft_quad_floor(b);
	/* Beside the grid, but by less than quads may be off. */
	if (rest != 0 && (rest < (soft_quad)0x1p-20 ||
			  rest > 1 - (soft_quad)0x1p-20))
		return false;
	if (rest == 0 && (!even || after % 2))
		return false;
	rq->multiplier[c] = (int64_t)m;
	rq->bias[c] = (int64_t)soft_quad_floor(b);
	rq->shift[c] = (uint8_t)shift;
	if (even) {
		/* One bit more: what is beside the grid is never a tie. */
		rq->multiplier[c] *= 2;
		rq->bias[c] = 2 * rq->bias[c] + (rest != 0) -
			      (1ll << shift);
		rq->shift[c]++;
	}
	return fits(rq, c);
}

/* Multiplier and bias rounded to the nearest; true if that is exact. */
static bool nearest(struct soft_requant *rq, uint32_t c,
		    const struct line *line, int64_t after, int bits)
{
	bool even = rq->rounding == SOFT_ROUND_HALF_EVEN;
	soft_quad half = even ? 0 : (soft_quad)0.5;
	soft_quad unit = rq->wide ? (soft_quad)(1ll << SOFT_WIDE_BIAS) : 1;
	soft_quad base = line->t + after + half, power, m, b;
	uint32_t shift = soft_best_shift(line->s, bits, rq->wide ?
					 MAX_WIDE_SHIFT : 62);
	uint32_t most = soft_best_shift(base / unit, 61, MAX_WIDE_SHIFT);

	shift = base != 0 && most < shift ? most : shift;
	power = (soft_quad)((__int128)1 << shift);
	m = soft_quad_floor(line->s * power + (soft_quad)0.5);
	b = soft_quad_floor(base * power / unit + (soft_quad)0.5);
	if (m == 0 || soft_quad_abs(m) > (soft_quad)0x1p+62)
		return false;
	rq->multiplier[c] = (int64_t)m;
	rq->bias[c] = (int64_t)b;
	rq->shift[c] = (uint8_t)shift;
	return fits(rq, c) &&
	       same_steps(line, after, ((line->low + 1 - (even ?
			  (soft_quad)0.5 : 0)) * power - b * unit) / m,
			  power / m);
}

/* The ends, where clips are, and what is clipped there. */
static bool same_ends(const struct soft_requant *rq, uint32_t c,
		      const struct line *line)
{
	int64_t a = soft_requantise(rq, c, rq->acc_min);
	int64_t b = soft_requantise(rq, c, rq->acc_max);

	return (a < b ? a : b) == line->low && (a < b ? b : a) == line->high;
}

/* Whether @acc lies just where code @upper begins. */
static bool is_tie(const struct line *line, int64_t after, int64_t upper,
		   int64_t acc)
{
	soft_quad y = line->s * acc + line->t + after + (soft_quad)0.5;

	return soft_quad_abs(y - upper) < (soft_quad)0x1p-50;
}

/*
 * Ties go to either side, as the even code is, which is on no line: moves the
 * steps so that all go up, and notes those that do not.
 */
static bool take_ties(const struct soft_line_job *job, uint32_t c,
		      const struct line *line, struct soft_steps *steps)
{
	struct soft_requant *rq = job->rq;

	for (uint32_t i = 1; i < steps->num; i++) {
		struct soft_step *step = &steps->step[i];
		int64_t before = steps->step[i - 1].value;
		bool rises = step->value > before;
		int64_t upper = rises ? step->value : before;
		int64_t acc = step->at - rises;

		if (acc == rq->acc_max || acc == rq->acc_min ||
		    !is_tie(line, job->rule->after, upper, acc))
			continue;
		if (rq->num_ties == SOFT_MAX_TIES)
			return false;
		rq->ties[rq->num_ties++] = (struct soft_tie){ c, acc,
							      upper - 1 };
		step->at += rises ? -1 : 1;
	}
	return true;
}

/* A channel that rounding to the nearest misses by little, step by step. */
static bool walk(const struct soft_line_job *job, uint32_t c,
		 const struct line *line)
{
	struct soft_requant *rq = job->rq;
	struct soft_steps steps = { 0 };
	bool ok = !soft_steps_find(job->chain, job->rule, c, rq->acc_min,
				   rq->acc_max, job->budget, &steps) &&
		  take_ties(job, c, line, &steps) &&
		  soft_fit_line(&steps, rq->acc_max, rq->out_min, rq->out_max,
				line->s, rq->shift[c], rq->rounding, rq->wide,
				&rq->multiplier[c], &rq->bias[c]);

	free(steps.step);
	return ok;
}

static bool try_form(const struct soft_line_job *job, const struct line *lines,
		     int bits, bool wide, enum soft_rounding rounding)
{
	struct soft_requant *rq = job->rq;
	int64_t after = job->rule->after;

	rq->wide = wide;
	rq->rounding = rounding;
	rq->num_ties = 0;
	for (uint32_t c = 0; c < job->channels; c++) {
		const struct line *line = &lines[c];

		if (line->low == line->high) {
			constant(rq, c, line->low);
			continue;
		}
		if (!on_grid(rq, c, line, after) &&
		    !nearest(rq, c, line, after, bits) &&
		    (!wide || !walk(job, c, line)))
			return false;
		if (!same_ends(rq, c, line))
			return false;
	}
	return true;
}

/* Few steps are walked: that finds more of the short multipliers. */
static bool worth_it(const struct line *lines, uint32_t channels)
{
	int64_t most = 0, all = 0;

	for (uint32_t c = 0; c < channels; c++) {
		int64_t n = lines[c].high - lines[c].low;

		most = n > most ? n : most;
		all += n;
	}
	return most >= 1 << 11 && all >= SOFT_MANY_STEPS;
}

static bool prove(const struct soft_line_job *job, const struct line *lines)
{
	struct soft_requant *rq = job->rq;
	int bits = soft_multiplier_bits(rq);

	rq->kind = SOFT_REQUANT_MULTIPLIER;
	rq->out_min = INT64_MAX;
	rq->out_max = INT64_MIN;
	for (uint32_t c = 0; c < job->channels; c++) {
		rq->out_min = lines[c].low < rq->out_min ? lines[c].low :
			      rq->out_min;
		rq->out_max = lines[c].high > rq->out_max ? lines[c].high :
			      rq->out_max;
	}
	if (try_form(job, lines, bits, false, SOFT_ROUND_FLOOR) ||
	    try_form(job, lines, bits, false, SOFT_ROUND_HALF_EVEN) ||
	    try_form(job, lines, 61, true, SOFT_ROUND_FLOOR))
		return true;
	rq->wide = false;
	rq->num_ties = 0;
	return false;
}

int soft_line_prove(const struct soft_line_job *job)
{
	const struct soft_rule *rule = job->rule;
	struct line *lines;
	uint64_t cost = (uint64_t)job->channels * COST;
	bool ok = rule->kind == SOFT_RULE_QUANT &&
		  rule->mode == SOFT_MODE_HALF_EVEN && cost <= *job->budget;

	if (!ok)
		return 0;
	*job->budget -= cost;
	lines = calloc(job->channels, sizeof(*lines));
	if (!lines)
		return -ENOMEM;
	for (uint32_t c = 0; ok && c < job->channels; c++)
		ok = read_line(job->chain, rule, c, job->rq->acc_min,
			       job->rq->acc_max, &lines[c]);
	ok = ok && worth_it(lines, job->channels) && prove(job, lines);
	free(lines);
	return ok;
}
