// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The frequent operations between tensors of bytes, done by copying or by
 * table. Knows no instruction set.
 */
#include "exec_rows.h"

#include <stdlib.h>
#include <string.h>

#include "exec_value.h"

static const uint8_t *input_row(const struct exec_piece *p,
				const struct exec_op *op, uint32_t i,
				uint32_t y)
{
	return exec_row(p, op->op->inputs[i], y);
}

/*
 * Copies short runs from the front to the back: 8 bytes at a time as long as
 * what is too many is overwritten by the next runs.
 */
static void copy_runs(uint8_t *to, const uint8_t *from, uint32_t run,
		      size_t from_stride, uint32_t n)
{
	uint32_t spare = (8 + run - 1) / run;

	for (; run <= 8 && n >= spare; n--, to += run, from += from_stride)
		memcpy(to, from, 8);
	for (; n; n--, to += run, from += from_stride)
		memcpy(to, from, run);
}

/* The input's channels are in dcr order: r x c of them are one run. */
static void depth_to_space_row(struct exec_piece *p, const struct exec_op *op,
			       uint32_t y)
{
	const struct exec_rows *in = &p->rows[op->op->inputs[0]];
	const struct exec_rows *out = &p->rows[op->op->output];
	uint32_t in_c = p->plan->tensors[op->op->inputs[0]].c;
	uint32_t c = p->plan->tensors[op->op->output].c;
	uint32_t r = op->op->shuffle.block, run = r * c;
	const uint8_t *from = input_row(p, op, 0, y / r) + y % r * run;
	uint8_t *to = exec_out(p, op->op->output, y);
	uint32_t x = out->x0;

	for (; x < out->x1 && x % r; x++, to += c)
		memcpy(to, from + (x / r - in->x0) * in_c + x % r * c, c);
	if (x / r < out->x1 / r) {
		copy_runs(to, from + (x / r - in->x0) * in_c, run, in_c,
			  out->x1 / r - x / r);
		to += (out->x1 / r - x / r) * run;
		x = out->x1 / r * r;
	}
	for (; x < out->x1; x++, to += c)
		memcpy(to, from + (x / r - in->x0) * in_c + x % r * c, c);
}

static void resize_row(struct exec_piece *p, const struct exec_op *op,
		       uint32_t y)
{
	const struct exec_rows *in = &p->rows[op->op->inputs[0]];
	const struct exec_rows *out = &p->rows[op->op->output];
	uint32_t c = p->plan->tensors[op->op->output].c;
	uint32_t f = op->op->resize.factor_w;
	const uint8_t *from = input_row(p, op, 0, y / op->op->resize.factor_h);
	uint8_t *to = exec_out(p, op->op->output, y);

	for (uint32_t x = out->x0; x < out->x1; x++, to += c)
		memcpy(to, from + (size_t)(x / f - in->x0) * c, c);
}

static void concat_row(struct exec_piece *p, const struct exec_op *op,
		       uint32_t y)
{
	const struct exec_rows *out = &p->rows[op->op->output];
	uint32_t c = p->plan->tensors[op->op->output].c;
	uint8_t *to = exec_out(p, op->op->output, y);

	for (uint32_t i = 0; i < op->op->num_inputs; i++) {
		uint32_t t = op->op->inputs[i], n = p->plan->tensors[t].c;
		const uint8_t *from = exec_row(p, t, y) +
			(size_t)(out->x0 - p->rows[t].x0) * n;

		for (uint32_t x = 0; x < out->x1 - out->x0; x++)
			memcpy(to + (size_t)x * c, from + (size_t)x * n, n);
		to += n;
	}
}

/**
 * struct table - the output byte of each input byte
 * @channels: 1: the same for all
 */
struct table {
	uint32_t channels;
	uint8_t byte[][256];
};

static void table_row(struct exec_piece *p, const struct exec_op *op,
		      uint32_t y)
{
	const struct exec_rows *in = &p->rows[op->op->inputs[0]];
	const struct exec_rows *out = &p->rows[op->op->output];
	uint32_t c = p->plan->tensors[op->op->output].c;
	const struct table *t = op->data;
	const uint8_t *from = input_row(p, op, 0, y) +
			      (size_t)(out->x0 - in->x0) * c;
	uint8_t *to = exec_out(p, op->op->output, y);

	for (uint32_t x = out->x0; x < out->x1; x++, to += c, from += c)
		for (uint32_t k = 0; k < c; k++)
			to[k] = t->byte[t->channels == 1 ? 0 : k][from[k]];
}

static int make_table(const struct exec_plan *plan, struct exec_op *op)
{
	const struct exec_tensor *in = &plan->tensors[op->op->inputs[0]];
	const struct exec_tensor *out = &plan->tensors[op->op->output];
	const struct soft_tensor *t = &plan->graph->tensors[op->op->inputs[0]];
	const struct soft_requant *rq = op->op->requant;
	uint32_t n = !rq || rq->channels == 1 ? 1 : out->c;
	struct table *table = calloc(1, sizeof(*table) + 256 * (size_t)n);

	if (!table)
		return -ENOMEM;
	table->channels = n;
	for (uint32_t k = 0; k < n; k++)
		for (int64_t v = t->min; v <= t->max; v++)
			table->byte[k][v - in->offset] =
				soft_requantise(rq, k, v) - out->offset;
	op->data = table;
	op->free_data = free;
	op->row = table_row;
	return 0;
}

/* Bytes in, the same bytes out. */
static bool same_bytes(const struct exec_plan *plan, const struct exec_op *op)
{
	const struct exec_tensor *out = &plan->tensors[op->op->output];

	for (uint32_t i = 0; i < op->op->num_inputs; i++) {
		const struct exec_tensor *in =
			&plan->tensors[op->op->inputs[i]];

		if (in->store != EXEC_U8 || in->offset != out->offset)
			return false;
	}
	return out->store == EXEC_U8 && !op->op->requant;
}

int exec_bytes_prepare(struct exec_plan *plan, struct exec_op *op)
{
	const struct exec_tensor *in = &plan->tensors[op->op->inputs[0]];
	const struct exec_tensor *out = &plan->tensors[op->op->output];

	op->exact = true;
	if (op->op->kind == SOFT_OP_REQUANT && in->store == EXEC_U8 &&
	    out->store == EXEC_U8)
		return make_table(plan, op);
	if (op->whole || !same_bytes(plan, op))
		return -EOPNOTSUPP;
	if (op->op->kind == SOFT_OP_DEPTH_TO_SPACE &&
	    (in->shuffled || !op->op->shuffle.crd))
		op->row = depth_to_space_row;
	else if (op->op->kind == SOFT_OP_RESIZE)
		op->row = resize_row;
	else if (op->op->kind == SOFT_OP_CONCAT && op->op->concat.axis == 2)
		op->row = concat_row;
	else
		return -EOPNOTSUPP;
	return 0;
}
