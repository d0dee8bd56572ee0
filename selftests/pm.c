// SPDX-License-Identifier: GPL-2.0
/*
 * Power: clocks off when nothing runs, on before a register is touched (the
 * model reports what happens with them off).
 */
#include <errno.h>
#include <fcntl.h>

#include "../kselftest_harness.h"
#include "testbed.h"

#define AUTOSUSPEND_MS	2000	/* more than any sensible delay */

FIXTURE(pm) {
	struct test_bed bed;
	struct test_job job;
	char power[128];
};

FIXTURE_SETUP(pm)
{
	BED_SETUP(&self->bed, 0, O_NONBLOCK);
	snprintf(self->power, sizeof(self->power),
		 "/sys/class/srfpga/%s/device/power", dev_name(0));
	ASSERT_EQ(0, job_init(&self->job, &self->bed.dev, 1, 1));
}

FIXTURE_TEARDOWN(pm)
{
	job_free(&self->job);
	BED_TEARDOWN(&self->bed);
}

static bool clock_on(struct test_bed *bed)
{
	return model_read(&bed->model, FPGA_CTL_STATE) & FPGA_STATE_CLOCK;
}

/** Wait until the clock is in a state; false if it does not get there. */
static bool clock_becomes(struct test_bed *bed, bool on, int ms)
{
	while (clock_on(bed) != on && ms-- > 0)
		sleep_ms(1);
	return clock_on(bed) == on;
}

/** A device without a clock of its own always runs. */
static bool has_clock(FIXTURE_DATA(pm) *self)
{
	char path[160];

	snprintf(path, sizeof(path), "%s/../of_node/clocks", self->power);
	return access(path, F_OK) == 0;
}

#define NEED_CLOCK()							\
	do {								\
		if (!has_clock(self))					\
			SKIP(return, "no clock in the devicetree");	\
	} while (0)

static int attribute(FIXTURE_DATA(pm) *self, const char *name, char *text,
		     size_t len)
{
	char path[192];

	snprintf(path, sizeof(path), "%s/%s", self->power, name);
	return file_read(path, text, len);
}

TEST_F(pm, clock_off_when_idle)
{
	char status[32] = "";

	NEED_CLOCK();
	ASSERT_EQ(0, job_run(&self->job, 1));
	EXPECT_TRUE(clock_becomes(&self->bed, false, AUTOSUSPEND_MS));
	ASSERT_GT(attribute(self, "runtime_status", status, sizeof(status)), 0);
	EXPECT_STREQ("suspended", status);
}

TEST_F(pm, clock_on_while_a_job_runs)
{
	NEED_CLOCK();
	ASSERT_TRUE(clock_becomes(&self->bed, false, AUTOSUSPEND_MS));
	bed_timing(&self->bed, 600000, 600000);
	ASSERT_EQ(0, job_submit(&self->job, 1));
	while (model_read(&self->bed.model, FPGA_CTL_STATE) & FPGA_STATE_BUSY)
		ASSERT_TRUE(clock_on(&self->bed));
	EXPECT_EQ(0, job_wait(&self->job, 1));
}

static int set_attribute(FIXTURE_DATA(pm) *self, const char *name,
			 const char *text)
{
	char path[192];

	snprintf(path, sizeof(path), "%s/%s", self->power, name);
	return file_write(path, text);
}

/*
 * Hung for good, and nobody waits with turning the clocks off: they stay on, a
 * DMA that loses its clock in the middle of a burst blocks the bus.
 */
TEST_F(pm, clock_of_wedged_hardware)
{
	bool reset = self->bed.dev.info.caps & SRFPGA_CAP_RESET;
	unsigned int i;

	NEED_CLOCK();
	self->job.sub.timeout_ns = 20000000;
	for (i = 0; i < 10; i++) {
		/* forgotten by every unbind */
		ASSERT_EQ(0, set_attribute(self, "autosuspend_delay_ms", "0"));
		model_fault(&self->bed.model, FPGA_FAULT_DEAD_RESET, 1000, 0,
			    0);
		model_fault(&self->bed.model, FPGA_FAULT_HANG, 1, 0, 0);
		EXPECT_EQ(-ETIMEDOUT, job_run(&self->job, 1));
		EXPECT_FALSE(clock_becomes(&self->bed, false, 300));
		EXPECT_EQ(0, model_violations(&self->bed.model));
		job_free(&self->job);
		dev_close(&self->bed.dev);
		model_fault(&self->bed.model, FPGA_FAULT_DEAD_RESET, 0, 0, 0);
		if (!reset)
			model_write(&self->bed.model, FPGA_CTL_CMD,
				    FPGA_CMD_RESET);
		ASSERT_EQ(0, bed_unbind(0));
		ASSERT_EQ(0, bed_bind(0));
		ASSERT_EQ(0, dev_open(&self->bed.dev, 0, O_NONBLOCK));
		ASSERT_EQ(0, job_init(&self->job, &self->bed.dev, 1, 1));
		self->job.sub.timeout_ns = 20000000;
	}
}

/* Off and on again, many times: a result each time, no stray access. */
TEST_F(pm, job_after_every_sleep)
{
	unsigned int i;

	NEED_CLOCK();
	for (i = 1; i <= 6; i++) {
		ASSERT_TRUE(clock_becomes(&self->bed, false, AUTOSUSPEND_MS));
		job_fill(&self->job, i);
		ASSERT_EQ(0, job_run(&self->job, i));
		EXPECT_TRUE(bed_job_right(&self->bed, &self->job));
	}
}

/* A delay just around the autosuspend's: the race between off and start. */
TEST_F(pm, job_while_falling_asleep)
{
	unsigned int i, delay;
	char text[32];

	NEED_CLOCK();
	ASSERT_GT(attribute(self, "autosuspend_delay_ms", text, sizeof(text)),
		  0);
	delay = atoi(text);
	for (i = 0; i < 30; i++) {
		sleep_ms(delay - 3 + i % 7);
		ASSERT_EQ(0, job_run(&self->job, i));
	}
	EXPECT_TRUE(bed_job_right(&self->bed, &self->job));
}

/* What needs no register does not wake the device. */
TEST_F(pm, buffers_do_not_wake)
{
	struct test_dev dev;
	struct test_buf buf;

	NEED_CLOCK();
	ASSERT_TRUE(clock_becomes(&self->bed, false, AUTOSUSPEND_MS));
	ASSERT_EQ(0, dev_open(&dev, 0, 0));
	ASSERT_EQ(0, buf_alloc(&dev, &buf, 65536));
	ASSERT_EQ(0, buf_attach(&dev, &buf, SRFPGA_ATTACH_READ));
	ASSERT_EQ(0, buf_detach(&dev, &buf));
	buf_drop(&buf);
	dev_close(&dev);
	EXPECT_FALSE(clock_on(&self->bed));
}

/* A line that rises while nobody can look at its cause does not storm. */
TEST_F(pm, spurious_interrupt_while_asleep)
{
	int out = dev_port(&self->bed.dev, SRFPGA_PORT_OUTPUT);
	unsigned int i;

	NEED_CLOCK();
	for (i = 0; i < 3; i++) {
		ASSERT_TRUE(clock_becomes(&self->bed, false, AUTOSUSPEND_MS));
		model_fault(&self->bed.model, FPGA_FAULT_SPURIOUS, 1, 0,
			    1u << out);
		sleep_ms(TEST_QUIET_MS);
		ASSERT_EQ(0, job_run(&self->job, i));
		EXPECT_TRUE(bed_job_right(&self->bed, &self->job));
	}
}

/* ...also if it rises in the moment when the last look was taken. */
TEST_F(pm, spurious_interrupt_while_suspending)
{
	int out = dev_port(&self->bed.dev, SRFPGA_PORT_OUTPUT);
	long long before;

	NEED_CLOCK();
	ASSERT_EQ(0, job_run(&self->job, 1));
	before = bed_interrupts(0);
	model_fault(&self->bed.model, FPGA_FAULT_SPURIOUS, 1, 1, 1u << out);
	ASSERT_TRUE(clock_becomes(&self->bed, false, AUTOSUSPEND_MS));
	sleep_ms(TEST_QUIET_MS);
	if (self->bed.dev.info.caps & SRFPGA_CAP_INTERRUPT)
		EXPECT_EQ(1, model_hits(&self->bed.model, FPGA_FAULT_SPURIOUS));
	ASSERT_EQ(0, job_run(&self->job, 2));
	EXPECT_TRUE(bed_job_right(&self->bed, &self->job));
	EXPECT_LT(bed_interrupts(0), before + FEW_INTERRUPTS);
}

/*
 * The processor sleeps while the accelerator works, also without an interrupt:
 * once it is known how long a job takes the registers are hardly looked at.
 */
TEST_F(pm, few_looks_at_a_long_job)
{
	unsigned int i, jobs = 20;
	uint32_t looks;

	bed_timing(&self->bed, 50000, 25000);
	for (i = 0; i < 4; i++)
		ASSERT_EQ(0, job_run(&self->job, i));
	looks = model_read(&self->bed.model, FPGA_CTL_LOOKS);
	for (i = 0; i < jobs; i++)
		ASSERT_EQ(0, job_run(&self->job, i));
	looks = model_read(&self->bed.model, FPGA_CTL_LOOKS) - looks;
	TH_LOG("%u looks a job", looks / jobs);
	/* each DMA that is busy is looked at once at least */
	EXPECT_GE(looks, jobs);
	EXPECT_LT(looks, jobs * 20 * self->bed.dev.info.num_ports);
}

TEST_F(pm, forced_on)
{
	char path[192];

	NEED_CLOCK();
	snprintf(path, sizeof(path), "%s/control", self->power);
	ASSERT_EQ(0, file_write(path, "on"));
	ASSERT_EQ(0, job_run(&self->job, 1));
	sleep_ms(AUTOSUSPEND_MS / 4);
	EXPECT_TRUE(clock_on(&self->bed));
	ASSERT_EQ(0, file_write(path, "auto"));
	EXPECT_TRUE(clock_becomes(&self->bed, false, AUTOSUSPEND_MS));
}

TEST_F(pm, unbind_while_asleep)
{
	NEED_CLOCK();
	ASSERT_TRUE(clock_becomes(&self->bed, false, AUTOSUSPEND_MS));
	ASSERT_EQ(0, bed_unbind(0));
	ASSERT_EQ(0, bed_bind(0));
}

TEST_HARNESS_MAIN
