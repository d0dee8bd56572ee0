// SPDX-License-Identifier: GPL-2.0
/*
 * What an administrator and a developer see: fdinfo, sysfs, debugfs, traces,
 * and messages that explain a refusal. The numbers must be true.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/klog.h>
#include <sys/resource.h>

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

#define DYNAMIC_DEBUG	"/sys/kernel/debug/dynamic_debug/control"

/** Where the kernel log goes on behind a mark that is set here. */
static void mark_log(unsigned int n)
{
	char text[32];

	snprintf(text, sizeof(text), "srfpga-mark: %u", n);
	file_write("/dev/kmsg", text);
}

static const char *log_behind_mark(FIXTURE_DATA(observe) *self, unsigned int n)
{
	const char *log = kernel_log(self), *at = NULL, *next = log;
	char text[32];

	snprintf(text, sizeof(text), "srfpga-mark: %u\n", n);
	while ((next = strstr(next, text)))
		at = next++;
	return at ? at : log + strlen(log);
}

/* Who asks gets told which buffer, which port and why; who does not, nothing. */
TEST_F(observe, refusals_are_explained)
{
	int in = dev_port(&self->bed.dev, SRFPGA_PORT_INPUT);
	const char *name = self->bed.dev.port[in].name;
	char want[64];

	if (access(DYNAMIC_DEBUG, F_OK))
		SKIP(return, "no dynamic debug");
	self->job.jb[in].handle = 87654321;
	EXPECT_EQ(-ENOENT, job_submit(&self->job, 1));
	EXPECT_EQ(NULL, strstr(kernel_log(self), "87654321"));
	ASSERT_EQ(0, file_write(DYNAMIC_DEBUG, "module srfpga +p"));
	EXPECT_EQ(-ENOENT, job_submit(&self->job, 1));
	ASSERT_EQ(0, file_write(DYNAMIC_DEBUG, "module srfpga -p"));
	snprintf(want, sizeof(want), "%s: no handle 87654321", name);
	EXPECT_NE(NULL, strstr(kernel_log(self), want));
}

/** struct refusal - a call that is refused, and words that say why */
struct refusal {
	int (*call)(FIXTURE_DATA(observe) *self);
	int err;
	const char *words;
};

/** A submission with one thing wrong, and the job as it was afterwards. */
#define REFUSED_SUBMIT(name, spoil)					\
static int submit_##name(FIXTURE_DATA(observe) *self)			\
{									\
	struct test_job *t = &self->job, was = self->job;		\
	unsigned int in = dev_port(t->dev, SRFPGA_PORT_INPUT);		\
	unsigned int out = dev_port(t->dev, SRFPGA_PORT_OUTPUT);	\
	int ret;							\
									\
	(void)in;							\
	(void)out;							\
	spoil;								\
	ret = job_submit(t, 1);						\
	*t = was;							\
	return ret;							\
}

REFUSED_SUBMIT(flags, t->sub.flags = 1u << 7)
REFUSED_SUBMIT(no_jobs, t->sub.num_jobs = 0)
REFUSED_SUBMIT(many_jobs, t->sub.num_jobs = 4711)
REFUSED_SUBMIT(job_size, t->sub.job_size = 8)
REFUSED_SUBMIT(buffer_size, t->sub.buffer_size = 65536)
REFUSED_SUBMIT(priority, t->sub.priority = 7)
REFUSED_SUBMIT(fence_flag, t->sub.in_fence_fd = 1)
REFUSED_SUBMIT(fence_fd, t->sub.flags = SRFPGA_SUBMIT_IN_FENCE;
	       t->sub.in_fence_fd = 1000)
REFUSED_SUBMIT(frames, t->job.frames = 0)
REFUSED_SUBMIT(buffers, t->job.num_buffers = 1)
REFUSED_SUBMIT(handle, t->jb[out].handle = 87654321)
REFUSED_SUBMIT(direction, t->jb[out].handle = t->jb[in].handle)
REFUSED_SUBMIT(offset, t->jb[in].offset = 1)
REFUSED_SUBMIT(length, t->jb[in].length = 1)

static int submit_wedged(FIXTURE_DATA(observe) *self)
{
	model_fault(&self->bed.model, FPGA_FAULT_DEAD_RESET, 1000, 0, 0);
	model_fault(&self->bed.model, FPGA_FAULT_HANG, 1, 0, 0);
	self->job.sub.timeout_ns = 50000000;
	job_run(&self->job, 1);
	return job_submit(&self->job, 2);
}

static int info_gone(FIXTURE_DATA(observe) *self)
{
	struct srfpga_get_info info = { .size = sizeof(info) };
	int ret;

	model_calm(&self->bed.model);
	model_write(&self->bed.model, FPGA_CTL_CMD, FPGA_CMD_RESET);
	bed_unbind(0);
	ret = dev_ioctl(self->bed.dev.fd, SRFPGA_IOC_GET_INFO, &info);
	bed_bind(0);
	return ret;
}

static int submit_full(FIXTURE_DATA(observe) *self)
{
	unsigned int i, n = self->bed.dev.info.max_queued;
	struct srfpga_event ev;
	int ret;

	for (i = 0; i < n; i++)
		job_submit(&self->job, i);
	ret = job_submit(&self->job, n);
	for (i = 0; i < n; i++)
		dev_event(self->bed.dev.fd, &ev, TEST_WAIT_MS);
	return ret;
}

static int without_descriptor(FIXTURE_DATA(observe) *self, unsigned long call,
			      void *arg)
{
	struct rlimit old, none;
	int ret;

	getrlimit(RLIMIT_NOFILE, &old);
	none = old;
	none.rlim_cur = 3;
	setrlimit(RLIMIT_NOFILE, &none);
	ret = dev_ioctl(self->bed.dev.fd, call, arg);
	setrlimit(RLIMIT_NOFILE, &old);
	return ret;
}

static int submit_emfile(FIXTURE_DATA(observe) *self)
{
	struct srfpga_submit sub = self->job.sub;

	sub.flags = SRFPGA_SUBMIT_OUT_FENCE;
	return without_descriptor(self, SRFPGA_IOC_SUBMIT, &sub);
}

static int alloc_emfile(FIXTURE_DATA(observe) *self)
{
	struct srfpga_alloc arg = { .size = sizeof(arg), .bytes = 4096 };

	return without_descriptor(self, SRFPGA_IOC_ALLOC, &arg);
}

/** Any call with a struct of @size bytes whose second word is @word. */
static int raw(FIXTURE_DATA(observe) *self, unsigned long call, uint32_t size,
	       uint32_t word)
{
	uint32_t arg[64] = { size, word };

	arg[size / 4 - 1] += size == sizeof(arg);
	return dev_ioctl(self->bed.dev.fd, call, arg);
}

#define REFUSED_RAW(name, call, size, word)				\
static int name(FIXTURE_DATA(observe) *self)				\
{									\
	return raw(self, SRFPGA_IOC_##call, size, word);		\
}

REFUSED_RAW(info_short, GET_INFO, 108, 0)
REFUSED_RAW(info_long, GET_INFO, 256, 0)
REFUSED_RAW(port_short, GET_PORT, 8, 0)
REFUSED_RAW(port_99, GET_PORT, sizeof(struct srfpga_get_port), 99)
REFUSED_RAW(alloc_long, ALLOC, 256, 0)
REFUSED_RAW(alloc_flags, ALLOC, sizeof(struct srfpga_alloc), 1 << 5)
REFUSED_RAW(attach_flags, ATTACH, sizeof(struct srfpga_attach), 1 << 5)
REFUSED_RAW(attach_long, ATTACH, 256, 0)
REFUSED_RAW(detach_handle, DETACH, sizeof(struct srfpga_detach), 87654321)
REFUSED_RAW(detach_long, DETACH, 256, 0)
REFUSED_RAW(submit_short, SUBMIT, 48, 0)
REFUSED_RAW(submit_long, SUBMIT, 256, 0)

static int attach_fd(FIXTURE_DATA(observe) *self)
{
	struct srfpga_attach arg = {
		.size = sizeof(arg), .fd = 1000,
		.direction = SRFPGA_ATTACH_READ,
	};

	return dev_ioctl(self->bed.dev.fd, SRFPGA_IOC_ATTACH, &arg);
}

static const struct refusal refusals[] = {
	{ info_short, EINVAL, "get_info: 108 bytes, less than 112" },
	{ info_long, E2BIG, "get_info: 256 bytes, not zero behind 112" },
	{ port_short, EINVAL, "get_port: 8 bytes, less than 136" },
	{ port_99, EINVAL, "get_port: no port 99" },
	{ alloc_long, E2BIG, "alloc: 256 bytes, not zero behind 24" },
	{ alloc_flags, EINVAL, "alloc: unknown flags 0x20" },
	{ alloc_emfile, EMFILE, "alloc: no free file descriptor" },
	{ attach_long, E2BIG, "attach: 256 bytes, not zero behind 32" },
	{ attach_flags, EINVAL, "attach: unknown flags 0x20" },
	{ attach_fd, EBADF, "attach: fd 1000" },
	{ detach_handle, ENOENT, "detach: no handle 87654321" },
	{ detach_long, E2BIG, "detach: 256 bytes, not zero behind 8" },
	{ submit_short, EINVAL, "submit: 48 bytes, less than 56" },
	{ submit_long, E2BIG, "submit: 256 bytes, not zero behind 56" },
	{ submit_flags, EINVAL, "submit: unknown flags 0x80" },
	{ submit_no_jobs, EINVAL, "submit: 0 jobs" },
	{ submit_many_jobs, EINVAL, "submit: 4711 jobs" },
	{ submit_job_size, EINVAL, "submit: job: 8 bytes, less than 16" },
	{ submit_buffer_size, E2BIG, "submit: buffer: 65536 bytes" },
	{ submit_priority, EINVAL, "submit: no priority 7" },
	{ submit_fence_flag, EINVAL, "submit: in_fence_fd without its flag" },
	{ submit_fence_fd, EBADF, "submit: fd 1000 is not a sync_file" },
	{ submit_frames, EINVAL, "buffers, 0 frames" },
	{ submit_buffers, EINVAL, "submit: job 0: 1 buffers" },
	{ submit_handle, ENOENT, "no handle 87654321" },
	{ submit_direction, EACCES, "wrong direction" },
	{ submit_offset, EINVAL, "padding or offset 1" },
	{ submit_length, ERANGE, "at 0+1 leave " },
	{ submit_emfile, EMFILE, "submit: no free file descriptor" },
	{ submit_full, EAGAIN, "submit: the file's queue is full" },
	{ submit_wedged, EIO, "submit: the device is wedged" },
	{ info_gone, ENODEV, "the device is gone" },
};

/* Each of them in its own words. */
TEST_F(observe, every_refusal_in_its_own_words)
{
	unsigned int i;

	if (access(DYNAMIC_DEBUG, F_OK))
		SKIP(return, "no dynamic debug");
	ASSERT_EQ(0, file_write(DYNAMIC_DEBUG, "module srfpga +p"));
	for (i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		const struct refusal *r = &refusals[i];

		mark_log(i);
		EXPECT_EQ(-r->err, r->call(self));
		EXPECT_NE(NULL, strstr(log_behind_mark(self, i), r->words)) {
			TH_LOG("not said: %s", r->words);
		}
	}
	ASSERT_EQ(0, file_write(DYNAMIC_DEBUG, "module srfpga -p"));
}

TEST_HARNESS_MAIN
