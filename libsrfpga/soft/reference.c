// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The reference executor: every element of every tensor in 64 bits, one after
 * the other, in the words of graph.h. Must not be made fast: it is what the
 * fast executors are compared with.
 */
#include "reference.h"

#include <stdlib.h>

typedef int64_t (*element)(const struct soft_ref *r, uint32_t y, uint32_t x,
			   uint32_t k);

static const element elements[SOFT_OP_KINDS] = {
	[SOFT_OP_CONV] = soft_ref_conv,
	[SOFT_OP_CONV_TRANSPOSE] = soft_ref_conv_transpose,
	[SOFT_OP_MAX_POOL] = soft_ref_max_pool,
	[SOFT_OP_SUM_POOL] = soft_ref_sum_pool,
	[SOFT_OP_ADD] = soft_ref_add,
	[SOFT_OP_MUL] = soft_ref_mul,
	[SOFT_OP_REQUANT] = soft_ref_same,
	[SOFT_OP_CONCAT] = soft_ref_concat,
	[SOFT_OP_SLICE] = soft_ref_slice,
	[SOFT_OP_PAD] = soft_ref_pad,
	[SOFT_OP_RESIZE] = soft_ref_resize,
	[SOFT_OP_DEPTH_TO_SPACE] = soft_ref_depth_to_space,
	[SOFT_OP_SPACE_TO_DEPTH] = soft_ref_space_to_depth,
	[SOFT_OP_PERMUTE] = soft_ref_permute,
	[SOFT_OP_RESHAPE] = soft_ref_same,
	[SOFT_OP_ARGMAX] = soft_ref_argmax,
	[SOFT_OP_TOPK] = soft_ref_topk,
	[SOFT_OP_DEQUANT] = soft_ref_dequant,
	[SOFT_OP_QUANTIZE] = soft_ref_quantize,
	[SOFT_OP_SOFTMAX] = soft_ref_softmax,
};

static void run_op(const struct soft_ref *r)
{
	const struct soft_tensor *t = soft_ref_output(r);
	element f = elements[r->op->kind];
	size_t i = 0;

	/* The same elements in the same order, whatever the shape. */
	if (r->op->kind == SOFT_OP_RESHAPE) {
		for (i = 0; i < soft_tensor_size(t); i++)
			r->out[i] = r->in[0][i];
		return;
	}
	for (uint32_t y = 0; y < t->h; y++)
		for (uint32_t x = 0; x < t->w; x++)
			for (uint32_t k = 0; k < t->c; k++)
				r->out[i++] = soft_requantise(r->op->requant,
							k, f(r, y, x, k));
}

static int alloc_tensor(const struct soft_graph *g, int64_t **tensors,
			uint32_t i)
{
	size_t n = soft_tensor_size(&g->tensors[i]);

	if (tensors[i])
		return 0;
	tensors[i] = calloc(n ? n : 1, sizeof(**tensors));
	return tensors[i] ? 0 : -ENOMEM;
}

/* For each tensor the last operation that reads it; ports never die. */
static void find_last_uses(const struct soft_graph *g, uint32_t *last)
{
	for (uint32_t i = 0; i < g->num_tensors; i++)
		last[i] = UINT32_MAX;
	for (uint32_t i = 0; i < g->num_ops; i++)
		for (uint32_t j = 0; j < g->ops[i].num_inputs; j++)
			last[g->ops[i].inputs[j]] = i;
	for (uint32_t i = 0; i < g->num_ports; i++)
		last[g->ports[i].tensor] = UINT32_MAX;
}

static int run_ops(const struct soft_graph *g, int64_t **tensors,
		   const uint32_t *last)
{
	for (uint32_t i = 0; i < g->num_ops; i++) {
		const struct soft_op *op = &g->ops[i];
		const int64_t *in[SOFT_MAX_INPUTS];
		struct soft_ref r = { .graph = g, .op = op, .in = in };

		if (alloc_tensor(g, tensors, op->output))
			return -ENOMEM;
		for (uint32_t j = 0; j < op->num_inputs; j++)
			in[j] = tensors[op->inputs[j]];
		r.out = tensors[op->output];
		run_op(&r);
		for (uint32_t j = 0; last && j < op->num_inputs; j++)
			if (last[op->inputs[j]] == i) {
				free(tensors[op->inputs[j]]);
				tensors[op->inputs[j]] = NULL;
			}
	}
	return 0;
}

static int run_frame(const struct soft_graph *g, void *const *buffers,
		     int64_t **tensors, const uint32_t *last)
{
	int ret = 0;

	for (uint32_t i = 0; !ret && i < g->num_ports; i++) {
		const struct soft_port *p = &g->ports[i];

		ret = alloc_tensor(g, tensors, p->tensor);
		if (!ret && !p->info.is_output)
			soft_port_read(p, &g->tensors[p->tensor], buffers[i],
				       tensors[p->tensor]);
	}
	if (!ret)
		ret = run_ops(g, tensors, last);
	for (uint32_t i = g->num_inputs; !ret && i < g->num_ports; i++) {
		const struct soft_port *p = &g->ports[i];

		soft_port_write(p, &g->tensors[p->tensor],
				tensors[p->tensor], buffers[i]);
	}
	return ret;
}

int soft_reference_run(const struct soft_graph *graph, void *const *buffers,
		       int64_t **tensors)
{
	int64_t **own = NULL;
	uint32_t *last = NULL;
	int ret = -ENOMEM;

	if (tensors)
		return run_frame(graph, buffers, tensors, NULL);
	own = calloc(graph->num_tensors, sizeof(*own));
	last = calloc(graph->num_tensors, sizeof(*last));
	if (own && last) {
		find_last_uses(graph, last);
		ret = run_frame(graph, buffers, own, last);
	}
	for (uint32_t i = 0; own && i < graph->num_tensors; i++)
		free(own[i]);
	free(own);
	free(last);
	return ret;
}

static int create(const struct soft_graph *graph,
		  const struct soft_exec_options *opt, void **state)
{
	*state = (void *)graph;
	return 0;
}

static int run(void *state, void *const *buffers, uint32_t frames)
{
	const struct soft_graph *g = state;
	void **at = calloc(g->num_ports, sizeof(*at));
	int ret = at ? 0 : -ENOMEM;

	for (uint32_t f = 0; !ret && f < frames; f++) {
		for (uint32_t i = 0; i < g->num_ports; i++)
			at[i] = (uint8_t *)buffers[i] +
				f * g->ports[i].info.frame_bytes;
		ret = soft_reference_run(g, at, NULL);
	}
	free(at);
	return ret;
}

static void destroy(void *state)
{
	(void)state;
}

const struct soft_executor_ops soft_reference_executor = {
	.name = "reference",
	.create = create,
	.run = run,
	.destroy = destroy,
};
