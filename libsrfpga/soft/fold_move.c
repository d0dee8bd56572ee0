// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Constants that are moved, joined or cut. Each operation gives a new shape
 * and, for each of its elements, where that comes from.
 */
#include "lower.h"

#include <string.h>

/* Row-major strides of @k. */
static void strides_of(const struct soft_const *k, size_t *strides)
{
	size_t s = 1;

	for (uint32_t i = k->rank; i--;) {
		strides[i] = s;
		s *= (size_t)k->dims[i];
	}
}

/*
 * Output 0 with @rank @dims; element [i0, i1, …] comes from @base +
 * sum of i * stride.
 */
static int gather(struct soft_lower *l, const struct soft_node *n,
		  const struct soft_const *a, uint32_t rank,
		  const int64_t *dims, int64_t base, const int64_t *stride)
{
	int64_t index[SOFT_MAX_DIMS] = { 0 }, at = base;
	struct soft_const *k;
	int ret = soft_const_new(l, rank, dims, a->step, &k);

	if (ret)
		return ret;
	k->type = a->type;
	for (size_t i = 0; i < k->n; i++) {
		k->v[i] = a->v[at];
		if (k->step)
			k->step[i] = a->step[at];
		for (uint32_t d = rank; d--;) {
			at += stride[d];
			if (++index[d] < dims[d])
				break;
			at -= stride[d] * dims[d];
			index[d] = 0;
		}
	}
	return soft_set_const(l, n, 0, k);
}

static int same_order(struct soft_lower *l, const struct soft_node *n,
		      uint32_t rank, const int64_t *dims)
{
	struct soft_const *k = soft_alloc(l->scratch, 1, sizeof(*k));

	if (!k)
		return -ENOMEM;
	*k = *soft_const_in(l, n, 0);
	k->rank = rank;
	memcpy(k->dims, dims, rank * sizeof(*dims));
	return soft_set_const(l, n, 0, k);
}

static int fold_transpose(struct soft_lower *l, const struct soft_node *n)
{
	const struct soft_const *a = soft_const_in(l, n, 0);
	int64_t dims[SOFT_MAX_DIMS], stride[SOFT_MAX_DIMS];
	uint32_t perm[SOFT_MAX_DIMS];
	size_t from[SOFT_MAX_DIMS];

	if (!soft_perm(n, a->rank, perm))
		return soft_refuse(l, n, "perm is no permutation");
	strides_of(a, from);
	for (uint32_t i = 0; i < a->rank; i++) {
		dims[i] = a->dims[perm[i]];
		stride[i] = (int64_t)from[perm[i]];
	}
	return gather(l, n, a, a->rank, dims, 0, stride);
}

/* Reshape, Flatten, Squeeze, Unsqueeze: only the shape changes. */
static int fold_reshape(struct soft_lower *l, const struct soft_node *n)
{
	const struct soft_value *v = soft_in(l, n, 0);
	int64_t dims[SOFT_MAX_DIMS];
	uint32_t rank;
	int ret = soft_new_shape(l, n, v->rank, v->dims, &rank, dims);

	return ret ? ret : same_order(l, n, rank, dims);
}

static int fold_concat(struct soft_lower *l, const struct soft_node *n)
{
	const struct soft_const *a = soft_const_in(l, n, 0);
	int64_t dims[SOFT_MAX_DIMS];
	size_t inner = 1, outer = 1, to = 0;
	struct soft_const *k;
	bool steps = true;
	uint32_t axis;
	int ret;

	if (!a || !soft_axis(soft_attr_int(n, "axis", 0), a->rank, &axis))
		return soft_refuse(l, n, "its axis is out of range");
	memcpy(dims, a->dims, sizeof(dims));
	dims[axis] = 0;
	for (uint32_t i = 0; i < n->num_in; i++) {
		const struct soft_const *b = soft_const_in(l, n, i);

		if (!b || b->rank != a->rank)
			return soft_refuse(l, n, "inputs do not fit together");
		for (uint32_t d = 0; d < a->rank; d++)
			if (d != axis && b->dims[d] != a->dims[d])
				return soft_refuse(l, n, "inputs do not fit together");
		dims[axis] += b->dims[axis];
		steps &= b->step != NULL;
	}
	for (uint32_t d = 0; d < a->rank; d++)
		*(d < axis ? &outer : &inner) *= d == axis ? 1 :
						 (size_t)dims[d];
	ret = soft_const_new(l, a->rank, dims, steps, &k);
	if (ret)
		return ret;
	k->type = a->type;
	for (size_t o = 0; o < outer; o++)
		for (uint32_t i = 0; i < n->num_in; i++) {
			const struct soft_const *b = soft_const_in(l, n, i);
			size_t run = inner * (size_t)b->dims[axis];

			if (!run)
				continue;
			memcpy(k->v + to, b->v + o * run, run * sizeof(*k->v));
			if (steps)
				memcpy(k->step + to, b->step + o * run,
				       run * sizeof(*k->v));
			to += run;
		}
	return soft_set_const(l, n, 0, k);
}

static int fold_slice(struct soft_lower *l, const struct soft_node *n)
{
	const struct soft_const *a = soft_const_in(l, n, 0);
	struct soft_ranges r;
	int64_t base = 0, stride[SOFT_MAX_DIMS];
	size_t from[SOFT_MAX_DIMS];
	int ret = soft_slice_ranges(l, n, a->rank, a->dims, &r);

	if (ret)
		return ret;
	strides_of(a, from);
	for (uint32_t d = 0; d < a->rank; d++) {
		base += r.start[d] * (int64_t)from[d];
		stride[d] = r.step[d] * (int64_t)from[d];
	}
	return gather(l, n, a, a->rank, r.size, base, stride);
}

/* One index drops the axis; a vector of indices replaces it. */
static int fold_gather(struct soft_lower *l, const struct soft_node *n)
{
	const struct soft_const *a = soft_const_in(l, n, 0);
	const struct soft_const *at = soft_const_in(l, n, 1);
	int64_t dims[SOFT_MAX_DIMS];
	struct soft_const *k;
	size_t inner = 1, to = 0;
	uint32_t axis, rank = 0;
	int ret;

	if (!at || at->rank > 1 || !soft_axis(soft_attr_int(n, "axis", 0),
					      a->rank, &axis))
		return soft_refuse(l, n, "indices of this shape");
	for (uint32_t d = 0; d < a->rank; d++) {
		if (d != axis)
			dims[rank++] = a->dims[d];
		else if (at->rank)
			dims[rank++] = at->dims[0];
		if (d > axis)
			inner *= (size_t)a->dims[d];
	}
	ret = soft_const_new(l, rank, dims, a->step, &k);
	if (ret)
		return ret;
	k->type = a->type;
	while (to < k->n) {
		size_t i = to / inner % at->n, outer = to / inner / at->n;
		double x = at->v[i] + (at->v[i] < 0 ? (double)a->dims[axis] :
							0);
		size_t from;

		if (!(x >= 0) || !(x < (double)a->dims[axis]))
			return soft_refuse(l, n, "an index out of range");
		from = (outer * (size_t)a->dims[axis] + (size_t)x) * inner;
		memcpy(k->v + to, a->v + from, inner * sizeof(*k->v));
		if (k->step)
			memcpy(k->step + to, a->step + from,
			       inner * sizeof(*k->v));
		to += inner;
	}
	return soft_set_const(l, n, 0, k);
}

soft_handler soft_fold_move(const char *op)
{
	static const struct {
		const char *op;
		soft_handler handler;
	} table[] = {
		{ "Transpose", fold_transpose }, { "Reshape", fold_reshape },
		{ "Flatten", fold_reshape }, { "Squeeze", fold_reshape },
		{ "Unsqueeze", fold_reshape }, { "Concat", fold_concat },
		{ "Slice", fold_slice }, { "Gather", fold_gather },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
		if (!strcmp(op, table[i].op))
			return table[i].handler;
	return NULL;
}
