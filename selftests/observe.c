// SPDX-License-Identifier: GPL-2.0
/*
 * What an administrator and a developer see: fdinfo, sysfs, debugfs, traces,
 * and messages that explain a refusal. The numbers must be true.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/klog.h>

#include "../kselftest_harness.h"
#include "testbed.h"

#define TRACING	"/sys/kernel/tracing"
#define TEXT	65536

FIXTURE(observe) {
	struct test_bed bed;
	struct test_job job;
	char *text;
};

FIXTURE_SETUP(observe)
{
	BED_SETUP(&self->bed, 0, O_NONBLOCK);
	ASSERT_EQ(0, job_init(&self->job, &self->bed.dev, 2, 1));
	self->text = malloc(TEXT);
	ASSERT_NE(NULL, self->text);
}

FIXTURE_TEARDOWN(observe)
{
	free(self->text);
	job_free(&self->job);
	BED_TEARDOWN(&self->bed);
}

static long long fdinfo(FIXTURE_DATA(observe) *self, const char *key)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", self->bed.dev.fd);
	if (file_read(path, self->text, TEXT) < 0)
		return -1;
	return text_number(self->text, key);
}

static long long sysfs(const char *name)
{
	char path[128], text[64];

	snprintf(path, sizeof(path), "/sys/class/srfpga/%s/%s", dev_name(0),
		 name);
	return file_read(path, text, sizeof(text)) < 0 ? -1 : atoll(text);
}

TEST_F(observe, fdinfo_counts_this_file)
{
	struct test_dev other;
	struct test_job ojob;
	unsigned int i;

	ASSERT_EQ(0, dev_open(&other, 0, 0));
	ASSERT_EQ(0, job_init(&ojob, &other, 1, 2));
	EXPECT_EQ(0, fdinfo(self, "srfpga-jobs"));
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, job_run(&self->job, i));
		ASSERT_EQ(0, job_run(&ojob, i));
	}
	EXPECT_EQ(3, fdinfo(self, "srfpga-jobs"));
	EXPECT_EQ(6, fdinfo(self, "srfpga-frames"));
	EXPECT_EQ(0, fdinfo(self, "srfpga-failed"));
	EXPECT_EQ(0, fdinfo(self, "srfpga-queued"));
	EXPECT_EQ(self->bed.dev.info.num_ports,
		  fdinfo(self, "srfpga-attachments"));
	EXPECT_NE(NULL, strstr(self->text, "drm-driver:\tsrfpga"));
	EXPECT_GT(fdinfo(self, "drm-client-id"), -1);
	job_free(&ojob);
	dev_close(&other);
}

/* Engine time: what the model needed, not what the wall clock says. */
TEST_F(observe, fdinfo_engine_time)
{
	long long before = fdinfo(self, "drm-engine-fabric"), used;

	ASSERT_GE(before, 0);
	bed_timing(&self->bed, 100000, 50000);
	ASSERT_EQ(0, job_run(&self->job, 1));
	sleep_ms(300);
	used = fdinfo(self, "drm-engine-fabric") - before;
	EXPECT_GE(used, 150000000ll);
	EXPECT_LT(used, 300000000ll);
}

TEST_F(observe, fdinfo_memory)
{
	long long before = fdinfo(self, "drm-total-memory");
	struct test_buf buf;

	ASSERT_GE(before, 0);
	ASSERT_EQ(0, buf_alloc(&self->bed.dev, &buf, 1 << 20));
	EXPECT_EQ(before + 1024, fdinfo(self, "drm-total-memory"));
	buf_drop(&buf);
	EXPECT_EQ(before, fdinfo(self, "drm-total-memory"));
}

TEST_F(observe, sysfs_counts_everybody)
{
	long long jobs = sysfs("jobs"), frames = sysfs("frames");
	long long failed = sysfs("failed"), busy = sysfs("busy_ns");

	ASSERT_GE(jobs, 0);
	ASSERT_EQ(0, job_run(&self->job, 1));
	ASSERT_EQ(0, job_run(&self->job, 2));
	EXPECT_EQ(jobs + 2, sysfs("jobs"));
	EXPECT_EQ(frames + 4, sysfs("frames"));
	EXPECT_EQ(failed, sysfs("failed"));
	EXPECT_GT(sysfs("busy_ns"), busy);
}

TEST_F(observe, sysfs_names)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/class/srfpga/%s/label", dev_name(0));
	ASSERT_GT(file_read(path, self->text, TEXT), 0);
	EXPECT_STREQ(self->bed.dev.info.name, self->text);
	snprintf(path, sizeof(path), "/sys/class/srfpga/%s/engine",
		 dev_name(0));
	ASSERT_GT(file_read(path, self->text, TEXT), 0);
	EXPECT_STREQ("finn", self->text);
	snprintf(path, sizeof(path), "/sys/class/srfpga/%s/state", dev_name(0));
	ASSERT_GT(file_read(path, self->text, TEXT), 0);
	EXPECT_STREQ("ready", self->text);
}

TEST_F(observe, sysfs_counts_hangs)
{
	long long hangs = sysfs("hangs"), resets = sysfs("resets");
	long long failed = sysfs("failed");

	if (!(self->bed.dev.info.caps & SRFPGA_CAP_RESET))
		SKIP(return, "no reset line");
	self->job.sub.timeout_ns = 100000000;
	model_fault(&self->bed.model, FPGA_FAULT_HANG, 1, 0, 0);
	ASSERT_EQ(-ETIMEDOUT, job_run(&self->job, 1));
	EXPECT_EQ(hangs + 1, sysfs("hangs"));
	EXPECT_EQ(resets + 1, sysfs("resets"));
	EXPECT_EQ(failed + 1, sysfs("failed"));
	EXPECT_EQ(1, fdinfo(self, "srfpga-failed"));
}

TEST_F(observe, sysfs_counts_lost_interrupts)
{
	unsigned int i;
	long long lost;

	if (!(self->bed.dev.info.caps & SRFPGA_CAP_INTERRUPT))
		SKIP(return, "no interrupt wired");
	/* the output ends long after the last look at an unwired input */
	bed_timing(&self->bed, 40000, 5000);
	for (i = 0; i < 4; i++)
		ASSERT_EQ(0, job_run(&self->job, i));
	lost = sysfs("lost_interrupts");
	model_fault(&self->bed.model, FPGA_FAULT_LOST_IRQ, 1000, 0, 0);
	for (i = 0; i < 2; i++)
		ASSERT_EQ(0, job_run(&self->job, i));
	EXPECT_GE(sysfs("lost_interrupts"), lost + 2);
}

/* Everybody may look, nobody may write. */
TEST_F(observe, sysfs_is_read_only)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/class/srfpga/%s/jobs", dev_name(0));
	EXPECT_EQ(0, access(path, R_OK));
	EXPECT_LT(file_write(path, "0"), 0);
}

TEST_F(observe, debugfs_state)
{
	char path[128];
	unsigned int i;

	snprintf(path, sizeof(path), "/sys/kernel/debug/srfpga/%s/state",
		 dev_name(0));
	if (access(path, F_OK))
		SKIP(return, "no debugfs");
	bed_timing(&self->bed, 100000, 50000);
	ASSERT_EQ(0, job_submit(&self->job, 1));
	ASSERT_GT(file_read(path, self->text, TEXT), 0);
	EXPECT_NE(NULL, strstr(self->text, self->bed.dev.info.name));
	EXPECT_NE(NULL, strstr(self->text, "busy"));
	EXPECT_NE(NULL, strstr(self->text, "submission 1"));
	for (i = 0; i < self->bed.dev.info.num_ports; i++)
		EXPECT_NE(NULL, strstr(self->text,
				       self->bed.dev.port[i].name));
	EXPECT_EQ(0, job_wait(&self->job, 1));
}

/* debugfs: completions that the driver overlooks look like a hang. */
TEST_F(observe, debugfs_lost_completion)
{
	char path[128];

	snprintf(path, sizeof(path),
		 "/sys/kernel/debug/srfpga/%s/lose_completions", dev_name(0));
	if (access(path, F_OK))
		SKIP(return, "no debugfs");
	if (!(self->bed.dev.info.caps & SRFPGA_CAP_RESET))
		SKIP(return, "no reset line");
	ASSERT_EQ(0, file_write(path, "1"));
	self->job.sub.timeout_ns = 100000000;
	EXPECT_EQ(-ETIMEDOUT, job_run(&self->job, 1));
	EXPECT_EQ(0, job_run(&self->job, 2));
}

/** Number of lines of the trace that name an event. */
static unsigned int traced(FIXTURE_DATA(observe) *self, const char *event)
{
	const char *at = self->text;
	unsigned int n = 0;
	char name[64];

	snprintf(name, sizeof(name), " %s: ", event);
	while ((at = strstr(at, name))) {
		at += strlen(name);
		n++;
	}
	return n;
}

TEST_F(observe, tracepoints)
{
	unsigned int i;

	if (access(TRACING "/events/srfpga/enable", F_OK))
		SKIP(return, "no tracefs");
	ASSERT_EQ(0, file_write(TRACING "/events/srfpga/enable", "1"));
	file_write(TRACING "/trace", "");
	close(open(TRACING "/trace", O_WRONLY | O_TRUNC));
	for (i = 0; i < 2; i++)
		EXPECT_EQ(0, job_submit_many(&self->job, 3, i));
	for (i = 0; i < 2; i++)
		EXPECT_EQ(0, job_wait(&self->job, i));
	ASSERT_EQ(0, file_write(TRACING "/events/srfpga/enable", "0"));
	ASSERT_GT(file_read(TRACING "/trace", self->text, TEXT), 0);
	EXPECT_EQ(2, traced(self, "srfpga_submission_queue"));
	EXPECT_EQ(6, traced(self, "srfpga_job_start"));
	EXPECT_EQ(6, traced(self, "srfpga_job_done"));
	EXPECT_EQ(2, traced(self, "srfpga_submission_end"));
}

/** The tail of the kernel log. */
static const char *kernel_log(FIXTURE_DATA(observe) *self)
{
	int n = klogctl(3, self->text, TEXT - 1);

	self->text[n < 0 ? 0 : n] = '\0';
	return self->text;
}

/* Who asks gets told which buffer, which port and why; who does not, nothing. */
TEST_F(observe, refusals_are_explained)
{
	const char *control = "/sys/kernel/debug/dynamic_debug/control";
	int in = dev_port(&self->bed.dev, SRFPGA_PORT_INPUT);
	const char *name = self->bed.dev.port[in].name;
	char want[64];

	if (access(control, F_OK))
		SKIP(return, "no dynamic debug");
	self->job.jb[in].handle = 87654321;
	EXPECT_EQ(-ENOENT, job_submit(&self->job, 1));
	EXPECT_EQ(NULL, strstr(kernel_log(self), "87654321"));
	ASSERT_EQ(0, file_write(control, "module srfpga +p"));
	EXPECT_EQ(-ENOENT, job_submit(&self->job, 1));
	ASSERT_EQ(0, file_write(control, "module srfpga -p"));
	snprintf(want, sizeof(want), "%s: no handle 87654321", name);
	EXPECT_NE(NULL, strstr(kernel_log(self), want));
}

TEST_HARNESS_MAIN
