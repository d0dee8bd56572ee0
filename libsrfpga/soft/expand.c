// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Writes the integer operators of ONNX (QLinearConv, QLinearMatMul,
 * ConvInteger, MatMulInteger) and FINN's with channels last as the operators
 * that they stand for. Must not know how those lower.
 */
#include "lower.h"

#include <stdio.h>
#include <string.h>

/* Nodes and values that one operator becomes at most. */
#define MORE_NODES	6
#define MORE_VALUES	12

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

/* Operators of this domain are ONNX's but for the order of dimensions. */
static bool is_channels_last(const struct soft_node *n)
{
	return n->raw->domain &&
	       !strcmp(n->raw->domain, "qonnx.custom_op.channels_last") &&
	       (!strcmp(n->op, "Conv") || !strcmp(n->op, "MaxPool") ||
		!strcmp(n->op, "BatchNormalization"));
}

static bool expands(const struct soft_node *n)
{
	static const char *const list[] = {
		"QLinearConv", "QLinearMatMul", "ConvInteger",
		"MatMulInteger", "MaxPoolNHWC", "QuantAvgPool2d",
	};

	if (is_channels_last(n))
		return true;
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

static int32_t new_number(struct expansion *x, const char *what, double number)
{
	int32_t v = new_value(x, what);
	struct soft_const *k;

	if (v < 0 || soft_const_new(x->l, 0, NULL, false, &k))
		return -1;
	k->v[0] = number;
	x->l->values[v].kind = SOFT_VALUE_CONST;
	x->l->values[v].k = k;
	return v;
}

#define MORE_ATTRIBUTES	2

static SoftOnnx__Node *no_attributes(struct soft_lower *l)
{
	SoftOnnx__Node *raw = soft_alloc(l->scratch, 1, sizeof(*raw));

	if (!raw)
		return NULL;
	soft_onnx__node__init(raw);
	raw->attribute = soft_alloc(l->scratch, MORE_ATTRIBUTES,
				    sizeof(*raw->attribute));
	return raw->attribute ? raw : NULL;
}

static SoftOnnx__Attribute *add_attribute(struct soft_lower *l,
					  SoftOnnx__Node *raw,
					  const char *name)
{
	SoftOnnx__Attribute *a = soft_alloc(l->scratch, 1, sizeof(*a));

	if (!a)
		return NULL;
	soft_onnx__attribute__init(a);
	a->name = soft_strdup(l->scratch, name);
	raw->attribute[raw->n_attribute++] = a;
	return a->name ? a : NULL;
}

/* An attribute list with nothing but an axis. */
static const SoftOnnx__Node *axis_only(struct soft_lower *l, int64_t axis)
{
	SoftOnnx__Node *raw = no_attributes(l);
	SoftOnnx__Attribute *a = raw ? add_attribute(l, raw, "axis") : NULL;

	if (!a)
		return NULL;
	a->has_i = true;
	a->i = axis;
	return raw;
}

static int add_ints(struct soft_lower *l, SoftOnnx__Node *raw,
		    const char *name, uint32_t n, const int64_t *ints)
{
	SoftOnnx__Attribute *a = raw ? add_attribute(l, raw, name) : NULL;

	if (!a)
		return -ENOMEM;
	a->ints = soft_alloc(l->scratch, n, sizeof(*a->ints));
	if (!a->ints)
		return -ENOMEM;
	memcpy(a->ints, ints, n * sizeof(*ints));
	a->n_ints = n;
	return 0;
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
	int32_t one = new_number(x, "one", 1), in[2];

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

/* The channels of @rank dimensions first, or last again. */
static int32_t turn(struct expansion *x, uint32_t rank, bool first,
		    int32_t from, int32_t to)
{
	SoftOnnx__Node *raw = no_attributes(x->l);
	int64_t perm[SOFT_MAX_DIMS] = { 0 };

	for (uint32_t i = 1; i < rank; i++)
		perm[i] = first ? (i == 1 ? rank - 1 : i - 1) :
				  (i + 1 < rank ? i + 1 : 1);
	if (to < 0)
		to = new_value(x, "turned");
	if (add_ints(x->l, raw, "perm", rank, perm) ||
	    add_node(x, "Transpose", raw, 1, &from, to))
		return -1;
	return to;
}

/* Batch, channel and an entry for each of the kernel's dimensions. */
static uint32_t rank_of(const struct soft_node *n)
{
	const SoftOnnx__Attribute *a = soft_attr(n, "kernel_shape");

	return a && a->n_ints >= 1 && a->n_ints <= 2 ? 2 + a->n_ints : 4;
}

static int expand_last(struct expansion *x)
{
	const struct soft_node *n = x->from;
	SoftOnnx__Node *raw = soft_alloc(x->l->scratch, 1, sizeof(*raw));
	bool pool = !strcmp(n->op, "MaxPoolNHWC");
	uint32_t rank = rank_of(n);
	int32_t in[8] = { 0 }, out = new_value(x, "first");

	if (n->num_in > sizeof(in) / sizeof(*in))
		return soft_fail(x->l, -EINVAL, "%s (%s): too many inputs",
				 n->name, n->op);
	if (!raw)
		return -ENOMEM;
	*raw = *n->raw;
	raw->domain = (char *)"";
	memcpy(in, n->in, n->num_in * sizeof(*in));
	in[0] = turn(x, rank, true, n->in[0], -1);
	if (in[0] < 0 || add_node(x, pool ? "MaxPool" : n->op, raw, n->num_in,
				  in, out))
		return -ENOMEM;
	return turn(x, rank, false, out, n->out[0]) < 0 ? -ENOMEM : 0;
}

/* The bits of a window's greatest sum that the output leaves out. */
static int32_t dropped_bits(const struct soft_node *n, int64_t kernel)
{
	int64_t ibits = soft_attr_int(n, "ibits", 1);
	int64_t drop = -soft_attr_int(n, "obits", 1);

	if (ibits < 1 || ibits > 24 || kernel < 1 || kernel > 1024)
		return 0;
	for (int64_t most = (((int64_t)1 << ibits) - 1) * kernel * kernel; most;
	     most >>= 1)
		drop++;
	return drop < 0 ? 0 : drop > 24 ? 24 : drop;
}

/* @op on @from and numbers; returns its output, @to or a new one. */
static int32_t behind(struct expansion *x, const char *op,
		      const SoftOnnx__Node *raw, int32_t from, uint32_t num,
		      const double *numbers, int32_t to)
{
	int32_t in[4] = { from };

	for (uint32_t i = 0; i < num; i++) {
		in[i + 1] = new_number(x, "number", numbers[i]);
		if (in[i + 1] < 0)
			return -1;
	}
	if (to < 0)
		to = new_value(x, op);
	return from < 0 || add_node(x, op, raw, num + 1, in, to) ? -1 : to;
}

static const SoftOnnx__Node *floor_only(struct soft_lower *l)
{
	SoftOnnx__Node *raw = no_attributes(l);
	SoftOnnx__Attribute *a = raw ? add_attribute(l, raw, "rounding_mode") :
				       NULL;

	if (!a)
		return NULL;
	a->has_s = true;
	a->s.data = (uint8_t *)soft_strdup(l->scratch, "FLOOR");
	a->s.len = strlen("FLOOR");
	return a->s.data ? raw : NULL;
}

/* The sum of a window, shifted right: a mean, times n, floored, scaled. */
static int expand_average(struct expansion *x)
{
	const struct soft_node *n = x->from;
	int64_t k = soft_attr_int(n, "kernel", 1);
	int64_t s = soft_attr_int(n, "stride", 1);
	bool last = soft_attr_is(n, "data_layout", "NHWC", false);
	double unit = (double)((int64_t)1 << dropped_bits(n, k));
	double count = (double)k * (double)k, scale = 1 / unit;
	SoftOnnx__Node *window = no_attributes(x->l);
	int32_t v = n->in[0];

	if (add_ints(x->l, window, "kernel_shape", 2, (int64_t[]){ k, k }) ||
	    add_ints(x->l, window, "strides", 2, (int64_t[]){ s, s }))
		return -ENOMEM;
	if (last)
		v = turn(x, 4, true, v, -1);
	v = behind(x, "AveragePool", window, v, 0, NULL, -1);
	v = behind(x, "Mul", no_attributes(x->l), v, 1, &count, -1);
	v = behind(x, "Quant", floor_only(x->l), v, 3,
		   (double[]){ unit, 0, 24 }, -1);
	v = behind(x, "Mul", no_attributes(x->l), v, 1, &scale,
		   last ? -1 : n->out[0]);
	if (last)
		v = turn(x, 4, false, v, n->out[0]);
	return v < 0 ? -ENOMEM : 0;
}

static int expand_one(struct expansion *x)
{
	const char *op = x->from->op;

	if (!strcmp(op, "QuantAvgPool2d"))
		return expand_average(x);
	if (!strcmp(op, "MaxPoolNHWC") || is_channels_last(x->from))
		return expand_last(x);
	return op[0] == 'Q' ? expand_qlinear(x) : expand_integer(x);
}

/* Inputs that every one has. */
static uint32_t least_inputs(const struct soft_node *n)
{
	if (!strncmp(n->op, "QLinear", 7))
		return 8;
	return strstr(n->op, "Pool") ? 1 : 2;
}

static int check(struct soft_lower *l, const struct soft_node *n)
{
	uint32_t least = least_inputs(n);

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
			ret = expand_one(&x);
	}
	if (ret)
		return ret;
	l->nodes = x.nodes;
	l->num_nodes = x.num;
	return 0;
}
