// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Moves pointwise nodes that treat all elements alike in front of the data
 * movements that they follow: a quantiser then meets the accumulators, whose
 * channels may still have different scales. Quantisers never fall, so they
 * pass a maximum, too. Must not know how nodes lower.
 */
#include "lower.h"

#include <string.h>

static bool listed(const char *op, const char *const *list)
{
	for (; *list; list++)
		if (!strcmp(op, *list))
			return true;
	return false;
}

static bool moves_only(const char *op)
{
	static const char *const list[] = {
		"DepthToSpace", "SpaceToDepth", "Transpose", "Reshape",
		"Flatten", "Squeeze", "Unsqueeze", "Resize", "Upsample", NULL
	};

	return listed(op, list);
}

static bool all_scalar(struct soft_lower *l, const struct soft_node *n)
{
	for (uint32_t i = 1; i < n->num_in; i++) {
		const struct soft_const *k = soft_const_in(l, n, i);

		if (n->in[i] >= 0 && (!k || k->n != 1 || k->rank > 1))
			return false;
	}
	return true;
}

/* The same function of every element of its first input. */
static bool pointwise(struct soft_lower *l, const struct soft_node *n)
{
	static const char *const list[] = {
		"Relu", "Clip", "LeakyRelu", "HardSigmoid", "HardSwish", "Abs",
		"Neg", "Cast", "Identity", "Quant", "IntQuant", "BipolarQuant",
		"Trunc",
		"QuantizeLinear", "DequantizeLinear", "Add", "Sub", "Mul",
		"Div", "Min", "Max", NULL
	};
	const struct soft_const *t;

	if (listed(n->op, list))
		return all_scalar(l, n);
	if (strcmp(n->op, "MultiThreshold"))
		return false;
	t = soft_const_in(l, n, 1);
	return t && t->rank == 2 && t->dims[0] == 1;
}

/* Of those, the ones that never fall. */
static bool never_falls(const struct soft_node *n)
{
	static const char *const list[] = {
		"Relu", "Clip", "Quant", "IntQuant", "BipolarQuant", "Trunc",
		"QuantizeLinear", NULL
	};

	return listed(n->op, list) || (!strcmp(n->op, "MultiThreshold") &&
				       soft_attr_float(n, "out_scale", 1) > 0);
}

/**
 * struct spare - values for what is computed on the way
 * @first: @first + 0 and 1 for every computation, then one for each Pad
 * @used: of the latter
 */
struct spare {
	uint32_t first, used;
};

static int make_spare(struct soft_lower *l, struct spare *s)
{
	uint32_t pads = 0;
	struct soft_value *values;

	for (uint32_t i = 0; i < l->num_nodes; i++)
		pads += !strcmp(l->nodes[i].op, "Pad");
	*s = (struct spare){ l->num_values, 2 };
	if (!pads)
		return 0;
	values = soft_alloc(l->scratch, l->num_values + 2 + pads,
			    sizeof(*values));
	if (!values)
		return -ENOMEM;
	memcpy(values, l->values, l->num_values * sizeof(*values));
	for (uint32_t i = 0; i < l->num_values; i++)
		if (values[i].root)
			values[i].root = &values[values[i].root - l->values];
	l->values = values;
	l->num_values += 2 + pads;
	return 0;
}

static int32_t put_const(struct soft_lower *l, uint32_t at,
			 struct soft_const *k)
{
	struct soft_value *v = &l->values[at];

	v->name = "a pad's value";
	v->kind = SOFT_VALUE_CONST;
	v->k = k;
	v->rank = k->rank;
	memcpy(v->dims, k->dims, sizeof(v->dims));
	return (int32_t)at;
}

/* @point's function of @k, or NULL. */
static struct soft_const *apply(struct soft_lower *l, const struct spare *s,
				const struct soft_node *point,
				struct soft_const *k)
{
	struct soft_refusal **last = l->last_refusal;
	uint32_t refusals = l->num_refusals;
	struct soft_node n = *point;
	int32_t out = (int32_t)s->first + 1;
	int ret;

	n.in = soft_alloc(l->scratch, n.num_in, sizeof(*n.in));
	if (!n.in)
		return NULL;
	memcpy(n.in, point->in, n.num_in * sizeof(*n.in));
	n.in[0] = put_const(l, s->first, k);
	n.out = &out;
	l->values[out].kind = SOFT_VALUE_UNKNOWN;
	ret = soft_fold(l, &n);
	l->num_refusals = refusals;
	l->last_refusal = last;
	*last = NULL;
	return ret == 1 ? l->values[out].k : NULL;
}

/* A constant's pad has to become what @point makes of it. */
static bool change_pad(struct soft_lower *l, struct spare *s,
		       struct soft_node *pad, const struct soft_node *point)
{
	struct soft_const *k = (struct soft_const *)soft_const_in(l, pad, 2);
	int32_t *in;

	if (!soft_attr_is(pad, "mode", "constant", true))
		return true;
	if (soft_attr(pad, "value") || (k ? k->n != 1 : soft_in(l, pad, 2) !=
	    NULL) || (!k && soft_const_new(l, 0, NULL, false, &k)))
		return false;
	k = apply(l, s, point, k);
	in = soft_alloc(l->scratch, 4, sizeof(*in));
	if (!k || !in)
		return false;
	for (uint32_t i = 0; i < 4; i++)
		in[i] = i < pad->num_in ? pad->in[i] : -1;
	if (in[2] < (int32_t)s->first)
		in[2] = (int32_t)(s->first + s->used++);
	put_const(l, (uint32_t)in[2], k);
	pad->in = in;
	pad->num_in = 4;
	return true;
}

/* in -> move -> mid -> point -> out becomes in -> point -> mid -> move -> out */
static void swap(struct soft_node *move, struct soft_node *point)
{
	int32_t in = move->in[0], mid = move->out[0], out = point->out[0];
	struct soft_node saved = *move;

	point->in[0] = in;
	point->out[0] = mid;
	move->in[0] = mid;
	move->out[0] = out;
	saved = *move;
	*move = *point;
	*point = saved;
}

static bool candidate(struct soft_lower *l, const struct soft_node *move,
		      const struct soft_node *point)
{
	const struct soft_value *in = soft_in(l, move, 0);

	if (!strcmp(move->op, "MaxPool") ? !never_falls(point) :
	    strcmp(move->op, "Pad") && !moves_only(move->op))
		return false;
	return move->num_out == 1 &&
	       point->num_out == 1 && point->num_in && point->in[0] >= 0 &&
	       point->in[0] == move->out[0] && point->out[0] >= 0 &&
	       in && in->kind != SOFT_VALUE_CONST &&
	       soft_out(l, move, 0)->kind != SOFT_VALUE_CONST &&
	       soft_out(l, move, 0)->uses == 1 && pointwise(l, point);
}

/* A node further up may move again when one behind it has moved. */
int soft_hoist(struct soft_lower *l)
{
	int32_t *producer;
	struct spare spare;

	if (make_spare(l, &spare))
		return -ENOMEM;
	producer = soft_alloc(l->scratch, l->num_values, sizeof(*producer));
	if (!producer)
		return -ENOMEM;
	for (uint32_t i = 0; i < l->num_values; i++)
		producer[i] = -1;
	for (uint32_t i = 0; i < l->num_nodes; i++) {
		uint32_t at = i;

		for (;;) {
			struct soft_node *point = &l->nodes[at];
			int32_t from = point->num_in && point->in[0] >= 0 ?
				       producer[point->in[0]] : -1;

			if (from < 0 || !candidate(l, &l->nodes[from], point))
				break;
			if (!strcmp(l->nodes[from].op, "Pad") &&
			    !change_pad(l, &spare, &l->nodes[from], point))
				break;
			swap(&l->nodes[from], point);
			producer[point->out[0]] = (int32_t)at;
			producer[l->nodes[from].out[0]] = from;
			at = (uint32_t)from;
		}
		for (uint32_t j = 0; j < l->nodes[i].num_out; j++)
			if (l->nodes[i].out[j] >= 0)
				producer[l->nodes[i].out[j]] = (int32_t)i;
	}
	return soft_net_sort(l);
}
