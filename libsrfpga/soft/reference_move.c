// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The reference executor's data movements: which input element an output
 * element is. Must not know arithmetic.
 */
#include "reference.h"

static int64_t input(const struct soft_ref *r, size_t y, size_t x, size_t k)
{
	return r->in[0][soft_ref_at(soft_ref_tensor(r, 0), y, x, k)];
}

int64_t soft_ref_same(const struct soft_ref *r, uint32_t y, uint32_t x,
		      uint32_t k)
{
	return input(r, y, x, k);
}

int64_t soft_ref_concat(const struct soft_ref *r, uint32_t y, uint32_t x,
			uint32_t k)
{
	uint32_t at[3] = { y, x, k }, i = 0;
	uint32_t *d = &at[r->op->concat.axis];

	for (;; i++) {
		const struct soft_tensor *t = soft_ref_tensor(r, i);
		uint32_t size[3] = { t->h, t->w, t->c };

		if (*d < size[r->op->concat.axis])
			return r->in[i][soft_ref_at(t, at[0], at[1], at[2])];
		*d -= size[r->op->concat.axis];
	}
}

int64_t soft_ref_slice(const struct soft_ref *r, uint32_t y, uint32_t x,
		       uint32_t k)
{
	const struct soft_slice *s = &r->op->slice;

	return input(r, (size_t)(s->start[0] + (int64_t)s->step[0] * y),
		     (size_t)(s->start[1] + (int64_t)s->step[1] * x),
		     (size_t)(s->start[2] + (int64_t)s->step[2] * k));
}

int64_t soft_ref_pad(const struct soft_ref *r, uint32_t y, uint32_t x,
		     uint32_t k)
{
	const struct soft_pad *p = &r->op->pad;
	const struct soft_tensor *t = soft_ref_tensor(r, 0);

	if (y < p->before[0] || y - p->before[0] >= t->h ||
	    x < p->before[1] || x - p->before[1] >= t->w ||
	    k < p->before[2] || k - p->before[2] >= t->c)
		return p->value;
	return input(r, y - p->before[0], x - p->before[1], k - p->before[2]);
}

int64_t soft_ref_resize(const struct soft_ref *r, uint32_t y, uint32_t x,
			uint32_t k)
{
	return input(r, y / r->op->resize.factor_h, x / r->op->resize.factor_w,
		     k);
}

int64_t soft_ref_depth_to_space(const struct soft_ref *r, uint32_t y,
				uint32_t x, uint32_t k)
{
	uint32_t b = r->op->shuffle.block, dy = y % b, dx = x % b;
	uint32_t c = r->op->shuffle.crd ? k * b * b + dy * b + dx :
		     (dy * b + dx) * soft_ref_output(r)->c + k;

	return input(r, y / b, x / b, c);
}

int64_t soft_ref_space_to_depth(const struct soft_ref *r, uint32_t y,
				uint32_t x, uint32_t k)
{
	uint32_t b = r->op->shuffle.block, c = soft_ref_tensor(r, 0)->c;
	uint32_t block = r->op->shuffle.crd ? k % (b * b) : k / c;
	uint32_t channel = r->op->shuffle.crd ? k / (b * b) : k % c;

	return input(r, (size_t)y * b + block / b, (size_t)x * b + block % b,
		     channel);
}

/* The output's flat index as indices of its dimensions, then back. */
int64_t soft_ref_permute(const struct soft_ref *r, uint32_t y, uint32_t x,
			 uint32_t k)
{
	const struct soft_permute *p = &r->op->permute;
	size_t flat = soft_ref_at(soft_ref_output(r), y, x, k), from = 0;
	size_t index[SOFT_MAX_DIMS] = { 0 };

	for (uint32_t i = p->rank; i--;) {
		uint32_t d = p->dims[p->perm[i]];

		index[p->perm[i]] = flat % d;
		flat /= d;
	}
	for (uint32_t i = 0; i < p->rank; i++)
		from = from * p->dims[i] + index[i];
	return r->in[0][from];
}
