// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * ONNX values during the lowering: their inputs, shapes and memory order. Owns
 * the mapping of ONNX dimensions to h, w, c; must not know operators.
 */
#include "lower.h"

#include <string.h>

struct soft_value *soft_in(struct soft_lower *l, const struct soft_node *n,
			   uint32_t i)
{
	if (i >= n->num_in || n->in[i] < 0)
		return NULL;
	return &l->values[n->in[i]];
}

struct soft_value *soft_out(struct soft_lower *l, const struct soft_node *n,
			    uint32_t i)
{
	if (i >= n->num_out || n->out[i] < 0)
		return NULL;
	return &l->values[n->out[i]];
}

const struct soft_const *soft_const_in(struct soft_lower *l,
				       const struct soft_node *n, uint32_t i)
{
	const struct soft_value *v = soft_in(l, n, i);

	return v && v->kind == SOFT_VALUE_CONST ? v->k : NULL;
}

int soft_data_in(struct soft_lower *l, const struct soft_node *n, uint32_t i,
		 struct soft_value **out)
{
	*out = soft_in(l, n, i);
	if (!*out || !soft_out(l, n, 0))
		return soft_fail(l, -EINVAL, "%s (%s): lacks an input or output",
				 n->name, n->op);
	if ((*out)->kind == SOFT_VALUE_CONST)
		return soft_refuse(l, n, "input %u is constant", i);
	return 0;
}

int soft_codes_in(struct soft_lower *l, const struct soft_node *n, uint32_t i,
		  struct soft_value **out)
{
	int ret = soft_data_in(l, n, i, out);

	if (ret)
		return ret;
	if ((*out)->kind == SOFT_VALUE_INPUT)
		ret = soft_input_codes(l, n, *out);
	if (ret)
		return ret;
	if ((*out)->kind == SOFT_VALUE_FLOAT)
		return soft_refuse(l, n, "its input is float");
	return 0;
}

struct soft_tensor *soft_tensor_of(struct soft_lower *l,
				   const struct soft_value *v)
{
	return &l->graph->tensors[v->tensor];
}

void soft_value_hwc(const struct soft_value *v, uint32_t hwc[3])
{
	uint32_t seen = 0;

	hwc[0] = hwc[1] = hwc[2] = 1;
	for (uint32_t i = v->rank; i--; seen++) {
		uint32_t d = (uint32_t)v->dims[v->order[i]];

		if (seen < 2)
			hwc[2 - seen] = d;
		else
			hwc[0] *= d;
	}
}

int64_t soft_value_elements(const struct soft_value *v)
{
	int64_t n = 1;

	for (uint32_t i = 0; i < v->rank; i++)
		n *= v->dims[i];
	return n;
}

void soft_value_dims(struct soft_value *v, uint32_t rank, const int64_t *dims)
{
	v->rank = rank;
	for (uint32_t i = 0; i < rank; i++) {
		v->dims[i] = dims[i];
		v->order[i] = i;
	}
}

uint32_t soft_value_channel_dim(const struct soft_value *v)
{
	for (uint32_t i = v->rank; i--;)
		if (v->dims[v->order[i]] > 1)
			return v->order[i];
	return v->rank ? v->order[v->rank - 1] : 0;
}

/* The dimensions that matter, in the given order. */
static uint32_t wide_dims(const struct soft_value *v, const uint32_t *order,
			  uint32_t *out)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < v->rank; i++)
		if (v->dims[order[i]] > 1)
			out[n++] = order[i];
	return n;
}

bool soft_value_ordered(const struct soft_value *v, const uint32_t *order)
{
	uint32_t a[SOFT_MAX_DIMS], b[SOFT_MAX_DIMS];
	uint32_t n = wide_dims(v, v->order, a);

	wide_dims(v, order, b);
	return !memcmp(a, b, n * sizeof(*a));
}

int soft_value_shape(struct soft_lower *l, const struct soft_node *n,
		     struct soft_value *v, const uint32_t hwc[3])
{
	struct soft_tensor *t = soft_tensor_of(l, v);

	if (t->h == hwc[0] && t->w == hwc[1] && t->c == hwc[2])
		return 0;
	if (soft_chain_channels(&v->chain) > 1 && t->c != hwc[2])
		return soft_refuse(l, n,
				   "mixes channels of different scales");
	if (!soft_emit(l, n, SOFT_OP_RESHAPE, v->tensor, hwc, v->name,
		       &v->tensor))
		return -ENOMEM;
	return 0;
}

static int permute(struct soft_lower *l, const struct soft_node *n,
		   struct soft_value *v, const uint32_t *order)
{
	uint32_t from[SOFT_MAX_DIMS], to[SOFT_MAX_DIMS], hwc[3];
	uint32_t rank = wide_dims(v, v->order, from);
	struct soft_op *op;

	wide_dims(v, order, to);
	if (soft_chain_channels(&v->chain) > 1 && from[rank - 1] !=
	    to[rank - 1])
		return soft_refuse(l, n, "moves channels of different scales");
	memcpy(v->order, order, v->rank * sizeof(*order));
	soft_value_hwc(v, hwc);
	op = soft_emit(l, n, SOFT_OP_PERMUTE, v->tensor, hwc, v->name,
		       &v->tensor);
	if (!op)
		return -ENOMEM;
	op->permute.rank = rank;
	for (uint32_t i = 0; i < rank; i++) {
		op->permute.dims[i] = (uint32_t)v->dims[from[i]];
		for (uint32_t j = 0; j < rank; j++)
			if (from[j] == to[i])
				op->permute.perm[i] = j;
	}
	return 0;
}

int soft_value_reorder(struct soft_lower *l, const struct soft_node *n,
		       struct soft_value *v, const uint32_t *order)
{
	uint32_t hwc[3];

	if (!soft_value_ordered(v, order))
		return permute(l, n, v, order);
	memcpy(v->order, order, v->rank * sizeof(*order));
	soft_value_hwc(v, hwc);
	return soft_value_shape(l, n, v, hwc);
}

int soft_value_image(struct soft_lower *l, const struct soft_node *n,
		     struct soft_value *v)
{
	static const uint32_t order4[] = { 0, 2, 3, 1 }, order3[] = { 0, 2, 1 };

	if (v->rank != 4 && v->rank != 3)
		return soft_refuse(l, n, "input has %u dimensions, not 4 or 3",
				   v->rank);
	return soft_value_reorder(l, n, v, v->rank == 4 ? order4 : order3);
}

int soft_value_canonical(struct soft_lower *l, const struct soft_node *n,
			 struct soft_value *v)
{
	uint32_t order[SOFT_MAX_DIMS];

	for (uint32_t i = 0; i < v->rank; i++)
		order[i] = i;
	return soft_value_reorder(l, n, v, order);
}

int soft_affine(struct soft_lower *l, const struct soft_node *n,
		struct soft_value *v, uint32_t channels, const soft_quad *p,
		const soft_quad *q)
{
	int ret = soft_chain_affine(&v->chain, l->scratch, channels, p, q);

	if (ret == -E2BIG)
		return soft_refuse(l, n, "values that are not finite, or too many functions in a row");
	return ret;
}

/* The one dimension of @k that is not 1, as a dimension of @v. */
static bool only_dim(const struct soft_value *v, const struct soft_const *k,
		     uint32_t *dim)
{
	uint32_t found = 0;

	for (uint32_t i = 0; i < k->rank; i++) {
		if (k->dims[i] == 1)
			continue;
		if (v->rank + i < k->rank)
			return false;
		*dim = v->rank + i - k->rank;
		if (v->dims[*dim] != k->dims[i])
			return false;
		found++;
	}
	return found == 1;
}

static int to_quads(struct soft_lower *l, const struct soft_const *k,
		    soft_quad **out)
{
	*out = soft_alloc(l->scratch, k->n, sizeof(**out));
	if (!*out)
		return -ENOMEM;
	for (size_t i = 0; i < k->n; i++)
		(*out)[i] = k->v[i];
	return 0;
}

int soft_value_last(struct soft_lower *l, const struct soft_node *n,
		    struct soft_value *v, uint32_t dim)
{
	uint32_t order[SOFT_MAX_DIMS], k = 0;

	for (uint32_t i = 0; i < v->rank; i++)
		if (v->order[i] != dim)
			order[k++] = v->order[i];
	order[k] = dim;
	return soft_value_reorder(l, n, v, order);
}

int soft_value_inner(struct soft_lower *l, const struct soft_node *n,
		     struct soft_value *v, uint32_t dim)
{
	struct soft_tensor *t;

	if (v->kind == SOFT_VALUE_INPUT) {
		if (dim == soft_value_channel_dim(v))
			return 0;
		return soft_refuse(l, n, "a parameter along dimension %u of the input",
				   dim);
	}
	t = soft_tensor_of(l, v);
	if (dim == soft_value_channel_dim(v) && t->c == v->dims[dim])
		return 0;
	return soft_value_last(l, n, v, dim);
}

int soft_value_axis_param(struct soft_lower *l, const struct soft_node *n,
			  struct soft_value *v, const struct soft_const *k,
			  uint32_t dim, uint32_t *channels, soft_quad **out)
{
	int ret = 0;

	*channels = (uint32_t)k->n;
	if (!k->n || (k->n > 1 && (dim >= v->rank ||
				   v->dims[dim] != (int64_t)k->n)))
		return soft_refuse(l, n, "a parameter of %zu values does not fit",
				   k->n);
	if (k->n > 1)
		ret = soft_value_inner(l, n, v, dim);
	return ret ? ret : to_quads(l, k, out);
}

int soft_value_param(struct soft_lower *l, const struct soft_node *n,
		     struct soft_value *v, const struct soft_const *k,
		     uint32_t *channels, soft_quad **out)
{
	uint32_t dim = 0;

	if (k->n != 1 && !only_dim(v, k, &dim))
		return soft_refuse(l, n, "a parameter that is neither one value nor one a channel");
	return soft_value_axis_param(l, n, v, k, dim, channels, out);
}

void soft_copy_value(struct soft_value *to, const struct soft_value *from)
{
	const char *name = to->name;
	uint32_t uses = to->uses;

	*to = *from;
	to->name = name;
	to->uses = uses;
	to->port = -1;
}
