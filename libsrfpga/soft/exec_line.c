// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Fits a straight line through the steps of a requantisation and proves it
 * equal. Knows neither operations nor rows.
 */
#include "exec_line.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MAX_STEPS	255
#define MAX_FLOAT	(1 << 24)

/**
 * struct steps - where one channel's code changes
 * @n: steps
 * @t: accumulator of each; acc_max + 1 if it never happens
 * @first: byte before the first step
 */
struct steps {
	int n;
	int64_t acc_min, acc_max;
	int64_t first;
	int64_t t[MAX_STEPS];
};

static int steps_of(const struct soft_requant *rq, struct exec_span range,
		    int64_t offset, uint32_t channel, struct steps *s)
{
	int64_t min = rq ? rq->out_min : range.lo;
	int64_t max = rq ? rq->out_max : range.hi;

	if (min < offset || max > offset + 255)
		return -EOPNOTSUPP;
	s->n = max - min;
	s->first = min - offset;
	s->acc_min = rq ? rq->acc_min : min;
	s->acc_max = rq ? rq->acc_max : max;
	if (s->acc_min < INT32_MIN || s->acc_max > INT32_MAX)
		return -EOPNOTSUPP;
	if (rq)
		return soft_requant_steps(rq, channel, s->t) ? -EOPNOTSUPP : 0;
	for (int i = 0; i < s->n; i++)
		s->t[i] = min + i + 1;
	return 0;
}

/*
 * The additive terms for which slope @mul is right: at accumulator t - 1 the
 * line must be below the middle between two bytes, at t not.
 */
static void add_range(const struct steps *s, double mul, double *lo,
		      double *hi)
{
	*lo = -DBL_MAX;
	*hi = DBL_MAX;
	for (int i = 0; i < s->n; i++) {
		double middle = s->first + i + 0.5;

		double at = middle - mul * s->t[i];

		if (s->t[i] <= s->acc_max && at > *lo)
			*lo = at;
		if (s->t[i] > s->acc_min && at + mul < *hi)
			*hi = at + mul;
	}
}

static double margin(const struct steps *s, double mul)
{
	double lo, hi;

	add_range(s, mul, &lo, &hi);
	return hi - lo;
}

/*
 * The slope between the outermost steps that happen; @lo and @hi are what
 * slopes can be right, each step being free within one accumulator.
 */
static double mean_slope(const struct steps *s, double *lo, double *hi)
{
	double mean, far;

	int a = 0, b = s->n - 1;

	while (a < b && s->t[a] <= s->acc_min)
		a++;
	while (b > a && s->t[b] > s->acc_max)
		b--;
	*lo = 0;
	*hi = 4;
	if (a >= b || s->t[a] == s->t[b])
		return 1;
	far = s->t[b] - s->t[a];
	mean = (b - a) / far;
	*lo = mean * far / (far + 2);
	*hi = mean * (far > 2 ? far / (far - 2) : 4);
	return mean;
}

/* The margin is a concave function of the slope: search its maximum. */
static double best_slope(const struct steps *s)
{
	double lo, hi, mean = mean_slope(s, &lo, &hi);

	if (margin(s, mean) > mean / 4)
		return mean;
	for (int i = 0; i < 30; i++) {
		double a = lo + (hi - lo) / 3, b = hi - (hi - lo) / 3;

		if (margin(s, a) < margin(s, b))
			lo = a;
		else
			hi = b;
	}
	return (lo + hi) / 2;
}

/* The slope as a multiplier below 2^31 and the shift that goes with it. */
static int scale_slope(double slope, int32_t *mul, int *shift)
{
	int exponent;

	/* slope = fraction * 2^exponent, fraction in [1/2, 1) */
	frexp(slope, &exponent);
	*shift = 31 - exponent - 32;
	if (*shift < 0)
		return -EOPNOTSUPP;
	if (*shift > 30)
		*shift = 30;
	*mul = fmin(ldexp(slope, 32 + *shift), INT32_MAX);
	return 0;
}

/* The best slope that binary32 has. */
static float best_float_slope(const struct steps *s)
{
	float near = best_slope(s), best = near;

	for (int i = 0; i < 2; i++) {
		float next = nextafterf(near, i ? FLT_MAX : 0);

		if (margin(s, next) > margin(s, best))
			best = next;
	}
	return best;
}

/*
 * Accumulators up to 2^24 are exact in binary32, and a slope up to 1 keeps
 * results within 32 bits.
 */
static int fit_float(const struct steps *s, struct kernel_line *line, int lane)
{
	double lo, hi;
	float mul;

	if (s->acc_min < -MAX_FLOAT || s->acc_max > MAX_FLOAT)
		return -EOPNOTSUPP;
	mul = best_float_slope(s);
	add_range(s, mul, &lo, &hi);
	if (mul > 1 || lo > hi)
		return -EOPNOTSUPP;
	/* No step at all: the least code. */
	if (lo == -DBL_MAX && hi == DBL_MAX)
		mul = lo = hi = 0;
	if (lo == -DBL_MAX)
		lo = hi - mul;
	if (hi == DBL_MAX)
		hi = lo + mul;
	line->float_mul[lane] = mul;
	/* The steps are found in the middle between bytes. */
	line->float_add[lane] = (lo + hi) / 2 + 0.5;
	return 0;
}

/* Whatever the accumulator, the same byte. */
static void set_constant(struct kernel_line *line, int lane, int64_t byte)
{
	kernel_line_set(line, lane, 0, byte << 32, 0);
}

static int fit(const struct steps *s, struct kernel_line *line, int lane)
{
	double lo, hi, unit;
	int32_t mul;
	int shift;

	if (scale_slope(best_slope(s), &mul, &shift))
		return -EOPNOTSUPP;
	unit = ldexp(1, 32 + shift);
	add_range(s, mul / unit, &lo, &hi);
	if (lo == -DBL_MAX && hi == DBL_MAX) {
		set_constant(line, lane, s->first);
		return 0;
	}
	if (lo == -DBL_MAX)
		lo = hi - mul / unit;
	if (hi == DBL_MAX)
		hi = lo + mul / unit;
	if (lo > hi || fabs(lo + hi) * unit > ldexp(1, 62))
		return -EOPNOTSUPP;
	/* The steps are found in the middle between bytes; >> rounds down. */
	kernel_line_set(line, lane, mul, ((lo + hi) / 2 + 0.5) * unit, shift);
	return 0;
}

/* Bytes that the kernel's own code gives for one accumulator a lane. */
static void evaluate(const struct soft_kernel *kernel,
		     const struct kernel_line *line, const int32_t *acc,
		     uint8_t *lane_byte)
{
	uint8_t byte[KERNEL_OC + KERNEL_SLACK];

	kernel->line(acc, 1, line, byte, KERNEL_OC);
	for (int i = 0; i < KERNEL_OC; i++)
		lane_byte[i] = byte[kernel->lanes[i]];
}

static int64_t within(const struct steps *s, int64_t acc)
{
	if (acc < s->acc_min)
		return s->acc_min;
	return acc > s->acc_max ? s->acc_max : acc;
}

/* The byte by definition: the steps at or below an accumulator. */
static uint8_t expected(const struct steps *s, int64_t acc, int near)
{
	while (near < s->n && s->t[near] <= acc)
		near++;
	while (near > 0 && s->t[near - 1] > acc)
		near--;
	return s->first + near;
}

static int prove_at(const struct soft_kernel *kernel,
		    const struct kernel_line *line, const struct steps *steps,
		    int step, int64_t before)
{
	int32_t acc[KERNEL_OC] __attribute__((aligned(64)));
	uint8_t got[KERNEL_OC];

	for (int i = 0; i < KERNEL_OC; i++)
		acc[i] = within(&steps[i], steps[i].t[step] - before);
	evaluate(kernel, line, acc, got);
	for (int i = 0; i < KERNEL_OC; i++)
		if (got[i] != expected(&steps[i], acc[i], step))
			return -EOPNOTSUPP;
	return 0;
}

static int prove(const struct soft_kernel *kernel,
		 const struct kernel_line *line, struct steps *steps)
{
	int err = 0;

	if (!steps[0].n) {
		for (int i = 0; i < KERNEL_OC; i++)
			steps[i].t[0] = steps[i].acc_min;
		return prove_at(kernel, line, steps, 0, 0);
	}
	for (int k = 0; !err && k < steps[0].n; k++) {
		err = prove_at(kernel, line, steps, k, 0);
		if (!err)
			err = prove_at(kernel, line, steps, k, 1);
	}
	return err;
}

/*
 * A multiplier whose shift reaches the upper half of the product is a line as
 * it stands.
 */
static bool take_over(const struct soft_requant *rq, int64_t offset,
		      uint32_t channel, unsigned int scale,
		      struct kernel_line *line, int lane)
{
	uint32_t c;
	int64_t mul, add;
	int shift;

	if (!rq || rq->kind != SOFT_REQUANT_MULTIPLIER || rq->wide ||
	    rq->rounding != SOFT_ROUND_FLOOR)
		return false;
	c = rq->channels == 1 ? 0 : channel;
	/* The kernel's accumulators have the sign that makes it rise. */
	mul = llabs(rq->multiplier[c]);
	add = rq->bias[c];
	shift = rq->shift[c] + scale;
	if (llabs(add) > 1ll << (61 - scale))
		return false;
	add *= 1ll << scale;
	while (shift < 32 && mul < 1 << 30 && llabs(add) < 1ll << 60) {
		mul *= 2;
		add *= 2;
		shift++;
	}
	if (shift < 32 || shift > 54 || mul > INT32_MAX ||
	    llabs(add) > 1ll << 61)
		return false;
	add -= offset * (1ll << shift);
	kernel_line_set(line, lane, mul, add, shift - 32);
	return true;
}

/* All lanes taken over, and the clamp: no proof needed. */
static bool take_over_all(const struct soft_requant *rq, int64_t offset,
			  const uint32_t *channel, unsigned int scale,
			  struct kernel_line *line)
{
	if (!rq || rq->out_min < offset || rq->out_max > offset + 255 ||
	    rq->acc_min < INT32_MIN || rq->acc_max > INT32_MAX)
		return false;
	for (int i = 0; i < KERNEL_OC; i++)
		if (!take_over(rq, offset, channel[i], scale, line, i))
			return false;
	memset(line->min, rq->out_min - offset, sizeof(line->min));
	memset(line->max, rq->out_max - offset, sizeof(line->max));
	return true;
}

/* A line for each lane, fitted by @fit_lane, and the proof of all. */
static int fit_and_prove(const struct soft_kernel *kernel, struct steps *steps,
			 int (*fit_lane)(const struct steps *s,
					 struct kernel_line *line, int lane),
			 struct kernel_line *line)
{
	for (int i = 0; i < KERNEL_OC; i++)
		if (fit_lane(&steps[i], line, i))
			return -EOPNOTSUPP;
	memset(line->min, steps[0].first, sizeof(line->min));
	memset(line->max, steps[0].first + steps[0].n, sizeof(line->max));
	return prove(kernel, line, steps);
}

int exec_line_fit(const struct soft_kernel *kernel,
		  const struct soft_requant *rq, const struct exec_tensor *out,
		  struct exec_span range, const uint32_t *channel,
		  unsigned int scale, struct kernel_line *line)
{
	struct steps *steps = calloc(KERNEL_OC, sizeof(*steps));
	int err = scale ? -EOPNOTSUPP : 0;

	if (!steps)
		return -ENOMEM;
	for (int i = 0; !err && i < KERNEL_OC; i++)
		err = steps_of(rq, range, out->offset, channel[i], &steps[i]);
	line->in_float = kernel->float_lines && !err;
	if (line->in_float)
		line->in_float = !fit_and_prove(kernel, steps, fit_float,
						line);
	if (!line->in_float && take_over_all(rq, out->offset, channel, scale,
					     line))
		err = 0;
	else if (!line->in_float && !err)
		err = fit_and_prove(kernel, steps, fit, line);
	free(steps);
	return err;
}
