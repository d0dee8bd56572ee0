/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The reference executor's operations, one function each. */
#ifndef SOFT_REFERENCE_H
#define SOFT_REFERENCE_H

#include "graph.h"

/**
 * struct soft_ref - one operation about to be computed
 * @in: codes of each input; the bit pattern of floats
 * @out: room for the output's
 */
struct soft_ref {
	const struct soft_graph *graph;
	const struct soft_op *op;
	const int64_t *const *in;
	int64_t *out;
};

/** soft_ref_tensor() - input @i of the operation */
static inline const struct soft_tensor *soft_ref_tensor(
	const struct soft_ref *r, uint32_t i)
{
	return &r->graph->tensors[r->op->inputs[i]];
}

static inline const struct soft_tensor *soft_ref_output(
	const struct soft_ref *r)
{
	return &r->graph->tensors[r->op->output];
}

/** soft_ref_at() - where element y, x, c lies */
static inline size_t soft_ref_at(const struct soft_tensor *t, size_t y,
				 size_t x, size_t c)
{
	return (y * t->w + x) * t->c + c;
}

/* Accumulator of output element y, x, k (reference_acc.c). */
int64_t soft_ref_conv(const struct soft_ref *r, uint32_t y, uint32_t x,
		      uint32_t k);
int64_t soft_ref_conv_transpose(const struct soft_ref *r, uint32_t y,
				uint32_t x, uint32_t k);
int64_t soft_ref_max_pool(const struct soft_ref *r, uint32_t y, uint32_t x,
			  uint32_t k);
int64_t soft_ref_sum_pool(const struct soft_ref *r, uint32_t y, uint32_t x,
			  uint32_t k);
int64_t soft_ref_add(const struct soft_ref *r, uint32_t y, uint32_t x,
		     uint32_t k);
int64_t soft_ref_mul(const struct soft_ref *r, uint32_t y, uint32_t x,
		     uint32_t k);

/* Where output element y, x, k comes from (reference_move.c). */
int64_t soft_ref_concat(const struct soft_ref *r, uint32_t y, uint32_t x,
			uint32_t k);
int64_t soft_ref_slice(const struct soft_ref *r, uint32_t y, uint32_t x,
		       uint32_t k);
int64_t soft_ref_pad(const struct soft_ref *r, uint32_t y, uint32_t x,
		     uint32_t k);
int64_t soft_ref_resize(const struct soft_ref *r, uint32_t y, uint32_t x,
			uint32_t k);
int64_t soft_ref_depth_to_space(const struct soft_ref *r, uint32_t y,
				uint32_t x, uint32_t k);
int64_t soft_ref_space_to_depth(const struct soft_ref *r, uint32_t y,
				uint32_t x, uint32_t k);
int64_t soft_ref_permute(const struct soft_ref *r, uint32_t y, uint32_t x,
			 uint32_t k);
int64_t soft_ref_same(const struct soft_ref *r, uint32_t y, uint32_t x,
		      uint32_t k);

/* Heads (reference_head.c). */
int64_t soft_ref_dequant(const struct soft_ref *r, uint32_t y, uint32_t x,
			 uint32_t k);
int64_t soft_ref_quantize(const struct soft_ref *r, uint32_t y, uint32_t x,
			  uint32_t k);
int64_t soft_ref_argmax(const struct soft_ref *r, uint32_t y, uint32_t x,
			uint32_t k);
int64_t soft_ref_topk(const struct soft_ref *r, uint32_t y, uint32_t x,
		      uint32_t k);
int64_t soft_ref_softmax(const struct soft_ref *r, uint32_t y, uint32_t x,
			 uint32_t k);

#endif /* SOFT_REFERENCE_H */
