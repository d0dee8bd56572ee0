// SPDX-License-Identifier: GPL-2.0
/*
 * Every call of the device and of its buffers, with the n-th allocation or user
 * copy inside it failing, for every n: refused or done, nothing in between.
 * Needs a kernel with fault injection.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "testbed.h"
#include "testfault.h"
#include "testpeer.h"

/** What the out fence's member holds before a call that must not touch it. */
#define UNTOUCHED	-4711
#define BYTES		65536

/** struct trial - what the calls work on; the first part lasts for a sweep */
struct trial {
	struct test_bed bed;
	struct test_job job;
	int foreign;		/* dma-buf of one page, or -1 */

	struct test_dev other;
	struct vgem vgem;
	uint32_t vgem_fence;
	struct srfpga_alloc alloc;
	struct srfpga_attach attach;
	struct srfpga_event event;
	void *map;
	int fd;
	uint64_t number;
};

FIXTURE(failnth) {
	struct trial t;
};

FIXTURE_SETUP(failnth)
{
	struct trial *t = &self->t;

	if (fault_setup())
		SKIP(return, "the kernel has no fault injection");
	BED_SETUP(&t->bed, 0, O_NONBLOCK);
	ASSERT_EQ(0, job_init(&t->job, &t->bed.dev, 1, 1));
	t->foreign = udmabuf_create(4096, false);
}

FIXTURE_TEARDOWN(failnth)
{
	job_free(&self->t.job);
	close(self->t.foreign);
	BED_TEARDOWN(&self->t.bed);
}

static int errno_of(int ret)
{
	return ret < 0 ? -errno : ret;
}

/* --- open, close, questions -------------------------------------------------- */

static int call_open(void *data)
{
	struct trial *t = data;

	return t->fd = errno_of(open(dev_path(0), O_RDWR | O_CLOEXEC));
}

static const char *finish_fd(void *data, int ret)
{
	struct trial *t = data;

	if (ret < 0)
		return NULL;
	return close(t->fd) ? "the descriptor is not there" : NULL;
}

/* A file with a buffer attached, and a job that is not finished. */
static int prepare_close(void *data)
{
	struct trial *t = data;
	struct test_job job;
	int ret = dev_open(&t->other, 0, 0);

	if (!ret)
		ret = job_init(&job, &t->other, 1, 3);
	if (!ret)
		ret = job_submit(&job, 1);
	for (unsigned int i = 0; !ret && i < t->other.info.num_ports; i++)
		buf_drop(&job.buf[i]);
	return ret;
}

static int call_close(void *data)
{
	struct trial *t = data;

	return errno_of(close(t->other.fd));
}

static const char *finish_nothing(void *data, int ret)
{
	return NULL;
}

static int call_get_info(void *data)
{
	struct trial *t = data;
	struct srfpga_get_info info = { .size = sizeof(info) };

	return dev_ioctl(t->bed.dev.fd, SRFPGA_IOC_GET_INFO, &info);
}

static int call_get_port(void *data)
{
	struct trial *t = data;
	struct srfpga_get_port port = { .size = sizeof(port) };

	return dev_ioctl(t->bed.dev.fd, SRFPGA_IOC_GET_PORT, &port);
}

static int call_fdinfo(void *data)
{
	struct trial *t = data;
	char path[64], text[1024];

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", t->bed.dev.fd);
	return file_read(path, text, sizeof(text));
}

static int call_sysfs(void *data)
{
	char path[64], text[64];

	snprintf(path, sizeof(path), "/sys/class/srfpga/%s/busy_ns",
		 dev_name(0));
	return file_read(path, text, sizeof(text));
}

static int call_debugfs(void *data)
{
	char path[64], text[8192];

	snprintf(path, sizeof(path), "/sys/kernel/debug/srfpga/%s/state",
		 dev_name(0));
	return file_read(path, text, sizeof(text));
}

/* --- buffers ----------------------------------------------------------------- */

static int call_alloc(void *data)
{
	struct trial *t = data;
	int ret;

	t->alloc = (struct srfpga_alloc){
		.size = sizeof(t->alloc), .bytes = BYTES, .fd = UNTOUCHED,
	};
	ret = dev_ioctl(t->bed.dev.fd, SRFPGA_IOC_ALLOC, &t->alloc);
	t->fd = t->alloc.fd;
	return ret;
}

static const char *finish_alloc(void *data, int ret)
{
	struct trial *t = data;

	if (ret < 0)
		return t->alloc.fd == UNTOUCHED ? NULL : "fd was touched";
	return finish_fd(data, ret);
}

static int attach(struct trial *t, int fd)
{
	t->attach = (struct srfpga_attach){
		.size = sizeof(t->attach), .fd = fd,
		.direction = SRFPGA_ATTACH_READ | SRFPGA_ATTACH_WRITE,
	};
	return dev_ioctl(t->bed.dev.fd, SRFPGA_IOC_ATTACH, &t->attach);
}

static int call_attach(void *data)
{
	struct trial *t = data;

	return attach(t, t->job.buf[0].fd);
}

static int call_attach_foreign(void *data)
{
	struct trial *t = data;

	return attach(t, t->foreign);
}

static int detach(struct trial *t)
{
	struct srfpga_detach arg = {
		.size = sizeof(arg), .handle = t->attach.handle,
	};

	return dev_ioctl(t->bed.dev.fd, SRFPGA_IOC_DETACH, &arg);
}

static const char *finish_attach(void *data, int ret)
{
	if (ret < 0)
		return NULL;
	return detach(data) ? "the handle is not there" : NULL;
}

static int prepare_attached(void *data)
{
	return call_attach(data);
}

static int call_detach(void *data)
{
	return detach(data);
}

static const char *finish_detach(void *data, int ret)
{
	int again = detach(data);

	if (ret < 0)
		return again ? "the handle is gone" : NULL;
	return again == -ENOENT ? NULL : "the handle is still there";
}

static int call_mmap(void *data)
{
	struct trial *t = data;

	t->map = mmap(NULL, t->job.buf[0].len, PROT_READ | PROT_WRITE,
		      MAP_SHARED, t->job.buf[0].fd, 0);
	return t->map == MAP_FAILED ? -errno : 0;
}

static const char *finish_mmap(void *data, int ret)
{
	struct trial *t = data;

	if (ret < 0)
		return NULL;
	if (memcmp(t->map, t->job.buf[0].map, t->job.buf[0].len))
		return "it is not the buffer";
	return munmap(t->map, t->job.buf[0].len) ? "it is not mapped" : NULL;
}

static int call_sync(void *data)
{
	struct trial *t = data;
	int ret = buf_sync(&t->job.buf[0], true, true);

	return ret ? ret : buf_sync(&t->job.buf[0], false, true);
}

/* The other end of attach and map: vgem imports one of our buffers. */
static int prepare_vgem(void *data)
{
	struct trial *t = data;

	return vgem_open(&t->vgem);
}

static int call_import(void *data)
{
	struct trial *t = data;

	return vgem_import(&t->vgem, t->job.buf[0].fd);
}

static const char *finish_vgem(void *data, int ret)
{
	struct trial *t = data;

	vgem_close(&t->vgem);
	return NULL;
}

/* Buffers carry fences for others, who put them there and ask for them. */
static int call_export_fence(void *data)
{
	struct trial *t = data;
	struct dma_buf_export_sync_file arg = {
		.flags = DMA_BUF_SYNC_RW, .fd = UNTOUCHED,
	};
	int ret = dev_ioctl(t->job.buf[0].fd, DMA_BUF_IOCTL_EXPORT_SYNC_FILE,
			    &arg);

	t->fd = arg.fd;
	return ret;
}

static const char *finish_export_fence(void *data, int ret)
{
	struct trial *t = data;

	if (ret < 0)
		return t->fd == UNTOUCHED ? NULL : "fd was touched";
	if (fence_status(t->fd) != 1)
		return "a buffer that nobody uses is not free";
	return finish_fd(data, ret);
}

static int call_import_fence(void *data)
{
	struct trial *t = data;
	struct dma_buf_import_sync_file arg = {
		.flags = DMA_BUF_SYNC_WRITE, .fd = t->fd,
	};

	return dev_ioctl(t->job.buf[0].fd, DMA_BUF_IOCTL_IMPORT_SYNC_FILE,
			 &arg);
}

static const char *finish_import_fence(void *data, int ret)
{
	struct trial *t = data;
	short busy = !(dev_poll(t->job.buf[0].fd, POLLIN, 0) & POLLIN);

	vgem_signal(&t->vgem, t->vgem_fence);
	close(t->fd);
	vgem_close(&t->vgem);
	if (busy != (ret == 0))
		return ret ? "the fence is there" : "the fence is not there";
	return NULL;
}

static int prepare_buffer(void *data)
{
	return call_alloc(data);
}

static int call_close_buffer(void *data)
{
	struct trial *t = data;

	return errno_of(close(t->fd));
}

/* --- submissions and their ends ----------------------------------------------- */

static int submit(struct trial *t, unsigned int flags)
{
	t->job.sub.flags = flags;
	t->job.sub.out_fence_fd = UNTOUCHED;
	return job_submit(&t->job, ++t->number);
}

static int call_submit(void *data)
{
	return submit(data, 0);
}

static int call_submit_out(void *data)
{
	return submit(data, SRFPGA_SUBMIT_OUT_FENCE);
}

static int call_submit_silent(void *data)
{
	return submit(data, SRFPGA_SUBMIT_OUT_FENCE | SRFPGA_SUBMIT_NO_EVENT);
}

static int call_submit_many(void *data)
{
	struct trial *t = data;

	t->job.sub.flags = 0;
	t->job.sub.out_fence_fd = UNTOUCHED;
	return job_submit_many(&t->job, 17, ++t->number);
}

static int prepare_fence(void *data)
{
	struct trial *t = data;
	int ret = vgem_open(&t->vgem);

	if (ret)
		return ret;
	return t->fd = vgem_fence(&t->vgem, &t->vgem_fence);
}

static int call_submit_in(void *data)
{
	struct trial *t = data;
	int ret;

	t->job.sub.in_fence_fd = t->fd;
	ret = submit(t, SRFPGA_SUBMIT_IN_FENCE | SRFPGA_SUBMIT_OUT_FENCE);
	t->job.sub.in_fence_fd = 0;
	return ret;
}

/* Accepted: it ends once, well, with the right bytes. Refused: nothing runs. */
static const char *finish_submit(void *data, int ret)
{
	struct trial *t = data;
	const char *complaint = NULL;
	int fence = t->job.sub.out_fence_fd;

	if (ret < 0)
		return fence == UNTOUCHED ? NULL : "out_fence_fd was touched";
	if (t->job.sub.flags & SRFPGA_SUBMIT_OUT_FENCE) {
		if (fence_wait(fence, TEST_WAIT_MS) != 1)
			complaint = "the out fence does not end well";
		close(fence);
	}
	if (!(t->job.sub.flags & SRFPGA_SUBMIT_NO_EVENT) &&
	    job_wait(&t->job, t->number))
		complaint = "it does not end well";
	if (!bed_job_right(&t->bed, &t->job))
		complaint = "the result is wrong";
	job_spoil(&t->job);
	return complaint;
}

static const char *finish_submit_in(void *data, int ret)
{
	struct trial *t = data;
	const char *complaint = NULL;

	if (ret == 0 && dev_poll(t->bed.dev.fd, POLLIN, 1))
		complaint = "it did not wait for its fence";
	vgem_signal(&t->vgem, t->vgem_fence);
	if (!complaint)
		complaint = finish_submit(data, ret);
	close(t->fd);
	vgem_close(&t->vgem);
	return complaint;
}

static int prepare_event(void *data)
{
	struct trial *t = data;
	int ret = submit(t, 0);

	if (ret)
		return ret;
	return dev_poll(t->bed.dev.fd, POLLIN, TEST_WAIT_MS) & POLLIN ? 0 :
	       -ETIME;
}

static int call_read(void *data)
{
	struct trial *t = data;

	return errno_of(read(t->bed.dev.fd, &t->event, sizeof(t->event)));
}

/* An event that could not be delivered is the next one that is read. */
static const char *finish_read(void *data, int ret)
{
	struct trial *t = data;

	if (ret < 0 && call_read(t) != sizeof(t->event))
		return "the event is lost";
	if (t->event.user_data != t->number || t->event.status)
		return "it is another event";
	return dev_poll(t->bed.dev.fd, POLLIN, 0) ? "an event too many" : NULL;
}

static int call_poll(void *data)
{
	struct trial *t = data;

	return dev_poll(t->bed.dev.fd, POLLIN | POLLOUT, 0);
}

static int call_epoll(void *data)
{
	struct trial *t = data;
	struct epoll_event event = { .events = EPOLLIN };
	int ret;

	t->fd = errno_of(epoll_create1(EPOLL_CLOEXEC));
	if (t->fd < 0)
		return t->fd;
	ret = errno_of(epoll_ctl(t->fd, EPOLL_CTL_ADD, t->bed.dev.fd, &event));
	if (!ret)
		ret = errno_of(epoll_wait(t->fd, &event, 1, 0));
	close(t->fd);
	return ret;
}

/* --- the sweeps --------------------------------------------------------------- */

#define SWEEP(name, prepare_, call_, finish_)				\
TEST_F_TIMEOUT(failnth, name, 600)					\
{									\
	static const struct fault_call call = {				\
		#name, 3, prepare_, call_, finish_,			\
	};								\
									\
	EXPECT_EQ(0, fault_sweep(&self->t.bed.dev, &call, &self->t));	\
}

SWEEP(open, NULL, call_open, finish_fd)
SWEEP(close, prepare_close, call_close, finish_nothing)
SWEEP(get_info, NULL, call_get_info, finish_nothing)
SWEEP(get_port, NULL, call_get_port, finish_nothing)
SWEEP(fdinfo, NULL, call_fdinfo, finish_nothing)
SWEEP(sysfs, NULL, call_sysfs, finish_nothing)
SWEEP(debugfs, NULL, call_debugfs, finish_nothing)
SWEEP(alloc, NULL, call_alloc, finish_alloc)
SWEEP(close_buffer, prepare_buffer, call_close_buffer, finish_nothing)
SWEEP(attach, NULL, call_attach, finish_attach)
SWEEP(detach, prepare_attached, call_detach, finish_detach)
SWEEP(mmap, NULL, call_mmap, finish_mmap)
SWEEP(sync, NULL, call_sync, finish_nothing)
SWEEP(export_fence, NULL, call_export_fence, finish_export_fence)
SWEEP(submit, NULL, call_submit, finish_submit)
SWEEP(submit_out_fence, NULL, call_submit_out, finish_submit)
SWEEP(submit_no_event, NULL, call_submit_silent, finish_submit)
SWEEP(submit_many, NULL, call_submit_many, finish_submit)
SWEEP(read, prepare_event, call_read, finish_read)
SWEEP(poll, NULL, call_poll, finish_nothing)
SWEEP(epoll, NULL, call_epoll, finish_nothing)

TEST_F_TIMEOUT(failnth, attach_foreign, 600)
{
	static const struct fault_call call = {
		"attach_foreign", 3, NULL, call_attach_foreign, finish_attach,
	};

	if (self->t.foreign < 0)
		SKIP(return, "no udmabuf");
	EXPECT_EQ(0, fault_sweep(&self->t.bed.dev, &call, &self->t));
}

#define SWEEP_VGEM(name, prepare_, call_, finish_)			\
TEST_F_TIMEOUT(failnth, name, 600)					\
{									\
	static const struct fault_call call = {				\
		#name, 3, prepare_, call_, finish_,			\
	};								\
									\
	if (vgem_open(&self->t.vgem))					\
		SKIP(return, "no vgem");				\
	vgem_close(&self->t.vgem);					\
	EXPECT_EQ(0, fault_sweep(&self->t.bed.dev, &call, &self->t));	\
}

SWEEP_VGEM(import, prepare_vgem, call_import, finish_vgem)
SWEEP_VGEM(import_fence, prepare_fence, call_import_fence,
	   finish_import_fence)
SWEEP_VGEM(submit_in_fence, prepare_fence, call_submit_in, finish_submit_in)

/* --- a device that comes and goes --------------------------------------------- */

static int call_bind(void *data)
{
	return bed_bind(1);
}

static const char *finish_bind(void *data, int ret)
{
	int state;

	if (ret < 0)
		return dev_present(1) ? "a device without a driver" : NULL;
	state = bed_state(1);
	if (bed_unbind(1))
		return "the device cannot be unbound";
	return state == SRFPGA_STATE_READY ? NULL : "the device is not ready";
}

/* The device, and a file of it that holds buffers and a job. */
static int prepare_unbind(void *data)
{
	struct trial *t = data;
	struct test_job job;
	int ret = bed_bind(1);

	if (!ret)
		ret = dev_open(&t->other, 1, 0);
	if (!ret)
		ret = job_init(&job, &t->other, 1, 5);
	if (!ret)
		ret = job_submit(&job, 1);
	for (unsigned int i = 0; !ret && i < t->other.info.num_ports; i++)
		buf_drop(&job.buf[i]);
	return ret;
}

static int call_unbind(void *data)
{
	return bed_unbind(1);
}

/* Done means gone, and refused means that nothing has happened. */
static const char *finish_unbind(void *data, int ret)
{
	struct trial *t = data;
	struct srfpga_event ev;
	const char *complaint = NULL;

	if (dev_present(1) != (ret < 0))
		complaint = ret < 0 ? "the device has gone" : "it is still there";
	else if (ret < 0 && bed_state(1) != SRFPGA_STATE_READY)
		complaint = "the device is not ready";
	else if (dev_event(t->other.fd, &ev, TEST_WAIT_MS) || ev.user_data != 1)
		complaint = "the job has no end";
	dev_close(&t->other);
	if (ret < 0 && bed_unbind(1))
		complaint = "the device cannot be unbound";
	return complaint;
}

/* Of calls that begin and end with the second device unbound. */
static void sweep_unbound(struct __test_metadata *_metadata, struct trial *t,
			  const struct fault_call *call)
{
	if (!dev_present(1))
		SKIP(return, "no second device");
	ASSERT_EQ(0, bed_unbind(1));
	EXPECT_EQ(0, fault_sweep(&t->bed.dev, call, t));
	ASSERT_EQ(0, bed_bind(1));
	EXPECT_EQ(SRFPGA_STATE_READY, bed_state(1));
}

/* Debugfs may be missing afterwards, nothing else may: not even its number. */
TEST_F_TIMEOUT(failnth, probe, 1800)
{
	static const struct fault_call call = {
		"probe", 1, NULL, call_bind, finish_bind,
	};

	sweep_unbound(_metadata, &self->t, &call);
}

TEST_F_TIMEOUT(failnth, unbind, 1800)
{
	static const struct fault_call call = {
		"unbind", 1, prepare_unbind, call_unbind, finish_unbind,
	};

	sweep_unbound(_metadata, &self->t, &call);
}

TEST_HARNESS_MAIN
