// SPDX-License-Identifier: GPL-2.0
/*
 * System sleep: every device of the machine is suspended and resumed, with a
 * queue, at rest, with a job that hangs. A share of the host does not survive
 * it: run this from memory (guest/run-sleep.sh).
 */
#include <errno.h>
#include <fcntl.h>

#include "../kselftest_harness.h"
#include "testbed.h"

FIXTURE(sleep) {
	struct test_bed bed;
	struct test_job job;
};

FIXTURE_SETUP(sleep)
{
	BED_SETUP(&self->bed, 0, O_NONBLOCK);
	ASSERT_EQ(0, job_init(&self->job, &self->bed.dev, 1, 1));
}

FIXTURE_TEARDOWN(sleep)
{
	job_free(&self->job);
	BED_TEARDOWN(&self->bed);
}

/** Suspend every device and resume it at once: 0, or a reason to skip. */
static const char *devices_sleep(void)
{
	if (file_write("/sys/power/pm_test", "devices"))
		return "no pm_test in this kernel";
	file_write("/sys/module/suspend/parameters/pm_test_delay", "1");
	return NULL;
}

/* What runs ends before the sleep, what waits runs after it. */
TEST_F(sleep, with_a_queue)
{
	const char *reason = devices_sleep();
	struct srfpga_event ev;
	unsigned int i;

	if (reason)
		SKIP(return, "%s", reason);
	bed_timing(&self->bed, 60000, 20000);
	for (i = 0; i < 40; i++)
		ASSERT_EQ(0, job_submit(&self->job, i));
	EXPECT_EQ(0, file_write("/sys/power/state", "freeze"));
	file_write("/sys/power/pm_test", "none");
	for (i = 0; i < 40; i++) {
		ASSERT_EQ(0, dev_event(self->bed.dev.fd, &ev, TEST_WAIT_MS));
		EXPECT_EQ(i, ev.user_data);
		EXPECT_EQ(0, ev.status);
	}
	EXPECT_TRUE(bed_job_right(&self->bed, &self->job));
}

TEST_F(sleep, at_rest)
{
	const char *reason = devices_sleep();

	if (reason)
		SKIP(return, "%s", reason);
	ASSERT_EQ(0, job_run(&self->job, 1));
	EXPECT_EQ(0, file_write("/sys/power/state", "freeze"));
	file_write("/sys/power/pm_test", "none");
	EXPECT_EQ(0, job_run(&self->job, 2));
	EXPECT_TRUE(bed_job_right(&self->bed, &self->job));
}

/* A job that hangs does not keep the system from sleeping. */
TEST_F(sleep, with_a_hanging_job)
{
	const char *reason = devices_sleep();
	struct srfpga_event ev;

	if (reason)
		SKIP(return, "%s", reason);
	if (!(self->bed.dev.info.caps & SRFPGA_CAP_RESET)) {
		file_write("/sys/power/pm_test", "none");
		SKIP(return, "no reset line");
	}
	model_fault(&self->bed.model, FPGA_FAULT_HANG, 1, 0, 0);
	self->job.sub.timeout_ns = 500000000;
	ASSERT_EQ(0, job_submit(&self->job, 1));
	EXPECT_EQ(0, file_write("/sys/power/state", "freeze"));
	file_write("/sys/power/pm_test", "none");
	ASSERT_EQ(0, dev_event(self->bed.dev.fd, &ev, TEST_WAIT_MS));
	EXPECT_EQ(-ETIMEDOUT, ev.status);
	EXPECT_EQ(0, job_run(&self->job, 2));
}

/*
 * A job hung for good: its hardware keeps the clock through the sleep (the
 * model reports a clock that is cut from a DMA at work), the system sleeps, and
 * all is well after a bind.
 */
TEST_F(sleep, with_wedged_hardware)
{
	struct test_model *model = &self->bed.model;
	const char *reason = devices_sleep();

	if (reason)
		SKIP(return, "%s", reason);
	model_fault(model, FPGA_FAULT_DEAD_RESET, 1000, 0, 0);
	model_fault(model, FPGA_FAULT_HANG, 1, 0, 0);
	self->job.sub.timeout_ns = 50000000;
	EXPECT_EQ(-ETIMEDOUT, job_run(&self->job, 1));
	ASSERT_EQ(FPGA_STATE_BUSY | FPGA_STATE_CLOCK,
		  model_read(model, FPGA_CTL_STATE));
	EXPECT_EQ(0, file_write("/sys/power/state", "freeze"));
	file_write("/sys/power/pm_test", "none");
	EXPECT_EQ(0, model_violations(model));
	EXPECT_EQ(FPGA_STATE_BUSY | FPGA_STATE_CLOCK,
		  model_read(model, FPGA_CTL_STATE));
	EXPECT_EQ(SRFPGA_STATE_WEDGED, bed_state(0));
	job_free(&self->job);
	dev_close(&self->bed.dev);
	model_fault(model, FPGA_FAULT_DEAD_RESET, 0, 0, 0);
	model_write(model, FPGA_CTL_CMD, FPGA_CMD_RESET);
	ASSERT_EQ(0, bed_unbind(0));
	ASSERT_EQ(0, bed_bind(0));
	ASSERT_EQ(0, dev_open(&self->bed.dev, 0, O_NONBLOCK));
	ASSERT_EQ(0, job_init(&self->job, &self->bed.dev, 1, 1));
	EXPECT_EQ(0, job_run(&self->job, 2));
}

/*
 * What the last job of another accelerator, which ends on the way to the sleep,
 * lets go: it may find the clocks off and forbidden, and runs all the same.
 */
TEST_F(sleep, released_by_another_device)
{
	struct test_bed other;
	struct test_job ojob;
	const char *reason = devices_sleep();
	unsigned int i;

	if (reason)
		SKIP(return, "%s", reason);
	file_write("/sys/power/pm_test", "none");
	if (!dev_present(1))
		SKIP(return, "a second device is wanted");
	ASSERT_EQ(0, bed_open(&other, 1, O_NONBLOCK));
	ASSERT_EQ(0, job_init(&ojob, &other.dev, 1, 1));
	bed_timing(&other, 400000, 400000);
	for (i = 0; i < 4; i++) {
		ojob.sub.flags = SRFPGA_SUBMIT_OUT_FENCE;
		ASSERT_EQ(0, job_submit(&ojob, i));
		self->job.sub.flags = SRFPGA_SUBMIT_IN_FENCE;
		self->job.sub.in_fence_fd = ojob.sub.out_fence_fd;
		ASSERT_EQ(0, job_submit(&self->job, i));
		close(ojob.sub.out_fence_fd);
		/* long enough for this one's clocks to go off */
		sleep_ms(150 + 80 * i);
		devices_sleep();
		file_write("/sys/module/suspend/parameters/pm_test_delay", "0");
		EXPECT_EQ(0, file_write("/sys/power/state", "freeze"));
		file_write("/sys/power/pm_test", "none");
		EXPECT_EQ(0, job_wait(&ojob, i));
		EXPECT_EQ(0, job_wait(&self->job, i));
	}
	job_free(&ojob);
	EXPECT_EQ(0, bed_close(&other));
}

TEST_HARNESS_MAIN
