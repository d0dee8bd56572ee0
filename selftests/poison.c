// SPDX-License-Identifier: GPL-2.0
/*
 * Nothing of what the kernel has in memory reaches a user or the device: not in
 * padding, not in tails, not in buffers. Means most with a kernel that fills
 * memory with patterns instead of zeroes:
 * init_on_alloc=0 page_poison=1 slab_debug=FZPU
 */
#include <errno.h>
#include <fcntl.h>

#include "../kselftest_harness.h"
#include "testbed.h"
#include "testpeer.h"

#define MINE	0xee	/* what the tests put where the kernel may write */

FIXTURE(poison) {
	struct test_bed bed;
	struct test_job job;
};

FIXTURE_SETUP(poison)
{
	BED_SETUP(&self->bed, 0, O_NONBLOCK);
	ASSERT_EQ(0, job_init(&self->job, &self->bed.dev, 1, 1));
}

FIXTURE_TEARDOWN(poison)
{
	job_free(&self->job);
	BED_TEARDOWN(&self->bed);
}

static bool all_are(const void *start, size_t len, uint8_t value)
{
	const uint8_t *bytes = start;

	while (len--)
		if (bytes[len] != value)
			return false;
	return true;
}

/** No word of it is a pattern of the kernel's: freed, never set, page, end. */
static bool unpoisoned(const void *start, size_t len)
{
	static const uint8_t pattern[] = { 0x6b, 0x5a, 0xaa, 0xa5, 0xbb, 0xcc };
	const uint8_t *bytes = start;
	size_t i, p;

	for (i = 0; i + 4 <= len; i += 4)
		for (p = 0; p < sizeof(pattern); p++)
			if (all_are(bytes + i, 4, pattern[p]))
				return false;
	return true;
}

TEST_F(poison, of_this_kernel)
{
	char line[4096];

	ASSERT_GT(file_read("/proc/cmdline", line, sizeof(line)), 0);
	if (!strstr(line, "init_on_alloc=0"))
		SKIP(return, "memory is zeroed by this kernel: init_on_alloc=0");
	EXPECT_NE(NULL, strstr(line, "page_poison=1"));
	EXPECT_NE(NULL, strstr(line, "slab_debug=FZPU"));
}

TEST_F(poison, info)
{
	struct srfpga_get_info info;
	size_t len;

	memset(&info, MINE, sizeof(info));
	info.size = sizeof(info);
	/* what goes in is not looked at, but for the size */
	ASSERT_EQ(0, dev_ioctl(self->bed.dev.fd, SRFPGA_IOC_GET_INFO, &info));
	len = strlen(info.name);
	EXPECT_TRUE(all_are(info.name + len, sizeof(info.name) - len, 0));
	EXPECT_TRUE(unpoisoned(&info, sizeof(info)));
	EXPECT_EQ(0, info.pad);
}

TEST_F(poison, ports)
{
	struct srfpga_get_port port;
	unsigned int i, k;
	size_t len;

	for (i = 0; i < self->bed.dev.info.num_ports; i++) {
		memset(&port, MINE, sizeof(port));
		port.size = sizeof(port);
		port.index = i;
		ASSERT_EQ(0, dev_ioctl(self->bed.dev.fd, SRFPGA_IOC_GET_PORT,
				       &port));
		for (k = port.normal_rank; k < SRFPGA_MAX_RANK; k++)
			EXPECT_EQ(0, port.normal_shape[k]);
		for (k = port.folded_rank; k < SRFPGA_MAX_RANK; k++)
			EXPECT_EQ(0, port.folded_shape[k]);
		len = strlen(port.name);
		EXPECT_TRUE(all_are(port.name + len, sizeof(port.name) - len,
				    0));
		EXPECT_TRUE(unpoisoned(&port, sizeof(port)));
	}
}

/* Of a longer struct than the kernel's, the rest is the caller's. */
TEST_F(poison, tail)
{
	struct {
		struct srfpga_get_info info;
		uint8_t later[24];
	} arg = { .info.size = sizeof(arg) };

	ASSERT_EQ(0, dev_ioctl(self->bed.dev.fd, SRFPGA_IOC_GET_INFO, &arg));
	EXPECT_EQ(sizeof(arg.info), arg.info.size);
	EXPECT_TRUE(all_are(arg.later, sizeof(arg.later), 0));
}

TEST_F(poison, alloc_writes_the_descriptor_only)
{
	struct srfpga_alloc arg = { .size = sizeof(arg), .bytes = 4096 }, was;

	memset(&arg.fd, MINE, sizeof(arg.fd));
	was = arg;
	ASSERT_EQ(0, dev_ioctl(self->bed.dev.fd, SRFPGA_IOC_ALLOC, &arg));
	close(arg.fd);
	EXPECT_NE(was.fd, arg.fd);
	was.fd = arg.fd;
	EXPECT_EQ(0, memcmp(&was, &arg, sizeof(arg)));
}

TEST_F(poison, attach_writes_handle_and_length_only)
{
	struct srfpga_attach arg = {
		.size = sizeof(arg), .fd = self->job.buf[0].fd,
		.direction = SRFPGA_ATTACH_READ,
	}, was;

	memset(&arg.handle, MINE, sizeof(arg.handle));
	memset(&arg.bytes, MINE, sizeof(arg.bytes));
	was = arg;
	ASSERT_EQ(0, dev_ioctl(self->bed.dev.fd, SRFPGA_IOC_ATTACH, &arg));
	was.handle = arg.handle;
	was.bytes = arg.bytes;
	EXPECT_EQ(0, memcmp(&was, &arg, sizeof(arg)));
	EXPECT_TRUE(unpoisoned(&arg, sizeof(arg)));

	/* and nothing at all when it is refused */
	arg.fd = -1;
	memset(&arg.handle, MINE, sizeof(arg.handle));
	was = arg;
	EXPECT_EQ(-EBADF, dev_ioctl(self->bed.dev.fd, SRFPGA_IOC_ATTACH, &arg));
	EXPECT_EQ(0, memcmp(&was, &arg, sizeof(arg)));
}

TEST_F(poison, submit_writes_the_fence_only)
{
	struct srfpga_submit was;

	memset(&self->job.sub.out_fence_fd, MINE, sizeof(int));
	self->job.sub.user_data = 1;
	was = self->job.sub;
	ASSERT_EQ(0, job_run(&self->job, 1));
	EXPECT_EQ(0, memcmp(&was, &self->job.sub, sizeof(was)));

	self->job.sub.flags = was.flags = SRFPGA_SUBMIT_OUT_FENCE;
	ASSERT_EQ(0, job_run(&self->job, 1));
	EXPECT_NE(was.out_fence_fd, self->job.sub.out_fence_fd);
	was.out_fence_fd = self->job.sub.out_fence_fd;
	EXPECT_EQ(0, memcmp(&was, &self->job.sub, sizeof(was)));
	close(was.out_fence_fd);
}

/** Read one event into memory that is full of something else. */
static int read_event(struct __test_metadata *_metadata, int fd,
		      struct srfpga_event *ev)
{
	uint8_t room[sizeof(*ev) + 56];
	ssize_t n;

	EXPECT_TRUE(dev_poll(fd, POLLIN, TEST_WAIT_MS) & POLLIN);
	memset(room, MINE, sizeof(room));
	n = read(fd, room, sizeof(room));
	EXPECT_EQ(sizeof(*ev), n);
	EXPECT_TRUE(all_are(room + sizeof(*ev), 56, MINE));
	EXPECT_TRUE(unpoisoned(room, sizeof(*ev)));
	memcpy(ev, room, sizeof(*ev));
	EXPECT_EQ(sizeof(*ev), ev->size);
	EXPECT_EQ(0, ev->pad);
	return ev->status;
}

TEST_F(poison, event_of_a_good_job)
{
	struct srfpga_event ev;

	ASSERT_EQ(0, job_submit(&self->job, 7));
	EXPECT_EQ(0, read_event(_metadata, self->bed.dev.fd, &ev));
	EXPECT_EQ(1, ev.jobs_done);
}

/* What never began has no beginning, and not what was there before. */
TEST_F(poison, event_of_a_job_that_never_ran)
{
	struct srfpga_event ev;
	struct vgem vgem;
	uint32_t fence;

	if (vgem_open(&vgem))
		SKIP(return, "no vgem");
	self->job.sub.flags = SRFPGA_SUBMIT_IN_FENCE;
	self->job.sub.in_fence_fd = vgem_fence(&vgem, &fence);
	ASSERT_GE(self->job.sub.in_fence_fd, 0);
	ASSERT_EQ(0, job_submit(&self->job, 8));
	ASSERT_EQ(0, bed_unbind(0));
	EXPECT_EQ(-ENODEV, read_event(_metadata, self->bed.dev.fd, &ev));
	EXPECT_EQ(0, ev.started_ns);
	EXPECT_EQ(0, ev.jobs_done);
	EXPECT_EQ(0, vgem_signal(&vgem, fence));
	close(self->job.sub.in_fence_fd);
	vgem_close(&vgem);
	ASSERT_EQ(0, bed_bind(0));
}

/* Every size, from the page allocator and from CMA, just full of data. */
TEST_F(poison, buffers)
{
	static const size_t size[] = { 1, 4095, 4096, 4097, 20000, 65536,
				       1 << 20, (4 << 20) + 1 };
	size_t page = sysconf(_SC_PAGESIZE), i, round;
	struct test_buf buf;

	for (i = 0; i < ARRAY_SIZE(size); i++)
		for (round = 0; round < 3; round++) {
			ASSERT_EQ(0, buf_alloc(&self->bed.dev, &buf, size[i]));
			buf.len = (size[i] + page - 1) / page * page;
			ASSERT_EQ(0, buf_map(&buf));
			EXPECT_TRUE(all_are(buf.map, buf.len, 0));
			memset(buf.map, 0x77, buf.len);
			buf_drop(&buf);
		}
}

/* The device sees zeroes, too, where nobody has written. */
TEST_F(poison, untouched_input)
{
	struct test_dev *dev = &self->bed.dev;
	struct test_buf old[SRFPGA_MAX_PORTS];
	unsigned int p;

	for (p = 0; p < dev->info.num_ports; p++) {
		struct test_buf *buf = &self->job.buf[p];

		old[p] = *buf;
		ASSERT_EQ(0, buf_alloc(dev, buf, old[p].len));
		ASSERT_EQ(0, buf_attach(dev, buf, dev_port_direction(dev, p)));
		self->job.jb[p].handle = buf->handle;
	}
	ASSERT_EQ(0, job_run(&self->job, 1));
	for (p = 0; p < dev->info.num_ports; p++) {
		struct test_buf *buf = &self->job.buf[p];

		ASSERT_EQ(0, buf_map(buf));
		if (dev->port[p].role != SRFPGA_PORT_OUTPUT)
			EXPECT_TRUE(all_are(buf->map, buf->len, 0));
	}
	EXPECT_TRUE(bed_job_right(&self->bed, &self->job));
	for (p = 0; p < dev->info.num_ports; p++)
		buf_drop(&old[p]);
}

TEST_HARNESS_MAIN
