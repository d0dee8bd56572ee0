// SPDX-License-Identifier: GPL-2.0
/*
 * The queue: order within a file, fairness between files, priorities, limits,
 * and events that tell the truth about time.
 */
#include <errno.h>
#include <fcntl.h>

#include "../kselftest_harness.h"
#include "testbed.h"

FIXTURE(queue) {
	struct test_bed bed;
	struct test_job job;
	struct test_dev dev[3];
	struct test_job more[3];
};

FIXTURE_SETUP(queue)
{
	unsigned int i;

	BED_SETUP(&self->bed, 0, O_NONBLOCK);
	ASSERT_EQ(0, job_init(&self->job, &self->bed.dev, 1, 1));
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, dev_open(&self->dev[i], 0, O_NONBLOCK));
		ASSERT_EQ(0, job_init(&self->more[i], &self->dev[i], 1, i));
	}
}

FIXTURE_TEARDOWN(queue)
{
	unsigned int i;

	for (i = 0; i < 3; i++) {
		job_free(&self->more[i]);
		dev_close(&self->dev[i]);
	}
	job_free(&self->job);
	BED_TEARDOWN(&self->bed);
}

TEST_F(queue, events_in_order_with_sane_times)
{
	uint64_t before = now_ns(), last = 0;
	struct srfpga_event ev;
	unsigned int i;

	for (i = 0; i < 16; i++)
		ASSERT_EQ(0, job_submit(&self->job, 100 + i));
	for (i = 0; i < 16; i++) {
		ASSERT_EQ(0, dev_event(self->bed.dev.fd, &ev, TEST_WAIT_MS));
		EXPECT_EQ(100 + i, ev.user_data);
		EXPECT_EQ(i + 1, ev.seqno);
		EXPECT_EQ(0, ev.status);
		EXPECT_GE(ev.queued_ns, before);
		EXPECT_GE(ev.started_ns, ev.queued_ns);
		EXPECT_GT(ev.finished_ns, ev.started_ns);
		EXPECT_GE(ev.finished_ns, last);
		EXPECT_LE(ev.finished_ns, now_ns());
		last = ev.finished_ns;
	}
}

/* The run time that the events tell is the model's. */
TEST_F(queue, times_are_the_hardwares)
{
	struct srfpga_event ev;

	bed_timing(&self->bed, 80000, 20000);
	ASSERT_EQ(0, job_submit(&self->job, 1));
	ASSERT_EQ(0, dev_event(self->bed.dev.fd, &ev, TEST_WAIT_MS));
	EXPECT_GE(ev.finished_ns - ev.started_ns, 80000000ull);
	EXPECT_LT(ev.finished_ns - ev.started_ns, 160000000ull);
}

/* A full queue says so, and poll() says when it is full no longer. */
TEST_F(queue, full)
{
	unsigned int i, max = self->bed.dev.info.max_queued;
	int fd = self->bed.dev.fd;
	struct srfpga_event ev;

	for (i = 0; i < max; i++) {
		ASSERT_EQ(POLLOUT, dev_poll(fd, POLLOUT, 0));
		ASSERT_EQ(0, job_submit(&self->job, i));
	}
	EXPECT_EQ(-EAGAIN, job_submit(&self->job, i));
	EXPECT_EQ(0, dev_poll(fd, POLLOUT, 0));
	/* ended is not enough: the event takes room until it is read */
	ASSERT_TRUE(model_idle(&self->bed.model, TEST_WAIT_MS));
	sleep_ms(TEST_QUIET_MS);
	EXPECT_EQ(-EAGAIN, job_submit(&self->job, i));
	/* another file is not concerned */
	EXPECT_EQ(0, job_run(&self->more[0], 1));
	ASSERT_EQ(0, dev_event(fd, &ev, TEST_WAIT_MS));
	EXPECT_EQ(0, ev.user_data);
	EXPECT_EQ(POLLOUT, dev_poll(fd, POLLOUT, 0));
	EXPECT_EQ(0, job_submit(&self->job, i));
	for (i = 1; i <= max; i++) {
		ASSERT_EQ(0, dev_event(fd, &ev, TEST_WAIT_MS));
		EXPECT_EQ(i, ev.user_data);
		EXPECT_EQ(i + 1, ev.seqno);
	}
}

/* Without events the end itself makes room. */
TEST_F(queue, full_without_events)
{
	unsigned int i, max = self->bed.dev.info.max_queued;
	int fd = self->bed.dev.fd;

	bed_timing(&self->bed, 4000, 1000);
	self->job.sub.flags = SRFPGA_SUBMIT_NO_EVENT;
	for (i = 0; i < 3 * max; i++) {
		int ret = job_submit(&self->job, i);

		if (ret == -EAGAIN) {
			ASSERT_EQ(POLLOUT, dev_poll(fd, POLLOUT,
						    TEST_WAIT_MS));
			ret = job_submit(&self->job, i);
		}
		ASSERT_EQ(0, ret);
	}
	EXPECT_TRUE(model_idle(&self->bed.model, TEST_WAIT_MS));
	EXPECT_EQ(0, dev_poll(fd, POLLIN, TEST_QUIET_MS));
}

/** One end of a submission: which file, its n-th, and when it started. */
struct start {
	unsigned int file;
	unsigned int n;
	uint64_t ns;
};

static int by_time(const void *a, const void *b)
{
	const struct start *x = a, *y = b;

	return x->ns < y->ns ? -1 : x->ns > y->ns;
}

/**
 * Keep the hardware busy with a long job, queue @each submissions on three
 * files, and return all @each * 3 in the order in which they started.
 */
static int race(FIXTURE_DATA(queue) *self, unsigned int each,
		struct start *starts)
{
	struct srfpga_event ev;
	unsigned int i, f, n = 0;
	int ret;

	/* busy until all of theirs are queued, however long that takes */
	bed_timing(&self->bed, 100000, 100000);
	ret = job_submit_many(&self->job, 64, 0);
	for (f = 0; f < 3 && !ret; f++)
		for (i = 0; i < each && !ret; i++)
			ret = job_submit(&self->more[f], i);
	bed_timing(&self->bed, 20000, 5000);
	for (f = 0; f < 3; f++)
		for (i = 0; i < each && !ret; i++) {
			ret = dev_event(self->dev[f].fd, &ev, TEST_WAIT_MS);
			starts[n].file = f;
			starts[n].n = ev.user_data;
			starts[n++].ns = ev.started_ns;
			ret = ret ? ret : ev.status;
		}
	qsort(starts, n, sizeof(*starts), by_time);
	return ret;
}

/* Any stretch of three starts has one of every file. */
TEST_F(queue, round_robin_between_files)
{
	struct start starts[30];
	unsigned int i, turns = 0;

	ASSERT_EQ(0, race(self, 10, starts));
	for (i = 0; i + 2 < 30; i++) {
		unsigned int seen = 1u << starts[i].file |
				    1u << starts[i + 1].file |
				    1u << starts[i + 2].file;

		turns += seen == 7;
	}
	EXPECT_EQ(28, turns);
	for (i = 0; i + 3 < 30; i++)
		EXPECT_GT(starts[i + 3].n, starts[i].n);
}

static unsigned int first_of(const struct start *starts, unsigned int total,
			     unsigned int file)
{
	unsigned int i;

	for (i = 0; i < total && starts[i].file != file; i++)
		;
	return i;
}

static unsigned int last_of(const struct start *starts, unsigned int total,
			    unsigned int file)
{
	unsigned int i = total;

	while (i && starts[i - 1].file != file)
		i--;
	return i - 1;
}

/* High before normal before low, though queued in the opposite order. */
TEST_F(queue, priorities)
{
	struct start starts[12];

	self->more[0].sub.priority = SRFPGA_PRIORITY_LOW;
	self->more[1].sub.priority = SRFPGA_PRIORITY_NORMAL;
	self->more[2].sub.priority = SRFPGA_PRIORITY_HIGH;
	ASSERT_EQ(0, race(self, 4, starts));
	EXPECT_LT(first_of(starts, 12, 2), first_of(starts, 12, 1));
	EXPECT_LT(first_of(starts, 12, 1), first_of(starts, 12, 0));
	EXPECT_LT(last_of(starts, 12, 2), last_of(starts, 12, 1));
	EXPECT_LT(last_of(starts, 12, 1), last_of(starts, 12, 0));
}

/* A low one gets its turn although high ones never end. */
TEST_F(queue, no_starvation)
{
	struct test_job *low = &self->more[0], *high = &self->more[2];
	struct srfpga_event ev;
	uint64_t end = now_ns() + 5000000000ull;
	unsigned int queued = 0, others = 0;
	int ret = -ETIME;

	bed_timing(&self->bed, 4000, 1000);
	low->sub.priority = SRFPGA_PRIORITY_LOW;
	high->sub.priority = SRFPGA_PRIORITY_HIGH;
	for (; queued < 40; queued++)
		ASSERT_EQ(0, job_submit(high, queued));
	ASSERT_EQ(0, job_submit(low, 1));
	while (ret == -ETIME && now_ns() < end) {
		if (!dev_event(high->dev->fd, &ev, 0)) {
			others++;
			ASSERT_EQ(0, job_submit(high, queued++));
		}
		ret = dev_event(low->dev->fd, &ev, 0);
	}
	EXPECT_EQ(0, ret);
	EXPECT_EQ(0, ev.status);
	for (; others < queued; others++)
		ASSERT_EQ(0, dev_event(high->dev->fd, &ev, TEST_WAIT_MS));
}

/* The jobs behind a failed one do not run; the next submission does. */
TEST_F(queue, partial_failure)
{
	int in = dev_port(&self->bed.dev, SRFPGA_PORT_INPUT);
	struct srfpga_event ev;

	bed_timing(&self->bed, 20000, 5000);
	self->job.sub.timeout_ns = 200000000;
	model_fault(&self->bed.model, FPGA_FAULT_HANG, 1, 0, 0);
	ASSERT_EQ(0, job_submit_many(&self->job, 64, 1));
	ASSERT_EQ(0, job_submit(&self->job, 2));
	ASSERT_EQ(0, dev_event(self->bed.dev.fd, &ev, TEST_WAIT_MS));
	EXPECT_EQ(1, ev.user_data);
	EXPECT_EQ(-ETIMEDOUT, ev.status);
	EXPECT_EQ(0, ev.jobs_done);
	EXPECT_LT(model_starts(&self->bed.model, in), 64);
	ASSERT_EQ(0, dev_event(self->bed.dev.fd, &ev, TEST_WAIT_MS));
	EXPECT_EQ(2, ev.user_data);
	EXPECT_EQ(0, ev.status);
}

/* A hang in the middle: the jobs in front of it count. */
TEST_F(queue, partial_failure_in_the_middle)
{
	struct srfpga_event ev;

	bed_timing(&self->bed, 100000, 100000);
	self->job.sub.timeout_ns = 500000000;
	ASSERT_EQ(0, job_submit_many(&self->job, 8, 1));
	/* two frames have left, the next one to leave stays */
	while (model_read(&self->bed.model, FPGA_CTL_FRAMES_OUT) < 2)
		sleep_ms(1);
	model_fault(&self->bed.model, FPGA_FAULT_HANG, 1, 0, 0);
	ASSERT_EQ(0, dev_event(self->bed.dev.fd, &ev, TEST_WAIT_MS));
	EXPECT_EQ(-ETIMEDOUT, ev.status);
	EXPECT_GE(ev.jobs_done, 2);
	EXPECT_LT(ev.jobs_done, 8);
}

/* Closing takes back what has not started and lets go of what has. */
TEST_F(queue, close_with_a_full_queue)
{
	unsigned int i, max = self->dev[0].info.max_queued;
	struct srfpga_event ev;

	bed_timing(&self->bed, 20000, 5000);
	for (i = 0; i < max; i++)
		ASSERT_EQ(0, job_submit(&self->more[0], i));
	for (i = 0; i < max; i++)
		ASSERT_EQ(0, job_submit(&self->more[1], i));
	dev_close(&self->dev[0]);
	for (i = 0; i < max; i++) {
		ASSERT_EQ(0, dev_event(self->dev[1].fd, &ev, TEST_WAIT_MS));
		EXPECT_EQ(i, ev.user_data);
		EXPECT_EQ(0, ev.status);
	}
	EXPECT_TRUE(bed_job_right(&self->bed, &self->more[1]));
}

/* Events that nobody reads go with the file. */
TEST_F(queue, close_with_unread_events)
{
	unsigned int i;

	for (i = 0; i < 8; i++)
		ASSERT_EQ(0, job_submit(&self->more[0], i));
	ASSERT_GT(dev_poll(self->dev[0].fd, POLLIN, TEST_WAIT_MS), 0);
	dev_close(&self->dev[0]);
	EXPECT_EQ(0, job_run(&self->job, 1));
}

TEST_HARNESS_MAIN
