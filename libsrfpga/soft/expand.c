// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Writes the integer operators of ONNX (QLinearConv, QLinearMatMul,
 * ConvInteger, MatMulInteger) as the dequantised operators that they stand
 * for. Must not know how those lower.
 */
#include "lower.h"

#include <stdio.h>
#include <string.h>

/* Nodes and values that one operator becomes at most. */
#define MORE_NODES	6
#define MORE_VALUES	6

struct expansion {
	struct soft_lower *l;
	struct soft_node *nodes;
	uint32_t num;
	const struct soft_node *from;
};

static bool is_conv(const struct soft_node *n)
{
	return strstr(n->op, "Conv") != NULL;
}

static bool expands(const struct soft_node *n)
{
	static const char *const list[] = {
		"QLinearConv", "QLinearMatMul", "ConvInteger",
		"MatMulInteger",
	};

	for (size_t i = 0; i < sizeof(list) / sizeof(*list); i++)
		if (!strcmp(n->op, list[i]))
			return true;
	return false;
}

static int32_t new_value(struct expansion *x, const char *what)
{
	struct soft_lower *l = x->l;
	char name[256];

	snprintf(name, sizeof(name), "%.200s %s", x->from->name, what);
	l->values[l->num_values].name = soft_strdup(l->scratch, name);
	if (!l->values[l->num_values].name)
		return -1;
	l->values[l->num_values].uses = 1;
	l->values[l->num_values].port = -1;
	return (int32_t)l->num_values++;
}

/* A constant 1. */
static int32_t new_one(struct expansion *x)
{
	int32_t v = new_value(x, "one");
	struct soft_const *k;

	if (v < 0 || soft_const_new(x->l, 0, NULL, false, &k))
		return -1;
	k->v[0] = 1;
	x->l->values[v].kind = SOFT_VALUE_CONST;
	x->l->values[v].k = k;
	return v;
}

/* An attribute list with nothing but an axis. */
static const SoftOnnx__Node *axis_only(struct soft_lower *l, int64_t axis)
{
	SoftOnnx__Node *raw = soft_alloc(l->scratch, 1, sizeof(*raw));
	SoftOnnx__Attribute *a = soft_alloc(l->scratch, 1, sizeof(*a));

	if (!raw || !a)
		return NULL;
	soft_onnx__node__init(raw);
	soft_onnx__attribute__init(a);
	raw->attribute = soft_alloc(l->scratch, 1, sizeof(*raw->attribute));
	if (!raw->attribute)
		return NULL;
	a->name = soft_strdup(l->scratch, "axis");
	a->has_i = true;
	a->i = axis;
	raw->attribute[0] = a;
	raw->n_attribute = 1;
	return raw;
}

static int add_node(struct expansion *x, const char *op,
		    const SoftOnnx__Node *raw, uint32_t num,
		    const int32_t *in, int32_t out)
{
	struct soft_node *n = &x->nodes[x->num++];

	n->op = op;
	n->name = x->from->name;
	n->raw = raw;
	n->num_in = num;
	n->num_out = 1;
	n->in = soft_alloc(x->l->scratch, num, sizeof(*n->in));
	n->out = soft_alloc(x->l->scratch, 1, sizeof(*n->out));
	if (!raw || out < 0 || !n->in || !n->out)
		return -ENOMEM;
	memcpy(n->in, in, num * sizeof(*in));
	n->out[0] = out;
	return 0;
}

static int32_t in_at(const struct soft_node *n, uint32_t i)
{
	return i < n->num_in ? n->in[i] : -1;
}

/* The input or the weights as real numbers; returns the value. */
static int32_t dequantise(struct expansion *x, const char *what, int64_t axis,
			  int32_t data, int32_t scale, int32_t zero)
{
	int32_t out = new_value(x, what), in[3] = { data, scale, zero };

	if (add_node(x, "DequantizeLinear", axis_only(x->l, axis),
		     zero < 0 ? 2 : 3, in, out))
		return -1;
	return out;
}

/* The bias counts in units of both scales. */
static int32_t real_bias(struct expansion *x, int32_t bias, int32_t xs,
			 int32_t ws)
{
	int32_t unit = new_value(x, "unit"), in[2] = { xs, ws };

	if (add_node(x, "Mul", x->from->raw, 2, in, unit))
		return -1;
	return dequantise(x, "bias", 0, bias, unit, -1);
}

static int expand_qlinear(struct expansion *x)
{
	const struct soft_node *n = x->from;
	bool conv = is_conv(n);
	int32_t in[3], out[3], sum = new_value(x, "sum");
	bool bias = conv && in_at(n, 8) >= 0;

	in[0] = dequantise(x, "x", 1, in_at(n, 0), in_at(n, 1), in_at(n, 2));
	in[1] = dequantise(x, "w", conv ? 0 : 1, in_at(n, 3), in_at(n, 4),
			   in_at(n, 5));
	in[2] = bias ? real_bias(x, in_at(n, 8), in_at(n, 1), in_at(n, 4)) :
		       -1;
	out[0] = sum;
	out[1] = in_at(n, 6);
	out[2] = in_at(n, 7);
	if (in[0] < 0 || in[1] < 0 || (bias && in[2] < 0) ||
	    add_node(x, conv ? "Conv" : "MatMul", n->raw, bias ? 3 : 2, in,
		     sum))
		return -ENOMEM;
	return add_node(x, "QuantizeLinear", axis_only(x->l, 1), 3, out,
			n->num_out ? n->out[0] : -1);
}

static int expand_integer(struct expansion *x)
{
	const struct soft_node *n = x->from;
	int32_t one = new_one(x), in[2];

	if (one < 0)
		return -ENOMEM;
	in[0] = dequantise(x, "x", 1, in_at(n, 0), one, in_at(n, 2));
	in[1] = dequantise(x, "w", is_conv(n) ? 0 : 1, in_at(n, 1), one,
			   in_at(n, 3));
	if (in[0] < 0 || in[1] < 0)
		return -ENOMEM;
	return add_node(x, is_conv(n) ? "Conv" : "MatMul", n->raw, 2, in,
			n->num_out ? n->out[0] : -1);
}

static int check(struct soft_lower *l, const struct soft_node *n)
{
	uint32_t least = n->op[0] == 'Q' ? 8 : 2;

	for (uint32_t i = 0; i < least; i++)
		if (in_at(n, i) < 0)
			return soft_fail(l, -EINVAL, "%s (%s): lacks input %u",
					 n->name, n->op, i);
	if (!n->num_out || n->out[0] < 0)
		return soft_fail(l, -EINVAL, "%s (%s): lacks its output",
				 n->name, n->op);
	return 0;
}

static int make_room(struct soft_lower *l, uint32_t count,
		     struct soft_node **nodes)
{
	size_t more = (size_t)count * MORE_VALUES;
	struct soft_value *values = soft_alloc(l->scratch, l->num_values +
					       more, sizeof(*values));

	*nodes = soft_alloc(l->scratch, l->num_nodes + (size_t)count *
			    MORE_NODES, sizeof(**nodes));
	if (!values || !*nodes)
		return -ENOMEM;
	memcpy(values, l->values, l->num_values * sizeof(*values));
	for (uint32_t i = 0; i < l->num_values; i++)
		if (values[i].root)
			values[i].root = &values[i];
	l->values = values;
	return 0;
}

int soft_expand(struct soft_lower *l)
{
	struct expansion x = { .l = l };
	uint32_t count = 0;
	int ret;

	for (uint32_t i = 0; i < l->num_nodes; i++)
		count += expands(&l->nodes[i]);
	if (!count)
		return 0;
	ret = make_room(l, count, &x.nodes);
	for (uint32_t i = 0; !ret && i < l->num_nodes; i++) {
		x.from = &l->nodes[i];
		if (!expands(x.from)) {
			x.nodes[x.num++] = *x.from;
			continue;
		}
		ret = check(l, x.from);
		if (!ret)
			ret = x.from->op[0] == 'Q' ? expand_qlinear(&x) :
						     expand_integer(&x);
	}
	if (ret)
		return ret;
	l->nodes = x.nodes;
	l->num_nodes = x.num;
	return 0;
}
