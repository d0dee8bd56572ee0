// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Random networks out of random pieces. Must not know which executor runs
 * them.
 */
#include "fast_graph.h"

#include <stdlib.h>

#define MAX_ELEMENTS	24000	/* of a tensor: the reference is slow */

static const struct soft_tensor *tensor(const struct fast_graph *f, uint32_t i)
{
	return &f->graph.tensors[i];
}

/*
 * The output of an operation whose accumulators lie in @lo..@hi: requantised
 * or, sometimes, as they are.
 */
static struct soft_op *finish(struct fast_graph *f, enum soft_op_kind kind,
			      uint32_t n, uint32_t in0, uint32_t in1,
			      const uint32_t shape[3], int64_t lo, int64_t hi)
{
	struct soft_requant *rq = NULL;
	int64_t min = lo, max = hi;
	struct soft_op *op;
	uint32_t out;

	if (fast_below(f, 12) || hi - lo > 1ll << 40)
		rq = fast_requant(f, shape[2], lo, hi, &min, &max);
	out = fast_tensor(f, shape[0], shape[1], shape[2], min, max);
	op = fast_op(f, kind, n, in0, in1, out);
	op->requant = rq;
	return op;
}

static bool fits_32(int64_t lo, int64_t hi)
{
	return lo > INT32_MIN / 4 && hi < INT32_MAX / 4;
}

static struct soft_conv random_window(struct fast_graph *f,
				      const struct soft_tensor *t)
{
	struct soft_conv c = {
		.kh = 1 + fast_below(f, 4), .kw = 1 + fast_below(f, 4),
		.stride_h = 1, .stride_w = 1,
		.dilation_h = 1, .dilation_w = 1, .groups = 1,
	};

	if (!fast_below(f, 3))
		c.kh = c.kw = 3;
	if (!fast_below(f, 4)) {
		c.stride_h = 1 + fast_below(f, 3);
		c.stride_w = 1 + fast_below(f, 3);
	}
	if (!fast_below(f, 5)) {
		c.dilation_h = 1 + fast_below(f, 2);
		c.dilation_w = 1 + fast_below(f, 3);
	}
	if (fast_below(f, 4)) {
		c.pad_top = fast_below(f, c.kh);
		c.pad_bottom = fast_below(f, c.kh);
		c.pad_left = fast_below(f, c.kw);
		c.pad_right = fast_below(f, c.kw);
	}
	if (c.kh == 3 && c.kw == 3 && fast_below(f, 2))
		c.pad_top = c.pad_left = c.pad_bottom = c.pad_right = 1;
	if (!fast_below(f, 4))
		c.groups = t->c;
	else if (!fast_below(f, 4) && t->c % 2 == 0)
		c.groups = 2;
	return c;
}

/* Output size along one axis; 0 if the window does not fit. */
static uint32_t windows(uint32_t size, uint32_t before, uint32_t after,
			uint32_t kernel, uint32_t dilation, uint32_t stride)
{
	uint32_t reach = (kernel - 1) * dilation + 1;

	return size + before + after < reach ? 0 :
	       (size + before + after - reach) / stride + 1;
}

static bool add_conv(struct fast_graph *f, uint32_t in)
{
	static const uint32_t channels[] = {
		1, 3, 4, 8, 12, 16, 17, 32, 33, 48, 64, 32, 12,
	};
	const struct soft_tensor *t = tensor(f, in);
	struct soft_conv c = random_window(f, t);
	uint32_t shape[3] = {
		windows(t->h, c.pad_top, c.pad_bottom, c.kh, c.dilation_h,
			c.stride_h),
		windows(t->w, c.pad_left, c.pad_right, c.kw, c.dilation_w,
			c.stride_w),
		channels[fast_below(f, 13)],
	};
	struct soft_op *op;
	int64_t lo, hi;

	if (c.groups > 1)
		shape[2] = c.groups * (1 + fast_below(f, 3));
	if (!shape[0] || !shape[1] || t->max - t->min > 1 << 20 ||
	    (uint64_t)shape[0] * shape[1] * shape[2] > MAX_ELEMENTS)
		return false;
	fast_conv(f, in, shape[2], &c, &lo, &hi);
	op = finish(f, SOFT_OP_CONV, 1, in, 0, shape, lo, hi);
	op->conv = c;
	op->acc_bits = fits_32(lo, hi) && t->max <= 255 && t->min >= -255 ?
		       32 : 64;
	return true;
}

static bool add_transpose(struct fast_graph *f, uint32_t in)
{
	const struct soft_tensor *t = tensor(f, in);
	struct soft_conv c = random_window(f, t);
	uint32_t shape[3];
	struct soft_op *op;
	int64_t lo, hi;

	c.pad_top = c.pad_bottom = fast_below(f, 2) * (c.kh > 1);
	c.pad_left = c.pad_right = fast_below(f, 2) * (c.kw > 1);
	shape[0] = (t->h - 1) * c.stride_h + (c.kh - 1) * c.dilation_h + 1 -
		   2 * c.pad_top;
	shape[1] = (t->w - 1) * c.stride_w + (c.kw - 1) * c.dilation_w + 1 -
		   2 * c.pad_left;
	shape[2] = c.groups * (1 + fast_below(f, 3));
	if ((int32_t)shape[0] <= 0 || (int32_t)shape[1] <= 0 ||
	    t->max - t->min > 1 << 20 ||
	    (uint64_t)shape[0] * shape[1] * shape[2] > MAX_ELEMENTS)
		return false;
	fast_conv(f, in, shape[2], &c, &lo, &hi);
	op = finish(f, SOFT_OP_CONV_TRANSPOSE, 1, in, 0, shape, lo, hi);
	op->conv = c;
	return true;
}

static bool add_pool(struct fast_graph *f, uint32_t in)
{
	const struct soft_tensor *t = tensor(f, in);
	struct soft_conv c = random_window(f, t);
	bool max = fast_below(f, 2);
	struct soft_pool p = {
		.kh = c.kh, .kw = c.kw, .stride_h = c.stride_h,
		.stride_w = c.stride_w, .dilation_h = 1, .dilation_w = 1,
		.pad_top = c.kh / 2, .pad_left = c.kw / 2,
		.pad_bottom = c.kh / 2, .pad_right = c.kw / 2,
	};
	uint32_t shape[3] = {
		windows(t->h, p.pad_top, p.pad_bottom, p.kh, 1, p.stride_h),
		windows(t->w, p.pad_left, p.pad_right, p.kw, 1, p.stride_w),
		t->c,
	};
	int64_t n = max ? 1 : 12 * 12, far = llabs(t->min) + llabs(t->max) + 1;
	struct soft_op *op;

	if (!shape[0] || !shape[1] || far > 1 << 20)
		return false;
	if (!max && fast_below(f, 2)) {
		p.common = 144;
		n *= 144;
	}
	/* 144 is a multiple of every count only of these windows. */
	if (p.common && (p.kh > 3 || p.kw > 3 || p.kh * p.kw == 5))
		p.common = 0;
	op = finish(f, max ? SOFT_OP_MAX_POOL : SOFT_OP_SUM_POOL, 1, in, 0,
		    shape, max ? t->min : -far * n, max ? t->max : far * n);
	op->pool = p;
	return true;
}

static uint32_t same_shape(struct fast_graph *f, uint32_t in)
{
	const struct soft_tensor *t = tensor(f, in);
	uint32_t start = fast_below(f, f->graph.num_tensors);

	for (uint32_t i = 0; i < f->graph.num_tensors; i++) {
		uint32_t other = (start + i) % f->graph.num_tensors;
		const struct soft_tensor *o = tensor(f, other);

		if (o->h == t->h && o->w == t->w && o->c == t->c)
			return other;
	}
	return in;
}

static bool add_add(struct fast_graph *f, uint32_t in)
{
	const struct soft_tensor *t = tensor(f, in);
	uint32_t other = same_shape(f, in), shape[3] = { t->h, t->w, t->c };
	uint32_t channels = fast_below(f, 3) ? 1 : t->c;
	struct soft_add a = { .channels = channels };
	int64_t lo = -20, hi = 20, limit = fast_below(f, 2) ? 1 : 20000;
	struct soft_op *op;

	if (llabs(t->min) + t->max > 1 << 20 ||
	    llabs(tensor(f, other)->min) + tensor(f, other)->max > 1 << 20)
		return false;
	for (int j = 0; j < 2; j++) {
		const struct soft_tensor *s = tensor(f, j ? other : in);
		int64_t far = llabs(s->min) > llabs(s->max) ? llabs(s->min) :
							      llabs(s->max);

		a.multiplier[j] = fast_memory(f, channels * sizeof(int64_t));
		for (uint32_t c = 0; c < channels; c++)
			a.multiplier[j][c] = fast_between(f, limit / 2 + 1,
							  limit);
		hi += limit * far;
		lo -= s->min < 0 ? limit * far : 0;
	}
	a.bias = fast_memory(f, channels * sizeof(int64_t));
	for (uint32_t c = 0; c < channels; c++)
		a.bias[c] = fast_between(f, -20, 20);
	op = finish(f, SOFT_OP_ADD, 2, in, other, shape, lo, hi);
	op->add = a;
	op->acc_bits = fits_32(lo, hi) ? 32 : 64;
	return true;
}

static bool add_mul(struct fast_graph *f, uint32_t in)
{
	const struct soft_tensor *t = tensor(f, in);
	uint32_t other = same_shape(f, in), shape[3] = { t->h, t->w, t->c };
	const struct soft_tensor *o = tensor(f, other);
	int64_t a = llabs(t->min) + llabs(t->max) + 9;
	int64_t b = llabs(o->min) + llabs(o->max) + 9;
	struct soft_op *op;

	if (a > 1 << 18 || b > 1 << 18)
		return false;
	op = finish(f, SOFT_OP_MUL, 2, in, other, shape, -a * b, a * b);
	op->mul.zero_point[0] = fast_below(f, 9);
	op->mul.zero_point[1] = fast_below(f, 9);
	return true;
}

static bool add_requant(struct fast_graph *f, uint32_t in)
{
	const struct soft_tensor *t = tensor(f, in);
	uint32_t shape[3] = { t->h, t->w, t->c };

	finish(f, SOFT_OP_REQUANT, 1, in, 0, shape, t->min, t->max);
	return true;
}

/* An operation that only moves codes. */
static struct soft_op *move(struct fast_graph *f, enum soft_op_kind kind,
			    uint32_t n, uint32_t in, uint32_t other,
			    uint32_t h, uint32_t w, uint32_t c)
{
	const struct soft_tensor *a = tensor(f, in), *b = a;

	if (n > 1)
		b = tensor(f, other);
	return fast_op(f, kind, n, in, other,
		       fast_tensor(f, h, w, c,
				   a->min < b->min ? a->min : b->min,
				   a->max > b->max ? a->max : b->max));
}

static bool add_concat(struct fast_graph *f, uint32_t in)
{
	struct soft_tensor t = *tensor(f, in);
	uint32_t axis = fast_below(f, 4) ? 2 : fast_below(f, 3);
	uint32_t other = same_shape(f, in);

	if (2ull * t.h * t.w * t.c > MAX_ELEMENTS)
		return false;
	move(f, SOFT_OP_CONCAT, 2, in, other, t.h << (axis == 0),
	     t.w << (axis == 1), t.c << (axis == 2))->concat.axis = axis;
	return true;
}

static bool add_slice(struct fast_graph *f, uint32_t in)
{
	struct soft_tensor t = *tensor(f, in);
	uint32_t size[3] = { t.h, t.w, t.c }, out[3];
	struct soft_slice s;

	for (int i = 0; i < 3; i++) {
		out[i] = size[i] > 2 ? size[i] - fast_below(f, 2) : size[i];
		s.start[i] = fast_below(f, size[i] - out[i] + 1);
		s.step[i] = 1;
		if (!fast_below(f, 4)) {
			s.start[i] += out[i] - 1;
			s.step[i] = -1;
		}
	}
	move(f, SOFT_OP_SLICE, 1, in, 0, out[0], out[1], out[2])->slice = s;
	return true;
}

static bool add_pad(struct fast_graph *f, uint32_t in)
{
	struct soft_tensor t = *tensor(f, in);
	struct soft_pad p = { .value = fast_between(f, t.min, t.max) };

	for (int i = 0; i < 3; i++) {
		p.before[i] = fast_below(f, 3);
		p.after[i] = fast_below(f, 3);
	}
	if (fast_below(f, 3))
		p.before[2] = p.after[2] = 0;
	move(f, SOFT_OP_PAD, 1, in, 0, t.h + p.before[0] + p.after[0],
	     t.w + p.before[1] + p.after[1],
	     t.c + p.before[2] + p.after[2])->pad = p;
	return true;
}

static bool add_resize(struct fast_graph *f, uint32_t in)
{
	struct soft_tensor t = *tensor(f, in);
	struct soft_resize r = { 1 + fast_below(f, 3), 1 + fast_below(f, 3) };

	if ((uint64_t)t.h * t.w * t.c * r.factor_h * r.factor_w > MAX_ELEMENTS)
		return false;
	move(f, SOFT_OP_RESIZE, 1, in, 0, t.h * r.factor_h, t.w * r.factor_w,
	     t.c)->resize = r;
	return true;
}

static bool add_shuffle(struct fast_graph *f, uint32_t in)
{
	struct soft_tensor t = *tensor(f, in);
	struct soft_shuffle s = { 2 + fast_below(f, 2), fast_below(f, 2) };
	uint32_t r = s.block;

	if (t.c % (r * r) == 0)
		move(f, SOFT_OP_DEPTH_TO_SPACE, 1, in, 0, t.h * r, t.w * r,
		     t.c / r / r)->shuffle = s;
	else if (t.h % r == 0 && t.w % r == 0)
		move(f, SOFT_OP_SPACE_TO_DEPTH, 1, in, 0, t.h / r, t.w / r,
		     t.c * r * r)->shuffle = s;
	else
		return false;
	return true;
}

static bool add_permute(struct fast_graph *f, uint32_t in)
{
	static const uint8_t orders[][3] = {
		{ 2, 0, 1 }, { 1, 0, 2 }, { 0, 1, 2 }, { 2, 1, 0 },
	};
	struct soft_tensor t = *tensor(f, in);
	uint32_t size[3] = { t.h, t.w, t.c }, which = fast_below(f, 4);
	struct soft_permute p = { .rank = 3 };

	for (int i = 0; i < 3; i++) {
		p.dims[i] = size[i];
		p.perm[i] = orders[which][i];
	}
	move(f, SOFT_OP_PERMUTE, 1, in, 0, size[p.perm[0]], size[p.perm[1]],
	     size[p.perm[2]])->permute = p;
	return true;
}

static bool add_reshape(struct fast_graph *f, uint32_t in)
{
	struct soft_tensor t = *tensor(f, in);

	if (fast_below(f, 2))
		move(f, SOFT_OP_RESHAPE, 1, in, 0, 1, 1, t.h * t.w * t.c);
	else
		move(f, SOFT_OP_RESHAPE, 1, in, 0, t.w, t.h, t.c);
	return true;
}

/* Mostly what image networks are made of, sometimes anything. */
static bool add_any(struct fast_graph *f, uint32_t in)
{
	static bool (*const any[])(struct fast_graph *f, uint32_t in) = {
		add_conv, add_conv, add_conv, add_conv, add_conv, add_conv,
		add_add, add_add, add_shuffle, add_shuffle, add_resize,
		add_concat, add_pool, add_requant, add_mul, add_slice,
		add_pad, add_transpose,
	};

	if (!fast_below(f, 24))
		return fast_below(f, 2) ? add_permute(f, in) :
					  add_reshape(f, in);
	return any[fast_below(f, sizeof(any) / sizeof(*any))](f, in);
}

static void add_head(struct fast_graph *f, uint32_t in)
{
	struct soft_tensor t = *tensor(f, in);
	struct soft_op *op;
	uint32_t out;

	if (fast_below(f, 2)) {
		uint32_t k = 1 + fast_below(f, t.c < 4 ? t.c : 4);

		out = fast_tensor(f, t.h, t.w, k, 0, t.c - 1);
		op = fast_op(f, SOFT_OP_ARGMAX, 1, in, 0, out);
		op->topk = (struct soft_topk) { k, fast_below(f, 2),
						fast_below(f, 2) };
		return;
	}
	out = fast_tensor(f, t.h, t.w, t.c, 0, 0);
	f->graph.tensors[out].is_float = true;
	op = fast_op(f, SOFT_OP_DEQUANT, 1, in, 0, out);
	op->dequant.channels = 1;
	op->dequant.slope = fast_memory(f, sizeof(double));
	op->dequant.offset = fast_memory(f, sizeof(double));
	op->dequant.slope[0] = 0.001 + fast_below(f, 100) / 777.0;
	op->dequant.offset[0] = fast_below(f, 100) / 777.0;
	op->dequant.leak = fast_below(f, 2) ? 1 : -0.3;
	op->dequant.low = -30;
	op->dequant.high = 30;
	if (fast_below(f, 2))
		return;
	in = out;
	out = fast_tensor(f, t.h, t.w, t.c, 0, 0);
	f->graph.tensors[out].is_float = true;
	fast_op(f, SOFT_OP_SOFTMAX, 1, in, 0, out);
}

/* Ports: the inputs were added first; the rest leaves what nobody reads. */
static void add_outputs(struct fast_graph *f)
{
	for (uint32_t t = f->graph.num_inputs; t < f->graph.num_tensors; t++) {
		bool read = false;

		for (uint32_t i = 0; i < f->graph.num_ops; i++)
			for (uint32_t j = 0; j < f->graph.ops[i].num_inputs;
			     j++)
				read |= f->graph.ops[i].inputs[j] == t;
		if (!read)
			fast_port(f, t, true);
	}
}

static void add_input(struct fast_graph *f, uint32_t h, uint32_t w, uint32_t c)
{
	int64_t min = 0, max = 255;

	if (!fast_below(f, 3))
		min = -128, max = 127;
	else if (!fast_below(f, 3))
		max = 15;
	fast_port(f, fast_tensor(f, h, w, c, min, max), false);
}

void fast_random_image(struct fast_graph *f)
{
	static const uint32_t channels[] = { 1, 3, 3, 4, 16, 32, 32 };
	uint32_t h = 1 + fast_below(f, 14), n = 1 + fast_below(f, 7);
	uint32_t w = fast_below(f, 4) ? 1 + fast_below(f, 40) :
					130 + fast_below(f, 70);
	uint32_t inputs = 1 + !fast_below(f, 6), c = channels[fast_below(f, 7)];

	for (uint32_t i = 0; i < inputs; i++)
		add_input(f, h, w, c);
	for (uint32_t i = 0; i < n;) {
		uint32_t from = f->graph.num_tensors - 1;

		if (!fast_below(f, 6))
			from = fast_below(f, f->graph.num_tensors);
		i += add_any(f, from);
	}
	if (!fast_below(f, 6))
		add_head(f, f->graph.num_tensors - 1);
	add_outputs(f);
}

/* 3 by 3, the same size out; the last tensor reads the one before. */
static void super_conv(struct fast_graph *f, uint32_t out_c)
{
	uint32_t in = f->graph.num_tensors - 1;
	const struct soft_tensor *t = tensor(f, in);
	struct soft_conv c = {
		.kh = 3, .kw = 3, .stride_h = 1, .stride_w = 1,
		.dilation_h = 1, .dilation_w = 1, .groups = 1,
		.pad_top = 1, .pad_left = 1, .pad_bottom = 1, .pad_right = 1,
	};
	uint32_t shape[3] = { t->h, t->w, out_c };
	struct soft_op *op;
	int64_t lo, hi;

	fast_conv(f, in, out_c, &c, &lo, &hi);
	op = finish(f, SOFT_OP_CONV, 1, in, 0, shape, lo, hi);
	op->conv = c;
	op->acc_bits = fits_32(lo, hi) && t->max <= 255 && t->min >= -255 ?
		       32 : 64;
}

/* What super-resolution networks are made of, in frames of several strips. */
void fast_random_super(struct fast_graph *f)
{
	static const uint32_t inner[] = { 32, 32, 32, 16, 64, 12 };
	uint32_t w = 1 + fast_below(f, fast_below(f, 3) ? 200 : 900);
	uint32_t c = inner[fast_below(f, 6)], r = 2 + !fast_below(f, 4);
	uint32_t h = 1 + fast_below(f, 2000 / w + 4);

	add_input(f, h, w, fast_below(f, 3) ? 3 : 1);
	super_conv(f, c);
	for (uint32_t i = fast_below(f, 3); i; i--)
		super_conv(f, c);
	if (fast_below(f, 2))
		add_add(f, f->graph.num_tensors - 1);
	super_conv(f, r * r * (r == 2 ? 1 + fast_below(f, 3) : 1));
	c = f->graph.num_tensors - 1;
	move(f, SOFT_OP_DEPTH_TO_SPACE, 1, c, 0, h * r, w * r,
	     tensor(f, c)->c / r / r)->shuffle = (struct soft_shuffle) {
		     r, fast_below(f, 4) != 0 };
	add_outputs(f);
}

void fast_random_vectors(struct fast_graph *f)
{
	uint32_t n = 1 + fast_below(f, 4);

	if (fast_below(f, 2)) {
		add_input(f, 1 + fast_below(f, 5), 1 + fast_below(f, 5), 3);
		move(f, SOFT_OP_RESHAPE, 1, 0, 0, 1, 1,
		     tensor(f, 0)->h * tensor(f, 0)->w * 3);
	} else {
		add_input(f, 1, 1, 1 + fast_below(f, 90));
	}
	for (uint32_t i = 0; i < n;) {
		static bool (*const some[])(struct fast_graph *f,
					    uint32_t in) = {
			add_conv, add_conv, add_conv, add_add, add_requant,
			add_mul,
		};

		i += some[fast_below(f, 6)](f, f->graph.num_tensors - 1);
	}
	if (!fast_below(f, 3))
		add_head(f, f->graph.num_tensors - 1);
	add_outputs(f);
}
