// SPDX-License-Identifier: GPL-2.0
/*
 * The device goes away under its users: files, jobs, mappings and fences stay
 * valid and say so, and a new device is there after the next bind.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>

#include "../kselftest_harness.h"
#include "testbed.h"
#include "testpeer.h"

#define CYCLES		20	/* $SRFPGA_CYCLES overrides */
#define CYCLES_TIMEOUT	3600
#define BUFINFO		(1 << 20)
#define HUGE		(2 << 20)

FIXTURE(unplug) {
	struct test_bed bed;
	struct test_job job;
	int in, out;
};

FIXTURE_SETUP(unplug)
{
	BED_SETUP(&self->bed, 0, O_NONBLOCK);
	ASSERT_EQ(0, job_init(&self->job, &self->bed.dev, 1, 1));
	self->in = dev_port(&self->bed.dev, SRFPGA_PORT_INPUT);
	self->out = dev_port(&self->bed.dev, SRFPGA_PORT_OUTPUT);
}

FIXTURE_TEARDOWN(unplug)
{
	job_free(&self->job);
	if (!dev_present(0))
		EXPECT_EQ(0, bed_bind(0));
	EXPECT_TRUE(dev_present(0));
	BED_TEARDOWN(&self->bed);
}

TEST_F(unplug, open_file)
{
	struct srfpga_get_info info = { .size = sizeof(info) };
	int fd = self->bed.dev.fd;
	struct srfpga_event ev;
	struct test_buf buf;

	ASSERT_EQ(0, bed_unbind(0));
	EXPECT_FALSE(dev_present(0));
	EXPECT_EQ(-ENODEV, dev_ioctl(fd, SRFPGA_IOC_GET_INFO, &info));
	EXPECT_EQ(-ENODEV, dev_ioctl(fd, SRFPGA_IOC_GET_PORT,
				     &self->bed.dev.port[0]));
	EXPECT_EQ(-ENODEV, buf_alloc(&self->bed.dev, &buf, 4096));
	EXPECT_EQ(-ENODEV, buf_attach(&self->bed.dev, &self->job.buf[0],
				      SRFPGA_ATTACH_READ));
	EXPECT_EQ(-ENODEV, job_submit(&self->job, 1));
	EXPECT_EQ(-1, read(fd, &ev, sizeof(ev)));
	EXPECT_EQ(ENODEV, errno);
	EXPECT_EQ(POLLHUP, dev_poll(fd, POLLIN | POLLOUT, 0) & POLLHUP);
	self->job.buf[0].handle = self->job.buf[1].handle = 0;
}

/* A reader that sleeps is woken. */
TEST_F(unplug, blocked_reader)
{
	struct srfpga_event ev;
	int pid = fork();

	ASSERT_GE(pid, 0);
	if (!pid) {
		fcntl(self->bed.dev.fd, F_SETFL, 0);
		_exit(read(self->bed.dev.fd, &ev, sizeof(ev)) < 0 ? errno : 0);
	}
	sleep_ms(TEST_QUIET_MS);
	ASSERT_EQ(0, bed_unbind(0));
	EXPECT_EQ(ENODEV, child_wait(pid, TEST_WAIT_MS));
}

/** How many dma-bufs a device has mapped, by the kernel's own list. */
static int mapped_buffers(const char *name)
{
	char *text = malloc(BUFINFO), *at;
	int n = -1;

	if (file_read("/sys/kernel/debug/dma_buf/bufinfo", text, BUFINFO) > 0) {
		n = 0;
		for (at = text; (at = strstr(at, name)); at += strlen(name))
			n++;
	}
	free(text);
	return n;
}

/* The device's mappings are gone when unbind returns, its users need not be. */
TEST_F(unplug, mappings_are_dropped)
{
	const char *name = bed_bus_name(0);

	if (mapped_buffers(name) < 0)
		SKIP(return, "no list of dma-bufs");
	ASSERT_EQ(0, job_run(&self->job, 1));
	EXPECT_EQ(self->bed.dev.info.num_ports, mapped_buffers(name));
	ASSERT_EQ(0, bed_unbind(0));
	EXPECT_EQ(0, mapped_buffers(name));
}

TEST_F(unplug, blocked_poller)
{
	int pid = fork();

	ASSERT_GE(pid, 0);
	if (!pid)
		_exit(dev_poll(self->bed.dev.fd, POLLIN, TEST_WAIT_MS) &
		      POLLHUP);
	sleep_ms(TEST_QUIET_MS);
	ASSERT_EQ(0, bed_unbind(0));
	EXPECT_EQ(POLLHUP, child_wait(pid, TEST_WAIT_MS));
}

/* Every submission ends once; those that were not done with ENODEV. */
TEST_F(unplug, jobs_in_flight)
{
	unsigned int i, gone = 0;
	struct srfpga_event ev;

	bed_timing(&self->bed, 200000, 50000);
	for (i = 0; i < 20; i++)
		ASSERT_EQ(0, job_submit(&self->job, i));
	ASSERT_EQ(0, bed_unbind(0));
	for (i = 0; i < 20; i++) {
		ASSERT_EQ(0, dev_event(self->bed.dev.fd, &ev, TEST_WAIT_MS));
		EXPECT_EQ(i, ev.user_data);
		EXPECT_EQ(ev.jobs_done ? 0 : -ENODEV, ev.status);
		gone += ev.status == -ENODEV;
	}
	EXPECT_GT(gone, 0);
	EXPECT_EQ(-1, read(self->bed.dev.fd, &ev, sizeof(ev)));
	EXPECT_EQ(ENODEV, errno);
	/* what the hardware had begun does not come out of it later */
	EXPECT_TRUE(model_idle(&self->bed.model, TEST_WAIT_MS));
	ASSERT_EQ(0, bed_bind(0));
}

TEST_F(unplug, hanging_job)
{
	struct srfpga_event ev;

	model_fault(&self->bed.model, FPGA_FAULT_HANG, 1, 0, 0);
	ASSERT_EQ(0, job_submit(&self->job, 1));
	sleep_ms(TEST_QUIET_MS);
	ASSERT_EQ(0, bed_unbind(0));
	ASSERT_EQ(0, dev_event(self->bed.dev.fd, &ev, TEST_WAIT_MS));
	EXPECT_EQ(-ENODEV, ev.status);
	model_write(&self->bed.model, FPGA_CTL_CMD, FPGA_CMD_RESET);
}

/*
 * Neither the job nor the reset comes to an end: the clocks are not taken from
 * under a DMA, nobody gets the device, and all is well when it has stopped.
 */
TEST_F(unplug, hardware_that_cannot_be_stopped)
{
	struct test_model *model = &self->bed.model;

	self->job.sub.timeout_ns = 50000000;
	model_fault(model, FPGA_FAULT_DEAD_RESET, 1000, 0, 0);
	model_fault(model, FPGA_FAULT_HANG, 1, 0, 0);
	EXPECT_EQ(-ETIMEDOUT, job_run(&self->job, 1));
	ASSERT_EQ(0, bed_unbind(0));
	EXPECT_EQ(0, model_violations(model));
	EXPECT_EQ(FPGA_STATE_CLOCK, model_read(model, FPGA_CTL_STATE) &
				    FPGA_STATE_CLOCK);
	EXPECT_NE(0, bed_bind(0));
	EXPECT_EQ(0, model_violations(model));
	model_fault(model, FPGA_FAULT_DEAD_RESET, 0, 0, 0);
	model_write(model, FPGA_CTL_CMD, FPGA_CMD_RESET);
	EXPECT_EQ(0, bed_bind(0));
}

/* What comes out of it after all goes to memory that is still its own. */
TEST_F(unplug, late_hardware_that_cannot_be_stopped)
{
	struct test_model *model = &self->bed.model;

	if (!(self->bed.dev.info.caps & SRFPGA_CAP_RESET))
		SKIP(return, "no reset line");
	self->job.sub.timeout_ns = 50000000;
	model_fault(model, FPGA_FAULT_DEAD_RESET, 1000, 0, 0);
	model_fault(model, FPGA_FAULT_LATE, 1, 2000000000, 0);
	EXPECT_EQ(-ETIMEDOUT, job_run(&self->job, 1));
	job_free(&self->job);
	dev_close(&self->bed.dev);
	ASSERT_EQ(0, bed_unbind(0));
	EXPECT_EQ(0, model_read(model, FPGA_CTL_FRAMES_OUT));
	EXPECT_TRUE(model_idle(model, TEST_WAIT_MS));
	EXPECT_EQ(1, model_read(model, FPGA_CTL_FRAMES_OUT));
	EXPECT_EQ(0, model_violations(model));
	model_fault(model, FPGA_FAULT_DEAD_RESET, 0, 0, 0);
	ASSERT_EQ(0, bed_bind(0));
	ASSERT_EQ(0, dev_open(&self->bed.dev, 0, O_NONBLOCK));
	ASSERT_EQ(0, job_init(&self->job, &self->bed.dev, 1, 1));
}

/** Run @job with all of its ports in one buffer that is not ours. */
static int run_in_foreign(struct test_job *job, int fd)
{
	struct test_buf buf = { .fd = fd, .len = HUGE };
	unsigned int i;
	int ret;

	ret = buf_attach(job->dev, &buf,
			 SRFPGA_ATTACH_READ | SRFPGA_ATTACH_WRITE);
	for (i = 0; i < job->dev->info.num_ports; i++) {
		job->jb[i].handle = buf.handle;
		job->jb[i].offset = i << 16;
	}
	return ret ? ret : job_run(job, 1);
}

/* Whether the module can be removed, tried for a second. */
static bool removable(void)
{
	int tries, ret = -1;

	for (tries = 0; ret && tries < 100; tries++) {
		sleep_ms(10);
		ret = syscall(SYS_delete_module, "srfpga", O_NONBLOCK);
	}
	return !ret;
}

/*
 * Somebody else's memory that hardware may write to for ever: the driver holds
 * it beyond the device, and cannot be removed, until the hardware has stopped.
 */
TEST_F(unplug, foreign_memory_of_hardware_that_cannot_be_stopped)
{
	struct test_model *model = &self->bed.model;
	long long before;
	int fd = udmabuf_create(HUGE, true);

	if (fd < 0)
		SKIP(return, "no udmabuf of a huge page");
	before = file_number(DMABUF_COUNT);
	self->job.sub.timeout_ns = 50000000;
	model_fault(model, FPGA_FAULT_DEAD_RESET, 1000, 0, 0);
	model_fault(model, FPGA_FAULT_HANG, 1, 0, 0);
	EXPECT_EQ(-ETIMEDOUT, run_in_foreign(&self->job, fd));
	job_free(&self->job);
	before -= self->bed.dev.info.num_ports;
	dev_close(&self->bed.dev);
	close(fd);
	ASSERT_EQ(0, bed_unbind(0));
	EXPECT_FALSE(removable());
	EXPECT_EQ(before, file_settles(DMABUF_COUNT, before, 0));
	model_fault(model, FPGA_FAULT_DEAD_RESET, 0, 0, 0);
	model_write(model, FPGA_CTL_CMD, FPGA_CMD_RESET);
	ASSERT_EQ(0, bed_bind(0));
	EXPECT_EQ(before - 1, file_settles(DMABUF_COUNT, before - 1, 1000));
	ASSERT_EQ(0, dev_open(&self->bed.dev, 0, O_NONBLOCK));
	ASSERT_EQ(0, job_init(&self->job, &self->bed.dev, 1, 1));
}

/* Without a reset line unbind waits: nothing of the job is left inside. */
TEST_F(unplug, drains_without_reset)
{
	struct srfpga_event ev;

	if (self->bed.dev.info.caps & SRFPGA_CAP_RESET)
		SKIP(return, "there is a reset line");
	bed_timing(&self->bed, 600000, 100000);
	ASSERT_EQ(0, job_submit(&self->job, 1));
	ASSERT_EQ(0, bed_unbind(0));
	EXPECT_EQ(0, model_read(&self->bed.model, FPGA_CTL_STATE) &
		     FPGA_STATE_BUSY);
	EXPECT_EQ(1, model_read(&self->bed.model, FPGA_CTL_FRAMES_OUT));
	ASSERT_EQ(0, dev_event(self->bed.dev.fd, &ev, TEST_WAIT_MS));
	EXPECT_EQ(0, ev.status);
	EXPECT_EQ(1, ev.jobs_done);
	EXPECT_TRUE(bed_job_right(&self->bed, &self->job));
}

/* What runs is cut off by the reset line, or finishes without one. */
TEST_F(unplug, fences)
{
	bool reset = self->bed.dev.info.caps & SRFPGA_CAP_RESET;
	int done, running, end = reset ? -ENODEV : 1;

	self->job.sub.flags = SRFPGA_SUBMIT_OUT_FENCE;
	ASSERT_EQ(0, job_submit(&self->job, 1));
	done = self->job.sub.out_fence_fd;
	ASSERT_EQ(1, fence_wait(done, TEST_WAIT_MS));
	bed_timing(&self->bed, 500000, 100000);
	ASSERT_EQ(0, job_submit(&self->job, 2));
	running = self->job.sub.out_fence_fd;
	ASSERT_EQ(0, bed_unbind(0));
	EXPECT_EQ(1, fence_status(done));
	EXPECT_NE(0, fence_timestamp(done));
	EXPECT_EQ(end, fence_wait(running, TEST_WAIT_MS));
	ASSERT_EQ(0, bed_bind(0));
	EXPECT_EQ(end, fence_status(running));
	close(done);
	close(running);
}

/* Waiting for somebody else's fence ends, too. */
TEST_F(unplug, waiting_for_a_fence)
{
	struct srfpga_event ev;
	struct vgem vgem;
	uint32_t fence;
	int fd;

	if (vgem_open(&vgem))
		SKIP(return, "no vgem");
	fd = vgem_fence(&vgem, &fence);
	ASSERT_GE(fd, 0);
	self->job.sub.flags = SRFPGA_SUBMIT_IN_FENCE;
	self->job.sub.in_fence_fd = fd;
	ASSERT_EQ(0, job_submit(&self->job, 1));
	ASSERT_EQ(0, bed_unbind(0));
	ASSERT_EQ(0, dev_event(self->bed.dev.fd, &ev, TEST_WAIT_MS));
	EXPECT_EQ(-ENODEV, ev.status);
	EXPECT_EQ(0, ev.started_ns);
	EXPECT_EQ(0, vgem_signal(&vgem, fence));
	close(fd);
	vgem_close(&vgem);
}

/* Mapped memory stays, before, between and after. */
TEST_F(unplug, mapping)
{
	struct test_buf *buf = &self->job.buf[self->in];
	uint8_t *again;

	memset(buf->map, 0x33, buf->len);
	ASSERT_EQ(0, bed_unbind(0));
	EXPECT_EQ(0x33, buf->map[buf->len - 1]);
	memset(buf->map, 0x44, buf->len);
	EXPECT_EQ(0, buf_sync(buf, true, true));
	EXPECT_EQ(0, buf_sync(buf, false, true));
	again = mmap(NULL, buf->len, PROT_READ, MAP_SHARED, buf->fd, 0);
	ASSERT_NE(MAP_FAILED, (void *)again);
	EXPECT_EQ(0x44, again[buf->len - 1]);
	munmap(again, buf->len);
	ASSERT_EQ(0, bed_bind(0));
	EXPECT_EQ(0x44, buf->map[buf->len - 1]);
}

/* A buffer of the device that was is a buffer for the one that is. */
TEST_F(unplug, old_buffer_on_the_new_device)
{
	struct test_dev dev;
	struct test_job next;

	ASSERT_EQ(0, bed_unbind(0));
	ASSERT_EQ(0, bed_bind(0));
	ASSERT_EQ(0, dev_open(&dev, 0, 0));
	ASSERT_EQ(0, job_init(&next, &dev, 1, 7));
	ASSERT_EQ(0, buf_attach(&dev, &self->job.buf[self->in],
				SRFPGA_ATTACH_READ));
	next.jb[self->in].handle = self->job.buf[self->in].handle;
	EXPECT_EQ(0, job_run(&next, 1));
	next.buf[self->in].map = self->job.buf[self->in].map;
	EXPECT_TRUE(bed_job_right(&self->bed, &next));
	dev_close(&dev);
}

TEST_F(unplug, old_file_stays_dead)
{
	ASSERT_EQ(0, bed_unbind(0));
	ASSERT_EQ(0, bed_bind(0));
	EXPECT_EQ(-ENODEV, job_submit(&self->job, 1));
	EXPECT_EQ(POLLHUP, dev_poll(self->bed.dev.fd, 0, 0) & POLLHUP);
}

/* Buffers that go after the device: no user is left who could. */
TEST_F(unplug, last_buffer_goes_last)
{
	struct test_dev dev;
	struct test_buf buf;

	ASSERT_EQ(0, dev_open(&dev, 0, 0));
	ASSERT_EQ(0, buf_alloc(&dev, &buf, 1 << 20));
	ASSERT_EQ(0, buf_map(&buf));
	ASSERT_EQ(0, buf_attach(&dev, &buf, SRFPGA_ATTACH_READ));
	ASSERT_EQ(0, bed_unbind(0));
	dev_close(&dev);
	ASSERT_EQ(0, bed_bind(0));
	memset(buf.map, 1, buf.len);
	buf_drop(&buf);
}

/* A module in use is not removed. */
TEST_F(unplug, rmmod_with_open_file)
{
	EXPECT_EQ(-1, syscall(SYS_delete_module, "srfpga", O_NONBLOCK));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_EQ(0, job_run(&self->job, 1));
}

/* The users of the old module's code: a buffer, and a fence that has signalled. */
TEST_F(unplug, rmmod_with_buffer_and_fence)
{
	struct test_dev dev;
	struct test_job job;
	struct test_buf buf;

	ASSERT_EQ(0, dev_open(&dev, 0, 0));
	ASSERT_EQ(0, job_init(&job, &dev, 1, 1));
	ASSERT_EQ(0, buf_alloc(&dev, &buf, 4096));
	job.sub.flags = SRFPGA_SUBMIT_OUT_FENCE;
	ASSERT_EQ(0, job_run(&job, 1));
	job_free(&job);
	dev_close(&dev);
	job_free(&self->job);
	dev_close(&self->bed.dev);
	EXPECT_EQ(-1, syscall(SYS_delete_module, "srfpga", O_NONBLOCK));
	EXPECT_EQ(EAGAIN, errno);
	buf_drop(&buf);
	close(job.sub.out_fence_fd);
	EXPECT_TRUE(dev_present(0));
}

/* $SRFPGA_MODULE: the file to load again, $SRFPGA_MODULE_ARGS: its parameters. */
TEST_F(unplug, rmmod_and_insmod)
{
	const char *path = getenv("SRFPGA_MODULE");
	const char *args = getenv("SRFPGA_MODULE_ARGS");
	int fd;

	if (!path)
		SKIP(return, "SRFPGA_MODULE does not say which module");
	job_free(&self->job);
	dev_close(&self->bed.dev);
	/* the last references go with work that is still to be done */
	ASSERT_TRUE(removable());
	EXPECT_FALSE(dev_present(0));
	fd = open(path, O_RDONLY);
	ASSERT_GE(fd, 0);
	EXPECT_EQ(0, syscall(SYS_finit_module, fd, args ? args : "", 0));
	close(fd);
	EXPECT_TRUE(dev_present(0));
}

/** What a user may see while devices come and go. */
static bool allowed(int ret)
{
	return !ret || ret == -ENODEV || ret == -ENOENT || ret == -ENXIO;
}

/** One life of a file: buffers, jobs, events. A count of what is wrong. */
static int traffic_once(void)
{
	struct test_dev dev;
	struct test_job job;
	struct srfpga_event ev = { 0 };
	unsigned int i, queued = 0;
	int ret = dev_open(&dev, 0, O_NONBLOCK), bad = !allowed(ret);

	if (ret)
		return bad;
	ret = job_init(&job, &dev, 1, 3);
	bad += !allowed(ret);
	for (i = 0; i < 8 && !ret; i++) {
		ret = job_submit(&job, i);
		bad += !allowed(ret);
		queued += !ret;
	}
	for (i = 0; i < queued; i++) {
		ret = dev_event(dev.fd, &ev, TEST_WAIT_MS);
		if (!ret && ev.user_data == i && allowed(ev.status))
			continue;
		fprintf(stderr, "# event %u of %u: %d, status %d\n", i, queued,
			ret, ev.status);
		bad++;
	}
	if (job.dev)
		job_free(&job);
	dev_close(&dev);
	return bad;
}

static volatile sig_atomic_t stop;

static void on_term(int sig)
{
	stop = 1;
}

static int traffic(void)
{
	int bad = 0;

	signal(SIGTERM, on_term);
	while (!stop)
		bad += traffic_once();
	return bad > 255 ? 255 : bad;
}

/* Unbind and bind, again and again, with two processes at work. */
TEST_F_TIMEOUT(unplug, cycles, CYCLES_TIMEOUT)
{
	const char *env = getenv("SRFPGA_CYCLES");
	unsigned int i, cycles = env ? atoi(env) : CYCLES;
	int pid[2];

	for (i = 0; i < 2; i++) {
		pid[i] = fork();
		ASSERT_GE(pid[i], 0);
		if (!pid[i])
			_exit(traffic());
	}
	for (i = 0; i < cycles; i++) {
		EXPECT_EQ(0, bed_unbind(0));
		EXPECT_EQ(0, bed_bind(0));
		sleep_ms(i % 4 * 5);
	}
	for (i = 0; i < 2; i++) {
		kill(pid[i], SIGTERM);
		EXPECT_EQ(0, child_wait(pid[i], 2 * TEST_WAIT_MS));
	}
	TH_LOG("%u cycles", cycles);
}

TEST_HARNESS_MAIN
