// SPDX-License-Identifier: GPL-2.0
/*
 * Every other call: file operations, buffers, fences, and what a process does
 * besides. Must not wait for anything.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <linux/dma-buf.h>

#include "fuzz.h"

static int result(long ret)
{
	return ret < 0 ? -errno : 0;
}

static int file_of(const struct fuzz_thread *t, const struct fuzz_call *c)
{
	return t->world->file[c->file % WORLD_FILES];
}

static int buf_of(const struct fuzz_thread *t, const struct fuzz_call *c)
{
	return t->world->buf[c->slot[0] % WORLD_BUFS];
}

static int any_ioctl(struct fuzz_thread *t, const struct fuzz_call *c)
{
	unsigned long cmd = c->value;

	if (c->slot[0] & 1)	/* almost ours */
		cmd = _IOC(c->slot[1] & 3, SRFPGA_IOC_MAGIC, c->field % 12,
			   c->value % 128);
	if (cmd == FIONBIO)	/* would make read() wait */
		cmd++;
	return result(ioctl(file_of(t, c), cmd, t->arena));
}

static int check_events(struct fuzz_thread *t, const void *memory, ssize_t n)
{
	const struct srfpga_event *ev = memory;
	ssize_t i;

	for (i = 0; i < n / (ssize_t)sizeof(*ev); i++) {
		if (ev[i].size == sizeof(*ev) && !ev[i].pad &&
		    ev[i].status <= 0 && ev[i].jobs_done <= 64)
			continue;
		printf("# read: event of %u bytes, status %d\n", ev[i].size,
		       ev[i].status);
		__atomic_add_fetch(&t->count->wrong, 1, __ATOMIC_RELAXED);
	}
	return 0;
}

static int read_events(struct fuzz_thread *t, const struct fuzz_call *c)
{
	size_t len = c->how ? c->value % 4096 : 64 * sizeof(struct srfpga_event);
	ssize_t n;

	if (c->where & 0xf0)
		return result(read(file_of(t, c), t->arena + 8192 - c->field,
				   len));
	n = read(file_of(t, c), t->arena, len);
	return n < 0 ? -errno : check_events(t, t->arena, n);
}

static int open_another(struct fuzz_thread *t, const struct fuzz_call *c)
{
	static const int mode[] = { O_RDWR, O_RDONLY, O_WRONLY };
	int fd = open(dev_path(0), mode[c->slot[0] % 3] | O_NONBLOCK |
		      O_CLOEXEC);

	if (fd < 0)
		return -errno;
	world_put(&t->world->file[c->file % WORLD_FILES], fd);
	return 0;
}

static int show_fdinfo(int fd)
{
	char path[64], text[1024];

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	fd = file_read(path, text, sizeof(text));
	return fd < 0 ? fd : 0;
}

static int odd_call(struct fuzz_thread *t, const struct fuzz_call *c)
{
	int fd = file_of(t, c);
	void *map;

	switch (c->slot[0] % 7) {
	case 0:
		return result(write(fd, t->arena, c->value % 128));
	case 1:
		return result(lseek(fd, c->value, c->slot[1] % 5));
	case 2:
		map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
			   (c->value & 0xff) << 12);
		if (map == MAP_FAILED)
			return -errno;
		return result(munmap(map, 4096));
	case 3:
		return result(pread(fd, t->arena, 64, c->value % 128));
	case 4:
		return result(ftruncate(fd, 0));
	case 5:
		return result(fsync(fd));
	default:
		return show_fdinfo(fd);
	}
}

static int show_state(const struct fuzz_call *c)
{
	static const char *const file[] = {
		"class/srfpga/%s/state", "class/srfpga/%s/jobs",
		"class/srfpga/%s/busy_ns", "kernel/debug/srfpga/%s/state",
	};
	static __thread char text[16384];
	char path[128] = "/sys/";
	int ret;

	snprintf(path + 5, sizeof(path) - 5, file[c->slot[0] % 4], dev_name(0));
	ret = file_read(path, text, sizeof(text));
	return ret < 0 ? ret : 0;
}

static int map_buffer(struct fuzz_thread *t, const struct fuzz_call *c)
{
	size_t len = 1 + c->value % 65536;
	void *map;

	map = mmap(NULL, len, PROT_READ | PROT_WRITE,
		   c->slot[1] & 1 ? MAP_SHARED : MAP_PRIVATE, buf_of(t, c),
		   c->how ? (off_t)(c->field & 7) << 12 : 0);
	if (map == MAP_FAILED)
		return -errno;
	return result(munmap(map, len));
}

static int sync_buffer(struct fuzz_thread *t, const struct fuzz_call *c)
{
	struct dma_buf_sync arg = { .flags = c->how ? c->value : c->slot[1] % 8 };

	return result(ioctl(buf_of(t, c), DMA_BUF_IOCTL_SYNC, &arg));
}

static int foreign_buffer(struct fuzz_thread *t, const struct fuzz_call *c)
{
	int fd = world_foreign(t->world, c->value, 4096 * (1 + c->field % 16));

	if (fd < 0)
		return fd;
	world_put(&t->world->buf[c->slot[0] % WORLD_BUFS], fd);
	return 0;
}

static int buffer_fences(struct fuzz_thread *t, const struct fuzz_call *c)
{
	unsigned int slot = c->slot[1] % WORLD_FENCES;
	struct dma_buf_export_sync_file out = { .flags = c->value % 4 };
	struct dma_buf_import_sync_file in = {
		.flags = c->value % 4, .fd = t->world->fence[slot],
	};

	if (c->field & 1)
		return result(ioctl(buf_of(t, c),
				    DMA_BUF_IOCTL_IMPORT_SYNC_FILE, &in));
	if (ioctl(buf_of(t, c), DMA_BUF_IOCTL_EXPORT_SYNC_FILE, &out))
		return -errno;
	t->world->vgem_id[slot] = 0;
	world_put(&t->world->fence[slot], out.fd);
	return 0;
}

static int scribble(struct fuzz_thread *t, const struct fuzz_call *c)
{
	volatile uint32_t *word = (void *)t->world->arena;
	unsigned int i;

	/* again and again, so that it meets a call of the other thread */
	for (i = 0; i < 64; i++)
		word[(c->field + i % 2) % 32] = c->value >> i % 32;
	return 0;
}

/* A child has every file and buffer, and goes. */
static int fork_once(void)
{
	int pid = fork();

	if (pid < 0)
		return -errno;
	if (!pid)
		_exit(0);
	return result(waitpid(pid, NULL, 0));
}

static int pause_once(const struct fuzz_call *c)
{
	struct timespec ts = { .tv_nsec = c->value % 500000 };

	nanosleep(&ts, NULL);
	return 0;
}

static int close_slot(volatile int *slot)
{
	int fd = __atomic_exchange_n(slot, -1, __ATOMIC_RELAXED);

	return result(close(fd));
}

static int poll_file(struct fuzz_thread *t, const struct fuzz_call *c)
{
	struct pollfd pfd = { .fd = file_of(t, c), .events = c->value };

	return result(poll(&pfd, 1, 0));
}

int call_run(struct fuzz_thread *t, const struct fuzz_call *c)
{
	struct fuzz_world *w = t->world;
	unsigned int fence = c->slot[1] % WORLD_FENCES;

	switch (c->op) {
	case OP_GET_INFO ... OP_SUBMIT:
		return ioctl_run(t, c);
	case OP_IOCTL:
		return any_ioctl(t, c);
	case OP_READ:
		return read_events(t, c);
	case OP_POLL:
		return poll_file(t, c);
	case OP_OPEN:
		return open_another(t, c);
	case OP_CLOSE:
		return close_slot(&w->file[c->file % WORLD_FILES]);
	case OP_ODD:
		return odd_call(t, c);
	case OP_SHOW:
		return show_state(c);
	case OP_BUF_CLOSE:
		return close_slot(&w->buf[c->slot[0] % WORLD_BUFS]);
	case OP_BUF_MAP:
		return map_buffer(t, c);
	case OP_BUF_SYNC:
		return sync_buffer(t, c);
	case OP_BUF_FOREIGN:
		return foreign_buffer(t, c);
	case OP_BUF_FENCE:
		return buffer_fences(t, c);
	case OP_FENCE_NEW:
		return world_fence(w, fence, c->value);
	case OP_FENCE_SIGNAL:
		world_signal(w, fence, c->value);
		return 0;
	case OP_FENCE_CLOSE:
		return close_slot(&w->fence[fence]);
	case OP_SCRIBBLE:
		return scribble(t, c);
	case OP_FORK:
		return fork_once();
	default:
		return pause_once(c);
	}
}
