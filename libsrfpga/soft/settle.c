// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Ends a value's chain of real functions without a quantiser: clips that fall
 * on codes, a common scale, or float. Must not know operators.
 */
#include "lower.h"

/* The code of a clip's @bound; outside the tensor's range it has no effect. */
static bool bound_code(const struct soft_tensor *t, soft_quad slope,
		       soft_quad offset, soft_quad bound, int64_t *code)
{
	soft_quad x, w;

	if (bound >= SOFT_QUAD_HUGE || bound <= -SOFT_QUAD_HUGE) {
		*code = (bound > 0) == (slope > 0) ? t->max : t->min;
		return true;
	}
	x = (bound - offset) / slope;
	if (x >= t->max || x <= t->min) {
		*code = x > t->min ? t->max : t->min;
		return true;
	}
	if (!soft_quad_whole(x, &w))
		return false;
	*code = (int64_t)w;
	return true;
}

static bool clip_codes(const struct soft_tensor *t,
		       const struct soft_stage *affine,
		       const struct soft_stage *clip, uint32_t c, int64_t *low,
		       int64_t *high)
{
	soft_quad a = 1, b = 0;
	uint32_t k = clip->channels == 1 ? 0 : c;
	int64_t x, y;

	if (affine) {
		a = affine->p[affine->channels == 1 ? 0 : c];
		b = affine->q[affine->channels == 1 ? 0 : c];
	}
	if (a == 0 || !bound_code(t, a, b, clip->p[k], &x) ||
	    !bound_code(t, a, b, clip->q[k], &y))
		return false;
	*low = a > 0 ? x : y;
	*high = a > 0 ? y : x;
	return true;
}

/* The stage before and the clip itself leave the chain. */
static int apply_clip(struct soft_lower *l, const struct soft_node *n,
		      struct soft_value *v, uint32_t at, int64_t low,
		      int64_t high)
{
	struct soft_tensor *t = soft_tensor_of(l, v);
	uint32_t hwc[3] = { t->h, t->w, t->c };
	struct soft_requant *rq = soft_alloc(l->arena, 1, sizeof(*rq));
	struct soft_op *op;

	if (!rq)
		return -ENOMEM;
	rq->kind = SOFT_REQUANT_CLIP;
	rq->channels = 1;
	rq->acc_min = t->min;
	rq->acc_max = t->max;
	rq->out_min = low;
	rq->out_max = high;
	op = soft_emit(l, n, SOFT_OP_REQUANT, v->tensor, hwc, v->name,
		       &v->tensor);
	if (!op)
		return -ENOMEM;
	op->requant = rq;
	soft_tensor_range(soft_tensor_of(l, v), low, high);
	for (uint32_t i = at; i + 1 < v->chain.num; i++)
		v->chain.stages[i] = v->chain.stages[i + 1];
	v->chain.num--;
	return 0;
}

/* Two affine stages meet where a clip between them is gone. */
static int join(struct soft_lower *l, const struct soft_node *n,
		struct soft_value *v)
{
	struct soft_chain old = v->chain;
	int ret = 0;

	v->chain.num = 0;
	for (uint32_t i = 0; !ret && i < old.num; i++) {
		const struct soft_stage *s = &old.stages[i];

		if (s->kind == SOFT_STAGE_AFFINE)
			ret = soft_affine(l, n, v, s->channels, s->p, s->q);
		else
			v->chain.stages[v->chain.num++] = *s;
	}
	return ret;
}

/* The bounds in codes, the same for all channels; else the reason why not. */
static const char *common_clip(struct soft_lower *l,
			       const struct soft_value *v, int64_t *low,
			       int64_t *high)
{
	const struct soft_stage *first = &v->chain.stages[0];
	bool affine = first->kind == SOFT_STAGE_AFFINE;
	const struct soft_stage *clip = first + affine;
	const struct soft_tensor *t = soft_tensor_of(l, v);
	int64_t lo, hi;

	if (clip->kind != SOFT_STAGE_CLIP)
		return "a function before it needs a quantiser in between";
	for (uint32_t c = 0; c < t->c; c++) {
		if (!clip_codes(t, affine ? first : NULL, clip, c, &lo, &hi) ||
		    (c && (lo != *low || hi != *high)))
			return "a Relu or Clip before it does not fall on codes";
		*low = lo;
		*high = hi;
	}
	return *low > *high ? "a Clip before it leaves nothing" : NULL;
}

/* Clips from the front; *@reason if something else is in the way. */
static int settle(struct soft_lower *l, const struct soft_node *n,
		  struct soft_value *v, const char **reason)
{
	int ret = 0;

	*reason = NULL;
	while (!ret && !soft_chain_is_affine(&v->chain)) {
		bool affine = v->chain.stages[0].kind == SOFT_STAGE_AFFINE;
		int64_t low = 0, high = 0;

		*reason = common_clip(l, v, &low, &high);
		if (*reason)
			return 0;
		ret = apply_clip(l, n, v, affine, low, high);
		if (!ret)
			ret = join(l, n, v);
	}
	return ret;
}

int soft_value_settle(struct soft_lower *l, const struct soft_node *n,
		      struct soft_value *v)
{
	const char *reason;
	int ret = settle(l, n, v, &reason);

	return reason ? soft_refuse(l, n, "%s", reason) : ret;
}

int soft_value_plain(struct soft_lower *l, const struct soft_node *n,
		     struct soft_value *v)
{
	const char *reason;

	return settle(l, n, v, &reason);
}

int soft_value_uniform(struct soft_lower *l, const struct soft_node *n,
		       struct soft_value *v, soft_quad *slope,
		       int64_t *zero_point)
{
	soft_quad a, b, z;
	int ret = soft_value_settle(l, n, v);

	if (ret)
		return ret;
	a = soft_chain_slope(&v->chain, 0);
	b = soft_chain_offset(&v->chain, 0);
	for (uint32_t c = 1; c < soft_chain_channels(&v->chain); c++)
		if (soft_chain_slope(&v->chain, c) != a ||
		    soft_chain_offset(&v->chain, c) != b)
			return soft_refuse(l, n, "its input's channels have different scales");
	if (a == 0 || soft_quad_abs(b / a) > (soft_quad)0x1p+40 ||
	    !soft_quad_whole(-b / a, &z))
		return soft_refuse(l, n, "its input's real zero is not a code");
	*slope = a;
	*zero_point = (int64_t)z;
	return 0;
}

/*
 * Stages behind the first scale, as a bend at zero and bounds of what a scale
 * gives: a further scale changes those, the same for all channels.
 */
static bool bend(struct soft_dequant *d, const struct soft_stage *s,
		 double *scale, double *shift)
{
	double p, q;

	if (s->channels > 1)
		return false;
	p = (double)s->p[0];
	q = s->q ? (double)s->q[0] : 0;
	if (s->kind == SOFT_STAGE_LEAKY) {
		/* Only before anything that does not keep the sign. */
		if (d->leak != 1 || *shift != 0 || !isinf(d->low) ||
		    !isinf(d->high))
			return false;
		d->leak = p;
		return true;
	}
	if (s->kind == SOFT_STAGE_CLIP) {
		d->low = fmin(fmax(d->low, p), q);
		d->high = fmin(fmax(d->high, p), q);
		return true;
	}
	if (s->kind != SOFT_STAGE_AFFINE || !(p > 0) ||
	    (d->leak != 1 && q != 0))
		return false;
	*scale *= p;
	*shift = *shift * p + q;
	d->low = d->low * p + q;
	d->high = d->high * p + q;
	return true;
}

/* The chain's first scale, and everything behind it in @d. */
static int read_float(struct soft_lower *l, const struct soft_node *n,
		      const struct soft_value *v, struct soft_dequant *d)
{
	const struct soft_chain *c = &v->chain;
	bool affine = c->num && c->stages[0].kind == SOFT_STAGE_AFFINE;
	struct soft_chain first = { affine, { c->stages[0] } };
	double scale = 1, shift = 0;

	d->leak = 1;
	d->low = -INFINITY;
	d->high = INFINITY;
	for (uint32_t i = affine; i < c->num; i++)
		if (!bend(d, &c->stages[i], &scale, &shift))
			return soft_refuse(l, n, "float after a function other than scales, clips and one LeakyRelu");
	d->channels = soft_chain_channels(&first);
	d->slope = soft_alloc(l->arena, d->channels, sizeof(*d->slope));
	d->offset = soft_alloc(l->arena, d->channels, sizeof(*d->offset));
	if (!d->slope || !d->offset)
		return -ENOMEM;
	for (uint32_t k = 0; k < d->channels; k++) {
		d->slope[k] = (double)(soft_chain_slope(&first, k) * scale);
		d->offset[k] = (double)(soft_chain_offset(&first, k) * scale +
					shift);
	}
	return 0;
}

int soft_value_float(struct soft_lower *l, const struct soft_node *n,
		     struct soft_value *v)
{
	const struct soft_tensor *t = soft_tensor_of(l, v);
	uint32_t hwc[3] = { t->h, t->w, t->c };
	struct soft_dequant d = { 0 };
	const char *reason;
	struct soft_op *op;
	int ret;

	if (v->kind == SOFT_VALUE_FLOAT)
		return 0;
	/* What falls on codes is done on codes. */
	ret = settle(l, n, v, &reason);
	if (!ret)
		ret = read_float(l, n, v, &d);
	if (ret)
		return ret;
	op = soft_emit(l, n, SOFT_OP_DEQUANT, v->tensor, hwc, v->name,
		       &v->tensor);
	if (!op)
		return -ENOMEM;
	op->dequant = d;
	soft_tensor_of(l, v)->is_float = true;
	v->kind = SOFT_VALUE_FLOAT;
	v->chain.num = 0;
	return 0;
}
