// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Convolutions, also transposed ones, on codes and weights of any width: the
 * input under a few output pixels is widened to 32 bits, with what is outside
 * filled in, and summed up in 64. Knows no instruction set.
 */
#include "exec_rows.h"

#include <stdlib.h>
#include <string.h>

#include "exec_value.h"

#define CHUNK		64	/* output columns at a time */
#define MAX_WEIGHTS	(64u << 20)	/* packed */
#define MAX_SCRATCH	(16u << 20)	/* bytes */

/**
 * struct wide - a prepared convolution
 * @each: every channel has its own input channel: [tap][channel] weights
 * @blocks: blocks of KERNEL_WIDE_OC output channels in a group
 * @weights: [group][block][ky][kx][ic][KERNEL_WIDE_OC]
 * @columns: of the input that a chunk may read
 */
struct wide {
	bool each;
	uint32_t blocks;
	int32_t *weights;
	uint32_t columns;
};

/**
 * struct chunk - output columns in work
 * @lo: input column that @x begins with
 * @rows: kernel rows whose input row contributes
 * @ky: each of those
 * @x: widened input of each of @rows: [columns][channels]
 */
struct chunk {
	const struct exec_op *op;
	const struct wide *wide;
	const struct exec_tensor *in, *out;
	const struct soft_kernel *kernel;
	bool transposed;
	int64_t lo;
	uint32_t x0, x1;
	uint32_t rows;
	uint32_t *ky;
	int32_t *x;
	uint8_t *to;
};

static const int32_t *input_at(const struct chunk *c, uint32_t row, int64_t x)
{
	return c->x + ((size_t)row * c->wide->columns + (x - c->lo)) * c->in->c;
}

/* --- the input ---------------------------------------------------------- */

static void fill(int32_t *to, size_t n, int32_t value)
{
	for (size_t i = 0; i < n; i++)
		to[i] = value;
}

static void widen(const struct exec_tensor *t, const uint8_t *from, size_t n,
		  int64_t zero, int32_t *to)
{
	int32_t offset = t->offset - zero;

	if (t->store == EXEC_U8)
		for (size_t i = 0; i < n; i++)
			to[i] = from[i] + offset;
	else
		for (size_t i = 0; i < n; i++)
			to[i] = ((const int32_t *)from)[i] - (int32_t)zero;
}

/* Columns lo..hi-1 of row @y into row @row of the chunk; -1: no such row. */
static void widen_row(struct exec_piece *p, struct chunk *c, uint32_t row,
		      int64_t y, int64_t hi)
{
	const struct soft_conv *s = &c->op->op->conv;
	const struct exec_rows *r = &p->rows[c->op->op->inputs[0]];
	int32_t outside = c->transposed ? 0 : s->pad_value - s->zero_point;
	int64_t from = c->lo > r->x0 ? c->lo : r->x0;
	int64_t end = hi < r->x1 ? hi : r->x1;
	size_t n = c->in->c;
	int32_t *to = c->x + (size_t)row * c->wide->columns * n;

	if (y < 0 || from >= end) {
		fill(to, (hi - c->lo) * n, outside);
		return;
	}
	fill(to, (from - c->lo) * n, outside);
	widen(c->in, exec_row(p, c->op->op->inputs[0], y) +
	      (from - r->x0) * n * c->in->size, (end - from) * n,
	      s->zero_point, to + (from - c->lo) * n);
	fill(to + (end - c->lo) * n, (hi - end) * n, outside);
}

/* What a last tile reads and drops. */
static void clear_behind(const struct chunk *c, uint32_t row, int64_t hi)
{
	size_t behind = (size_t)KERNEL_WIDE_PX *
			(c->transposed ? 1 : c->op->op->conv.stride_w);
	size_t left = c->wide->columns - (hi - c->lo);

	fill(c->x + ((size_t)(row + 1) * c->wide->columns - left) * c->in->c,
	     (left < behind ? left : behind) * c->in->c, 0);
}

static int64_t divide_up(int64_t a, int64_t b)
{
	return a > 0 ? (a + b - 1) / b : -(-a / b);
}

/* The input columns of a chunk; returns the end. */
static int64_t find_columns(struct chunk *c)
{
	const struct soft_conv *s = &c->op->op->conv;
	int64_t reach = (int64_t)(s->kw - 1) * s->dilation_w;
	int64_t first = c->x0, last = (int64_t)c->x1 - 1;

	if (!c->transposed) {
		c->lo = first * s->stride_w - s->pad_left;
		return last * s->stride_w - s->pad_left + reach + 1;
	}
	c->lo = divide_up(first + s->pad_left - reach, s->stride_w);
	return (last + s->pad_left) / s->stride_w + 1;
}

/* Kernel row @ky's input row under output row @y; false: it has none. */
static bool input_row(const struct chunk *c, uint32_t ky, int64_t y,
		      int64_t *out)
{
	const struct soft_conv *s = &c->op->op->conv;

	if (!c->transposed) {
		*out = y * s->stride_h + (int64_t)ky * s->dilation_h -
		       s->pad_top;
		if (*out < 0 || *out >= c->in->h)
			*out = -1;
		return true;
	}
	y += (int64_t)s->pad_top - (int64_t)ky * s->dilation_h;
	*out = y / s->stride_h;
	return y >= 0 && y % s->stride_h == 0 && *out < c->in->h;
}

static void widen_rows(struct exec_piece *p, struct chunk *c, uint32_t y)
{
	int64_t hi = find_columns(c), iy;

	c->rows = 0;
	for (uint32_t ky = 0; ky < c->op->op->conv.kh; ky++) {
		if (!input_row(c, ky, y, &iy))
			continue;
		c->ky[c->rows] = ky;
		widen_row(p, c, c->rows, iy, hi);
		clear_behind(c, c->rows++, hi);
	}
}

/* --- sums --------------------------------------------------------------- */

/* Kernel column @kx's input column under output column @x; false: none. */
static bool input_column(const struct chunk *c, uint32_t kx, int64_t x,
			 int64_t *out)
{
	const struct soft_conv *s = &c->op->op->conv;

	if (!c->transposed) {
		*out = x * s->stride_w + (int64_t)kx * s->dilation_w -
		       s->pad_left;
		return true;
	}
	x += (int64_t)s->pad_left - (int64_t)kx * s->dilation_w;
	*out = x / (int64_t)s->stride_w;
	return x % (int64_t)s->stride_w == 0;
}

static void start(const struct chunk *c, uint32_t first, uint32_t n,
		  int64_t *acc)
{
	const int64_t *bias = c->op->op->conv.bias;

	for (uint32_t k = 0; k < n; k++)
		acc[k] = bias ? bias[first + k] : 0;
}

/**
 * struct block - output channels first..first+n-1 of a chunk
 * @in_c: first input channel
 * @ic: input channels of the group
 */
struct block {
	uint32_t first, n;
	uint32_t in_c, ic;
	const int32_t *weights;
};

/*
 * KERNEL_WIDE_PX pixels, @step apart, from @x; those behind the chunk's end
 * are computed from what is there and dropped.
 */
static void tile(const struct chunk *c, const struct block *b, uint32_t x,
		 uint32_t step)
{
	const struct soft_conv *s = &c->op->op->conv;
	int64_t acc[KERNEL_WIDE_PX][KERNEL_WIDE_OC] = { 0 };
	size_t stride = (size_t)(c->transposed ? 1 : s->stride_w) * c->in->c;
	int64_t column;

	for (uint32_t p = 0; p < KERNEL_WIDE_PX; p++)
		start(c, b->first, b->n, acc[p]);
	for (uint32_t row = 0; row < c->rows; row++)
		for (uint32_t kx = 0; kx < s->kw; kx++) {
			size_t tap = (size_t)c->ky[row] * s->kw + kx;

			if (!input_column(c, kx, x, &column))
				continue;
			c->kernel->wide(acc[0], input_at(c, row, column) +
					b->in_c, stride, b->ic, b->weights +
					tap * b->ic * KERNEL_WIDE_OC);
		}
	for (uint32_t p = 0; p < KERNEL_WIDE_PX && x < c->x1; p++, x += step)
		exec_put_codes(c->op->op->requant, c->out, c->to, x - c->x0,
			       b->first, b->n, acc[p]);
}

static void chunk_of_blocks(const struct chunk *c)
{
	const struct soft_conv *s = &c->op->op->conv;
	uint32_t oc = c->out->c / s->groups, ic = c->in->c / s->groups;
	uint32_t step = c->transposed ? s->stride_w : 1;
	const int32_t *w = c->wide->weights;

	for (uint32_t i = 0; i < s->groups * c->wide->blocks; i++) {
		uint32_t g = i / c->wide->blocks;
		uint32_t k = i % c->wide->blocks * KERNEL_WIDE_OC;
		struct block b = { g * oc + k, oc - k, g * ic, ic, w };

		if (b.n > KERNEL_WIDE_OC)
			b.n = KERNEL_WIDE_OC;
		for (uint32_t phase = 0; phase < step; phase++)
			for (uint32_t x = c->x0 + phase; x < c->x1;
			     x += step * KERNEL_WIDE_PX)
				tile(c, &b, x, step);
		w += (size_t)s->kh * s->kw * ic * KERNEL_WIDE_OC;
	}
}

static void chunk_of_channels(const struct chunk *c, int64_t *acc)
{
	const struct soft_conv *s = &c->op->op->conv;
	int64_t column;

	for (uint32_t x = c->x0; x < c->x1; x++) {
		start(c, 0, c->out->c, acc);
		for (uint32_t row = 0; row < c->rows; row++)
			for (uint32_t kx = 0; kx < s->kw; kx++) {
				size_t tap = (size_t)c->ky[row] * s->kw + kx;

				if (input_column(c, kx, x, &column))
					c->kernel->wide_each(acc,
						input_at(c, row, column),
						c->wide->weights +
						tap * c->out->c, c->out->c);
			}
		exec_put_codes(c->op->op->requant, c->out, c->to, x - c->x0, 0,
			       c->out->c, acc);
	}
}

/* Scratch: kernel rows, accumulators of a pixel, widened input. */
static void wide_row(struct exec_piece *p, const struct exec_op *op,
		     uint32_t y)
{
	const struct exec_rows *rows = &p->rows[op->op->output];
	int64_t *acc = (int64_t *)p->scratch;
	struct chunk c = {
		.op = op,
		.wide = op->data,
		.in = &p->plan->tensors[op->op->inputs[0]],
		.out = &p->plan->tensors[op->op->output],
		.kernel = p->plan->kernel,
		.transposed = op->op->kind == SOFT_OP_CONV_TRANSPOSE,
		.to = exec_out(p, op->op->output, y),
	};

	c.ky = (uint32_t *)(acc + c.out->c);
	c.x = (int32_t *)(c.ky + op->op->conv.kh);
	for (c.x0 = rows->x0; c.x0 < rows->x1; c.x0 = c.x1) {
		c.x1 = rows->x1 - c.x0 < CHUNK ? rows->x1 : c.x0 + CHUNK;
		widen_rows(p, &c, y);
		if (c.wide->each)
			chunk_of_channels(&c, acc);
		else
			chunk_of_blocks(&c);
		c.to += (size_t)(c.x1 - c.x0) * c.out->c * c.out->size;
	}
}

/* --- preparation -------------------------------------------------------- */

static bool is_int32(int64_t v)
{
	return v >= INT32_MIN / 2 && v <= INT32_MAX / 2;
}

static bool fits(const struct exec_plan *plan, const struct exec_op *op)
{
	const struct soft_conv *s = &op->op->conv;
	const struct soft_tensor *in = &plan->graph->tensors[op->op->inputs[0]];

	return (op->op->kind == SOFT_OP_CONV ||
		op->op->kind == SOFT_OP_CONV_TRANSPOSE) &&
	       plan->tensors[op->op->inputs[0]].store != EXEC_S64 &&
	       is_int32(in->min) && is_int32(in->max) &&
	       is_int32(s->zero_point) && is_int32(s->pad_value);
}

static void pack(const struct soft_conv *s, uint32_t ic, uint32_t oc,
		 struct wide *w)
{
	size_t taps = (size_t)s->kh * s->kw, n = taps * ic;
	size_t block = n * KERNEL_WIDE_OC;

	for (uint32_t k = 0; k < oc * s->groups; k++) {
		uint32_t at = k % oc;
		int32_t *to = w->weights + at % KERNEL_WIDE_OC + block *
			(k / oc * w->blocks + at / KERNEL_WIDE_OC);

		for (size_t i = 0; i < n; i++)
			if (w->each)
				w->weights[i * s->groups + k] =
					s->weights[k * n + i];
			else
				to[i * KERNEL_WIDE_OC] = s->weights[k * n + i];
	}
}

/* Tiles may go on behind a chunk's end, by less than a tile a phase. */
static uint32_t count_columns(const struct soft_conv *s, bool transposed)
{
	uint64_t reach = (uint64_t)(s->kw - 1) * s->dilation_w + 1;
	uint64_t n = transposed ? CHUNK + KERNEL_WIDE_PX + 1 + reach :
				  (uint64_t)(CHUNK + KERNEL_WIDE_PX) *
					  s->stride_w + reach;

	return n < MAX_SCRATCH ? n : MAX_SCRATCH;
}

static void wide_free(void *data)
{
	struct wide *w = data;

	free(w->weights);
	free(w);
}

int exec_wide_prepare(struct exec_plan *plan, struct exec_op *op)
{
	const struct soft_conv *s = &op->op->conv;
	const struct exec_tensor *in = &plan->tensors[op->op->inputs[0]];
	const struct exec_tensor *out = &plan->tensors[op->op->output];
	uint32_t ic, oc;
	uint64_t count, scratch;
	struct wide w;

	if (!fits(plan, op))
		return -EOPNOTSUPP;
	ic = in->c / s->groups;
	oc = out->c / s->groups;
	w.each = ic == 1 && oc == 1;
	w.blocks = (oc + KERNEL_WIDE_OC - 1) / KERNEL_WIDE_OC;
	w.columns = count_columns(s, op->op->kind == SOFT_OP_CONV_TRANSPOSE);
	count = (uint64_t)s->kh * s->kw * (w.each ? s->groups : (uint64_t)ic *
		s->groups * w.blocks * KERNEL_WIDE_OC);
	scratch = (uint64_t)w.columns * in->c * s->kh * sizeof(int32_t) +
		  out->c * sizeof(int64_t) + s->kh * sizeof(uint32_t);
	if (count > MAX_WEIGHTS || scratch > MAX_SCRATCH)
		return -EOPNOTSUPP;
	w.weights = calloc(count, sizeof(*w.weights));
	op->data = malloc(sizeof(w));
	if (!w.weights || !op->data) {
		free(w.weights);
		free(op->data);
		return -ENOMEM;
	}
	pack(s, ic, oc, &w);
	memcpy(op->data, &w, sizeof(w));
	op->free_data = wide_free;
	op->row = wide_row;
	op->exact = true;
	op->scratch = scratch;
	return 0;
}
