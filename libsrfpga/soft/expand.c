// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Writes the integer operators of ONNX (QLinearConv, QLinearMatMul,
 * ConvInteger, MatMulInteger) and FINN's with channels last as the operators
 * that they stand for. Must not know how those lower.
 */
#include "expand.h"

#include <stdio.h>
#include <string.h>

/* Nodes and values that one operator becomes at most, beside one an input. */
#define MORE_NODES	8
#define MORE_VALUES	14

static bool is_conv(const struct soft_node *n)
{
	return strstr(n->op, "Conv") != NULL;
}

int32_t soft_expand_value(struct soft_expansion *x, const char *what)
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

int32_t soft_expand_number(struct soft_expansion *x, const char *what,
			   double number)
{
	int32_t v = soft_expand_value(x, what);
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

const SoftOnnx__Node *soft_expand_axis(struct soft_lower *l, int64_t axis)
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

const SoftOnnx__Node *soft_expand_ints(struct soft_lower *l, const char *name,
				       uint32_t n, const int64_t *ints)
{
	SoftOnnx__Node *raw = no_attributes(l);

	return add_ints(l, raw, name, n, ints) ? NULL : raw;
}

int32_t soft_expand_vector(struct soft_expansion *x, uint32_t n,
			   const int64_t *ints)
{
	int32_t v = soft_expand_value(x, "list");
	int64_t dim = n;
	struct soft_const *k;

	if (v < 0 || soft_const_new(x->l, 1, &dim, false, &k))
		return -1;
	for (uint32_t i = 0; i < n; i++)
		k->v[i] = (double)ints[i];
	k->type = 7;
	x->l->values[v].kind = SOFT_VALUE_CONST;
	x->l->values[v].k = k;
	x->l->values[v].rank = 1;
	x->l->values[v].dims[0] = dim;
	return v;
}

int soft_expand_node(struct soft_expansion *x, const char *op,
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

int32_t soft_expand_in(const struct soft_node *n, uint32_t i)
{
	return i < n->num_in ? n->in[i] : -1;
}

const SoftOnnx__Node *soft_expand_plain(struct soft_expansion *x)
{
	SoftOnnx__Node *raw = soft_alloc(x->l->scratch, 1, sizeof(*raw));

	if (!raw)
		return NULL;
	*raw = *x->from->raw;
	raw->domain = (char *)"";
	return raw;
}

int32_t soft_expand_real(struct soft_expansion *x, const char *what,
			 int64_t axis, int32_t data, int32_t scale,
			 int32_t zero)
{
	int32_t out = soft_expand_value(x, what);
	int32_t in[3] = { data, scale, zero };

	if (soft_expand_node(x, "DequantizeLinear",
			     soft_expand_axis(x->l, axis), zero < 0 ? 2 : 3,
			     in, out))
		return -1;
	return out;
}

int32_t soft_expand_bias(struct soft_expansion *x, int32_t bias, int32_t xs,
			 int32_t ws)
{
	int32_t unit = soft_expand_value(x, "unit"), in[2] = { xs, ws };

	if (soft_expand_node(x, "Mul", soft_expand_plain(x), 2, in, unit))
		return -1;
	return soft_expand_real(x, "bias", -1, bias, unit, -1);
}

int soft_expand_codes(struct soft_expansion *x, int32_t real, int32_t scale,
		      int32_t zero)
{
	int32_t in[3] = { real, scale, zero };

	return soft_expand_node(x, "QuantizeLinear",
				soft_expand_axis(x->l, 1), zero < 0 ? 2 : 3,
				in, x->from->out[0]);
}

static int expand_qlinear(struct soft_expansion *x)
{
	const struct soft_node *n = x->from;
	bool conv = is_conv(n);
	bool bias = conv && soft_expand_in(n, 8) >= 0;
	int32_t in[3], sum = soft_expand_value(x, "sum");

	in[0] = soft_expand_real(x, "x", 1, soft_expand_in(n, 0),
				 soft_expand_in(n, 1), soft_expand_in(n, 2));
	in[1] = soft_expand_real(x, "w", conv ? 0 : 1, soft_expand_in(n, 3),
				 soft_expand_in(n, 4), soft_expand_in(n, 5));
	in[2] = bias ? soft_expand_bias(x, soft_expand_in(n, 8),
					soft_expand_in(n, 1),
					soft_expand_in(n, 4)) : -1;
	if (in[0] < 0 || in[1] < 0 || (bias && in[2] < 0) ||
	    soft_expand_node(x, conv ? "Conv" : "MatMul", n->raw,
			     bias ? 3 : 2, in, sum))
		return -ENOMEM;
	return soft_expand_codes(x, sum, soft_expand_in(n, 6),
				 soft_expand_in(n, 7));
}

static int expand_integer(struct soft_expansion *x)
{
	const struct soft_node *n = x->from;
	int32_t one = soft_expand_number(x, "one", 1), in[2];

	if (one < 0)
		return -ENOMEM;
	in[0] = soft_expand_real(x, "x", 1, soft_expand_in(n, 0), one, soft_expand_in(n, 2));
	in[1] = soft_expand_real(x, "w", is_conv(n) ? 0 : 1, soft_expand_in(n, 1), one,
			   soft_expand_in(n, 3));
	if (in[0] < 0 || in[1] < 0)
		return -ENOMEM;
	return soft_expand_node(x, is_conv(n) ? "Conv" : "MatMul", n->raw, 2, in,
			n->num_out ? n->out[0] : -1);
}

int32_t soft_expand_turn(struct soft_expansion *x, uint32_t rank, bool first,
			 int32_t from, int32_t to)
{
	SoftOnnx__Node *raw = no_attributes(x->l);
	int64_t perm[SOFT_MAX_DIMS] = { 0 };

	for (uint32_t i = 1; i < rank; i++)
		perm[i] = first ? (i == 1 ? rank - 1 : i - 1) :
				  (i + 1 < rank ? i + 1 : 1);
	if (to < 0)
		to = soft_expand_value(x, "turned");
	if (add_ints(x->l, raw, "perm", rank, perm) ||
	    soft_expand_node(x, "Transpose", raw, 1, &from, to))
		return -1;
	return to;
}

/* Batch, channel and an entry for each of the kernel's dimensions. */
static uint32_t rank_of(const struct soft_node *n)
{
	const SoftOnnx__Attribute *a = soft_attr(n, "kernel_shape");

	return a && a->n_ints >= 1 && a->n_ints <= 2 ? 2 + a->n_ints : 4;
}

static int expand_last(struct soft_expansion *x)
{
	const struct soft_node *n = x->from;
	bool pool = !strcmp(n->op, "MaxPoolNHWC");
	uint32_t rank = rank_of(n);
	int32_t in[8] = { 0 }, out = soft_expand_value(x, "first");

	if (n->num_in > sizeof(in) / sizeof(*in))
		return soft_fail(x->l, -EINVAL, "%s (%s): too many inputs",
				 n->name, n->op);
	memcpy(in, n->in, n->num_in * sizeof(*in));
	in[0] = soft_expand_turn(x, rank, true, n->in[0], -1);
	if (in[0] < 0 || soft_expand_node(x, pool ? "MaxPool" : n->op,
					  soft_expand_plain(x), n->num_in, in,
					  out))
		return -ENOMEM;
	return soft_expand_turn(x, rank, false, out, n->out[0]) < 0 ?
	       -ENOMEM : 0;
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
static int32_t behind(struct soft_expansion *x, const char *op,
		      const SoftOnnx__Node *raw, int32_t from, uint32_t num,
		      const double *numbers, int32_t to)
{
	int32_t in[4] = { from };

	for (uint32_t i = 0; i < num; i++) {
		in[i + 1] = soft_expand_number(x, "number", numbers[i]);
		if (in[i + 1] < 0)
			return -1;
	}
	if (to < 0)
		to = soft_expand_value(x, op);
	if (from < 0 || soft_expand_node(x, op, raw, num + 1, in, to))
		return -1;
	return to;
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
static int expand_average(struct soft_expansion *x)
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
		v = soft_expand_turn(x, 4, true, v, -1);
	v = behind(x, "AveragePool", window, v, 0, NULL, -1);
	v = behind(x, "Mul", no_attributes(x->l), v, 1, &count, -1);
	v = behind(x, "Quant", floor_only(x->l), v, 3,
		   (double[]){ unit, 0, 24 }, -1);
	v = behind(x, "Mul", no_attributes(x->l), v, 1, &scale,
		   last ? -1 : n->out[0]);
	if (last)
		v = soft_expand_turn(x, 4, false, v, n->out[0]);
	return v < 0 ? -ENOMEM : 0;
}

static const struct soft_expander *find_expander(struct soft_lower *l,
						 const struct soft_node *n)
{
	static const struct soft_expander last = { "", expand_last, 1 };
	static const struct soft_expander list[] = {
		{ "QLinearConv", expand_qlinear, 0xff },
		{ "QLinearMatMul", expand_qlinear, 0xff },
		{ "ConvInteger", expand_integer, 3 },
		{ "MatMulInteger", expand_integer, 3 },
		{ "MaxPoolNHWC", expand_last, 1 },
		{ "QuantAvgPool2d", expand_average, 1 },
	};
	const char *domain = n->raw->domain ? n->raw->domain : "";

	/* Operators of this domain are ONNX's but for the dimensions' order. */
	if (!strcmp(domain, "qonnx.custom_op.channels_last") &&
	    (!strcmp(n->op, "Conv") || !strcmp(n->op, "MaxPool") ||
	     !strcmp(n->op, "BatchNormalization")))
		return &last;
	if (!strcmp(domain, SOFT_MICROSOFT))
		return soft_expand_microsoft(n->op);
	for (size_t i = 0; i < sizeof(list) / sizeof(*list); i++)
		if (!strcmp(n->op, list[i].op))
			return &list[i];
	return soft_expand_finn(l, n);
}

static int check(struct soft_lower *l, const struct soft_node *n,
		 uint32_t needs)
{
	for (uint32_t i = 0; needs >> i; i++)
		if (needs >> i & 1 && soft_expand_in(n, i) < 0)
			return soft_fail(l, -EINVAL, "%s (%s): lacks input %u",
					 n->name, n->op, i);
	if (!n->num_out || n->out[0] < 0)
		return soft_fail(l, -EINVAL, "%s (%s): lacks its output",
				 n->name, n->op);
	return 0;
}

static int make_room(struct soft_lower *l, size_t more_nodes,
		     size_t more_values, struct soft_node **nodes)
{
	struct soft_value *values = soft_alloc(l->scratch, l->num_values +
					       more_values, sizeof(*values));

	*nodes = soft_alloc(l->scratch, l->num_nodes + more_nodes,
			    sizeof(**nodes));
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
	struct soft_expansion x = { .l = l };
	size_t nodes = 0, values = 0;
	int ret;

	for (uint32_t i = 0; i < l->num_nodes; i++)
		if (find_expander(l, &l->nodes[i])) {
			nodes += MORE_NODES + l->nodes[i].num_in;
			values += MORE_VALUES + l->nodes[i].num_in;
		}
	if (!nodes)
		return 0;
	ret = make_room(l, nodes, values, &x.nodes);
	for (uint32_t i = 0; !ret && i < l->num_nodes; i++) {
		const struct soft_expander *e;

		x.from = &l->nodes[i];
		e = find_expander(l, x.from);
		if (!e) {
			x.nodes[x.num++] = *x.from;
			continue;
		}
		ret = check(l, x.from, e->needs);
		if (!ret)
			ret = e->expand(&x);
	}
	if (ret)
		return ret;
	l->nodes = x.nodes;
	l->num_nodes = x.num;
	return 0;
}
