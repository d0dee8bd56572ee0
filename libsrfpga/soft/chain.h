/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What happens to a real number between an accumulator and a quantiser: a
 * chain of pointwise stages, and the rule that turns its result into a code.
 */
#ifndef SOFT_CHAIN_H
#define SOFT_CHAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "quad.h"

#define SOFT_MAX_STAGES	16

enum soft_stage_kind {
	SOFT_STAGE_AFFINE,	/* p * x + q */
	SOFT_STAGE_CLIP,	/* min(max(x, p), q) */
	SOFT_STAGE_LEAKY,	/* x < 0 ? p * x : x */
	SOFT_STAGE_HARD_SWISH,	/* x * min(max(x / 6 + 1/2, 0), 1) */
};

/**
 * struct soft_stage - one pointwise function
 * @channels: entries of @p and @q; 1: the same for all channels
 */
struct soft_stage {
	enum soft_stage_kind kind;
	uint32_t channels;
	soft_quad *p, *q;
};

/** struct soft_chain - stages in order; no stage: the identity */
struct soft_chain {
	uint32_t num;
	struct soft_stage stages[SOFT_MAX_STAGES];
};

/* Division's rounding; the last four treat both signs alike. */
enum soft_mode {
	SOFT_MODE_HALF_EVEN,
	SOFT_MODE_CEIL,
	SOFT_MODE_FLOOR,
	SOFT_MODE_UP,
	SOFT_MODE_DOWN,
	SOFT_MODE_HALF_UP,
	SOFT_MODE_HALF_DOWN,
};

enum soft_rule_kind {
	SOFT_RULE_QUANT,
	SOFT_RULE_BIPOLAR,
	SOFT_RULE_THRESHOLDS,
};

/**
 * struct soft_rule - from a real number to a code
 * @channels: entries of the parameter arrays; 1: the same for all channels
 * @scale: QUANT: code = clamp(round(x / scale + before) + after)
 * @before: QUANT: zero point that is added before rounding
 * @after: QUANT: zero point that is added after rounding; THRESHOLDS: see
 *	@step. BIPOLAR: x >= 0 ? 1 : -1
 * @num: THRESHOLDS: of a channel
 * @thresholds: THRESHOLDS: [channels][num], ascending
 * @step: THRESHOLDS: code = after + step * (how many thresholds are <= x)
 */
struct soft_rule {
	enum soft_rule_kind kind;
	enum soft_mode mode;
	uint32_t channels;
	soft_quad *scale;
	soft_quad *before;
	int64_t after;
	uint32_t num;
	soft_quad *thresholds;
	int64_t step;
	int64_t min, max;
};

/**
 * soft_chain_affine() - append p * x + q, merged into a last affine stage
 * @n: entries of @p and @q: 1 or the channels
 * Return: 0, -E2BIG too many stages or not finite, -ENOMEM.
 */
int soft_chain_affine(struct soft_chain *chain, struct soft_arena *arena,
		      uint32_t n, const soft_quad *p, const soft_quad *q);

/** soft_chain_append() - append a stage with one parameter pair */
int soft_chain_append(struct soft_chain *chain, struct soft_arena *arena,
		      enum soft_stage_kind kind, uint32_t n,
		      const soft_quad *p, const soft_quad *q);

/** soft_chain_prescale() - the chain of @factor * x, in place of that of x */
int soft_chain_prescale(struct soft_chain *chain, struct soft_arena *arena,
			soft_quad factor);

/** soft_chain_is_affine() - at most one stage, and that affine */
bool soft_chain_is_affine(const struct soft_chain *chain);

/** soft_chain_channels() - 1 if every stage treats all channels alike */
uint32_t soft_chain_channels(const struct soft_chain *chain);

/** soft_chain_slope() - of an affine chain */
soft_quad soft_chain_slope(const struct soft_chain *chain, uint32_t channel);

/** soft_chain_offset() - of an affine chain */
soft_quad soft_chain_offset(const struct soft_chain *chain, uint32_t channel);

/** soft_chain_eval() - the first @stages stages at @x */
soft_quad soft_chain_eval(const struct soft_chain *chain, uint32_t stages,
			  uint32_t channel, soft_quad x);

/** soft_rule_eval() - the code of @x */
int64_t soft_rule_eval(const struct soft_rule *rule, uint32_t channel,
		       soft_quad x);

/** soft_code() - the code of accumulator @acc */
int64_t soft_code(const struct soft_chain *chain, const struct soft_rule *rule,
		  uint32_t channel, int64_t acc);

#endif /* SOFT_CHAIN_H */
