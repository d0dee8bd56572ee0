// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Computes nodes whose inputs are all constant: arithmetic, shapes. Weights
 * keep the scale of which they are whole multiples.
 */
#include "lower.h"

#include <math.h>
#include <string.h>

static int fold_constant(struct soft_lower *l, const struct soft_node *n)
{
	const SoftOnnx__Attribute *a = soft_attr(n, "value");
	struct soft_const *k;
	int64_t dim;
	int ret;

	if (a && a->t) {
		ret = soft_const_from_tensor(l, a->t, &k);
		return ret ? ret : soft_set_const(l, n, 0, k);
	}
	a = soft_attr(n, "value_float");
	if (!a)
		a = soft_attr(n, "value_int");
	if (a) {
		ret = soft_const_new(l, 0, NULL, false, &k);
		if (ret)
			return ret;
		k->v[0] = a->has_f ? a->f : (double)a->i;
		return soft_set_const(l, n, 0, k);
	}
	a = soft_attr(n, "value_floats");
	if (!a)
		a = soft_attr(n, "value_ints");
	if (!a)
		return soft_refuse(l, n, "a constant that is not a number");
	dim = (int64_t)(a->n_floats ? a->n_floats : a->n_ints);
	ret = soft_const_new(l, 1, &dim, false, &k);
	for (size_t i = 0; !ret && i < k->n; i++)
		k->v[i] = a->n_floats ? a->floats[i] : (double)a->ints[i];
	return ret ? ret : soft_set_const(l, n, 0, k);
}

static int fold_constant_of_shape(struct soft_lower *l,
				  const struct soft_node *n)
{
	const SoftOnnx__Attribute *a = soft_attr(n, "value");
	int64_t dims[SOFT_MAX_DIMS];
	struct soft_const *k, *value = NULL;
	int rank = soft_ints_arg(l, n, NULL, 0, dims, SOFT_MAX_DIMS);
	int ret = 0;

	if (rank < 0)
		return rank;
	if (a && a->t)
		ret = soft_const_from_tensor(l, a->t, &value);
	if (!ret)
		ret = soft_const_new(l, (uint32_t)rank, dims, false, &k);
	for (size_t i = 0; !ret && i < k->n; i++)
		k->v[i] = value && value->n ? value->v[0] : 0;
	return ret ? ret : soft_set_const(l, n, 0, k);
}

static bool broadcast_dims(const struct soft_const *a,
			   const struct soft_const *b, uint32_t *rank,
			   int64_t *dims)
{
	*rank = a->rank > b->rank ? a->rank : b->rank;
	for (uint32_t i = 0; i < *rank; i++) {
		int64_t da = i < a->rank ? a->dims[a->rank - 1 - i] : 1;
		int64_t db = i < b->rank ? b->dims[b->rank - 1 - i] : 1;

		if (da != db && da != 1 && db != 1)
			return false;
		dims[*rank - 1 - i] = da == 1 ? db : da;
	}
	return true;
}

static double compute(const char *op, double x, double y)
{
	switch (op[0]) {
	case 'A':
		return x + y;
	case 'S':
		return x - y;
	case 'D':
		return x / y;
	case 'P':
		return pow(x, y);
	default:
		break;
	}
	if (!strcmp(op, "Min"))
		return x < y ? x : y;
	if (!strcmp(op, "Max"))
		return x > y ? x : y;
	return x * y;
}

/* Integer division is only met in shapes; it truncates. */
static bool is_integer(int32_t type)
{
	return type >= 2 && type <= 7;
}

/* Scaling keeps weights whole multiples of a scale; nothing else does. */
static bool keeps_steps(const char *op, const struct soft_const *a,
			const struct soft_const *b)
{
	if (!strcmp(op, "Mul"))
		return !a->step != !b->step;
	return !strcmp(op, "Div") && a->step;
}

static int fold_binary(struct soft_lower *l, const struct soft_node *n)
{
	const struct soft_const *a = soft_const_in(l, n, 0);
	const struct soft_const *b = soft_const_in(l, n, 1);
	int64_t dims[SOFT_MAX_DIMS];
	struct soft_const *k;
	uint32_t rank;
	bool steps;
	int ret;

	if (!a || !b || n->num_in != 2 || !broadcast_dims(a, b, &rank, dims))
		return soft_refuse(l, n, "constants that do not fit together");
	steps = keeps_steps(n->op, a, b);
	ret = soft_const_new(l, rank, dims, steps, &k);
	if (ret)
		return ret;
	k->type = a->type;
	for (size_t i = 0; i < k->n; i++) {
		size_t ia = soft_const_at(a, rank, dims, i);
		size_t ib = soft_const_at(b, rank, dims, i);

		k->v[i] = compute(n->op, a->v[ia], b->v[ib]);
		if (n->op[0] == 'D' && is_integer(a->type))
			k->v[i] = trunc(k->v[i]);
		if (steps)
			k->step[i] = fabs(compute(n->op,
						  a->step ? a->step[ia] :
						  a->v[ia], b->step ?
						  b->step[ib] : b->v[ib]));
	}
	return soft_set_const(l, n, 0, k);
}

static double negative(double x)
{
	return -x;
}

static double reciprocal(double x)
{
	return 1 / x;
}

static double positive(double x)
{
	return x > 0 ? x : 0;
}

static double sign(double x)
{
	return (x > 0) - (x < 0);
}

/* What a function makes of whole multiples of a step. */
enum steps {
	NO_STEPS,
	SAME_STEPS,
	WHOLE,		/* the result is whole anyway */
};

static const struct unary {
	const char *op;
	double (*function)(double x);
	enum steps steps;
} unaries[] = {
	{ "Neg", negative, SAME_STEPS }, { "Abs", fabs, SAME_STEPS },
	{ "Relu", positive, SAME_STEPS }, { "Sqrt", sqrt, NO_STEPS },
	{ "Exp", exp, NO_STEPS }, { "Reciprocal", reciprocal, NO_STEPS },
	{ "Floor", floor, WHOLE }, { "Ceil", ceil, WHOLE },
	{ "Round", nearbyint, WHOLE }, { "Sign", sign, WHOLE },
};

static const struct unary *find_unary(const char *op)
{
	for (size_t i = 0; i < sizeof(unaries) / sizeof(*unaries); i++)
		if (!strcmp(op, unaries[i].op))
			return &unaries[i];
	return NULL;
}

static int fold_unary(struct soft_lower *l, const struct soft_node *n)
{
	const struct soft_const *a = soft_const_in(l, n, 0);
	const struct unary *u = find_unary(n->op);
	bool steps = u->steps == WHOLE || (u->steps == SAME_STEPS && a->step);
	struct soft_const *k;
	int ret = soft_const_new(l, a->rank, a->dims, steps, &k);

	if (ret)
		return ret;
	k->type = a->type;
	for (size_t i = 0; i < k->n; i++) {
		k->v[i] = u->function(a->v[i]);
		if (steps)
			k->step[i] = u->steps == WHOLE ? 1 : a->step[i];
	}
	return soft_set_const(l, n, 0, k);
}

/* Bounds that are multiples of the step, too. */
static bool clip_keeps_steps(const struct soft_const *a, double min,
			     double max)
{
	for (size_t i = 0; a->step && i < a->n; i++) {
		double low = min / a->step[i], high = max / a->step[i];

		if ((isfinite(low) && low != floor(low)) ||
		    (isfinite(high) && high != floor(high)))
			return false;
	}
	return a->step;
}

/* Bounds as attributes until opset 10, then as inputs. */
static int fold_clip(struct soft_lower *l, const struct soft_node *n)
{
	const struct soft_const *a = soft_const_in(l, n, 0);
	const struct soft_const *low = soft_const_in(l, n, 1);
	const struct soft_const *high = soft_const_in(l, n, 2);
	double min = soft_attr_float(n, "min", -INFINITY);
	double max = soft_attr_float(n, "max", INFINITY);
	struct soft_const *k;
	int ret;

	if ((low && low->n != 1) || (high && high->n != 1))
		return soft_refuse(l, n, "bounds that are not one value");
	min = low ? low->v[0] : min;
	max = high ? high->v[0] : max;
	ret = soft_const_new(l, a->rank, a->dims,
			     clip_keeps_steps(a, min, max), &k);
	if (ret)
		return ret;
	k->type = a->type;
	for (size_t i = 0; i < k->n; i++) {
		k->v[i] = a->v[i] < min ? min : a->v[i];
		k->v[i] = k->v[i] > max ? max : k->v[i];
		if (k->step)
			k->step[i] = a->step[i];
	}
	return soft_set_const(l, n, 0, k);
}

static int fold_cast(struct soft_lower *l, const struct soft_node *n)
{
	const struct soft_const *a = soft_const_in(l, n, 0);
	int64_t to = soft_attr_int(n, "to", 1);
	struct soft_const *k;
	int ret = soft_const_new(l, a->rank, a->dims, a->step, &k);

	if (ret)
		return ret;
	k->type = (int32_t)to;
	for (size_t i = 0; i < k->n; i++) {
		k->v[i] = is_integer((int32_t)to) ? trunc(a->v[i]) : a->v[i];
		if (k->step)
			k->step[i] = a->step[i];
	}
	return soft_set_const(l, n, 0, k);
}

static int fold_same(struct soft_lower *l, const struct soft_node *n)
{
	return soft_set_const(l, n, 0, soft_in(l, n, 0)->k);
}

static soft_handler fold_arithmetic(const char *op)
{
	static const struct {
		const char *op;
		soft_handler handler;
	} table[] = {
		{ "Add", fold_binary }, { "Sub", fold_binary },
		{ "Mul", fold_binary }, { "Div", fold_binary },
		{ "Pow", fold_binary }, { "Min", fold_binary },
		{ "Max", fold_binary }, { "Cast", fold_cast },
		{ "Clip", fold_clip },
		{ "Identity", fold_same }, { "Dropout", fold_same },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
		if (!strcmp(op, table[i].op))
			return table[i].handler;
	return find_unary(op) ? fold_unary : NULL;
}

/* A possibly negative index, at most one behind the last. */
static int64_t bound(int64_t at, uint32_t rank)
{
	at += at < 0 ? rank : 0;
	return at < 0 ? 0 : at > rank ? rank : at;
}

/* Shape of a value is known although the value is not. */
static int fold_shape(struct soft_lower *l, const struct soft_node *n)
{
	struct soft_value *v = soft_in(l, n, 0);
	int64_t from = bound(soft_attr_int(n, "start", 0), v->rank);
	int64_t to = bound(soft_attr_int(n, "end", v->rank), v->rank);
	int64_t count = to > from ? to - from : 0;
	struct soft_const *k;
	int ret = soft_const_new(l, 1, &count, false, &k);

	if (ret)
		return ret;
	k->type = 7;
	for (int64_t i = 0; i < count; i++)
		k->v[i] = (double)v->dims[from + i];
	return soft_set_const(l, n, 0, k);
}

bool soft_fold_knows(const char *op)
{
	return !strcmp(op, "Constant") || !strcmp(op, "ConstantOfShape") ||
	       !strcmp(op, "Shape") || fold_arithmetic(op) ||
	       soft_fold_move(op) || soft_fold_quant(op);
}

static bool all_const(struct soft_lower *l, const struct soft_node *n)
{
	for (uint32_t i = 0; i < n->num_in; i++)
		if (n->in[i] >= 0 &&
		    l->values[n->in[i]].kind != SOFT_VALUE_CONST)
			return false;
	return n->num_in && n->in[0] >= 0;
}

int soft_fold(struct soft_lower *l, const struct soft_node *n)
{
	soft_handler handler = NULL;
	struct soft_value *in = soft_in(l, n, 0);
	int ret;

	if (!n->num_out || n->out[0] < 0)
		return 0;
	if (l->values[n->out[0]].kind == SOFT_VALUE_CONST)
		return 1;
	if (!strcmp(n->op, "Constant"))
		handler = fold_constant;
	else if (!strcmp(n->op, "Shape") && in &&
		 in->kind != SOFT_VALUE_UNKNOWN)
		handler = fold_shape;
	else if (!all_const(l, n))
		return 0;
	else if (!strcmp(n->op, "ConstantOfShape"))
		handler = fold_constant_of_shape;
	if (!handler)
		handler = fold_arithmetic(n->op);
	if (!handler)
		handler = soft_fold_move(n->op);
	if (!handler)
		handler = soft_fold_quant(n->op);
	if (!handler)
		return 0;
	ret = handler(l, n);
	return ret ? ret : 1;
}
