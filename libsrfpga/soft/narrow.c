// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Sums of two short tensors of different scales: the exact multipliers are as
 * long as two float32 scales, but only so many pairs of codes exist. Looks for
 * short multipliers that give every pair its code. Must not know ONNX.
 */
#include "lower.h"

#define MAX_PAIRS	(1 << 17)
#define MIN_SHIFT	8
#define MAX_SHIFT	38
/* A product of 32 by 32 bits is what vector units have. */
#define MAX_SHORT	(0x1p+31)

/* What is known of a sum of two. */
struct sum {
	const struct soft_requant *rq;
	const struct soft_tensor *a, *b;
	int64_t ma, mb;		/* exact */
	int64_t na, nb;		/* short */
	int64_t bias;
	uint32_t shift;
};

/* The interval of biases that give all pairs in a row their codes. */
static bool bias_for(struct sum *s)
{
	int64_t low = INT64_MIN / 4, high = INT64_MAX / 4;

	for (int64_t x = s->a->min; x <= s->a->max; x++)
		for (int64_t y = s->b->min; y <= s->b->max; y++) {
			int64_t code = soft_requantise(s->rq, 0, s->ma * x +
						       s->mb * y);
			int64_t at = code * ((int64_t)1 << s->shift) -
				     s->na * x - s->nb * y;

			if (code > s->rq->out_min && at > low)
				low = at;
			at += ((int64_t)1 << s->shift) - 1;
			if (code < s->rq->out_max && at < high)
				high = at;
			if (low > high)
				return false;
		}
	s->bias = low + (high - low) / 2;
	return true;
}

/* Codes per accumulator unit; 0 if that is not one number. */
static double slope_of(const struct soft_requant *rq)
{
	uint32_t n = rq->num_thresholds;

	if (rq->kind == SOFT_REQUANT_MULTIPLIER)
		return (double)rq->multiplier[0] *
		       exp2(-(double)rq->shift[0]);
	if (rq->kind != SOFT_REQUANT_THRESHOLDS || !rq->monotone || n < 2 ||
	    rq->thresholds[n - 1] == rq->thresholds[0])
		return 0;
	/* Accumulators are far finer than codes. */
	return (double)(rq->values[n - 1] - rq->values[0]) /
	       (double)(rq->thresholds[n - 1] - rq->thresholds[0]);
}

static bool find_short(struct sum *s)
{
	double slope = slope_of(s->rq);

	for (s->shift = MIN_SHIFT; slope != 0 && s->shift <= MAX_SHIFT;
	     s->shift += 3) {
		double a = (double)s->ma * slope * exp2(s->shift);
		double b = (double)s->mb * slope * exp2(s->shift);

		if (fabs(a) > MAX_SHORT || fabs(b) > MAX_SHORT)
			return false;
		s->na = (int64_t)nearbyint(a);
		s->nb = (int64_t)nearbyint(b);
		if (bias_for(s))
			return true;
	}
	return false;
}

static int64_t least(int64_t m, const struct soft_tensor *t)
{
	return m * (m < 0 ? t->max : t->min);
}

static int64_t most(int64_t m, const struct soft_tensor *t)
{
	return m * (m < 0 ? t->min : t->max);
}

static bool fits(int64_t m, const struct soft_tensor *t)
{
	return most(m, t) <= INT32_MAX && least(m, t) >= INT32_MIN;
}

static int replace(struct soft_lower *l, struct soft_op *op,
		   const struct sum *s)
{
	struct soft_requant *rq = soft_alloc(l->arena, 1, sizeof(*rq));

	if (!rq)
		return -ENOMEM;
	rq->kind = SOFT_REQUANT_SHIFT;
	rq->channels = 1;
	rq->acc_min = least(s->na, s->a) + least(s->nb, s->b);
	rq->acc_max = most(s->na, s->a) + most(s->nb, s->b);
	rq->out_min = s->rq->out_min;
	rq->out_max = s->rq->out_max;
	rq->bias = soft_alloc(l->arena, 1, sizeof(*rq->bias));
	rq->shift = soft_alloc(l->arena, 1, 1);
	if (!rq->bias || !rq->shift)
		return -ENOMEM;
	rq->bias[0] = s->bias;
	rq->shift[0] = (uint8_t)s->shift;
	op->add.multiplier[0][0] = s->na;
	op->add.multiplier[1][0] = s->nb;
	op->requant = rq;
	op->acc_bits = rq->acc_max <= INT32_MAX && rq->acc_min >= INT32_MIN &&
		       fits(s->na, s->a) && fits(s->nb, s->b) ? 32 : 64;
	return 0;
}

static bool is_long(const struct soft_op *op)
{
	return op->kind == SOFT_OP_ADD && op->num_inputs == 2 &&
	       op->add.channels == 1 && op->requant &&
	       op->requant->channels == 1 && !op->add.bias[0] &&
	       (op->acc_bits > 32 || op->requant->wide);
}

int soft_narrow_sums(struct soft_lower *l)
{
	struct soft_graph *g = l->graph;

	for (uint32_t i = 0; i < g->num_ops; i++) {
		struct soft_op *op = &g->ops[i];
		struct sum s = { .rq = op->requant };
		int ret;

		if (!is_long(op))
			continue;
		s.a = &g->tensors[op->inputs[0]];
		s.b = &g->tensors[op->inputs[1]];
		if (s.a->bits > 9 || s.b->bits > 9 ||
		    (s.a->max - s.a->min + 1) * (s.b->max - s.b->min + 1) >
		    MAX_PAIRS || l->budget < MAX_PAIRS)
			continue;
		l->budget -= MAX_PAIRS;
		s.ma = op->add.multiplier[0][0];
		s.mb = op->add.multiplier[1][0];
		ret = find_short(&s) ? replace(l, op, &s) : 0;
		if (ret)
			return ret;
	}
	return 0;
}
