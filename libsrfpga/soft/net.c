// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The ONNX graph with its names resolved and its nodes in order of use. Must
 * not know what any node does.
 */
#include "lower.h"

#include <stdlib.h>
#include <string.h>

static int compare_names(const void *a, const void *b)
{
	const struct soft_value *x = a, *y = b;

	return strcmp(x->name, y->name);
}

struct soft_value *soft_value_named(struct soft_lower *l, const char *name)
{
	struct soft_value key = { .name = name };

	return name && *name ? bsearch(&key, l->values, l->num_named,
				       sizeof(key), compare_names) : NULL;
}

static void add_name(struct soft_lower *l, const char *name)
{
	if (name && *name)
		l->values[l->num_values++].name = name;
}

static void each_name(struct soft_lower *l)
{
	const SoftOnnx__Graph *g = l->onnx;

	for (size_t i = 0; i < g->n_input; i++)
		add_name(l, g->input[i]->name);
	for (size_t i = 0; i < g->n_output; i++)
		add_name(l, g->output[i]->name);
	for (size_t i = 0; i < g->n_initializer; i++)
		add_name(l, g->initializer[i]->name);
	for (size_t i = 0; i < g->n_node; i++) {
		for (size_t j = 0; j < g->node[i]->n_input; j++)
			add_name(l, g->node[i]->input[j]);
		for (size_t j = 0; j < g->node[i]->n_output; j++)
			add_name(l, g->node[i]->output[j]);
	}
}

static size_t count_names(const SoftOnnx__Graph *g)
{
	size_t n = g->n_input + g->n_output + g->n_initializer;

	for (size_t i = 0; i < g->n_node; i++)
		n += g->node[i]->n_input + g->node[i]->n_output;
	return n;
}

static int build_values(struct soft_lower *l)
{
	size_t n = count_names(l->onnx);
	uint32_t kept = 0;

	l->values = soft_alloc(l->scratch, n, sizeof(*l->values));
	if (!l->values || n > INT32_MAX)
		return -ENOMEM;
	each_name(l);
	qsort(l->values, l->num_values, sizeof(*l->values), compare_names);
	for (uint32_t i = 0; i < l->num_values; i++)
		if (!i || strcmp(l->values[i].name, l->values[kept - 1].name))
			l->values[kept++].name = l->values[i].name;
	l->num_values = l->num_named = kept;
	return 0;
}

static int resolve(struct soft_lower *l, size_t n, char **names, int32_t **out)
{
	*out = soft_alloc(l->scratch, n, sizeof(**out));
	if (!*out)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		const struct soft_value *v = soft_value_named(l, names[i]);

		(*out)[i] = v ? (int32_t)(v - l->values) : -1;
	}
	return 0;
}

static int build_node(struct soft_lower *l, const SoftOnnx__Node *raw,
		      struct soft_node *n)
{
	if (!raw->op_type)
		return soft_fail(l, -EINVAL, "a node has no type");
	n->raw = raw;
	n->op = raw->op_type;
	n->num_in = (uint32_t)raw->n_input;
	n->num_out = (uint32_t)raw->n_output;
	if (resolve(l, raw->n_input, raw->input, &n->in) ||
	    resolve(l, raw->n_output, raw->output, &n->out))
		return -ENOMEM;
	n->name = raw->name && *raw->name ? raw->name :
		  raw->n_output ? raw->output[0] : raw->op_type;
	for (uint32_t i = 0; i < n->num_in; i++)
		if (n->in[i] >= 0)
			l->values[n->in[i]].uses++;
	return 0;
}

int soft_net_build(struct soft_lower *l)
{
	const SoftOnnx__Graph *g = l->onnx;
	int ret;

	if (g->n_node > SOFT_MAX_NODES)
		return soft_fail(l, -E2BIG, "%zu nodes", g->n_node);
	ret = build_values(l);
	if (ret)
		return ret;
	l->num_nodes = (uint32_t)g->n_node;
	l->nodes = soft_alloc(l->scratch, g->n_node, sizeof(*l->nodes));
	if (!l->nodes)
		return -ENOMEM;
	for (size_t i = 0; i < g->n_node; i++) {
		ret = build_node(l, g->node[i], &l->nodes[i]);
		if (ret)
			return ret;
	}
	for (size_t i = 0; i < g->n_output; i++) {
		struct soft_value *v = soft_value_named(l, g->output[i]->name);

		if (v)
			v->uses++;
	}
	return 0;
}

/* Kahn's algorithm; who produces what, and how many inputs are missing. */
struct sorter {
	int32_t *producer;	/* of a value: its node, -1 none */
	uint32_t *missing;	/* of a node */
	uint32_t *first, *next;	/* consumers of a node, as lists of edges */
	uint32_t *target;
	uint32_t num_edges;
};

#define NO_EDGE	UINT32_MAX

static int note_producers(struct soft_lower *l, struct sorter *s)
{
	for (uint32_t i = 0; i < l->num_values; i++)
		s->producer[i] = -1;
	for (uint32_t i = 0; i < l->num_nodes; i++)
		for (uint32_t j = 0; j < l->nodes[i].num_out; j++) {
			int32_t v = l->nodes[i].out[j];

			if (v < 0)
				continue;
			if (s->producer[v] >= 0)
				return soft_fail(l, -EINVAL,
						 "%s is produced twice",
						 l->values[v].name);
			s->producer[v] = (int32_t)i;
		}
	return 0;
}

static void note_edges(struct soft_lower *l, struct sorter *s)
{
	for (uint32_t i = 0; i < l->num_nodes; i++)
		s->first[i] = NO_EDGE;
	for (uint32_t i = 0; i < l->num_nodes; i++)
		for (uint32_t j = 0; j < l->nodes[i].num_in; j++) {
			int32_t v = l->nodes[i].in[j], from;

			from = v < 0 ? -1 : s->producer[v];
			if (from < 0)
				continue;
			s->target[s->num_edges] = i;
			s->next[s->num_edges] = s->first[from];
			s->first[from] = s->num_edges++;
			s->missing[i]++;
		}
}

static int sort_nodes(struct soft_lower *l, struct sorter *s,
		      struct soft_node *sorted)
{
	uint32_t *ready = soft_alloc(l->scratch, l->num_nodes, sizeof(*ready));
	uint32_t head = 0, tail = 0;

	if (!ready)
		return -ENOMEM;
	for (uint32_t i = 0; i < l->num_nodes; i++)
		if (!s->missing[i])
			ready[tail++] = i;
	while (head < tail) {
		uint32_t i = ready[head];

		sorted[head++] = l->nodes[i];
		for (uint32_t e = s->first[i]; e != NO_EDGE; e = s->next[e])
			if (!--s->missing[s->target[e]])
				ready[tail++] = s->target[e];
	}
	if (head < l->num_nodes)
		return soft_fail(l, -EINVAL, "the graph has a cycle");
	l->nodes = sorted;
	return 0;
}

int soft_net_sort(struct soft_lower *l)
{
	struct soft_arena *a = l->scratch;
	struct soft_node *sorted;
	struct sorter s = { 0 };
	size_t edges = 0;
	int ret;

	for (uint32_t i = 0; i < l->num_nodes; i++)
		edges += l->nodes[i].num_in;
	s.producer = soft_alloc(a, l->num_values, sizeof(*s.producer));
	s.missing = soft_alloc(a, l->num_nodes, sizeof(*s.missing));
	s.first = soft_alloc(a, l->num_nodes, sizeof(*s.first));
	s.next = soft_alloc(a, edges, sizeof(*s.next));
	s.target = soft_alloc(a, edges, sizeof(*s.target));
	sorted = soft_alloc(a, l->num_nodes, sizeof(*sorted));
	if (!s.producer || !s.missing || !s.first || !s.next || !s.target ||
	    !sorted)
		return -ENOMEM;
	ret = note_producers(l, &s);
	if (ret)
		return ret;
	note_edges(l, &s);
	return sort_nodes(l, &s, sorted);
}
