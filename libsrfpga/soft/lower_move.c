// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Operators that move data without computing: shuffles, shapes, slices, pads,
 * nearest resize. Must not know what the codes mean, but for a pad's value.
 */
#include "lower.h"

#include <math.h>
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

static int finish(struct soft_lower *l, const struct soft_node *n,
		  const struct soft_value *v)
{
	soft_copy_value(soft_out(l, n, 0), v);
	return 0;
}

/* An image whose channels may be mixed: one scale, or float. */
static int begin_shuffle(struct soft_lower *l, const struct soft_node *n,
			 struct soft_value *v)
{
	int ret = begin(l, n, v);

	if (!ret)
		ret = soft_value_image(l, n, v);
	if (!ret && soft_chain_channels(&v->chain) > 1)
		ret = soft_value_float(l, n, v);
	if (!ret && v->rank != 4)
		ret = soft_refuse(l, n, "input has %u dimensions", v->rank);
	return ret;
}

static int emit_shuffle(struct soft_lower *l, const struct soft_node *n,
			enum soft_op_kind kind, struct soft_value *v,
			uint32_t block, bool crd, const uint32_t hwc[3])
{
	struct soft_op *op = soft_emit(l, n, kind, v->tensor, hwc, v->name,
				       &v->tensor);

	if (!op)
		return -ENOMEM;
	op->shuffle.block = block;
	op->shuffle.crd = crd;
	soft_set_image(v, v, hwc);
	return finish(l, n, v);
}

static int lower_depth_to_space(struct soft_lower *l,
				const struct soft_node *n)
{
	int64_t r = soft_attr_int(n, "blocksize", 0);
	const struct soft_tensor *t;
	struct soft_value v;
	int ret = begin_shuffle(l, n, &v);

	if (ret)
		return ret;
	t = soft_tensor_of(l, &v);
	if (r < 1 || r > 64 || t->c % (r * r))
		return soft_refuse(l, n, "block size %lld", (long long)r);
	return emit_shuffle(l, n, SOFT_OP_DEPTH_TO_SPACE, &v, (uint32_t)r,
			    soft_attr_is(n, "mode", "CRD", false), (uint32_t[]){
			    t->h * (uint32_t)r, t->w * (uint32_t)r,
			    t->c / (uint32_t)(r * r) });
}

static int lower_space_to_depth(struct soft_lower *l,
				const struct soft_node *n)
{
	int64_t r = soft_attr_int(n, "blocksize", 0);
	const struct soft_tensor *t;
	struct soft_value v;
	int ret = begin_shuffle(l, n, &v);

	if (ret)
		return ret;
	t = soft_tensor_of(l, &v);
	if (r < 1 || r > 64 || t->h % r || t->w % r)
		return soft_refuse(l, n, "block size %lld", (long long)r);
	return emit_shuffle(l, n, SOFT_OP_SPACE_TO_DEPTH, &v, (uint32_t)r,
			    false, (uint32_t[]){ t->h / (uint32_t)r,
			    t->w / (uint32_t)r, t->c * (uint32_t)(r * r) });
}

/* Entry @i of scales or sizes that may be given for some axes alone. */
static double resize_factor(const struct soft_value *v,
			    const struct soft_const *scales,
			    const struct soft_const *sizes,
			    const SoftOnnx__Attribute *old, uint32_t dim,
			    uint32_t i)
{
	if (scales && scales->n)
		return scales->v[i];
	if (sizes)
		return sizes->v[i] / (double)v->dims[dim];
	return old->floats[i];
}

/* Which dimensions the entries are for; returns how many, 0: not clear. */
static uint32_t resize_axes(const struct soft_node *n, uint32_t axes[4])
{
	const SoftOnnx__Attribute *a = soft_attr(n, "axes");

	for (uint32_t i = 0; i < 4; i++)
		axes[i] = i;
	if (!a)
		return 4;
	if (!a->n_ints || a->n_ints > 4)
		return 0;
	for (uint32_t i = 0; i < a->n_ints; i++)
		if (!soft_axis(a->ints[i], 4, &axes[i]))
			return 0;
	return (uint32_t)a->n_ints;
}

/* Row and column factors, from scales or sizes. */
static int resize_factors(struct soft_lower *l, const struct soft_node *n,
			  const struct soft_value *v, uint32_t factor[2])
{
	bool upsample = !strcmp(n->op, "Upsample") || l->opset < 11;
	const struct soft_const *scales = soft_const_in(l, n, upsample ? 1 : 2);
	const struct soft_const *sizes = upsample ? NULL :
					 soft_const_in(l, n, 3);
	const SoftOnnx__Attribute *old = soft_attr(n, "scales");
	uint32_t axes[4], count = resize_axes(n, axes);

	factor[0] = factor[1] = 1;
	if (!count || (scales && scales->n ? scales->n != count :
		       sizes ? sizes->n != count :
		       !old || old->n_floats != count))
		return soft_refuse(l, n, "scales are not constant or do not fit");
	if (sizes && !soft_attr_is(n, "keep_aspect_ratio_policy", "stretch",
				   true))
		return soft_refuse(l, n, "sizes that follow each other");
	for (uint32_t i = 0; i < count; i++) {
		double f = resize_factor(v, scales, sizes, old, axes[i], i);

		if (!(f >= 1) || f > 64 || f != floor(f) ||
		    (axes[i] < 2 && f != 1))
			return soft_refuse(l, n, "a factor of %g", f);
		if (axes[i] >= 2)
			factor[axes[i] - 2] = (uint32_t)f;
	}
	return 0;
}

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/**
 * struct nearest - how ONNX's Resize finds an output's place in the input
 * @half: the centres of elements fit, not their beginnings
 * @first: with @half, counted from the first's centre
 * @corners: the last fits the last
 */
struct nearest {
	bool half, first, corners;
	enum { DOWN, UP, FLOOR, CEIL } mode;
};

static bool read_nearest(struct soft_lower *l, const struct soft_node *n,
			 struct nearest *r)
{
	const char *c = "coordinate_transformation_mode", *m = "nearest_mode";
	bool old = !strcmp(n->op, "Upsample") || l->opset < 11;

	r->half = !old && (soft_attr_is(n, c, "half_pixel", true) ||
			   soft_attr_is(n, c, "half_pixel_symmetric", false) ||
			   soft_attr_is(n, c, "pytorch_half_pixel", false));
	r->first = r->half;
	if (soft_attr_is(n, c, "tf_half_pixel_for_nn", false))
		r->half = true;
	r->corners = soft_attr_is(n, c, "align_corners", false);
	if (!old && !r->half && !r->corners &&
	    !soft_attr_is(n, c, "asymmetric", false))
		return false;
	if (old || soft_attr_is(n, m, "floor", false))
		r->mode = FLOOR;
	else if (soft_attr_is(n, m, "ceil", false))
		r->mode = CEIL;
	else if (soft_attr_is(n, m, "round_prefer_ceil", false))
		r->mode = UP;
	else
		r->mode = DOWN;
	return soft_attr_is(n, "mode", "nearest", true);
}

/* The element of @in that output @o of @in * @f is taken from. */
static int64_t nearest_to(const struct nearest *r, int64_t o, int64_t in,
			  int64_t f)
{
	int64_t x = 2 * o + r->half - (r->first ? f : 0), d = 2 * f, at;

	if (r->corners) {
		x = o * (in - 1);
		d = in * f > 1 ? in * f - 1 : 1;
	}
	if (r->mode == FLOOR)
		at = floor_div(x, d);
	else if (r->mode == CEIL)
		at = -floor_div(-x, d);
	else if (r->mode == DOWN)
		at = -floor_div(d - 2 * x, 2 * d);
	else
		at = floor_div(2 * x + d, 2 * d);
	return at < 0 ? 0 : at >= in ? in - 1 : at;
}

/* Behind corners no two places are alike; that many are tried. */
#define MAX_CORNERS	65536

/* Whether that is in[o / f] at every place. */
static bool repeats(const struct nearest *r, int64_t in, int64_t f)
{
	int64_t end = in * f;

	if (r->corners && end > MAX_CORNERS)
		return false;
	for (int64_t o = 0; o < end; o++) {
		/* Elements between the second and the last are like it. */
		if (!r->corners && in > 3 && o == 2 * f)
			o = end - f;
		if (nearest_to(r, o, in, f) != o / f)
			return false;
	}
	return true;
}

static bool is_repeat(struct soft_lower *l, const struct soft_node *n,
		      const struct soft_tensor *t, const uint32_t factor[2])
{
	struct nearest r;

	if (factor[0] == 1 && factor[1] == 1)
		return soft_attr_is(n, "mode", "nearest", true);
	return read_nearest(l, n, &r) && repeats(&r, t->h, factor[0]) &&
	       repeats(&r, t->w, factor[1]);
}

static int lower_resize(struct soft_lower *l, const struct soft_node *n)
{
	uint32_t factor[2], hwc[3];
	struct soft_value v;
	struct soft_op *op;
	int ret = begin(l, n, &v);

	if (!ret)
		ret = soft_value_image(l, n, &v);
	if (!ret && v.rank != 4)
		ret = soft_refuse(l, n, "input has %u dimensions", v.rank);
	if (!ret)
		ret = resize_factors(l, n, &v, factor);
	if (ret)
		return ret;
	if (!is_repeat(l, n, soft_tensor_of(l, &v), factor))
		return soft_refuse(l, n, "a mode other than nearest that repeats elements");
	hwc[0] = soft_tensor_of(l, &v)->h * factor[0];
	hwc[1] = soft_tensor_of(l, &v)->w * factor[1];
	hwc[2] = soft_tensor_of(l, &v)->c;
	op = soft_emit(l, n, SOFT_OP_RESIZE, v.tensor, hwc, v.name, &v.tensor);
	if (!op)
		return -ENOMEM;
	op->resize.factor_h = factor[0];
	op->resize.factor_w = factor[1];
	soft_set_image(&v, &v, hwc);
	return finish(l, n, &v);
}

/* Only the names of the dimensions change; the data stays. */
static int lower_transpose(struct soft_lower *l, const struct soft_node *n)
{
	uint32_t perm[SOFT_MAX_DIMS];
	struct soft_value v, old;
	int ret = begin(l, n, &old);

	if (ret)
		return ret;
	if (!soft_perm(n, old.rank, perm))
		return soft_refuse(l, n, "perm is no permutation");
	v = old;
	for (uint32_t i = 0; i < old.rank; i++) {
		v.dims[i] = old.dims[perm[i]];
		for (uint32_t j = 0; j < old.rank; j++)
			if (old.order[j] == perm[i])
				v.order[j] = i;
	}
	return finish(l, n, &v);
}

/* Dimensions that are not 1, in ONNX order. */
static uint32_t wide(uint32_t rank, const int64_t *dims, uint32_t *out)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < rank; i++)
		if (dims[i] != 1)
			out[n++] = i;
	return n;
}

/* Only dimensions of 1 come or go: the memory order can stay. */
static bool rename_dims(struct soft_value *v, uint32_t rank,
			const int64_t *dims)
{
	uint32_t from[SOFT_MAX_DIMS], to[SOFT_MAX_DIMS], k = 0;
	uint32_t order[SOFT_MAX_DIMS];
	uint32_t n = wide(v->rank, v->dims, from);

	if (wide(rank, dims, to) != n)
		return false;
	for (uint32_t i = 0; i < n; i++)
		if (v->dims[from[i]] != dims[to[i]])
			return false;
	for (uint32_t i = 0; i < rank; i++)
		if (dims[i] == 1)
			order[k++] = i;
	for (uint32_t i = 0; i < v->rank; i++)
		for (uint32_t j = 0; j < n; j++)
			if (v->order[i] == from[j])
				order[k++] = to[j];
	v->rank = rank;
	memcpy(v->dims, dims, rank * sizeof(*dims));
	memcpy(v->order, order, rank * sizeof(*order));
	return true;
}

/* [1, C, H, W] becomes [1, C * H * W]: each channel's parameters, repeated. */
static int repeat_chain(struct soft_lower *l, struct soft_chain *chain,
			uint32_t channels, uint32_t times)
{
	for (uint32_t i = 0; i < chain->num; i++) {
		struct soft_stage *s = &chain->stages[i];
		size_t n = (size_t)channels * times;
		soft_quad *p, *q;

		if (s->channels == 1)
			continue;
		p = soft_alloc(l->scratch, n, sizeof(*p));
		q = soft_alloc(l->scratch, n, sizeof(*q));
		if (!p || !q)
			return -ENOMEM;
		for (size_t c = 0; c < n; c++) {
			p[c] = s->p[c / times];
			q[c] = s->q[c / times];
		}
		s->p = p;
		s->q = q;
		s->channels = (uint32_t)n;
	}
	return 0;
}

static int reshape_data(struct soft_lower *l, const struct soft_node *n,
			struct soft_value *v, uint32_t rank,
			const int64_t *dims)
{
	uint32_t channels = soft_chain_channels(&v->chain), hwc[3];
	bool flat = rank == 2 && dims[0] == 1 && v->rank > 2 &&
		    soft_value_channel_dim(v) == 1;
	struct soft_chain chain;
	int ret = 0;

	if (channels > 1 && !flat) {
		ret = soft_value_float(l, n, v);
		channels = 1;
	}
	chain = v->chain;
	v->chain.num = 0;
	if (!ret)
		ret = soft_value_canonical(l, n, v);
	soft_value_dims(v, rank, dims);
	soft_value_hwc(v, hwc);
	if (!ret)
		ret = soft_value_shape(l, n, v, hwc);
	if (!ret && channels > 1)
		ret = repeat_chain(l, &chain, channels,
				   (uint32_t)dims[1] / channels);
	v->chain = chain;
	return ret;
}

static int lower_reshape(struct soft_lower *l, const struct soft_node *n)
{
	int64_t dims[SOFT_MAX_DIMS];
	struct soft_value v;
	uint32_t rank;
	int ret = begin(l, n, &v);

	if (!ret)
		ret = soft_new_shape(l, n, v.rank, v.dims, &rank, dims);
	if (!ret && !rename_dims(&v, rank, dims))
		ret = reshape_data(l, n, &v, rank, dims);
	return ret ? ret : finish(l, n, &v);
}

soft_handler soft_find_move(const char *op)
{
	static const struct {
		const char *op;
		soft_handler handler;
	} table[] = {
		{ "DepthToSpace", lower_depth_to_space },
		{ "SpaceToDepth", lower_space_to_depth },
		{ "Resize", lower_resize },
		{ "Upsample", lower_resize },
		{ "Transpose", lower_transpose },
		{ "Reshape", lower_reshape },
		{ "Flatten", lower_reshape },
		{ "Squeeze", lower_reshape },
		{ "Unsqueeze", lower_reshape },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
		if (!strcmp(op, table[i].op))
			return table[i].handler;
	return NULL;
}
