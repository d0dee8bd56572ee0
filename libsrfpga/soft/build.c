// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Builds the integer graph operation by operation, then fuses requantisations
 * into their producers and drops what nobody reads. Must not know ONNX.
 */
#include "lower.h"

#include <stdlib.h>
#include <string.h>

static int grow(struct soft_arena *arena, void **array, uint32_t num,
		uint32_t *room, size_t size)
{
	uint32_t more = *room ? 2 * *room : 32;
	void *p;

	if (num < *room)
		return 0;
	p = soft_alloc(arena, more, size);
	if (!p)
		return -ENOMEM;
	if (num)
		memcpy(p, *array, num * size);
	*array = p;
	*room = more;
	return 0;
}

static uint32_t bits_for(int64_t min, int64_t max)
{
	uint32_t bits = 1;

	if (min >= 0) {
		while (bits < 63 && max >> bits)
			bits++;
		return bits;
	}
	while (bits < 64 && (min < -((int64_t)1 << (bits - 1)) ||
			     max > ((int64_t)1 << (bits - 1)) - 1))
		bits++;
	return bits;
}

void soft_tensor_range(struct soft_tensor *t, int64_t min, int64_t max)
{
	t->min = min;
	t->max = max;
	t->is_signed = min < 0;
	t->bits = bits_for(min, max);
}

int64_t soft_add_tensor(struct soft_lower *l, const char *name,
			const uint32_t hwc[3], int64_t min, int64_t max)
{
	struct soft_graph *g = l->graph;
	struct soft_tensor *t;

	if (!hwc[0] || !hwc[1] || !hwc[2] || (uint64_t)hwc[0] * hwc[1] >
	    SOFT_MAX_ELEMENTS || (uint64_t)hwc[0] * hwc[1] * hwc[2] >
	    SOFT_MAX_ELEMENTS)
		return soft_fail(l, -E2BIG, "%s: %u x %u x %u elements", name,
				 hwc[0], hwc[1], hwc[2]);
	if (grow(l->arena, (void **)&g->tensors, g->num_tensors,
		 &l->room_tensors, sizeof(*g->tensors)))
		return -ENOMEM;
	t = &g->tensors[g->num_tensors];
	memset(t, 0, sizeof(*t));
	t->name = soft_strdup(l->arena, name);
	if (!t->name)
		return -ENOMEM;
	t->h = hwc[0];
	t->w = hwc[1];
	t->c = hwc[2];
	soft_tensor_range(t, min, max);
	return g->num_tensors++;
}

struct soft_op *soft_add_op(struct soft_lower *l, const struct soft_node *n,
			    enum soft_op_kind kind, uint32_t num_inputs,
			    const uint32_t *inputs, uint32_t output)
{
	struct soft_graph *g = l->graph;
	struct soft_op *op;

	if (grow(l->arena, (void **)&g->ops, g->num_ops, &l->room_ops,
		 sizeof(*g->ops)))
		return NULL;
	op = &g->ops[g->num_ops];
	memset(op, 0, sizeof(*op));
	op->kind = kind;
	op->name = soft_strdup(l->arena, n ? n->name : "input");
	op->num_inputs = num_inputs;
	op->inputs = soft_alloc(l->arena, num_inputs, sizeof(*inputs));
	if (!op->name || !op->inputs)
		return NULL;
	memcpy(op->inputs, inputs, num_inputs * sizeof(*inputs));
	op->output = output;
	op->acc_bits = g->tensors[output].bits <= 32 ? 32 : 64;
	g->num_ops++;
	return op;
}

struct soft_op *soft_emit(struct soft_lower *l, const struct soft_node *n,
			  enum soft_op_kind kind, uint32_t input,
			  const uint32_t hwc[3], const char *name,
			  uint32_t *output)
{
	struct soft_tensor in = l->graph->tensors[input];
	int64_t t = soft_add_tensor(l, name, hwc, in.min, in.max);

	if (t < 0)
		return NULL;
	*output = (uint32_t)t;
	l->graph->tensors[t].is_float = in.is_float;
	return soft_add_op(l, n, kind, 1, &input, *output);
}

/* How often each tensor is read, ports included. */
static uint32_t *count_uses(struct soft_lower *l)
{
	const struct soft_graph *g = l->graph;
	uint32_t *uses = soft_alloc(l->scratch, g->num_tensors, sizeof(*uses));

	if (!uses)
		return NULL;
	for (uint32_t i = 0; i < g->num_ops; i++)
		for (uint32_t j = 0; j < g->ops[i].num_inputs; j++)
			uses[g->ops[i].inputs[j]]++;
	for (uint32_t i = 0; i < g->num_ports; i++)
		uses[g->ports[i].tensor]++;
	return uses;
}

static bool computes(enum soft_op_kind kind)
{
	return kind <= SOFT_OP_MUL;
}

static int64_t clamp(int64_t x, int64_t low, int64_t high)
{
	return x < low ? low : x > high ? high : x;
}

/* A clip of codes that a requantisation makes: that clips more itself. */
static void merge_clip(struct soft_requant *rq, const struct soft_requant *by)
{
	size_t rows = rq->channels;

	rq->out_min = clamp(rq->out_min, by->out_min, by->out_max);
	rq->out_max = clamp(rq->out_max, by->out_min, by->out_max);
	for (size_t i = 0; rq->values &&
	     i < rows * (rq->num_thresholds + 1); i++)
		rq->values[i] = (int32_t)clamp(rq->values[i], by->out_min,
					       by->out_max);
	for (size_t i = 0; rq->table && i < rows * rq->table_len; i++)
		rq->table[i] = (int32_t)clamp(rq->table[i], by->out_min,
					      by->out_max);
	/* Steps at the ends are flat now. */
	rq->monotone = false;
}

/* A requantisation that alone reads an operation's raw accumulators. */
static void fuse(struct soft_graph *g, const uint32_t *uses,
		 uint32_t *producer)
{
	for (uint32_t i = 0; i < g->num_ops; i++) {
		struct soft_op *rq = &g->ops[i], *op;
		uint32_t from = rq->num_inputs ? rq->inputs[0] : 0;

		producer[rq->output] = i + 1;
		if (rq->kind != SOFT_OP_REQUANT || uses[from] != 1 ||
		    !producer[from])
			continue;
		op = &g->ops[producer[from] - 1];
		if (op->requant && rq->requant->kind == SOFT_REQUANT_CLIP)
			merge_clip(op->requant, rq->requant);
		else if (computes(op->kind) && !op->requant)
			op->requant = rq->requant;
		else
			continue;
		op->output = rq->output;
		producer[op->output] = producer[from];
		rq->num_inputs = 0;
	}
}

/* Marks backwards from the ports what is needed. */
static void drop_dead_ops(struct soft_graph *g, uint8_t *live)
{
	uint32_t kept = g->num_ops;

	for (uint32_t i = 0; i < g->num_ports; i++)
		live[g->ports[i].tensor] = 1;
	for (uint32_t i = g->num_ops; i--;) {
		struct soft_op *op = &g->ops[i];

		if (!op->num_inputs || !live[op->output]) {
			op->num_inputs = 0;
			continue;
		}
		for (uint32_t j = 0; j < op->num_inputs; j++)
			live[op->inputs[j]] = 1;
	}
	kept = 0;
	for (uint32_t i = 0; i < g->num_ops; i++)
		if (g->ops[i].num_inputs)
			g->ops[kept++] = g->ops[i];
	g->num_ops = kept;
}

static void drop_dead_tensors(struct soft_graph *g, const uint8_t *live,
			      uint32_t *map)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < g->num_tensors; i++)
		if (live[i]) {
			map[i] = kept;
			g->tensors[kept++] = g->tensors[i];
		}
	g->num_tensors = kept;
	for (uint32_t i = 0; i < g->num_ops; i++) {
		for (uint32_t j = 0; j < g->ops[i].num_inputs; j++)
			g->ops[i].inputs[j] = map[g->ops[i].inputs[j]];
		g->ops[i].output = map[g->ops[i].output];
	}
	for (uint32_t i = 0; i < g->num_ports; i++)
		g->ports[i].tensor = map[g->ports[i].tensor];
}

int soft_finish(struct soft_lower *l)
{
	struct soft_graph *g = l->graph;
	uint32_t *uses = count_uses(l);
	uint32_t *map = soft_alloc(l->scratch, g->num_tensors, sizeof(*map));
	uint8_t *live = soft_alloc(l->scratch, g->num_tensors, 1);

	if (!uses || !map || !live)
		return -ENOMEM;
	fuse(g, uses, map);
	drop_dead_ops(g, live);
	drop_dead_tensors(g, live, map);
	return soft_narrow_sums(l);
}

void soft_graph_free(struct soft_graph *graph)
{
	if (!graph)
		return;
	soft_arena_free(graph->arena);
	free(graph);
}
