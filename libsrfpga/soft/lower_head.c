// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Ends of classifiers: ArgMax, ArgMin, TopK on codes or floats, Softmax as a
 * float function where nothing integer follows. Must not know quantisers.
 */
#include "lower.h"

#include <string.h>

/* The order of the codes is the order of the values; else floats. */
static int comparable(struct soft_lower *l, const struct soft_node *n,
		      struct soft_value *v)
{
	if (v->kind == SOFT_VALUE_FLOAT)
		return 0;
	if (soft_chain_is_affine(&v->chain) &&
	    soft_chain_channels(&v->chain) == 1 &&
	    soft_chain_slope(&v->chain, 0) > 0)
		return 0;
	return soft_value_float(l, n, v);
}

/* Input 0 with dimension @axis innermost. */
static int begin(struct soft_lower *l, const struct soft_node *n,
		 int64_t axis, struct soft_value *v, uint32_t *dim)
{
	struct soft_value *in;
	int ret = soft_data_in(l, n, 0, &in);

	if (ret)
		return ret;
	if (in->kind == SOFT_VALUE_INPUT)
		return soft_refuse(l, n,
				   "the network's input is not quantised before it");
	if (!soft_axis(axis, in->rank, dim))
		return soft_refuse(l, n, "its axis is out of range");
	*v = *in;
	v->name = soft_out(l, n, 0)->name;
	if (soft_chain_channels(&v->chain) > 1)
		ret = soft_value_float(l, n, v);
	return ret ? ret : soft_value_last(l, n, v, *dim);
}

/* Output @i: @k indices, or the elements themselves. */
static int emit_topk(struct soft_lower *l, const struct soft_node *n,
		     uint32_t i, const struct soft_value *in, uint32_t dim,
		     bool indices, const struct soft_topk *k)
{
	struct soft_value v = *in, *out = soft_out(l, n, i);
	const struct soft_tensor *t = soft_tensor_of(l, in);
	uint32_t hwc[3] = { t->h, t->w, k->k }, channels = t->c;
	struct soft_op *op;

	if (!out)
		return 0;
	op = soft_emit(l, n, indices ? SOFT_OP_ARGMAX : SOFT_OP_TOPK,
		       v.tensor, hwc, out->name, &v.tensor);
	if (!op)
		return -ENOMEM;
	op->topk = *k;
	v.dims[dim] = k->k;
	if (indices) {
		struct soft_tensor *u = soft_tensor_of(l, &v);

		v.kind = SOFT_VALUE_CODES;
		v.chain.num = 0;
		v.bipolar = false;
		u->is_float = false;
		soft_tensor_range(u, 0, channels <= 256 ? UINT8_MAX :
				  channels <= 65536 ? UINT16_MAX : UINT32_MAX);
	}
	soft_copy_value(out, &v);
	return 0;
}

static void drop_dim(struct soft_value *v, uint32_t dim)
{
	uint32_t k = 0;

	for (uint32_t i = 0; i < v->rank; i++)
		if (v->order[i] != dim)
			v->order[k++] = v->order[i] - (v->order[i] > dim);
	for (uint32_t i = dim; i + 1 < v->rank; i++)
		v->dims[i] = v->dims[i + 1];
	v->rank--;
}

static int lower_arg(struct soft_lower *l, const struct soft_node *n)
{
	struct soft_topk k = {
		.k = 1,
		.largest = !strcmp(n->op, "ArgMax"),
		.last = soft_attr_int(n, "select_last_index", 0),
	};
	struct soft_value v;
	uint32_t dim;
	int ret = begin(l, n, soft_attr_int(n, "axis", 0), &v, &dim);

	if (!ret)
		ret = comparable(l, n, &v);
	if (!ret)
		ret = emit_topk(l, n, 0, &v, dim, true, &k);
	if (!ret && !soft_attr_int(n, "keepdims", 1))
		drop_dim(soft_out(l, n, 0), dim);
	return ret;
}

static int lower_topk(struct soft_lower *l, const struct soft_node *n)
{
	struct soft_topk k = { .largest = soft_attr_int(n, "largest", 1) };
	int64_t count = soft_attr_int(n, "k", 0);
	struct soft_value v;
	uint32_t dim;
	int ret = begin(l, n, soft_attr_int(n, "axis", -1), &v, &dim);

	if (!ret && soft_in(l, n, 1) &&
	    soft_ints_arg(l, n, NULL, 1, &count, 1) != 1)
		return soft_refuse(l, n, "K is not constant");
	if (!ret && (count < 1 || count > v.dims[dim]))
		ret = soft_refuse(l, n, "K is out of range");
	k.k = (uint32_t)count;
	if (!ret)
		ret = comparable(l, n, &v);
	if (!ret)
		ret = emit_topk(l, n, 0, &v, dim, false, &k);
	return ret ? ret : emit_topk(l, n, 1, &v, dim, true, &k);
}

static int lower_softmax(struct soft_lower *l, const struct soft_node *n)
{
	struct soft_value v;
	uint32_t dim, hwc[3];
	struct soft_tensor *t;
	int ret = begin(l, n, soft_attr_int(n, "axis", l->opset < 13 ? 1 : -1),
			&v, &dim);

	/* Until opset 12 everything behind the axis is one vector. */
	for (uint32_t i = dim + 1; !ret && l->opset < 13 && i < v.rank; i++)
		if (v.dims[i] != 1)
			ret = soft_refuse(l, n, "more than one dimension");
	if (!ret)
		ret = soft_value_float(l, n, &v);
	if (ret)
		return ret;
	t = soft_tensor_of(l, &v);
	memcpy(hwc, (uint32_t[]){ t->h, t->w, t->c }, sizeof(hwc));
	if (!soft_emit(l, n, SOFT_OP_SOFTMAX, v.tensor, hwc, v.name,
		       &v.tensor))
		return -ENOMEM;
	soft_copy_value(soft_out(l, n, 0), &v);
	return 0;
}

soft_handler soft_find_head(const char *op)
{
	if (!strcmp(op, "ArgMax") || !strcmp(op, "ArgMin"))
		return lower_arg;
	if (!strcmp(op, "TopK"))
		return lower_topk;
	return strcmp(op, "Softmax") ? NULL : lower_softmax;
}
