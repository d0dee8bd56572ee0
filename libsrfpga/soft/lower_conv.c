// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Conv, ConvTranspose, Gemm and MatMul with constant weights: integer weights
 * from real ones, geometry, accumulator ranges. Must not know what follows.
 */
#include "lower.h"

#include <math.h>
#include <string.h>

#define MAX_WEIGHT	(1 << 24)
#define MAX_ACC		((__int128)1 << 60)

/**
 * struct weights - integer weights in the graph's order
 * @step: [k] the real value of 1
 */
struct weights {
	uint32_t k, kh, kw, ic;
	int32_t *w;
	double *step;
};

/**
 * struct scales - what an input's codes mean
 * @group: for each of @groups, the real value of 1
 * @multiple: NULL, or of each channel: it counts so many times that
 */
struct scales {
	uint32_t groups;
	soft_quad *group;
	int64_t *multiple;
};

/* The greatest real number of which all of @n values are whole multiples: the
 * quantiser's scale if there was one, else found by trying.
 */
static double find_step(const struct soft_const *c, const size_t *at,
			size_t n)
{
	double least = INFINITY;

	for (size_t i = 0; i < n; i++) {
		double v = fabs(c->v[at[i]]);

		if (c->step)
			return c->step[at[i]];
		if (v > 0 && v < least)
			least = v;
	}
	if (isinf(least))
		return 1;
	for (size_t i = 0; i < n; i++) {
		double q = c->v[at[i]] / least;

		if (q != floor(q)) {
			least = 1;
			break;
		}
	}
	return least;
}

static int quantise_channel(struct soft_lower *l, const struct soft_node *n,
			    const struct soft_const *c, const size_t *at,
			    const int64_t *m, struct weights *w, uint32_t k)
{
	size_t per = (size_t)w->kh * w->kw * w->ic;
	double step = w->step[k] = find_step(c, at, per);

	for (size_t i = 0; i < per; i++) {
		double q = nearbyint(c->v[at[i]] / step);

		if (c->step && c->step[at[i]] != step)
			return soft_refuse(l, n, "weights of one output channel have different scales");
		if (!(fabs(q) <= MAX_WEIGHT) || q * step != c->v[at[i]])
			return soft_refuse(l, n, "weights are not quantised");
		if (m)
			q *= (double)m[i % w->ic];
		if (!(fabs(q) <= MAX_WEIGHT))
			return soft_refuse(l, n, "its input's channels have scales too far apart");
		w->w[k * per + i] = (int32_t)q;
	}
	return 0;
}

/* @stride: of k, i, ky, kx in the constant, in elements. */
static int take_weights(struct soft_lower *l, const struct soft_node *n,
			const struct soft_const *c, const size_t stride[4],
			uint32_t per_group, size_t group_stride,
			const struct scales *scales, struct weights *w)
{
	size_t per = (size_t)w->kh * w->kw * w->ic;
	size_t *at = soft_alloc(l->scratch, per, sizeof(*at));
	uint32_t each = w->k / scales->groups;
	const int64_t *m = NULL;
	int ret = 0;

	w->w = soft_alloc(l->arena, (size_t)w->k * per, sizeof(*w->w));
	w->step = soft_alloc(l->scratch, w->k, sizeof(*w->step));
	if (!at || !w->w || !w->step)
		return -ENOMEM;
	for (uint32_t k = 0; !ret && k < w->k; k++) {
		size_t base = k / per_group * group_stride +
			      k % per_group * stride[0], j = 0;

		for (uint32_t ky = 0; ky < w->kh; ky++)
			for (uint32_t kx = 0; kx < w->kw; kx++)
				for (uint32_t i = 0; i < w->ic; i++)
					at[j++] = base + i * stride[1] +
						  ky * stride[2] +
						  kx * stride[3];
		if (scales->multiple)
			m = scales->multiple + k / each * w->ic;
		ret = quantise_channel(l, n, c, at, m, w, k);
	}
	return ret;
}

static __int128 min2(__int128 a, __int128 b)
{
	return a < b ? a : b;
}

static __int128 max2(__int128 a, __int128 b)
{
	return a > b ? a : b;
}

/* Sets the output's range and the accumulator's width. */
static int acc_range(struct soft_lower *l, const struct soft_node *n,
		     const struct soft_tensor *t, struct soft_op *op,
		     const struct weights *w)
{
	struct soft_conv *cv = &op->conv;
	size_t per = (size_t)w->kh * w->kw * w->ic;
	__int128 a = t->min - cv->zero_point, b = t->max - cv->zero_point;
	__int128 low = INT64_MAX, high = INT64_MIN, most = 0;
	__int128 big = max2(max2(-t->min, t->max), max2(-a, b));

	/* Outside the tensor there is a real zero. */
	a = min2(a, 0);
	b = max2(b, 0);
	for (uint32_t k = 0; k < w->k; k++) {
		__int128 kl = 0, kh = 0, sum = 0;

		for (size_t i = 0; i < per; i++) {
			int32_t x = w->w[k * per + i];

			kl += min2(x * a, x * b);
			kh += max2(x * a, x * b);
			sum += (x < 0 ? -x : x) * big;
			cv->weight_min = x < cv->weight_min ? x :
					 cv->weight_min;
			cv->weight_max = x > cv->weight_max ? x :
					 cv->weight_max;
		}
		low = min2(low, kl);
		high = max2(high, kh);
		most = max2(most, sum);
	}
	if (most > MAX_ACC)
		return soft_refuse(l, n, "accumulators beyond 60 bits");
	soft_tensor_range(&l->graph->tensors[op->output], (int64_t)low,
			  (int64_t)high);
	op->acc_bits = most <= INT32_MAX ? 32 : 64;
	return 0;
}

/* One zero point for all channels; what is outside is one number. */
static int common_zero(struct soft_lower *l, const struct soft_node *n,
		       const struct soft_value *x, uint32_t channels,
		       int64_t *zero_point)
{
	for (uint32_t c = 0; c < channels; c++) {
		soft_quad a = soft_chain_slope(&x->chain, c), z;
		soft_quad b = soft_chain_offset(&x->chain, c);

		if (a == 0 || soft_quad_abs(b / a) > (soft_quad)0x1p+40 ||
		    !soft_quad_whole(-b / a, &z) ||
		    (c && (int64_t)z != *zero_point))
			return soft_refuse(l, n, "its input's channels have different zero points");
		*zero_point = (int64_t)z;
	}
	return 0;
}

/* Scales that are small multiples of one another go into the weights. */
static int channel_scales(struct soft_lower *l, const struct soft_node *n,
			  const struct soft_value *x, uint32_t groups,
			  struct scales *scales)
{
	uint32_t c = soft_tensor_of(l, x)->c, per = c / groups;
	soft_quad *slopes = soft_alloc(l->scratch, per, sizeof(*slopes));

	scales->multiple = soft_alloc(l->scratch, c,
				      sizeof(*scales->multiple));
	if (!slopes || !scales->multiple)
		return -ENOMEM;
	for (uint32_t g = 0; g < groups; g++) {
		int64_t *m = scales->multiple + g * per;

		for (uint32_t i = 0; i < per; i++)
			slopes[i] = soft_chain_slope(&x->chain, g * per + i);
		scales->group[g] = soft_common_slope(slopes, per, m);
		for (uint32_t i = 0; i < per; i++)
			if (scales->group[g] == 0 || m[i] > MAX_WEIGHT ||
			    m[i] < -MAX_WEIGHT)
				return soft_refuse(l, n, "its input's channels have different scales that are no small multiples of each other");
	}
	return 0;
}

static int input_scale(struct soft_lower *l, const struct soft_node *n,
		       struct soft_value *x, uint32_t groups,
		       struct scales *scales, int64_t *zero_point)
{
	uint32_t channels;
	int ret;

	scales->groups = groups;
	scales->multiple = NULL;
	scales->group = soft_alloc(l->scratch, groups, sizeof(soft_quad));
	if (!scales->group)
		return -ENOMEM;
	ret = soft_value_settle(l, n, x);
	if (ret)
		return ret;
	channels = soft_chain_channels(&x->chain);
	if (channels > 1 && channels == soft_tensor_of(l, x)->c) {
		ret = common_zero(l, n, x, channels, zero_point);
		return ret ? ret : channel_scales(l, n, x, groups, scales);
	}
	ret = soft_value_uniform(l, n, x, &scales->group[0], zero_point);
	for (uint32_t g = 1; g < groups; g++)
		scales->group[g] = scales->group[0];
	return ret;
}

/* Integers times scales plus the real bias: the output's chain. */
static int output_chain(struct soft_lower *l, const struct soft_node *n,
			struct soft_value *out, const struct weights *w,
			const soft_quad *scale, uint32_t groups,
			const struct soft_const *bias, double bias_factor)
{
	soft_quad *p = soft_alloc(l->scratch, w->k, sizeof(*p));
	soft_quad *q = soft_alloc(l->scratch, w->k, sizeof(*q));
	bool same = true;

	if (!p || !q)
		return -ENOMEM;
	if (bias && bias->n != w->k && bias->n != 1)
		return soft_refuse(l, n, "%zu biases for %u channels", bias->n,
				   w->k);
	for (uint32_t k = 0; k < w->k; k++) {
		p[k] = scale[k / (w->k / groups)] * w->step[k];
		if (bias)
			q[k] = (soft_quad)bias->v[bias->n == 1 ? 0 : k] *
			       bias_factor;
		same &= p[k] == p[0] && q[k] == q[0];
	}
	out->chain.num = 0;
	return soft_affine(l, n, out, same ? 1 : w->k, p, q);
}

static int emit_conv(struct soft_lower *l, const struct soft_node *n,
		     enum soft_op_kind kind, const struct soft_value *x,
		     struct soft_value *out, const uint32_t hwc[3],
		     struct soft_conv *cv, const struct weights *w)
{
	struct soft_op *op = soft_emit(l, n, kind, x->tensor, hwc, out->name,
				       &out->tensor);

	if (!op)
		return -ENOMEM;
	cv->weights = w->w;
	cv->pad_value = cv->zero_point;
	op->conv = *cv;
	return acc_range(l, n, soft_tensor_of(l, x), op, w);
}

static void copy_window(const struct soft_window *w, struct soft_conv *cv)
{
	cv->kh = w->kernel[0];
	cv->kw = w->kernel[1];
	cv->stride_h = w->stride[0];
	cv->stride_w = w->stride[1];
	cv->dilation_h = w->dilation[0];
	cv->dilation_w = w->dilation[1];
	cv->pad_top = w->before[0];
	cv->pad_left = w->before[1];
	cv->pad_bottom = w->after[0];
	cv->pad_right = w->after[1];
}

/* --- operators ----------------------------------------------------------- */

/* Input and weights of Conv and ConvTranspose; the kernel's size. */
static int conv_inputs(struct soft_lower *l, const struct soft_node *n,
		       struct soft_value *x, const struct soft_const **w,
		       struct soft_window *win, uint32_t *groups)
{
	int64_t g = soft_attr_int(n, "group", 1);
	struct soft_value *in;
	int ret = soft_codes_in(l, n, 0, &in);

	if (ret)
		return ret;
	*w = soft_const_in(l, n, 1);
	if (!*w || (soft_in(l, n, 2) && !soft_const_in(l, n, 2)))
		return soft_refuse(l, n, "weights or bias are not constant");
	*x = *in;
	ret = soft_value_image(l, n, x);
	if (ret)
		return ret;
	if ((*w)->rank != x->rank || !(*w)->n)
		return soft_refuse(l, n, "weights have %u dimensions",
				   (*w)->rank);
	for (uint32_t i = 2; i < (*w)->rank; i++)
		if ((*w)->dims[i] > 4096)
			return soft_refuse(l, n, "a kernel larger than 4096");
	win->kernel[0] = x->rank == 4 ? (uint32_t)(*w)->dims[2] : 1;
	win->kernel[1] = (uint32_t)(*w)->dims[x->rank - 1];
	if (g < 1 || x->dims[1] % g || (*w)->dims[0] % g)
		return soft_refuse(l, n, "%lld groups", (long long)g);
	*groups = (uint32_t)g;
	return soft_window_read(l, n, x->rank - 2, win);
}

static int lower_conv(struct soft_lower *l, const struct soft_node *n)
{
	const struct soft_const *c;
	struct soft_window win = { 0 };
	struct soft_conv cv = { 0 };
	struct weights w = { 0 };
	struct soft_value x, *out = soft_out(l, n, 0);
	uint32_t hwc[3], in[2];
	struct scales scales;
	int ret = conv_inputs(l, n, &x, &c, &win, &cv.groups);

	if (ret)
		return ret;
	if (c->dims[1] * cv.groups != x.dims[1])
		return soft_refuse(l, n, "weights for %lld channels, not %lld",
				   (long long)(c->dims[1] * cv.groups),
				   (long long)x.dims[1]);
	in[0] = soft_tensor_of(l, &x)->h;
	in[1] = soft_tensor_of(l, &x)->w;
	ret = soft_window_size(l, n, &win, in, hwc);
	if (!ret)
		ret = input_scale(l, n, &x, cv.groups, &scales, &cv.zero_point);
	if (ret)
		return ret;
	w = (struct weights){ (uint32_t)c->dims[0], win.kernel[0],
			      win.kernel[1], (uint32_t)c->dims[1], NULL, NULL };
	hwc[2] = w.k;
	copy_window(&win, &cv);
	ret = take_weights(l, n, c, (size_t[]){
		(size_t)w.ic * w.kh * w.kw, (size_t)w.kh * w.kw, w.kw, 1 },
		w.k, 0, &scales, &w);
	if (ret)
		return ret;
	soft_copy_value(out, &x);
	soft_set_image(out, &x, hwc);
	out->bipolar = false;
	ret = emit_conv(l, n, SOFT_OP_CONV, &x, out, hwc, &cv, &w);
	return ret ? ret : output_chain(l, n, out, &w, scales.group, cv.groups,
					soft_const_in(l, n, 2), 1);
}

/* The output's size from attributes; auto_pad and output_shape set pads. */
static int transposed_size(struct soft_lower *l, const struct soft_node *n,
			   struct soft_window *win, uint32_t dims,
			   const uint32_t in[2], uint32_t out[2])
{
	const SoftOnnx__Attribute *shape = soft_attr(n, "output_shape");
	uint32_t extra[2];
	int ret = soft_window_attr(l, n, "output_padding", dims, 0, 0, extra);

	if (ret)
		return ret;
	if (shape && shape->n_ints != dims)
		return soft_refuse(l, n, "output_shape has %zu entries",
				   shape->n_ints);
	for (uint32_t d = 2 - dims; d < 2; d++) {
		int64_t full = (int64_t)(in[d] - 1) * win->stride[d] +
			       extra[d] + (int64_t)(win->kernel[d] - 1) *
			       win->dilation[d] + 1;
		int64_t want = full - win->before[d] - win->after[d];

		if (shape || win->same) {
			want = shape ? shape->ints[d + dims - 2] :
			       (int64_t)in[d] * win->stride[d];
			if (want > full)
				return soft_refuse(l, n, "output_shape is too large");
			soft_same_pads(win->upper, (uint32_t)(full - want),
				  &win->before[d], &win->after[d]);
		}
		if (want < 1 || want > SOFT_MAX_ELEMENTS)
			return soft_refuse(l, n, "an output of %lld",
					   (long long)want);
		out[d] = (uint32_t)want;
	}
	if (dims == 1)
		out[0] = 1;
	return 0;
}

static int lower_conv_transpose(struct soft_lower *l,
				const struct soft_node *n)
{
	const struct soft_const *c;
	struct soft_window win = { 0 };
	struct soft_conv cv = { 0 };
	struct weights w = { 0 };
	struct soft_value x, *out = soft_out(l, n, 0);
	uint32_t hwc[3], in[2], oc;
	size_t area;
	struct scales scales;
	int ret = conv_inputs(l, n, &x, &c, &win, &cv.groups);

	if (ret)
		return ret;
	if (c->dims[0] != x.dims[1])
		return soft_refuse(l, n, "weights for %lld channels, not %lld",
				   (long long)c->dims[0],
				   (long long)x.dims[1]);
	in[0] = soft_tensor_of(l, &x)->h;
	in[1] = soft_tensor_of(l, &x)->w;
	ret = transposed_size(l, n, &win, x.rank - 2, in, hwc);
	if (!ret)
		ret = input_scale(l, n, &x, cv.groups, &scales, &cv.zero_point);
	if (ret)
		return ret;
	oc = (uint32_t)c->dims[1];
	w = (struct weights){ oc * cv.groups, win.kernel[0], win.kernel[1],
			      (uint32_t)c->dims[0] / cv.groups, NULL, NULL };
	area = (size_t)w.kh * w.kw;
	hwc[2] = w.k;
	copy_window(&win, &cv);
	ret = take_weights(l, n, c, (size_t[]){ area, oc * area, w.kw, 1 },
			   oc, (size_t)w.ic * oc * area, &scales, &w);
	if (ret)
		return ret;
	soft_copy_value(out, &x);
	soft_set_image(out, &x, hwc);
	out->bipolar = false;
	ret = emit_conv(l, n, SOFT_OP_CONV_TRANSPOSE, &x, out, hwc, &cv, &w);
	return ret ? ret : output_chain(l, n, out, &w, scales.group, cv.groups,
					soft_const_in(l, n, 2), 1);
}

/* x [.., k] times c [k, m], or its transpose [m, k]. */
static int matrix(struct soft_lower *l, const struct soft_node *n,
		  const struct soft_const *c, bool transposed, double alpha,
		  const struct soft_const *bias, double beta)
{
	struct soft_conv cv = { .groups = 1, .kh = 1, .kw = 1, .stride_h = 1,
				.stride_w = 1, .dilation_h = 1,
				.dilation_w = 1 };
	struct weights w = { 0 };
	struct soft_value x, *in, *out = soft_out(l, n, 0);
	uint32_t hwc[3];
	struct scales scales;
	int ret = soft_codes_in(l, n, 0, &in);

	if (ret)
		return ret;
	if (!c || c->rank != 2 || !c->n)
		return soft_refuse(l, n, "weights are not a constant matrix");
	x = *in;
	w = (struct weights){ (uint32_t)c->dims[!transposed], 1, 1,
			      (uint32_t)c->dims[transposed], NULL, NULL };
	if (!x.rank || x.dims[x.rank - 1] != w.ic)
		return soft_refuse(l, n, "weights for %u inputs, not %lld",
				   w.ic, x.rank ?
				   (long long)x.dims[x.rank - 1] : 1);
	ret = soft_value_canonical(l, n, &x);
	if (!ret)
		ret = input_scale(l, n, &x, 1, &scales, &cv.zero_point);
	if (!ret)
		ret = take_weights(l, n, c, transposed ?
				   (size_t[]){ w.ic, 1, 0, 0 } :
				   (size_t[]){ 1, w.k, 0, 0 }, w.k, 0, &scales,
				   &w);
	if (ret)
		return ret;
	scales.group[0] *= alpha;
	soft_copy_value(out, &x);
	out->dims[x.rank - 1] = w.k;
	out->bipolar = false;
	hwc[0] = soft_tensor_of(l, &x)->h;
	hwc[1] = soft_tensor_of(l, &x)->w;
	hwc[2] = w.k;
	ret = emit_conv(l, n, SOFT_OP_CONV, &x, out, hwc, &cv, &w);
	return ret ? ret : output_chain(l, n, out, &w, scales.group, 1, bias,
				       beta);
}

/* A matrix in more dimensions of one than the input's makes those, too. */
static int lower_matmul(struct soft_lower *l, const struct soft_node *n)
{
	const struct soft_const *c = soft_const_in(l, n, 1);
	struct soft_value *out = soft_out(l, n, 0);
	int64_t dims[SOFT_MAX_DIMS];
	struct soft_const flat;
	uint32_t more;
	int ret;

	if (!c || c->rank <= 2)
		return matrix(l, n, c, false, 1, NULL, 1);
	flat = *c;
	flat.rank = 2;
	memcpy(flat.dims, &c->dims[c->rank - 2], 2 * sizeof(*flat.dims));
	if ((int64_t)c->n != flat.dims[0] * flat.dims[1])
		return soft_refuse(l, n, "more than one matrix");
	ret = matrix(l, n, &flat, false, 1, NULL, 1);
	if (ret || out->rank >= c->rank)
		return ret;
	more = c->rank - out->rank;
	for (uint32_t i = 0; i < c->rank; i++)
		dims[i] = i < more ? 1 : out->dims[i - more];
	soft_value_dims(out, c->rank, dims);
	return 0;
}

static int lower_gemm(struct soft_lower *l, const struct soft_node *n)
{
	if (soft_attr_int(n, "transA", 0))
		return soft_refuse(l, n, "transA");
	if (soft_in(l, n, 2) && !soft_const_in(l, n, 2))
		return soft_refuse(l, n, "its third input is not constant");
	return matrix(l, n, soft_const_in(l, n, 1),
		      soft_attr_int(n, "transB", 0),
		      soft_attr_float(n, "alpha", 1), soft_const_in(l, n, 2),
		      soft_attr_float(n, "beta", 1));
}

soft_handler soft_find_conv(const char *op)
{
	static const struct {
		const char *op;
		soft_handler handler;
	} table[] = {
		{ "Conv", lower_conv },
		{ "ConvTranspose", lower_conv_transpose },
		{ "MatMul", lower_matmul },
		{ "Gemm", lower_gemm },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
		if (!strcmp(op, table[i].op))
			return table[i].handler;
	return NULL;
}
