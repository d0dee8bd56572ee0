/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Other software that computes the same super-resolution network. */
#ifndef SRFPGA_BENCH_PEER_H
#define SRFPGA_BENCH_PEER_H

#include "graph.h"

/**
 * struct peer - another implementation
 * @create: prepare a graph for @threads threads; 0 and *state, or -errno
 * @run: one frame
 */
struct peer {
	const char *name;
	int (*create)(const struct soft_graph *graph, uint32_t threads,
		      void **state);
	int (*run)(void *state, const uint8_t *in, uint8_t *out);
	void (*destroy)(void *state);
};

/** peer_onednn - NULL members if it was not there when this was built */
extern const struct peer peer_onednn;

#endif /* SRFPGA_BENCH_PEER_H */
