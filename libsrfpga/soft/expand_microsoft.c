// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Operators of com.microsoft, as ONNX Runtime's quantiser writes them: real
 * numbers from codes, an ONNX operator, codes again. Must not know how those
 * lower.
 */
#include "expand.h"

#include <string.h>

/* Inputs 3 i to 3 i + 2: codes, scale, zero point. */
static int32_t real_input(struct soft_expansion *x, uint32_t first)
{
	return soft_expand_real(x, first ? "b" : "a", 1,
				soft_expand_in(x->from, first),
				soft_expand_in(x->from, first + 1),
				soft_expand_in(x->from, first + 2));
}

/* QLinearAdd, QLinearMul */
static int expand_pair(struct soft_expansion *x)
{
	const struct soft_node *n = x->from;
	int32_t in[2], out = soft_expand_value(x, "real");

	in[0] = real_input(x, 0);
	in[1] = real_input(x, 3);
	if (in[0] < 0 || in[1] < 0 ||
	    soft_expand_node(x, n->op + strlen("QLinear"),
			     soft_expand_plain(x), 2, in, out))
		return -ENOMEM;
	return soft_expand_codes(x, out, soft_expand_in(n, 6),
				 soft_expand_in(n, 7));
}

/* QLinearAveragePool, QLinearGlobalAveragePool, QLinearLeakyRelu */
static int expand_single(struct soft_expansion *x)
{
	const struct soft_node *n = x->from;
	bool last = soft_attr_int(n, "channels_last", 0);
	int32_t out = soft_expand_value(x, "real"), in = real_input(x, 0);

	if (last && in >= 0)
		in = soft_expand_turn(x, 4, true, in, -1);
	if (in < 0 || soft_expand_node(x, n->op + strlen("QLinear"),
				       soft_expand_plain(x), 1, &in, out))
		return -ENOMEM;
	if (last)
		out = soft_expand_turn(x, 4, false, out, -1);
	return out < 0 ? -ENOMEM : soft_expand_codes(x, out,
						     soft_expand_in(n, 3),
						     soft_expand_in(n, 4));
}

/* The output's scale and zero point, then three inputs a part. */
static int expand_concat(struct soft_expansion *x)
{
	const struct soft_node *n = x->from;
	uint32_t parts = (n->num_in - 2) / 3;
	int32_t in[SOFT_MAX_INPUTS], out = soft_expand_value(x, "real");

	if (n->num_in != 2 + 3 * parts || parts > SOFT_MAX_INPUTS)
		return soft_fail(x->l, -EINVAL, "%s (%s): %u inputs", n->name,
				 n->op, n->num_in);
	for (uint32_t i = 0; i < parts; i++) {
		if (soft_expand_in(n, 2 + 3 * i) < 0 ||
		    soft_expand_in(n, 3 + 3 * i) < 0)
			return soft_fail(x->l, -EINVAL,
					 "%s (%s): lacks an input", n->name,
					 n->op);
		in[i] = real_input(x, 2 + 3 * i);
		if (in[i] < 0)
			return -ENOMEM;
	}
	if (soft_expand_node(x, "Concat", soft_expand_plain(x), parts, in,
			     out))
		return -ENOMEM;
	return soft_expand_codes(x, out, soft_expand_in(n, 0),
				 soft_expand_in(n, 1));
}

/* A bias counts in units of alpha and both scales. */
static int32_t gemm_bias(struct soft_expansion *x)
{
	const struct soft_node *n = x->from;
	int32_t in[2] = { soft_expand_in(n, 1), 0 };
	int32_t unit = soft_expand_value(x, "a scale");

	in[1] = soft_expand_number(x, "alpha", soft_attr_float(n, "alpha", 1));
	if (in[1] < 0 || soft_expand_node(x, "Mul", soft_expand_plain(x), 2,
					  in, unit))
		return -1;
	return soft_expand_bias(x, soft_expand_in(n, 6), unit,
				soft_expand_in(n, 4));
}

/* Without a scale of its output that is a real number. */
static int expand_gemm(struct soft_expansion *x)
{
	const struct soft_node *n = x->from;
	bool bias = soft_expand_in(n, 6) >= 0;
	bool codes = soft_expand_in(n, 7) >= 0;
	int32_t in[3], out = codes ? soft_expand_value(x, "real") : n->out[0];

	in[0] = real_input(x, 0);
	in[1] = soft_expand_real(x, "b", soft_attr_int(n, "transB", 0) ? 0 : 1,
				 soft_expand_in(n, 3), soft_expand_in(n, 4),
				 soft_expand_in(n, 5));
	in[2] = bias ? gemm_bias(x) : 0;
	if (in[0] < 0 || in[1] < 0 || in[2] < 0 ||
	    soft_expand_node(x, "Gemm", soft_expand_plain(x), bias ? 3 : 2,
			     in, out))
		return -ENOMEM;
	return codes ? soft_expand_codes(x, out, soft_expand_in(n, 7),
					 soft_expand_in(n, 8)) : 0;
}

/* Without an output's zero point its type would be a guess. */
const struct soft_expander *soft_expand_microsoft(const char *op)
{
	static const struct soft_expander list[] = {
		{ "QLinearAdd", expand_pair, 0xdb },
		{ "QLinearMul", expand_pair, 0xdb },
		{ "QLinearGlobalAveragePool", expand_single, 0x1b },
		{ "QLinearAveragePool", expand_single, 0x1b },
		{ "QLinearLeakyRelu", expand_single, 0x1b },
		{ "QLinearConcat", expand_concat, 0x1f },
		{ "QGemm", expand_gemm, 0x1b },
	};

	for (size_t i = 0; i < sizeof(list) / sizeof(*list); i++)
		if (!strcmp(op, list[i].op))
			return &list[i];
	return NULL;
}
