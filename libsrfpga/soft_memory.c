// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The memory of a software FPGA: what a kernel would do with dma-bufs, done
 * with mappings. Knows nothing of jobs.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "soft_device.h"

/* DMA_BUF_MAGIC of linux/magic.h, which old kernel headers lack. */
#define DMA_BUF_FS	0x444d4142

static bool is_dma_buf(int fd)
{
	struct statfs fs;

	return !fstatfs(fd, &fs) && fs.f_type == DMA_BUF_FS;
}

int soft_sync_cpu(void *backend, int fd, uint64_t flags)
{
	struct dma_buf_sync sync = { .flags = flags };
	int ret;

	if (!is_dma_buf(fd))
		return 0;
	do {
		ret = ioctl(fd, DMA_BUF_IOCTL_SYNC, &sync) < 0 ? -errno : 0;
	} while (ret == -EINTR || ret == -EAGAIN);
	return ret;
}

/* More than the machine has would only be refused when it is touched. */
static bool too_much(uint64_t bytes)
{
	uint64_t pages = sysconf(_SC_PHYS_PAGES);
	uint64_t page = sysconf(_SC_PAGESIZE);

	return bytes / page >= pages;
}

int soft_alloc(void *backend, struct srfpga_alloc *alloc)
{
	uint64_t page = sysconf(_SC_PAGESIZE);
	int fd, ret;

	if (too_much(alloc->bytes))
		return -ENOMEM;
	fd = memfd_create("srfpga", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return -errno;
	/* Sealed: whoever gets it cannot make the worker run off its end. */
	if (ftruncate(fd, (alloc->bytes + page - 1) / page * page) ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW)) {
		ret = -errno;
		close(fd);
		return ret;
	}
	alloc->fd = fd;
	return 0;
}

/* Bytes behind a descriptor; 0 if it is not memory. */
static uint64_t size_of(int fd)
{
	struct stat st;
	off_t end;

	if (!fstat(fd, &st) && st.st_size > 0)
		return st.st_size;
	end = lseek(fd, 0, SEEK_END);
	return end > 0 ? end : 0;
}

static int map(struct soft_memory *mem, int fd)
{
	int prot = PROT_READ;

	mem->bytes = size_of(fd);
	if (!mem->bytes)
		return -EBADF;
	if (mem->bytes > SIZE_MAX)
		return -ENOMEM;
	if (mem->direction & SRFPGA_ATTACH_WRITE)
		prot |= PROT_WRITE;
	mem->addr = mmap(NULL, mem->bytes, prot, MAP_SHARED, fd, 0);
	if (mem->addr != MAP_FAILED)
		return 0;
	mem->addr = NULL;
	return errno == ENODEV ? -EBADF : errno == EPERM ? -EACCES : -errno;
}

static int memory_create(int fd, uint32_t direction, struct soft_memory **out)
{
	struct soft_memory *mem;
	int ret;

	mem = calloc(1, sizeof(*mem));
	if (!mem)
		return -ENOMEM;
	mem->refs = 1;
	mem->direction = direction;
	mem->sync_fd = -1;
	ret = map(mem, fd);
	if (!ret && is_dma_buf(fd)) {
		mem->sync_fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
		if (mem->sync_fd < 0)
			ret = -errno;
	}
	if (ret)
		soft_memory_put(mem);
	else
		*out = mem;
	return ret;
}

void soft_memory_put(struct soft_memory *mem)
{
	if (!mem || __atomic_sub_fetch(&mem->refs, 1, __ATOMIC_ACQ_REL))
		return;
	if (mem->addr)
		munmap(mem->addr, mem->bytes);
	if (mem->sync_fd >= 0)
		close(mem->sync_fd);
	free(mem);
}

/* A handle for the memory, or 0 if there are no more. */
static uint32_t publish(struct soft_device *dev, struct soft_memory *mem)
{
	uint32_t handle = 0;

	pthread_mutex_lock(&dev->lock);
	for (uint32_t i = 0; !handle && i < SOFT_MAX_ATTACHMENTS; i++) {
		if (!dev->memory[i]) {
			dev->memory[i] = mem;
			handle = i + 1;
		}
	}
	pthread_mutex_unlock(&dev->lock);
	return handle;
}

int soft_attach(void *backend, struct srfpga_attach *attach)
{
	struct soft_memory *mem;
	int ret;

	ret = memory_create(attach->fd, attach->direction, &mem);
	if (ret)
		return ret;
	attach->bytes = mem->bytes;
	attach->handle = publish(backend, mem);
	if (attach->handle)
		return 0;
	soft_memory_put(mem);
	return -EDQUOT;
}

struct soft_memory *soft_memory_find(struct soft_device *dev, uint32_t handle)
{
	if (!handle || handle > SOFT_MAX_ATTACHMENTS)
		return NULL;
	return dev->memory[handle - 1];
}

int soft_detach(void *backend, uint32_t handle)
{
	struct soft_device *dev = backend;
	struct soft_memory *mem;

	pthread_mutex_lock(&dev->lock);
	mem = soft_memory_find(dev, handle);
	if (mem)
		dev->memory[handle - 1] = NULL;
	pthread_mutex_unlock(&dev->lock);
	soft_memory_put(mem);
	return mem ? 0 : -ENOENT;
}
