/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A convolution over bytes: what preparing it leaves for running it.
 */
#ifndef SOFT_EXEC_CONV_H
#define SOFT_EXEC_CONV_H

#include "exec_plan.h"

/**
 * struct conv - a prepared convolution
 * @parts: one for each group of the convolution
 * @runs: consecutive bytes under a pixel, in a row of the kernel
 * @run_bytes: bytes of a run
 * @gather: the runs are copied next to each other first
 * @gather_px: pixels gathered at a time
 * @gathering: how, if @gather
 * @fast_gather: the kernel can do it
 * @scale: weights and accumulators are the definition's times 2^@scale, and
 *	times -1 where the requantisation's multiplier is negative
 * @order: position in the output's row to output channel
 * @split_to: the tensor whose rows are written instead of the output, several
 *	for each; see exec_conv_split()
 */
struct conv {
	struct kernel_conv *parts;
	uint32_t num_parts;
	uint32_t runs;
	uint32_t run_bytes;
	bool gather;
	uint32_t gather_px;
	struct kernel_gather *gathering;
	bool fast_gather;
	unsigned int scale;
	uint32_t *order;
	uint32_t split_to;
};

/** conv_factor() - what a channel's accumulator is multiplied by, so that a
 * line rises
 */
static inline int32_t conv_factor(const struct soft_op *op,
				  unsigned int scale,
				  uint32_t channel)
{
	const struct soft_requant *rq = op->requant;
	uint32_t c = !rq || rq->channels == 1 ? 0 : channel;
	bool falls = rq && rq->kind == SOFT_REQUANT_MULTIPLIER &&
		     rq->multiplier[c] < 0;

	return falls ? -(1 << scale) : 1 << scale;
}

/** conv_row() - the row function (exec_conv_run.c) */
void conv_row(struct exec_piece *p, const struct exec_op *op, uint32_t y);

#endif /* SOFT_EXEC_CONV_H */
