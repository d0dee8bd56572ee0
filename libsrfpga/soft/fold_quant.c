// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Quantised constants: weights that pass through Quant, BipolarQuant or
 * DequantizeLinear become whole multiples of a known scale.
 */
#include "lower.h"

#include <math.h>
#include <string.h>

/* Parameters of element @i, broadcast. */
static double at(const struct soft_const *k, const struct soft_const *x,
		 size_t i)
{
	return k->v[soft_const_at(k, x->rank, x->dims, i)];
}

static bool fits(const struct soft_const *k, const struct soft_const *x)
{
	if (!k || !k->n)
		return false;
	for (uint32_t i = 0; i < k->rank; i++) {
		int64_t d = k->dims[k->rank - 1 - i];

		if (d != 1 && (i >= x->rank || d != x->dims[x->rank - 1 - i]))
			return false;
	}
	return true;
}

static int new_like(struct soft_lower *l, const struct soft_const *x,
		    struct soft_const **out)
{
	int ret = soft_const_new(l, x->rank, x->dims, true, out);

	if (!ret)
		(*out)->type = 1;
	return ret;
}

static double round_half(double y, double fraction_wins)
{
	double f = floor(y), r = y - f;

	return f + (r > 0.5 || (r == 0.5 && fraction_wins != 0));
}

static double round_to(enum soft_mode mode, double y)
{
	switch (mode) {
	case SOFT_MODE_FLOOR:
		return floor(y);
	case SOFT_MODE_CEIL:
		return ceil(y);
	case SOFT_MODE_UP:
		return y < 0 ? floor(y) : ceil(y);
	case SOFT_MODE_DOWN:
		return trunc(y);
	case SOFT_MODE_HALF_UP:
		return round_half(y, y > 0);
	case SOFT_MODE_HALF_DOWN:
		return round_half(y, y < 0);
	default:
		return nearbyint(y);
	}
}

static int fold_quant(struct soft_lower *l, const struct soft_node *n)
{
	const struct soft_const *x = soft_const_in(l, n, 0), *s, *z, *b;
	bool is_signed = soft_attr_int(n, "signed", 1);
	bool narrow = soft_attr_int(n, "narrow", 0);
	enum soft_mode mode;
	struct soft_const *k;
	double low, high;
	int ret;

	s = soft_const_in(l, n, 1);
	z = soft_const_in(l, n, 2);
	b = soft_const_in(l, n, 3);
	if (!fits(s, x) || !fits(z, x) || !b || b->n != 1 ||
	    !(b->v[0] >= 1) || !(b->v[0] <= 32))
		return soft_refuse(l, n, "scale, zero point or bit width does not fit");
	if (!soft_rounding_mode(n, SOFT_MODE_HALF_EVEN, &mode))
		return soft_refuse(l, n, "rounding mode is not known");
	ret = new_like(l, x, &k);
	if (ret)
		return ret;
	low = is_signed ? -exp2(b->v[0] - 1) + narrow : 0;
	high = is_signed ? exp2(b->v[0] - 1) - 1 : exp2(b->v[0]) - 1 - narrow;
	for (size_t i = 0; i < k->n; i++) {
		double scale = at(s, x, i), zero = at(z, x, i);
		double y = x->v[i] / scale + zero;

		if (!(scale > 0) || isinf(scale) || !isfinite(y))
			return soft_refuse(l, n, "a weight or scale that is not finite or not positive");
		y = y < low ? low : y > high ? high : y;
		if (is_signed && b->v[0] == 1)
			y = x->v[i] >= 0 ? 1 : -1;
		else
			y = round_to(mode, y);
		k->v[i] = (y - zero) * scale;
		k->step[i] = scale;
	}
	return soft_set_const(l, n, 0, k);
}

static int fold_bipolar(struct soft_lower *l, const struct soft_node *n)
{
	const struct soft_const *x = soft_const_in(l, n, 0);
	const struct soft_const *s = soft_const_in(l, n, 1);
	struct soft_const *k;
	int ret;

	if (!fits(s, x))
		return soft_refuse(l, n, "scale does not fit");
	ret = new_like(l, x, &k);
	if (ret)
		return ret;
	for (size_t i = 0; i < k->n; i++) {
		k->step[i] = fabs(at(s, x, i));
		k->v[i] = x->v[i] >= 0 ? at(s, x, i) : -at(s, x, i);
		if (!(k->step[i] > 0) || isinf(k->step[i]))
			return soft_refuse(l, n, "a scale that is not positive");
	}
	return soft_set_const(l, n, 0, k);
}

/* A scalar, or a vector along the axis attribute. */
static bool along_axis(const struct soft_node *n, const struct soft_const *k,
		       const struct soft_const *x, size_t *inner)
{
	uint32_t axis;

	*inner = 1;
	if (soft_attr_int(n, "block_size", 0))
		return false;
	if (!k || k->n == 1)
		return true;
	if (k->rank != 1 || !soft_axis(soft_attr_int(n, "axis", 1), x->rank,
				       &axis) || k->dims[0] != x->dims[axis])
		return false;
	while (++axis < x->rank)
		*inner *= (size_t)x->dims[axis];
	return true;
}

static double along(const struct soft_const *k, size_t i, size_t inner)
{
	return k ? k->v[k->n == 1 ? 0 : i / inner % k->n] : 0;
}

static int fold_dequantize(struct soft_lower *l, const struct soft_node *n)
{
	const struct soft_const *x = soft_const_in(l, n, 0);
	const struct soft_const *s = soft_const_in(l, n, 1);
	const struct soft_const *z = soft_const_in(l, n, 2);
	struct soft_const *k;
	size_t si, zi;
	int ret;

	if (!s || !s->n || (z && !z->n) || !along_axis(n, s, x, &si) ||
	    !along_axis(n, z, x, &zi))
		return soft_refuse(l, n, "scale or zero point does not fit");
	ret = new_like(l, x, &k);
	for (size_t i = 0; !ret && i < k->n; i++) {
		double scale = along(s, i, si);

		if (!(scale > 0) || isinf(scale))
			return soft_refuse(l, n, "a scale that is not positive");
		k->step[i] = scale;
		k->v[i] = (x->v[i] - along(z, i, zi)) * scale;
	}
	return ret ? ret : soft_set_const(l, n, 0, k);
}

/* The zero point's type, else the attribute's, else uint8. */
bool soft_linear_range(struct soft_lower *l, const struct soft_node *n,
		       int64_t *type, int64_t *min, int64_t *max)
{
	const struct soft_const *zero = soft_const_in(l, n, 2);

	*type = soft_attr_int(n, "output_dtype", 0);
	if (zero && zero->type)
		*type = zero->type;
	if (!*type)
		*type = 2;
	return soft_type_range(*type, min, max) && *max > 1 &&
	       *max <= UINT16_MAX;
}

static int fold_quantize(struct soft_lower *l, const struct soft_node *n)
{
	const struct soft_const *x = soft_const_in(l, n, 0);
	const struct soft_const *s = soft_const_in(l, n, 1);
	const struct soft_const *z = soft_const_in(l, n, 2);
	int64_t type, low, high;
	struct soft_const *k;
	size_t si, zi;
	int ret;

	if (!s || !s->n || (z && !z->n) || !along_axis(n, s, x, &si) ||
	    !along_axis(n, z, x, &zi))
		return soft_refuse(l, n, "scale or zero point does not fit");
	if (!soft_linear_range(l, n, &type, &low, &high))
		return soft_refuse(l, n, "its element type is not an integer of 4, 8 or 16 bits");
	ret = soft_const_new(l, x->rank, x->dims, false, &k);
	if (ret)
		return ret;
	k->type = (int32_t)type;
	for (size_t i = 0; i < k->n; i++) {
		double y = nearbyint(x->v[i] / along(s, i, si)) +
			   along(z, i, zi);

		if (isnan(y))
			return soft_refuse(l, n, "a weight that is not a number");
		k->v[i] = y < (double)low ? (double)low : y > (double)high ?
			  (double)high : y;
	}
	return soft_set_const(l, n, 0, k);
}

soft_handler soft_fold_quant(const char *op)
{
	static const struct {
		const char *op;
		soft_handler handler;
	} table[] = {
		{ "Quant", fold_quant }, { "IntQuant", fold_quant },
		{ "BipolarQuant", fold_bipolar },
		{ "DequantizeLinear", fold_dequantize },
		{ "QuantizeLinear", fold_quantize },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
		if (!strcmp(op, table[i].op))
			return table[i].handler;
	return NULL;
}
