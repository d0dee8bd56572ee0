// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Attributes of ONNX nodes, and arguments that were attributes once and are
 * inputs in later opsets. Must not know operators.
 */
#include "lower.h"

#include <math.h>
#include <string.h>

const SoftOnnx__Attribute *soft_attr(const struct soft_node *n,
				     const char *name)
{
	for (size_t i = 0; i < n->raw->n_attribute; i++) {
		const SoftOnnx__Attribute *a = n->raw->attribute[i];

		if (a->name && !strcmp(a->name, name))
			return a;
	}
	return NULL;
}

int64_t soft_attr_int(const struct soft_node *n, const char *name,
		      int64_t fallback)
{
	const SoftOnnx__Attribute *a = soft_attr(n, name);

	return a && a->has_i ? a->i : fallback;
}

double soft_attr_float(const struct soft_node *n, const char *name,
		       double fallback)
{
	const SoftOnnx__Attribute *a = soft_attr(n, name);

	return a && a->has_f ? a->f : fallback;
}

bool soft_attr_is(const struct soft_node *n, const char *name,
		  const char *text, bool fallback)
{
	const SoftOnnx__Attribute *a = soft_attr(n, name);

	if (!a || !a->has_s)
		return fallback;
	return a->s.len == strlen(text) && !memcmp(a->s.data, text, a->s.len);
}

/* ONNX writes INT64_MAX for "to the end"; as a double that is 2^63. */
static int64_t to_int(double x)
{
	if (x >= 0x1p+62)
		return INT64_MAX;
	return x <= -0x1p+62 ? INT64_MIN : (int64_t)x;
}

static int ints_from_attr(struct soft_lower *l, const struct soft_node *n,
			  const SoftOnnx__Attribute *a, int64_t *out,
			  uint32_t room)
{
	if (!a->n_ints && (a->t || a->has_i || a->has_f || a->has_s))
		return soft_refuse(l, n, "%s is no list of integers", a->name);
	if (a->n_ints > room)
		return soft_refuse(l, n, "%s has %zu entries", a->name,
				   a->n_ints);
	if (a->n_ints)
		memcpy(out, a->ints, a->n_ints * sizeof(*out));
	return (int)a->n_ints;
}

int soft_ints_arg(struct soft_lower *l, const struct soft_node *n,
		  const char *attr, uint32_t input, int64_t *out,
		  uint32_t room)
{
	const SoftOnnx__Attribute *a = attr ? soft_attr(n, attr) : NULL;
	const struct soft_const *k;

	if (a)
		return ints_from_attr(l, n, a, out, room);
	if (!soft_in(l, n, input))
		return 0;
	k = soft_const_in(l, n, input);
	if (!k)
		return soft_refuse(l, n, "input %u is not constant", input);
	if (k->n > room)
		return soft_refuse(l, n, "input %u has %zu entries", input,
				   k->n);
	for (size_t i = 0; i < k->n; i++) {
		if (!isfinite(k->v[i]) || k->v[i] != floor(k->v[i]))
			return soft_refuse(l, n, "input %u is not integer",
					   input);
		out[i] = to_int(k->v[i]);
	}
	return (int)k->n;
}

bool soft_axis(int64_t axis, uint32_t rank, uint32_t *out)
{
	if (axis < 0)
		axis += rank;
	if (axis < 0 || axis >= rank)
		return false;
	*out = (uint32_t)axis;
	return true;
}
