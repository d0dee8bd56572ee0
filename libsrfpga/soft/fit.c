// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Fits one multiplier, bias and shift to the steps of a function, exactly or
 * not at all. Must not know channels or where the steps come from.
 */
#include "derive.h"

/*
 * A code >= v needs acc * m + bias >= edge(v). Rounding half to even reaches
 * v from exactly a half below only if v is even.
 */
static __int128 edge(int64_t v, uint32_t shift, enum soft_rounding rounding)
{
	__int128 e = v * ((__int128)1 << shift);

	if (rounding == SOFT_ROUND_FLOOR || !shift)
		return e;
	return e - ((__int128)1 << (shift - 1)) + (v & 1);
}

/* The biases that are still possible. */
struct room {
	__int128 low, high;
	int64_t m;
	uint32_t shift;
	enum soft_rounding rounding;
};

static void at_least(struct room *r, int64_t acc, int64_t v)
{
	__int128 b = edge(v, r->shift, r->rounding) - (__int128)r->m * acc;

	if (b > r->low)
		r->low = b;
}

static void below(struct room *r, int64_t acc, int64_t v)
{
	__int128 b = edge(v, r->shift, r->rounding) - (__int128)r->m * acc - 1;

	if (b < r->high)
		r->high = b;
}

static void narrow(struct room *r, const struct soft_steps *s,
		   int64_t acc_max, int64_t out_min, int64_t out_max)
{
	const struct soft_step *last = &s->step[s->num - 1];

	if (s->step[0].value > out_min)
		at_least(r, s->step[0].at, s->step[0].value);
	if (s->step[0].value < out_max)
		below(r, s->step[0].at, s->step[0].value + 1);
	if (last->value > out_min)
		at_least(r, acc_max, last->value);
	if (last->value < out_max)
		below(r, acc_max, last->value + 1);
	for (uint32_t i = 1; i < s->num; i++) {
		int64_t at = s->step[i].at, v = s->step[i].value;
		int64_t before = s->step[i - 1].value;

		if (v > before) {
			at_least(r, at, v);
			below(r, at - 1, before + 1);
		} else {
			below(r, at, v + 1);
			at_least(r, at - 1, before);
		}
	}
}

static bool fits_int64(__int128 x)
{
	return x >= INT64_MIN && x <= INT64_MAX;
}

/* A bias of the middle of the interval, 0 if that will do. */
static bool pick(const struct room *r, bool wide, int64_t *bias)
{
	__int128 b = 0, unit = (__int128)1 << (wide ? SOFT_WIDE_BIAS : 0);

	if (r->low > r->high)
		return false;
	if (r->low > 0 || r->high < 0) {
		b = r->low + (r->high - r->low) / 2;
		b = (b >= 0 ? b : b - unit + 1) / unit;
		if (b * unit < r->low)
			b++;
		if (b * unit < r->low || b * unit > r->high || !fits_int64(b))
			return false;
	}
	*bias = (int64_t)b;
	return true;
}

static bool no_overflow(const struct room *r, int64_t bias, int64_t acc_min,
			int64_t acc_max)
{
	return fits_int64((__int128)r->m * acc_min + bias) &&
	       fits_int64((__int128)r->m * acc_max + bias);
}

/* Wider than any bias that an int64_t can hold. */
#define EVERYTHING	((__int128)1 << 126)

bool soft_fit_line(const struct soft_steps *steps, int64_t acc_max,
		   int64_t out_min, int64_t out_max, soft_quad slope,
		   uint32_t shift, enum soft_rounding rounding, bool wide,
		   int64_t *m, int64_t *bias)
{
	static const int8_t offsets[] = { 0, 1, -1, 2, -2 };
	soft_quad limit = wide ? (soft_quad)0x1p+62 : (soft_quad)0x1p+31 - 4;
	soft_quad exact = slope * (soft_quad)((__int128)1 << shift);
	int64_t nearest;

	if (soft_quad_abs(exact) > limit)
		return false;
	nearest = (int64_t)soft_quad_floor(exact + (soft_quad)0.5);
	for (unsigned int i = 0; i < sizeof(offsets); i++) {
		struct room r = { -EVERYTHING, EVERYTHING,
				  nearest + offsets[i], shift, rounding };

		narrow(&r, steps, acc_max, out_min, out_max);
		if (pick(&r, wide, bias) &&
		    (wide || no_overflow(&r, *bias, steps->step[0].at,
					 acc_max))) {
			*m = r.m;
			return true;
		}
	}
	return false;
}
