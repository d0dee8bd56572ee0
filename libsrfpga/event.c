// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Events: how submissions ended, in the caller's and the kernel's idea of
 * their size.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>

#include "internal.h"

/* Events of one read(); more come with the next call. */
#define STAGE_BYTES	2048
/* A kernel whose events are larger than this speaks another interface. */
#define EVENT_BYTES_MAX	512

/* Spread what read() returned over the caller's array. */
static int deliver(const char *stage, size_t bytes, char *events,
		   size_t event_size)
{
	uint32_t size;
	int count = 0;

	for (; bytes >= sizeof(size); stage += size, bytes -= size) {
		memcpy(&size, stage, sizeof(size));
		if (size < sizeof(size) || size > bytes)
			return -EPROTO;
		memset(events, 0, event_size);
		memcpy(events, stage, size < event_size ? size : event_size);
		events += event_size;
		count++;
	}
	return count;
}

/*
 * The kernel refuses a buffer too small for one of its events, whose size is
 * only seen in an event. Growing the guess step by step never asks for more
 * events than the caller has room for.
 */
static int read_now(struct srfpga_device *dev, char *events, size_t event_size,
		    unsigned int max)
{
	_Alignas(struct srfpga_event) char stage[STAGE_BYTES];
	unsigned int size;
	ssize_t ret;

	size = __atomic_load_n(&dev->event_size, __ATOMIC_RELAXED);
	for (;;) {
		if (max > STAGE_BYTES / size)
			max = STAGE_BYTES / size;
		ret = dev->backend.ops->read(dev->backend.priv, stage,
					     (size_t)max * size);
		if (ret != -EINVAL || size >= EVENT_BYTES_MAX)
			break;
		size += sizeof(uint64_t);
		__atomic_store_n(&dev->event_size, size, __ATOMIC_RELAXED);
	}
	return ret < 0 ? (int)ret : deliver(stage, ret, events, event_size);
}

int srfpga_event_read_sized(struct srfpga_device *dev, void *events,
			    size_t event_size, unsigned int max,
			    int64_t timeout_ns)
{
	int64_t deadline = deadline_of(timeout_ns);
	int ret;

	if (!max || event_size < sizeof(uint64_t) ||
	    event_size % sizeof(uint64_t))
		return -EINVAL;
	for (;;) {
		ret = read_now(dev, events, event_size, max);
		if (ret != -EAGAIN)
			return ret;
		ret = srfpga_device_wait(dev, POLLIN, time_left(deadline));
		if (ret <= 0)
			return ret;
	}
}
