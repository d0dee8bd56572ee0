// SPDX-License-Identifier: GPL-2.0
/*
 * Refused calls: one wrong field a test, one errno a cause, and the file
 * afterwards as if the call had never been made. Must not know the model but
 * for the health check of the test bed.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "../kselftest_harness.h"
#include "testbed.h"

FIXTURE(refuse) {
	struct test_bed bed;
	struct test_job job;
};

FIXTURE_SETUP(refuse)
{
	BED_SETUP(&self->bed, 0, O_NONBLOCK);
	ASSERT_EQ(0, job_init(&self->job, &self->bed.dev, 2, 1));
}

/* The refused call left nothing: the next submission is the file's first. */
FIXTURE_TEARDOWN(refuse)
{
	struct srfpga_event ev = { 0 };
	struct test_job job;
	int fd = self->bed.dev.fd;

	EXPECT_EQ(POLLOUT, dev_poll(fd, POLLIN | POLLOUT, 0));
	ASSERT_EQ(0, job_init(&job, &self->bed.dev, 1, 2));
	EXPECT_EQ(0, job_submit(&job, 99));
	EXPECT_EQ(0, dev_event(fd, &ev, TEST_WAIT_MS));
	EXPECT_EQ(99, ev.user_data);
	EXPECT_EQ(1, ev.seqno);
	EXPECT_EQ(0, ev.status);
	job_free(&job);
	job_free(&self->job);
	BED_TEARDOWN(&self->bed);
}

/** A submission that is valid but for what @spoil does to it. */
#define REFUSED(name, err, spoil)					\
TEST_F(refuse, submit_##name)						\
{									\
	struct test_job *t = &self->job;				\
	unsigned int in = dev_port(t->dev, SRFPGA_PORT_INPUT);		\
	unsigned int out = dev_port(t->dev, SRFPGA_PORT_OUTPUT);	\
									\
	(void)in;							\
	(void)out;							\
	spoil;								\
	EXPECT_EQ(-(err), job_submit(t, 1));				\
}

REFUSED(flag_3, EINVAL, t->sub.flags = 1u << 3)
REFUSED(flag_31, EINVAL, t->sub.flags = 1u << 31)
REFUSED(jobs_null, EFAULT, t->sub.jobs = 0)
REFUSED(jobs_unmapped, EFAULT, t->sub.jobs = 16)
REFUSED(jobs_kernel_address, EFAULT, t->sub.jobs = -4096ull)
/* no bits for a tag either; a 32-bit kernel must not drop them */
REFUSED(jobs_high_bit, EFAULT, t->sub.jobs |= 1ull << 54)
REFUSED(no_jobs, EINVAL, t->sub.num_jobs = 0)
REFUSED(too_many_jobs, EINVAL, t->sub.num_jobs = t->dev->info.max_jobs + 1)
REFUSED(all_the_jobs, EINVAL, t->sub.num_jobs = UINT32_MAX)
REFUSED(job_size_zero, EINVAL, t->sub.job_size = 0)
REFUSED(job_size_short, EINVAL, t->sub.job_size = 8)
REFUSED(buffer_size_zero, EINVAL, t->sub.buffer_size = 0)
REFUSED(buffer_size_short, EINVAL, t->sub.buffer_size = 4)
REFUSED(priority_2, EINVAL, t->sub.priority = 2)
REFUSED(priority_minus_2, EINVAL, t->sub.priority = -2)
REFUSED(priority_min, EINVAL, t->sub.priority = INT32_MIN)
REFUSED(in_fence_without_flag, EINVAL, t->sub.in_fence_fd = 1)
REFUSED(in_fence_minus_1, EBADF,
	t->sub.flags = SRFPGA_SUBMIT_IN_FENCE; t->sub.in_fence_fd = -1)
REFUSED(in_fence_closed_fd, EBADF,
	t->sub.flags = SRFPGA_SUBMIT_IN_FENCE; t->sub.in_fence_fd = 1000)
REFUSED(in_fence_is_the_device, EBADF,
	t->sub.flags = SRFPGA_SUBMIT_IN_FENCE;
	t->sub.in_fence_fd = t->dev->fd)
REFUSED(in_fence_is_a_buffer, EBADF,
	t->sub.flags = SRFPGA_SUBMIT_IN_FENCE;
	t->sub.in_fence_fd = t->buf[in].fd)
REFUSED(buffers_null, EFAULT, t->job.buffers = 0)
REFUSED(buffers_unmapped, EFAULT, t->job.buffers = 16)
REFUSED(buffers_high_bit, EFAULT, t->job.buffers |= 1ull << 54)
REFUSED(no_buffers, EINVAL, t->job.num_buffers = 0)
REFUSED(one_buffer_too_few, EINVAL, t->job.num_buffers--)
REFUSED(one_buffer_too_many, EINVAL, t->job.num_buffers++)
REFUSED(all_the_buffers, EINVAL, t->job.num_buffers = UINT32_MAX)
REFUSED(no_frames, EINVAL, t->job.frames = 0)
REFUSED(too_many_frames, EINVAL, t->job.frames = t->dev->info.max_frames + 1)
REFUSED(all_the_frames, EINVAL, t->job.frames = UINT32_MAX)
REFUSED(one_frame_too_many, ERANGE, t->job.frames++)
REFUSED(most_frames, ERANGE, t->job.frames = t->dev->info.max_frames)
REFUSED(in_length_short, ERANGE, t->jb[in].length--)
REFUSED(out_length_short, ERANGE, t->jb[out].length--)
REFUSED(length_zero, ERANGE, t->jb[in].length = 0)
REFUSED(length_beyond_buffer, ERANGE, t->jb[in].length = 1ull << 31)
REFUSED(length_wraps, ERANGE, t->jb[in].length = UINT64_MAX)
REFUSED(in_offset_beyond, ERANGE,
	t->jb[in].offset = t->dev->info.buffer_align * 1024ull * 1024)
REFUSED(out_offset_beyond, ERANGE,
	t->jb[out].offset = t->dev->info.buffer_align * 1024ull * 1024)
REFUSED(offset_wraps, ERANGE,
	t->jb[in].offset = -(uint64_t)t->dev->info.buffer_align)
REFUSED(offset_and_length_wrap, ERANGE,
	t->jb[in].offset = -(uint64_t)t->dev->info.buffer_align;
	t->jb[in].length = t->dev->info.buffer_align)
REFUSED(in_offset_misaligned, EINVAL, t->jb[in].offset = 1)
REFUSED(out_offset_misaligned, EINVAL,
	t->jb[out].offset = t->dev->info.buffer_align / 2)
REFUSED(buffer_padding, EINVAL, t->jb[in].pad = 1)
REFUSED(handle_zero, ENOENT, t->jb[in].handle = 0)
REFUSED(handle_unknown, ENOENT, t->jb[out].handle = 12345678)
REFUSED(handle_max, ENOENT, t->jb[out].handle = UINT32_MAX)
REFUSED(out_buffer_read_only, EACCES, t->jb[out].handle = t->jb[in].handle)
REFUSED(in_buffer_write_only, EACCES, t->jb[in].handle = t->jb[out].handle)

TEST_F(refuse, submit_detached_handle)
{
	int in = dev_port(&self->bed.dev, SRFPGA_PORT_INPUT);

	ASSERT_EQ(0, buf_detach(&self->bed.dev, &self->job.buf[in]));
	EXPECT_EQ(-ENOENT, job_submit(&self->job, 1));
}

TEST_F(refuse, submit_handle_of_another_file)
{
	int in = dev_port(&self->bed.dev, SRFPGA_PORT_INPUT);
	struct test_dev other;
	struct test_buf foreign = self->job.buf[in];
	int i;

	ASSERT_EQ(0, dev_open(&other, 0, 0));
	/* a handle that this file does not have */
	for (i = 0; i < 8; i++)
		ASSERT_EQ(0, buf_attach(&other, &foreign, SRFPGA_ATTACH_READ));
	self->job.jb[in].handle = foreign.handle;
	EXPECT_EQ(-ENOENT, job_submit(&self->job, 1));
	dev_close(&other);
}

/* Entries of a later version: longer, and the new part zero or not. */
TEST_F(refuse, submit_longer_entries)
{
	struct {
		struct srfpga_job job;
		uint64_t later;
	} jobs[2] = { { .job = self->job.job } };
	struct {
		struct srfpga_job_buffer jb;
		uint64_t later;
	} jb[SRFPGA_MAX_PORTS] = { 0 };
	unsigned int i, last = self->bed.dev.info.num_ports - 1;

	for (i = 0; i <= last; i++)
		jb[i].jb = self->job.jb[i];
	jobs[0].job.buffers = (uintptr_t)jb;
	jobs[1] = jobs[0];
	self->job.sub.jobs = (uintptr_t)jobs;
	self->job.sub.num_jobs = 2;
	self->job.sub.job_size = sizeof(jobs[0]);
	self->job.sub.buffer_size = sizeof(jb[0]);

	jobs[1].later = 1;
	EXPECT_EQ(-E2BIG, job_submit(&self->job, 1));
	jobs[1].later = 0;
	jb[last].later = 1ull << 63;
	EXPECT_EQ(-E2BIG, job_submit(&self->job, 1));
	jb[last].later = 0;
	self->job.sub.num_jobs = 3 * self->bed.dev.info.max_jobs;
	EXPECT_EQ(-EINVAL, job_submit(&self->job, 1));
}

TEST_F(refuse, submit_second_job_is_wrong)
{
	struct srfpga_job jobs[2] = { self->job.job, self->job.job };
	int in = dev_port(&self->bed.dev, SRFPGA_PORT_INPUT);

	jobs[1].frames++;
	self->job.sub.jobs = (uintptr_t)jobs;
	self->job.sub.num_jobs = 2;
	EXPECT_EQ(-ERANGE, job_submit(&self->job, 1));
	EXPECT_EQ(0, model_starts(&self->bed.model, in));
}

static int drop_capabilities(void)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct none[2] = { 0 };

	return syscall(SYS_capset, &head, none);
}

TEST_F(refuse, submit_high_priority_without_capability)
{
	int pid = fork();

	ASSERT_GE(pid, 0);
	if (!pid) {
		if (drop_capabilities())
			_exit(255);
		self->job.sub.priority = SRFPGA_PRIORITY_HIGH;
		_exit(-job_submit(&self->job, 1));
	}
	EXPECT_EQ(EPERM, child_wait(pid, TEST_WAIT_MS));
}

/* No descriptor for the out fence: nothing may have started. */
TEST_F(refuse, submit_no_free_descriptor)
{
	int in = dev_port(&self->bed.dev, SRFPGA_PORT_INPUT);
	struct rlimit old, none;

	ASSERT_EQ(0, getrlimit(RLIMIT_NOFILE, &old));
	none = old;
	none.rlim_cur = 3;
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &none));
	self->job.sub.flags = SRFPGA_SUBMIT_OUT_FENCE;
	EXPECT_EQ(-EMFILE, job_submit(&self->job, 1));
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &old));
	EXPECT_EQ(0, model_starts(&self->bed.model, in));
}

/* The out fence cannot be told: nothing may have started, no fd may leak. */
TEST_F(refuse, submit_out_fence_cannot_be_stored)
{
	int in = dev_port(&self->bed.dev, SRFPGA_PORT_INPUT);
	long page = sysconf(_SC_PAGESIZE);
	struct srfpga_submit *arg;
	int lowest = dup(0);

	close(lowest);
	arg = mmap(NULL, page, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, (void *)arg);
	*arg = self->job.sub;
	arg->flags = SRFPGA_SUBMIT_OUT_FENCE;
	ASSERT_EQ(0, mprotect(arg, page, PROT_READ));
	EXPECT_EQ(-EFAULT, dev_ioctl(self->bed.dev.fd, SRFPGA_IOC_SUBMIT, arg));
	EXPECT_EQ(lowest, dup(0));
	close(lowest);
	EXPECT_EQ(0, model_starts(&self->bed.model, in));
	munmap(arg, page);
}

#define ALLOC_REFUSED(name, err, spoil)					\
TEST_F(refuse, alloc_##name)						\
{									\
	struct srfpga_alloc arg = { .size = sizeof(arg), .bytes = 4096 };\
									\
	spoil;								\
	EXPECT_EQ(-(err), dev_ioctl(self->bed.dev.fd, SRFPGA_IOC_ALLOC,	\
				    &arg));				\
}

ALLOC_REFUSED(flag_0, EINVAL, arg.flags = 1)
ALLOC_REFUSED(flag_31, EINVAL, arg.flags = 1u << 31)
ALLOC_REFUSED(padding, EINVAL, arg.pad = 1)
ALLOC_REFUSED(nothing, EINVAL, arg.bytes = 0)
ALLOC_REFUSED(above_limit, EDQUOT,
	      arg.bytes = self->bed.dev.info.max_memory + 1)
ALLOC_REFUSED(everything, EDQUOT, arg.bytes = UINT64_MAX)
ALLOC_REFUSED(almost_everything, EDQUOT, arg.bytes = UINT64_MAX - 4095)

TEST_F(refuse, alloc_no_free_descriptor)
{
	struct srfpga_alloc arg = { .size = sizeof(arg), .bytes = 4096 };
	struct rlimit old, none;

	ASSERT_EQ(0, getrlimit(RLIMIT_NOFILE, &old));
	none = old;
	none.rlim_cur = 3;
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &none));
	EXPECT_EQ(-EMFILE, dev_ioctl(self->bed.dev.fd, SRFPGA_IOC_ALLOC, &arg));
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &old));
}

#define ATTACH_REFUSED(name, err, spoil)				\
TEST_F(refuse, attach_##name)						\
{									\
	struct srfpga_attach arg = {					\
		.size = sizeof(arg), .fd = self->job.buf[0].fd,		\
		.direction = SRFPGA_ATTACH_READ,			\
	};								\
									\
	spoil;								\
	EXPECT_EQ(-(err), dev_ioctl(self->bed.dev.fd, SRFPGA_IOC_ATTACH,\
				    &arg));				\
}

ATTACH_REFUSED(flag_0, EINVAL, arg.flags = 1)
ATTACH_REFUSED(flag_31, EINVAL, arg.flags = 1u << 31)
ATTACH_REFUSED(padding, EINVAL, arg.pad = 1)
ATTACH_REFUSED(no_direction, EINVAL, arg.direction = 0)
ATTACH_REFUSED(direction_2, EINVAL, arg.direction = 1u << 2)
ATTACH_REFUSED(fd_minus_1, EBADF, arg.fd = -1)
ATTACH_REFUSED(fd_closed, EBADF, arg.fd = 1000)
ATTACH_REFUSED(fd_is_the_device, EBADF, arg.fd = self->bed.dev.fd)
ATTACH_REFUSED(fd_is_a_terminal, EBADF, arg.fd = 0)

TEST_F(refuse, attach_too_many)
{
	unsigned int ports = self->bed.dev.info.num_ports;
	unsigned int i, left = self->bed.dev.info.max_attachments - ports;
	struct test_buf *buf = calloc(left + 1, sizeof(*buf));

	ASSERT_NE(NULL, buf);
	for (i = 0; i <= left; i++) {
		buf[i].fd = self->job.buf[0].fd;
		EXPECT_EQ(i < left ? 0 : -EDQUOT,
			  buf_attach(&self->bed.dev, &buf[i],
				     SRFPGA_ATTACH_READ));
	}
	/* room again: the teardown attaches, too */
	for (i = 0; i < left; i++)
		EXPECT_EQ(0, buf_detach(&self->bed.dev, &buf[i]));
	free(buf);
}

TEST_F(refuse, detach_zero)
{
	struct test_buf buf = { .handle = 0 };

	EXPECT_EQ(-ENOENT, buf_detach(&self->bed.dev, &buf));
	/* nor does it become a handle by that */
	buf.fd = self->job.buf[0].fd;
	ASSERT_EQ(0, buf_attach(&self->bed.dev, &buf, SRFPGA_ATTACH_READ));
	EXPECT_NE(0, buf.handle);
	EXPECT_EQ(0, buf_detach(&self->bed.dev, &buf));
}

TEST_F(refuse, detach_unknown)
{
	struct test_buf buf = { .handle = UINT32_MAX };

	EXPECT_EQ(-ENOENT, buf_detach(&self->bed.dev, &buf));
}

TEST_F(refuse, detach_twice)
{
	struct test_buf buf = self->job.buf[0], again = buf;

	EXPECT_EQ(0, buf_detach(&self->bed.dev, &buf));
	EXPECT_EQ(-ENOENT, buf_detach(&self->bed.dev, &again));
	self->job.buf[0].handle = 0;
}

TEST_HARNESS_MAIN
