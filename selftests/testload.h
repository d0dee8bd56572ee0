/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How well the accelerator is used: many one-frame jobs, through the driver with
 * a queue, and the way of FINN's own host code: registers from user space.
 */
#ifndef SELFTESTS_TESTLOAD_H
#define SELFTESTS_TESTLOAD_H

#include "testbed.h"

/** Latency of a frame, in initiation intervals. */
#define LOAD_LATENCY	4

/** struct test_load - a measurement; times in ns of the model's clock */
struct test_load {
	unsigned int frames;	/* in: one-frame jobs */
	unsigned int depth;	/* in: submissions kept in the queue */
	unsigned int interval_ns;	/* in: of the accelerator */
	uint64_t elapsed_ns;	/* out: first start to last byte */
	double busy;		/* out: frames * interval / elapsed */
};

/** Through the driver. 0 or -errno; -EBADMSG if a result is wrong. */
int load_driver(struct test_bed *bed, struct test_load *load);

/**
 * Without the driver: write the registers, start, poll until done, next. The
 * driver must be unbound from the device, whose clock always runs.
 */
int load_userspace(struct test_model *model, struct test_load *load);

/**
 * Time from the call of SUBMIT to the return of read() with the event, without
 * the time that the hardware takes, ns; the median of @rounds.
 */
int load_overhead(struct test_bed *bed, unsigned int rounds, uint64_t *ns);

#endif /* SELFTESTS_TESTLOAD_H */
