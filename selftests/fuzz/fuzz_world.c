// SPDX-License-Identifier: GPL-2.0
/*
 * The resources that programs use: files of the device, buffers of every
 * exporter that the guest has, fences of every maker. Must not know programs.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/dma-heap.h>

#include "fuzz.h"

#define SW_SYNC_FILE	"/sys/kernel/debug/sync/sw_sync"

/* sw_sync has no header for user space. */
struct sw_sync_fence {
	uint32_t value;
	char name[32];
	int32_t fence;
};
#define SW_SYNC_CREATE	_IOWR('W', 0, struct sw_sync_fence)
#define SW_SYNC_INC	_IOW('W', 1, uint32_t)

int world_init(struct fuzz_world *w)
{
	struct test_dev dev;
	unsigned int p;
	int ret = dev_open(&dev, 0, 0);

	if (ret)
		return ret;
	memset(w, 0, sizeof(*w));
	w->ports = dev.info.num_ports;
	for (p = 0; p < w->ports; p++) {
		w->frame_bytes[p] = dev.port[p].frame_bytes;
		w->direction[p] = dev_port_direction(&dev, p);
	}
	dev_close(&dev);
	vgem_open(&w->vgem);
	w->sw_sync = open(SW_SYNC_FILE, O_RDWR | O_CLOEXEC);
	w->arena = mmap(NULL, WORLD_ARENA, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return w->arena == MAP_FAILED ? -ENOMEM : 0;
}

void world_put(volatile int *slot, int fd)
{
	int old = __atomic_exchange_n(slot, fd, __ATOMIC_RELAXED);

	if (old >= 0)
		close(old);
}

/** One file with a buffer for each port, attached. */
static void open_file(struct fuzz_world *w, unsigned int f)
{
	struct test_dev dev = { 0 };
	struct test_buf buf;
	unsigned int p;

	dev.fd = open(dev_path(0), O_RDWR | O_NONBLOCK | O_CLOEXEC);
	w->file[f] = dev.fd;
	for (p = 0; dev.fd >= 0 && p < w->ports && p < WORLD_BUFS; p++) {
		if (buf_alloc(&dev, &buf, WORLD_FRAMES * w->frame_bytes[p]))
			return;
		if (!buf_attach(&dev, &buf, w->direction[p]))
			w->handle[f][p] = buf.handle;
		world_put(&w->buf[p], buf.fd);
	}
}

/* A timeline that starts again; the fences of the old one fail. */
static void restart_sw_sync(struct fuzz_world *w)
{
	int fd = w->sw_sync < 0 ? -1 : open(SW_SYNC_FILE, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return;
	dup3(fd, w->sw_sync, O_CLOEXEC);
	close(fd);
}

void world_reset(struct fuzz_world *w)
{
	unsigned int i;

	w->resetting = true;
	restart_sw_sync(w);
	/* also what calls returned into memory that was overwritten */
	syscall(SYS_close_range, w->first_fd, ~0u, 0);
	for (i = 0; i < WORLD_FILES; i++)
		w->file[i] = -1;
	for (i = 0; i < WORLD_BUFS; i++)
		w->buf[i] = -1;
	for (i = 0; i < WORLD_FENCES; i++)
		w->fence[i] = -1;
	for (i = 0; i < WORLD_FILES; i++)
		open_file(w, i);
	w->resetting = false;
}

bool world_mend(struct fuzz_world *w)
{
	struct srfpga_get_info info = { .size = sizeof(info) };
	unsigned int i;

	if (w->resetting)
		return false;
	for (i = 0; i < WORLD_FILES / 2; i++) {
		if (!ioctl(w->file[i], SRFPGA_IOC_GET_INFO, &info))
			continue;
		world_put(&w->file[i], -1);
		open_file(w, i);
	}
	return w->file[0] >= 0;
}

static int heap_buffer(const char *heap, size_t bytes)
{
	struct dma_heap_allocation_data data = {
		.len = bytes, .fd_flags = O_RDWR | O_CLOEXEC,
	};
	int fd = open(heap, O_RDWR | O_CLOEXEC), ret;

	if (fd < 0)
		return -errno;
	ret = ioctl(fd, DMA_HEAP_IOCTL_ALLOC, &data) ? -errno : (int)data.fd;
	close(fd);
	return ret;
}

int world_foreign(struct fuzz_world *w, uint64_t kind, size_t bytes)
{
	uint32_t handle;

	switch (kind % 5) {
	case 0:
		return w->vgem.fd < 0 ? -ENOENT :
		       vgem_buffer(&w->vgem, bytes, &handle);
	case 1:
		return heap_buffer("/dev/dma_heap/system", bytes);
	case 2:
		return heap_buffer("/dev/dma_heap/reserved", bytes);
	default:
		return udmabuf_create((bytes + 4095) & ~4095ull, false);
	}
}

int world_fence(struct fuzz_world *w, unsigned int slot, uint64_t value)
{
	struct sw_sync_fence data = { .value = value % 4 };
	uint32_t id = 0;
	int fd = -ENOENT;

	if (w->sw_sync >= 0 && value & 16)
		fd = ioctl(w->sw_sync, SW_SYNC_CREATE, &data) ? -errno :
							       data.fence;
	else if (w->vgem.fd >= 0)
		fd = vgem_fence(&w->vgem, &id);
	if (fd < 0)
		return fd;
	w->vgem_id[slot] = id;
	world_put(&w->fence[slot], fd);
	return 0;
}

void world_signal(struct fuzz_world *w, unsigned int slot, uint64_t value)
{
	uint32_t step = 1 + value % 3;

	if (w->vgem_id[slot])
		vgem_signal(&w->vgem, w->vgem_id[slot]);
	else if (w->sw_sync >= 0)
		ioctl(w->sw_sync, SW_SYNC_INC, &step);
}
