// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Quantisers on activations: Quant, BipolarQuant, Trunc, MultiThreshold,
 * QuantizeLinear, DequantizeLinear. Must not know what is in front of them.
 */
#include "derive.h"
#include "lower.h"

#include <math.h>
#include <string.h>
#include <strings.h>

int soft_quantise(struct soft_lower *l, const struct soft_node *n,
		  const struct soft_value *in,
		  const struct soft_quantiser *q)
{
	struct soft_value v = *in, *out = soft_out(l, n, 0);
	struct soft_tensor *t;
	struct soft_requant *rq;
	struct soft_op *op;
	uint32_t hwc[3];
	bool done = false;
	int ret;

	if (v.kind == SOFT_VALUE_FLOAT)
		return soft_refuse(l, n, "its input is float: channels of different scales were mixed before it");
	if (v.kind == SOFT_VALUE_INPUT) {
		v.name = out->name;
		ret = soft_input_quantise(l, n, &v, q, &done);
		if (ret)
			return ret;
	}
	t = soft_tensor_of(l, &v);
	if (!done) {
		ret = soft_derive(l->arena, &v.chain, &q->rule, t->c, t->min,
				  t->max, &l->budget, &rq);
		if (ret == -E2BIG)
			return soft_refuse(l, n, "its requantisation has too many steps");
		if (ret)
			return ret;
		memcpy(hwc, (uint32_t[]){ t->h, t->w, t->c }, sizeof(hwc));
		done = rq->kind == SOFT_REQUANT_CLIP &&
		       rq->out_min <= t->min && rq->out_max >= t->max;
	}
	if (!done) {
		op = soft_emit(l, n, SOFT_OP_REQUANT, v.tensor, hwc, out->name,
			       &v.tensor);
		if (!op)
			return -ENOMEM;
		op->requant = rq;
		if (q->unclipped)
			soft_tensor_range(soft_tensor_of(l, &v), rq->out_min,
					  rq->out_max);
		else
			soft_tensor_range(soft_tensor_of(l, &v), q->rule.min,
					  q->rule.max);
	}
	v.chain.num = 0;
	v.bipolar = q->rule.kind == SOFT_RULE_BIPOLAR;
	soft_copy_value(out, &v);
	if (q->raw)
		return 0;
	return soft_affine(l, n, out, q->channels, q->scale, q->offset);
}

bool soft_rounding_mode(const struct soft_node *n, enum soft_mode fallback,
			enum soft_mode *out)
{
	static const struct {
		const char *name;
		enum soft_mode mode;
	} modes[] = {
		{ "ROUND", SOFT_MODE_HALF_EVEN },
		{ "HALF_EVEN", SOFT_MODE_HALF_EVEN },
		{ "CEIL", SOFT_MODE_CEIL }, { "FLOOR", SOFT_MODE_FLOOR },
		{ "UP", SOFT_MODE_UP }, { "DOWN", SOFT_MODE_DOWN },
		{ "ROUND_TO_ZERO", SOFT_MODE_DOWN },
		{ "HALF_UP", SOFT_MODE_HALF_UP },
		{ "HALF_DOWN", SOFT_MODE_HALF_DOWN },
	};
	const SoftOnnx__Attribute *a = soft_attr(n, "rounding_mode");

	*out = fallback;
	if (!a)
		return true;
	for (size_t i = 0; a->has_s && i < sizeof(modes) / sizeof(*modes); i++)
		if (a->s.len == strlen(modes[i].name) &&
		    !strncasecmp((const char *)a->s.data, modes[i].name,
				 a->s.len)) {
			*out = modes[i].mode;
			return true;
		}
	return false;
}

static bool one_integer(const struct soft_const *k, int64_t low, int64_t high,
			int64_t *out)
{
	if (!k || k->n != 1 || !(k->v[0] >= low) || !(k->v[0] <= high) ||
	    k->v[0] != floor(k->v[0]))
		return false;
	*out = (int64_t)k->v[0];
	return true;
}

static void quant_range(struct soft_rule *r, int64_t bits, bool is_signed,
			bool narrow)
{
	if (is_signed) {
		r->min = -((int64_t)1 << (bits - 1)) + narrow;
		r->max = ((int64_t)1 << (bits - 1)) - 1;
	} else {
		r->min = 0;
		r->max = ((int64_t)1 << bits) - 1 - narrow;
	}
}

/* One array as long as the longer of two per-channel parameters. */
static int widen(struct soft_lower *l, soft_quad **p, uint32_t from,
		 uint32_t to)
{
	soft_quad *wide;

	if (from == to)
		return 0;
	wide = soft_alloc(l->scratch, to, sizeof(*wide));
	if (!wide)
		return -ENOMEM;
	for (uint32_t c = 0; c < to; c++)
		wide[c] = (*p)[0];
	*p = wide;
	return 0;
}

/* rule.scale and rule.before from inputs; codes mean (q - before) * scale. */
static int finish_quant(struct soft_lower *l, const struct soft_node *n,
			struct soft_value *v, const struct soft_const *scale,
			const struct soft_const *zero,
			struct soft_quantiser *q)
{
	struct soft_rule *r = &q->rule;
	uint32_t cs, cz;
	int ret = soft_value_param(l, n, v, scale, &cs, &r->scale);

	if (!ret)
		ret = soft_value_param(l, n, v, zero, &cz, &r->before);
	if (ret)
		return ret;
	q->channels = r->channels = cs > cz ? cs : cz;
	if (widen(l, &r->scale, cs, q->channels) ||
	    widen(l, &r->before, cz, q->channels))
		return -ENOMEM;
	q->scale = r->scale;
	q->offset = soft_alloc(l->scratch, q->channels, sizeof(*q->offset));
	if (!q->offset)
		return -ENOMEM;
	for (uint32_t c = 0; c < q->channels; c++) {
		if (!(r->scale[c] > 0) || !soft_quad_finite(r->scale[c]) ||
		    !soft_quad_finite(r->before[c]))
			return soft_refuse(l, n, "a scale that is not positive");
		q->offset[c] = -r->before[c] * r->scale[c];
	}
	return 0;
}

static int lower_quant(struct soft_lower *l, const struct soft_node *n)
{
	const struct soft_const *scale = soft_const_in(l, n, 1);
	const struct soft_const *zero = soft_const_in(l, n, 2);
	struct soft_quantiser q = { 0 };
	struct soft_value *in, v;
	int64_t bits;
	int ret = soft_data_in(l, n, 0, &in);

	if (ret)
		return ret;
	if (!scale || !zero || !soft_const_in(l, n, 3))
		return soft_refuse(l, n, "scale, zero point or bit width is not constant");
	if (!one_integer(soft_const_in(l, n, 3), 1, 24, &bits))
		return soft_refuse(l, n, "bit width is not in 1..24");
	if (!soft_rounding_mode(n, SOFT_MODE_HALF_EVEN, &q.rule.mode))
		return soft_refuse(l, n, "rounding mode is not known");
	v = *in;
	ret = finish_quant(l, n, &v, scale, zero, &q);
	if (ret)
		return ret;
	quant_range(&q.rule, bits, soft_attr_int(n, "signed", 1),
		    soft_attr_int(n, "narrow", 0));
	if (bits == 1 && soft_attr_int(n, "signed", 1)) {
		q.rule.kind = SOFT_RULE_BIPOLAR;
		q.rule.min = -1;
		q.rule.max = 1;
	}
	if (q.rule.min >= q.rule.max)
		return soft_refuse(l, n, "a quantiser with one code");
	return soft_quantise(l, n, &v, &q);
}

static int lower_bipolar(struct soft_lower *l, const struct soft_node *n)
{
	const struct soft_const *scale = soft_const_in(l, n, 1);
	struct soft_quantiser q = { .rule = { .kind = SOFT_RULE_BIPOLAR,
		.min = -1, .max = 1, .channels = 1 } };
	struct soft_value *in, v;
	int ret = soft_data_in(l, n, 0, &in);

	if (ret)
		return ret;
	if (!scale)
		return soft_refuse(l, n, "scale is not constant");
	v = *in;
	ret = soft_value_param(l, n, &v, scale, &q.channels, &q.scale);
	q.offset = soft_alloc(l->scratch, q.channels, sizeof(*q.offset));
	if (ret || !q.offset)
		return ret ? ret : -ENOMEM;
	return soft_quantise(l, n, &v, &q);
}

/* Trunc rounds its input to codes first, which often changes nothing. */
static bool whole_codes(const struct soft_value *v, const struct soft_rule *r)
{
	uint32_t n = soft_chain_channels(&v->chain);

	if (!soft_chain_is_affine(&v->chain))
		return false;
	for (uint32_t c = 0; c < n || c < r->channels; c++) {
		uint32_t cv = n == 1 ? 0 : c, cr = r->channels == 1 ? 0 : c;
		soft_quad a = soft_chain_slope(&v->chain, cv) / r->scale[cr];
		soft_quad b = soft_chain_offset(&v->chain, cv) / r->scale[cr] +
			      r->before[cr];

		if (!soft_quad_whole(a, &a) || !soft_quad_whole(b, &b))
			return false;
	}
	return true;
}

static int round_first(struct soft_lower *l, const struct soft_node *n,
		       struct soft_value *v, const struct soft_quantiser *q)
{
	struct soft_quantiser r = {
		.rule = q->rule, .unclipped = true, .channels = q->channels,
		.scale = q->rule.scale,
	};
	int ret;

	if (v->kind == SOFT_VALUE_CODES && whole_codes(v, &q->rule))
		return 0;
	if (v->kind != SOFT_VALUE_CODES)
		return soft_refuse(l, n, "its input is not quantised");
	r.rule.mode = SOFT_MODE_HALF_EVEN;
	r.rule.min = -((int64_t)1 << 40);
	r.rule.max = (int64_t)1 << 40;
	r.offset = soft_alloc(l->scratch, q->channels, sizeof(*r.offset));
	if (!r.offset)
		return -ENOMEM;
	for (uint32_t c = 0; c < q->channels; c++)
		r.offset[c] = -q->rule.before[c] * q->rule.scale[c];
	ret = soft_quantise(l, n, v, &r);
	*v = *soft_out(l, n, 0);
	return ret;
}

/*
 * Version 2 says the output's scale, and clips; the factor is the power of two
 * next to the quotient of the scales.
 */
static int second_trunc(struct soft_lower *l, const struct soft_node *n,
			struct soft_value *v, soft_quad *factor,
			struct soft_quantiser *q)
{
	const struct soft_const *scale = soft_const_in(l, n, 4);
	soft_quad *out;
	uint32_t channels;
	int64_t bits;
	int ret;

	if (!scale || !one_integer(soft_const_in(l, n, n->num_in - 1), 1, 24,
				   &bits))
		return soft_refuse(l, n, "its parameters are not constant or out of range");
	ret = soft_value_param(l, n, v, scale, &channels, &out);
	if (ret)
		return ret;
	quant_range(&q->rule, bits, soft_attr_int(n, "signed", 1),
		    soft_attr_int(n, "narrow", 0));
	if (q->rule.min >= q->rule.max || channels > q->channels)
		return soft_refuse(l, n, "one code, or more scales out than in");
	for (uint32_t c = 0; c < q->channels; c++) {
		soft_quad to = out[channels == 1 ? 0 : c];
		double power = rint(log2((double)(to / q->rule.scale[c])));

		if (!(power >= 0 && power <= 31))
			return soft_refuse(l, n, "a scale that does not grow by up to 2^31");
		factor[c] = (soft_quad)ldexp(1, power);
		q->scale[c] = to;
		q->offset[c] = -q->rule.before[c] / factor[c] * to;
	}
	return 0;
}

/* Version 1: the bits say by how much; the output keeps the input's scale. */
static int first_trunc(struct soft_lower *l, const struct soft_node *n,
		       soft_quad *factor, struct soft_quantiser *q)
{
	int64_t from, to;

	if (!one_integer(soft_const_in(l, n, 3), 1, 32, &from) ||
	    !one_integer(soft_const_in(l, n, 4), 1, 24, &to) || to > from)
		return soft_refuse(l, n, "its parameters are not constant or out of range");
	for (uint32_t c = 0; c < q->channels; c++)
		factor[c] = (soft_quad)((int64_t)1 << (from - to));
	q->rule.min = -((int64_t)1 << 40);
	q->rule.max = (int64_t)1 << 40;
	q->unclipped = true;
	return 0;
}

/* The codes' low bits go. */
static int lower_trunc(struct soft_lower *l, const struct soft_node *n)
{
	struct soft_quantiser q = { 0 };
	struct soft_value *in, v;
	soft_quad *scale, *factor;
	int ret = soft_data_in(l, n, 0, &in);

	if (ret)
		return ret;
	if (!soft_const_in(l, n, 1) || !soft_const_in(l, n, 2))
		return soft_refuse(l, n, "its parameters are not constant or out of range");
	if (!soft_rounding_mode(n, SOFT_MODE_FLOOR, &q.rule.mode))
		return soft_refuse(l, n, "rounding mode is not known");
	v = *in;
	ret = finish_quant(l, n, &v, soft_const_in(l, n, 1),
			   soft_const_in(l, n, 2), &q);
	if (ret)
		return ret;
	scale = soft_alloc(l->scratch, q.channels, sizeof(*scale));
	factor = soft_alloc(l->scratch, q.channels, sizeof(*factor));
	if (!scale || !factor)
		return -ENOMEM;
	memcpy(scale, q.scale, q.channels * sizeof(*scale));
	q.scale = scale;
	ret = n->num_in > 5 ? second_trunc(l, n, &v, factor, &q) :
			      first_trunc(l, n, factor, &q);
	if (!ret)
		ret = round_first(l, n, &v, &q);
	if (ret)
		return ret;
	for (uint32_t c = 0; c < q.channels; c++) {
		q.rule.scale[c] *= factor[c];
		q.rule.before[c] /= factor[c];
	}
	return soft_quantise(l, n, &v, &q);
}

/* Where the layout's name says C; unnamed, QONNX guesses it from the rank. */
static uint32_t threshold_dim(const struct soft_node *n, uint32_t rank)
{
	const SoftOnnx__Attribute *a = soft_attr(n, "data_layout");
	const uint8_t *c;
	uint32_t dim;

	if (!a || !a->has_s || !a->s.len)
		return rank == 3 ? 2 : 1;
	c = memchr(a->s.data, 'C', a->s.len);
	dim = c ? (uint32_t)(c - a->s.data) : 1;
	return dim < rank ? dim : rank - 1;
}

/* Rows of thresholds: one for all channels, or one a channel. */
static int read_thresholds(struct soft_lower *l, const struct soft_node *n,
			   struct soft_value *v, const struct soft_const *k,
			   struct soft_rule *r)
{
	uint32_t dim = threshold_dim(n, v->rank);
	int ret = 0;

	if (!k || k->rank != 2 || !k->dims[0] || !k->dims[1] || v->rank < 2)
		return soft_refuse(l, n, "thresholds are not a constant matrix");
	r->channels = (uint32_t)k->dims[0];
	r->num = (uint32_t)k->dims[1];
	if (r->channels > 1 && v->dims[dim] != k->dims[0])
		return soft_refuse(l, n, "thresholds for %u channels, not %lld",
				   r->channels, (long long)v->dims[dim]);
	if (r->channels > 1)
		ret = soft_value_inner(l, n, v, dim);
	r->thresholds = soft_alloc(l->scratch, k->n, sizeof(*r->thresholds));
	if (ret || !r->thresholds)
		return ret ? ret : -ENOMEM;
	for (size_t i = 0; i < k->n; i++) {
		if (isnan(k->v[i]) || (i % r->num && k->v[i] < k->v[i - 1]))
			return soft_refuse(l, n, "thresholds are not ascending");
		r->thresholds[i] = k->v[i];
	}
	return 0;
}

static int lower_multithreshold(struct soft_lower *l,
				const struct soft_node *n)
{
	double scale = soft_attr_float(n, "out_scale", 1);
	double bias = soft_attr_float(n, "out_bias", 0);
	struct soft_quantiser q = { .channels = 1 };
	soft_quad p[2] = { 0 };
	struct soft_value *in, v;
	double offset;
	int ret = soft_data_in(l, n, 0, &in);

	if (ret)
		return ret;
	v = *in;
	ret = read_thresholds(l, n, &v, soft_const_in(l, n, 1), &q.rule);
	if (ret)
		return ret;
	/* Codes that start at bias / scale, so that zero is a code. */
	q.rule.kind = SOFT_RULE_THRESHOLDS;
	q.rule.step = 1;
	if (!(fabs(scale) > 0) || !isfinite(scale) || !isfinite(bias))
		return soft_refuse(l, n, "out_scale is zero or not finite");
	offset = bias / scale;
	if (offset != floor(offset) && 2 * offset == floor(2 * offset)) {
		q.rule.step = 2;
		scale /= 2;
		offset *= 2;
	}
	p[0] = scale;
	if (offset == floor(offset) && fabs(offset) < 0x1p+24)
		q.rule.after = (int64_t)offset;
	else
		p[1] = bias;
	q.rule.min = q.rule.after;
	q.rule.max = q.rule.after + q.rule.step * q.rule.num;
	q.scale = &p[0];
	q.offset = &p[1];
	ret = soft_quantise(l, n, &v, &q);
	if (!ret && q.rule.min == -1 && q.rule.step == 2 && q.rule.num == 1)
		soft_out(l, n, 0)->bipolar = true;
	return ret;
}

/* A per-channel vector along the attribute's axis. */
static int linear_params(struct soft_lower *l, const struct soft_node *n,
			 struct soft_value *v, uint32_t *channels,
			 soft_quad **scale, soft_quad **zero)
{
	const struct soft_const *s = soft_const_in(l, n, 1);
	const struct soft_const *z = soft_const_in(l, n, 2);
	uint32_t axis = 0, cz = 1;
	int ret;

	if (!s || (soft_in(l, n, 2) && !z))
		return soft_refuse(l, n, "scale or zero point is not constant");
	if (soft_attr_int(n, "block_size", 0))
		return soft_refuse(l, n, "scales for blocks");
	if (s->n > 1 && !soft_axis(soft_attr_int(n, "axis", 1), v->rank,
				   &axis))
		return soft_refuse(l, n, "its axis is out of range");
	ret = soft_value_axis_param(l, n, v, s, axis, channels, scale);
	if (ret)
		return ret;
	*zero = soft_alloc(l->scratch, *channels, sizeof(**zero));
	if (!*zero)
		return -ENOMEM;
	if (z)
		ret = soft_value_axis_param(l, n, v, z, axis, &cz, zero);
	if (!ret && cz > *channels)
		return soft_refuse(l, n, "more zero points than scales");
	return ret ? ret : widen(l, zero, cz, *channels);
}

static int lower_quantize_linear(struct soft_lower *l,
				 const struct soft_node *n)
{
	struct soft_quantiser q = { 0 };
	struct soft_value *in, v;
	soft_quad *zero;
	int64_t type;
	int ret = soft_data_in(l, n, 0, &in);

	if (ret)
		return ret;
	v = *in;
	ret = linear_params(l, n, &v, &q.channels, &q.scale, &zero);
	if (ret)
		return ret;
	if (!soft_linear_range(l, n, &type, &q.rule.min, &q.rule.max))
		return soft_refuse(l, n, "its element type is not an integer of 4, 8 or 16 bits");
	q.rule.channels = q.channels;
	q.rule.scale = q.scale;
	q.rule.after = (int64_t)zero[0];
	q.rule.before = soft_alloc(l->scratch, q.channels, sizeof(soft_quad));
	q.offset = soft_alloc(l->scratch, q.channels, sizeof(soft_quad));
	if (!q.rule.before || !q.offset)
		return -ENOMEM;
	for (uint32_t c = 0; c < q.channels; c++) {
		if (zero[c] != zero[0] || !(q.scale[c] > 0) ||
		    !soft_quad_finite(q.scale[c]))
			return soft_refuse(l, n, "zero points differ or a scale is not positive");
		q.offset[c] = -zero[c] * q.scale[c];
	}
	/* Until DequantizeLinear, the value is the code itself. */
	q.raw = true;
	return soft_quantise(l, n, &v, &q);
}

static int lower_dequantize_linear(struct soft_lower *l,
				   const struct soft_node *n)
{
	soft_quad *scale, *zero, *offset;
	struct soft_value *in, v;
	uint32_t channels;
	int ret = soft_codes_in(l, n, 0, &in);

	if (ret)
		return ret;
	v = *in;
	ret = linear_params(l, n, &v, &channels, &scale, &zero);
	if (ret)
		return ret;
	offset = soft_alloc(l->scratch, channels, sizeof(*offset));
	if (!offset)
		return -ENOMEM;
	for (uint32_t c = 0; c < channels; c++)
		offset[c] = -zero[c] * scale[c];
	soft_copy_value(soft_out(l, n, 0), &v);
	return soft_affine(l, n, soft_out(l, n, 0), channels, scale, offset);
}

soft_handler soft_find_quant(const char *op)
{
	static const struct {
		const char *op;
		soft_handler handler;
	} table[] = {
		{ "Quant", lower_quant },
		{ "IntQuant", lower_quant },
		{ "BipolarQuant", lower_bipolar },
		{ "Trunc", lower_trunc },
		{ "MultiThreshold", lower_multithreshold },
		{ "QuantizeLinear", lower_quantize_linear },
		{ "DequantizeLinear", lower_dequantize_linear },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
		if (!strcmp(op, table[i].op))
			return table[i].handler;
	return NULL;
}
