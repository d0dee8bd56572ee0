// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The sum of two tensors of bytes: in 32 bits where that is exact for every
 * pair of bytes, else by a table of all pairs. Knows no instruction set.
 */
#include "exec_rows.h"

#include <math.h>
#include <stdlib.h>

#define PAIRS		65536
#define MAX_WEIGHT	((1 << 22) - 1)
#define PIECE		128	/* pixels */

static const uint8_t *input_at(const struct exec_piece *p, uint32_t tensor,
			       uint32_t y, uint32_t x)
{
	return exec_row(p, tensor, y) +
	       (size_t)(x - p->rows[tensor].x0) * p->plan->tensors[tensor].c;
}

/* In pieces that stay in the first-level cache. */
static void sum_planes(struct exec_piece *p, const struct exec_op *op,
		       uint32_t y, const uint8_t *a, const uint8_t *b)
{
	const struct exec_rows *rows = &p->rows[op->op->output];
	const struct soft_kernel *kernel = p->plan->kernel;
	uint32_t c = p->plan->tensors[op->op->output].c;
	uint32_t px = rows->x1 - rows->x0;
	uint8_t *out = exec_row(p, op->op->output, y);

	for (uint32_t x = 0; x < px; x += PIECE) {
		uint32_t n = px - x < PIECE ? px - x : PIECE;
		size_t at = (size_t)x * c;

		kernel->sum(op->data, a + at, b + at, rows->staging,
			    (size_t)n * c);
		kernel->planes(rows->staging, c, n, out + 4 * (size_t)x,
			       rows->plane);
	}
}

static void sum_row(struct exec_piece *p, const struct exec_op *op, uint32_t y)
{
	const struct exec_tensor *t = &p->plan->tensors[op->op->output];
	const struct exec_rows *out = &p->rows[op->op->output];
	const uint8_t *a = input_at(p, op->op->inputs[0], y, out->x0);
	const uint8_t *b = input_at(p, op->op->inputs[1], y, out->x0);

	if (t->planes)
		sum_planes(p, op, y, a, b);
	else
		p->plan->kernel->sum(op->data, a, b,
				     exec_row(p, op->op->output, y),
				     (size_t)(out->x1 - out->x0) * t->c);
}

static void table_row(struct exec_piece *p, const struct exec_op *op,
		      uint32_t y)
{
	const struct exec_rows *rows = &p->rows[op->op->output];
	size_t n = (size_t)(rows->x1 - rows->x0) *
		   p->plan->tensors[op->op->output].c;
	const uint8_t *a = input_at(p, op->op->inputs[0], y, rows->x0);
	const uint8_t *b = input_at(p, op->op->inputs[1], y, rows->x0);
	const uint8_t *table = op->data;
	uint8_t *out = exec_out(p, op->op->output, y);

	for (size_t i = 0; i < n; i++)
		out[i] = table[a[i] << 8 | b[i]];
}

static bool fits(const struct exec_plan *plan, const struct exec_op *op)
{
	const struct exec_tensor *out = &plan->tensors[op->op->output];

	if (op->op->kind != SOFT_OP_ADD || op->op->num_inputs != 2 ||
	    out->store != EXEC_U8 || op->op->add.channels != 1 ||
	    (op->op->requant && op->op->requant->channels != 1))
		return false;
	for (int i = 0; i < 2; i++) {
		const struct exec_tensor *in =
			&plan->tensors[op->op->inputs[i]];

		if (in->store != EXEC_U8 || in->c != out->c ||
		    in->h != out->h || in->w != out->w)
			return false;
	}
	return true;
}

/* Every pair of bytes that occurs; the others get the nearest one's sum. */
static void fill_table(const struct exec_plan *plan, const struct exec_op *op,
		       uint8_t *table)
{
	const struct soft_add *add = &op->op->add;
	const struct exec_tensor *out = &plan->tensors[op->op->output];

	for (uint32_t i = 0; i < PAIRS; i++) {
		int64_t acc = add->bias ? add->bias[0] : 0;

		for (int j = 0; j < 2; j++) {
			uint32_t t = op->op->inputs[j];
			int64_t code = (j ? i & 255 : i >> 8) +
				       plan->tensors[t].offset;

			if (code < plan->graph->tensors[t].min)
				code = plan->graph->tensors[t].min;
			if (code > plan->graph->tensors[t].max)
				code = plan->graph->tensors[t].max;
			acc += add->multiplier[j][0] * code;
		}
		table[i] = soft_requantise(op->op->requant, 0, acc) -
			   out->offset;
	}
}

static int64_t weighted(const struct kernel_sum *sum, uint32_t pair)
{
	return (int64_t)(pair >> 8) * sum->weight[0] +
	       (int64_t)(pair & 255) * sum->weight[1];
}

/* A bias that puts every pair between its byte and the next, if there is. */
static bool find_bias(const uint8_t *table, struct kernel_sum *sum)
{
	int64_t lo = INT64_MIN, hi = INT64_MAX, one = 1ll << sum->shift;
	int64_t top = 255ll * (sum->weight[0] + sum->weight[1]);

	for (uint32_t i = 0; i < PAIRS; i++) {
		int64_t v = weighted(sum, i);

		if (table[i] > sum->min && table[i] * one - v > lo)
			lo = table[i] * one - v;
		if (table[i] < sum->max && table[i] * one + one - 1 - v < hi)
			hi = table[i] * one + one - 1 - v;
	}
	if (lo == INT64_MIN)
		lo = hi - one;
	if (hi == INT64_MAX)
		hi = lo + one;
	/* The kernels want a multiple of 256. */
	lo = lo / 2 + hi / 2;
	lo -= lo & ((1 << KERNEL_SUM_BITS) - 1);
	sum->bias = lo;
	return lo > INT32_MIN / 2 && lo < INT32_MAX / 2 &&
	       top + lo < INT32_MAX;
}

static bool exact(const uint8_t *table, const struct kernel_sum *sum)
{
	for (uint32_t i = 0; i < PAIRS; i++) {
		int64_t v = (weighted(sum, i) + sum->bias) >> sum->shift;

		v = v < sum->min ? sum->min : v;
		v = v > sum->max ? sum->max : v;
		if (v != table[i])
			return false;
	}
	return true;
}

static int64_t word_product(const struct kernel_sum *sum, uint32_t total)
{
	return (64 * total + sum->offset) * (uint32_t)sum->mul >> 16;
}

/*
 * What must be added to the products: the bytes of (a, b) depend on a + b
 * alone where a word does, and every sum occurs as (i, 0) or (255, i - 255).
 */
static bool find_word_add(const uint8_t *table, struct kernel_sum *sum)
{
	int64_t lo = INT16_MIN, hi = INT16_MAX, one = 1 << sum->word_shift;

	for (uint32_t i = 0; i <= 510; i++) {
		uint8_t byte = table[i < 255 ? i << 8 : 255 << 8 | (i - 255)];
		int64_t v = word_product(sum, i);

		if (v + hi > INT16_MAX)
			hi = INT16_MAX - v;
		if (byte > sum->min && byte * one - v > lo)
			lo = byte * one - v;
		if (byte < sum->max && byte * one + one - 1 - v < hi)
			hi = byte * one + one - 1 - v;
	}
	sum->add = lo;
	return lo <= hi;
}

static bool exact_words(const uint8_t *table, const struct kernel_sum *sum)
{
	for (uint32_t i = 0; i < PAIRS; i++) {
		int64_t v = (word_product(sum, (i >> 8) + (i & 255)) +
			     sum->add) >> sum->word_shift;

		v = v < sum->min ? sum->min : v;
		v = v > sum->max ? sum->max : v;
		if (v != table[i])
			return false;
	}
	return true;
}

/* A multiplier and offset that leave room for some addend. */
static bool find_words(double slope, const uint8_t *table,
		       struct kernel_sum *sum)
{
	double mul;

	for (sum->word_shift = 7; sum->word_shift > 0; sum->word_shift--)
		if (ldexp(slope, 10 + sum->word_shift) < UINT16_MAX - 8)
			break;
	mul = rint(ldexp(slope, 10 + sum->word_shift));
	if (!(mul >= 1 << 10) || mul > UINT16_MAX - 8)
		return false;
	for (int i = 0; i < 9; i++) {
		sum->mul = mul + (i % 2 ? i / 2 + 1 : -i / 2);
		for (sum->offset = 0; sum->offset < 64; sum->offset++)
			if (find_word_add(table, sum))
				return exact_words(table, sum);
	}
	return false;
}

/* The real slope of the requantisation, near enough to be tried. */
static double slope_of(const struct soft_requant *rq)
{
	if (!rq || rq->kind == SOFT_REQUANT_CLIP)
		return 1;
	if (rq->kind == SOFT_REQUANT_SHIFT)
		return ldexp(1, -rq->shift[0]);
	if (rq->kind == SOFT_REQUANT_MULTIPLIER)
		return ldexp(rq->multiplier[0], -rq->shift[0]);
	return (double)(rq->out_max - rq->out_min) /
	       (rq->acc_max - rq->acc_min + 1);
}

static bool find_sum(const struct soft_op *op, const uint8_t *table,
		     struct kernel_sum *sum)
{
	double slope = slope_of(op->requant);
	double a = slope * op->add.multiplier[0][0];
	double b = slope * op->add.multiplier[1][0];

	sum->min = 255;
	sum->max = 0;
	for (uint32_t i = 0; i < PAIRS; i++) {
		sum->min = table[i] < sum->min ? table[i] : sum->min;
		sum->max = table[i] > sum->max ? table[i] : sum->max;
	}
	for (sum->shift = 22; sum->shift > 0; sum->shift--) {
		double one = ldexp(1, sum->shift);

		if (a < 0 || b < 0 || a * one > MAX_WEIGHT ||
		    b * one > MAX_WEIGHT)
			continue;
		sum->weight[0] = rint(a * one);
		sum->weight[1] = rint(b * one);
		return find_bias(table, sum) && exact(table, sum);
	}
	return false;
}

int exec_sum_prepare(struct exec_plan *plan, struct exec_op *op)
{
	struct kernel_sum *sum;
	uint8_t *table;

	if (!fits(plan, op))
		return -EOPNOTSUPP;
	sum = calloc(1, sizeof(*sum));
	table = malloc(PAIRS);
	if (!sum || !table) {
		free(sum);
		free(table);
		return -ENOMEM;
	}
	fill_table(plan, op, table);
	op->free_data = free;
	if (find_sum(op->op, table, sum)) {
		int64_t *const *m = op->op->add.multiplier;

		if (plan->kernel->word_sums && m[0][0] == m[1][0])
			sum->words = find_words(slope_of(op->op->requant) *
						m[0][0], table, sum);
		op->row = sum_row;
		op->exact = false;
		op->makes_planes = true;
		op->data = sum;
		free(table);
		return 0;
	}
	op->row = table_row;
	op->exact = true;
	op->data = table;
	free(sum);
	return 0;
}
