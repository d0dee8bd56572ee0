// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Pools of bytes, all channels of a pixel at once. Knows no instruction set.
 */
#include "exec_rows.h"

#include <stdlib.h>
#include <string.h>

#include "exec_value.h"

/* Input columns or rows first..end-1 of one window, @step apart. */
struct taps {
	int64_t first, end, step;
};

static struct taps taps_of(int64_t at, uint32_t kernel, uint32_t dilation,
			   uint32_t stride, uint32_t pad, uint32_t size)
{
	struct taps t = { at * stride - pad, 0, dilation };

	t.end = t.first + (int64_t)(kernel - 1) * dilation + 1;
	while (t.first < 0)
		t.first += dilation;
	if (t.end > size)
		t.end = size;
	return t;
}

static int64_t count(struct taps t)
{
	return t.end > t.first ? (t.end - t.first + t.step - 1) / t.step : 0;
}

/** struct window - of one output pixel */
struct window {
	const struct exec_piece *p;
	uint32_t tensor;
	struct taps y, x;
};

static const uint8_t *pixel_at(const struct window *w, int64_t y, int64_t x)
{
	return exec_row(w->p, w->tensor, y) +
	       (size_t)(x - w->p->rows[w->tensor].x0) *
		       w->p->plan->tensors[w->tensor].c;
}

static void greatest(uint8_t *restrict to, const uint8_t *restrict from,
		     uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		to[i] = from[i] > to[i] ? from[i] : to[i];
}

static void max_window(const struct window *w, uint8_t *to, uint32_t n)
{
	memset(to, 0, n);
	for (int64_t y = w->y.first; y < w->y.end; y += w->y.step)
		for (int64_t x = w->x.first; x < w->x.end; x += w->x.step)
			greatest(to, pixel_at(w, y, x), n);
}

static void add(int32_t *restrict to, const uint8_t *restrict from, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		to[i] += from[i];
}

/* acc = (sum of (code - zero_point)) * common / n, or the sum alone. */
static void sum_window(const struct window *w, const struct soft_pool *s,
		       int32_t *sum, int64_t *acc, uint32_t c)
{
	int64_t n = count(w->y) * count(w->x);
	int64_t base = w->p->plan->tensors[w->tensor].offset - s->zero_point;

	memset(sum, 0, c * sizeof(*sum));
	for (int64_t y = w->y.first; y < w->y.end; y += w->y.step)
		for (int64_t x = w->x.first; x < w->x.end; x += w->x.step)
			add(sum, pixel_at(w, y, x), c);
	for (uint32_t k = 0; k < c; k++) {
		acc[k] = sum[k] + n * base;
		if (s->common && n)
			acc[k] *= s->common / n;
	}
}

static void pool_row(struct exec_piece *p, const struct exec_op *op, uint32_t y)
{
	const struct soft_pool *s = &op->op->pool;
	const struct exec_tensor *in = &p->plan->tensors[op->op->inputs[0]];
	const struct exec_tensor *out = &p->plan->tensors[op->op->output];
	const struct exec_rows *rows = &p->rows[op->op->output];
	int64_t *acc = (int64_t *)p->scratch;
	uint8_t *to = exec_out(p, op->op->output, y);
	struct window w = { p, op->op->inputs[0], taps_of(y, s->kh,
			    s->dilation_h, s->stride_h, s->pad_top, in->h),
			    { 0 } };

	for (uint32_t x = rows->x0; x < rows->x1; x++) {
		w.x = taps_of(x, s->kw, s->dilation_w, s->stride_w,
			      s->pad_left, in->w);
		if (op->op->kind == SOFT_OP_MAX_POOL) {
			max_window(&w, to + (size_t)(x - rows->x0) * out->c,
				   out->c);
			continue;
		}
		sum_window(&w, s, (int32_t *)(acc + out->c), acc, out->c);
		exec_put_codes(op->op->requant, out, to, x - rows->x0, 0,
			       out->c, acc);
	}
}

/* The greatest byte is the greatest code; no window may be empty. */
static bool plain_max(const struct exec_plan *plan, const struct exec_op *op)
{
	const struct soft_pool *s = &op->op->pool;
	const struct exec_tensor *in = &plan->tensors[op->op->inputs[0]];
	const struct exec_tensor *out = &plan->tensors[op->op->output];

	return op->op->kind == SOFT_OP_MAX_POOL && !op->op->requant &&
	       out->store == EXEC_U8 && in->offset == out->offset &&
	       s->pad_top < s->kh && s->pad_left < s->kw &&
	       s->dilation_h == 1 && s->dilation_w == 1 &&
	       s->pad_bottom < s->kh && s->pad_right < s->kw;
}

int exec_pool_prepare(struct exec_plan *plan, struct exec_op *op)
{
	const struct soft_pool *s = &op->op->pool;
	const struct exec_tensor *in = &plan->tensors[op->op->inputs[0]];

	if (in->store != EXEC_U8 || plan->vectors ||
	    (op->op->kind != SOFT_OP_SUM_POOL && !plain_max(plan, op)) ||
	    (uint64_t)s->kh * s->kw > INT32_MAX / 255)
		return -EOPNOTSUPP;
	op->row = pool_row;
	op->exact = true;
	op->scratch = (size_t)in->c * (sizeof(int64_t) + sizeof(int32_t));
	return 0;
}
