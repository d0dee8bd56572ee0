// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Prepares a graph: how each tensor is held, what computes each operation,
 * what may be cut into pieces. Knows no operation's arithmetic.
 */
#include "exec_plan.h"

#include <stdlib.h>

#include "exec_port.h"
#include "exec_rows.h"

static bool is_vector(const struct soft_tensor *t)
{
	return t->h == 1 && t->w == 1;
}

static bool dense(const struct soft_conv *c)
{
	return c->kh == 1 && c->kw == 1 && c->stride_w == 1 && !c->pad_top && !c->pad_left &&
	       !c->pad_bottom && !c->pad_right;
}

/* The elements stay where they are in memory: only dimensions of 1 move. */
static bool keeps_order(const struct soft_permute *p)
{
	uint32_t last = 0;

	for (uint32_t i = 0; i < p->rank; i++) {
		if (p->dims[p->perm[i]] == 1)
			continue;
		if (p->perm[i] < last)
			return false;
		last = p->perm[i];
	}
	return true;
}

/* The same for every element, wherever it is. */
static bool op_on_elements(const struct soft_op *op)
{
	return op->kind == SOFT_OP_RESHAPE ||
	       (op->kind == SOFT_OP_PERMUTE && keeps_order(&op->permute)) ||
	       (op->kind == SOFT_OP_REQUANT && op->requant &&
		op->requant->channels == 1);
}

/* Between vectors, with no neighbours in a plane. */
static bool op_on_vectors(const struct soft_graph *g, const struct soft_op *op)
{
	if (op_on_elements(op))
		return true;
	if (!is_vector(&g->tensors[op->output]))
		return false;
	for (uint32_t i = 0; i < op->num_inputs; i++)
		if (!is_vector(&g->tensors[op->inputs[i]]))
			return false;
	switch (op->kind) {
	case SOFT_OP_CONV:
		return dense(&op->conv);
	case SOFT_OP_CONCAT:
		return op->concat.axis == 2;
	case SOFT_OP_ADD:
	case SOFT_OP_MUL:
	case SOFT_OP_REQUANT:
	case SOFT_OP_SLICE:
	case SOFT_OP_ARGMAX:
	case SOFT_OP_TOPK:
	case SOFT_OP_DEQUANT:
	case SOFT_OP_QUANTIZE:
	case SOFT_OP_SOFTMAX:
		return true;
	default:
		return false;
	}
}

static bool graph_of_vectors(const struct soft_graph *g)
{
	for (uint32_t i = 0; i < g->num_ops; i++)
		if (!op_on_vectors(g, &g->ops[i]))
			return false;
	return true;
}

static void choose_store(const struct soft_tensor *t, struct exec_tensor *e)
{
	e->store = EXEC_S64;
	e->size = sizeof(int64_t);
	if (t->is_float || (t->min >= INT32_MIN && t->max <= INT32_MAX)) {
		e->store = EXEC_S32;
		e->size = sizeof(int32_t);
	}
	if (t->is_float || t->max > t->min + 255)
		return;
	e->store = EXEC_U8;
	e->size = 1;
	if (t->min >= 0 && t->max <= UINT8_MAX)
		e->offset = 0;
	else if (t->min >= INT8_MIN && t->max <= INT8_MAX)
		e->offset = INT8_MIN;
	else
		e->offset = t->min;
}

static void describe_tensors(struct exec_plan *plan)
{
	for (uint32_t i = 0; i < plan->graph->num_tensors; i++) {
		const struct soft_tensor *t = &plan->graph->tensors[i];
		struct exec_tensor *e = &plan->tensors[i];

		e->h = plan->vectors ? 1 : t->h;
		e->w = plan->vectors ? UINT32_MAX : t->w;
		e->c = plan->vectors ? t->h * t->w * t->c : t->c;
		e->port = -1;
		e->output = -1;
		e->slack = KERNEL_PX;
		choose_store(t, e);
	}
}

/* A tensor is exported once, and an exported input stays an input. */
static bool ports_are_plain(const struct soft_graph *g)
{
	for (uint32_t i = 0; i < g->num_ports; i++)
		for (uint32_t j = 0; j < i; j++)
			if (g->ports[i].tensor == g->ports[j].tensor)
				return false;
	return true;
}

uint32_t exec_readers(const struct soft_graph *g, uint32_t tensor)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < g->num_ops; i++)
		for (uint32_t j = 0; j < g->ops[i].num_inputs; j++)
			n += g->ops[i].inputs[j] == tensor;
	return n;
}

/* A convolution can write its channels in the order a pixel shuffle wants. */
static void join_shuffles(struct exec_plan *plan)
{
	for (uint32_t i = 0; i < plan->graph->num_ops; i++) {
		const struct soft_op *op = &plan->graph->ops[i];
		struct exec_tensor *in = &plan->tensors[op->inputs[0]];
		const struct exec_tensor *out = &plan->tensors[op->output];

		if (op->kind == SOFT_OP_DEPTH_TO_SPACE && op->shuffle.crd &&
		    !op->requant && !plan->vectors && in->producer &&
		    in->producer->op->kind == SOFT_OP_CONV &&
		    in->producer->op->conv.groups == 1 &&
		    in->store == EXEC_U8 && out->store == EXEC_U8 &&
		    in->offset == out->offset && in->output < 0 &&
		    exec_readers(plan->graph, op->inputs[0]) == 1)
			in->shuffled = op->shuffle.block;
	}
}

static int prepare_op(struct exec_plan *plan, struct exec_op *op)
{
	int err = exec_conv_prepare(plan, op);

	if (err == -EOPNOTSUPP) {
		plan->tensors[op->op->output].shuffled = 0;
		err = exec_bytes_prepare(plan, op);
	}
	if (err == -EOPNOTSUPP)
		err = exec_sum_prepare(plan, op);
	if (err == -EOPNOTSUPP)
		err = exec_wide_prepare(plan, op);
	if (err == -EOPNOTSUPP && (op->op->kind == SOFT_OP_MAX_POOL ||
				   op->op->kind == SOFT_OP_SUM_POOL))
		err = exec_pool_prepare(plan, op);
	if (err == -EOPNOTSUPP)
		err = exec_rows_prepare(plan, op);
	if (!err && op->scratch > plan->scratch)
		plan->scratch = op->scratch;
	return err;
}

static void link_ops(struct exec_plan *plan)
{
	for (uint32_t i = 0; i < plan->graph->num_ops; i++) {
		struct exec_op *op = &plan->ops[i];

		op->op = &plan->graph->ops[i];
		op->whole = !plan->vectors && exec_whole(plan->graph, op->op);
		plan->tensors[op->op->output].producer = op;
		if (op->whole)
			plan->tensors[op->op->output].keep_all = true;
	}
}

static void choose_cuts(struct exec_plan *plan)
{
	const struct soft_graph *g = plan->graph;
	bool cut = !plan->vectors && g->num_ports - g->num_inputs == 1;

	for (uint32_t i = 0; i < g->num_ops; i++)
		if (plan->ops[i].whole)
			cut = false;
	plan->strips = cut;
	plan->bands = cut;
}

static void choose_in_place(struct exec_plan *plan)
{
	const struct soft_graph *g = plan->graph;

	for (uint32_t i = g->num_inputs; i < g->num_ports; i++) {
		uint32_t tensor = g->ports[i].tensor;
		struct exec_tensor *t = &plan->tensors[tensor];

		t->in_place = g->ports[i].direct && !plan->vectors &&
			      t->store == EXEC_U8 && t->offset == 0 &&
			      t->producer && t->producer->exact &&
			      !exec_readers(g, tensor);
	}
}

/* At the end, where the frame can be written by the convolution itself. */
static void split_shuffles(struct exec_plan *plan)
{
	for (uint32_t i = 0; i < plan->graph->num_ops; i++) {
		struct exec_op *op = &plan->ops[i];
		const struct exec_tensor *in =
			&plan->tensors[op->op->inputs[0]];

		if (in->shuffled && plan->strips &&
		    plan->tensors[op->op->output].in_place &&
		    exec_conv_split(plan, in->producer, op))
			plan->block = in->shuffled;
	}
}

static int prepare(struct exec_plan *plan)
{
	int err = 0;

	plan->vectors = graph_of_vectors(plan->graph);
	describe_tensors(plan);
	link_ops(plan);
	choose_cuts(plan);
	exec_port_prepare(plan);
	join_shuffles(plan);
	for (uint32_t i = 0; !err && i < plan->graph->num_ops; i++)
		err = prepare_op(plan, &plan->ops[i]);
	plan->block = 1;
	choose_in_place(plan);
	if (!err)
		split_shuffles(plan);
	return err;
}

int exec_plan_create(const struct soft_graph *graph,
		     const struct soft_kernel *kernel, uint32_t threads,
		     struct exec_plan **out)
{
	struct exec_plan *plan;
	int err;

	if (!ports_are_plain(graph))
		return -EOPNOTSUPP;
	plan = calloc(1, sizeof(*plan));
	if (!plan)
		return -ENOMEM;
	plan->graph = graph;
	plan->kernel = kernel;
	plan->threads = threads;
	plan->tensors = calloc(graph->num_tensors, sizeof(*plan->tensors));
	plan->ops = calloc(graph->num_ops + 1, sizeof(*plan->ops));
	err = plan->tensors && plan->ops ? prepare(plan) : -ENOMEM;
	if (err) {
		exec_plan_free(plan);
		return err;
	}
	*out = plan;
	return 0;
}

void exec_plan_free(struct exec_plan *plan)
{
	if (!plan)
		return;
	for (uint32_t i = 0; plan->ops && i < plan->graph->num_ops; i++)
		if (plan->ops[i].free_data)
			plan->ops[i].free_data(plan->ops[i].data);
	free(plan->ops);
	free(plan->tensors);
	free(plan);
}
