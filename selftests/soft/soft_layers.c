// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Compares the fast executors with the reference on every layer of models:
 * soft-layers HEIGHT WIDTH SEED MODEL... Each layer's tensor becomes the
 * graph's only output in turn. Knows the integer graph, not the executors.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "soft/graph.h"
#include "soft/kernel.h"

#define FRAMES	3

static const char *const isa_names[] = {
	"auto", "reference", "portable", "avx2", "avx512_vnni", "neon",
	"amx_int8",
};

/* What a run of all models came to. */
struct tally {
	unsigned int layers, runs, covered, failed;
};

static uint64_t random_state;

static uint32_t random_bits(void)
{
	random_state = random_state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(random_state >> 33);
}

/* Frames of an input port with codes over their whole range. */
static void *random_frames(const struct soft_graph *g,
			   const struct soft_port *p)
{
	const struct soft_tensor *t = &g->tensors[p->tensor];
	uint8_t *frames = calloc(FRAMES, p->info.frame_bytes);
	int64_t *codes = calloc(soft_tensor_size(t), sizeof(*codes));

	for (int f = 0; frames && codes && f < FRAMES; f++) {
		for (size_t i = 0; i < soft_tensor_size(t); i++)
			codes[i] = t->min + (int64_t)(random_bits() %
				   (uint64_t)(t->max - t->min + 1));
		if (p->info.dtype == 3)
			for (size_t i = 0; i < soft_tensor_size(t); i++)
				codes[i] = codes[i] > 0 ? 1 : -1;
		soft_port_write(p, t, codes, frames +
				f * p->info.frame_bytes);
	}
	free(codes);
	return frames;
}

/* A port for any tensor: its bits, packed. */
static struct soft_port port_for(const struct soft_graph *g, uint32_t tensor)
{
	const struct soft_tensor *t = &g->tensors[tensor];
	struct soft_port p = { .tensor = tensor };
	uint32_t bits = t->is_float ? 32 : t->bits;

	p.info.is_output = 1;
	p.info.dtype = t->is_float ? 5 : t->is_signed ? 2 : 1;
	p.info.bits = bits;
	p.info.normal_rank = p.info.folded_rank = 3;
	p.info.normal_shape[0] = p.info.folded_shape[0] = t->h;
	p.info.normal_shape[1] = p.info.folded_shape[1] = t->w;
	p.info.normal_shape[2] = p.info.folded_shape[2] = t->c;
	p.info.frame_bytes = ((uint64_t)t->c * bits + 7) / 8 * t->h * t->w;
	p.direct = bits == 8;
	return p;
}

static int run_with(const struct soft_executor_ops *ops,
		    const struct soft_graph *g, enum srfpga_soft_isa isa,
		    uint32_t threads, void *const *buffers)
{
	struct soft_exec_options opt = { threads, isa };
	void *state;
	int ret = ops->create(g, &opt, &state);

	if (ret)
		return ret;
	ret = ops->run(state, buffers, FRAMES);
	ops->destroy(state);
	return ret;
}

static void compare(const struct soft_graph *g, void **buffers, size_t bytes,
		    const uint8_t *want, const char *what, struct tally *t)
{
	uint32_t out = g->num_ports - 1;

	for (int isa = SRFPGA_SOFT_PORTABLE; isa <= SRFPGA_SOFT_AMX_INT8; isa++) {
		uint32_t threads = 1 + random_bits() % 3;
		int ret;

		if (!soft_kernel_get((enum srfpga_soft_isa)isa))
			continue;
		memset(buffers[out], 0xa5, bytes);
		ret = run_with(&soft_fast_executor, g,
			       (enum srfpga_soft_isa)isa, threads, buffers);
		t->runs++;
		if (ret == -EOPNOTSUPP)
			continue;
		t->covered++;
		if (!ret && !memcmp(buffers[out], want, bytes))
			continue;
		printf("# %s: %s differs from the reference (%d)\n", what,
		       isa_names[isa], ret);
		t->failed++;
	}
}

/* The graph with tensor @tensor as its only output. */
static void check_layer(const struct soft_graph *g, uint32_t tensor,
			void **buffers, const char *what, struct tally *t)
{
	struct soft_port *ports = calloc(g->num_inputs + 1, sizeof(*ports));
	struct soft_graph cut = *g;
	uint8_t *want;
	size_t bytes;

	memcpy(ports, g->ports, g->num_inputs * sizeof(*ports));
	ports[g->num_inputs] = port_for(g, tensor);
	bytes = FRAMES * ports[g->num_inputs].info.frame_bytes;
	cut.ports = ports;
	cut.num_ports = g->num_inputs + 1;
	want = malloc(bytes);
	buffers[g->num_inputs] = want;
	run_with(&soft_reference_executor, &cut, SRFPGA_SOFT_REFERENCE, 1,
		 buffers);
	buffers[g->num_inputs] = malloc(bytes);
	t->layers++;
	compare(&cut, buffers, bytes, want, what, t);
	free(buffers[g->num_inputs]);
	free(want);
	free(ports);
}

static void check_graph(const struct soft_graph *g, const char *path,
			struct tally *t)
{
	void **buffers = calloc(g->num_ports + 1, sizeof(*buffers));

	for (uint32_t i = 0; i < g->num_inputs; i++)
		buffers[i] = random_frames(g, &g->ports[i]);
	for (uint32_t i = 0; i < g->num_ops; i++) {
		char what[512];

		snprintf(what, sizeof(what), "%s: layer %u %s", path, i,
			 g->ops[i].name);
		check_layer(g, g->ops[i].output, buffers, what, t);
	}
	for (uint32_t i = 0; i < g->num_inputs; i++)
		free(buffers[i]);
	free(buffers);
}

int main(int argc, char **argv)
{
	struct srfpga_soft_options opt = {
		.size = sizeof(opt), .isa = SRFPGA_SOFT_REFERENCE,
	};
	struct tally t = { 0 };

	if (argc < 5) {
		fprintf(stderr, "usage: %s height width seed model...\n",
			argv[0]);
		return 2;
	}
	opt.height = (uint32_t)atoi(argv[1]);
	opt.width = (uint32_t)atoi(argv[2]);
	random_state = strtoull(argv[3], NULL, 0);
	for (int i = 4; i < argc; i++) {
		struct srfpga_soft_model *m;
		char err[512];

		if (srfpga_soft_load(argv[i], &opt, &m, err, sizeof(err))) {
			printf("# %s: %s\n", argv[i], err);
			t.failed++;
			continue;
		}
		check_graph(soft_model_graph(m), argv[i], &t);
		srfpga_soft_free(m);
	}
	for (int isa = SRFPGA_SOFT_PORTABLE; isa <= SRFPGA_SOFT_AMX_INT8; isa++)
		if (!soft_kernel_get((enum srfpga_soft_isa)isa))
			printf("# without %s: not on this machine\n",
			       isa_names[isa]);
	printf("# %u layers, %u runs, %u of them by a fast executor\n",
	       t.layers, t.runs, t.covered);
	return t.failed ? 1 : 0;
}
