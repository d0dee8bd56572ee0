// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Functions of one real number, and arithmetic with a constant: they extend
 * the value's chain. Must not know quantisers.
 */
#include "lower.h"

#include <math.h>
#include <string.h>

/* Output 0 as a copy of input @i, which may be the unquantised input. */
static int begin(struct soft_lower *l, const struct soft_node *n, uint32_t i,
		 struct soft_value **out)
{
	struct soft_value *in;
	int ret = soft_data_in(l, n, i, &in);

	if (ret)
		return ret;
	if (in->kind == SOFT_VALUE_FLOAT)
		return soft_refuse(l, n, "its input is float");
	*out = soft_out(l, n, 0);
	soft_copy_value(*out, in);
	(*out)->bipolar = false;
	return 0;
}

static int append(struct soft_lower *l, const struct soft_node *n,
		  struct soft_value *v, enum soft_stage_kind kind, double p,
		  double q)
{
	soft_quad qp = p, qq = q;
	int ret;

	if (isnan(p) || isnan(q) || p > 1e30 || q < -1e30 ||
	    (kind != SOFT_STAGE_CLIP && !isfinite(p)))
		return soft_refuse(l, n, "a parameter is out of range");
	ret = soft_chain_append(&v->chain, l->scratch, kind, 1, &qp, &qq);
	if (ret == -E2BIG)
		return soft_refuse(l, n, "too many functions in a row");
	return ret;
}

static int lower_relu(struct soft_lower *l, const struct soft_node *n)
{
	struct soft_value *v;
	int ret = begin(l, n, 0, &v);

	return ret ? ret : append(l, n, v, SOFT_STAGE_CLIP, 0, INFINITY);
}

/* A bound that was an attribute until opset 11; infinite if not given. */
static int bound(struct soft_lower *l, const struct soft_node *n,
		 const char *attr, uint32_t input, double fallback,
		 double *out)
{
	const struct soft_const *k = soft_const_in(l, n, input);

	*out = soft_attr_float(n, attr, fallback);
	if (!soft_in(l, n, input))
		return 0;
	if (!k || k->n != 1)
		return soft_refuse(l, n, "%s is not one constant", attr);
	*out = k->v[0];
	return 0;
}

static int lower_clip(struct soft_lower *l, const struct soft_node *n)
{
	struct soft_value *v;
	double low, high;
	int ret = begin(l, n, 0, &v);

	if (!ret)
		ret = bound(l, n, "min", 1, -INFINITY, &low);
	if (!ret)
		ret = bound(l, n, "max", 2, INFINITY, &high);
	return ret ? ret : append(l, n, v, SOFT_STAGE_CLIP, low, high);
}

static int lower_leaky_relu(struct soft_lower *l, const struct soft_node *n)
{
	struct soft_value *v;
	int ret = begin(l, n, 0, &v);

	return ret ? ret : append(l, n, v, SOFT_STAGE_LEAKY,
				  soft_attr_float(n, "alpha", (float)0.01), 0);
}

static int lower_abs(struct soft_lower *l, const struct soft_node *n)
{
	struct soft_value *v;
	int ret = begin(l, n, 0, &v);

	return ret ? ret : append(l, n, v, SOFT_STAGE_LEAKY, -1, 0);
}

static int lower_prelu(struct soft_lower *l, const struct soft_node *n)
{
	const struct soft_const *k = soft_const_in(l, n, 1);
	struct soft_value *v;
	uint32_t channels;
	soft_quad *slope;
	int ret = begin(l, n, 0, &v);

	if (ret)
		return ret;
	if (!k)
		return soft_refuse(l, n, "slope is not constant");
	ret = soft_value_param(l, n, v, k, &channels, &slope);
	if (ret)
		return ret;
	for (uint32_t c = 0; c < channels; c++)
		if (!soft_quad_finite(slope[c]))
			return soft_refuse(l, n, "slope is not finite");
	ret = soft_chain_append(&v->chain, l->scratch, SOFT_STAGE_LEAKY,
				channels, slope, NULL);
	return ret == -E2BIG ?
	       soft_refuse(l, n, "too many functions in a row") : ret;
}

static int scale_shift(struct soft_lower *l, const struct soft_node *n,
		       struct soft_value *v, double p, double q)
{
	soft_quad qp = p, qq = q;

	return soft_affine(l, n, v, 1, &qp, &qq);
}

static int lower_hard_sigmoid(struct soft_lower *l, const struct soft_node *n)
{
	struct soft_value *v;
	int ret = begin(l, n, 0, &v);

	if (!ret)
		ret = scale_shift(l, n, v,
				  soft_attr_float(n, "alpha", (float)0.2),
				  soft_attr_float(n, "beta", 0.5));
	return ret ? ret : append(l, n, v, SOFT_STAGE_CLIP, 0, 1);
}

static int lower_hard_swish(struct soft_lower *l, const struct soft_node *n)
{
	struct soft_value *v;
	int ret = begin(l, n, 0, &v);

	return ret ? ret : append(l, n, v, SOFT_STAGE_HARD_SWISH, 0, 0);
}

static int lower_neg(struct soft_lower *l, const struct soft_node *n)
{
	struct soft_value *v;
	int ret = begin(l, n, 0, &v);

	return ret ? ret : scale_shift(l, n, v, -1, 0);
}

/* Only casts that keep whole numbers and reals as they are. */
static int lower_cast(struct soft_lower *l, const struct soft_node *n)
{
	int64_t to = soft_attr_int(n, "to", 0);
	struct soft_value *v;
	int ret = begin(l, n, 0, &v);

	if (ret)
		return ret;
	v->bipolar = soft_in(l, n, 0)->bipolar;
	if (to != 1 && to != 11 && v->chain.num)
		return soft_refuse(l, n, "a cast to type %lld", (long long)to);
	return 0;
}

/* x with a constant on one side. */
static int arithmetic(struct soft_lower *l, const struct soft_node *n,
		      void (*coefficients)(bool right, soft_quad k,
					   soft_quad *p, soft_quad *q))
{
	bool right = soft_const_in(l, n, 1);
	const struct soft_const *k = soft_const_in(l, n, right);
	soft_quad *values, *p, *q;
	struct soft_value *v;
	uint32_t channels;
	int ret = begin(l, n, !right, &v);

	if (ret)
		return ret;
	if (!k)
		return soft_refuse(l, n, "neither input is constant");
	ret = soft_value_param(l, n, v, k, &channels, &values);
	if (ret)
		return ret;
	p = soft_alloc(l->scratch, channels, sizeof(*p));
	q = soft_alloc(l->scratch, channels, sizeof(*q));
	if (!p || !q)
		return -ENOMEM;
	for (uint32_t c = 0; c < channels; c++)
		coefficients(right, values[c], &p[c], &q[c]);
	return soft_affine(l, n, v, channels, p, q);
}

static void add(bool right, soft_quad k, soft_quad *p, soft_quad *q)
{
	*p = 1;
	*q = k;
}

static void sub(bool right, soft_quad k, soft_quad *p, soft_quad *q)
{
	*p = right ? 1 : -1;
	*q = right ? -k : k;
}

static void mul(bool right, soft_quad k, soft_quad *p, soft_quad *q)
{
	*p = k;
	*q = 0;
}

static void divide(bool right, soft_quad k, soft_quad *p, soft_quad *q)
{
	*p = 1 / k;
	*q = 0;
}

static int lower_div(struct soft_lower *l, const struct soft_node *n)
{
	if (!soft_const_in(l, n, 1))
		return soft_refuse(l, n, "the divisor is not constant");
	return arithmetic(l, n, divide);
}

/* Shared with two changing inputs: see lower_combine.c. */
static bool has_const(struct soft_lower *l, const struct soft_node *n)
{
	return soft_const_in(l, n, 0) || soft_const_in(l, n, 1);
}

static int lower_add(struct soft_lower *l, const struct soft_node *n)
{
	return has_const(l, n) ? arithmetic(l, n, add) :
				 soft_lower_sum(l, n);
}

static int lower_sub(struct soft_lower *l, const struct soft_node *n)
{
	return has_const(l, n) ? arithmetic(l, n, sub) :
				 soft_lower_sum(l, n);
}

static int lower_mul(struct soft_lower *l, const struct soft_node *n)
{
	return has_const(l, n) ? arithmetic(l, n, mul) :
				 soft_lower_product(l, n);
}

static int lower_min_max(struct soft_lower *l, const struct soft_node *n)
{
	bool right = soft_const_in(l, n, 1);
	const struct soft_const *k = soft_const_in(l, n, right);
	bool min = !strcmp(n->op, "Min");
	struct soft_value *v;
	int ret = begin(l, n, !right, &v);

	if (ret)
		return ret;
	if (n->num_in != 2 || !k || k->n != 1)
		return soft_refuse(l, n, "not with one constant");
	return append(l, n, v, SOFT_STAGE_CLIP, min ? -INFINITY : k->v[0],
		      min ? k->v[0] : INFINITY);
}

static int lower_batchnorm(struct soft_lower *l, const struct soft_node *n)
{
	double epsilon = soft_attr_float(n, "epsilon", (float)1e-5);
	struct soft_value *v;
	soft_quad *k[4];
	uint32_t channels = 1;
	int ret = begin(l, n, 0, &v);

	for (uint32_t i = 0; !ret && i < 4; i++) {
		const struct soft_const *c = soft_const_in(l, n, i + 1);

		if (!c || (i && c->n != channels))
			return soft_refuse(l, n, "parameters are not constant or differ in size");
		ret = soft_value_axis_param(l, n, v, c, 1, &channels, &k[i]);
	}
	if (ret)
		return ret;
	for (uint32_t c = 0; c < channels; c++) {
		k[0][c] /= soft_quad_sqrt(k[3][c] + epsilon);
		k[1][c] -= k[2][c] * k[0][c];
	}
	return soft_affine(l, n, v, channels, k[0], k[1]);
}

soft_handler soft_find_pointwise(const char *op)
{
	static const struct {
		const char *op;
		soft_handler handler;
	} table[] = {
		{ "Relu", lower_relu },
		{ "Clip", lower_clip },
		{ "LeakyRelu", lower_leaky_relu },
		{ "PRelu", lower_prelu },
		{ "Abs", lower_abs },
		{ "HardSigmoid", lower_hard_sigmoid },
		{ "HardSwish", lower_hard_swish },
		{ "Neg", lower_neg },
		{ "Cast", lower_cast },
		{ "Add", lower_add },
		{ "Sub", lower_sub },
		{ "Mul", lower_mul },
		{ "Div", lower_div },
		{ "Min", lower_min_max },
		{ "Max", lower_min_max },
		{ "BatchNormalization", lower_batchnorm },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
		if (!strcmp(op, table[i].op))
			return table[i].handler;
	return NULL;
}
