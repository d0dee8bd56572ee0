/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Every operation but the fast convolution, a row at a time.
 */
#ifndef SOFT_EXEC_ROWS_H
#define SOFT_EXEC_ROWS_H

#include "exec_plan.h"

/** exec_rows_prepare() - choose the row function of an operation
 *
 * Return: 0, -EOPNOTSUPP for a kind that the fast executor does not have.
 */
int exec_rows_prepare(struct exec_plan *plan, struct exec_op *op);

/** exec_conv_prepare() - likewise for a convolution over bytes (exec_conv.c)
 *
 * Return: 0, -EOPNOTSUPP if it is none (exec_rows_prepare() takes it),
 * -ENOMEM.
 */
int exec_conv_prepare(struct exec_plan *plan, struct exec_op *op);

/** exec_conv_split() - let a convolution do the pixel shuffle that reads it
 * @conv: prepared, its output is nobody else's input
 * @shuffle: prepared, its output is a frame written in place
 *
 * Return: whether it does; @shuffle then has nothing left to do.
 */
bool exec_conv_split(const struct exec_plan *plan, const struct exec_op *conv,
		     struct exec_op *shuffle);

/** exec_sum_prepare() - likewise for the sum of two tensors of bytes
 * (exec_sum.c)
 */
int exec_sum_prepare(struct exec_plan *plan, struct exec_op *op);

/** exec_wide_prepare() - likewise for convolutions on any codes, transposed
 * ones too (exec_wide.c)
 */
int exec_wide_prepare(struct exec_plan *plan, struct exec_op *op);

/** exec_pool_prepare() - likewise for pools of bytes (exec_pool.c) */
int exec_pool_prepare(struct exec_plan *plan, struct exec_op *op);

/** exec_bytes_prepare() - likewise for frequent operations on bytes
 * (exec_bytes.c)
 */
int exec_bytes_prepare(struct exec_plan *plan, struct exec_op *op);

#endif /* SOFT_EXEC_ROWS_H */
