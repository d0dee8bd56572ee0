// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The queue of a software FPGA: accepts submissions and hands out events as
 * the kernel driver would. soft_worker.c runs what is accepted here.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "soft_device.h"

static void flag_set(struct soft_flag *flag, bool set)
{
	uint64_t count = 1;
	ssize_t ret;

	if (flag->set == set)
		return;
	ret = set ? write(flag->fd, &count, sizeof(count)) :
		    read(flag->fd, &count, sizeof(count));
	if (ret == sizeof(count))
		flag->set = set;
}

/* Submissions that are not finished or whose event was not read. */
static uint64_t outstanding(const struct soft_device *dev)
{
	return dev->accepted - dev->ended + dev->posted - dev->taken;
}

void soft_queue_update(struct soft_device *dev)
{
	flag_set(&dev->has_event, dev->posted != dev->taken);
	flag_set(&dev->has_room, outstanding(dev) < SOFT_MAX_QUEUED);
}

static void put_ranges(struct soft_range *ranges, size_t count)
{
	for (size_t i = 0; i < count; i++)
		soft_memory_put(ranges[i].mem);
}

static int take_range(struct soft_device *dev, uint32_t port, uint32_t frames,
		      const struct srfpga_job_buffer *buffer,
		      struct soft_range *range)
{
	struct soft_memory *mem = soft_memory_find(dev, buffer->handle);
	bool output = dev->roles[port] == SRFPGA_PORT_OUTPUT;
	uint64_t need;

	if (!mem)
		return -ENOENT;
	if (!(mem->direction &
	      (output ? SRFPGA_ATTACH_WRITE : SRFPGA_ATTACH_READ)))
		return -EACCES;
	if (__builtin_mul_overflow(dev->frame_bytes[port], frames, &need) ||
	    buffer->offset > mem->bytes ||
	    buffer->length > mem->bytes - buffer->offset ||
	    need > buffer->length)
		return -ERANGE;
	__atomic_add_fetch(&mem->refs, 1, __ATOMIC_RELAXED);
	range->mem = mem;
	range->offset = buffer->offset;
	return 0;
}

static int take_jobs(struct soft_device *dev,
		     const struct srfpga_submit *submit, struct soft_slot *slot)
{
	const struct srfpga_job *jobs = (void *)(uintptr_t)submit->jobs;
	size_t taken = 0;
	int ret = 0;

	for (uint32_t j = 0; !ret && j < submit->num_jobs; j++) {
		const struct srfpga_job_buffer *buffers =
			(void *)(uintptr_t)jobs[j].buffers;

		slot->frames[j] = jobs[j].frames;
		for (uint32_t p = 0; !ret && p < dev->num_ports; p++) {
			ret = take_range(dev, p, jobs[j].frames, &buffers[p],
					 &slot->ranges[taken]);
			taken += !ret;
		}
	}
	if (ret)
		put_ranges(slot->ranges, taken);
	return ret;
}

/* The lock is held; the fences belong to the slot on success. */
static int enqueue(struct soft_device *dev, const struct srfpga_submit *submit,
		   int in_fence, int out_fence)
{
	struct soft_slot *slot = &dev->slots[dev->accepted % SOFT_MAX_QUEUED];
	int ret;

	if (outstanding(dev) >= SOFT_MAX_QUEUED)
		return -EAGAIN;
	ret = take_jobs(dev, submit, slot);
	if (ret)
		return ret;
	slot->num_jobs = submit->num_jobs;
	slot->flags = submit->flags;
	slot->in_fence = in_fence;
	slot->out_fence = out_fence;
	slot->timeout_ns = submit->timeout_ns;
	slot->event = (struct srfpga_event){
		.size = sizeof(slot->event),
		.user_data = submit->user_data,
		.seqno = dev->accepted + 1,
		.queued_ns = now_ns(),
	};
	dev->accepted++;
	soft_queue_update(dev);
	pthread_cond_signal(&dev->wake);
	return 0;
}

struct fences {
	int in;
	int out;
	int user;
};

static void fences_close(const struct fences *fences)
{
	if (fences->in >= 0)
		close(fences->in);
	if (fences->out >= 0)
		close(fences->out);
	if (fences->user >= 0)
		close(fences->user);
}

/* Descriptors only if asked for: without fences nothing is opened. */
static int fences_open(const struct srfpga_submit *submit,
		       struct fences *fences)
{
	int ret;

	if (submit->flags & SRFPGA_SUBMIT_IN_FENCE) {
		ret = fence_check(submit->in_fence_fd);
		if (ret)
			return ret;
		fences->in = fcntl(submit->in_fence_fd, F_DUPFD_CLOEXEC, 0);
		if (fences->in < 0)
			return -errno;
	}
	if (submit->flags & SRFPGA_SUBMIT_OUT_FENCE)
		return fence_create(&fences->out, &fences->user);
	return 0;
}

int soft_submit(void *backend, struct srfpga_submit *submit)
{
	struct fences fences = { .in = -1, .out = -1, .user = -1 };
	struct soft_device *dev = backend;
	int ret;

	if (submit->num_jobs > SOFT_MAX_JOBS ||
	    submit->priority < SRFPGA_PRIORITY_LOW ||
	    submit->priority > SRFPGA_PRIORITY_HIGH)
		return -EINVAL;
	ret = fences_open(submit, &fences);
	if (!ret) {
		pthread_mutex_lock(&dev->lock);
		ret = enqueue(dev, submit, fences.in, fences.out);
		pthread_mutex_unlock(&dev->lock);
	}
	if (ret)
		fences_close(&fences);
	else if (submit->flags & SRFPGA_SUBMIT_OUT_FENCE)
		submit->out_fence_fd = fences.user;
	return ret;
}

ssize_t soft_read(void *backend, void *events, size_t len)
{
	struct soft_device *dev = backend;
	const size_t size = sizeof(*dev->events);
	char *out = events;
	size_t used;

	if (len < size)
		return -EINVAL;
	pthread_mutex_lock(&dev->lock);
	for (used = 0; len - used >= size && dev->posted != dev->taken;
	     used += size) {
		memcpy(out + used,
		       &dev->events[dev->taken % SOFT_MAX_QUEUED], size);
		dev->taken++;
	}
	soft_queue_update(dev);
	pthread_mutex_unlock(&dev->lock);
	return used ? (ssize_t)used : -EAGAIN;
}

int soft_wait(void *backend, short events, int64_t timeout_ns)
{
	struct soft_device *dev = backend;
	struct pollfd fds[] = {
		{ .fd = events & POLLIN ? dev->has_event.fd : -1,
		  .events = POLLIN },
		{ .fd = events & POLLOUT ? dev->has_room.fd : -1,
		  .events = POLLIN },
	};
	int ret;

	if (!events || (events & ~(POLLIN | POLLOUT)))
		return -EINVAL;
	ret = poll_ns(fds, ARRAY_SIZE(fds), timeout_ns);
	if (ret <= 0)
		return ret;
	return (fds[0].revents ? POLLIN : 0) | (fds[1].revents ? POLLOUT : 0);
}

/* Signals are for the program's own threads. */
int soft_queue_start(struct soft_device *dev)
{
	sigset_t all, old;
	int ret;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	ret = pthread_create(&dev->worker, NULL, soft_worker, dev);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return -ret;
}

void soft_queue_stop(struct soft_device *dev)
{
	pthread_mutex_lock(&dev->lock);
	flag_set(&dev->stop, true);
	pthread_cond_signal(&dev->wake);
	pthread_mutex_unlock(&dev->lock);
	pthread_join(dev->worker, NULL);
}
