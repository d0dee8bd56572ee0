// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * MaxPool, AveragePool, their global forms and those of Reduce... Must
 * not know what the codes mean beyond the sign of their scale.
 */
#include "lower.h"

#include <string.h>

#define MAX_COMMON	(1 << 24)
#define MAX_COUNTING	(1u << 24)

static int begin(struct soft_lower *l, const struct soft_node *n,
		 struct soft_value *v)
{
	struct soft_value *in;
	int ret = soft_codes_in(l, n, 0, &in);

	if (ret)
		return ret;
	*v = *in;
	v->name = soft_out(l, n, 0)->name;
	return soft_value_image(l, n, v);
}

static void whole_image(struct soft_lower *l, const struct soft_value *v,
			struct soft_window *w)
{
	const struct soft_tensor *t = soft_tensor_of(l, v);

	w->kernel[0] = t->h;
	w->kernel[1] = t->w;
	for (int d = 0; d < 2; d++)
		w->stride[d] = w->dilation[d] = 1;
}

static int read_window(struct soft_lower *l, const struct soft_node *n,
		       const struct soft_value *v, struct soft_window *w)
{
	const SoftOnnx__Attribute *a = soft_attr(n, "kernel_shape");
	uint32_t dims = v->rank - 2;

	if (!a || a->n_ints != dims)
		return soft_refuse(l, n, "kernel_shape does not fit");
	w->kernel[0] = 1;
	for (uint32_t i = 0; i < dims; i++) {
		if (a->ints[i] < 1 || a->ints[i] > 4096)
			return soft_refuse(l, n, "a window of %lld",
					   (long long)a->ints[i]);
		w->kernel[2 - dims + i] = (uint32_t)a->ints[i];
	}
	w->ceil = soft_attr_int(n, "ceil_mode", 0);
	return soft_window_read(l, n, dims, w);
}

static int emit_pool(struct soft_lower *l, const struct soft_node *n,
		     enum soft_op_kind kind, struct soft_value *v,
		     struct soft_window *w, const uint32_t hwc[3],
		     struct soft_op **out)
{
	struct soft_op *op = soft_emit(l, n, kind, v->tensor, hwc, v->name,
				       &v->tensor);

	if (!op)
		return -ENOMEM;
	op->pool = (struct soft_pool){
		.kh = w->kernel[0], .kw = w->kernel[1],
		.stride_h = w->stride[0], .stride_w = w->stride[1],
		.dilation_h = w->dilation[0], .dilation_w = w->dilation[1],
		.pad_top = w->before[0], .pad_left = w->before[1],
		.pad_bottom = w->after[0], .pad_right = w->after[1],
	};
	soft_set_image(v, v, hwc);
	*out = op;
	return 0;
}

/* --- maximum -------------------------------------------------------------- */

/* Channels with a negative scale are turned around first. */
static int turn_around(struct soft_lower *l, const struct soft_node *n,
		       struct soft_value *v)
{
	struct soft_tensor *t = soft_tensor_of(l, v);
	uint32_t hwc[3] = { t->h, t->w, t->c };
	int64_t most = t->max > -t->min ? t->max : -t->min;
	struct soft_stage *s = &v->chain.stages[0];
	struct soft_conv cv = { .kh = 1, .kw = 1, .stride_h = 1, .stride_w = 1,
				.dilation_h = 1, .dilation_w = 1,
				.groups = hwc[2], .weight_min = -1,
				.weight_max = 1 };
	soft_quad *p = soft_alloc(l->scratch, s->channels, sizeof(*p));
	struct soft_op *op;

	cv.weights = soft_alloc(l->arena, hwc[2], sizeof(*cv.weights));
	if (!p || !cv.weights)
		return -ENOMEM;
	for (uint32_t c = 0; c < hwc[2]; c++)
		cv.weights[c] = s->p[s->channels == 1 ? 0 : c] < 0 ? -1 : 1;
	for (uint32_t c = 0; c < s->channels; c++)
		p[c] = soft_quad_abs(s->p[c]);
	s->p = p;
	op = soft_emit(l, n, SOFT_OP_CONV, v->tensor, hwc, v->name,
		       &v->tensor);
	if (!op)
		return -ENOMEM;
	op->conv = cv;
	soft_tensor_range(soft_tensor_of(l, v), -most, most);
	op->acc_bits = most <= INT32_MAX ? 32 : 64;
	return 0;
}

/* After this, a greater code is a greater value or the same. */
static int make_rising(struct soft_lower *l, const struct soft_node *n,
		       struct soft_value *v)
{
	bool falls = false;

	for (uint32_t i = 0; i < v->chain.num; i++) {
		const struct soft_stage *s = &v->chain.stages[i];

		for (uint32_t c = 0; c < s->channels; c++) {
			if (s->kind == SOFT_STAGE_HARD_SWISH ||
			    (s->kind == SOFT_STAGE_LEAKY && s->p[c] < 0) ||
			    (s->kind == SOFT_STAGE_AFFINE && i && s->p[c] < 0))
				return soft_refuse(l, n, "a function before it that rises and falls");
			falls |= s->kind == SOFT_STAGE_AFFINE && s->p[c] < 0;
		}
	}
	return falls ? turn_around(l, n, v) : 0;
}

/* Height and width of @v, and the shape of what a window makes of it. */
static int window_over(struct soft_lower *l, const struct soft_node *n,
		       const struct soft_value *v, struct soft_window *w,
		       uint32_t in[2], uint32_t hwc[3])
{
	const struct soft_tensor *t = soft_tensor_of(l, v);

	in[0] = t->h;
	in[1] = t->w;
	hwc[2] = t->c;
	return soft_window_size(l, n, w, in, hwc);
}

static int max_pool(struct soft_lower *l, const struct soft_node *n,
		    struct soft_value *v, struct soft_window *w)
{
	uint32_t hwc[3], in[2];
	struct soft_op *op;
	int ret = make_rising(l, n, v);

	if (ret)
		return ret;
	ret = window_over(l, n, v, w, in, hwc);
	for (int d = 0; !ret && d < 2; d++)
		if (w->before[d] >= w->kernel[d] * w->dilation[d] ||
		    w->after[d] >= w->kernel[d] * w->dilation[d] ||
		    w->dilation[d] > in[d])
			ret = soft_refuse(l, n, "a window that lies outside its input");
	if (!ret)
		ret = emit_pool(l, n, SOFT_OP_MAX_POOL, v, w, hwc, &op);
	if (!ret)
		soft_copy_value(soft_out(l, n, 0), v);
	return ret;
}

static int lower_max_pool(struct soft_lower *l, const struct soft_node *n)
{
	struct soft_window w = { 0 };
	struct soft_value v;
	int ret = begin(l, n, &v);

	if (!ret && n->num_out > 1 && soft_out(l, n, 1))
		ret = soft_refuse(l, n, "its indices are asked for");
	if (!ret)
		ret = read_window(l, n, &v, &w);
	return ret ? ret : max_pool(l, n, &v, &w);
}

static int lower_global_max_pool(struct soft_lower *l,
				 const struct soft_node *n)
{
	struct soft_window w = { 0 };
	struct soft_value v;
	int ret = begin(l, n, &v);

	if (ret)
		return ret;
	whole_image(l, &v, &w);
	return max_pool(l, n, &v, &w);
}

/* --- average -------------------------------------------------------------- */

static int64_t gcd(int64_t a, int64_t b)
{
	while (b) {
		int64_t r = a % b;

		a = b;
		b = r;
	}
	return a;
}

/* The least common multiple of the numbers of a window's elements inside. */
static int64_t common_count(const struct soft_window *w, int d, uint32_t in,
			    uint32_t out)
{
	int64_t common = 1;

	if ((uint64_t)out * w->kernel[d] > MAX_COUNTING)
		return 0;
	for (uint32_t o = 0; o < out; o++) {
		int64_t n = 0;

		for (uint32_t k = 0; k < w->kernel[d]; k++) {
			int64_t at = (int64_t)o * w->stride[d] +
				     (int64_t)k * w->dilation[d] -
				     w->before[d];

			n += at >= 0 && at < in;
		}
		if (!n)
			return 0;
		common = common / gcd(common, n) * n;
		if (common > MAX_COMMON)
			return 0;
	}
	return common;
}

static bool padded(const struct soft_window *w)
{
	return w->before[0] || w->before[1] || w->after[0] || w->after[1];
}

/* Sets the divisor of the sum, and how elements outside count. */
static int divisor(struct soft_lower *l, const struct soft_node *n,
		   struct soft_window *w, const uint32_t in[2],
		   const uint32_t out[2], bool include, int64_t *common,
		   int64_t *divide)
{
	int64_t rows, columns;

	*common = 0;
	*divide = (int64_t)w->kernel[0] * w->kernel[1];
	if (include || (!padded(w) && !w->ceil))
		return 0;
	rows = common_count(w, 0, in[0], out[0]);
	columns = common_count(w, 1, in[1], out[1]);
	if (!rows || !columns || rows * columns > MAX_COMMON)
		return soft_refuse(l, n, "windows of too many different sizes");
	*common = *divide = rows * columns;
	return 0;
}

static int sum_range(struct soft_lower *l, const struct soft_node *n,
		     const struct soft_op *op)
{
	const struct soft_pool *p = &op->pool;
	const struct soft_tensor *t = &l->graph->tensors[op->inputs[0]];
	__int128 count = p->common ? p->common : (int64_t)p->kh * p->kw;
	__int128 low = (t->min - p->zero_point) * count;
	__int128 high = (t->max - p->zero_point) * count;

	low = low > 0 ? 0 : low;
	high = high < 0 ? 0 : high;
	if (high > INT64_MAX / 8 || low < INT64_MIN / 8)
		return soft_refuse(l, n, "accumulators beyond 60 bits");
	soft_tensor_range(&l->graph->tensors[op->output], (int64_t)low,
			  (int64_t)high);
	return 0;
}

/* a x + b of the mean, for which the sum is scaled first; or of the sum. */
static int average_chain(struct soft_lower *l, struct soft_value *out,
			 int64_t divide, bool total)
{
	struct soft_stage *s = &out->chain.stages[0];
	soft_quad *q;

	if (!total)
		return soft_chain_prescale(&out->chain, l->scratch,
					   (soft_quad)1 / (soft_quad)divide);
	if (!out->chain.num)
		return 0;
	q = soft_alloc(l->scratch, s->channels, sizeof(*q));
	if (!q)
		return -ENOMEM;
	for (uint32_t c = 0; c < s->channels; c++)
		q[c] = s->q[c] * (soft_quad)divide;
	s->q = q;
	return 0;
}

/* Sums do not know zero points: a real zero outside needs one, that is all. */
static int average(struct soft_lower *l, const struct soft_node *n,
		   struct soft_value *v, struct soft_window *w, bool include,
		   bool total)
{
	uint32_t hwc[3], in[2];
	soft_quad slope, zero = 0;
	int64_t common, divide, zero_point = 0;
	struct soft_op *op;
	int ret = soft_value_settle(l, n, v);

	if (ret)
		return ret;
	ret = window_over(l, n, v, w, in, hwc);
	if (!ret)
		ret = divisor(l, n, w, in, hwc, include, &common, &divide);
	if (!ret && include && padded(w)) {
		ret = soft_value_uniform(l, n, v, &slope, &zero_point);
		v->chain.num = 0;
		if (!ret)
			ret = soft_affine(l, n, v, 1, &slope, &zero);
	}
	if (!ret)
		ret = emit_pool(l, n, SOFT_OP_SUM_POOL, v, w, hwc, &op);
	if (ret)
		return ret;
	op->pool.common = common;
	op->pool.zero_point = zero_point;
	ret = sum_range(l, n, op);
	op->acc_bits = soft_tensor_of(l, v)->bits < 32 ? 32 : 64;
	v->bipolar = false;
	soft_copy_value(soft_out(l, n, 0), v);
	return ret ? ret : average_chain(l, soft_out(l, n, 0), divide, total);
}

/* Pads behind, less those that only a window beginning there would reach. */
static uint32_t unless_begun(const struct soft_window *w, int d, uint32_t in,
			     uint32_t out)
{
	uint32_t room = in + w->before[d] + w->after[d] -
			(w->kernel[d] - 1) * w->dilation[d] - 1;
	uint32_t rest = room % w->stride[d];

	if (out > room / w->stride[d] + 1)
		return w->after[d];
	return w->after[d] > rest ? w->after[d] - rest : 0;
}

/*
 * Pads count, but not what a last window has beyond them: then the pads become
 * elements of the input, and only those count.
 */
static int pad_first(struct soft_lower *l, const struct soft_node *n,
		     struct soft_value *v, struct soft_window *w)
{
	uint32_t in[2], hwc[3];
	struct soft_tensor *t;
	struct soft_pad pad = { 0 };
	soft_quad slope;
	struct soft_op *op;
	int ret = soft_value_uniform(l, n, v, &slope, &pad.value);

	if (ret)
		return ret;
	/* Completes the pads of auto_pad; the size is found again later. */
	ret = window_over(l, n, v, w, in, hwc);
	if (ret)
		return ret;
	for (int d = 0; d < 2; d++) {
		pad.before[d] = w->before[d];
		pad.after[d] = unless_begun(w, d, in[d], hwc[d]);
		hwc[d] = in[d] + pad.before[d] + pad.after[d];
		w->before[d] = w->after[d] = 0;
	}
	w->same = false;
	op = soft_emit(l, n, SOFT_OP_PAD, v->tensor, hwc, v->name,
		       &v->tensor);
	if (!op)
		return -ENOMEM;
	op->pad = pad;
	t = soft_tensor_of(l, v);
	soft_tensor_range(t, pad.value < t->min ? pad.value : t->min,
			  pad.value > t->max ? pad.value : t->max);
	soft_set_image(v, v, hwc);
	return 0;
}

static int lower_average_pool(struct soft_lower *l, const struct soft_node *n)
{
	bool include = soft_attr_int(n, "count_include_pad", 0);
	struct soft_window w = { 0 };
	struct soft_value v;
	int ret = begin(l, n, &v);

	if (!ret)
		ret = read_window(l, n, &v, &w);
	if (!ret && include && w.ceil) {
		include = false;
		ret = pad_first(l, n, &v, &w);
	}
	return ret ? ret : average(l, n, &v, &w, include, false);
}

static int lower_global_average(struct soft_lower *l,
				const struct soft_node *n)
{
	struct soft_window w = { 0 };
	struct soft_value v;
	int ret = begin(l, n, &v);

	if (ret)
		return ret;
	whole_image(l, &v, &w);
	return average(l, n, &v, &w, false, false);
}

/* --- Reduce... ------------------------------------------------------------ */

/* Which dimensions go; all but the batch and one other have to. */
static int reduced_dims(struct soft_lower *l, const struct soft_node *n,
			uint32_t rank, uint32_t *mask, uint32_t *channel)
{
	int64_t axes[SOFT_MAX_DIMS];
	int count = soft_ints_arg(l, n, "axes", 1, axes, SOFT_MAX_DIMS);
	uint32_t axis;

	*mask = 0;
	if (count < 0)
		return count;
	for (int i = 0; i < count; i++)
		if (soft_axis(axes[i], rank, &axis))
			*mask |= 1u << axis;
	for (*channel = 1; *channel < rank; ++*channel)
		if (*mask == ((1u << rank) - 2) - (1u << *channel))
			break;
	if ((rank != 3 && rank != 4) || *channel == rank)
		return soft_refuse(l, n, "axes other than all rows and columns");
	return 0;
}

/* The same tensor with dimension @channel named second. */
static void channel_second(struct soft_value *v, uint32_t channel)
{
	struct soft_value old = *v;

	for (uint32_t i = 0; i < v->rank; i++) {
		uint32_t to = old.order[i];

		to = to == channel ? 1 : to && to < channel ? to + 1 : to;
		v->order[i] = to;
		v->dims[to] = old.dims[old.order[i]];
	}
}

static void name_reduced(struct soft_value *out, bool keep, uint32_t mask)
{
	int64_t dims[SOFT_MAX_DIMS], channels = out->dims[1];
	uint32_t rank = 0;

	for (uint32_t i = 0; i < out->rank; i++)
		if (keep || !(mask >> i & 1))
			dims[rank++] = !i || mask >> i & 1 ? 1 : channels;
	soft_value_dims(out, rank, dims);
}

/* With all rows and columns together it is a pool over the whole image. */
static int lower_reduce(struct soft_lower *l, const struct soft_node *n)
{
	bool max = !strcmp(n->op, "ReduceMax");
	struct soft_value *in, v;
	struct soft_window w = { 0 };
	uint32_t mask, channel;
	int ret = soft_codes_in(l, n, 0, &in);

	if (!ret)
		ret = reduced_dims(l, n, in->rank, &mask, &channel);
	if (ret)
		return ret;
	v = *in;
	v.name = soft_out(l, n, 0)->name;
	channel_second(&v, channel);
	ret = soft_value_image(l, n, &v);
	if (ret)
		return ret;
	whole_image(l, &v, &w);
	ret = max ? max_pool(l, n, &v, &w) :
		    average(l, n, &v, &w, false, !strcmp(n->op, "ReduceSum"));
	if (!ret)
		name_reduced(soft_out(l, n, 0),
			     soft_attr_int(n, "keepdims", 1), mask);
	return ret;
}

soft_handler soft_find_pool(const char *op)
{
	static const struct {
		const char *op;
		soft_handler handler;
	} table[] = {
		{ "MaxPool", lower_max_pool },
		{ "GlobalMaxPool", lower_global_max_pool },
		{ "AveragePool", lower_average_pool },
		{ "GlobalAveragePool", lower_global_average },
		{ "ReduceMean", lower_reduce },
		{ "ReduceSum", lower_reduce },
		{ "ReduceMax", lower_reduce },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
		if (!strcmp(op, table[i].op))
			return table[i].handler;
	return NULL;
}
