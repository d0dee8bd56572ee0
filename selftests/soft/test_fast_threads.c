// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * One prepared graph run by several callers at once, and the choice of
 * instruction sets.
 */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../lib/test.h"
#include "fast_graph.h"
#include "kernel.h"

#define CALLERS		4
#define RUNS		6
#define FRAMES		5
#define HEIGHT		40
#define WIDTH		170

/** struct caller - runs the shared state on its own frames */
struct caller {
	void *state;
	uint8_t *in, *out, *want;
	size_t in_bytes, out_bytes;
	bool ok;
};

/* Two convolutions: pieces have halos. */
static void two_layers(struct fast_graph *f)
{
	uint32_t from = fast_tensor(f, HEIGHT, WIDTH, 3, 0, 255);

	fast_port(f, from, false);
	for (uint32_t c = 32; c >= 8; c /= 4) {
		struct soft_conv conv = {
			.kh = 3, .kw = 3, .stride_h = 1, .stride_w = 1,
			.dilation_h = 1, .dilation_w = 1, .groups = 1,
			.pad_top = 1, .pad_left = 1, .pad_bottom = 1,
			.pad_right = 1,
		};
		int64_t lo, hi, min = -1, max = 0;
		struct soft_requant *rq;
		struct soft_op *op;
		uint32_t out;

		fast_conv(f, from, c, &conv, &lo, &hi);
		do {
			rq = fast_requant(f, c, lo, hi, &min, &max);
		} while (min || max != 255);
		out = fast_tensor(f, HEIGHT, WIDTH, c, min, max);
		op = fast_op(f, SOFT_OP_CONV, 1, from, 0, out);
		op->conv = conv;
		op->requant = rq;
		op->acc_bits = 32;
		from = out;
	}
	fast_port(f, from, true);
}

static void *call(void *arg)
{
	struct caller *c = arg;
	void *buffers[] = { c->in, c->out };

	c->ok = true;
	for (int i = 0; i < RUNS; i++) {
		memset(c->out, 0, c->out_bytes);
		c->ok &= !soft_fast_executor.run(c->state, buffers, FRAMES);
		c->ok &= !memcmp(c->out, c->want, c->out_bytes);
	}
	return NULL;
}

static void caller_init(struct caller *c, const struct soft_graph *g,
			struct fast_graph *f, void *state)
{
	size_t in = g->ports[0].info.frame_bytes;
	size_t out = g->ports[1].info.frame_bytes;

	c->state = state;
	c->in_bytes = in * FRAMES;
	c->out_bytes = out * FRAMES;
	c->in = malloc(c->in_bytes);
	c->out = malloc(c->out_bytes);
	c->want = malloc(c->out_bytes);
	if (!c->in || !c->out || !c->want)
		abort();
	for (size_t i = 0; i < c->in_bytes; i++)
		c->in[i] = fast_below(f, 256);
	for (int n = 0; n < FRAMES; n++) {
		void *at[] = { c->in + n * in, c->want + n * out };

		CHECK_EQ(soft_reference_run(g, at, NULL), 0);
	}
}

static void callers_at_once(void)
{
	struct soft_exec_options opt = { .threads = 3,
					 .isa = soft_isa_best() };
	struct caller callers[CALLERS];
	pthread_t threads[CALLERS];
	struct fast_graph f;
	void *state;

	fast_graph_begin(&f, 4);
	two_layers(&f);
	if (!CHECK_EQ(soft_fast_executor.create(&f.graph, &opt, &state), 0))
		return;
	for (int i = 0; i < CALLERS; i++)
		caller_init(&callers[i], &f.graph, &f, state);
	for (int i = 0; i < CALLERS; i++)
		if (pthread_create(&threads[i], NULL, call, &callers[i]))
			abort();
	for (int i = 0; i < CALLERS; i++) {
		pthread_join(threads[i], NULL);
		CHECK(callers[i].ok);
		free(callers[i].in);
		free(callers[i].out);
		free(callers[i].want);
	}
	soft_fast_executor.destroy(state);
	fast_graph_end(&f);
}

static void foreign_instructions(void)
{
#ifdef __aarch64__
	enum srfpga_soft_isa foreign = SRFPGA_SOFT_AVX2;
#else
	enum srfpga_soft_isa foreign = SRFPGA_SOFT_NEON;
#endif
	struct soft_exec_options opt = { .threads = 1, .isa = foreign };
	struct fast_graph f;
	void *state;

	fast_graph_begin(&f, 1);
	two_layers(&f);
	CHECK_EQ(soft_fast_executor.create(&f.graph, &opt, &state), -ENOTSUP);
	fast_graph_end(&f);
}

static void best_instructions(void)
{
	struct soft_exec_options opt = { .threads = 1,
					 .isa = soft_isa_best() };
	struct fast_graph f;
	void *state;

	fast_graph_begin(&f, 1);
	two_layers(&f);
	CHECK(opt.isa != SRFPGA_SOFT_AUTO && opt.isa != SRFPGA_SOFT_REFERENCE);
	if (CHECK_EQ(soft_fast_executor.create(&f.graph, &opt, &state), 0))
		soft_fast_executor.destroy(state);
	fast_graph_end(&f);
}

/*
 * Linux refuses AMX where a signal's frame would not fit. In a process of its
 * own that nobody has granted it yet: a grant stays.
 */
static int best_with_small_stack(void)
{
	static uint8_t memory[4096];
	stack_t stack = { .ss_sp = memory, .ss_size = sizeof(memory) };

	if (sigaltstack(&stack, NULL))
		return 2;
	return soft_kernel_get(SRFPGA_SOFT_AMX_INT8) ||
	       soft_isa_best() != SRFPGA_SOFT_AVX512_VNNI;
}

static void refused_tiles(void)
{
	pid_t child = fork();
	int status;

	if (child < 0)
		abort();
	if (!child)
		_exit(best_with_small_stack());
	if (waitpid(child, &status, 0) != child)
		abort();
	if (!soft_kernel_get(SRFPGA_SOFT_AMX_INT8)) {
		skip("this CPU, or Linux, lacks AMX-INT8");
		return;
	}
	CHECK(soft_isa_best() == SRFPGA_SOFT_AMX_INT8);
	CHECK(WIFEXITED(status));
	CHECK_EQ(WEXITSTATUS(status), 0);
}

/* The first one is so in order to come before anyone asks for AMX. */
static const struct test tests[] = {
	{ "AVX512 is taken where Linux refuses AMX", refused_tiles },
	{ "callers at once each get their own frames", callers_at_once },
	{ "another machine's instructions are refused", foreign_instructions },
	{ "the best instruction set can be used", best_instructions },
};

TEST_MAIN(tests)
