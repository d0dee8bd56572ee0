// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The backend of /dev/srfpgaN: one ioctl a function, nothing kept but the fd.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"

static int fd_of(void *backend)
{
	return (int)(intptr_t)backend;
}

static int call(void *backend, unsigned long request, void *arg)
{
	return ioctl(fd_of(backend), request, arg) < 0 ? -errno : 0;
}

/* For calls that change nothing by being repeated. */
static int call_again(void *backend, unsigned long request, void *arg)
{
	int ret;

	do {
		ret = call(backend, request, arg);
	} while (ret == -EINTR);
	return ret;
}

static int kernel_get_info(void *backend, struct srfpga_get_info *info)
{
	return call_again(backend, SRFPGA_IOC_GET_INFO, info);
}

static int kernel_get_port(void *backend, struct srfpga_get_port *port,
			   struct port_extra *extra)
{
	return call_again(backend, SRFPGA_IOC_GET_PORT, port);
}

static int kernel_alloc(void *backend, struct srfpga_alloc *alloc)
{
	return call_again(backend, SRFPGA_IOC_ALLOC, alloc);
}

static int kernel_attach(void *backend, struct srfpga_attach *attach)
{
	return call_again(backend, SRFPGA_IOC_ATTACH, attach);
}

static int kernel_detach(void *backend, uint32_t handle)
{
	struct srfpga_detach detach = {
		.size = sizeof(detach),
		.handle = handle,
	};

	return call_again(backend, SRFPGA_IOC_DETACH, &detach);
}

static int kernel_submit(void *backend, struct srfpga_submit *submit)
{
	return call(backend, SRFPGA_IOC_SUBMIT, submit);
}

static ssize_t kernel_read(void *backend, void *events, size_t len)
{
	ssize_t ret = read(fd_of(backend), events, len);

	return ret < 0 ? -errno : ret;
}

static int kernel_wait(void *backend, short events, int64_t timeout_ns)
{
	struct pollfd fd = { .fd = fd_of(backend), .events = events };
	int ret;

	if (!events || (events & ~(POLLIN | POLLOUT)))
		return -EINVAL;
	ret = poll_ns(&fd, 1, timeout_ns);
	if (ret <= 0)
		return ret;
	if (fd.revents & events & POLLIN)
		return fd.revents & events;
	if (fd.revents & (POLLHUP | POLLERR | POLLNVAL))
		return -ENODEV;
	return fd.revents & events;
}

static int kernel_sync_cpu(void *backend, int fd, uint64_t flags)
{
	struct dma_buf_sync sync = { .flags = flags };
	int ret;

	do {
		ret = ioctl(fd, DMA_BUF_IOCTL_SYNC, &sync) < 0 ? -errno : 0;
	} while (ret == -EINTR || ret == -EAGAIN);
	return ret;
}

static void kernel_close(void *backend)
{
	close(fd_of(backend));
}

static const struct backend_ops kernel_ops = {
	.get_info = kernel_get_info,
	.get_port = kernel_get_port,
	.alloc = kernel_alloc,
	.attach = kernel_attach,
	.detach = kernel_detach,
	.submit = kernel_submit,
	.read = kernel_read,
	.wait = kernel_wait,
	.sync_cpu = kernel_sync_cpu,
	.poll_fd = fd_of,
	.close = kernel_close,
};

int kernel_backend_open(const char *path, struct backend *out,
			const struct error_text *err)
{
	struct stat st;
	int fd, ret;

	fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0) {
		ret = errno == ENXIO ? -ENODEV : -errno;
		return error_set(err, ret, "%s: %s", path, strerror(-ret));
	}
	if (fstat(fd, &st) || !S_ISCHR(st.st_mode)) {
		close(fd);
		return error_set(err, -ENOTTY, "%s: not an srfpga device",
				 path);
	}
	*out = (struct backend){
		.ops = &kernel_ops,
		.priv = (void *)(intptr_t)fd,
	};
	return 0;
}
