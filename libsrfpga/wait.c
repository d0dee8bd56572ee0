// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Waiting with nanoseconds and deadlines. Knows only file descriptors.
 */
#include <errno.h>
#include <poll.h>
#include <time.h>

#include "internal.h"

int64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec;
}

int64_t deadline_of(int64_t timeout_ns)
{
	int64_t deadline;

	if (timeout_ns < 0 ||
	    __builtin_add_overflow(now_ns(), timeout_ns, &deadline))
		return -1;
	return deadline;
}

int64_t time_left(int64_t deadline)
{
	int64_t left;

	if (deadline < 0)
		return -1;
	left = deadline - now_ns();
	return left > 0 ? left : 0;
}

int poll_ns(struct pollfd *fds, unsigned int count, int64_t timeout_ns)
{
	struct timespec ts = {
		.tv_sec = timeout_ns / NSEC_PER_SEC,
		.tv_nsec = timeout_ns % NSEC_PER_SEC,
	};
	int ret = ppoll(fds, count, timeout_ns < 0 ? NULL : &ts, NULL);

	return ret < 0 ? -errno : ret;
}
