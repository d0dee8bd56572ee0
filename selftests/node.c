// SPDX-License-Identifier: GPL-2.0
/*
 * What the devicetree's node says of memory and time is what happens. Means most
 * on a machine with memory above 4 GiB, with two devices: one that reaches all
 * of it, with a region of its own up there, and one that does not.
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "testbed.h"
#include "testpeer.h"

#define MS		1000000ull
#define DEFAULT_BITS	32	/* of the binding */
#define DEFAULT_MS	10000

FIXTURE(node) {
	struct test_bed bed;
	struct test_job job;
	int in;
};

FIXTURE_SETUP(node)
{
	BED_SETUP(&self->bed, 0, O_NONBLOCK);
	ASSERT_EQ(0, job_init(&self->job, &self->bed.dev, 1, 1));
	self->in = dev_port(&self->bed.dev, SRFPGA_PORT_INPUT);
}

FIXTURE_TEARDOWN(node)
{
	job_free(&self->job);
	BED_TEARDOWN(&self->bed);
}

/** Up to @len bytes of a file; or -errno. */
static int bytes_read(const char *path, uint8_t *bytes, size_t len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int ret;

	if (fd < 0)
		return -errno;
	ret = read(fd, bytes, len);
	if (ret < 0)
		ret = -errno;
	close(fd);
	return ret;
}

static int property_read(unsigned int index, const char *name, uint8_t *bytes,
			 size_t len)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/class/srfpga/%s/device/of_node/%s",
		 dev_name(index), name);
	return bytes_read(path, bytes, len);
}

static uint64_t big_endian(const uint8_t *bytes, unsigned int len)
{
	uint64_t n = 0;

	while (len--)
		n = n << 8 | *bytes++;
	return n;
}

/** A property of one cell, or @missing. */
static uint32_t property(unsigned int index, const char *name, uint32_t missing)
{
	uint8_t cell[4];

	return property_read(index, name, cell, sizeof(cell)) == sizeof(cell) ?
	       big_endian(cell, sizeof(cell)) : missing;
}

/** struct region - a reserved range of memory */
struct region {
	uint64_t start, bytes;
};

/** The region that the node names, if its place is fixed: else -ENOENT. */
static int region_find(unsigned int index, struct region *region)
{
	uint8_t wanted[4], phandle[4], reg[16];
	glob_t found = { 0 };
	char path[256];
	int ret = -ENOENT;
	size_t i;

	if (property_read(index, "memory-region", wanted, 4) != 4)
		return ret;
	glob("/proc/device-tree/reserved-memory/*/phandle", 0, NULL, &found);
	for (i = 0; i < found.gl_pathc && ret; i++) {
		if (bytes_read(found.gl_pathv[i], phandle, 4) != 4 ||
		    memcmp(phandle, wanted, 4))
			continue;
		snprintf(path, sizeof(path), "%.*sreg",
			 (int)(strlen(found.gl_pathv[i]) - strlen("phandle")),
			 found.gl_pathv[i]);
		if (bytes_read(path, reg, sizeof(reg)) != sizeof(reg))
			continue;
		region->start = big_endian(reg, 8);
		region->bytes = big_endian(reg + 8, 8);
		ret = 0;
	}
	globfree(&found);
	return ret;
}

/** The last byte of memory of this machine, or 0. */
static uint64_t memory_end(void)
{
	unsigned long long start, end, last = 0;
	FILE *iomem = fopen("/proc/iomem", "r");
	char line[256];

	while (iomem && fgets(line, sizeof(line), iomem))
		if (strstr(line, "System RAM") &&
		    sscanf(line, "%llx-%llx", &start, &end) == 2 && end > last)
			last = end;
	if (iomem)
		fclose(iomem);
	return last;
}

static bool reaches(unsigned int index, uint64_t last)
{
	uint32_t bits = property(index, "srfpga,dma-address-bits",
				 DEFAULT_BITS);

	return bits == 64 || last < 1ull << bits;
}

/** The last byte that buffers of device @index can have, or 0: nobody knows. */
static uint64_t own_memory_end(unsigned int index)
{
	struct region region;

	if (!region_find(index, &region))
		return region.start + region.bytes - 1;
	return reaches(index, 1ull << DEFAULT_BITS) ?
	       0 : (1ull << DEFAULT_BITS) - 1;
}

TEST_F(node, coherent)
{
	uint8_t none;
	bool said = property_read(0, "dma-coherent", &none, 1) == 0;

	EXPECT_EQ(said, !!(self->bed.dev.info.caps & SRFPGA_CAP_COHERENT));
	EXPECT_EQ(0, job_run(&self->job, 1));
	EXPECT_TRUE(bed_job_right(&self->bed, &self->job));
}

/* What a submission without a limit of its own gets. */
TEST_F(node, timeout)
{
	uint64_t limit = property(0, "srfpga,timeout-ms", DEFAULT_MS) * MS;
	struct srfpga_event ev;

	EXPECT_EQ(limit, self->bed.dev.info.default_timeout_ns);
	if (limit > DEFAULT_MS / 2 * MS)
		return;	/* nobody waits for that */
	if (!(self->bed.dev.info.caps & SRFPGA_CAP_RESET))
		SKIP(return, "no reset line");
	self->job.sub.timeout_ns = 0;
	model_fault(&self->bed.model, FPGA_FAULT_HANG, 1, 0, 0);
	ASSERT_EQ(0, job_submit(&self->job, 1));
	ASSERT_EQ(0, dev_event(self->bed.dev.fd, &ev, TEST_WAIT_MS));
	EXPECT_EQ(-ETIMEDOUT, ev.status);
	EXPECT_GE(ev.finished_ns - ev.started_ns, limit);
	EXPECT_LT(ev.finished_ns - ev.started_ns, DEFAULT_MS * MS);
}

/* Nobody who asks for eternity gets it: the greater of both limits. */
TEST_F(node, longest_timeout)
{
	uint64_t least = property(0, "srfpga,timeout-ms", DEFAULT_MS) * MS;
	struct srfpga_event ev;

	if (least > DEFAULT_MS / 2 * MS)
		SKIP(return, "the default is too long to wait for");
	if (!(self->bed.dev.info.caps & SRFPGA_CAP_RESET))
		SKIP(return, "no reset line");
	self->job.sub.timeout_ns = UINT64_MAX;
	model_fault(&self->bed.model, FPGA_FAULT_HANG, 1, 0, 0);
	ASSERT_EQ(0, file_write(TIMEOUT_LIMIT, "1"));
	ASSERT_EQ(0, job_submit(&self->job, 1));
	EXPECT_EQ(0, file_write(TIMEOUT_LIMIT, "60000"));
	ASSERT_EQ(0, dev_event(self->bed.dev.fd, &ev, TEST_WAIT_MS));
	EXPECT_EQ(-ETIMEDOUT, ev.status);
	EXPECT_GE(ev.finished_ns - ev.started_ns, least);
	EXPECT_LT(ev.finished_ns - ev.started_ns, DEFAULT_MS * MS);
}

/* The model reports DMA to anywhere else, and does not do it. */
TEST_F(node, buffers_are_in_the_region)
{
	struct test_model *model = &self->bed.model;
	struct region region;

	if (region_find(0, &region))
		SKIP(return, "the node names no region of a fixed place");
	model_write64(model, FPGA_CTL_GRANT_ADDR_LO, region.start);
	model_write64(model, FPGA_CTL_GRANT_LEN_LO, region.bytes);
	model_write(model, FPGA_CTL_GRANT_CMD, FPGA_GRANT_ADD);
	model_write(model, FPGA_CTL_GRANT_CMD, FPGA_GRANT_ENFORCE);
	EXPECT_EQ(0, job_run(&self->job, 1));
	EXPECT_TRUE(bed_job_right(&self->bed, &self->job));
	EXPECT_EQ(0, model_read(model, FPGA_CTL_VIOLATION(FPGA_VIOL_GRANT)));
	model_write(model, FPGA_CTL_GRANT_CMD, FPGA_GRANT_IGNORE);
	model_write(model, FPGA_CTL_GRANT_CMD, FPGA_GRANT_CLEAR);
}

/** Attach @fd, one page, as the input; run a job with it if that works. */
static int attach_page(FIXTURE_DATA(node) *self, int fd)
{
	struct test_buf *buf = &self->job.buf[self->in];
	size_t page = sysconf(_SC_PAGESIZE);
	int ret;

	buf_detach(&self->bed.dev, buf);
	buf_drop(buf);
	buf->fd = fd;
	buf->len = page;
	self->job.jb[self->in].length = page;
	ret = buf_attach(&self->bed.dev, buf, SRFPGA_ATTACH_READ);
	if (ret || self->bed.dev.port[self->in].frame_bytes > page)
		return ret;
	ret = buf_map(buf);
	if (ret)
		return ret;
	job_fill_port(&self->job, self->in, 9);
	ret = job_run(&self->job, 1);
	return ret || bed_job_right(&self->bed, &self->job) ? ret : -EBADMSG;
}

/* Others' memory lies anywhere: the kernel would bounce what is out of reach, and
 * nobody would copy the results back.
 */
#define EXPECT_REACHED_LIKE(last, fd)					\
	EXPECT_EQ(reaches(0, last) ? 0 : -EOPNOTSUPP, attach_page(self, fd))

TEST_F(node, udmabuf)
{
	int fd = udmabuf_create(sysconf(_SC_PAGESIZE), false);

	if (fd == -ENOENT)
		SKIP(return, "no udmabuf");
	ASSERT_GE(fd, 0);
	EXPECT_REACHED_LIKE(memory_end(), fd);
}

TEST_F(node, vgem)
{
	struct vgem vgem;
	uint32_t handle;
	int fd;

	if (vgem_open(&vgem))
		SKIP(return, "no vgem");
	fd = vgem_buffer(&vgem, sysconf(_SC_PAGESIZE), &handle);
	ASSERT_GE(fd, 0);
	EXPECT_REACHED_LIKE(memory_end(), fd);
	vgem_close(&vgem);
}

/* Of the driver's own buffers it is known where they lie. */
TEST_F(node, own_buffer_of_another_device)
{
	struct test_dev other;
	struct test_buf buf;

	if (!dev_present(1))
		SKIP(return, "no second device");
	if (!own_memory_end(1))
		SKIP(return, "the other device's memory may lie anywhere");
	ASSERT_EQ(0, dev_open(&other, 1, 0));
	ASSERT_EQ(0, buf_alloc(&other, &buf, sysconf(_SC_PAGESIZE)));
	EXPECT_REACHED_LIKE(own_memory_end(1), buf.fd);
	dev_close(&other);
}

/* vivid has 32 bits. */
TEST_F(node, camera_of_32_bits)
{
	uint64_t end = own_memory_end(0);
	long len = vivid_picture_bytes();
	struct test_buf buf[2];
	int fd[2], i;

	if (len == -ENOENT)
		SKIP(return, "no vivid");
	if (!end)
		SKIP(return, "the device's memory may lie anywhere");
	ASSERT_GT(len, 0);
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, buf_alloc(&self->bed.dev, &buf[i], len));
		fd[i] = buf[i].fd;
	}
	EXPECT_EQ(end >> 32 ? -EOPNOTSUPP : 0, vivid_capture_into(fd, len));
	for (i = 0; i < 2; i++)
		close(fd[i]);
}

TEST_HARNESS_MAIN
