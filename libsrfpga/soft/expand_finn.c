// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What FINN's transformations make of a convolution and of a binary product:
 * Im2Col before MatMul, and XnorPopcountMatMul. Must not know how their
 * expansions lower.
 */
#include "expand.h"

#include <stdio.h>
#include <string.h>

/* One or two integers; 1D has one. */
static int64_t entry(const struct soft_node *n, const char *name, size_t i,
		     int64_t fallback)
{
	const SoftOnnx__Attribute *a = soft_attr(n, name);

	if (!a)
		return fallback;
	if (!a->n_ints)
		return a->i;
	return a->ints[i < a->n_ints ? i : a->n_ints - 1];
}

/* The Im2Col that makes the first input of @n; NULL if another node does. */
static const struct soft_node *im2col_before(struct soft_lower *l,
					     const struct soft_node *n)
{
	for (uint32_t i = 0; i < l->num_nodes; i++) {
		const struct soft_node *m = &l->nodes[i];

		if (m->num_out && m->out[0] >= 0 && m->num_in == 1 &&
		    n->num_in && m->out[0] == n->in[0])
			return strcmp(m->op, "Im2Col") ? NULL : m;
	}
	return NULL;
}

/* "(1, h, w, c)" */
static bool channels_of(const struct soft_node *n, int64_t *channels)
{
	const SoftOnnx__Attribute *a = soft_attr(n, "input_shape");
	char text[80] = "";
	long long dims[4];

	if (!a || !a->has_s || !a->s.len || a->s.len >= sizeof(text))
		return false;
	memcpy(text, a->s.data, a->s.len);
	if (sscanf(text, "(%lld,%lld,%lld,%lld)", &dims[0], &dims[1],
		   &dims[2], &dims[3]) != 4 || dims[3] < 1)
		return false;
	*channels = dims[3];
	return true;
}

/* [kh kw c, m] becomes [m, c, kh, kw]. */
static int32_t kernel(struct soft_expansion *x, const struct soft_node *col,
		      int64_t channels)
{
	int64_t kh = entry(col, "kernel_size", 0, 1);
	int64_t kw = entry(col, "kernel_size", 1, 1);
	int64_t shape[] = { kh, kw, channels, -1 }, perm[] = { 3, 2, 0, 1 };
	int32_t in[2], split = soft_expand_value(x, "kernel");
	int32_t out = soft_expand_value(x, "weights");

	in[0] = soft_expand_in(x->from, 1);
	in[1] = soft_expand_vector(x, 4, shape);
	if (in[1] < 0 || soft_expand_node(x, "Reshape", soft_expand_plain(x),
					  2, in, split) ||
	    soft_expand_node(x, "Transpose", soft_expand_ints(x->l, "perm", 4,
							      perm), 1, &split,
			     out))
		return -1;
	return out;
}

/* The window's attributes of a convolution. */
static const SoftOnnx__Node *window(struct soft_lower *l,
				    const struct soft_node *col)
{
	static const char *const names[][2] = {
		{ "strides", "stride" }, { "dilations", "dilations" },
		{ "pads", "pad_amount" },
	};
	SoftOnnx__Node *raw = soft_alloc(l->scratch, 1, sizeof(*raw));

	if (!raw)
		return NULL;
	soft_onnx__node__init(raw);
	raw->attribute = soft_alloc(l->scratch, 3, sizeof(*raw->attribute));
	if (!raw->attribute)
		return NULL;
	for (uint32_t i = 0; i < 3; i++) {
		int64_t ints[4];
		const SoftOnnx__Node *one;

		for (size_t j = 0; j < 4; j++)
			ints[j] = entry(col, names[i][1], j, i < 2);
		one = soft_expand_ints(l, names[i][0], i < 2 ? 2 : 4, ints);
		if (!one)
			return NULL;
		raw->attribute[raw->n_attribute++] = one->attribute[0];
	}
	return raw;
}

/* Patches times a matrix are a convolution with channels last. */
static int expand_matmul(struct soft_expansion *x)
{
	const struct soft_node *col = im2col_before(x->l, x->from);
	int32_t in[2], out = soft_expand_value(x, "sum");
	int64_t channels = 1;

	if (!channels_of(col, &channels) ||
	    soft_attr_int(col, "pad_value", 0))
		return soft_fail(x->l, -EOPNOTSUPP,
				 "%s (%s): an input_shape or pad_value that is not known",
				 col->name, col->op);
	in[0] = soft_expand_turn(x, 4, true, col->in[0], -1);
	in[1] = kernel(x, col, channels);
	if (in[0] < 0 || in[1] < 0 ||
	    soft_expand_node(x, "Conv", window(x->l, col), 2, in, out))
		return -ENOMEM;
	return soft_expand_turn(x, 4, false, out, x->from->out[0]) < 0 ?
	       -ENOMEM : 0;
}

/* Every one of its readers does its work. */
static int expand_im2col(struct soft_expansion *x)
{
	return 0;
}

/* Whether nothing but MatMul reads @n, and as patches. */
static bool only_matmul(struct soft_lower *l, const struct soft_node *n)
{
	const struct soft_value *out = soft_out(l, n, 0);
	uint32_t readers = 0;

	for (uint32_t i = 0; out && i < l->num_nodes; i++) {
		const struct soft_node *m = &l->nodes[i];

		readers += m->num_in && m->in[0] == n->out[0] &&
			   !strcmp(m->op, "MatMul");
	}
	return readers && n->num_in == 1 && readers == out->uses;
}

/* How many of each column of @k are 0, and its bits as -1 and 1. */
static int column_zeros(struct soft_expansion *x, const struct soft_const *k,
			int32_t *zeros, int32_t *signs)
{
	uint32_t rows = (uint32_t)k->dims[0], columns = (uint32_t)k->dims[1];
	struct soft_value *v;
	struct soft_const *c;
	int64_t *count = soft_alloc(x->l->scratch, columns, sizeof(*count));

	*signs = soft_expand_number(x, "signs", 0);
	if (!count || *signs < 0 ||
	    soft_const_new(x->l, 2, k->dims, false, &c))
		return -ENOMEM;
	for (size_t i = 0; i < (size_t)rows * columns; i++) {
		if (k->v[i] != 0 && k->v[i] != 1)
			return soft_fail(x->l, -EINVAL,
					 "%s (%s): weights that are no bits",
					 x->from->name, x->from->op);
		c->v[i] = 2 * k->v[i] - 1;
		count[i % columns] += k->v[i] == 0;
	}
	v = &x->l->values[*signs];
	v->k = c;
	v->rank = 2;
	memcpy(v->dims, c->dims, sizeof(v->dims));
	*zeros = soft_expand_vector(x, columns, count);
	return *zeros < 0 ? -ENOMEM : 0;
}

/* Equal bits: a 1 adds the sign of its weight to the number of zeros. */
static int expand_xnor(struct soft_expansion *x)
{
	const struct soft_node *n = x->from;
	const struct soft_const *k = soft_const_in(x->l, n, 1);
	int32_t in[2] = { n->in[0], 0 }, sum[2];
	int ret;

	if (!k || k->rank != 2)
		return soft_fail(x->l, -EOPNOTSUPP,
				 "%s (%s): weights are no constant matrix",
				 n->name, n->op);
	sum[0] = soft_expand_value(x, "product");
	ret = column_zeros(x, k, &sum[1], &in[1]);
	if (!ret)
		ret = soft_expand_node(x, "MatMul", soft_expand_plain(x), 2,
				       in, sum[0]);
	return ret ? ret : soft_expand_node(x, "Add", soft_expand_plain(x), 2, sum,
				n->out[0]);
}

const struct soft_expander *soft_expand_finn(struct soft_lower *l,
					     const struct soft_node *n)
{
	static const struct soft_expander im2col = { "", expand_im2col, 1 };
	static const struct soft_expander matmul = { "", expand_matmul, 3 };
	static const struct soft_expander xnor = { "", expand_xnor, 3 };

	if (!strcmp(n->op, "XnorPopcountMatMul"))
		return &xnor;
	if (!strcmp(n->op, "Im2Col"))
		return only_matmul(l, n) ? &im2col : NULL;
	if (strcmp(n->op, "MatMul"))
		return NULL;
	return im2col_before(l, n) ? &matmul : NULL;
}
