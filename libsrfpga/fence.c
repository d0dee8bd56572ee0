// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Fences: the kernel's sync_files, and their stand-in for soft devices. The
 * stand-in is a socket that holds one message, the status, which is only
 * peeked at: so it stays readable, can be passed on, and carries the error.
 */
#include <errno.h>
#include <linux/sync_file.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "internal.h"

#define FENCE_MAGIC	0x43465253

struct fence_message {
	uint32_t magic;
	int32_t status;
};

static bool is_emulated(int fd)
{
	socklen_t len = sizeof(int);
	int type, domain;

	return !getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) &&
	       !getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) &&
	       type == SOCK_SEQPACKET && domain == AF_UNIX;
}

static int sync_file_status(int fd)
{
	struct sync_file_info info = { 0 };
	int ret;

	do {
		ret = ioctl(fd, SYNC_IOC_FILE_INFO, &info);
	} while (ret < 0 && errno == EINTR);
	return ret < 0 ? -EBADF : info.status;
}

int fence_check(int fd)
{
	if (is_emulated(fd))
		return 0;
	return sync_file_status(fd) == -EBADF ? -EBADF : 0;
}

int fence_status(int fd)
{
	struct fence_message message = { 0 };
	ssize_t len;

	if (!is_emulated(fd))
		return sync_file_status(fd);
	len = recv(fd, &message, sizeof(message), MSG_PEEK | MSG_DONTWAIT);
	if (!len)
		return -ENODEV;
	if (len != sizeof(message) || message.magic != FENCE_MAGIC)
		return -EBADF;
	return message.status < 0 ? message.status : 1;
}

int fence_create(int *signal_fd, int *fence_fd)
{
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds))
		return -errno;
	*signal_fd = fds[0];
	*fence_fd = fds[1];
	return 0;
}

void fence_signal(int signal_fd, int status)
{
	const struct fence_message message = {
		.magic = FENCE_MAGIC,
		.status = status,
	};

	/* Fails only if nobody holds the other end any more. */
	(void)send(signal_fd, &message, sizeof(message),
		   MSG_NOSIGNAL | MSG_DONTWAIT);
	close(signal_fd);
}

int srfpga_fence_wait(int fd, int64_t timeout_ns)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	int ret;

	ret = fence_check(fd);
	if (ret)
		return ret;
	ret = poll_ns(&poll_fd, 1, timeout_ns);
	return ret > 0 ? fence_status(fd) : ret;
}
