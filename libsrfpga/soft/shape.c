// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Shape arithmetic that constants and values share: Reshape and its relatives,
 * permutations, slices. Must not know where the data lies.
 */
#include "lower.h"

#include <string.h>

bool soft_perm(const struct soft_node *n, uint32_t rank, uint32_t *perm)
{
	const SoftOnnx__Attribute *a = soft_attr(n, "perm");
	uint32_t seen = 0;

	for (uint32_t i = 0; i < rank; i++)
		perm[i] = rank - 1 - i;
	if (!a)
		return true;
	if (a->n_ints != rank)
		return false;
	for (uint32_t i = 0; i < rank; i++) {
		if (a->ints[i] < 0 || a->ints[i] >= rank)
			return false;
		perm[i] = (uint32_t)a->ints[i];
		seen |= 1u << perm[i];
	}
	return seen == (1u << rank) - 1;
}

static int64_t product(const int64_t *dims, uint32_t from, uint32_t to)
{
	int64_t n = 1;

	for (uint32_t i = from; i < to; i++)
		n *= dims[i];
	return n;
}

/* 0 copies a dimension, one -1 is what remains. */
static int reshape(struct soft_lower *l, const struct soft_node *n,
		   uint32_t rank, const int64_t *dims, uint32_t *new_rank,
		   int64_t *out)
{
	int64_t total = product(dims, 0, rank), known = 1;
	int count = soft_ints_arg(l, n, "shape", 1, out, SOFT_MAX_DIMS);
	int open = -1;

	if (count < 0)
		return count;
	for (int i = 0; i < count; i++) {
		if (!out[i] && !soft_attr_int(n, "allowzero", 0))
			out[i] = (uint32_t)i < rank ? dims[i] : 0;
		if (out[i] == -1 && open < 0)
			open = i;
		else if (out[i] < 0 || out[i] > SOFT_MAX_ELEMENTS ||
			 __builtin_mul_overflow(known, out[i], &known))
			return soft_refuse(l, n, "a shape that is not possible");
	}
	if (open >= 0 && known)
		out[open] = total / known;
	*new_rank = (uint32_t)count;
	if (!known || product(out, 0, *new_rank) != total)
		return soft_refuse(l, n, "a shape of another size than its input");
	return 0;
}

static int flatten(struct soft_lower *l, const struct soft_node *n,
		   uint32_t rank, const int64_t *dims, uint32_t *new_rank,
		   int64_t *out)
{
	int64_t axis = soft_attr_int(n, "axis", 1);

	axis += axis < 0 ? rank : 0;
	if (axis < 0 || axis > rank)
		return soft_refuse(l, n, "its axis is out of range");
	*new_rank = 2;
	out[0] = product(dims, 0, (uint32_t)axis);
	out[1] = product(dims, (uint32_t)axis, rank);
	return 0;
}

/* Bit i: axis i is named; without axes every 1 is. */
static int read_axes(struct soft_lower *l, const struct soft_node *n,
		     uint32_t rank, uint32_t *mask, int *count)
{
	int64_t axes[SOFT_MAX_DIMS];

	*mask = 0;
	*count = soft_ints_arg(l, n, "axes", 1, axes, SOFT_MAX_DIMS);
	for (int i = 0; i < *count; i++) {
		uint32_t axis;

		if (!soft_axis(axes[i], rank, &axis) || *mask & 1u << axis)
			return soft_refuse(l, n, "an axis is out of range");
		*mask |= 1u << axis;
	}
	return *count < 0 ? *count : 0;
}

static int squeeze(struct soft_lower *l, const struct soft_node *n,
		   uint32_t rank, const int64_t *dims, uint32_t *new_rank,
		   int64_t *out)
{
	uint32_t mask;
	int count, ret = read_axes(l, n, rank, &mask, &count);

	if (ret)
		return ret;
	*new_rank = 0;
	for (uint32_t i = 0; i < rank; i++) {
		if (mask & 1u << i && dims[i] != 1)
			return soft_refuse(l, n, "a dimension that is not 1");
		if (!(mask & 1u << i) && (count || dims[i] != 1))
			out[(*new_rank)++] = dims[i];
	}
	return 0;
}

static int unsqueeze(struct soft_lower *l, const struct soft_node *n,
		     uint32_t rank, const int64_t *dims, uint32_t *new_rank,
		     int64_t *out)
{
	uint32_t mask, from = 0;
	int64_t axes[SOFT_MAX_DIMS];
	int count = soft_ints_arg(l, n, "axes", 1, axes, SOFT_MAX_DIMS), ret;

	if (count < 0)
		return count;
	*new_rank = rank + (uint32_t)count;
	if (*new_rank > SOFT_MAX_DIMS)
		return soft_refuse(l, n, "%u dimensions", *new_rank);
	ret = read_axes(l, n, *new_rank, &mask, &count);
	if (ret)
		return ret;
	for (uint32_t i = 0; i < *new_rank; i++)
		out[i] = mask & 1u << i ? 1 : dims[from++];
	return 0;
}

int soft_new_shape(struct soft_lower *l, const struct soft_node *n,
		   uint32_t rank, const int64_t *dims, uint32_t *new_rank,
		   int64_t *out)
{
	if (!strcmp(n->op, "Flatten"))
		return flatten(l, n, rank, dims, new_rank, out);
	if (!strcmp(n->op, "Squeeze"))
		return squeeze(l, n, rank, dims, new_rank, out);
	if (!strcmp(n->op, "Unsqueeze"))
		return unsqueeze(l, n, rank, dims, new_rank, out);
	return reshape(l, n, rank, dims, new_rank, out);
}

/* One axis of Slice, as numpy counts. */
static void clip_range(int64_t dim, int64_t *start, int64_t end, int64_t step,
		       int64_t *size)
{
	int64_t low = step < 0 ? -1 : 0, high = step < 0 ? dim - 1 : dim;

	*start += *start < 0 ? dim : 0;
	end = end < 0 && end > INT64_MIN + dim ? end + dim : end;
	*start = *start < low ? low : *start > high ? high : *start;
	end = end < low ? low : end > high ? high : end;
	if (step > 0)
		*size = end > *start ? (end - *start + step - 1) / step : 0;
	else
		*size = *start > end ? (*start - end - step - 1) / -step : 0;
}

int soft_slice_ranges(struct soft_lower *l, const struct soft_node *n,
		      uint32_t rank, const int64_t *dims,
		      struct soft_ranges *r)
{
	int64_t starts[SOFT_MAX_DIMS], ends[SOFT_MAX_DIMS];
	int64_t axes[SOFT_MAX_DIMS], steps[SOFT_MAX_DIMS];
	int ns = soft_ints_arg(l, n, "starts", 1, starts, SOFT_MAX_DIMS);
	int ne = ns < 0 ? ns : soft_ints_arg(l, n, "ends", 2, ends,
					     SOFT_MAX_DIMS);
	int na = ne < 0 ? ne : soft_ints_arg(l, n, "axes", 3, axes,
					     SOFT_MAX_DIMS);
	int nt = na < 0 ? na : soft_ints_arg(l, n, NULL, 4, steps,
					     SOFT_MAX_DIMS);

	if (nt < 0)
		return nt;
	if (ns != ne || (na && na != ns) || (nt && nt != ns))
		return soft_refuse(l, n, "starts, ends, axes and steps differ in length");
	for (uint32_t d = 0; d < rank; d++) {
		r->start[d] = 0;
		r->step[d] = 1;
		r->size[d] = dims[d];
	}
	for (int i = 0; i < ns; i++) {
		int64_t step = nt ? steps[i] : 1;
		uint32_t d;

		if (!soft_axis(na ? axes[i] : i, rank, &d) || !step ||
		    step > INT32_MAX || step < -INT32_MAX)
			return soft_refuse(l, n, "an axis or a step is out of range");
		r->start[d] = starts[i];
		r->step[d] = step;
		clip_range(dims[d], &r->start[d], ends[i], step, &r->size[d]);
	}
	return 0;
}
