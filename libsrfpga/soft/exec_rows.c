// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The definitions of graph.h, element by element: every operation for every
 * width of codes. What matters for speed has its own file.
 */
#include "exec_rows.h"

#include <math.h>
#include <string.h>

#include "exec_value.h"
#include "quantize.h"

/** struct view - a row's worth of an input or output of an operation */
struct view {
	const struct exec_tensor *t;
	const struct exec_rows *r;
	uint8_t *row;
};

static struct view view_of(const struct exec_piece *p, uint32_t tensor,
			   uint32_t y)
{
	return (struct view) { &p->plan->tensors[tensor], &p->rows[tensor],
			       exec_row(p, tensor, y) };
}

static struct view output_of(const struct exec_piece *p,
			     const struct exec_op *op, uint32_t y)
{
	uint32_t t = op->op->output;

	return (struct view) { &p->plan->tensors[t], &p->rows[t],
			       exec_out(p, t, y) };
}

static int64_t at(const struct view *v, uint32_t x, uint32_t k)
{
	return exec_get(v->t, v->row, (size_t)(x - v->r->x0) * v->t->c + k);
}

static void put(const struct view *v, uint32_t x, uint32_t k, int64_t code)
{
	exec_put(v->t, v->row, (size_t)(x - v->r->x0) * v->t->c + k, code);
}

static void put_acc(const struct exec_op *op, const struct view *v, uint32_t x,
		    uint32_t k, int64_t acc)
{
	put(v, x, k, soft_requantise(op->op->requant, k, acc));
}

/* --- convolutions ------------------------------------------------------- */

static int64_t weight(const struct soft_conv *c, uint32_t ic, uint32_t k,
		      uint32_t ky, uint32_t kx, uint32_t i)
{
	return c->weights[(((size_t)k * c->kh + ky) * c->kw + kx) * ic + i];
}

static int64_t conv_row_sum(const struct exec_piece *p,
			    const struct exec_op *op, const struct view *in,
			    uint32_t ky, int64_t x0, uint32_t k)
{
	const struct soft_conv *c = &op->op->conv;
	uint32_t out_c = p->plan->tensors[op->op->output].c;
	uint32_t in_c = p->plan->tensors[op->op->inputs[0]].c;
	uint32_t ic = in_c / c->groups, first = k / (out_c / c->groups) * ic;
	int64_t sum = 0;

	for (uint32_t kx = 0; kx < c->kw; kx++) {
		int64_t x = x0 + (int64_t)kx * c->dilation_w;
		bool inside = in->row && (p->plan->vectors ||
					  (x >= 0 && x < in->t->w));

		for (uint32_t i = 0; i < ic; i++) {
			int64_t v = inside ? at(in, x, first + i) :
					     c->pad_value;

			sum += (v - c->zero_point) * weight(c, ic, k, ky, kx, i);
		}
	}
	return sum;
}

static int64_t conv_at(const struct exec_piece *p, const struct exec_op *op,
		       uint32_t y, uint32_t x, uint32_t k)
{
	const struct soft_conv *c = &op->op->conv;
	const struct exec_tensor *in = &p->plan->tensors[op->op->inputs[0]];
	int64_t acc = c->bias ? c->bias[k] : 0;
	int64_t x0 = (int64_t)x * c->stride_w - c->pad_left;

	for (uint32_t ky = 0; ky < c->kh; ky++) {
		int64_t iy = (int64_t)y * c->stride_h +
			     (int64_t)ky * c->dilation_h - c->pad_top;
		bool outside = iy < 0 || iy >= in->h;
		struct view v = view_of(p, op->op->inputs[0],
					outside ? 0 : iy);

		if (outside)
			v.row = NULL;
		acc += conv_row_sum(p, op, &v, ky, x0, k);
	}
	return acc;
}

static int64_t transposed_row_sum(const struct exec_op *op,
				  const struct view *in, uint32_t out_c,
				  uint32_t ky, uint32_t x, uint32_t k)
{
	const struct soft_conv *c = &op->op->conv;
	uint32_t ic = in->t->c / c->groups;
	uint32_t first = k / (out_c / c->groups) * ic;
	int64_t sum = 0;

	for (uint32_t kx = 0; kx < c->kw; kx++) {
		int64_t at_x = (int64_t)x + c->pad_left -
			       (int64_t)kx * c->dilation_w;

		if (at_x < 0 || at_x % c->stride_w ||
		    at_x / c->stride_w >= in->t->w)
			continue;
		for (uint32_t i = 0; i < ic; i++)
			sum += (at(in, at_x / c->stride_w, first + i) -
				c->zero_point) * weight(c, ic, k, ky, kx, i);
	}
	return sum;
}

static int64_t transposed_at(const struct exec_piece *p,
			     const struct exec_op *op, uint32_t y, uint32_t x,
			     uint32_t k)
{
	const struct soft_conv *c = &op->op->conv;
	const struct exec_tensor *in = &p->plan->tensors[op->op->inputs[0]];
	uint32_t out_c = p->plan->tensors[op->op->output].c;
	int64_t acc = c->bias ? c->bias[k] : 0;

	for (uint32_t ky = 0; ky < c->kh; ky++) {
		int64_t at_y = (int64_t)y + c->pad_top -
			       (int64_t)ky * c->dilation_h;
		struct view v;

		if (at_y < 0 || at_y % c->stride_h ||
		    at_y / c->stride_h >= in->h)
			continue;
		v = view_of(p, op->op->inputs[0], at_y / c->stride_h);
		acc += transposed_row_sum(op, &v, out_c, ky, x, k);
	}
	return acc;
}

/* --- pools -------------------------------------------------------------- */

/** struct pooled - over the window's elements inside the input */
struct pooled {
	int64_t n, sum, max;
};

static void pool_row(const struct soft_pool *w, const struct view *in,
		     uint32_t x, uint32_t k, struct pooled *out)
{
	for (uint32_t kx = 0; kx < w->kw; kx++) {
		int64_t ix = (int64_t)x * w->stride_w +
			     (int64_t)kx * w->dilation_w - w->pad_left;
		int64_t v;

		if (ix < 0 || ix >= in->t->w)
			continue;
		v = at(in, ix, k);
		out->max = out->n && out->max > v ? out->max : v;
		out->sum += v - w->zero_point;
		out->n++;
	}
}

static int64_t pool_at(const struct exec_piece *p, const struct exec_op *op,
		       uint32_t y, uint32_t x, uint32_t k)
{
	const struct soft_pool *w = &op->op->pool;
	const struct exec_tensor *in = &p->plan->tensors[op->op->inputs[0]];
	struct pooled sum = { 0 };

	for (uint32_t ky = 0; ky < w->kh; ky++) {
		int64_t iy = (int64_t)y * w->stride_h +
			     (int64_t)ky * w->dilation_h - w->pad_top;
		struct view v;

		if (iy < 0 || iy >= in->h)
			continue;
		v = view_of(p, op->op->inputs[0], iy);
		pool_row(w, &v, x, k, &sum);
	}
	if (op->op->kind == SOFT_OP_MAX_POOL)
		return sum.max;
	return w->common && sum.n ? sum.sum * w->common / sum.n : sum.sum;
}

/* --- element by element ------------------------------------------------- */

static int64_t broadcast(const struct exec_piece *p, uint32_t tensor,
			 uint32_t y, uint32_t x, uint32_t k)
{
	const struct exec_tensor *t = &p->plan->tensors[tensor];
	struct view v = view_of(p, tensor, t->h == 1 ? 0 : y);

	if (!p->plan->vectors && t->w == 1)
		x = 0;
	return at(&v, x, t->c == 1 ? 0 : k);
}

static int64_t add_at(const struct exec_piece *p, const struct exec_op *op,
		      uint32_t y, uint32_t x, uint32_t k)
{
	const struct soft_add *a = &op->op->add;
	uint32_t c = a->channels == 1 ? 0 : k;
	int64_t acc = a->bias ? a->bias[c] : 0;

	for (uint32_t i = 0; i < op->op->num_inputs; i++)
		acc += a->multiplier[i][c] *
		       broadcast(p, op->op->inputs[i], y, x, k);
	return acc;
}

static int64_t mul_at(const struct exec_piece *p, const struct exec_op *op,
		      uint32_t y, uint32_t x, uint32_t k)
{
	const struct soft_mul *m = &op->op->mul;

	return (broadcast(p, op->op->inputs[0], y, x, k) - m->zero_point[0]) *
	       (broadcast(p, op->op->inputs[1], y, x, k) - m->zero_point[1]);
}

static int64_t input_at(const struct exec_piece *p, uint32_t tensor,
			uint32_t y, uint32_t x, uint32_t k)
{
	struct view v = view_of(p, tensor, y);

	return at(&v, x, k);
}

static int64_t same_at(const struct exec_piece *p, const struct exec_op *op,
		       uint32_t y, uint32_t x, uint32_t k)
{
	return input_at(p, op->op->inputs[0], y, x, k);
}

/* --- rearrangements ----------------------------------------------------- */

static int64_t concat_at(const struct exec_piece *p, const struct exec_op *op,
			 uint32_t y, uint32_t x, uint32_t k)
{
	uint32_t axis = op->op->concat.axis;
	uint32_t *moving = axis == 0 ? &y : axis == 1 ? &x : &k;

	for (uint32_t i = 0; i < op->op->num_inputs; i++) {
		uint32_t t = op->op->inputs[i];
		const struct exec_tensor *e = &p->plan->tensors[t];
		uint32_t size = axis == 0 ? e->h : axis == 1 ? e->w : e->c;

		if (*moving < size)
			return input_at(p, t, y, x, k);
		*moving -= size;
	}
	return 0;
}

static int64_t slice_at(const struct exec_piece *p, const struct exec_op *op,
			uint32_t y, uint32_t x, uint32_t k)
{
	const struct soft_slice *s = &op->op->slice;

	if (!p->plan->vectors) {
		y = s->start[0] + (int64_t)s->step[0] * y;
		x = s->start[1] + (int64_t)s->step[1] * x;
	}
	return input_at(p, op->op->inputs[0], y, x,
			s->start[2] + (int64_t)s->step[2] * k);
}

static int64_t pad_at(const struct exec_piece *p, const struct exec_op *op,
		      uint32_t y, uint32_t x, uint32_t k)
{
	const struct soft_pad *pad = &op->op->pad;
	const struct exec_tensor *in = &p->plan->tensors[op->op->inputs[0]];
	int64_t iy = (int64_t)y - pad->before[0];
	int64_t ix = (int64_t)x - (p->plan->vectors ? 0 : pad->before[1]);
	int64_t ik = (int64_t)k - pad->before[2];

	if (iy < 0 || iy >= in->h || ix < 0 || ix >= in->w || ik < 0 ||
	    ik >= in->c)
		return pad->value;
	return input_at(p, op->op->inputs[0], iy, ix, ik);
}

static int64_t resize_at(const struct exec_piece *p, const struct exec_op *op,
			 uint32_t y, uint32_t x, uint32_t k)
{
	return input_at(p, op->op->inputs[0], y / op->op->resize.factor_h,
			x / op->op->resize.factor_w, k);
}

static int64_t depth_to_space_at(const struct exec_piece *p,
				 const struct exec_op *op, uint32_t y,
				 uint32_t x, uint32_t k)
{
	uint32_t r = op->op->shuffle.block;
	uint32_t sub = y % r * r + x % r;
	uint32_t out_c = p->plan->tensors[op->op->output].c;

	return input_at(p, op->op->inputs[0], y / r, x / r,
			op->op->shuffle.crd ? k * r * r + sub :
					      sub * out_c + k);
}

static int64_t space_to_depth_at(const struct exec_piece *p,
				 const struct exec_op *op, uint32_t y,
				 uint32_t x, uint32_t k)
{
	uint32_t r = op->op->shuffle.block;
	uint32_t in_c = p->plan->tensors[op->op->inputs[0]].c;
	uint32_t sub = op->op->shuffle.crd ? k % (r * r) : k / in_c;
	uint32_t from = op->op->shuffle.crd ? k / (r * r) : k % in_c;

	return input_at(p, op->op->inputs[0], y * r + sub / r,
			x * r + sub % r, from);
}

typedef int64_t (*acc_fn)(const struct exec_piece *p, const struct exec_op *op,
			  uint32_t y, uint32_t x, uint32_t k);

static acc_fn accumulator_of(enum soft_op_kind kind)
{
	static const acc_fn fns[SOFT_OP_KINDS] = {
		[SOFT_OP_CONV] = conv_at,
		[SOFT_OP_CONV_TRANSPOSE] = transposed_at,
		[SOFT_OP_MAX_POOL] = pool_at,
		[SOFT_OP_SUM_POOL] = pool_at,
		[SOFT_OP_ADD] = add_at,
		[SOFT_OP_MUL] = mul_at,
		[SOFT_OP_REQUANT] = same_at,
		[SOFT_OP_CONCAT] = concat_at,
		[SOFT_OP_SLICE] = slice_at,
		[SOFT_OP_PAD] = pad_at,
		[SOFT_OP_RESIZE] = resize_at,
		[SOFT_OP_DEPTH_TO_SPACE] = depth_to_space_at,
		[SOFT_OP_SPACE_TO_DEPTH] = space_to_depth_at,
	};

	return fns[kind];
}

static void any_row(struct exec_piece *p, const struct exec_op *op, uint32_t y)
{
	struct view out = output_of(p, op, y);
	acc_fn acc = accumulator_of(op->op->kind);

	for (uint32_t x = out.r->x0; x < out.r->x1; x++)
		for (uint32_t k = 0; k < out.t->c; k++)
			put_acc(op, &out, x, k, acc(p, op, y, x, k));
}

/* --- whole tensors ------------------------------------------------------ */

/* The view of element @i in memory order, and where it is in its row. */
static struct view element(const struct exec_piece *p, uint32_t tensor,
			   size_t i, uint32_t *x, uint32_t *k)
{
	const struct exec_tensor *t = &p->plan->tensors[tensor];

	*k = i % t->c;
	*x = i / t->c % t->w;
	return view_of(p, tensor, i / t->c / t->w);
}

static int64_t flat_get(const struct exec_piece *p, uint32_t tensor, size_t i)
{
	uint32_t x, k;
	struct view v = element(p, tensor, i, &x, &k);

	return at(&v, x, k);
}

static void flat_put(const struct exec_piece *p, const struct exec_op *op,
		     size_t i, int64_t acc)
{
	uint32_t x, k;
	struct view v = element(p, op->op->output, i, &x, &k);

	put_acc(op, &v, x, k, acc);
}

/* Where output element @i of a permutation comes from. */
static size_t permuted(const struct soft_permute *perm, size_t i)
{
	size_t stride[SOFT_MAX_DIMS] = { 0 }, n = 1, from = 0;

	for (uint32_t d = perm->rank; d-- > 0;) {
		stride[d] = n;
		n *= perm->dims[d];
	}
	for (uint32_t d = perm->rank; d-- > 0;) {
		uint32_t size = perm->dims[perm->perm[d]];

		from += i % size * stride[perm->perm[d]];
		i /= size;
	}
	return from;
}

static void whole_rows(struct exec_piece *p, const struct exec_op *op,
		       uint32_t y)
{
	const struct exec_tensor *out = &p->plan->tensors[op->op->output];
	size_t n = (size_t)out->h * out->w * out->c;

	if (y)
		return;
	for (size_t i = 0; i < n; i++)
		flat_put(p, op, i, flat_get(p, op->op->inputs[0],
			op->op->kind == SOFT_OP_PERMUTE ?
				permuted(&op->op->permute, i) : i));
}

static void copy_row(struct exec_piece *p, const struct exec_op *op,
		     uint32_t y)
{
	struct view in = view_of(p, op->op->inputs[0], y);
	struct view out = output_of(p, op, y);
	size_t n = (size_t)(out.r->x1 - out.r->x0) * out.t->c;
	size_t from = (size_t)(out.r->x0 - in.r->x0) * in.t->c;

	if (in.t->store == out.t->store && in.t->offset == out.t->offset) {
		memcpy(out.row, in.row + from * in.t->size, n * in.t->size);
		return;
	}
	for (size_t i = 0; i < n; i++)
		exec_put(out.t, out.row, i,
			 exec_get(in.t, in.row, from + i));
}

/* --- choices and floats ------------------------------------------------- */

static double number(const struct view *v, bool is_float, uint32_t x,
		     uint32_t k)
{
	int32_t bits;
	float f;

	if (!is_float)
		return at(v, x, k);
	bits = at(v, x, k);
	memcpy(&f, &bits, sizeof(f));
	return f;
}

/** struct choice - the channels of one pixel, in order of choice */
struct choice {
	const struct view *in;
	const struct soft_topk *topk;
	bool is_float;
	uint32_t x;
};

static bool before(const struct choice *c, uint32_t a, uint32_t b)
{
	double va = number(c->in, c->is_float, c->x, a);
	double vb = number(c->in, c->is_float, c->x, b);

	if (va != vb)
		return c->topk->largest ? va > vb : va < vb;
	return c->topk->last ? a > b : a < b;
}

/* The best channel behind @last in the order, or the best of all. */
static uint32_t next_choice(const struct choice *c, int64_t last)
{
	int64_t best = -1;

	for (uint32_t k = 0; k < c->in->t->c; k++) {
		if (last >= 0 && !before(c, last, k))
			continue;
		if (best < 0 || before(c, k, best))
			best = k;
	}
	return best;
}

static void topk_row(struct exec_piece *p, const struct exec_op *op,
		     uint32_t y)
{
	struct view in = view_of(p, op->op->inputs[0], y);
	struct view out = output_of(p, op, y);
	struct choice c = {
		.in = &in,
		.topk = &op->op->topk,
		.is_float = p->plan->graph->tensors[op->op->inputs[0]].is_float,
	};

	for (c.x = out.r->x0; c.x < out.r->x1; c.x++) {
		int64_t last = -1;

		for (uint32_t i = 0; i < op->op->topk.k; i++) {
			last = next_choice(&c, last);
			put_acc(op, &out, c.x, i,
				op->op->kind == SOFT_OP_ARGMAX ?
					last : at(&in, c.x, last));
		}
	}
}

static void put_float(const struct view *v, uint32_t x, uint32_t k, float f)
{
	int32_t bits;

	memcpy(&bits, &f, sizeof(bits));
	put(v, x, k, bits);
}

static void dequant_row(struct exec_piece *p, const struct exec_op *op,
			uint32_t y)
{
	const struct soft_dequant *d = &op->op->dequant;
	struct view in = view_of(p, op->op->inputs[0], y);
	struct view out = output_of(p, op, y);

	for (uint32_t x = out.r->x0; x < out.r->x1; x++)
		for (uint32_t k = 0; k < out.t->c; k++)
			put_float(&out, x, k,
				  soft_dequantise(d, d->channels == 1 ? 0 : k,
						  at(&in, x, k)));
}

static void quantize_row(struct exec_piece *p, const struct exec_op *op,
			 uint32_t y)
{
	struct view in = view_of(p, op->op->inputs[0], y);
	struct view out = output_of(p, op, y);

	for (uint32_t x = out.r->x0; x < out.r->x1; x++)
		for (uint32_t k = 0; k < out.t->c; k++)
			put(&out, x, k,
			    soft_quantize_one(op->op->quantize, k,
					      number(&in, true, x, k)));
}

/* As the reference: in double, relative to the greatest. */
static void softmax_row(struct exec_piece *p, const struct exec_op *op,
			uint32_t y)
{
	struct view in = view_of(p, op->op->inputs[0], y);
	struct view out = output_of(p, op, y);

	for (uint32_t x = out.r->x0; x < out.r->x1; x++) {
		double max = -INFINITY, sum = 0;

		for (uint32_t k = 0; k < out.t->c; k++)
			max = fmax(max, number(&in, true, x, k));
		for (uint32_t k = 0; k < out.t->c; k++)
			sum += exp(number(&in, true, x, k) - max);
		for (uint32_t k = 0; k < out.t->c; k++)
			put_float(&out, x, k,
				  exp(number(&in, true, x, k) - max) / sum);
	}
}

int exec_rows_prepare(struct exec_plan *plan, struct exec_op *op)
{
	op->exact = true;
	if (op->whole) {
		op->row = whole_rows;
		return 0;
	}
	switch (op->op->kind) {
	case SOFT_OP_RESHAPE:
	case SOFT_OP_PERMUTE:
		op->row = copy_row;
		return 0;
	case SOFT_OP_ARGMAX:
	case SOFT_OP_TOPK:
		op->row = topk_row;
		return 0;
	case SOFT_OP_DEQUANT:
		op->row = dequant_row;
		return 0;
	case SOFT_OP_QUANTIZE:
		op->row = quantize_row;
		return 0;
	case SOFT_OP_SOFTMAX:
		op->row = softmax_row;
		return 0;
	default:
		op->row = any_row;
		return accumulator_of(op->op->kind) ? 0 : -EOPNOTSUPP;
	}
}
