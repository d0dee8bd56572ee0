// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The fast executor on memory with nothing behind it: kernels in assembly
 * read and write more than they need, which no sanitiser sees. Frames and all
 * that the executor aligns end at a page that cannot be accessed.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../lib/test.h"
#include "fast_graph.h"
#include "kernel.h"

#define MAX_GUARDED	4096

void *__wrap_aligned_alloc(size_t alignment, size_t size);
void __wrap_free(void *p);
void __real_free(void *p);

/** struct guarded - a mapping, the last page of which is none's */
struct guarded {
	void *p;
	void *map;
	size_t bytes;
};

static struct guarded live[MAX_GUARDED];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static struct guarded *find(void *p)
{
	for (size_t i = 0; i < MAX_GUARDED; i++)
		if (live[i].p == p)
			return &live[i];
	abort();
}

static void *guarded_alloc(size_t alignment, size_t size)
{
	size_t page = sysconf(_SC_PAGESIZE);
	size_t bytes = (size + alignment + 2 * page - 1) & ~(page - 1);
	struct guarded g = { .bytes = bytes };
	uint8_t *end;

	g.map = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (g.map == MAP_FAILED)
		abort();
	end = (uint8_t *)g.map + bytes - page;
	if (mprotect(end, page, PROT_NONE))
		abort();
	memset(g.map, 0xa5, bytes - page);
	g.p = (void *)((uintptr_t)(end - size) & ~(uintptr_t)(alignment - 1));
	pthread_mutex_lock(&lock);
	*find(NULL) = g;
	pthread_mutex_unlock(&lock);
	return g.p;
}

void *__wrap_aligned_alloc(size_t alignment, size_t size)
{
	return guarded_alloc(alignment, size);
}

void __wrap_free(void *p)
{
	struct guarded g = { 0 };

	pthread_mutex_lock(&lock);
	for (size_t i = 0; p && i < MAX_GUARDED; i++) {
		if (live[i].p == p) {
			g = live[i];
			live[i] = (struct guarded) { 0 };
		}
	}
	pthread_mutex_unlock(&lock);
	if (g.map)
		munmap(g.map, g.bytes);
	else
		__real_free(p);
}

/*
 * One row whose pixels are far apart in the input and few in the output, so
 * that what lies between the input and the end of memory is short.
 */
static void one_row(struct fast_graph *f)
{
	static const uint32_t channels[] = { 32, 32, 33, 64, 12, 3, 1 };
	uint32_t out_c = channels[fast_below(f, 7)];
	uint32_t px = 1 + fast_below(f, 70);
	int64_t lo, hi, min = -1, max = 0;
	struct soft_conv conv = {
		.kh = 1, .kw = 1 + fast_below(f, 3), .stride_h = 1,
		.stride_w = 3 + fast_below(f, 4), .dilation_h = 1,
		.dilation_w = 1, .groups = 1,
	};
	uint32_t w = (px - 1) * conv.stride_w + conv.kw;
	uint32_t in = fast_tensor(f, 1, w, 4 + 4 * fast_below(f, 32), 0, 255);
	struct soft_requant *rq;
	struct soft_op *op;

	fast_port(f, in, false);
	fast_conv(f, in, out_c, &conv, &lo, &hi);
	do {
		rq = fast_requant(f, out_c, lo, hi, &min, &max);
	} while (min || max != 255);
	op = fast_op(f, SOFT_OP_CONV, 1, in, 0,
		     fast_tensor(f, 1, px, out_c, min, max));
	op->conv = conv;
	op->requant = rq;
	op->acc_bits = 32;
	fast_port(f, op->output, true);
}

static void run_with(struct fast_graph *f, enum srfpga_soft_isa isa,
		     uint32_t frames)
{
	struct soft_exec_options opt = { 1 + fast_below(f, 3), isa };
	const struct soft_graph *g = &f->graph;
	void *port[FAST_MAX_TENSORS], *state;

	for (uint32_t i = 0; i < g->num_ports; i++)
		port[i] = guarded_alloc(1, g->ports[i].info.frame_bytes *
					   frames);
	if (CHECK_EQ(soft_fast_executor.create(g, &opt, &state), 0)) {
		CHECK_EQ(soft_fast_executor.run(state, port, frames), 0);
		soft_fast_executor.destroy(state);
	}
	for (uint32_t i = 0; i < g->num_ports; i++)
		free(port[i]);
}

static void many(enum srfpga_soft_isa isa)
{
	static void (*const make[])(struct fast_graph *f) = {
		one_row, fast_random_image, one_row, fast_random_super,
		one_row, fast_random_vectors,
	};
	const uint32_t kinds = sizeof(make) / sizeof(*make);

	if (!soft_kernel_get(isa)) {
		skip("this CPU lacks it");
		return;
	}
	for (uint32_t i = 0; i < 300; i++) {
		struct fast_graph f;

		fast_graph_begin(&f, 5000 + i);
		make[i % kinds](&f);
		run_with(&f, isa,
			 1 + fast_below(&f, i % kinds == kinds - 1 ? 150 : 2));
		fast_graph_end(&f);
	}
}

static void portable(void)
{
	many(SRFPGA_SOFT_PORTABLE);
}

static void avx2(void)
{
	many(SRFPGA_SOFT_AVX2);
}

static void avx512_vnni(void)
{
	many(SRFPGA_SOFT_AVX512_VNNI);
}

static void amx_int8(void)
{
	many(SRFPGA_SOFT_AMX_INT8);
}

static void neon(void)
{
	many(SRFPGA_SOFT_NEON);
}

static const struct test tests[] = {
	{ "portable C stays within its memory", portable },
	{ "AVX2 stays within its memory", avx2 },
	{ "AVX512-VNNI stays within its memory", avx512_vnni },
	{ "AMX-INT8 stays within its memory", amx_int8 },
	{ "NEON stays within its memory", neon },
};

TEST_MAIN(tests)
