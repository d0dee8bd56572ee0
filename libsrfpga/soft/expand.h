/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the families of expansions share: new nodes and values (expand.c). */
#ifndef SOFT_EXPAND_H
#define SOFT_EXPAND_H

#include "lower.h"

#define SOFT_MICROSOFT	"com.microsoft"

/**
 * struct soft_expansion - the nodes that take the place of the graph's
 * @nodes: with room for all
 * @num: entries of @nodes
 * @from: what is being written as others
 */
struct soft_expansion {
	struct soft_lower *l;
	struct soft_node *nodes;
	uint32_t num;
	const struct soft_node *from;
};

/**
 * struct soft_expander - how one operator is written as others
 * @needs: bit i: input i may not be missing
 */
struct soft_expander {
	const char *op;
	int (*expand)(struct soft_expansion *x);
	uint32_t needs;
};

/** soft_expand_microsoft() - an operator of SOFT_MICROSOFT, or NULL */
const struct soft_expander *soft_expand_microsoft(const char *op);

/** soft_expand_finn() - an operator that FINN's own transformations write, or
 * NULL
 */
const struct soft_expander *soft_expand_finn(struct soft_lower *l,
					     const struct soft_node *n);

/** soft_expand_ints() - an attribute list with nothing but integers */
const SoftOnnx__Node *soft_expand_ints(struct soft_lower *l, const char *name,
				       uint32_t n, const int64_t *ints);
/** soft_expand_vector() - a constant list of integers */
int32_t soft_expand_vector(struct soft_expansion *x, uint32_t n,
			   const int64_t *ints);
/** soft_expand_value() - a new value; negative: no memory */
int32_t soft_expand_value(struct soft_expansion *x, const char *what);
int32_t soft_expand_number(struct soft_expansion *x, const char *what,
			   double number);
/** soft_expand_node() - @op with the attributes of @raw */
int soft_expand_node(struct soft_expansion *x, const char *op,
		     const SoftOnnx__Node *raw, uint32_t num,
		     const int32_t *in, int32_t out);
/** soft_expand_plain() - a copy of the node's attributes, in ONNX's domain */
const SoftOnnx__Node *soft_expand_plain(struct soft_expansion *x);
/** soft_expand_axis() - nothing but an axis; NULL: no memory */
const SoftOnnx__Node *soft_expand_axis(struct soft_lower *l, int64_t axis);
/** soft_expand_in() - a value, or -1 if input @i is not given */
int32_t soft_expand_in(const struct soft_node *n, uint32_t i);
/** soft_expand_real() - DequantizeLinear; @zero may be -1 */
int32_t soft_expand_real(struct soft_expansion *x, const char *what,
			 int64_t axis, int32_t data, int32_t scale,
			 int32_t zero);
/** soft_expand_bias() - an integer bias counts in units of both scales */
int32_t soft_expand_bias(struct soft_expansion *x, int32_t bias, int32_t xs,
			 int32_t ws);
/** soft_expand_codes() - QuantizeLinear to the node's own output */
int soft_expand_codes(struct soft_expansion *x, int32_t real, int32_t scale,
		      int32_t zero);
/** soft_expand_turn() - the channels of @rank dimensions first, or last again;
 * @to: negative: a new value
 */
int32_t soft_expand_turn(struct soft_expansion *x, uint32_t rank, bool first,
			 int32_t from, int32_t to);

#endif /* SOFT_EXPAND_H */
