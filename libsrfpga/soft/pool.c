// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Threads that sleep until there are tasks. Knows nothing of what it runs.
 */
#include "pool.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

/**
 * struct pool - the workers and the job they share
 * @owner: held by the caller whose job the workers do
 * @lock: protects all below it
 * @next: the number to be taken next
 * @running: threads inside a task
 */
struct pool {
	pthread_t *workers;
	uint32_t num_workers;
	pthread_mutex_t owner;
	pthread_mutex_t lock;
	pthread_cond_t work;
	pthread_cond_t done;
	bool stop;
	uint32_t next;
	uint32_t tasks;
	uint32_t running;
	void (*task)(void *context, uint32_t number);
	void *context;
};

/* Takes and runs tasks until none is left; called and left with the lock. */
static void work_through(struct pool *p)
{
	while (p->next < p->tasks) {
		uint32_t number = p->next++;

		p->running++;
		pthread_mutex_unlock(&p->lock);
		p->task(p->context, number);
		pthread_mutex_lock(&p->lock);
		p->running--;
	}
}

static void *worker(void *arg)
{
	struct pool *p = arg;

	pthread_mutex_lock(&p->lock);
	while (!p->stop) {
		if (p->next == p->tasks) {
			pthread_cond_wait(&p->work, &p->lock);
			continue;
		}
		work_through(p);
		if (!p->running)
			pthread_cond_signal(&p->done);
	}
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

struct pool *pool_create(uint32_t threads)
{
	struct pool *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->workers = calloc(threads, sizeof(*p->workers));
	if (!p->workers) {
		free(p);
		return NULL;
	}
	pthread_mutex_init(&p->owner, NULL);
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->work, NULL);
	pthread_cond_init(&p->done, NULL);
	for (uint32_t i = 1; i < threads; i++) {
		if (pthread_create(&p->workers[p->num_workers], NULL, worker,
				   p))
			break;
		p->num_workers++;
	}
	return p;
}

void pool_destroy(struct pool *p)
{
	if (!p)
		return;
	pthread_mutex_lock(&p->lock);
	p->stop = true;
	pthread_cond_broadcast(&p->work);
	pthread_mutex_unlock(&p->lock);
	for (uint32_t i = 0; i < p->num_workers; i++)
		pthread_join(p->workers[i], NULL);
	pthread_cond_destroy(&p->done);
	pthread_cond_destroy(&p->work);
	pthread_mutex_destroy(&p->lock);
	pthread_mutex_destroy(&p->owner);
	free(p->workers);
	free(p);
}

static void run_shared(struct pool *p, uint32_t tasks,
		       void (*task)(void *context, uint32_t number),
		       void *context)
{
	pthread_mutex_lock(&p->lock);
	p->task = task;
	p->context = context;
	p->next = 0;
	p->tasks = tasks;
	pthread_cond_broadcast(&p->work);
	work_through(p);
	while (p->running)
		pthread_cond_wait(&p->done, &p->lock);
	pthread_mutex_unlock(&p->lock);
}

void pool_run(struct pool *p, uint32_t tasks,
	      void (*task)(void *context, uint32_t number), void *context)
{
	if (tasks > 1 && p->num_workers && !pthread_mutex_trylock(&p->owner)) {
		run_shared(p, tasks, task, context);
		pthread_mutex_unlock(&p->owner);
		return;
	}
	for (uint32_t i = 0; i < tasks; i++)
		task(context, i);
}
