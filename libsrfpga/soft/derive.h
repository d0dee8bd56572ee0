/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From a real function of an accumulator to an integer requantisation. */
#ifndef SOFT_DERIVE_H
#define SOFT_DERIVE_H

#include "chain.h"
#include "graph.h"

/** struct soft_step - from accumulator @at on the code is @value */
struct soft_step {
	int64_t at, value;
};

/**
 * struct soft_steps - a function of one channel on min..max, in full
 * @num: entries of @step; the first is at the range's minimum
 * @rising: no value is below the one before it
 * @falling: no value is above the one before it
 */
struct soft_steps {
	uint32_t num, room;
	struct soft_step *step;
	bool rising, falling;
};

/**
 * soft_steps_find() - every step of rule(chain(acc)) in acc_min..acc_max
 * @budget: steps that may still be found in this model; decreased
 * Return: 0, -E2BIG the budget is spent, -ENOMEM. @out->step is malloc()ed.
 */
int soft_steps_find(const struct soft_chain *chain,
		    const struct soft_rule *rule, uint32_t channel,
		    int64_t acc_min, int64_t acc_max, uint64_t *budget,
		    struct soft_steps *out);

/**
 * soft_derive() - the cheapest form that equals rule(chain(acc)) everywhere
 * @arena: what the result is allocated from
 * @channels: of the tensor
 *
 * Return: 0, -E2BIG, -ENOMEM.
 */
int soft_derive(struct soft_arena *arena, const struct soft_chain *chain,
		const struct soft_rule *rule, uint32_t channels,
		int64_t acc_min, int64_t acc_max, uint64_t *budget,
		struct soft_requant **out);

/**
 * soft_fit_line() - clamp(round((acc * m + bias) / 2^shift)) through steps
 * @slope: codes per accumulator unit
 * @shift: wanted; 0..62, if @wide 0..94
 * @m: receives the multiplier
 * @bias: receives the bias, in units of 2^SOFT_WIDE_BIAS if @wide
 *
 * Tries the multipliers nearest to slope * 2^shift. Proof by construction:
 * the bias is taken from the interval in which every step is met.
 *
 * Return: true if there is one.
 */
bool soft_fit_line(const struct soft_steps *steps, int64_t acc_max,
		   int64_t out_min, int64_t out_max, soft_quad slope,
		   uint32_t shift, enum soft_rounding rounding, bool wide,
		   int64_t *m, int64_t *bias);

/** soft_best_shift() - the greatest with |slope| * 2^shift < 2^bits */
uint32_t soft_best_shift(soft_quad slope, int bits, uint32_t limit);

/** soft_multiplier_bits() - such that its product with any accumulator of @rq
 * fits 63 bits
 */
int soft_multiplier_bits(const struct soft_requant *rq);

/* So many steps of all channels are better proven than walked. */
#define SOFT_MANY_STEPS	(1 << 18)

/**
 * struct soft_line_job - a function, and the requantisation that is to equal it
 * @budget: as soft_steps_find()'s
 * @rq: with its range and room for @channels lines
 */
struct soft_line_job {
	const struct soft_chain *chain;
	const struct soft_rule *rule;
	uint32_t channels;
	uint64_t *budget;
	struct soft_requant *rq;
};

/**
 * soft_line_prove() - a multiplier and shift without walking the steps
 * (line.c)
 * Return: 1 @job->rq is complete, 0 not so or not worth it, -ENOMEM.
 */
int soft_line_prove(const struct soft_line_job *job);

#endif /* SOFT_DERIVE_H */
