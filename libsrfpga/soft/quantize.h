/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SOFT_OP_QUANTIZE: floats, as the ONNX graph declares its input, to codes. */
#ifndef SOFT_QUANTIZE_H
#define SOFT_QUANTIZE_H

#include "chain.h"

/** struct soft_quantize - out = rule(chain(in)) */
struct soft_quantize {
	struct soft_chain chain;
	struct soft_rule rule;
};

/** soft_quantize_new() - deep copies into @arena; NULL: no memory */
struct soft_quantize *soft_quantize_new(struct soft_arena *arena,
					const struct soft_chain *chain,
					const struct soft_rule *rule);

/** soft_quantize_one() - the code of @x; NaN is taken as 0 */
int64_t soft_quantize_one(const struct soft_quantize *q, uint32_t channel,
			  float x);

#endif /* SOFT_QUANTIZE_H */
