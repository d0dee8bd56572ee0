/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Random integer graphs, valid by the rules of graph.h, for comparing
 * executors. The same seed gives the same graph.
 */
#ifndef SRFPGA_FAST_GRAPH_H
#define SRFPGA_FAST_GRAPH_H

#include "graph.h"

#define FAST_MAX_TENSORS	64

/** struct fast_graph - a graph under construction */
struct fast_graph {
	struct soft_graph graph;
	uint64_t random;
	uint32_t num_memory;
	uint32_t max_memory;
	void **memory;
};

/** fast_graph_begin() - an empty graph */
void fast_graph_begin(struct fast_graph *f, uint64_t seed);

/** fast_graph_end() - release all of it */
void fast_graph_end(struct fast_graph *f);

/** fast_memory() - zeroed memory that lives as long as the graph */
void *fast_memory(struct fast_graph *f, size_t bytes);

/** fast_below() - a random number below @n */
uint32_t fast_below(struct fast_graph *f, uint32_t n);

/** fast_between() - a random number in @lo..@hi */
int64_t fast_between(struct fast_graph *f, int64_t lo, int64_t hi);

/** fast_tensor() - a tensor; its index */
uint32_t fast_tensor(struct fast_graph *f, uint32_t h, uint32_t w, uint32_t c,
		     int64_t min, int64_t max);

/** fast_op() - an operation from @in0 (and @in1 if @n is 2) to @out */
struct soft_op *fast_op(struct fast_graph *f, enum soft_op_kind kind,
			uint32_t n, uint32_t in0, uint32_t in1, uint32_t out);

/** fast_port() - the next port; inputs first */
void fast_port(struct fast_graph *f, uint32_t tensor, bool is_output);

/** fast_requant() - a random requantisation of accumulators in @lo..@hi
 *
 * Sets @min and @max to the range of codes.
 */
struct soft_requant *fast_requant(struct fast_graph *f, uint32_t channels,
				  int64_t lo, int64_t hi, int64_t *min,
				  int64_t *max);

/** fast_conv() - a convolution with random weights
 * @shape: kernel, stride, dilation, groups, pads
 * @lo: receives the least accumulator
 * @hi: receives the greatest
 *
 * The weights are for @out_c channels of tensor @in.
 */
void fast_conv(struct fast_graph *f, uint32_t in, uint32_t out_c,
	       struct soft_conv *shape, int64_t *lo, int64_t *hi);

/** fast_random_image() - a network of images */
void fast_random_image(struct fast_graph *f);

/** fast_random_super() - a network that makes images larger */
void fast_random_super(struct fast_graph *f);

/** fast_random_vectors() - a network of vectors */
void fast_random_vectors(struct fast_graph *f);

#endif /* SRFPGA_FAST_GRAPH_H */
