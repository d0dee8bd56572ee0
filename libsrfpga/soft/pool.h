/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A pool of threads that work through numbered tasks.
 */
#ifndef SOFT_POOL_H
#define SOFT_POOL_H

#include <stdint.h>

/** struct pool - opaque */
struct pool;

/**
 * pool_create() - start workers
 * @threads: at least 1; the caller of pool_run() is one of them, so one less
 *	is started. Fewer run if the system refuses threads.
 *
 * Return: NULL if memory is short.
 */
struct pool *pool_create(uint32_t threads);

/** pool_destroy() - stop the workers; NULL is fine. No run is in progress. */
void pool_destroy(struct pool *pool);

/**
 * pool_run() - call @task for each number below @tasks, on all threads
 * @task: called with @context and the task's number
 *
 * Returns when all are done. May be called by several threads at once: while
 * the workers are busy with one call, the others work alone.
 */
void pool_run(struct pool *pool, uint32_t tasks,
	      void (*task)(void *context, uint32_t number), void *context);

#endif /* SOFT_POOL_H */
