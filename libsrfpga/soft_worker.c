// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The hardware of a software FPGA: one thread that runs the accepted
 * submissions in order, and ends each exactly once.
 */
#include <errno.h>
#include <linux/dma-buf.h>
#include <poll.h>
#include <unistd.h>

#include "soft_device.h"

/* 0 when the fence has signalled; its error, or the end of the device. */
static int wait_in_fence(struct soft_device *dev, int fence)
{
	struct pollfd fds[] = {
		{ .fd = fence, .events = POLLIN },
		{ .fd = dev->stop.fd, .events = POLLIN },
	};
	int ret;

	do {
		ret = poll_ns(fds, ARRAY_SIZE(fds), -1);
	} while (ret == -EINTR);
	if (ret < 0)
		return ret;
	if (fds[1].revents)
		return -ECANCELED;
	ret = fence_status(fence);
	return ret < 0 ? ret : 0;
}

/* What a DMA that is not coherent would need for memory of somebody else. */
static int sync_ranges(struct soft_device *dev, const struct soft_range *ranges,
		       uint64_t phase)
{
	int ret, first = 0;

	for (uint32_t p = 0; p < dev->num_ports; p++) {
		bool output = dev->roles[p] == SRFPGA_PORT_OUTPUT;

		if (ranges[p].mem->sync_fd < 0)
			continue;
		ret = soft_sync_cpu(dev, ranges[p].mem->sync_fd,
				    phase | (output ? DMA_BUF_SYNC_WRITE :
						      DMA_BUF_SYNC_READ));
		if (!first)
			first = ret;
	}
	return first;
}

static int run_job(struct soft_device *dev, const struct soft_range *ranges,
		   uint32_t frames)
{
	void *addr[SRFPGA_MAX_PORTS];
	int end, ret;

	for (uint32_t p = 0; p < dev->num_ports; p++)
		addr[p] = (char *)ranges[p].mem->addr + ranges[p].offset;
	ret = sync_ranges(dev, ranges, DMA_BUF_SYNC_START);
	if (!ret)
		ret = dev->api.run(dev->model, addr, frames);
	end = sync_ranges(dev, ranges, DMA_BUF_SYNC_END);
	return ret ? ret : end;
}

static bool stopping(struct soft_device *dev)
{
	bool stop;

	pthread_mutex_lock(&dev->lock);
	stop = dev->stop.set;
	pthread_mutex_unlock(&dev->lock);
	return stop;
}

static int run_jobs(struct soft_device *dev, struct soft_slot *slot)
{
	struct srfpga_event *event = &slot->event;
	int ret = 0;

	for (uint32_t j = 0; !ret && j < slot->num_jobs; j++) {
		int64_t start = now_ns();

		if (stopping(dev))
			return -ECANCELED;
		if (!event->started_ns)
			event->started_ns = start;
		ret = run_job(dev, &slot->ranges[j * dev->num_ports],
			      slot->frames[j]);
		if (!ret && slot->timeout_ns &&
		    (uint64_t)(now_ns() - start) > slot->timeout_ns)
			ret = -ETIMEDOUT;
		event->jobs_done += !ret;
	}
	return ret;
}

/* Everything of the slot is given back before its place is free again. */
static void run_slot(struct soft_device *dev, struct soft_slot *slot)
{
	struct srfpga_event *event = &slot->event;

	event->status = 0;
	if (slot->in_fence >= 0) {
		event->status = wait_in_fence(dev, slot->in_fence);
		close(slot->in_fence);
	}
	if (!event->status)
		event->status = run_jobs(dev, slot);
	event->finished_ns = now_ns();
	for (uint32_t i = 0; i < slot->num_jobs * dev->num_ports; i++)
		soft_memory_put(slot->ranges[i].mem);
}

/* The event comes before the fence: who waits for that finds it. */
static void end_slot(struct soft_device *dev, struct soft_slot *slot)
{
	int fence = slot->out_fence;
	int status = slot->event.status;

	pthread_mutex_lock(&dev->lock);
	if (!(slot->flags & SRFPGA_SUBMIT_NO_EVENT)) {
		dev->events[dev->posted % SOFT_MAX_QUEUED] = slot->event;
		dev->posted++;
	}
	dev->ended++;
	soft_queue_update(dev);
	pthread_mutex_unlock(&dev->lock);
	if (fence >= 0)
		fence_signal(fence, status);
}

/* The next submission; NULL when the device is closed and none is left. */
static struct soft_slot *next_slot(struct soft_device *dev)
{
	struct soft_slot *slot = NULL;

	pthread_mutex_lock(&dev->lock);
	while (!dev->stop.set && dev->ended == dev->accepted)
		pthread_cond_wait(&dev->wake, &dev->lock);
	if (dev->ended != dev->accepted)
		slot = &dev->slots[dev->ended % SOFT_MAX_QUEUED];
	pthread_mutex_unlock(&dev->lock);
	return slot;
}

void *soft_worker(void *arg)
{
	struct soft_device *dev = arg;
	struct soft_slot *slot;

	while ((slot = next_slot(dev))) {
		run_slot(dev, slot);
		end_slot(dev, slot);
	}
	return NULL;
}
