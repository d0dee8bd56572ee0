// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The reference executor's arithmetic: each accumulator as graph.h defines it.
 * Must not know requantisation.
 */
#include "reference.h"

/* The input element at @y, @x, which may lie outside. */
static int64_t tap(const struct soft_ref *r, int64_t y, int64_t x, uint32_t c)
{
	const struct soft_tensor *t = soft_ref_tensor(r, 0);

	if (y < 0 || y >= t->h || x < 0 || x >= t->w)
		return r->op->conv.pad_value;
	return r->in[0][soft_ref_at(t, (size_t)y, (size_t)x, c)];
}

int64_t soft_ref_conv(const struct soft_ref *r, uint32_t y, uint32_t x,
		      uint32_t k)
{
	const struct soft_conv *cv = &r->op->conv;
	uint32_t ic = soft_ref_tensor(r, 0)->c / cv->groups;
	uint32_t oc = soft_ref_output(r)->c / cv->groups;
	const int32_t *w = cv->weights + (size_t)k * cv->kh * cv->kw * ic;
	int64_t acc = cv->bias ? cv->bias[k] : 0;

	for (uint32_t ky = 0; ky < cv->kh; ky++)
		for (uint32_t kx = 0; kx < cv->kw; kx++)
			for (uint32_t i = 0; i < ic; i++) {
				int64_t iy = (int64_t)y * cv->stride_h +
					     (int64_t)ky * cv->dilation_h -
					     cv->pad_top;
				int64_t ix = (int64_t)x * cv->stride_w +
					     (int64_t)kx * cv->dilation_w -
					     cv->pad_left;

				acc += *w++ * (tap(r, iy, ix, k / oc * ic + i) -
					       cv->zero_point);
			}
	return acc;
}

/* Output position @o meets input position i at kernel position @k, or not. */
static bool meets(uint32_t o, uint32_t pad, uint32_t k, uint32_t dilation,
		  uint32_t stride, uint32_t size, int64_t *i)
{
	int64_t at = (int64_t)o + pad - (int64_t)k * dilation;

	*i = at / stride;
	return at >= 0 && at % stride == 0 && *i < size;
}

int64_t soft_ref_conv_transpose(const struct soft_ref *r, uint32_t y,
				uint32_t x, uint32_t k)
{
	const struct soft_conv *cv = &r->op->conv;
	const struct soft_tensor *t = soft_ref_tensor(r, 0);
	uint32_t ic = t->c / cv->groups;
	uint32_t oc = soft_ref_output(r)->c / cv->groups;
	int64_t acc = cv->bias ? cv->bias[k] : 0, iy, ix;

	for (uint32_t ky = 0; ky < cv->kh; ky++)
		for (uint32_t kx = 0; kx < cv->kw; kx++) {
			const int32_t *w = cv->weights +
				(((size_t)k * cv->kh + ky) * cv->kw + kx) * ic;

			if (!meets(y, cv->pad_top, ky, cv->dilation_h,
				   cv->stride_h, t->h, &iy) ||
			    !meets(x, cv->pad_left, kx, cv->dilation_w,
				   cv->stride_w, t->w, &ix))
				continue;
			for (uint32_t i = 0; i < ic; i++)
				acc += w[i] * (tap(r, iy, ix,
						   k / oc * ic + i) -
					       cv->zero_point);
		}
	return acc;
}

/* What a window's elements are collected in. */
struct window {
	int64_t max, sum, n;
};

static struct window collect(const struct soft_ref *r, uint32_t y, uint32_t x,
			     uint32_t k)
{
	const struct soft_pool *p = &r->op->pool;
	const struct soft_tensor *t = soft_ref_tensor(r, 0);
	struct window w = { INT64_MIN, 0, 0 };

	for (uint32_t ky = 0; ky < p->kh; ky++)
		for (uint32_t kx = 0; kx < p->kw; kx++) {
			int64_t iy = (int64_t)y * p->stride_h +
				     (int64_t)ky * p->dilation_h - p->pad_top;
			int64_t ix = (int64_t)x * p->stride_w +
				     (int64_t)kx * p->dilation_w - p->pad_left;
			int64_t v;

			if (iy < 0 || iy >= t->h || ix < 0 || ix >= t->w)
				continue;
			v = r->in[0][soft_ref_at(t, (size_t)iy, (size_t)ix, k)];
			w.max = v > w.max ? v : w.max;
			w.sum += v - p->zero_point;
			w.n++;
		}
	return w;
}

int64_t soft_ref_max_pool(const struct soft_ref *r, uint32_t y, uint32_t x,
			  uint32_t k)
{
	return collect(r, y, x, k).max;
}

int64_t soft_ref_sum_pool(const struct soft_ref *r, uint32_t y, uint32_t x,
			  uint32_t k)
{
	const struct soft_pool *p = &r->op->pool;
	struct window w = collect(r, y, x, k);

	return p->common ? w.sum * (p->common / w.n) : w.sum;
}

/* Input @i broadcast to the output. */
static int64_t wide(const struct soft_ref *r, uint32_t i, uint32_t y,
		    uint32_t x, uint32_t k)
{
	const struct soft_tensor *t = soft_ref_tensor(r, i);
	bool point = t->h == 1 && t->w == 1;

	return r->in[i][soft_ref_at(t, point ? 0 : y, point ? 0 : x,
				    t->c == 1 ? 0 : k)];
}

int64_t soft_ref_add(const struct soft_ref *r, uint32_t y, uint32_t x,
		     uint32_t k)
{
	const struct soft_add *a = &r->op->add;
	uint32_t c = a->channels == 1 ? 0 : k;
	int64_t acc = a->bias[c];

	for (uint32_t i = 0; i < r->op->num_inputs; i++)
		acc += a->multiplier[i][c] * wide(r, i, y, x, k);
	return acc;
}

int64_t soft_ref_mul(const struct soft_ref *r, uint32_t y, uint32_t x,
		     uint32_t k)
{
	const int64_t *z = r->op->mul.zero_point;

	return (wide(r, 0, y, x, k) - z[0]) * (wide(r, 1, y, x, k) - z[1]);
}
