// SPDX-License-Identifier: GPL-2.0
/*
 * Buffers of other drivers: accepted where the accelerator can reach them,
 * refused with the right errno where it cannot.
 */
#include <errno.h>
#include <fcntl.h>

#include "../kselftest_harness.h"
#include "testbed.h"
#include "testpeer.h"

#define HUGE	(2u << 20)

FIXTURE(attach) {
	struct test_bed bed;
	struct test_job job;
	int in, out;
};

FIXTURE_SETUP(attach)
{
	BED_SETUP(&self->bed, 0, O_NONBLOCK);
	ASSERT_EQ(0, job_init(&self->job, &self->bed.dev, 1, 1));
	self->in = dev_port(&self->bed.dev, SRFPGA_PORT_INPUT);
	self->out = dev_port(&self->bed.dev, SRFPGA_PORT_OUTPUT);
}

FIXTURE_TEARDOWN(attach)
{
	job_free(&self->job);
	BED_TEARDOWN(&self->bed);
}

/** Use @fd of @len bytes in place of the job's own buffer of @port. */
static int replace(struct test_job *job, int port, int fd, size_t len)
{
	struct test_buf *buf = &job->buf[port];

	buf_detach(job->dev, buf);
	buf_drop(buf);
	buf->fd = fd;
	buf->len = len;
	job->jb[port].length = len;
	return buf_attach(job->dev, buf, dev_port_direction(job->dev, port));
}

/** Run with a foreign buffer on @port; 0 if the result is right. */
static int run_with(FIXTURE_DATA(attach) *self, int port, int fd, size_t len)
{
	int ret = replace(&self->job, port, fd, len);

	if (!ret)
		ret = buf_map(&self->job.buf[port]);
	if (ret)
		return ret;
	if (port == self->in)
		job_fill_port(&self->job, port, 9);
	ret = job_run(&self->job, 1);
	if (!ret && !bed_job_right(&self->bed, &self->job))
		ret = -EBADMSG;
	return ret;
}

TEST_F(attach, own_buffer_of_another_file)
{
	struct test_dev other;
	struct test_buf buf;
	size_t len = self->bed.dev.port[self->in].frame_bytes;

	ASSERT_EQ(0, dev_open(&other, 0, 0));
	ASSERT_EQ(0, buf_alloc(&other, &buf, len));
	dev_close(&other);
	EXPECT_EQ(0, run_with(self, self->in, buf.fd, len));
}

TEST_F(attach, own_buffer_of_another_device)
{
	struct test_dev other;
	struct test_buf buf;
	size_t len = self->bed.dev.port[self->out].frame_bytes;

	if (!dev_present(1))
		SKIP(return, "no second device");
	ASSERT_EQ(0, dev_open(&other, 1, 0));
	ASSERT_EQ(0, buf_alloc(&other, &buf, len));
	EXPECT_EQ(0, run_with(self, self->out, buf.fd, len));
	dev_close(&other);
}

TEST_F(attach, vivid_as_input)
{
	size_t len;
	int video, fd = vivid_export(&video, &len);

	if (fd == -ENOENT)
		SKIP(return, "no vivid");
	ASSERT_GE(fd, 0);
	if (len < self->bed.dev.port[self->in].frame_bytes)
		SKIP(return, "a camera frame is smaller than the port's");
	EXPECT_EQ(0, run_with(self, self->in, fd, len));
	close(video);
}

TEST_F(attach, vivid_as_output)
{
	size_t len;
	int video, fd = vivid_export(&video, &len);

	if (fd == -ENOENT)
		SKIP(return, "no vivid");
	ASSERT_GE(fd, 0);
	if (len < self->bed.dev.port[self->out].frame_bytes)
		SKIP(return, "a camera frame is smaller than the port's");
	EXPECT_EQ(0, run_with(self, self->out, fd, len));
	close(video);
}

/* The other way round: the camera fills our buffers (attach, map, vmap). */
TEST_F(attach, vivid_fills_our_buffers)
{
	size_t frame = self->bed.dev.port[self->in].frame_bytes;
	long len = vivid_picture_bytes();
	struct test_buf buf[2];
	int fd[2], i;

	if (len == -ENOENT)
		SKIP(return, "no vivid");
	ASSERT_GE(len, (long)frame);
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, buf_alloc(&self->bed.dev, &buf[i], len));
		ASSERT_EQ(0, buf_map(&buf[i]));
		fd[i] = buf[i].fd;
	}
	ASSERT_EQ(0, vivid_capture_into(fd, len));
	for (i = 0; i < 2; i++) {
		uint8_t *end = buf[i].map + len, *at = buf[i].map;

		ASSERT_EQ(0, buf_sync(&buf[i], true, false));
		while (at < end && !*at)
			at++;
		EXPECT_LT(at, end);
		ASSERT_EQ(0, buf_sync(&buf[i], false, false));
	}
	/* and it goes on into the accelerator */
	ASSERT_EQ(0, replace(&self->job, self->in, fd[0], len));
	self->job.buf[self->in].map = buf[0].map;
	EXPECT_EQ(0, job_run(&self->job, 1));
	EXPECT_TRUE(bed_job_right(&self->bed, &self->job));
	buf_drop(&buf[1]);
}

/* The camera goes away first: the attachment keeps the memory. */
TEST_F(attach, vivid_closes_first)
{
	size_t len;
	int video, fd = vivid_export(&video, &len);

	if (fd == -ENOENT)
		SKIP(return, "no vivid");
	ASSERT_GE(fd, 0);
	if (len < self->bed.dev.port[self->in].frame_bytes)
		SKIP(return, "a camera frame is smaller than the port's");
	ASSERT_EQ(0, replace(&self->job, self->in, fd, len));
	ASSERT_EQ(0, buf_map(&self->job.buf[self->in]));
	close(video);
	EXPECT_EQ(0, job_run(&self->job, 1));
	EXPECT_TRUE(bed_job_right(&self->bed, &self->job));
}

/* One page is contiguous whatever its exporter thinks of it. */
TEST_F(attach, udmabuf_of_one_page)
{
	size_t page = sysconf(_SC_PAGESIZE);
	int fd = udmabuf_create(page, false);

	if (fd == -ENOENT)
		SKIP(return, "no udmabuf");
	ASSERT_GE(fd, 0);
	EXPECT_EQ(0, replace(&self->job, self->in, fd, page));
	if (self->bed.dev.port[self->in].frame_bytes <= page) {
		ASSERT_EQ(0, buf_map(&self->job.buf[self->in]));
		EXPECT_EQ(0, job_run(&self->job, 1));
		EXPECT_TRUE(bed_job_right(&self->bed, &self->job));
	}
}

TEST_F(attach, udmabuf_huge_page)
{
	int fd = udmabuf_create(HUGE, true);

	if (fd == -ENOENT)
		SKIP(return, "no udmabuf");
	if (fd == -ENOMEM || fd == -EINVAL)
		SKIP(return, "no huge page for it");
	ASSERT_GE(fd, 0);
	EXPECT_EQ(0, replace(&self->job, self->in, fd, HUGE));
}

/* Anonymous pages in any order; an IOMMU would make one range of them. */
static int scattered(FIXTURE_DATA(attach) *self, int fd, size_t len)
{
	struct test_buf buf = { .fd = fd, .len = len };
	int ret = buf_attach(&self->bed.dev, &buf, SRFPGA_ATTACH_READ);

	if (!ret)
		buf_detach(&self->bed.dev, &buf);
	close(fd);
	return ret;
}

TEST_F(attach, udmabuf_scattered)
{
	/* enough pages that they never happen to lie side by side */
	size_t len = 4 << 20;
	int fd = udmabuf_create(len, false);

	if (fd == -ENOENT)
		SKIP(return, "no udmabuf");
	ASSERT_GE(fd, 0);
	EXPECT_EQ(-EOPNOTSUPP, scattered(self, fd, len));
}

TEST_F(attach, vgem_scattered)
{
	size_t len = 4 << 20;
	struct vgem vgem;
	uint32_t handle;
	int fd;

	if (vgem_open(&vgem))
		SKIP(return, "no vgem");
	fd = vgem_buffer(&vgem, len, &handle);
	ASSERT_GE(fd, 0);
	EXPECT_EQ(-EOPNOTSUPP, scattered(self, fd, len));
	vgem_close(&vgem);
}

TEST_F(attach, vgem_of_one_page)
{
	size_t page = sysconf(_SC_PAGESIZE);
	struct vgem vgem;
	uint32_t handle;
	int fd;

	if (vgem_open(&vgem))
		SKIP(return, "no vgem");
	fd = vgem_buffer(&vgem, page, &handle);
	ASSERT_GE(fd, 0);
	EXPECT_EQ(0, replace(&self->job, self->in, fd, page));
	if (self->bed.dev.port[self->in].frame_bytes <= page) {
		ASSERT_EQ(0, buf_map(&self->job.buf[self->in]));
		EXPECT_EQ(0, job_run(&self->job, 1));
		EXPECT_TRUE(bed_job_right(&self->bed, &self->job));
	}
	vgem_close(&vgem);
}

/** The same dma-buf through a descriptor that may only read. */
static int reopen_read_only(int fd)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return open(path, O_RDONLY | O_CLOEXEC);
}

/* vivid exports with the mode that it is asked for. */
static int vivid_read_only(int *video)
{
	size_t len;
	int fd = vivid_export(video, &len);

	if (fd >= 0)
		close(fd);
	return fd < 0 ? fd : vivid_export_read_only(*video);
}

TEST_F(attach, read_only_buffer)
{
	struct test_buf buf = { 0 };
	int video;

	buf.fd = vivid_read_only(&video);
	if (buf.fd == -ENOENT)
		SKIP(return, "no vivid");
	ASSERT_GE(buf.fd, 0);
	EXPECT_EQ(-EACCES, buf_attach(&self->bed.dev, &buf,
				      SRFPGA_ATTACH_WRITE));
	EXPECT_EQ(-EACCES, buf_attach(&self->bed.dev, &buf,
				      SRFPGA_ATTACH_READ |
				      SRFPGA_ATTACH_WRITE));
	EXPECT_EQ(0, buf_attach(&self->bed.dev, &buf, SRFPGA_ATTACH_READ));
	close(buf.fd);
	close(video);
}

/* Nobody makes a writable buffer of a read-only one. */
TEST_F(attach, reopening_is_refused)
{
	EXPECT_EQ(-1, reopen_read_only(self->job.buf[0].fd));
	EXPECT_EQ(ENXIO, errno);
}

/* Every attachment ends with the file, used or not. */
TEST_F(attach, last_close_detaches)
{
	size_t page = sysconf(_SC_PAGESIZE);
	struct test_dev other;
	struct test_buf buf;
	int i;

	for (i = 0; i < 20; i++) {
		ASSERT_EQ(0, dev_open(&other, 0, 0));
		ASSERT_EQ(0, buf_alloc(&other, &buf, page));
		ASSERT_EQ(0, buf_attach(&other, &buf, SRFPGA_ATTACH_READ));
		ASSERT_EQ(0, buf_attach(&other, &buf, SRFPGA_ATTACH_WRITE));
		close(buf.fd);
		dev_close(&other);
	}
}

TEST_HARNESS_MAIN
