// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * How far a picture's pixels reach: what tiling needs to know. Works on the
 * integer graph alone.
 */
#include "graph.h"

#include <stdlib.h>

/**
 * struct reach - a tensor against the input
 * @num: its rows are num / den of the input's
 * @before: input rows that a row needs before its own place
 * @after: likewise behind it
 */
struct reach {
	bool known;
	int64_t num, den;
	double before, after;
};

static double rows(const struct reach *r)
{
	return (double)r->den / (double)r->num;
}

/* A window that begins @pad before and ends @end behind its own element. */
static void widen(struct reach *r, int64_t before, int64_t after)
{
	r->before += (double)before * rows(r);
	r->after += (double)after * rows(r);
}

static void rescale(struct reach *r, int64_t up, int64_t down)
{
	r->num *= up;
	r->den *= down;
}

static bool window(struct reach *r, uint32_t k, uint32_t dilation,
		   uint32_t stride, uint32_t pad)
{
	int64_t reach = (int64_t)(k - 1) * dilation;

	widen(r, pad, reach > pad ? reach - pad : 0);
	rescale(r, 1, stride);
	return true;
}

static bool step(const struct soft_op *op, struct reach *r)
{
	switch (op->kind) {
	case SOFT_OP_CONV:
		return window(r, op->conv.kh, op->conv.dilation_h,
			      op->conv.stride_h, op->conv.pad_top);
	case SOFT_OP_MAX_POOL:
	case SOFT_OP_SUM_POOL:
		return window(r, op->pool.kh, op->pool.dilation_h,
			      op->pool.stride_h, op->pool.pad_top);
	case SOFT_OP_CONV_TRANSPOSE:
		widen(r, (op->conv.kh - 1) * op->conv.dilation_h /
		      op->conv.stride_h, 1);
		rescale(r, op->conv.stride_h, 1);
		return true;
	case SOFT_OP_RESIZE:
		rescale(r, op->resize.factor_h, 1);
		return op->resize.factor_h == op->resize.factor_w;
	case SOFT_OP_DEPTH_TO_SPACE:
		rescale(r, op->shuffle.block, 1);
		return true;
	case SOFT_OP_SPACE_TO_DEPTH:
		widen(r, 0, op->shuffle.block - 1);
		rescale(r, 1, op->shuffle.block);
		return true;
	case SOFT_OP_ADD:
	case SOFT_OP_MUL:
	case SOFT_OP_REQUANT:
	case SOFT_OP_DEQUANT:
	case SOFT_OP_QUANTIZE:
		return true;
	case SOFT_OP_CONCAT:
		return op->concat.axis == 2;
	default:
		return false;
	}
}

static void join(struct reach *r, const struct reach *other, bool *ok)
{
	*ok = *ok && r->num * other->den == other->num * r->den;
	r->before = r->before > other->before ? r->before : other->before;
	r->after = r->after > other->after ? r->after : other->after;
}

static bool follow(const struct soft_graph *g, struct reach *reach)
{
	for (uint32_t i = 0; i < g->num_ops; i++) {
		const struct soft_op *op = &g->ops[i];
		struct reach r = reach[op->inputs[0]];
		bool ok = r.known;

		for (uint32_t j = 1; j < op->num_inputs; j++)
			join(&r, &reach[op->inputs[j]], &ok);
		if (!ok || !step(op, &r))
			return false;
		reach[op->output] = r;
	}
	return true;
}

/* Every output pixel has its place in the input. */
static bool covers(const struct soft_tensor *in, const struct soft_tensor *out,
		   int64_t factor)
{
	return out->h == in->h * factor && out->w == in->w * factor;
}

static bool is_picture(const struct soft_port *p)
{
	return p->info.normal_rank == 3;
}

int soft_graph_radius(const struct soft_graph *g, uint32_t *radius,
		      uint32_t *factor)
{
	struct reach *reach, *out;
	int ret = -EOPNOTSUPP;

	if (g->num_ports != 2 || g->num_inputs != 1 ||
	    !is_picture(&g->ports[0]) || !is_picture(&g->ports[1]))
		return -EOPNOTSUPP;
	reach = calloc(g->num_tensors, sizeof(*reach));
	if (!reach)
		return -EOPNOTSUPP;
	reach[g->ports[0].tensor] = (struct reach){ true, 1, 1, 0, 0 };
	out = &reach[g->ports[1].tensor];
	if (follow(g, reach) && out->known && out->num % out->den == 0 &&
	    covers(&g->tensors[g->ports[0].tensor],
		   &g->tensors[g->ports[1].tensor], out->num / out->den)) {
		double far = out->before > out->after ? out->before :
							out->after;

		*factor = (uint32_t)(out->num / out->den);
		*radius = (uint32_t)far + (far > (uint32_t)far);
		ret = 0;
	}
	free(reach);
	return ret;
}

int srfpga_soft_radius(const struct srfpga_soft_model *model,
		       uint32_t *radius, uint32_t *factor)
{
	return soft_graph_radius(soft_model_graph(model), radius, factor);
}
