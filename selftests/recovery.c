// SPDX-License-Identifier: GPL-2.0
/*
 * Hardware that hangs, is late, lies about interrupts or does not come back:
 * every submission ends, in time, once, and the device is usable or says that
 * it is not.
 */
#include <errno.h>
#include <fcntl.h>

#include "../kselftest_harness.h"
#include "testbed.h"
#include "testpeer.h"

#define MS	1000000ull

FIXTURE(recovery) {
	struct test_bed bed;
	struct test_job job;
	struct test_dev other;
	struct test_job ojob;
	bool reset;
	int in, out;
};

FIXTURE_SETUP(recovery)
{
	BED_SETUP(&self->bed, 0, O_NONBLOCK);
	ASSERT_EQ(0, dev_open(&self->other, 0, O_NONBLOCK));
	ASSERT_EQ(0, job_init(&self->job, &self->bed.dev, 2, 1));
	ASSERT_EQ(0, job_init(&self->ojob, &self->other, 2, 2));
	self->reset = self->bed.dev.info.caps & SRFPGA_CAP_RESET;
	self->in = dev_port(&self->bed.dev, SRFPGA_PORT_INPUT);
	self->out = dev_port(&self->bed.dev, SRFPGA_PORT_OUTPUT);
	bed_timing(&self->bed, 20000, 5000);
	self->job.sub.timeout_ns = 200 * MS;
	self->ojob.sub.timeout_ns = 200 * MS;
}

/* What no line can reset is reset like a bitstream that is loaded again. */
FIXTURE_TEARDOWN(recovery)
{
	job_free(&self->job);
	job_free(&self->ojob);
	dev_close(&self->other);
	model_calm(&self->bed.model);
	if (bed_state(0) == SRFPGA_STATE_WEDGED) {
		model_write(&self->bed.model, FPGA_CTL_CMD, FPGA_CMD_RESET);
		EXPECT_EQ(0, bed_unbind(0));
		EXPECT_EQ(0, bed_bind(0));
	}
	BED_TEARDOWN(&self->bed);
}

#define NEED_RESET()							\
	do {								\
		if (!self->reset)					\
			SKIP(return, "no reset line");			\
	} while (0)

TEST_F(recovery, hang_with_reset)
{
	struct srfpga_event ev;

	NEED_RESET();
	model_fault(&self->bed.model, FPGA_FAULT_HANG, 1, 0, 0);
	ASSERT_EQ(0, job_submit(&self->job, 1));
	ASSERT_EQ(0, dev_event(self->bed.dev.fd, &ev, TEST_WAIT_MS));
	EXPECT_EQ(-ETIMEDOUT, ev.status);
	EXPECT_GE(ev.finished_ns - ev.started_ns, 200 * MS);
	EXPECT_LT(ev.finished_ns - ev.started_ns, 1000 * MS);
	EXPECT_EQ(1, model_read(&self->bed.model, FPGA_CTL_RESETS));
	EXPECT_EQ(SRFPGA_STATE_READY, bed_state(0));
	EXPECT_EQ(0, job_run(&self->job, 2));
	EXPECT_TRUE(bed_job_right(&self->bed, &self->job));
}

TEST_F(recovery, hang_again_and_again)
{
	unsigned int i;

	NEED_RESET();
	for (i = 0; i < 8; i++) {
		model_fault(&self->bed.model, FPGA_FAULT_HANG, 1, 0, 0);
		self->job.sub.timeout_ns = 60 * MS;
		EXPECT_EQ(-ETIMEDOUT, job_run(&self->job, i));
		/* a busy host must not make the good one late */
		self->job.sub.timeout_ns = 0;
		EXPECT_EQ(0, job_run(&self->job, 100 + i));
	}
	EXPECT_TRUE(bed_job_right(&self->bed, &self->job));
}

/* One hangs; the others in the hardware are lost with it, the rest runs. */
TEST_F(recovery, hang_ends_every_job_in_flight)
{
	unsigned int i, lost = 0, good = 0;
	struct srfpga_event ev;

	NEED_RESET();
	model_fault(&self->bed.model, FPGA_FAULT_HANG, 1, 0, 0);
	for (i = 0; i < 40; i++)
		ASSERT_EQ(0, job_submit(&self->job, i));
	ASSERT_EQ(0, dev_event(self->bed.dev.fd, &ev, TEST_WAIT_MS));
	EXPECT_EQ(0, ev.user_data);
	EXPECT_EQ(-ETIMEDOUT, ev.status);
	for (i = 1; i < 40; i++) {
		ASSERT_EQ(0, dev_event(self->bed.dev.fd, &ev, TEST_WAIT_MS));
		EXPECT_EQ(i, ev.user_data);
		if (ev.status)
			EXPECT_EQ(-EIO, ev.status);
		/* whatever is lost is lost at once, not one by one */
		if (ev.status)
			EXPECT_EQ(0, good);
		lost += !!ev.status;
		good += !ev.status;
	}
	EXPECT_GT(good, 0);
	EXPECT_TRUE(bed_job_right(&self->bed, &self->job));
}

TEST_F(recovery, hang_without_reset)
{
	struct srfpga_event ev;

	if (self->reset)	/* the line is there, and does not help */
		model_fault(&self->bed.model, FPGA_FAULT_DEAD_RESET, 1000, 0,
			    0);
	model_fault(&self->bed.model, FPGA_FAULT_HANG, 1, 0, 0);
	ASSERT_EQ(0, job_submit(&self->job, 1));
	ASSERT_EQ(0, job_submit(&self->ojob, 2));
	ASSERT_EQ(0, dev_event(self->bed.dev.fd, &ev, TEST_WAIT_MS));
	EXPECT_EQ(-ETIMEDOUT, ev.status);
	ASSERT_EQ(0, dev_event(self->other.fd, &ev, TEST_WAIT_MS));
	EXPECT_EQ(-EIO, ev.status);
	EXPECT_EQ(SRFPGA_STATE_WEDGED, bed_state(0));
	EXPECT_EQ(-EIO, job_submit(&self->job, 3));
	EXPECT_EQ(-EIO, job_submit(&self->ojob, 4));
	/* the buffers of the lost jobs can be let go of in any case */
	EXPECT_EQ(0, buf_detach(&self->bed.dev, &self->job.buf[self->in]));
	/* rebind heals */
	model_calm(&self->bed.model);
	model_write(&self->bed.model, FPGA_CTL_CMD, FPGA_CMD_RESET);
	ASSERT_EQ(0, bed_unbind(0));
	ASSERT_EQ(0, bed_bind(0));
	EXPECT_EQ(SRFPGA_STATE_READY, bed_state(0));
}

/* A reset that fails the first time is tried again or given up, never hung. */
TEST_F(recovery, reset_fails_once)
{
	NEED_RESET();
	model_fault(&self->bed.model, FPGA_FAULT_DEAD_RESET, 1, 0, 0);
	model_fault(&self->bed.model, FPGA_FAULT_HANG, 1, 0, 0);
	EXPECT_EQ(-ETIMEDOUT, job_run(&self->job, 1));
	if (bed_state(0) == SRFPGA_STATE_READY) {
		EXPECT_EQ(0, job_run(&self->job, 2));
		EXPECT_TRUE(bed_job_right(&self->bed, &self->job));
	} else {
		EXPECT_EQ(-EIO, job_submit(&self->job, 2));
	}
}

/* Late, after its timeout: it must not end the next job nor write into it. */
TEST_F(recovery, late_completion)
{
	struct srfpga_event ev;

	NEED_RESET();
	model_fault(&self->bed.model, FPGA_FAULT_LATE, 1, 300 * MS, 0);
	ASSERT_EQ(0, job_submit(&self->job, 1));
	ASSERT_EQ(0, dev_event(self->bed.dev.fd, &ev, TEST_WAIT_MS));
	EXPECT_EQ(-ETIMEDOUT, ev.status);
	/* the late frame would have left in the middle of this one */
	bed_timing(&self->bed, 400000, 200000);
	self->ojob.sub.timeout_ns = 3000 * MS;
	job_spoil(&self->job);
	ASSERT_EQ(0, job_submit(&self->ojob, 2));
	ASSERT_EQ(0, dev_event(self->other.fd, &ev, TEST_WAIT_MS));
	EXPECT_EQ(0, ev.status);
	EXPECT_GE(ev.finished_ns - ev.started_ns, 600 * MS);
	EXPECT_TRUE(bed_job_right(&self->bed, &self->ojob));
	EXPECT_FALSE(bed_job_right(&self->bed, &self->job));
	EXPECT_EQ(1, model_hits(&self->bed.model, FPGA_FAULT_LATE));
}

/* Late, but in time: nothing happens at all. */
TEST_F(recovery, late_within_the_timeout)
{
	self->job.sub.timeout_ns = 3000 * MS;
	model_fault(&self->bed.model, FPGA_FAULT_LATE, 1, 200 * MS, 0);
	EXPECT_EQ(0, job_run(&self->job, 1));
	EXPECT_TRUE(bed_job_right(&self->bed, &self->job));
	EXPECT_EQ(0, model_read(&self->bed.model, FPGA_CTL_RESETS));
}

/** Zeroed memory of a file that hopes to get what a lost job still holds. */
static int grab(struct test_dev *dev, struct test_buf *buf, unsigned int count,
		size_t len)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < count && !ret; i++) {
		ret = buf_alloc(dev, &buf[i], len);
		if (!ret)
			ret = buf_map(&buf[i]);
	}
	return ret;
}

static bool is_zero(const struct test_buf *buf)
{
	size_t i;

	for (i = 0; i < buf->len; i++)
		if (buf->map[i])
			return false;
	return true;
}

/*
 * A timed-out job whose DMA cannot be stopped: its buffers, closed by
 * everybody, are not given to anyone while the hardware may write to them.
 */
TEST_F(recovery, quarantine)
{
	struct test_buf buf[16];
	size_t len = self->job.buf[self->out].len;
	unsigned int i;

	model_fault(&self->bed.model, FPGA_FAULT_DEAD_RESET, 1000, 0, 0);
	model_fault(&self->bed.model, FPGA_FAULT_LATE, 2, 1000 * MS, 0);
	EXPECT_EQ(-ETIMEDOUT, job_run(&self->job, 1));
	job_free(&self->job);
	dev_close(&self->bed.dev);
	ASSERT_EQ(0, grab(&self->other, buf, 16, len));
	EXPECT_EQ(2, model_hits(&self->bed.model, FPGA_FAULT_LATE));
	EXPECT_TRUE(model_idle(&self->bed.model, TEST_WAIT_MS));
	for (i = 0; i < 16; i++) {
		EXPECT_TRUE(is_zero(&buf[i]));
		buf_drop(&buf[i]);
	}
	EXPECT_EQ(0, model_read(&self->bed.model, FPGA_CTL_RESETS));
}

/* An interrupt without a cause, while nothing runs. */
TEST_F(recovery, spurious_interrupt_at_rest)
{
	unsigned int i;

	for (i = 0; i < 20; i++)
		model_fault(&self->bed.model, FPGA_FAULT_SPURIOUS, 1, 0,
			    1u << self->out);
	EXPECT_EQ(0, job_run(&self->job, 1));
	EXPECT_TRUE(bed_job_right(&self->bed, &self->job));
}

/* ...and while a job runs: it does not end early. */
TEST_F(recovery, spurious_interrupt_at_work)
{
	struct srfpga_event ev;
	unsigned int i;

	bed_timing(&self->bed, 100000, 100000);
	self->job.sub.timeout_ns = 3000 * MS;
	ASSERT_EQ(0, job_submit(&self->job, 1));
	for (i = 0; i < 10; i++) {
		model_fault(&self->bed.model, FPGA_FAULT_SPURIOUS, 1, 0,
			    1u << self->out);
		sleep_ms(10);
	}
	ASSERT_EQ(0, dev_event(self->bed.dev.fd, &ev, TEST_WAIT_MS));
	EXPECT_EQ(0, ev.status);
	EXPECT_GE(ev.finished_ns - ev.started_ns, 200 * MS);
	EXPECT_TRUE(bed_job_right(&self->bed, &self->job));
}

/* ...and while the hardware is about to be reset: it does not storm. */
TEST_F(recovery, spurious_interrupt_before_a_reset)
{
	long long before = bed_interrupts(0);

	NEED_RESET();
	model_fault(&self->bed.model, FPGA_FAULT_SPURIOUS, 1, 1,
		    1u << self->out);
	model_fault(&self->bed.model, FPGA_FAULT_HANG, 1, 0, 0);
	self->job.sub.timeout_ns = 50 * MS;
	EXPECT_EQ(-ETIMEDOUT, job_run(&self->job, 1));
	if (self->bed.dev.info.caps & SRFPGA_CAP_INTERRUPT)
		EXPECT_EQ(1, model_hits(&self->bed.model, FPGA_FAULT_SPURIOUS));
	EXPECT_EQ(0, job_run(&self->job, 2));
	EXPECT_TRUE(bed_job_right(&self->bed, &self->job));
	EXPECT_LT(bed_interrupts(0), before + FEW_INTERRUPTS);
}

/* A lost interrupt costs time, but not a timeout and not a result. */
TEST_F(recovery, lost_interrupts)
{
	struct srfpga_event ev;
	unsigned int i;

	self->job.sub.timeout_ns = 3000 * MS;
	for (i = 0; i < 5; i++)		/* learn how long a job takes */
		ASSERT_EQ(0, job_run(&self->job, i));
	model_fault(&self->bed.model, FPGA_FAULT_LOST_IRQ, 8, 0, 0);
	for (i = 0; i < 5; i++) {
		ASSERT_EQ(0, job_submit(&self->job, i));
		ASSERT_EQ(0, dev_event(self->bed.dev.fd, &ev, TEST_WAIT_MS));
		EXPECT_EQ(0, ev.status);
		EXPECT_LT(ev.finished_ns - ev.started_ns, 1000 * MS);
		EXPECT_TRUE(bed_job_right(&self->bed, &self->job));
	}
	if (self->bed.dev.info.caps & SRFPGA_CAP_INTERRUPT)
		EXPECT_GT(model_hits(&self->bed.model, FPGA_FAULT_LOST_IRQ), 0);
}

TEST_F(recovery, axi_error_on_input)
{
	NEED_RESET();
	model_fault(&self->bed.model, FPGA_FAULT_AXI, 1, 0, 1u << self->in);
	EXPECT_EQ(-ETIMEDOUT, job_run(&self->job, 1));
	EXPECT_EQ(0, job_run(&self->job, 2));
	EXPECT_TRUE(bed_job_right(&self->bed, &self->job));
}

TEST_F(recovery, axi_error_on_output)
{
	NEED_RESET();
	model_fault(&self->bed.model, FPGA_FAULT_AXI, 1, 0, 1u << self->out);
	EXPECT_EQ(-ETIMEDOUT, job_run(&self->job, 1));
	EXPECT_EQ(0, job_run(&self->job, 2));
	EXPECT_TRUE(bed_job_right(&self->bed, &self->job));
}

/* The output never gets all its frames. */
TEST_F(recovery, frame_swallowed)
{
	NEED_RESET();
	model_fault(&self->bed.model, FPGA_FAULT_DROP, 1, 0, 0);
	EXPECT_EQ(-ETIMEDOUT, job_run(&self->job, 1));
	EXPECT_EQ(0, job_run(&self->job, 2));
	EXPECT_TRUE(bed_job_right(&self->bed, &self->job));
}

/* The file is closed while its job hangs: the other file gets its turn. */
TEST_F(recovery, close_while_hanging)
{
	NEED_RESET();
	model_fault(&self->bed.model, FPGA_FAULT_HANG, 1, 0, 0);
	ASSERT_EQ(0, job_submit(&self->ojob, 1));
	ASSERT_EQ(0, job_submit(&self->job, 2));
	dev_close(&self->other);
	job_wait(&self->job, 2);	/* lost or run, but ended */
	EXPECT_EQ(0, job_run(&self->job, 3));
	EXPECT_TRUE(bed_job_right(&self->bed, &self->job));
}

/* The limit of a job begins with its start, not with its wait for others. */
TEST_F(recovery, timeout_from_the_start_in_hardware)
{
	struct srfpga_event ev;
	unsigned int i;

	bed_timing(&self->bed, 300000, 150000);
	self->job.job.frames = self->ojob.job.frames = 1;
	self->job.sub.timeout_ns = 0;
	self->ojob.sub.timeout_ns = 700 * MS;
	self->ojob.sub.priority = SRFPGA_PRIORITY_LOW;
	for (i = 0; i < 5; i++)
		ASSERT_EQ(0, job_submit(&self->job, i));
	ASSERT_EQ(0, job_submit(&self->ojob, 9));
	ASSERT_EQ(0, dev_event(self->other.fd, &ev, 2 * TEST_WAIT_MS));
	EXPECT_EQ(0, ev.status);
	EXPECT_GT(ev.finished_ns - ev.queued_ns, self->ojob.sub.timeout_ns);
	for (i = 0; i < 5; i++)
		EXPECT_EQ(0, job_wait(&self->job, i));
}

/* A post-mortem that names the job, the ports, addresses and registers. */
TEST_F(recovery, coredump)
{
	char *text = malloc(65536), value[64];
	struct srfpga_event ev;

	ASSERT_NE(NULL, text);
	NEED_RESET();
	/* so that it is not the file's first that hangs */
	ASSERT_EQ(0, job_run(&self->job, 1));
	coredump_take(text, 65536, 0);
	model_fault(&self->bed.model, FPGA_FAULT_HANG, 1, 0, 0);
	ASSERT_EQ(0, job_submit(&self->job, 0x5eed));
	ASSERT_EQ(0, dev_event(self->bed.dev.fd, &ev, TEST_WAIT_MS));
	EXPECT_EQ(-ETIMEDOUT, ev.status);
	if (coredump_take(text, 65536, 1000) == -ENOTSUP)
		SKIP(return, "no devcoredump in this kernel");
	EXPECT_NE(NULL, strstr(text, self->bed.dev.info.name));
	EXPECT_NE(NULL, strstr(text, self->bed.dev.port[self->in].name));
	EXPECT_NE(NULL, strstr(text, self->bed.dev.port[self->out].name));
	snprintf(value, sizeof(value), "%llu",
		 (unsigned long long)self->job.sub.timeout_ns / MS);
	EXPECT_NE(NULL, strstr(text, value));
	snprintf(value, sizeof(value), "submission %llu job 0 frames %u ",
		 (unsigned long long)ev.seqno, self->job.job.frames);
	EXPECT_EQ(2, ev.seqno);
	EXPECT_NE(NULL, strstr(text, value));
	EXPECT_NE(NULL, strcasestr(text, "AP_CTRL"));
	free(text);
}

TEST_HARNESS_MAIN
