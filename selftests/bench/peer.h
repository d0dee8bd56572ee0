/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Other software that computes the same super-resolution network. */
#ifndef SRFPGA_BENCH_PEER_H
#define SRFPGA_BENCH_PEER_H

#include "graph.h"

/**
 * struct peer - another implementation
 * @name: for people and the JSON file
 * @data: of @create
 * @tolerance: how far its bytes may be from ours on average: it rounds in
 *	float and less often, which later layers amplify
 * @create: prepare for @threads threads and the frame @in; 0 and *state,
 *	-ENOENT if the peer is not there, or another error
 * @run: compute that frame
 * @output: the frame that @run computed
 */
struct peer {
	const char *name;
	const void *data;
	double tolerance;
	int (*create)(const struct peer *peer, const char *model,
		      const struct soft_graph *graph, uint32_t threads,
		      const uint8_t *in, void **state);
	int (*run)(void *state);
	int (*output)(void *state, uint8_t *out);
	void (*destroy)(void *state);
};

extern const struct peer peer_onednn;
extern const struct peer peer_ort_int8;
extern const struct peer peer_ort_float;

#endif /* SRFPGA_BENCH_PEER_H */
