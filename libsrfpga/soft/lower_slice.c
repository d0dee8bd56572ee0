// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Slice, Split and Pad: parts of a tensor, or more than it. Must not know
 * other movements.
 */
#include "lower.h"

#include <string.h>

static int begin(struct soft_lower *l, const struct soft_node *n,
		 struct soft_value *v)
{
	struct soft_value *in;
	int ret = soft_data_in(l, n, 0, &in);

	if (ret)
		return ret;
	if (in->kind == SOFT_VALUE_INPUT)
		ret = soft_input_codes(l, n, in);
	if (ret)
		return ret;
	*v = *in;
	v->name = soft_out(l, n, 0)->name;
	return 0;
}

/* Each channel that remains keeps its own parameters. */
static int slice_chain(struct soft_lower *l, struct soft_chain *chain,
		       int64_t start, int64_t step, uint32_t size)
{
	for (uint32_t i = 0; i < chain->num; i++) {
		struct soft_stage *s = &chain->stages[i];
		soft_quad *p, *q;

		if (s->channels == 1)
			continue;
		p = soft_alloc(l->scratch, size, sizeof(*p));
		q = soft_alloc(l->scratch, size, sizeof(*q));
		if (!p || !q)
			return -ENOMEM;
		for (uint32_t c = 0; c < size; c++) {
			p[c] = s->p[start + step * c];
			q[c] = s->q[start + step * c];
		}
		s->p = p;
		s->q = q;
		s->channels = size;
	}
	return 0;
}

/* One dimension at a time; @v becomes the part. */
static int slice_dim(struct soft_lower *l, const struct soft_node *n,
		     struct soft_value *v, uint32_t dim, int64_t start,
		     int64_t step, int64_t size)
{
	uint32_t axis, hwc[3];
	struct soft_tensor *t;
	struct soft_op *op;

	if (size < 1)
		return soft_refuse(l, n, "nothing is left");
	soft_value_hwc(v, hwc);
	if (!soft_value_hwc_axis(v, dim, &axis))
		return soft_refuse(l, n, "dimension %u shares the rows", dim);
	t = soft_tensor_of(l, v);
	if (t->h != hwc[0] || t->w != hwc[1] || t->c != hwc[2]) {
		int ret = soft_value_shape(l, n, v, hwc);

		if (ret)
			return ret;
	}
	if (axis == 2 && slice_chain(l, &v->chain, start, step,
				     (uint32_t)size))
		return -ENOMEM;
	hwc[axis] = (uint32_t)size;
	op = soft_emit(l, n, SOFT_OP_SLICE, v->tensor, hwc, v->name,
		       &v->tensor);
	if (!op)
		return -ENOMEM;
	for (uint32_t d = 0; d < 3; d++)
		op->slice.step[d] = 1;
	op->slice.start[axis] = (uint32_t)start;
	op->slice.step[axis] = (int32_t)step;
	v->dims[dim] = size;
	return 0;
}

static int lower_slice(struct soft_lower *l, const struct soft_node *n)
{
	struct soft_ranges r;
	struct soft_value v;
	int ret = begin(l, n, &v);

	if (!ret)
		ret = soft_slice_ranges(l, n, v.rank, v.dims, &r);
	for (uint32_t d = 0; !ret && d < v.rank; d++)
		if (r.start[d] || r.step[d] != 1 || r.size[d] != v.dims[d])
			ret = slice_dim(l, n, &v, d, r.start[d], r.step[d],
					r.size[d]);
	if (!ret)
		soft_copy_value(soft_out(l, n, 0), &v);
	return ret;
}

/* Sizes from an attribute or input; else equal parts, a smaller one last. */
static int split_sizes(struct soft_lower *l, const struct soft_node *n,
		       int64_t dim, int64_t *sizes)
{
	int count = soft_ints_arg(l, n, "split", 1, sizes, SOFT_MAX_INPUTS);
	int64_t each = (dim + n->num_out - 1) / n->num_out, left = dim;

	if (count < 0)
		return count;
	if (count && (uint32_t)count != n->num_out)
		return soft_refuse(l, n, "%d sizes for %u parts", count,
				   n->num_out);
	for (uint32_t i = 0; i < n->num_out; i++) {
		if (!count)
			sizes[i] = left < each ? left : each;
		if (sizes[i] < 1 || sizes[i] > left)
			return soft_refuse(l, n, "a part of %lld",
					   (long long)sizes[i]);
		left -= sizes[i];
	}
	return left ? soft_refuse(l, n, "parts that are too small") : 0;
}

static int lower_split(struct soft_lower *l, const struct soft_node *n)
{
	int64_t sizes[SOFT_MAX_INPUTS], at = 0;
	struct soft_value in, v;
	uint32_t dim;
	int ret = begin(l, n, &in);

	if (ret)
		return ret;
	if (n->num_out > SOFT_MAX_INPUTS ||
	    !soft_axis(soft_attr_int(n, "axis", 0), in.rank, &dim))
		return soft_refuse(l, n, "its axis or number of outputs is out of range");
	ret = split_sizes(l, n, in.dims[dim], sizes);
	for (uint32_t i = 0; !ret && i < n->num_out; i++) {
		struct soft_value *out = soft_out(l, n, i);

		v = in;
		if (out) {
			v.name = out->name;
			ret = slice_dim(l, n, &v, dim, at, 1, sizes[i]);
			soft_copy_value(out, &v);
		}
		at += sizes[i];
	}
	return ret;
}

/* The code of a pad's real value. */
static int pad_code(struct soft_lower *l, const struct soft_node *n,
		    struct soft_value *v, int64_t *code)
{
	double real = soft_attr_float(n, "value", 0);
	soft_quad slope, x;
	int64_t zero_point;
	int ret;

	if (soft_in(l, n, 2)) {
		const struct soft_const *k = soft_const_in(l, n, 2);

		if (!k || k->n != 1)
			return soft_refuse(l, n, "its value is not one constant");
		real = k->v[0];
	}
	ret = soft_value_uniform(l, n, v, &slope, &zero_point);
	if (ret)
		return ret;
	x = real / slope + zero_point;
	if (x != soft_quad_floor(x) || soft_quad_abs(x) > INT32_MAX)
		return soft_refuse(l, n, "its value %g is not a code", real);
	*code = (int64_t)x;
	return 0;
}

static int pad_amounts(struct soft_lower *l, const struct soft_node *n,
		       const struct soft_value *v, int64_t *pads)
{
	int count = soft_ints_arg(l, n, "pads", 1, pads, 2 * SOFT_MAX_DIMS);
	int64_t axes[SOFT_MAX_DIMS], given[2 * SOFT_MAX_DIMS];
	int na;

	if (count < 0)
		return count;
	na = soft_ints_arg(l, n, NULL, 3, axes, SOFT_MAX_DIMS);
	if (na < 0)
		return na;
	if (!na && count == (int)(2 * v->rank))
		return 0;
	if (!na || count != 2 * na)
		return soft_refuse(l, n, "%d pads", count);
	memcpy(given, pads, sizeof(given));
	memset(pads, 0, sizeof(given));
	for (int i = 0; i < na; i++) {
		uint32_t axis;

		if (!soft_axis(axes[i], v->rank, &axis))
			return soft_refuse(l, n, "an axis is out of range");
		pads[axis] = given[i];
		pads[v->rank + axis] = given[na + i];
	}
	return 0;
}

/* Negative pads cut. */
static int cut(struct soft_lower *l, const struct soft_node *n,
	       struct soft_value *v, int64_t *pads)
{
	int ret = 0;

	for (uint32_t d = 0; !ret && d < v->rank; d++) {
		int64_t *before = &pads[d], *after = &pads[v->rank + d];
		int64_t start = *before < 0 ? -*before : 0;
		int64_t size = v->dims[d] - start + (*after < 0 ? *after : 0);

		if (start || size != v->dims[d])
			ret = slice_dim(l, n, v, d, start, 1, size);
		*before = *before < 0 ? 0 : *before;
		*after = *after < 0 ? 0 : *after;
	}
	return ret;
}

/* What lies before or behind dimension @dim: mirrored, or the edge again. */
static int add_side(struct soft_lower *l, const struct soft_node *n,
		    const struct soft_value *v, uint32_t dim, int64_t start,
		    int64_t size, bool mirrored, uint32_t *inputs,
		    uint32_t *num)
{
	struct soft_value part = *v;
	int ret = 0;

	if (!size)
		return 0;
	ret = slice_dim(l, n, &part, dim, start, mirrored ? -1 : 1,
			mirrored ? size : 1);
	for (int64_t i = 0; !ret && i < (mirrored ? 1 : size); i++)
		inputs[(*num)++] = part.tensor;
	return ret;
}

static int pad_dim(struct soft_lower *l, const struct soft_node *n,
		   struct soft_value *v, uint32_t dim, int64_t before,
		   int64_t after, bool mirrored)
{
	uint32_t inputs[SOFT_MAX_INPUTS], num = 0, axis, hwc[3];
	int64_t last = v->dims[dim] - 1, tensor;
	struct soft_tensor *t;
	struct soft_op *op;
	int ret;

	if (mirrored ? before > last || after > last :
		       before + after >= SOFT_MAX_INPUTS)
		return soft_refuse(l, n, "pads that are too large");
	if (!soft_value_hwc_axis(v, dim, &axis) ||
	    (axis == 2 && soft_chain_channels(&v->chain) > 1))
		return soft_refuse(l, n, "dimension %u padded", dim);
	ret = add_side(l, n, v, dim, mirrored ? before : 0, before, mirrored,
		       inputs, &num);
	inputs[num++] = v->tensor;
	if (!ret)
		ret = add_side(l, n, v, dim, mirrored ? last - 1 : last,
			       after, mirrored, inputs, &num);
	if (ret)
		return ret;
	v->dims[dim] += before + after;
	soft_value_hwc(v, hwc);
	t = soft_tensor_of(l, v);
	tensor = soft_add_tensor(l, v->name, hwc, t->min, t->max);
	if (tensor < 0)
		return (int)tensor;
	op = soft_add_op(l, n, SOFT_OP_CONCAT, num, inputs, (uint32_t)tensor);
	if (!op)
		return -ENOMEM;
	op->concat.axis = axis;
	v->tensor = (uint32_t)tensor;
	return 0;
}

static int pad_constant(struct soft_lower *l, const struct soft_node *n,
			struct soft_value *v, const int64_t *pads)
{
	struct soft_pad pad = { 0 };
	struct soft_tensor *t;
	struct soft_op *op;
	uint32_t hwc[3], axis;
	int ret = pad_code(l, n, v, &pad.value);

	if (ret)
		return ret;
	soft_value_hwc(v, hwc);
	ret = soft_value_shape(l, n, v, hwc);
	for (uint32_t d = 0; !ret && d < v->rank; d++) {
		int64_t before = pads[d], after = pads[v->rank + d];

		if (!before && !after)
			continue;
		if (before > 65535 || after > 65535 ||
		    !soft_value_hwc_axis(v, d, &axis))
			return soft_refuse(l, n, "pads that it cannot do");
		pad.before[axis] = (uint32_t)before;
		pad.after[axis] = (uint32_t)after;
		hwc[axis] += (uint32_t)(before + after);
		v->dims[d] += before + after;
	}
	op = ret ? NULL : soft_emit(l, n, SOFT_OP_PAD, v->tensor, hwc, v->name,
				    &v->tensor);
	if (!op)
		return ret ? ret : -ENOMEM;
	op->pad = pad;
	t = soft_tensor_of(l, v);
	soft_tensor_range(t, pad.value < t->min ? pad.value : t->min,
			  pad.value > t->max ? pad.value : t->max);
	v->bipolar = false;
	return 0;
}

static int check_pads(struct soft_lower *l, const struct soft_node *n,
		      const int64_t *pads, uint32_t num)
{
	for (uint32_t i = 0; i < num; i++)
		if (pads[i] > SOFT_MAX_ELEMENTS ||
		    pads[i] < -(int64_t)SOFT_MAX_ELEMENTS)
			return soft_refuse(l, n, "pads that are too large");
	return 0;
}

static bool all_zero(const int64_t *pads, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (pads[i])
			return false;
	return true;
}

static int lower_pad(struct soft_lower *l, const struct soft_node *n)
{
	bool constant = soft_attr_is(n, "mode", "constant", true);
	bool mirrored = soft_attr_is(n, "mode", "reflect", false);
	int64_t pads[2 * SOFT_MAX_DIMS];
	struct soft_value v;
	int ret = begin(l, n, &v);

	if (!ret && v.kind == SOFT_VALUE_FLOAT)
		ret = soft_refuse(l, n, "its input is float");
	if (!ret && !constant && !mirrored &&
	    !soft_attr_is(n, "mode", "edge", false))
		ret = soft_refuse(l, n, "a mode other than constant, edge and reflect");
	if (!ret)
		ret = pad_amounts(l, n, &v, pads);
	if (!ret)
		ret = check_pads(l, n, pads, 2 * v.rank);
	if (!ret)
		ret = cut(l, n, &v, pads);
	if (!ret && constant && !all_zero(pads, 2 * v.rank))
		ret = pad_constant(l, n, &v, pads);
	for (uint32_t d = 0; !ret && !constant && d < v.rank; d++)
		if (pads[d] || pads[v.rank + d])
			ret = pad_dim(l, n, &v, d, pads[d],
				      pads[v.rank + d], mirrored);
	if (!ret)
		soft_copy_value(soft_out(l, n, 0), &v);
	return ret;
}

soft_handler soft_find_slice(const char *op)
{
	if (!strcmp(op, "Slice"))
		return lower_slice;
	if (!strcmp(op, "Split"))
		return lower_split;
	return strcmp(op, "Pad") ? NULL : lower_pad;
}
