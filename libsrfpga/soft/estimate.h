/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A quantised function in double, where double is certain of the code. */
#ifndef SOFT_ESTIMATE_H
#define SOFT_ESTIMATE_H

#include "chain.h"

/** struct soft_estimate - one channel's function, its parameters as double */
struct soft_estimate {
	bool usable;
	uint32_t num;
	enum soft_stage_kind kind[SOFT_MAX_STAGES];
	double p[SOFT_MAX_STAGES], q[SOFT_MAX_STAGES];
	double scale, before;
	const struct soft_rule *rule;
};

void soft_estimate_init(struct soft_estimate *e,
			const struct soft_chain *chain,
			const struct soft_rule *rule, uint32_t channel);

/** soft_estimate_code() - true and @code, or false: double cannot tell */
bool soft_estimate_code(const struct soft_estimate *e, int64_t acc,
			int64_t *code);

#endif /* SOFT_ESTIMATE_H */
