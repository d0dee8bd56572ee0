// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The sum of two tensors of bytes, 64 bytes at a time. Knows no instruction
 * set.
 */
#include "exec_rows.h"

#include <stdlib.h>

#include "exec_line.h"

static const uint8_t *input_at(const struct exec_piece *p, uint32_t tensor,
			       uint32_t y, uint32_t x)
{
	return exec_row(p, tensor, y) +
	       (size_t)(x - p->rows[tensor].x0) * p->plan->tensors[tensor].c;
}

static void sum_row(struct exec_piece *p, const struct exec_op *op, uint32_t y)
{
	const struct exec_rows *out = &p->rows[op->op->output];
	size_t c = p->plan->tensors[op->op->output].c;

	p->plan->kernel->sum(op->data,
			     input_at(p, op->op->inputs[0], y, out->x0),
			     input_at(p, op->op->inputs[1], y, out->x0),
			     exec_row(p, op->op->output, y),
			     (out->x1 - out->x0) * c);
}

/* The same for all channels, or channels that repeat within 64 bytes. */
static bool periodic(const struct exec_op *op, uint32_t channels)
{
	return 64 % channels == 0 ||
	       (op->op->add.channels == 1 &&
		(!op->op->requant || op->op->requant->channels == 1));
}

static bool fits(const struct exec_plan *plan, const struct exec_op *op)
{
	const struct exec_tensor *out = &plan->tensors[op->op->output];

	if (op->op->kind != SOFT_OP_ADD || op->op->num_inputs != 2 ||
	    op->op->acc_bits != 32 || out->store != EXEC_U8 ||
	    !periodic(op, out->c))
		return false;
	for (int i = 0; i < 2; i++) {
		const struct exec_tensor *in =
			&plan->tensors[op->op->inputs[i]];

		if (in->store != EXEC_U8 || in->c != out->c ||
		    in->h != out->h || in->w != out->w)
			return false;
		for (uint32_t k = 0; k < op->op->add.channels; k++)
			if (llabs(op->op->add.multiplier[i][k]) > INT16_MAX)
				return false;
	}
	return true;
}

/* One entry of the sum: the byte's channel is @k. */
static int fill(const struct exec_plan *plan, const struct exec_op *op,
		uint32_t k, struct kernel_sum *sum, uint32_t i)
{
	const struct soft_add *a = &op->op->add;
	uint32_t c = a->channels == 1 ? 0 : k;
	int64_t bias = a->bias ? a->bias[c] : 0, reach;

	for (int j = 0; j < 2; j++) {
		sum->weight[i][j] = a->multiplier[j][c];
		bias += a->multiplier[j][c] *
			plan->tensors[op->op->inputs[j]].offset;
	}
	reach = llabs(bias) + 255 * (llabs(a->multiplier[0][c]) +
				     llabs(a->multiplier[1][c]));
	sum->bias[i] = bias;
	return reach > INT32_MAX ? -EOPNOTSUPP : 0;
}

static int fit(const struct exec_plan *plan, const struct exec_op *op,
	       struct kernel_sum *sum, uint32_t half)
{
	const struct exec_tensor *out = &plan->tensors[op->op->output];
	const struct soft_tensor *t = &plan->graph->tensors[op->op->output];
	struct exec_span range = { t->min, t->max };
	uint32_t channel[KERNEL_OC];
	int err = 0;

	for (uint32_t i = 0; !err && i < KERNEL_OC; i++) {
		uint32_t at = half * KERNEL_OC + i;

		channel[i] = plan->kernel->sum_lanes[at] % out->c;
		err = fill(plan, op, channel[i], sum, at);
	}
	if (err)
		return err;
	return exec_line_fit(plan->kernel, op->op->requant, out, range,
			     channel, &sum->line[half]);
}

int exec_sum_prepare(struct exec_plan *plan, struct exec_op *op)
{
	struct kernel_sum *sum;
	int err;

	if (!fits(plan, op))
		return -EOPNOTSUPP;
	sum = aligned_alloc(64, sizeof(*sum));
	if (!sum)
		return -ENOMEM;
	err = fit(plan, op, sum, 0);
	if (!err)
		err = fit(plan, op, sum, 1);
	if (err) {
		free(sum);
		return err;
	}
	op->row = sum_row;
	op->exact = false;
	op->data = sum;
	op->free_data = free;
	return 0;
}
