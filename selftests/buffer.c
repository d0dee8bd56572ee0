// SPDX-License-Identifier: GPL-2.0
/*
 * Buffers of the device's own: zeroed, mapped, shared, accounted for, closed in
 * any order.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>

#include "../kselftest_harness.h"
#include "testbed.h"
#include "testpeer.h"

FIXTURE(buffer) {
	struct test_bed bed;
};

FIXTURE_SETUP(buffer)
{
	BED_SETUP(&self->bed, 0, O_NONBLOCK);
}

FIXTURE_TEARDOWN(buffer)
{
	BED_TEARDOWN(&self->bed);
}

static bool all_are(const uint8_t *bytes, size_t len, uint8_t value)
{
	while (len--)
		if (bytes[len] != value)
			return false;
	return true;
}

/* Memory that was just full of somebody's data comes back as zeroes. */
TEST_F(buffer, zeroed)
{
	const size_t len = 1 << 20;
	struct test_buf buf;
	unsigned int round;

	for (round = 0; round < 4; round++) {
		ASSERT_EQ(0, buf_alloc(&self->bed.dev, &buf, len));
		ASSERT_EQ(0, buf_map(&buf));
		ASSERT_EQ(0, buf_sync(&buf, true, true));
		EXPECT_TRUE(all_are(buf.map, len, 0));
		memset(buf.map, 0xff, len);
		ASSERT_EQ(0, buf_sync(&buf, false, true));
		buf_drop(&buf);
	}
}

/* Also behind the length asked for, up to the end of the page. */
TEST_F(buffer, rounded_up_to_pages)
{
	long page = sysconf(_SC_PAGESIZE);
	struct test_buf buf;

	ASSERT_EQ(0, buf_alloc(&self->bed.dev, &buf, page + 1));
	EXPECT_EQ(2 * page, lseek(buf.fd, 0, SEEK_END));
	EXPECT_EQ(0, lseek(buf.fd, 0, SEEK_SET));
	buf.len = 2 * page;
	ASSERT_EQ(0, buf_map(&buf));
	EXPECT_TRUE(all_are(buf.map, 2 * page, 0));
	buf_drop(&buf);
}

TEST_F(buffer, attach_tells_the_length)
{
	long page = sysconf(_SC_PAGESIZE);
	struct srfpga_attach arg = {
		.size = sizeof(arg), .direction = SRFPGA_ATTACH_READ,
	};
	struct test_buf buf;

	ASSERT_EQ(0, buf_alloc(&self->bed.dev, &buf, 3 * page - 5));
	arg.fd = buf.fd;
	ASSERT_EQ(0, dev_ioctl(self->bed.dev.fd, SRFPGA_IOC_ATTACH, &arg));
	EXPECT_EQ(3 * page, arg.bytes);
	EXPECT_NE(0, arg.handle);
	buf_drop(&buf);
}

TEST_F(buffer, close_on_exec)
{
	struct test_buf buf;

	ASSERT_EQ(0, buf_alloc(&self->bed.dev, &buf, 4096));
	EXPECT_EQ(FD_CLOEXEC, fcntl(buf.fd, F_GETFD));
	buf_drop(&buf);
}

TEST_F(buffer, mmap_outside_is_refused)
{
	struct test_buf buf;

	ASSERT_EQ(0, buf_alloc(&self->bed.dev, &buf, 8192));
	EXPECT_EQ(MAP_FAILED, mmap(NULL, 16384, PROT_READ, MAP_SHARED,
				   buf.fd, 0));
	EXPECT_EQ(MAP_FAILED, mmap(NULL, 8192, PROT_READ, MAP_SHARED,
				   buf.fd, 4096));
	EXPECT_EQ(MAP_FAILED, mmap(NULL, 4096, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE, buf.fd, 0));
	buf_drop(&buf);
}

TEST_F(buffer, mmap_of_a_part)
{
	struct test_buf buf;
	uint8_t *part;

	ASSERT_EQ(0, buf_alloc(&self->bed.dev, &buf, 16384));
	ASSERT_EQ(0, buf_map(&buf));
	part = mmap(NULL, 4096, PROT_READ, MAP_SHARED, buf.fd, 8192);
	ASSERT_NE(MAP_FAILED, (void *)part);
	buf_sync(&buf, true, true);
	buf.map[8192 + 17] = 42;
	EXPECT_EQ(42, part[17]);
	buf_sync(&buf, false, true);
	munmap(part, 4096);
	buf_drop(&buf);
}

/* The mapping outlives both descriptors. */
TEST_F(buffer, mapping_outlives_everything)
{
	struct test_dev other;
	struct test_buf buf;

	ASSERT_EQ(0, dev_open(&other, 0, 0));
	ASSERT_EQ(0, buf_alloc(&other, &buf, 65536));
	ASSERT_EQ(0, buf_map(&buf));
	close(buf.fd);
	dev_close(&other);
	memset(buf.map, 0x5a, 65536);
	EXPECT_TRUE(all_are(buf.map, 65536, 0x5a));
	munmap(buf.map, 65536);
}

TEST_F(buffer, fork_shares_the_mapping)
{
	struct test_buf buf;
	int pid;

	ASSERT_EQ(0, buf_alloc(&self->bed.dev, &buf, 4096));
	ASSERT_EQ(0, buf_map(&buf));
	pid = fork();
	ASSERT_GE(pid, 0);
	if (!pid) {
		buf_sync(&buf, true, true);
		memset(buf.map, 7, 4096);
		buf_sync(&buf, false, true);
		_exit(0);
	}
	EXPECT_EQ(0, child_wait(pid, TEST_WAIT_MS));
	buf_sync(&buf, true, false);
	EXPECT_TRUE(all_are(buf.map, 4096, 7));
	buf_sync(&buf, false, false);
	buf_drop(&buf);
}

TEST_F(buffer, limit_on_memory)
{
	uint64_t max = self->bed.dev.info.max_memory;
	struct test_dev other;
	struct test_buf small, rest, more;
	int ret;

	ASSERT_EQ(0, dev_open(&other, 0, 0));
	ASSERT_EQ(0, buf_alloc(&other, &small, 4096));
	ret = buf_alloc(&other, &rest, max - 4096);
	if (ret == -ENOMEM) {
		dev_close(&other);
		SKIP(return, "less memory than one file may have");
	}
	ASSERT_EQ(0, ret);
	EXPECT_EQ(-EDQUOT, buf_alloc(&other, &more, 4096));
	/* another file has a limit of its own */
	EXPECT_EQ(0, buf_alloc(&self->bed.dev, &more, 4096));
	buf_drop(&more);
	/* and what was freed counts no more */
	buf_drop(&rest);
	EXPECT_EQ(0, buf_alloc(&other, &rest, 8192));
	EXPECT_EQ(0, buf_alloc(&other, &more, 4096));
	buf_drop(&more);
	buf_drop(&rest);
	buf_drop(&small);
	dev_close(&other);
}

/* More than there is: says so, and leaves the device usable. */
TEST_F(buffer, out_of_memory)
{
	enum { FILES = 64 };
	struct test_dev dev[FILES];
	struct test_buf buf[FILES];
	unsigned int n, used = 0;
	uint64_t bytes;
	int ret = 0;

	bytes = self->bed.dev.info.max_memory;
	while (bytes > 64 << 20)
		bytes /= 2;
	for (n = 0; n < FILES && !ret; n++) {
		ASSERT_EQ(0, dev_open(&dev[n], 0, 0));
		used++;
		ret = buf_alloc(&dev[n], &buf[n], bytes);
	}
	EXPECT_EQ(-ENOMEM, ret);
	for (n = 0; n < used; n++) {
		buf_drop(&buf[n]);
		dev_close(&dev[n]);
	}
}

/* Every order of: close the buffer, close the device, unmap. */
FIXTURE(order) {
	struct test_bed bed;
};

FIXTURE_VARIANT(order) {
	const char *steps;	/* b: buffer, d: device, m: mapping, j: job first */
};

FIXTURE_VARIANT_ADD(order, buffer_device_mapping) { .steps = "bdm" };
FIXTURE_VARIANT_ADD(order, buffer_mapping_device) { .steps = "bmd" };
FIXTURE_VARIANT_ADD(order, device_buffer_mapping) { .steps = "dbm" };
FIXTURE_VARIANT_ADD(order, device_mapping_buffer) { .steps = "dmb" };
FIXTURE_VARIANT_ADD(order, mapping_buffer_device) { .steps = "mbd" };
FIXTURE_VARIANT_ADD(order, mapping_device_buffer) { .steps = "mdb" };
FIXTURE_VARIANT_ADD(order, job_buffer_device_mapping) { .steps = "jbdm" };
FIXTURE_VARIANT_ADD(order, job_device_buffer_mapping) { .steps = "jdbm" };
FIXTURE_VARIANT_ADD(order, job_mapping_device_buffer) { .steps = "jmdb" };

FIXTURE_SETUP(order)
{
	BED_SETUP(&self->bed, 0, 0);
}

FIXTURE_TEARDOWN(order)
{
	EXPECT_TRUE(model_idle(&self->bed.model, TEST_WAIT_MS));
	BED_TEARDOWN(&self->bed);
}

static void order_step(struct test_job *job, char step)
{
	unsigned int i;

	if (step == 'd')
		dev_close(job->dev);
	for (i = 0; i < job->dev->info.num_ports; i++) {
		struct test_buf *buf = &job->buf[i];

		if (step == 'b')
			close(buf->fd);
		if (step == 'm')
			munmap(buf->map, buf->len);
	}
}

TEST_F(order, close)
{
	const char *step = variant->steps;
	struct test_dev dev;
	struct test_job job;

	ASSERT_EQ(0, dev_open(&dev, 0, 0));
	ASSERT_EQ(0, job_init(&job, &dev, 2, 3));
	bed_timing(&self->bed, 20000, 5000);
	if (*step == 'j') {
		ASSERT_EQ(0, job_submit(&job, 1));
		ASSERT_EQ(0, job_submit(&job, 2));
		step++;
	}
	for (; *step; step++)
		order_step(&job, *step);
}

/* Another process gets device and buffers over a socket and submits. */
TEST_F(buffer, passed_over_a_socket)
{
	struct test_job job;
	int pair[2], pid, in, out;

	in = dev_port(&self->bed.dev, SRFPGA_PORT_INPUT);
	out = dev_port(&self->bed.dev, SRFPGA_PORT_OUTPUT);
	if (self->bed.dev.info.num_ports != 2)
		SKIP(return, "a device with two ports is wanted");
	ASSERT_EQ(0, job_init(&job, &self->bed.dev, 1, 77));
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair));
	pid = fork();
	ASSERT_GE(pid, 0);
	if (!pid) {
		struct test_dev dev;
		struct test_job own;
		int i, bad;

		bad = dev_open(&dev, 0, 0);
		own = job;
		own.dev = &dev;
		own.job.buffers = (uintptr_t)own.jb;
		own.sub.jobs = (uintptr_t)&own.job;
		for (i = 0; i < 2; i++) {
			int p = i ? out : in;

			own.buf[p].fd = fd_receive(pair[1]);
			bad |= buf_attach(&dev, &own.buf[p],
					  dev_port_direction(&dev, p));
			own.jb[p].handle = own.buf[p].handle;
		}
		_exit(bad ? 255 : -job_run(&own, 1));
	}
	ASSERT_EQ(0, fd_send(pair[0], job.buf[in].fd));
	ASSERT_EQ(0, fd_send(pair[0], job.buf[out].fd));
	EXPECT_EQ(0, child_wait(pid, 2 * TEST_WAIT_MS));
	EXPECT_TRUE(bed_job_right(&self->bed, &job));
	job_free(&job);
	close(pair[0]);
	close(pair[1]);
}

/* The same memory as output of one job and input of the next one. */
TEST_F(buffer, attached_for_both_directions)
{
	int in = dev_port(&self->bed.dev, SRFPGA_PORT_INPUT);
	int out = dev_port(&self->bed.dev, SRFPGA_PORT_OUTPUT);
	struct test_buf both;
	struct test_job job;
	uint8_t *first;

	if (self->bed.dev.port[in].frame_bytes !=
	    self->bed.dev.port[out].frame_bytes)
		SKIP(return, "frames of different size");
	ASSERT_EQ(0, job_init(&job, &self->bed.dev, 1, 5));
	first = job.buf[in].map;
	both = job.buf[out];
	ASSERT_EQ(0, buf_attach(&self->bed.dev, &both,
				SRFPGA_ATTACH_READ | SRFPGA_ATTACH_WRITE));
	job.jb[out].handle = both.handle;
	ASSERT_EQ(0, job_run(&job, 1));
	EXPECT_TRUE(bed_job_right(&self->bed, &job));
	/* there and back: the key is applied twice, in place */
	job.jb[in].handle = both.handle;
	ASSERT_EQ(0, job_run(&job, 2));
	buf_sync(&both, true, false);
	EXPECT_EQ(0, memcmp(first, both.map, both.len));
	buf_sync(&both, false, false);
	job_free(&job);
}

TEST_F(buffer, sync_refuses_nonsense)
{
	struct test_buf buf;
	uint64_t flags = 1 << 5;

	ASSERT_EQ(0, buf_alloc(&self->bed.dev, &buf, 4096));
	EXPECT_EQ(-EINVAL, dev_ioctl(buf.fd, _IOW('b', 0, uint64_t), &flags));
	EXPECT_EQ(0, buf_sync(&buf, true, true));
	EXPECT_EQ(0, buf_sync(&buf, false, true));
	buf_drop(&buf);
}

TEST_HARNESS_MAIN
