// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The fast executor: cuts frames into pieces and hands them to threads.
 * Knows neither operations nor instruction sets.
 */
#include "exec_plan.h"
#include "pool.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#define VECTORS		64	/* frames of a piece of a vector network */
#define MIN_STRIP	64	/* columns; narrower ones are mostly border */
#define MIN_BAND	32	/* rows */
#define RING_BYTES	(2 << 20)	/* of a strip, all rows */

/**
 * struct fast - a graph, ready to run
 * @strips: pieces that a row of a frame is cut into
 * @bands: pieces that a column is cut into
 * @lock: protects @idle
 * @idle: pieces that no run uses
 */
struct fast {
	struct exec_plan *plan;
	struct pool *pool;
	uint32_t strips;
	uint32_t bands;
	pthread_mutex_t lock;
	struct exec_piece *idle;
};

static struct exec_piece *borrow(struct fast *f)
{
	struct exec_piece *p;

	pthread_mutex_lock(&f->lock);
	p = f->idle;
	if (p)
		f->idle = p->next_idle;
	pthread_mutex_unlock(&f->lock);
	return p ? p : exec_piece_create(f->plan);
}

static void give_back(struct fast *f, struct exec_piece *p)
{
	pthread_mutex_lock(&f->lock);
	p->next_idle = f->idle;
	f->idle = p;
	pthread_mutex_unlock(&f->lock);
}

/** struct run - one call of run(), shared by its tasks */
struct run {
	struct fast *fast;
	void *const *buffers;
	uint32_t frames;
	atomic_int error;
};

static const struct exec_tensor *main_output(const struct exec_plan *plan)
{
	const struct soft_graph *g = plan->graph;

	return &plan->tensors[g->ports[g->num_inputs].tensor];
}

static void at_frame(struct exec_piece *p, const struct run *run,
		     uint32_t frame)
{
	const struct soft_graph *g = p->plan->graph;

	for (uint32_t i = 0; i < g->num_ports; i++)
		p->frames[i] = (uint8_t *)run->buffers[i] +
			       frame * g->ports[i].info.frame_bytes;
}

/* Where part @i begins: at a multiple of @block, which divides @size. */
static int64_t cut(uint32_t size, uint32_t block, uint32_t i, uint32_t n)
{
	return (uint64_t)(size / block) * i / n * block;
}

static struct exec_span part(uint32_t size, uint32_t block, uint32_t i,
			     uint32_t n)
{
	return (struct exec_span) { cut(size, block, i, n),
				    cut(size, block, i + 1, n) };
}

static int run_vectors(struct exec_piece *p, const struct run *run,
		       uint32_t number)
{
	struct exec_span x = { (int64_t)number * VECTORS,
			       (int64_t)number * VECTORS + VECTORS };

	if (x.hi > run->frames)
		x.hi = run->frames;
	at_frame(p, run, 0);
	return exec_piece_run(p, (struct exec_span) { 0, 1 }, x);
}

static int run_piece(struct exec_piece *p, const struct run *run,
		     uint32_t number)
{
	const struct fast *f = run->fast;
	const struct exec_tensor *out = main_output(f->plan);
	uint32_t strip = number % f->strips;
	uint32_t band = number / f->strips % f->bands;

	at_frame(p, run, number / f->strips / f->bands);
	return exec_piece_run(p,
		part(out->h, f->plan->block, band, f->bands),
		part(out->w, f->plan->block, strip, f->strips));
}

static void task(void *context, uint32_t number)
{
	struct run *run = context;
	struct exec_piece *p = borrow(run->fast);
	int err = -ENOMEM;

	if (p) {
		err = run->fast->plan->vectors ?
			run_vectors(p, run, number) :
			run_piece(p, run, number);
		give_back(run->fast, p);
	}
	if (err)
		atomic_store(&run->error, err);
}

static int fast_run(void *state, void *const *buffers, uint32_t frames)
{
	struct run run = { state, buffers, frames, 0 };
	struct fast *f = state;
	uint64_t tasks = f->plan->vectors ?
		((uint64_t)frames + VECTORS - 1) / VECTORS :
		(uint64_t)frames * f->strips * f->bands;

	if (tasks > UINT32_MAX)
		return -ENOMEM;
	pool_run(f->pool, tasks, task, &run);
	return run.error;
}

static void fast_destroy(void *state)
{
	struct fast *f = state;

	if (!f)
		return;
	pool_destroy(f->pool);
	while (f->idle) {
		struct exec_piece *p = f->idle;

		f->idle = p->next_idle;
		exec_piece_free(p);
	}
	exec_plan_free(f->plan);
	pthread_mutex_destroy(&f->lock);
	free(f);
}

/*
 * As few strips as keep what is read again soon in the second-level cache,
 * which is less than all the rings: columns that neighbours both compute cost
 * more than rows from the third level, which are read in order. Then as many
 * pieces as threads, so that one frame alone keeps them all busy.
 */
static int choose_pieces(struct fast *f)
{
	const struct exec_tensor *out = main_output(f->plan);
	struct exec_piece *p = borrow(f);
	uint32_t n = 1;

	f->strips = f->bands = 1;
	if (!p)
		return -ENOMEM;
	while (f->plan->strips && out->w / (n + 1) >= MIN_STRIP &&
	       exec_piece_bytes(p, part(out->h, 1, 0, 1),
				part(out->w, f->plan->block, n / 2, n)) >
	       RING_BYTES)
		n++;
	give_back(f, p);
	f->strips = n;
	while (f->plan->strips && f->strips % f->plan->threads &&
	       out->w / (f->strips + 1) >= MIN_STRIP)
		f->strips++;
	if (f->plan->bands && f->strips < f->plan->threads)
		f->bands = f->plan->threads;
	while (f->bands > 1 && out->h / f->bands < MIN_BAND)
		f->bands--;
	return 0;
}

static int fast_create(const struct soft_graph *graph,
		       const struct soft_exec_options *opt, void **state)
{
	const struct soft_kernel *kernel = soft_kernel_get(opt->isa);
	struct fast *f;
	int err;

	if (!kernel)
		return -ENOTSUP;
	f = calloc(1, sizeof(*f));
	if (!f)
		return -ENOMEM;
	pthread_mutex_init(&f->lock, NULL);
	err = exec_plan_create(graph, kernel, opt->threads, &f->plan);
	if (!err)
		err = choose_pieces(f);
	if (!err) {
		f->pool = pool_create(opt->threads);
		err = f->pool ? 0 : -ENOMEM;
	}
	if (err) {
		fast_destroy(f);
		return err;
	}
	*state = f;
	return 0;
}

const struct soft_executor_ops soft_fast_executor = {
	.name = "fast",
	.create = fast_create,
	.run = fast_run,
	.destroy = fast_destroy,
};
