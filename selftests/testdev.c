// SPDX-License-Identifier: GPL-2.0
/*
 * The device under test: open files, buffers, ready-made jobs, events.
 *
 * Must not know what the accelerator computes, nor how the model of it is
 * told to fail (testmodel.c).
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/dma-buf.h>

#include "testdev.h"

const char *dev_path(unsigned int index)
{
	const char *path = getenv(index ? "SRFPGA_DEVICE1" : "SRFPGA_DEVICE");

	if (path)
		return path;
	return index ? "/dev/srfpga1" : "/dev/srfpga0";
}

const char *dev_name(unsigned int index)
{
	return strrchr(dev_path(index), '/') + 1;
}

bool dev_present(unsigned int index)
{
	return access(dev_path(index), F_OK) == 0;
}

int dev_ioctl(int fd, unsigned long request, void *arg)
{
	int ret;

	do {
		ret = ioctl(fd, request, arg);
	} while (ret < 0 && errno == EINTR);
	return ret < 0 ? -errno : ret;
}

static int dev_ask(struct test_dev *dev)
{
	unsigned int i;
	int ret;

	dev->info.size = sizeof(dev->info);
	ret = dev_ioctl(dev->fd, SRFPGA_IOC_GET_INFO, &dev->info);
	for (i = 0; !ret && i < dev->info.num_ports; i++) {
		dev->port[i].size = sizeof(dev->port[i]);
		dev->port[i].index = i;
		ret = dev_ioctl(dev->fd, SRFPGA_IOC_GET_PORT, &dev->port[i]);
	}
	return ret;
}

int dev_open(struct test_dev *dev, unsigned int index, int flags)
{
	int ret;

	memset(dev, 0, sizeof(*dev));
	dev->fd = open(dev_path(index), O_RDWR | O_CLOEXEC | flags);
	if (dev->fd < 0)
		return -errno;
	ret = dev_ask(dev);
	if (ret)
		dev_close(dev);
	return ret;
}

void dev_close(struct test_dev *dev)
{
	if (dev->fd >= 0)
		close(dev->fd);
	dev->fd = -1;
}

int dev_port(const struct test_dev *dev, uint32_t role)
{
	unsigned int i;

	for (i = 0; i < dev->info.num_ports; i++)
		if (dev->port[i].role == role)
			return i;
	return -ENOENT;
}

size_t dev_port_bytes(const struct test_dev *dev, unsigned int index,
		      unsigned int frames)
{
	const struct srfpga_get_port *port = &dev->port[index];

	if (port->role == SRFPGA_PORT_WEIGHTS)
		return port->frame_bytes;
	return port->frame_bytes * frames;
}

uint32_t dev_port_direction(const struct test_dev *dev, unsigned int index)
{
	return dev->port[index].role == SRFPGA_PORT_OUTPUT ?
	       SRFPGA_ATTACH_WRITE : SRFPGA_ATTACH_READ;
}

int dev_poll(int fd, short events, int ms)
{
	struct pollfd pfd = { .fd = fd, .events = events };
	int ret = poll(&pfd, 1, ms);

	if (ret < 0)
		return -errno;
	return ret ? pfd.revents : 0;
}

/** One attempt: 0, -EAGAIN if there is nothing, or another errno. */
static int dev_event_now(int fd, struct srfpga_event *ev)
{
	int revents = dev_poll(fd, POLLIN, 0);
	ssize_t n;

	if (revents <= 0)
		return revents ? revents : -EAGAIN;
	n = read(fd, ev, sizeof(*ev));
	if (n < 0)
		return -errno;
	return n == sizeof(*ev) ? 0 : -EPROTO;
}

/* A device that is gone hangs up before the last events are there. */
int dev_event(int fd, struct srfpga_event *ev, int ms)
{
	uint64_t end = now_ns() + ms * 1000000ull;
	int ret;

	while ((ret = dev_event_now(fd, ev)) == -EAGAIN) {
		if (now_ns() >= end)
			return -ETIME;
		if (dev_poll(fd, POLLIN, ms) & POLLHUP)
			sleep_ms(1);
	}
	return ret;
}

int dev_event_of(int fd, struct srfpga_event *ev, uint64_t user_data, int ms)
{
	int ret;

	do {
		ret = dev_event(fd, ev, ms);
	} while (!ret && ev->user_data != user_data);
	return ret;
}

int buf_alloc(const struct test_dev *dev, struct test_buf *buf, uint64_t bytes)
{
	struct srfpga_alloc arg = { .size = sizeof(arg), .bytes = bytes };
	int ret = dev_ioctl(dev->fd, SRFPGA_IOC_ALLOC, &arg);

	memset(buf, 0, sizeof(*buf));
	buf->fd = ret ? -1 : arg.fd;
	buf->len = bytes;
	return ret;
}

int buf_attach(const struct test_dev *dev, struct test_buf *buf,
	       uint32_t direction)
{
	struct srfpga_attach arg = {
		.size = sizeof(arg), .fd = buf->fd, .direction = direction,
	};
	int ret = dev_ioctl(dev->fd, SRFPGA_IOC_ATTACH, &arg);

	if (!ret)
		buf->handle = arg.handle;
	return ret;
}

int buf_map(struct test_buf *buf)
{
	void *map = mmap(NULL, buf->len, PROT_READ | PROT_WRITE, MAP_SHARED,
			 buf->fd, 0);

	if (map == MAP_FAILED)
		return -errno;
	buf->map = map;
	return 0;
}

int buf_sync(const struct test_buf *buf, bool begin, bool write)
{
	struct dma_buf_sync arg = {
		.flags = (begin ? DMA_BUF_SYNC_START : DMA_BUF_SYNC_END) |
			 (write ? DMA_BUF_SYNC_RW : DMA_BUF_SYNC_READ),
	};

	return dev_ioctl(buf->fd, DMA_BUF_IOCTL_SYNC, &arg);
}

int buf_detach(const struct test_dev *dev, struct test_buf *buf)
{
	struct srfpga_detach arg = {
		.size = sizeof(arg), .handle = buf->handle,
	};

	buf->handle = 0;
	return dev_ioctl(dev->fd, SRFPGA_IOC_DETACH, &arg);
}

void buf_drop(struct test_buf *buf)
{
	if (buf->map)
		munmap(buf->map, buf->len);
	if (buf->fd >= 0)
		close(buf->fd);
	buf->map = NULL;
	buf->fd = -1;
}

static int job_port(struct test_job *job, unsigned int index,
		    unsigned int frames)
{
	struct test_buf *buf = &job->buf[index];
	size_t len = dev_port_bytes(job->dev, index, frames);
	int ret;

	ret = buf_alloc(job->dev, buf, len);
	if (!ret)
		ret = buf_map(buf);
	if (!ret)
		ret = buf_attach(job->dev, buf,
				 dev_port_direction(job->dev, index));
	job->jb[index].handle = buf->handle;
	job->jb[index].length = len;
	return ret;
}

int job_init(struct test_job *job, struct test_dev *dev, unsigned int frames,
	     unsigned int seed)
{
	unsigned int i;
	int ret = 0;

	memset(job, 0, sizeof(*job));
	for (i = 0; i < SRFPGA_MAX_PORTS; i++)
		job->buf[i].fd = -1;
	job->dev = dev;
	for (i = 0; !ret && i < dev->info.num_ports; i++)
		ret = job_port(job, i, frames);
	if (ret) {
		job_free(job);
		return ret;
	}
	job->job.buffers = (uintptr_t)job->jb;
	job->job.num_buffers = dev->info.num_ports;
	job->job.frames = frames;
	job->sub.size = sizeof(job->sub);
	job->sub.jobs = (uintptr_t)&job->job;
	job->sub.num_jobs = 1;
	job->sub.job_size = sizeof(job->job);
	job->sub.buffer_size = sizeof(job->jb[0]);
	job_fill(job, seed);
	job_spoil(job);
	return 0;
}

void job_free(struct test_job *job)
{
	unsigned int i;

	for (i = 0; i < job->dev->info.num_ports; i++) {
		if (job->buf[i].handle)
			buf_detach(job->dev, &job->buf[i]);
		buf_drop(&job->buf[i]);
	}
}

void job_fill_port(struct test_job *job, unsigned int index, unsigned int seed)
{
	struct test_buf *buf = &job->buf[index];
	uint32_t x = seed * 2654435761u + index + 1;
	size_t i;

	buf_sync(buf, true, true);
	for (i = 0; i < buf->len; i++) {
		x = x * 1664525u + 1013904223u;
		buf->map[i] = x >> 24;
	}
	buf_sync(buf, false, true);
}

void job_fill(struct test_job *job, unsigned int seed)
{
	unsigned int i;

	for (i = 0; i < job->dev->info.num_ports; i++)
		if (job->dev->port[i].role != SRFPGA_PORT_OUTPUT)
			job_fill_port(job, i, seed);
}

void job_spoil(struct test_job *job)
{
	unsigned int i;

	for (i = 0; i < job->dev->info.num_ports; i++) {
		if (job->dev->port[i].role != SRFPGA_PORT_OUTPUT)
			continue;
		buf_sync(&job->buf[i], true, true);
		memset(job->buf[i].map, 0xa5, job->buf[i].len);
		buf_sync(&job->buf[i], false, true);
	}
}

int job_submit(struct test_job *job, uint64_t user_data)
{
	job->sub.user_data = user_data;
	return dev_ioctl(job->dev->fd, SRFPGA_IOC_SUBMIT, &job->sub);
}

int job_wait(struct test_job *job, uint64_t user_data)
{
	struct srfpga_event ev;
	int ret = dev_event_of(job->dev->fd, &ev, user_data, TEST_WAIT_MS);

	return ret ? ret : ev.status;
}

int job_run(struct test_job *job, uint64_t user_data)
{
	int ret = job_submit(job, user_data);

	return ret ? ret : job_wait(job, user_data);
}

int job_submit_many(struct test_job *job, unsigned int count,
		    uint64_t user_data)
{
	struct srfpga_job *jobs = calloc(count, sizeof(*jobs));
	unsigned int i;
	int ret;

	if (!jobs)
		return -ENOMEM;
	for (i = 0; i < count; i++)
		jobs[i] = job->job;
	job->sub.jobs = (uintptr_t)jobs;
	job->sub.num_jobs = count;
	ret = job_submit(job, user_data);
	job->sub.jobs = (uintptr_t)&job->job;
	job->sub.num_jobs = 1;
	free(jobs);
	return ret;
}
