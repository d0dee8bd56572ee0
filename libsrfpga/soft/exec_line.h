/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Requantisation as a straight line, where that is provably exact.
 */
#ifndef SOFT_EXEC_LINE_H
#define SOFT_EXEC_LINE_H

#include "exec_plan.h"

/**
 * exec_line_fit() - a line for a block of channels, exact or none
 * @kernel: whose @line function will compute it; the proof runs that very
 *	code on both sides of every step
 * @rq: the definition, or NULL: the accumulator is the code
 * @out: the output; EXEC_U8
 * @range: least and greatest code of @out, used where @rq is NULL
 * @channel: the output channel that each lane holds; any for unused lanes
 * @scale: the kernel's accumulators are the definition's times 2^@scale, and
 *	times -1 where the requantisation's multiplier is negative
 * @line: receives the line
 *
 * A line in float is the fastest where the kernel has it. A multiplier with a
 * wide shift is a line in integers already. For anything else a line is fitted
 * and proven: both functions are non-decreasing, so agreement at the last
 * accumulator before and the first behind every step is agreement everywhere.
 *
 * Return: 0, -EOPNOTSUPP if no line is exact, -ENOMEM.
 */
int exec_line_fit(const struct soft_kernel *kernel,
		  const struct soft_requant *rq, const struct exec_tensor *out,
		  struct exec_span range, const uint32_t *channel,
		  unsigned int scale, struct kernel_line *line);

#endif /* SOFT_EXEC_LINE_H */
