// SPDX-License-Identifier: GPL-2.0
/*
 * Fences: what a submission waits for and what waits for it. Fences of others
 * come from vgem, or from a second file of the device where they must fail.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/sync_file.h>
#include <sys/ioctl.h>

#include "../kselftest_harness.h"
#include "testbed.h"
#include "testpeer.h"

#define MS	1000000ull

FIXTURE(fence) {
	struct test_bed bed;
	struct test_job job;
	struct vgem vgem;
	struct test_dev other;
	struct test_job ojob;
	int in;
};

FIXTURE_SETUP(fence)
{
	BED_SETUP(&self->bed, 0, O_NONBLOCK);
	vgem_open(&self->vgem);
	ASSERT_EQ(0, job_init(&self->job, &self->bed.dev, 1, 1));
	ASSERT_EQ(0, dev_open(&self->other, 0, 0));
	ASSERT_EQ(0, job_init(&self->ojob, &self->other, 1, 2));
	self->in = dev_port(&self->bed.dev, SRFPGA_PORT_INPUT);
}

FIXTURE_TEARDOWN(fence)
{
	job_free(&self->job);
	job_free(&self->ojob);
	dev_close(&self->other);
	vgem_close(&self->vgem);
	BED_TEARDOWN(&self->bed);
}

/** Submit with an out fence: its descriptor, or -errno. */
static int submit_out(struct test_job *job, uint64_t user_data)
{
	int ret;

	job->sub.flags |= SRFPGA_SUBMIT_OUT_FENCE;
	ret = job_submit(job, user_data);
	job->sub.flags &= ~SRFPGA_SUBMIT_OUT_FENCE;
	return ret ? ret : job->sub.out_fence_fd;
}

/** Submit behind @in_fence. */
static int submit_in(struct test_job *job, int in_fence, uint64_t user_data)
{
	int ret;

	job->sub.flags |= SRFPGA_SUBMIT_IN_FENCE;
	job->sub.in_fence_fd = in_fence;
	ret = job_submit(job, user_data);
	job->sub.flags &= ~SRFPGA_SUBMIT_IN_FENCE;
	job->sub.in_fence_fd = 0;
	return ret;
}

#define NEED_VGEM()							\
	do {								\
		if (self->vgem.fd < 0)					\
			SKIP(return, "no vgem");			\
	} while (0)

TEST_F(fence, out_signals_with_the_end)
{
	struct srfpga_event ev;
	int fd;

	bed_timing(&self->bed, 30000, 10000);
	fd = submit_out(&self->job, 1);
	ASSERT_GE(fd, 0);
	EXPECT_EQ(0, fence_status(fd));
	EXPECT_EQ(FD_CLOEXEC, fcntl(fd, F_GETFD));
	EXPECT_EQ(1, fence_wait(fd, TEST_WAIT_MS));
	ASSERT_EQ(0, dev_event(self->bed.dev.fd, &ev, TEST_WAIT_MS));
	EXPECT_EQ(0, ev.status);
	EXPECT_EQ(ev.finished_ns, fence_timestamp(fd));
	EXPECT_TRUE(bed_job_right(&self->bed, &self->job));
	close(fd);
}

/* The fence belongs to whoever holds it: the file may be closed. */
TEST_F(fence, out_outlives_the_file)
{
	int fd = submit_out(&self->ojob, 1);

	ASSERT_GE(fd, 0);
	ASSERT_EQ(1, fence_wait(fd, TEST_WAIT_MS));
	dev_close(&self->other);
	EXPECT_EQ(1, fence_status(fd));
	EXPECT_NE(0, fence_timestamp(fd));
	close(fd);
}

TEST_F(fence, out_is_closed_first)
{
	int fd;

	bed_timing(&self->bed, 20000, 10000);
	fd = submit_out(&self->job, 1);
	ASSERT_GE(fd, 0);
	close(fd);
	EXPECT_EQ(0, job_wait(&self->job, 1));
}

TEST_F(fence, out_without_event)
{
	int fd;

	self->job.sub.flags = SRFPGA_SUBMIT_NO_EVENT;
	fd = submit_out(&self->job, 1);
	ASSERT_GE(fd, 0);
	EXPECT_EQ(1, fence_wait(fd, TEST_WAIT_MS));
	EXPECT_EQ(0, dev_poll(self->bed.dev.fd, POLLIN, TEST_QUIET_MS));
	close(fd);
}

TEST_F(fence, out_reports_timeout)
{
	struct srfpga_event ev;
	int fd;

	model_fault(&self->bed.model, FPGA_FAULT_HANG, 1, 0, 0);
	self->job.sub.timeout_ns = 50 * MS;
	fd = submit_out(&self->job, 1);
	ASSERT_GE(fd, 0);
	EXPECT_EQ(-ETIMEDOUT, fence_wait(fd, TEST_WAIT_MS));
	ASSERT_EQ(0, dev_event(self->bed.dev.fd, &ev, TEST_WAIT_MS));
	EXPECT_EQ(-ETIMEDOUT, ev.status);
	EXPECT_EQ(0, ev.jobs_done);
	EXPECT_EQ(ev.finished_ns, fence_timestamp(fd));
	EXPECT_EQ(1, model_hits(&self->bed.model, FPGA_FAULT_HANG));
	close(fd);
}

TEST_F(fence, out_reports_close)
{
	int fd;

	bed_timing(&self->bed, 300000, 300000);
	ASSERT_EQ(0, job_submit(&self->job, 1));
	fd = submit_out(&self->ojob, 1);
	ASSERT_GE(fd, 0);
	dev_close(&self->other);
	EXPECT_EQ(-ECANCELED, fence_wait(fd, TEST_WAIT_MS));
	EXPECT_EQ(0, job_wait(&self->job, 1));
	close(fd);
}

TEST_F(fence, in_signalled)
{
	uint32_t fence;
	int fd;

	NEED_VGEM();
	fd = vgem_fence(&self->vgem, &fence);
	ASSERT_GE(fd, 0);
	ASSERT_EQ(0, vgem_signal(&self->vgem, fence));
	ASSERT_EQ(1, fence_status(fd));
	ASSERT_EQ(0, submit_in(&self->job, fd, 1));
	EXPECT_EQ(0, job_wait(&self->job, 1));
	EXPECT_TRUE(bed_job_right(&self->bed, &self->job));
	close(fd);
}

TEST_F(fence, in_unsignalled)
{
	struct srfpga_event ev;
	uint64_t signalled;
	uint32_t fence;
	int fd;

	NEED_VGEM();
	fd = vgem_fence(&self->vgem, &fence);
	ASSERT_GE(fd, 0);
	ASSERT_EQ(0, fence_status(fd));
	ASSERT_EQ(0, submit_in(&self->job, fd, 1));
	EXPECT_EQ(-ETIME, dev_event(self->bed.dev.fd, &ev, TEST_QUIET_MS));
	EXPECT_EQ(0, model_starts(&self->bed.model, self->in));
	signalled = now_ns();
	ASSERT_EQ(0, vgem_signal(&self->vgem, fence));
	ASSERT_EQ(0, dev_event(self->bed.dev.fd, &ev, TEST_WAIT_MS));
	EXPECT_EQ(0, ev.status);
	EXPECT_LT(ev.queued_ns, signalled);
	EXPECT_GT(ev.started_ns, signalled);
	EXPECT_TRUE(bed_job_right(&self->bed, &self->job));
	close(fd);
}

/* The caller may forget the fence at once. */
TEST_F(fence, in_is_closed_first)
{
	uint32_t fence;
	int fd;

	NEED_VGEM();
	fd = vgem_fence(&self->vgem, &fence);
	ASSERT_GE(fd, 0);
	ASSERT_EQ(0, submit_in(&self->job, fd, 1));
	close(fd);
	ASSERT_EQ(0, vgem_signal(&self->vgem, fence));
	EXPECT_EQ(0, job_wait(&self->job, 1));
}

/* A waiting submission holds up those behind it in its file, and no other. */
TEST_F(fence, in_blocks_its_own_file_only)
{
	struct srfpga_event ev;
	uint32_t fence;
	int fd;

	NEED_VGEM();
	fd = vgem_fence(&self->vgem, &fence);
	ASSERT_GE(fd, 0);
	ASSERT_EQ(0, submit_in(&self->job, fd, 1));
	ASSERT_EQ(0, job_submit(&self->job, 2));
	EXPECT_EQ(0, job_run(&self->ojob, 3));
	EXPECT_EQ(-ETIME, dev_event(self->bed.dev.fd, &ev, TEST_QUIET_MS));
	ASSERT_EQ(0, vgem_signal(&self->vgem, fence));
	ASSERT_EQ(0, dev_event(self->bed.dev.fd, &ev, TEST_WAIT_MS));
	EXPECT_EQ(1, ev.user_data);
	ASSERT_EQ(0, dev_event(self->bed.dev.fd, &ev, TEST_WAIT_MS));
	EXPECT_EQ(2, ev.user_data);
	close(fd);
}

/* The timeout counts from the start in hardware, not from the call. */
TEST_F(fence, in_wait_is_no_timeout)
{
	uint32_t fence;
	int fd;

	NEED_VGEM();
	fd = vgem_fence(&self->vgem, &fence);
	ASSERT_GE(fd, 0);
	self->job.sub.timeout_ns = 100 * MS;
	ASSERT_EQ(0, submit_in(&self->job, fd, 1));
	sleep_ms(300);
	ASSERT_EQ(0, vgem_signal(&self->vgem, fence));
	EXPECT_EQ(0, job_wait(&self->job, 1));
	close(fd);
}

TEST_F(fence, in_never_signalled_and_close)
{
	uint32_t fence;
	int fd, out;

	NEED_VGEM();
	fd = vgem_fence(&self->vgem, &fence);
	ASSERT_GE(fd, 0);
	self->ojob.sub.flags = SRFPGA_SUBMIT_OUT_FENCE;
	ASSERT_EQ(0, submit_in(&self->ojob, fd, 1));
	out = self->ojob.sub.out_fence_fd;
	EXPECT_EQ(0, fence_status(out));
	dev_close(&self->other);
	EXPECT_EQ(-ECANCELED, fence_wait(out, TEST_WAIT_MS));
	EXPECT_EQ(0, model_starts(&self->bed.model, self->in));
	/* the fence's late signal finds nobody */
	EXPECT_EQ(0, vgem_signal(&self->vgem, fence));
	EXPECT_EQ(0, job_run(&self->job, 1));
	close(out);
	close(fd);
}

/* A fence that fails cancels the submission with the fence's error. */
TEST_F(fence, in_failed_with_timeout)
{
	struct srfpga_event ev;
	int fd;

	model_fault(&self->bed.model, FPGA_FAULT_HANG, 1, 0, 0);
	self->ojob.sub.timeout_ns = 100 * MS;
	fd = submit_out(&self->ojob, 1);
	ASSERT_GE(fd, 0);
	ASSERT_EQ(0, submit_in(&self->job, fd, 2));
	ASSERT_EQ(0, dev_event(self->bed.dev.fd, &ev, TEST_WAIT_MS));
	EXPECT_EQ(-ETIMEDOUT, ev.status);
	EXPECT_EQ(0, ev.started_ns);
	EXPECT_EQ(0, ev.jobs_done);
	EXPECT_GE(ev.finished_ns, ev.queued_ns);
	EXPECT_EQ(1, model_starts(&self->bed.model, self->in));
	/* what follows in the file runs */
	EXPECT_EQ(0, job_run(&self->job, 3));
	close(fd);
}

TEST_F(fence, in_failed_before)
{
	int fd;

	bed_timing(&self->bed, 200000, 200000);
	ASSERT_EQ(0, job_submit(&self->job, 1));
	fd = submit_out(&self->ojob, 1);
	ASSERT_GE(fd, 0);
	dev_close(&self->other);
	ASSERT_EQ(-ECANCELED, fence_wait(fd, TEST_WAIT_MS));
	ASSERT_EQ(0, submit_in(&self->job, fd, 2));
	EXPECT_EQ(0, job_wait(&self->job, 1));
	EXPECT_EQ(-ECANCELED, job_wait(&self->job, 2));
	close(fd);
}

/* A chain through two files: each link waits for the one before. */
TEST_F(fence, chain_through_two_files)
{
	struct srfpga_event first, second;
	int fd, i;

	bed_timing(&self->bed, 20000, 5000);
	for (i = 0; i < 10; i++) {
		fd = submit_out(&self->job, i);
		ASSERT_GE(fd, 0);
		ASSERT_EQ(0, submit_in(&self->ojob, fd, i));
		close(fd);
	}
	for (i = 0; i < 10; i++) {
		ASSERT_EQ(0, dev_event(self->bed.dev.fd, &first,
				       TEST_WAIT_MS));
		ASSERT_EQ(0, dev_event(self->other.fd, &second,
				       TEST_WAIT_MS));
		EXPECT_EQ(0, first.status);
		EXPECT_EQ(0, second.status);
		EXPECT_GE(second.started_ns, first.finished_ns);
	}
}

static int merge(int a, int b)
{
	struct sync_merge_data arg = { .name = "both", .fd2 = b };

	return ioctl(a, SYNC_IOC_MERGE, &arg) ? -errno : arg.fence;
}

/* Two fences at once, merged into one sync_file by the system. */
TEST_F(fence, in_merged)
{
	struct srfpga_event ev;
	uint32_t fence[2];
	int fd[3];

	NEED_VGEM();
	fd[0] = vgem_fence(&self->vgem, &fence[0]);
	fd[1] = vgem_fence(&self->vgem, &fence[1]);
	fd[2] = merge(fd[0], fd[1]);
	ASSERT_GE(fd[2], 0);
	ASSERT_EQ(0, submit_in(&self->job, fd[2], 1));
	ASSERT_EQ(0, vgem_signal(&self->vgem, fence[1]));
	EXPECT_EQ(-ETIME, dev_event(self->bed.dev.fd, &ev, TEST_QUIET_MS));
	ASSERT_EQ(0, vgem_signal(&self->vgem, fence[0]));
	EXPECT_EQ(0, job_wait(&self->job, 1));
	close(fd[0]);
	close(fd[1]);
	close(fd[2]);
}

/* A submission that waits for a later one of its own file would wait forever:
 * it cannot be written down, since the fence exists only after the call. What
 * can be: waiting for the own file's previous submission.
 */
TEST_F(fence, in_is_the_files_own)
{
	int fd = submit_out(&self->job, 1);

	ASSERT_GE(fd, 0);
	ASSERT_EQ(0, submit_in(&self->job, fd, 2));
	EXPECT_EQ(0, job_wait(&self->job, 2));
	close(fd);
}

TEST_HARNESS_MAIN
