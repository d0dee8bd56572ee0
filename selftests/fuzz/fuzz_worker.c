// SPDX-License-Identifier: GPL-2.0
/*
 * A process whose threads race over one world: each draws programs, runs them,
 * and keeps those that showed something new, to mutate them. Each thread's
 * choices follow from the seed alone.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "fuzz.h"

#define CORPUS		512
/* Programs after which everything is closed and opened again. */
#define RESET_EVERY	100

struct worker {
	struct fuzz_plan *plan;
	struct fuzz_world world;
	pthread_barrier_t barrier;
};

struct racer {
	struct worker *worker;
	struct fuzz_thread t;
	unsigned int number;
	unsigned int kept;
	struct fuzz_prog corpus[CORPUS];
};

static void print_call(const struct fuzz_call *c, int ret)
{
	printf("# %s file %u slots %u %u where %u how %u field %u value %#llx: %d\n",
	       fuzz_op_name(c->op), c->file, c->slot[0], c->slot[1], c->where,
	       c->how, c->field, (unsigned long long)c->value, ret);
	fflush(stdout);
}

/** What makes a result new without a look at the driver's code. */
static uint64_t kind_of(const struct fuzz_call *c)
{
	uint64_t kind = c->op;

	if (c->op <= OP_SUBMIT)
		kind |= (c->how % 16) << 8 | (c->where % 8) << 12 |
			(uint64_t)(c->field % 24) << 16;
	return kind;
}

/** Run a program: true if it is worth keeping. */
static bool run_prog(struct racer *r, const struct fuzz_prog *prog)
{
	struct fuzz_thread *t = &r->t;
	uint64_t start, end = now_ns();
	bool news = false;
	unsigned int i;
	int ret;

	cover_start(&t->cover);
	for (i = 0; i < prog->len; i++) {
		start = end;
		ret = call_run(t, &prog->call[i]);
		end = now_ns();
		t->count->ns[prog->call[i].op] += end - start;
		if (t->verbose)
			print_call(&prog->call[i], ret);
		t->count->calls++;
		t->count->result[prog->call[i].op]
				[-ret < FUZZ_ERRORS ? -ret : FUZZ_ERRORS - 1]++;
		news |= cover_note(&t->cover, kind_of(&prog->call[i]), ret);
	}
	t->count->programs++;
	return news | cover_collect(&t->cover);
}

static void next_prog(struct racer *r, struct fuzz_prog *prog)
{
	unsigned int n = r->kept < CORPUS ? r->kept : CORPUS;

	if (!n || rand_once(&r->t.rand, 4)) {
		prog_draw(prog, &r->t.rand);
		return;
	}
	*prog = r->corpus[rand_below(&r->t.rand, n)];
	prog_mutate(prog, &r->corpus[rand_below(&r->t.rand, n)], &r->t.rand);
}

static void keep(struct racer *r, const struct fuzz_prog *prog)
{
	unsigned int at = r->kept < CORPUS ? r->kept :
			  rand_below(&r->t.rand, CORPUS);

	r->corpus[at] = *prog;
	r->kept++;
	r->t.count->kept++;
}

static void *race(void *arg)
{
	struct racer *r = arg;
	struct fuzz_plan *plan = r->worker->plan;
	struct fuzz_prog prog;
	unsigned int n;

	cover_init(&r->t.cover, plan->cover);
	pthread_barrier_wait(&r->worker->barrier);
	if (!r->number) {
		r->t.world->first_fd = dup(0);
		world_reset(r->t.world);
	}
	pthread_barrier_wait(&r->worker->barrier);
	for (n = 1; !plan->stop; n++) {
		/* calls of a file that is not there prove nothing */
		while (!world_mend(r->t.world) && !plan->stop)
			sleep_ms(1);
		next_prog(r, &prog);
		if (run_prog(r, &prog))
			keep(r, &prog);
		if (!r->number && n % RESET_EVERY == 0)
			world_reset(r->t.world);
	}
	return NULL;
}

static int start_racers(struct worker *w, struct racer *r, unsigned int number)
{
	unsigned int i, threads = w->plan->threads;
	pthread_t id[threads];

	for (i = 0; i < threads; i++) {
		r[i].worker = w;
		r[i].number = i;
		r[i].t.world = &w->world;
		r[i].t.count = &w->plan->count[number * threads + i];
		r[i].t.rand = rand_init(w->plan->seed, number * threads + i);
		r[i].t.verbose = w->plan->verbose;
		r[i].t.arena = ioctl_arena();
		if (!r[i].t.arena ||
		    pthread_create(&id[i], NULL, race, &r[i]))
			return 1;
	}
	while (i--)
		pthread_join(id[i], NULL);
	return 0;
}

int worker_run(struct fuzz_plan *plan, unsigned int number)
{
	struct racer *r = calloc(plan->threads, sizeof(*r));
	struct worker w = { .plan = plan };

	if (!r || world_init(&w.world))
		return 1;
	pthread_barrier_init(&w.barrier, NULL, plan->threads);
	return start_racers(&w, r, number);
}
