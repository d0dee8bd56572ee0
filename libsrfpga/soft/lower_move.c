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

/* Row and column factors, from scales or sizes. */
static int resize_factors(struct soft_lower *l, const struct soft_node *n,
			  const struct soft_value *v, uint32_t factor[2])
{
	bool upsample = !strcmp(n->op, "Upsample") || l->opset < 11;
	const struct soft_const *scales = soft_const_in(l, n, upsample ? 1 : 2);
	const struct soft_const *sizes = upsample ? NULL :
					 soft_const_in(l, n, 3);
	const SoftOnnx__Attribute *a = soft_attr(n, "scales");

	for (uint32_t i = 0; i < 4; i++) {
		double f;

		if (scales && scales->n == 4)
			f = scales->v[i];
		else if (sizes && sizes->n == 4)
			f = sizes->v[i] / (double)v->dims[i];
		else if (a && a->n_floats == 4)
			f = a->floats[i];
		else
			return soft_refuse(l, n, "scales are not constant");
		if (!(f >= 1) || f > 64 || f != floor(f) || (i < 2 && f != 1))
			return soft_refuse(l, n, "a factor of %g", f);
		if (i >= 2)
			factor[i - 2] = (uint32_t)f;
	}
	return 0;
}

/* Which variants of nearest give in[floor(out / factor)]. */
static bool is_repeat(const struct soft_node *n, const uint32_t factor[2])
{
	const char *c = "coordinate_transformation_mode", *m = "nearest_mode";
	bool asymmetric = soft_attr_is(n, c, "asymmetric", false);
	bool half_pixel = soft_attr_is(n, c, "half_pixel", true) ||
			  soft_attr_is(n, c, "pytorch_half_pixel", false);
	bool one = factor[0] == 1 && factor[1] == 1;

	if (!soft_attr_is(n, "mode", "nearest", true))
		return false;
	if (one || !strcmp(n->op, "Upsample"))
		return true;
	if (asymmetric)
		return soft_attr_is(n, m, "floor", false);
	return half_pixel && !soft_attr_is(n, m, "floor", false) &&
	       !soft_attr_is(n, m, "ceil", false);
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
	if (!is_repeat(n, factor))
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
