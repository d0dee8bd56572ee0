// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Chooses the cheapest integer form of a requantisation that is equal to the
 * model's real function at every accumulator: multiplier and shift where that
 * is so, else a table, else thresholds. Must not know ONNX.
 */
#include "derive.h"

#include <errno.h>
#include <stdlib.h>

#define MAX_SHIFT	62
#define MAX_WIDE_SHIFT	94
#define MAX_TABLE	4096
/* Of one requantisation: 128 MiB while its form is looked for. */
#define MAX_STEPS	(1u << 23)

/* All that is known of the function while a form is looked for. */
struct job {
	struct soft_arena *arena;
	const struct soft_chain *chain;
	const struct soft_rule *rule;
	uint32_t channels;
	struct soft_steps *steps;	/* [channels] */
	struct soft_requant *rq;
};

/* Codes per accumulator unit between the clips; false if it is no line. */
static bool line_slope(const struct job *job, uint32_t c, soft_quad *slope)
{
	const struct soft_rule *rule = job->rule;

	if (rule->kind != SOFT_RULE_QUANT)
		return false;
	*slope = 1 / rule->scale[rule->channels == 1 ? 0 : c];
	for (uint32_t i = 0; i < job->chain->num; i++) {
		const struct soft_stage *s = &job->chain->stages[i];

		if (s->kind == SOFT_STAGE_AFFINE)
			*slope *= s->p[s->channels == 1 ? 0 : c];
		else if (s->kind != SOFT_STAGE_CLIP)
			return false;
	}
	return true;
}

uint32_t soft_best_shift(soft_quad slope, int bits, uint32_t limit)
{
	int exponent;

	if (slope == 0)
		return 0;
	frexp((double)slope, &exponent);
	if (bits - exponent < 0)
		return 0;
	return bits - exponent > (int)limit ? limit : (uint32_t)(bits -
								 exponent);
}

static int alloc_line(struct job *job)
{
	struct soft_requant *rq = job->rq;

	rq->multiplier = soft_alloc(job->arena, job->channels,
				    sizeof(*rq->multiplier));
	rq->bias = soft_alloc(job->arena, job->channels, sizeof(*rq->bias));
	rq->shift = soft_alloc(job->arena, job->channels, 1);
	return rq->multiplier && rq->bias && rq->shift ? 0 : -ENOMEM;
}

static bool fit(struct job *job, uint32_t c, soft_quad slope, uint32_t shift)
{
	struct soft_requant *rq = job->rq;

	rq->shift[c] = (uint8_t)shift;
	return soft_fit_line(&job->steps[c], rq->acc_max, rq->out_min,
			     rq->out_max, slope, shift, rq->rounding, rq->wide,
			     &rq->multiplier[c], &rq->bias[c]);
}

/* acc + bias: an identity, a zero point, or a clip. */
static bool try_offset(struct job *job)
{
	bool biased = false;

	for (uint32_t c = 0; c < job->channels; c++) {
		if (!fit(job, c, 1, 0) || job->rq->multiplier[c] != 1)
			return false;
		biased |= job->rq->bias[c] != 0;
	}
	job->rq->kind = biased ? SOFT_REQUANT_SHIFT : SOFT_REQUANT_CLIP;
	return true;
}

/* One shift for all channels, if possible, suits vector units. */
static uint32_t common_shift(const struct job *job, int bits, uint32_t limit)
{
	uint32_t shift = limit;
	soft_quad slope;

	for (uint32_t c = 0; c < job->channels; c++) {
		uint32_t s;

		if (!line_slope(job, c, &slope) || slope == 0 ||
		    job->steps[c].num < 2)
			continue;
		s = soft_best_shift(slope, bits, limit);
		shift = s < shift ? s : shift;
	}
	return shift;
}

static bool try_line(struct job *job, int bits, uint32_t limit)
{
	uint32_t common = common_shift(job, bits, limit);

	for (uint32_t c = 0; c < job->channels; c++) {
		soft_quad slope;
		uint32_t shift;

		if (!line_slope(job, c, &slope))
			return false;
		if (job->steps[c].num < 2)
			slope = 0;
		if (fit(job, c, slope, common))
			continue;
		shift = soft_best_shift(slope, bits, limit);
		if (shift == common || !fit(job, c, slope, shift))
			return false;
	}
	job->rq->kind = SOFT_REQUANT_MULTIPLIER;
	return true;
}

/* Halves between two codes occur only if the slope is a short binary number. */
static bool try_half_even(struct job *job)
{
	job->rq->rounding = SOFT_ROUND_HALF_EVEN;
	for (uint32_t c = 0; c < job->channels; c++) {
		soft_quad slope, scaled;
		uint32_t shift = 0;

		if (!line_slope(job, c, &slope))
			return false;
		if (job->steps[c].num < 2)
			slope = 0;
		for (scaled = slope; scaled != soft_quad_floor(scaled);
		     scaled *= 2)
			if (++shift > MAX_SHIFT)
				return false;
		if (!fit(job, c, slope, shift))
			return false;
	}
	job->rq->kind = SOFT_REQUANT_MULTIPLIER;
	return true;
}

int soft_multiplier_bits(const struct soft_requant *rq)
{
	int64_t most = rq->acc_max > -rq->acc_min ? rq->acc_max : -rq->acc_min;
	int bits = 62;

	for (; most; most >>= 1)
		bits--;
	return bits > 31 ? 31 : bits;
}

static bool try_lines(struct job *job)
{
	struct soft_requant *rq = job->rq;
	int bits = soft_multiplier_bits(rq);

	if (try_offset(job) || try_line(job, bits, MAX_SHIFT) ||
	    try_half_even(job))
		return true;
	rq->rounding = SOFT_ROUND_FLOOR;
	return false;
}

static bool try_wide(struct job *job)
{
	job->rq->wide = true;
	if (try_line(job, 61, MAX_WIDE_SHIFT))
		return true;
	job->rq->wide = false;
	return false;
}

static void fill_table(int32_t *table, const struct soft_steps *s,
		       uint32_t len)
{
	uint32_t next = 0, i = 0;

	for (uint32_t k = 0; k < s->num; k++) {
		next = k + 1 == s->num ? len : (uint32_t)(s->step[k + 1].at -
							  s->step[0].at);
		for (; i < next; i++)
			table[i] = (int32_t)s->step[k].value;
	}
}

static int make_table(struct job *job)
{
	struct soft_requant *rq = job->rq;

	rq->kind = SOFT_REQUANT_TABLE;
	rq->table_min = rq->acc_min;
	rq->table_len = (uint32_t)(rq->acc_max - rq->acc_min + 1);
	rq->table = soft_alloc(job->arena,
			       (size_t)job->channels * rq->table_len,
			       sizeof(*rq->table));
	if (!rq->table)
		return -ENOMEM;
	for (uint32_t c = 0; c < job->channels; c++)
		fill_table(rq->table + (size_t)c * rq->table_len,
			   &job->steps[c], rq->table_len);
	return 0;
}

/* Unit steps; a step of several codes becomes several equal thresholds. */
static void fill_thresholds(struct soft_requant *rq, uint32_t c,
			    const struct soft_steps *s)
{
	uint32_t num = rq->num_thresholds, n = 0;
	int64_t *t = rq->thresholds + (size_t)c * num;
	int32_t *v = rq->values + (size_t)c * (num + 1);

	v[0] = (int32_t)s->step[0].value;
	for (uint32_t i = 1; i < s->num; i++) {
		int64_t to = s->step[i].value;
		bool unit = s->rising || s->falling;

		while (v[n] != to) {
			t[n] = s->step[i].at;
			n++;
			v[n] = (int32_t)(!unit ? to :
					 v[n - 1] + (s->rising ? 1 : -1));
		}
	}
	for (; n < num; n++) {
		t[n] = INT64_MAX;
		v[n + 1] = v[n] + (s->rising ? 1 : -1);
	}
}

static uint32_t count_thresholds(const struct soft_steps *s)
{
	int64_t first = s->step[0].value, last = s->step[s->num - 1].value;

	if (s->rising)
		return (uint32_t)(last - first);
	return s->falling ? (uint32_t)(first - last) : s->num - 1;
}

static int make_thresholds(struct job *job)
{
	struct soft_requant *rq = job->rq;

	rq->kind = SOFT_REQUANT_THRESHOLDS;
	rq->monotone = true;
	for (uint32_t c = 0; c < job->channels; c++) {
		uint32_t n = count_thresholds(&job->steps[c]);

		if (n > rq->num_thresholds)
			rq->num_thresholds = n;
		rq->monotone &= job->steps[c].rising || job->steps[c].falling;
	}
	rq->thresholds = soft_alloc(job->arena, (size_t)job->channels *
				    rq->num_thresholds, sizeof(int64_t));
	rq->values = soft_alloc(job->arena, (size_t)job->channels *
				(rq->num_thresholds + 1), sizeof(int32_t));
	if (!rq->thresholds || !rq->values)
		return -ENOMEM;
	for (uint32_t c = 0; c < job->channels; c++)
		fill_thresholds(rq, c, &job->steps[c]);
	return 0;
}

static void find_bounds(struct job *job)
{
	struct soft_requant *rq = job->rq;

	rq->out_min = INT64_MAX;
	rq->out_max = INT64_MIN;
	for (uint32_t c = 0; c < job->channels; c++)
		for (uint32_t i = 0; i < job->steps[c].num; i++) {
			int64_t v = job->steps[c].step[i].value;

			rq->out_min = v < rq->out_min ? v : rq->out_min;
			rq->out_max = v > rq->out_max ? v : rq->out_max;
		}
}

static void drop_line(struct soft_requant *rq)
{
	if (rq->kind != SOFT_REQUANT_MULTIPLIER)
		rq->multiplier = NULL;
	if (rq->kind != SOFT_REQUANT_MULTIPLIER &&
	    rq->kind != SOFT_REQUANT_SHIFT) {
		rq->bias = NULL;
		rq->shift = NULL;
	}
}

static int choose(struct job *job)
{
	struct soft_requant *rq = job->rq;
	bool small = rq->acc_max - rq->acc_min < MAX_TABLE;
	int ret = 0;

	find_bounds(job);
	if (!try_lines(job) && (small || !try_wide(job)))
		ret = small ? make_table(job) : make_thresholds(job);
	drop_line(rq);
	return ret;
}

/* Every step of every channel, then the form that goes through them. */
static int walk(struct job *job, uint64_t *budget)
{
	const struct soft_requant *rq = job->rq;
	uint64_t left = *budget < MAX_STEPS ? *budget : MAX_STEPS;
	int ret = 0;

	*budget -= left;
	job->steps = calloc(job->channels, sizeof(*job->steps));
	if (!job->steps)
		return -ENOMEM;
	for (uint32_t c = 0; !ret && c < job->channels; c++)
		ret = soft_steps_find(job->chain, job->rule, c, rq->acc_min,
				      rq->acc_max, &left, &job->steps[c]);
	*budget += left;
	if (!ret)
		ret = choose(job);
	for (uint32_t c = 0; c < job->channels; c++)
		free(job->steps[c].step);
	free(job->steps);
	return ret;
}

int soft_derive(struct soft_arena *arena, const struct soft_chain *chain,
		const struct soft_rule *rule, uint32_t channels,
		int64_t acc_min, int64_t acc_max, uint64_t *budget,
		struct soft_requant **out)
{
	struct job job = { .arena = arena, .chain = chain, .rule = rule };
	int ret;

	job.channels = soft_chain_channels(chain) == 1 && rule->channels == 1 ?
		       1 : channels;
	if (job.channels > *budget)
		return -E2BIG;
	job.rq = soft_alloc(arena, 1, sizeof(*job.rq));
	if (!job.rq)
		return -ENOMEM;
	job.rq->channels = job.channels;
	job.rq->acc_min = acc_min;
	job.rq->acc_max = acc_max;
	*out = job.rq;
	ret = alloc_line(&job);
	if (ret)
		return ret;
	job.rq->ties = soft_alloc(arena, SOFT_MAX_TIES,
				  sizeof(*job.rq->ties));
	if (!job.rq->ties)
		return -ENOMEM;
	ret = soft_line_prove(&(struct soft_line_job){ chain, rule,
			      job.channels, budget, job.rq });
	if (ret)
		return ret < 0 ? ret : 0;
	return walk(&job, budget);
}
