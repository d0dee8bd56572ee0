// SPDX-License-Identifier: GPL-2.0
/*
 * Submissions that succeed: arrays of jobs, ranges of buffers, several frames,
 * the right bytes in the right place, and nothing else touched.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

#include "../kselftest_harness.h"
#include "testbed.h"
#include "testpeer.h"

#define SPOILT	0xa5	/* what job_spoil() leaves */

FIXTURE(submit) {
	struct test_bed bed;
	struct test_job job;
	int in, out;
};

FIXTURE_SETUP(submit)
{
	BED_SETUP(&self->bed, 0, O_NONBLOCK);
	ASSERT_EQ(0, job_init(&self->job, &self->bed.dev, 4, 1));
	self->in = dev_port(&self->bed.dev, SRFPGA_PORT_INPUT);
	self->out = dev_port(&self->bed.dev, SRFPGA_PORT_OUTPUT);
}

FIXTURE_TEARDOWN(submit)
{
	job_free(&self->job);
	BED_TEARDOWN(&self->bed);
}

/** True if @len bytes at @offset of the output are as job_spoil() left them. */
static bool untouched(struct test_job *job, int out, size_t offset, size_t len)
{
	bool same = true;

	buf_sync(&job->buf[out], true, false);
	while (same && len--)
		same = job->buf[out].map[offset + len] == SPOILT;
	buf_sync(&job->buf[out], false, false);
	return same;
}

/** True if a frame of any port may be a job's first. */
static bool aligned_frames(const struct test_dev *dev)
{
	unsigned int p;

	for (p = 0; p < dev->info.num_ports; p++)
		if (dev->port[p].frame_bytes % dev->info.buffer_align)
			return false;
	return true;
}

TEST_F(submit, one_frame)
{
	self->job.job.frames = 1;
	ASSERT_EQ(0, job_run(&self->job, 1));
	EXPECT_TRUE(bed_job_right(&self->bed, &self->job));
	EXPECT_EQ(1, model_starts(&self->bed.model, self->in));
	EXPECT_EQ(1, model_starts(&self->bed.model, self->out));
}

TEST_F(submit, frames_in_one_start)
{
	ASSERT_EQ(0, job_run(&self->job, 1));
	EXPECT_TRUE(bed_job_right(&self->bed, &self->job));
	EXPECT_EQ(1, model_starts(&self->bed.model, self->in));
	EXPECT_EQ(4, model_read(&self->bed.model, FPGA_CTL_FRAMES_OUT));
}

TEST_F(submit, fewer_frames_than_fit)
{
	size_t bytes = self->bed.dev.port[self->out].frame_bytes;

	self->job.job.frames = 3;
	ASSERT_EQ(0, job_run(&self->job, 1));
	EXPECT_TRUE(bed_job_right(&self->bed, &self->job));
	EXPECT_TRUE(untouched(&self->job, self->out, 3 * bytes, bytes));
}

TEST_F(submit, again_and_again)
{
	unsigned int i;

	for (i = 1; i <= 20; i++) {
		job_fill(&self->job, i);
		job_spoil(&self->job);
		ASSERT_EQ(0, job_run(&self->job, i));
		ASSERT_TRUE(bed_job_right(&self->bed, &self->job));
	}
}

/* Each job of the array takes another frame, in reverse order. */
TEST_F(submit, array_of_ranges)
{
	unsigned int ports = self->bed.dev.info.num_ports, i, p;
	struct srfpga_job_buffer jb[4][SRFPGA_MAX_PORTS];
	struct srfpga_job jobs[4];
	struct srfpga_event ev;

	if (!aligned_frames(&self->bed.dev))
		SKIP(return, "frames are no multiple of the alignment");
	for (i = 0; i < 4; i++) {
		jobs[i] = self->job.job;
		jobs[i].frames = 1;
		jobs[i].buffers = (uintptr_t)jb[i];
		for (p = 0; p < ports; p++) {
			size_t bytes = self->bed.dev.port[p].frame_bytes;

			jb[i][p] = self->job.jb[p];
			if (self->bed.dev.port[p].role == SRFPGA_PORT_WEIGHTS)
				continue;
			jb[i][p].offset = (3 - i) * bytes;
			jb[i][p].length = bytes;
		}
	}
	self->job.sub.jobs = (uintptr_t)jobs;
	self->job.sub.num_jobs = 4;
	ASSERT_EQ(0, job_submit(&self->job, 7));
	ASSERT_EQ(0, dev_event(self->bed.dev.fd, &ev, TEST_WAIT_MS));
	EXPECT_EQ(0, ev.status);
	EXPECT_EQ(4, ev.jobs_done);
	EXPECT_EQ(4, model_starts(&self->bed.model, self->in));
	EXPECT_TRUE(bed_job_right(&self->bed, &self->job));
}

TEST_F(submit, most_jobs)
{
	unsigned int most = self->bed.dev.info.max_jobs;
	struct srfpga_event ev;

	self->job.job.frames = 1;
	ASSERT_EQ(0, job_submit_many(&self->job, most, 1));
	ASSERT_EQ(0, dev_event(self->bed.dev.fd, &ev, TEST_WAIT_MS));
	EXPECT_EQ(0, ev.status);
	EXPECT_EQ(most, ev.jobs_done);
	EXPECT_TRUE(bed_job_right(&self->bed, &self->job));
}

/* A range in the middle of both buffers: the frames around it stay. */
TEST_F(submit, range_in_the_middle)
{
	size_t in = self->bed.dev.port[self->in].frame_bytes;
	size_t out = self->bed.dev.port[self->out].frame_bytes;

	if (!aligned_frames(&self->bed.dev))
		SKIP(return, "frames are no multiple of the alignment");
	self->job.job.frames = 2;
	self->job.jb[self->in].offset = in;
	self->job.jb[self->in].length = 2 * in;
	self->job.jb[self->out].offset = out;
	self->job.jb[self->out].length = 2 * out;
	ASSERT_EQ(0, job_run(&self->job, 1));
	EXPECT_TRUE(bed_frames_right(&self->bed, &self->job, 0, 2));
	EXPECT_TRUE(untouched(&self->job, self->out, 0, out));
	EXPECT_TRUE(untouched(&self->job, self->out, 3 * out, out));
}

TEST_F(submit, smallest_alignment)
{
	unsigned int align = self->bed.dev.info.buffer_align;

	self->job.job.frames = 1;
	self->job.jb[self->in].offset = align;
	self->job.jb[self->in].length -= align;
	self->job.jb[self->out].offset = 3 * align;
	self->job.jb[self->out].length -= 3 * align;
	ASSERT_EQ(0, job_run(&self->job, 1));
	EXPECT_TRUE(bed_frames_right(&self->bed, &self->job, 0, 1));
	EXPECT_TRUE(untouched(&self->job, self->out, 0, 3 * align));
}

/* Entries of a later version whose new part is zero. */
TEST_F(submit, longer_entries)
{
	struct {
		struct srfpga_job job;
		uint8_t later[40];
	} jobs[2] = { { .job = self->job.job } };
	struct {
		struct srfpga_job_buffer jb;
		uint8_t later[24];
	} jb[SRFPGA_MAX_PORTS] = { 0 };
	unsigned int i;

	for (i = 0; i < self->bed.dev.info.num_ports; i++)
		jb[i].jb = self->job.jb[i];
	jobs[0].job.buffers = (uintptr_t)jb;
	jobs[1] = jobs[0];
	self->job.sub.jobs = (uintptr_t)jobs;
	self->job.sub.num_jobs = 2;
	self->job.sub.job_size = sizeof(jobs[0]);
	self->job.sub.buffer_size = sizeof(jb[0]);
	ASSERT_EQ(0, job_run(&self->job, 1));
	EXPECT_EQ(2, model_starts(&self->bed.model, self->in));
	EXPECT_TRUE(bed_job_right(&self->bed, &self->job));
}

TEST_F(submit, longest_timeout)
{
	self->job.sub.timeout_ns = UINT64_MAX;
	ASSERT_EQ(0, job_run(&self->job, 1));
	EXPECT_TRUE(bed_job_right(&self->bed, &self->job));
}

/* The out-fence member is the caller's where no fence is asked for. */
TEST_F(submit, out_fence_member_untouched)
{
	self->job.sub.out_fence_fd = -77;
	ASSERT_EQ(0, job_run(&self->job, 1));
	EXPECT_EQ(-77, self->job.sub.out_fence_fd);
}

TEST_F(submit, no_event)
{
	struct srfpga_event ev;

	self->job.sub.flags = SRFPGA_SUBMIT_NO_EVENT;
	ASSERT_EQ(0, job_submit(&self->job, 1));
	self->job.sub.flags = 0;
	ASSERT_EQ(0, job_submit(&self->job, 2));
	ASSERT_EQ(0, dev_event(self->bed.dev.fd, &ev, TEST_WAIT_MS));
	EXPECT_EQ(2, ev.user_data);
	EXPECT_EQ(2, ev.seqno);
	EXPECT_EQ(-ETIME, dev_event(self->bed.dev.fd, &ev, TEST_QUIET_MS));
	EXPECT_EQ(2, model_starts(&self->bed.model, self->in));
}

/* Several events in one read, whole ones only. */
TEST_F(submit, read_several_events)
{
	struct srfpga_event ev[8];
	unsigned int i;

	self->job.job.frames = 1;
	for (i = 0; i < 4; i++)
		ASSERT_EQ(0, job_submit(&self->job, i));
	ASSERT_TRUE(model_idle(&self->bed.model, TEST_WAIT_MS));
	sleep_ms(TEST_QUIET_MS);
	EXPECT_EQ(3 * sizeof(ev[0]),
		  read(self->bed.dev.fd, ev, 4 * sizeof(ev[0]) - 1));
	EXPECT_EQ(sizeof(ev[0]),
		  read(self->bed.dev.fd, &ev[3], 5 * sizeof(ev[0])));
	for (i = 0; i < 4; i++) {
		EXPECT_EQ(sizeof(ev[i]), ev[i].size);
		EXPECT_EQ(i, ev[i].user_data);
		EXPECT_EQ(i + 1, ev[i].seqno);
		EXPECT_EQ(1, ev[i].jobs_done);
		EXPECT_EQ(0, ev[i].pad);
	}
}

TEST_F(submit, event_not_lost_on_a_bad_address)
{
	struct srfpga_event ev;

	ASSERT_EQ(0, job_submit(&self->job, 5));
	ASSERT_GT(dev_poll(self->bed.dev.fd, POLLIN, TEST_WAIT_MS), 0);
	EXPECT_EQ(-1, syscall(SYS_read, self->bed.dev.fd, 16, sizeof(ev)));
	EXPECT_EQ(EFAULT, errno);
	ASSERT_EQ(0, dev_event(self->bed.dev.fd, &ev, TEST_WAIT_MS));
	EXPECT_EQ(5, ev.user_data);
}

/* Detached and closed while it runs: the job keeps its buffers. */
TEST_F(submit, detach_and_close_while_running)
{
	int fd;

	bed_timing(&self->bed, 40000, 10000);
	ASSERT_EQ(0, job_submit(&self->job, 1));
	EXPECT_EQ(0, buf_detach(&self->bed.dev, &self->job.buf[self->in]));
	EXPECT_EQ(0, buf_detach(&self->bed.dev, &self->job.buf[self->out]));
	/* one descriptor is left, to look at the result through */
	fd = dup(self->job.buf[self->out].fd);
	close(self->job.buf[self->out].fd);
	self->job.buf[self->out].fd = fd;
	EXPECT_EQ(0, job_wait(&self->job, 1));
	EXPECT_TRUE(bed_job_right(&self->bed, &self->job));
}

static void *submit_loop(void *arg)
{
	struct test_job *job = arg;
	intptr_t bad = 0;
	int i;

	job->sub.flags = SRFPGA_SUBMIT_OUT_FENCE | SRFPGA_SUBMIT_NO_EVENT;
	for (i = 0; i < 20; i++) {
		if (job_submit(job, i)) {
			bad++;
			continue;
		}
		bad += fence_wait(job->sub.out_fence_fd, TEST_WAIT_MS) != 1;
		close(job->sub.out_fence_fd);
	}
	return (void *)bad;
}

TEST_F(submit, threads_on_one_file)
{
	struct test_job job[3];
	pthread_t thread[3];
	unsigned int i;
	void *bad;

	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, job_init(&job[i], &self->bed.dev, 1, i));
		ASSERT_EQ(0, pthread_create(&thread[i], NULL, submit_loop,
					    &job[i]));
	}
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, pthread_join(thread[i], &bad));
		EXPECT_EQ(NULL, bad);
		EXPECT_TRUE(bed_job_right(&self->bed, &job[i]));
		job_free(&job[i]);
	}
}

/* A forked child submits with the parent's handles; the parent sees the end. */
TEST_F(submit, forked_child_submits)
{
	int pid = fork();

	ASSERT_GE(pid, 0);
	if (!pid)
		_exit(-job_submit(&self->job, 3));
	EXPECT_EQ(0, child_wait(pid, TEST_WAIT_MS));
	EXPECT_EQ(0, job_wait(&self->job, 3));
	EXPECT_TRUE(bed_job_right(&self->bed, &self->job));
}

/* Blocking read wakes up for an event that is not there yet. */
TEST_F(submit, read_blocks_until_event)
{
	struct srfpga_event ev;

	ASSERT_EQ(0, fcntl(self->bed.dev.fd, F_SETFL, 0));
	bed_timing(&self->bed, 30000, 10000);
	ASSERT_EQ(0, job_submit(&self->job, 9));
	EXPECT_EQ(sizeof(ev), read(self->bed.dev.fd, &ev, sizeof(ev)));
	EXPECT_EQ(9, ev.user_data);
}

/** Memory whose first use waits until fault_resolve(); -1: not here. */
static int fault_memory(void **page, size_t len)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register range = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC);

	*page = mmap(NULL, len, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	range.range.start = (uintptr_t)*page;
	range.range.len = len;
	if (fd < 0 || ioctl(fd, UFFDIO_API, &api) ||
	    ioctl(fd, UFFDIO_REGISTER, &range))
		return -1;
	return fd;
}

static int fault_resolve(int fd, void *page, size_t len)
{
	struct uffdio_zeropage zero = {
		.range = { .start = (uintptr_t)page, .len = len },
	};

	return ioctl(fd, UFFDIO_ZEROPAGE, &zero);
}

struct slow_reader {
	int fd;
	struct srfpga_event *ev;
	ssize_t ret;
};

static void *slow_read(void *arg)
{
	struct slow_reader *reader = arg;

	reader->ret = read(reader->fd, reader->ev, sizeof(*reader->ev));
	return NULL;
}

static void on_alarm(int sig)
{
}

/* O_NONBLOCK: nor does it wait for another reader, whose memory is slow. */
TEST_F(submit, nonblocking_read_beside_a_slow_reader)
{
	struct sigaction action = { .sa_handler = on_alarm };
	struct slow_reader reader = { .fd = self->bed.dev.fd };
	size_t len = sysconf(_SC_PAGESIZE);
	struct srfpga_event ev;
	pthread_t thread;
	void *page;
	int fd = fault_memory(&page, len);

	if (fd < 0)
		SKIP(return, "no userfaultfd");
	reader.ev = page;
	ASSERT_EQ(0, job_submit(&self->job, 1));
	ASSERT_EQ(0, job_submit(&self->job, 2));
	ASSERT_TRUE(model_idle(&self->bed.model, TEST_WAIT_MS));
	sleep_ms(TEST_QUIET_MS);
	ASSERT_EQ(0, pthread_create(&thread, NULL, slow_read, &reader));
	sleep_ms(TEST_QUIET_MS);
	sigaction(SIGALRM, &action, NULL);
	alarm(2);
	EXPECT_EQ(-1, read(self->bed.dev.fd, &ev, sizeof(ev)));
	EXPECT_EQ(EAGAIN, errno);
	alarm(0);
	EXPECT_EQ(0, fault_resolve(fd, page, len));
	ASSERT_EQ(0, pthread_join(thread, NULL));
	EXPECT_EQ(sizeof(ev), reader.ret);
	EXPECT_EQ(1, reader.ev->user_data);
	ASSERT_EQ(0, dev_event(self->bed.dev.fd, &ev, TEST_WAIT_MS));
	EXPECT_EQ(2, ev.user_data);
	close(fd);
}

TEST_HARNESS_MAIN
