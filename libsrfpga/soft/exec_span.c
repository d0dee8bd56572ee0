// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Which rows and columns of its inputs an operation reads. Knows the
 * geometry of every operation, not its arithmetic.
 */
#include "exec_plan.h"

static const struct exec_span nothing = { 0, 0 };

/** struct window - of a convolution or pool along one axis */
struct window {
	int64_t kernel, stride, dilation, pad;
};

static struct window conv_window(const struct soft_conv *c,
				 enum exec_axis axis)
{
	if (axis == EXEC_Y)
		return (struct window) { c->kh, c->stride_h, c->dilation_h,
					 c->pad_top };
	return (struct window) { c->kw, c->stride_w, c->dilation_w,
				 c->pad_left };
}

static struct window pool_window(const struct soft_pool *p,
				 enum exec_axis axis)
{
	if (axis == EXEC_Y)
		return (struct window) { p->kh, p->stride_h, p->dilation_h,
					 p->pad_top };
	return (struct window) { p->kw, p->stride_w, p->dilation_w,
				 p->pad_left };
}

static struct exec_span under(struct window w, struct exec_span out)
{
	return (struct exec_span) {
		out.lo * w.stride - w.pad,
		(out.hi - 1) * w.stride - w.pad +
			(w.kernel - 1) * w.dilation + 1,
	};
}

static int64_t divide_up(int64_t a, int64_t b)
{
	return a > 0 ? (a + b - 1) / b : -(-a / b);
}

static struct exec_span under_transposed(struct window w, struct exec_span out)
{
	int64_t lo = out.lo + w.pad - (w.kernel - 1) * w.dilation;
	int64_t hi = out.hi - 1 + w.pad;

	return (struct exec_span) {
		divide_up(lo, w.stride),
		hi < 0 ? 0 : hi / w.stride + 1,
	};
}

static struct exec_span divided(struct exec_span s, int64_t by)
{
	return (struct exec_span) { s.lo / by, (s.hi - 1) / by + 1 };
}

static struct exec_span multiplied(struct exec_span s, int64_t by)
{
	return (struct exec_span) { s.lo * by, s.hi * by };
}

static struct exec_span sliced(const struct soft_slice *slice,
			       enum exec_axis axis, struct exec_span out)
{
	int64_t a = slice->start[axis] + slice->step[axis] * out.lo;
	int64_t b = slice->start[axis] + slice->step[axis] * (out.hi - 1);

	return a < b ? (struct exec_span) { a, b + 1 } :
		       (struct exec_span) { b, a + 1 };
}

static uint32_t size_of(const struct exec_tensor *t, enum exec_axis axis)
{
	return axis == EXEC_Y ? t->h : t->w;
}

static struct exec_span concatenated(const struct exec_plan *plan,
				     const struct exec_op *op, uint32_t i,
				     enum exec_axis axis, struct exec_span out)
{
	int64_t before = 0;

	if (op->op->concat.axis != (uint32_t)axis)
		return out;
	for (uint32_t j = 0; j < i; j++)
		before += size_of(&plan->tensors[op->op->inputs[j]], axis);
	return (struct exec_span) { out.lo - before, out.hi - before };
}

bool exec_whole(const struct soft_graph *graph, const struct soft_op *op)
{
	const struct soft_tensor *in = &graph->tensors[op->inputs[0]];
	const struct soft_tensor *out = &graph->tensors[op->output];

	if (op->kind == SOFT_OP_RESHAPE)
		return in->h != out->h || in->w != out->w;
	return op->kind == SOFT_OP_PERMUTE;
}

struct exec_span exec_span_needed(const struct exec_plan *plan,
				  const struct exec_op *op, uint32_t i,
				  enum exec_axis axis, struct exec_span out)
{
	const struct soft_op *o = op->op;
	uint32_t in_size = size_of(&plan->tensors[o->inputs[i]], axis);

	if (out.hi <= out.lo)
		return nothing;
	if (op->whole)
		return (struct exec_span) { 0, in_size };
	if (plan->vectors)
		return out;
	switch (o->kind) {
	case SOFT_OP_CONV:
		return under(conv_window(&o->conv, axis), out);
	case SOFT_OP_CONV_TRANSPOSE:
		return under_transposed(conv_window(&o->conv, axis), out);
	case SOFT_OP_MAX_POOL:
	case SOFT_OP_SUM_POOL:
		return under(pool_window(&o->pool, axis), out);
	case SOFT_OP_ADD:
	case SOFT_OP_MUL:
		return in_size == 1 ? (struct exec_span) { 0, 1 } : out;
	case SOFT_OP_CONCAT:
		return concatenated(plan, op, i, axis, out);
	case SOFT_OP_SLICE:
		return sliced(&o->slice, axis, out);
	case SOFT_OP_PAD:
		out.lo -= o->pad.before[axis];
		out.hi -= o->pad.before[axis];
		return out;
	case SOFT_OP_RESIZE:
		return divided(out, axis == EXEC_Y ? o->resize.factor_h :
						     o->resize.factor_w);
	case SOFT_OP_DEPTH_TO_SPACE:
		return divided(out, o->shuffle.block);
	case SOFT_OP_SPACE_TO_DEPTH:
		return multiplied(out, o->shuffle.block);
	default:
		return out;
	}
}
