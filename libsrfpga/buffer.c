// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Buffers: memory that the CPU and a device share, as file descriptors.
 * Knows nothing of frames and jobs.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "internal.h"

/* Kernel headers before 6.0 lack these; the numbers are the interface. */
#ifndef DMA_BUF_IOCTL_EXPORT_SYNC_FILE
struct dma_buf_export_sync_file {
	__u32 flags;
	__s32 fd;
};

struct dma_buf_import_sync_file {
	__u32 flags;
	__s32 fd;
};

#define DMA_BUF_IOCTL_EXPORT_SYNC_FILE \
	_IOWR(DMA_BUF_BASE, 2, struct dma_buf_export_sync_file)
#define DMA_BUF_IOCTL_IMPORT_SYNC_FILE \
	_IOW(DMA_BUF_BASE, 3, struct dma_buf_import_sync_file)
#endif

static bool direction_ok(uint32_t direction)
{
	return direction &&
	       !(direction & ~(SRFPGA_ATTACH_READ | SRFPGA_ATTACH_WRITE));
}

/* Takes @fd over, also on failure. */
static int attach(struct srfpga_device *dev, int fd, uint32_t direction,
		  struct srfpga_buffer **out)
{
	struct srfpga_attach arg = {
		.size = sizeof(arg),
		.fd = fd,
		.direction = direction,
	};
	struct srfpga_buffer *buf;
	int ret;

	buf = calloc(1, sizeof(*buf));
	if (!buf) {
		close(fd);
		return -ENOMEM;
	}
	ret = dev->backend.ops->attach(dev->backend.priv, &arg);
	if (ret) {
		close(fd);
		free(buf);
		return ret;
	}
	buf->dev = dev;
	buf->refs = 1;
	buf->fd = fd;
	buf->handle = arg.handle;
	buf->direction = direction;
	buf->bytes = arg.bytes;
	*out = buf;
	return 0;
}

int srfpga_buffer_alloc(struct srfpga_device *dev, uint64_t bytes,
			uint32_t direction, struct srfpga_buffer **out)
{
	struct srfpga_alloc arg = { .size = sizeof(arg), .bytes = bytes };
	int ret;

	if (!bytes || !direction_ok(direction))
		return -EINVAL;
	ret = dev->backend.ops->alloc(dev->backend.priv, &arg);
	return ret ? ret : attach(dev, arg.fd, direction, out);
}

int srfpga_buffer_import(struct srfpga_device *dev, int fd, uint32_t direction,
			 struct srfpga_buffer **out)
{
	int own;

	if (!direction_ok(direction))
		return -EINVAL;
	own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	return own < 0 ? -errno : attach(dev, own, direction, out);
}

int srfpga_buffer_export(const struct srfpga_buffer *buf, int *fd)
{
	int copy = fcntl(buf->fd, F_DUPFD_CLOEXEC, 0);

	if (copy < 0)
		return -errno;
	*fd = copy;
	return 0;
}

void buffer_get(struct srfpga_buffer *buf)
{
	__atomic_add_fetch(&buf->refs, 1, __ATOMIC_RELAXED);
}

void buffer_put(struct srfpga_buffer *buf)
{
	if (!buf || __atomic_sub_fetch(&buf->refs, 1, __ATOMIC_ACQ_REL))
		return;
	(void)buf->dev->backend.ops->detach(buf->dev->backend.priv,
					    buf->handle);
	close(buf->fd);
	free(buf);
}

void srfpga_buffer_free(struct srfpga_buffer *buf)
{
	if (!buf)
		return;
	if (buf->addr)
		munmap(buf->addr, buf->bytes);
	buf->addr = NULL;
	buffer_put(buf);
}

uint64_t srfpga_buffer_get_size(const struct srfpga_buffer *buf)
{
	return buf->bytes;
}

int srfpga_buffer_map(struct srfpga_buffer *buf, void **addr)
{
	void *map = buf->addr;

	if (!map) {
		if (buf->bytes > SIZE_MAX)
			return -ENOMEM;
		map = mmap(NULL, buf->bytes, PROT_READ | PROT_WRITE,
			   MAP_SHARED, buf->fd, 0);
		if (map == MAP_FAILED && (errno == EACCES || errno == EPERM))
			map = mmap(NULL, buf->bytes, PROT_READ, MAP_SHARED,
				   buf->fd, 0);
		if (map == MAP_FAILED)
			return -errno;
		buf->addr = map;
	}
	*addr = map;
	return 0;
}

/* DMA_BUF_SYNC_* has the bits of SRFPGA_CPU_*, and 0 for neither. */
_Static_assert(SRFPGA_CPU_READ == DMA_BUF_SYNC_READ &&
	       SRFPGA_CPU_WRITE == DMA_BUF_SYNC_WRITE, "the same bits");

static bool access_ok(uint32_t access)
{
	return access && !(access & ~(SRFPGA_CPU_READ | SRFPGA_CPU_WRITE));
}

static int sync_cpu(struct srfpga_buffer *buf, uint32_t access, uint64_t phase,
		    uint64_t offset, uint64_t length)
{
	if (!access_ok(access))
		return -EINVAL;
	if (offset > buf->bytes || length > buf->bytes - offset)
		return -ERANGE;
	return buf->dev->backend.ops->sync_cpu(buf->dev->backend.priv, buf->fd,
					       access | phase);
}

int srfpga_buffer_begin_cpu(struct srfpga_buffer *buf, uint32_t access,
			    uint64_t offset, uint64_t length)
{
	return sync_cpu(buf, access, DMA_BUF_SYNC_START, offset, length);
}

int srfpga_buffer_end_cpu(struct srfpga_buffer *buf, uint32_t access,
			  uint64_t offset, uint64_t length)
{
	return sync_cpu(buf, access, DMA_BUF_SYNC_END, offset, length);
}

/* ENOTTY: not a dma-buf, or a kernel without the call. */
static int fence_ioctl(struct srfpga_buffer *buf, unsigned long request,
		       void *arg)
{
	if (!ioctl(buf->fd, request, arg))
		return 0;
	return errno == ENOTTY ? -EOPNOTSUPP : -errno;
}

int srfpga_buffer_export_fence(struct srfpga_buffer *buf, uint32_t access,
			       int *fd)
{
	struct dma_buf_export_sync_file arg = { .flags = access, .fd = -1 };
	int ret;

	if (!access_ok(access))
		return -EINVAL;
	ret = fence_ioctl(buf, DMA_BUF_IOCTL_EXPORT_SYNC_FILE, &arg);
	if (!ret)
		*fd = arg.fd;
	return ret;
}

int srfpga_buffer_import_fence(struct srfpga_buffer *buf, uint32_t access,
			       int fd)
{
	struct dma_buf_import_sync_file arg = { .flags = access, .fd = fd };

	if (!access_ok(access))
		return -EINVAL;
	return fence_ioctl(buf, DMA_BUF_IOCTL_IMPORT_SYNC_FILE, &arg);
}
