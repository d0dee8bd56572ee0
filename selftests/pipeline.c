// SPDX-License-Identifier: GPL-2.0
/*
 * The accelerator is kept busy: jobs of one frame follow each other without a
 * gap, although each takes four intervals from end to end. Strict where time is
 * counted in instructions ($SRFPGA_ICOUNT), else with room for a slow host.
 */
#include <errno.h>
#include <fcntl.h>

#include "../kselftest_harness.h"
#include "testload.h"

#define US	1000u
#define MS	1000000u

FIXTURE(pipeline) {
	struct test_bed bed;
	bool exact;
};

FIXTURE_SETUP(pipeline)
{
	BED_SETUP(&self->bed, 0, 0);
	if (self->bed.dev.info.num_ports != 2) {
		bed_close(&self->bed);
		SKIP(return, "a device with two ports is wanted");
	}
	self->exact = getenv("SRFPGA_ICOUNT");
}

FIXTURE_TEARDOWN(pipeline)
{
	BED_TEARDOWN(&self->bed);
}

TEST_F(pipeline, interval_of_1ms)
{
	struct test_load load = {
		.frames = 1000, .depth = 16, .interval_ns = 1 * MS,
	};

	ASSERT_EQ(0, load_driver(&self->bed, &load));
	TH_LOG("busy %.4f", load.busy);
	if (self->exact)
		EXPECT_GE(load.busy, 0.99);
}

TEST_F(pipeline, interval_of_100us)
{
	struct test_load load = {
		.frames = 2000, .depth = 32, .interval_ns = 100 * US,
	};

	ASSERT_EQ(0, load_driver(&self->bed, &load));
	TH_LOG("busy %.4f", load.busy);
	if (self->exact)
		EXPECT_GE(load.busy, 0.95);
}

/* Without pipelining, a frame every four intervals: 0.25. */
TEST_F(pipeline, interval_of_20ms)
{
	struct test_load load = {
		.frames = 40, .depth = 16, .interval_ns = 20 * MS,
	};

	ASSERT_EQ(0, load_driver(&self->bed, &load));
	TH_LOG("busy %.4f", load.busy);
	EXPECT_GE(load.busy, 0.5);
}

/* One queue entry at a time cannot do better than the latency. */
TEST_F(pipeline, depth_of_1)
{
	struct test_load load = {
		.frames = 20, .depth = 1, .interval_ns = 10 * MS,
	};

	ASSERT_EQ(0, load_driver(&self->bed, &load));
	TH_LOG("busy %.4f", load.busy);
	EXPECT_LE(load.busy, 1.0 / LOAD_LATENCY + 0.01);
}

/* Many jobs of one submission are pipelined like many submissions. */
TEST_F(pipeline, jobs_of_one_submission)
{
	struct test_job job;
	struct srfpga_event ev;
	unsigned int n = self->bed.dev.info.max_jobs;
	uint64_t ns;

	bed_timing(&self->bed, 40000, 10000);
	ASSERT_EQ(0, job_init(&job, &self->bed.dev, 1, 1));
	ASSERT_EQ(0, job_submit_many(&job, n, 1));
	ASSERT_EQ(0, dev_event(self->bed.dev.fd, &ev, TEST_WAIT_MS));
	EXPECT_EQ(0, ev.status);
	ns = ev.finished_ns - ev.started_ns;
	EXPECT_LT(ns, n * 10ull * MS * 2);
	job_free(&job);
}

TEST_HARNESS_MAIN
