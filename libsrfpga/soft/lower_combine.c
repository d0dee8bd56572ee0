// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Operators on several values: sums with exact integer multipliers, products,
 * concatenation. Must not know what produced their inputs.
 */
#include "lower.h"

#include <math.h>
#include <string.h>

#define MAX_ACC		((__int128)1 << 60)

static __int128 absolute(__int128 x)
{
	return x < 0 ? -x : x;
}

/* All values of a sum, in one shape; a settled chain each. */
static int read_terms(struct soft_lower *l, const struct soft_node *n,
		      struct soft_value *terms, uint32_t *widest)
{
	*widest = 0;
	for (uint32_t i = 0; i < n->num_in; i++) {
		struct soft_value *in;
		int ret = soft_codes_in(l, n, i, &in);

		if (ret)
			return ret;
		terms[i] = *in;
		if (in->rank != terms[0].rank)
			return soft_refuse(l, n, "inputs of different rank");
		if (soft_value_elements(in) >
		    soft_value_elements(&terms[*widest]))
			*widest = i;
	}
	for (uint32_t i = 0; i < n->num_in; i++) {
		int ret = soft_value_settle(l, n, &terms[i]);

		if (!ret)
			ret = soft_value_reorder(l, n, &terms[i],
						 terms[*widest].order);
		if (ret)
			return ret;
	}
	return 0;
}

/* One channel for all of @to's: a copy for each, by weights of 1. */
static int spread_channel(struct soft_lower *l, const struct soft_node *n,
			  struct soft_value *v, const struct soft_value *to)
{
	const struct soft_tensor *t = soft_tensor_of(l, v);
	const struct soft_tensor *u = soft_tensor_of(l, to);
	uint32_t hwc[3] = { t->h, t->w, u->c };
	struct soft_conv cv = { .kh = 1, .kw = 1, .stride_h = 1, .stride_w = 1,
				.dilation_h = 1, .dilation_w = 1, .groups = 1,
				.weight_max = 1 };
	struct soft_op *op;

	if (t->c != 1 || u->c == 1 || (t->h == 1 && t->w == 1) ||
	    t->h != u->h || t->w != u->w)
		return 0;
	cv.weights = soft_alloc(l->arena, hwc[2], sizeof(*cv.weights));
	if (!cv.weights)
		return -ENOMEM;
	for (uint32_t c = 0; c < hwc[2]; c++)
		cv.weights[c] = 1;
	op = soft_emit(l, n, SOFT_OP_CONV, v->tensor, hwc, v->name,
		       &v->tensor);
	if (!op)
		return -ENOMEM;
	op->conv = cv;
	op->acc_bits = soft_tensor_of(l, v)->bits < 32 ? 32 : 64;
	return 0;
}

/* The same shape, or one value a channel, or one value. */
static bool broadcasts(struct soft_lower *l, const struct soft_value *v,
		       const struct soft_value *to)
{
	const struct soft_tensor *t = soft_tensor_of(l, v);
	const struct soft_tensor *u = soft_tensor_of(l, to);

	return (t->h == u->h && t->w == u->w && t->c == u->c) ||
	       (t->h == 1 && t->w == 1 && (t->c == u->c || t->c == 1));
}

static soft_quad slope_at(struct soft_lower *l, const struct soft_value *v,
			  uint32_t c)
{
	return soft_chain_slope(&v->chain, soft_tensor_of(l, v)->c == 1 ? 0 :
				c);
}

static soft_quad offset_at(struct soft_lower *l, const struct soft_value *v,
			   uint32_t c)
{
	return soft_chain_offset(&v->chain, soft_tensor_of(l, v)->c == 1 ? 0 :
				 c);
}

static int sum_channels(struct soft_lower *l, const struct soft_node *n,
			struct soft_value *terms, struct soft_add *add,
			soft_quad *p, soft_quad *q)
{
	for (uint32_t c = 0; c < add->channels; c++) {
		soft_quad slopes[SOFT_MAX_INPUTS];
		int64_t multiples[SOFT_MAX_INPUTS];

		q[c] = 0;
		for (uint32_t i = 0; i < n->num_in; i++) {
			bool minus = i && !strcmp(n->op, "Sub");
			soft_quad offset = offset_at(l, &terms[i], c);

			slopes[i] = slope_at(l, &terms[i], c);
			slopes[i] = minus ? -slopes[i] : slopes[i];
			q[c] += minus ? -offset : offset;
		}
		p[c] = soft_common_slope(slopes, n->num_in, multiples);
		if (p[c] == 0)
			return soft_refuse(l, n, "its inputs' scales have no common measure of 64 bits");
		for (uint32_t i = 0; i < n->num_in; i++)
			add->multiplier[i][c] = multiples[i];
	}
	return 0;
}

static int sum_range(struct soft_lower *l, const struct soft_node *n,
		     struct soft_op *op)
{
	__int128 low = 0, high = 0, most = 0;

	for (uint32_t c = 0; c < op->add.channels; c++) {
		__int128 cl = 0, ch = 0, sum = 0;

		for (uint32_t i = 0; i < op->num_inputs; i++) {
			const struct soft_tensor *t =
				&l->graph->tensors[op->inputs[i]];
			__int128 m = op->add.multiplier[i][c];
			__int128 a = m * t->min, b = m * t->max;

			cl += a < b ? a : b;
			ch += a < b ? b : a;
			a = absolute(a);
			b = absolute(b);
			sum += a > b ? a : b;
		}
		low = !c || cl < low ? cl : low;
		high = !c || ch > high ? ch : high;
		most = sum > most ? sum : most;
	}
	if (most > MAX_ACC)
		return soft_refuse(l, n, "accumulators beyond 60 bits");
	soft_tensor_range(&l->graph->tensors[op->output], (int64_t)low,
			  (int64_t)high);
	op->acc_bits = most <= INT32_MAX ? 32 : 64;
	return 0;
}

static int alloc_sum(struct soft_lower *l, struct soft_add *add,
		     uint32_t terms)
{
	add->bias = soft_alloc(l->arena, add->channels, sizeof(*add->bias));
	for (uint32_t i = 0; i < terms; i++) {
		add->multiplier[i] = soft_alloc(l->arena, add->channels,
						sizeof(int64_t));
		if (!add->multiplier[i])
			return -ENOMEM;
	}
	return add->bias ? 0 : -ENOMEM;
}

int soft_lower_sum(struct soft_lower *l, const struct soft_node *n)
{
	struct soft_value *terms, *out = soft_out(l, n, 0);
	uint32_t inputs[SOFT_MAX_INPUTS], widest, hwc[3];
	const struct soft_tensor *t;
	struct soft_add add = { .channels = 1 };
	struct soft_op *op;
	soft_quad *p, *q;
	int64_t tensor;
	int ret;

	if (!n->num_in || n->num_in > SOFT_MAX_INPUTS)
		return soft_refuse(l, n, "%u inputs", n->num_in);
	terms = soft_alloc(l->scratch, n->num_in, sizeof(*terms));
	if (!terms)
		return -ENOMEM;
	ret = read_terms(l, n, terms, &widest);
	if (ret)
		return ret;
	t = soft_tensor_of(l, &terms[widest]);
	memcpy(hwc, (uint32_t[]){ t->h, t->w, t->c }, sizeof(hwc));
	for (uint32_t i = 0; i < n->num_in; i++) {
		ret = spread_channel(l, n, &terms[i], &terms[widest]);
		if (ret)
			return ret;
		if (!broadcasts(l, &terms[i], &terms[widest]))
			return soft_refuse(l, n, "inputs of different shape");
		if (soft_chain_channels(&terms[i].chain) > 1)
			add.channels = hwc[2];
		inputs[i] = terms[i].tensor;
	}
	p = soft_alloc(l->scratch, add.channels, sizeof(*p));
	q = soft_alloc(l->scratch, add.channels, sizeof(*q));
	if (!p || !q || alloc_sum(l, &add, n->num_in))
		return -ENOMEM;
	ret = sum_channels(l, n, terms, &add, p, q);
	if (ret)
		return ret;
	tensor = soft_add_tensor(l, out->name, hwc, 0, 0);
	if (tensor < 0)
		return (int)tensor;
	op = soft_add_op(l, n, SOFT_OP_ADD, n->num_in, inputs,
			 (uint32_t)tensor);
	if (!op)
		return -ENOMEM;
	op->add = add;
	soft_copy_value(out, &terms[widest]);
	out->tensor = (uint32_t)tensor;
	out->bipolar = false;
	out->chain.num = 0;
	ret = sum_range(l, n, op);
	return ret ? ret : soft_affine(l, n, out, add.channels, p, q);
}

static int product_range(struct soft_lower *l, const struct soft_node *n,
			 struct soft_op *op)
{
	const struct soft_tensor *t = &l->graph->tensors[op->inputs[0]];
	const struct soft_tensor *u = &l->graph->tensors[op->inputs[1]];
	const int64_t *z = op->mul.zero_point;
	__int128 ends[4], low, high;

	ends[0] = (__int128)(t->min - z[0]) * (u->min - z[1]);
	ends[1] = (__int128)(t->min - z[0]) * (u->max - z[1]);
	ends[2] = (__int128)(t->max - z[0]) * (u->min - z[1]);
	ends[3] = (__int128)(t->max - z[0]) * (u->max - z[1]);
	low = high = ends[0];
	for (int i = 1; i < 4; i++) {
		low = ends[i] < low ? ends[i] : low;
		high = ends[i] > high ? ends[i] : high;
	}
	if (high > MAX_ACC || low < -MAX_ACC)
		return soft_refuse(l, n, "accumulators beyond 60 bits");
	soft_tensor_range(&l->graph->tensors[op->output], (int64_t)low,
			  (int64_t)high);
	op->acc_bits = l->graph->tensors[op->output].bits <= 32 ? 32 : 64;
	return 0;
}

int soft_lower_product(struct soft_lower *l, const struct soft_node *n)
{
	struct soft_value terms[2], *out = soft_out(l, n, 0);
	const struct soft_tensor *t;
	uint32_t widest, hwc[3], inputs[2];
	struct soft_mul mul;
	struct soft_op *op;
	soft_quad slope[2], zero = 0;
	int64_t tensor;
	int ret;

	if (n->num_in != 2)
		return soft_refuse(l, n, "%u inputs", n->num_in);
	ret = read_terms(l, n, terms, &widest);
	for (int i = 0; !ret && i < 2; i++)
		ret = soft_value_uniform(l, n, &terms[i], &slope[i],
					 &mul.zero_point[i]);
	if (!ret)
		ret = spread_channel(l, n, &terms[!widest], &terms[widest]);
	if (ret)
		return ret;
	if (!broadcasts(l, &terms[!widest], &terms[widest]))
		return soft_refuse(l, n, "inputs of different shape");
	t = soft_tensor_of(l, &terms[widest]);
	memcpy(hwc, (uint32_t[]){ t->h, t->w, t->c }, sizeof(hwc));
	tensor = soft_add_tensor(l, out->name, hwc, 0, 0);
	if (tensor < 0)
		return (int)tensor;
	inputs[0] = terms[0].tensor;
	inputs[1] = terms[1].tensor;
	op = soft_add_op(l, n, SOFT_OP_MUL, 2, inputs, (uint32_t)tensor);
	if (!op)
		return -ENOMEM;
	op->mul = mul;
	soft_copy_value(out, &terms[widest]);
	out->tensor = (uint32_t)tensor;
	out->bipolar = false;
	out->chain.num = 0;
	slope[0] *= slope[1];
	ret = product_range(l, n, op);
	return ret ? ret : soft_affine(l, n, out, 1, slope, &zero);
}

/* --- Concat -------------------------------------------------------------- */

static bool same_affine(const struct soft_value *terms, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (soft_chain_channels(&terms[i].chain) > 1 ||
		    soft_chain_slope(&terms[i].chain, 0) !=
		    soft_chain_slope(&terms[0].chain, 0) ||
		    soft_chain_offset(&terms[i].chain, 0) !=
		    soft_chain_offset(&terms[0].chain, 0))
			return false;
	return true;
}

/* The joined channels keep their own scales. */
static int join_chains(struct soft_lower *l, const struct soft_node *n,
		       const struct soft_value *terms, uint32_t channels,
		       struct soft_value *out)
{
	soft_quad *p = soft_alloc(l->scratch, channels, sizeof(*p));
	soft_quad *q = soft_alloc(l->scratch, channels, sizeof(*q));
	uint32_t k = 0;

	if (!p || !q)
		return -ENOMEM;
	for (uint32_t i = 0; i < n->num_in; i++)
		for (uint32_t c = 0; c < soft_tensor_of(l, &terms[i])->c; c++) {
			p[k] = soft_chain_slope(&terms[i].chain, c);
			q[k++] = soft_chain_offset(&terms[i].chain, c);
		}
	out->chain.num = 0;
	return soft_affine(l, n, out, channels, p, q);
}

/* Which of h, w, c a dimension is; false if it shares h with another. */
bool soft_value_hwc_axis(const struct soft_value *v, uint32_t dim,
			 uint32_t *axis)
{
	uint32_t at = 0, behind;

	while (v->order[at] != dim)
		at++;
	behind = v->rank - 1 - at;
	*axis = behind < 2 ? 2 - behind : 0;
	for (uint32_t i = 0; !*axis && i + 2 < v->rank; i++)
		if (i != at && v->dims[v->order[i]] != 1)
			return false;
	return true;
}

static int join_tensors(struct soft_lower *l, const struct soft_node *n,
			const struct soft_value *terms, uint32_t axis,
			struct soft_value *out)
{
	uint32_t inputs[SOFT_MAX_INPUTS], hwc[3];
	struct soft_tensor *t;
	struct soft_op *op;
	int64_t tensor, min = INT64_MAX, max = INT64_MIN;

	t = soft_tensor_of(l, &terms[0]);
	memcpy(hwc, (uint32_t[]){ t->h, t->w, t->c }, sizeof(hwc));
	hwc[axis] = 0;
	for (uint32_t i = 0; i < n->num_in; i++) {
		uint32_t dims[3];

		t = soft_tensor_of(l, &terms[i]);
		memcpy(dims, (uint32_t[]){ t->h, t->w, t->c }, sizeof(dims));
		for (uint32_t d = 0; d < 3; d++)
			if (d != axis && dims[d] != hwc[d])
				return soft_refuse(l, n, "inputs of different shape");
		hwc[axis] += dims[axis];
		min = t->min < min ? t->min : min;
		max = t->max > max ? t->max : max;
		inputs[i] = terms[i].tensor;
	}
	tensor = soft_add_tensor(l, out->name, hwc, min, max);
	if (tensor < 0)
		return (int)tensor;
	op = soft_add_op(l, n, SOFT_OP_CONCAT, n->num_in, inputs,
			 (uint32_t)tensor);
	if (!op)
		return -ENOMEM;
	op->concat.axis = axis;
	out->tensor = (uint32_t)tensor;
	return 0;
}

static int lower_concat(struct soft_lower *l, const struct soft_node *n)
{
	struct soft_value *terms, *out = soft_out(l, n, 0);
	uint32_t dim, axis, widest;
	bool same;
	int ret;

	if (!n->num_in || n->num_in > SOFT_MAX_INPUTS)
		return soft_refuse(l, n, "%u inputs", n->num_in);
	terms = soft_alloc(l->scratch, n->num_in, sizeof(*terms));
	if (!terms)
		return -ENOMEM;
	ret = read_terms(l, n, terms, &widest);
	if (ret)
		return ret;
	if (!soft_axis(soft_attr_int(n, "axis", 0), terms[0].rank, &dim) ||
	    !soft_value_hwc_axis(&terms[0], dim, &axis))
		return soft_refuse(l, n, "an axis that it cannot join");
	same = same_affine(terms, n->num_in);
	for (uint32_t i = 0; !ret && !same && i < n->num_in; i++)
		ret = soft_value_last(l, n, &terms[i], dim);
	if (ret)
		return ret;
	axis = same ? axis : 2;
	soft_copy_value(out, &terms[0]);
	ret = join_tensors(l, n, terms, axis, out);
	if (ret)
		return ret;
	out->dims[dim] = 0;
	for (uint32_t i = 0; i < n->num_in; i++) {
		out->dims[dim] += terms[i].dims[dim];
		out->bipolar &= terms[i].bipolar;
	}
	return same ? 0 : join_chains(l, n, terms,
				      soft_tensor_of(l, out)->c, out);
}

soft_handler soft_find_combine(const char *op)
{
	if (!strcmp(op, "Concat"))
		return lower_concat;
	return strcmp(op, "Sum") ? NULL : soft_lower_sum;
}
