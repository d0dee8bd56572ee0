// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The fast executor against the reference on random networks: every
 * instruction set of this CPU, several threads, several frames.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/test.h"
#include "fast_graph.h"
#include "kernel.h"

#define GUARD	64	/* bytes behind each buffer that must stay */

static const struct {
	enum srfpga_soft_isa isa;
	const char *name;
} isas[] = {
	{ SRFPGA_SOFT_PORTABLE, "portable" },
	{ SRFPGA_SOFT_AVX2, "avx2" },
	{ SRFPGA_SOFT_AVX512_VNNI, "avx512_vnni" },
	{ SRFPGA_SOFT_NEON, "neon" },
	{ SRFPGA_SOFT_AMX_INT8, "amx_int8" },
};

static uint32_t compared[sizeof(isas) / sizeof(*isas)];	/* graphs */

/** struct frames - buffers of every port */
struct frames {
	uint32_t count;
	void *port[FAST_MAX_TENSORS];
};

static size_t bytes_of(const struct soft_graph *g, uint32_t port, uint32_t n)
{
	return g->ports[port].info.frame_bytes * n;
}

static void frames_new(const struct soft_graph *g, uint32_t n,
		       struct frames *f)
{
	f->count = n;
	for (uint32_t i = 0; i < g->num_ports; i++) {
		size_t bytes = bytes_of(g, i, n);
		uint8_t *b = malloc(bytes + GUARD);

		if (!b)
			abort();
		memset(b, 0xa5, bytes + GUARD);
		f->port[i] = b;
	}
}

static void frames_free(const struct soft_graph *g, struct frames *f)
{
	for (uint32_t i = 0; i < g->num_ports; i++)
		free(f->port[i]);
}

/* Inputs are random bytes; unused bits of packed rows stay what they are. */
static void frames_fill(struct fast_graph *fg, struct frames *f)
{
	for (uint32_t i = 0; i < fg->graph.num_inputs; i++)
		for (size_t j = 0; j < bytes_of(&fg->graph, i, f->count); j++)
			((uint8_t *)f->port[i])[j] = fast_below(fg, 256);
}

static bool reference(const struct soft_graph *g, struct frames *f)
{
	for (uint32_t n = 0; n < f->count; n++) {
		void *at[FAST_MAX_TENSORS];

		for (uint32_t i = 0; i < g->num_ports; i++)
			at[i] = (uint8_t *)f->port[i] + bytes_of(g, i, n);
		if (soft_reference_run(g, at, NULL))
			return false;
	}
	return true;
}

/* Runs twice: the second run must not see what the first left behind. */
static int run_fast(const struct soft_graph *g, enum srfpga_soft_isa isa,
		    uint32_t threads, struct frames *f)
{
	struct soft_exec_options opt = { .threads = threads, .isa = isa };
	void *state;
	int err = soft_fast_executor.create(g, &opt, &state);

	if (err)
		return err;
	err = soft_fast_executor.run(state, f->port, f->count);
	for (uint32_t i = g->num_inputs; !err && i < g->num_ports; i++)
		memset(f->port[i], 0x5a, bytes_of(g, i, f->count));
	if (!err)
		err = soft_fast_executor.run(state, f->port, f->count);
	soft_fast_executor.destroy(state);
	return err;
}

static bool guarded(const struct soft_graph *g, const struct frames *f)
{
	uint8_t guard[GUARD];
	bool ok = true;

	memset(guard, 0xa5, sizeof(guard));
	for (uint32_t i = 0; i < g->num_ports; i++)
		ok &= !memcmp((uint8_t *)f->port[i] +
			      bytes_of(g, i, f->count), guard, GUARD);
	return ok;
}

static bool same(const struct soft_graph *g, const struct frames *a,
		 const struct frames *b)
{
	bool ok = true;

	for (uint32_t i = g->num_inputs; i < g->num_ports; i++)
		ok &= !memcmp(a->port[i], b->port[i],
			      bytes_of(g, i, a->count));
	return ok;
}

static void describe(const struct soft_graph *g)
{
	for (uint32_t i = 0; i < g->num_ops; i++) {
		const struct soft_op *op = &g->ops[i];
		const struct soft_tensor *t = &g->tensors[op->output];

		printf("#  %u: kind %d of t%u -> t%u %ux%ux%u %lld..%lld\n", i,
		       op->kind, op->inputs[0], op->output, t->h, t->w, t->c,
		       (long long)t->min, (long long)t->max);
	}
}

static void compare(struct fast_graph *fg, enum srfpga_soft_isa isa,
		    const char *name, uint64_t seed,
		    const struct frames *want)
{
	const struct soft_graph *g = &fg->graph;
	uint32_t threads = 1 + fast_below(fg, 3);
	struct frames got;
	bool ok;

	frames_new(g, want->count, &got);
	for (uint32_t i = 0; i < g->num_inputs; i++)
		memcpy(got.port[i], want->port[i],
		       bytes_of(g, i, want->count));
	ok = CHECK_EQ(run_fast(g, isa, threads, &got), 0) &&
	     CHECK(same(g, want, &got)) && CHECK(guarded(g, &got));
	if (!ok) {
		printf("# seed %llu, %s, %u threads, %u frames\n",
		       (unsigned long long)seed, name, threads, want->count);
		describe(g);
	}
	frames_free(g, &got);
}

static void one_graph(uint64_t seed, uint32_t max_frames,
		      void (*make)(struct fast_graph *f))
{
	struct fast_graph fg;
	struct frames want;

	fast_graph_begin(&fg, seed);
	make(&fg);
	frames_new(&fg.graph, 1 + fast_below(&fg, max_frames), &want);
	frames_fill(&fg, &want);
	if (CHECK(reference(&fg.graph, &want)))
		for (size_t i = 0; i < sizeof(isas) / sizeof(*isas); i++) {
			struct soft_exec_options opt = { 1, isas[i].isa };
			void *state;
			int err = soft_fast_executor.create(&fg.graph, &opt,
							    &state);

			if (err == -ENOTSUP)
				continue;
			if (CHECK_EQ(err, 0)) {
				soft_fast_executor.destroy(state);
				compared[i]++;
				compare(&fg, isas[i].isa, isas[i].name, seed,
					&want);
			}
		}
	frames_free(&fg.graph, &want);
	fast_graph_end(&fg);
}

/* SRFPGA_TEST_SEED repeats one graph, SRFPGA_TEST_GRAPHS sets how many. */
static void many(uint32_t graphs, uint32_t max_frames,
		 void (*make)(struct fast_graph *f))
{
	const char *seed = getenv("SRFPGA_TEST_SEED");
	const char *count = getenv("SRFPGA_TEST_GRAPHS");

	if (seed) {
		one_graph(strtoull(seed, NULL, 0), max_frames, make);
		return;
	}
	if (count)
		graphs = strtoul(count, NULL, 0);
	for (uint32_t i = 0; i < graphs; i++)
		one_graph(1000 + i, max_frames, make);
}

static void images(void)
{
	many(90, 3, fast_random_image);
}

static void supers(void)
{
	many(25, 2, fast_random_super);
}

static void vectors(void)
{
	many(60, 150, fast_random_vectors);
}

static void compared_with(enum srfpga_soft_isa isa)
{
	uint32_t graphs = 0;

	for (size_t i = 0; i < sizeof(isas) / sizeof(*isas); i++)
		if (isas[i].isa == isa)
			graphs = compared[i];
	if (soft_kernel_get(isa))
		CHECK(graphs > 0);
	else
		skip("this CPU, or its kernel, lacks it");
}

static void with_avx2(void)
{
	compared_with(SRFPGA_SOFT_AVX2);
}

static void with_avx512_vnni(void)
{
	compared_with(SRFPGA_SOFT_AVX512_VNNI);
}

static void with_amx_int8(void)
{
	compared_with(SRFPGA_SOFT_AMX_INT8);
}

static void with_neon(void)
{
	compared_with(SRFPGA_SOFT_NEON);
}

static const struct test tests[] = {
	{ "random image networks equal the reference", images },
	{ "random super-resolution networks equal the reference", supers },
	{ "random vector networks equal the reference", vectors },
	{ "they do with AVX2", with_avx2 },
	{ "they do with AVX512-VNNI", with_avx512_vnni },
	{ "they do with AMX-INT8", with_amx_int8 },
	{ "they do with NEON", with_neon },
};

TEST_MAIN(tests)
