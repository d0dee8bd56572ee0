// SPDX-License-Identifier: GPL-2.0
/*
 * What a run must leave as it found it: the module's references, dma-bufs,
 * open files, memory. Must not know who used them.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "soak.h"

/** What the kernel's own caches may grow by, KiB. */
#define SLACK_KB	6144
/** The same where it keeps what was freed for a while (KASAN): it looks for
 * leaks itself.
 */
#define KMEMLEAK	"/sys/kernel/debug/kmemleak"
#define DEBUG_SLACK_KB	262144
#define SETTLE_MS	15000
/* The kernel counts open files for each processor, and adds up in batches. */
#define FILES_BATCH	128

int leaks_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int n = 0;

	if (!dir)
		return -1;
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

static void take_once(struct soak_state *s)
{
	/* slabs of what was freed a moment ago are not empty yet */
	file_write("/proc/sys/vm/drop_caches", "3");
	s->module_refs = file_number(MODULE_REFS);
	s->dmabufs = file_number(DMABUF_COUNT);
	s->open_files = file_number("/proc/sys/fs/file-nr", NULL);
	s->fds = leaks_fds();
	s->unreclaimable_kb = file_number("/proc/meminfo", "SUnreclaim");
	s->cma_free_kb = file_number("/proc/meminfo", "CmaFree");
}

void leaks_take(struct soak_state *state)
{
	uint64_t end = now_ns() + SETTLE_MS * 1000000ull;
	struct soak_state again;

	take_once(state);
	do {
		again = *state;
		sleep_ms(500);
		take_once(state);
	} while (now_ns() < end &&
		 (state->module_refs != again.module_refs ||
		  state->dmabufs != again.dmabufs || state->module_refs ||
		  llabs(state->unreclaimable_kb - again.unreclaimable_kb) > 64));
}

static unsigned int compare(const char *what, long long before,
			    long long after, long long slack)
{
	bool worse = after > before + slack;

	printf("# %-22s %10lld before %10lld after%s\n", what, before, after,
	       worse ? ": leaked" : "");
	return worse;
}

unsigned int leaks_compare(const struct soak_state *before,
			   const struct soak_state *after)
{
	long long slack = access(KMEMLEAK, F_OK) ? SLACK_KB : DEBUG_SLACK_KB;
	unsigned int n = 0;

	n += compare("references of srfpga", before->module_refs,
		     after->module_refs, 0);
	n += compare("dma-bufs", before->dmabufs, after->dmabufs, 0);
	n += compare("open files", before->open_files, after->open_files,
		     FILES_BATCH);
	n += compare("own descriptors", before->fds, after->fds, 0);
	n += compare("unreclaimable KiB", before->unreclaimable_kb,
		     after->unreclaimable_kb, slack);
	n += compare("CMA in use KiB", -before->cma_free_kb,
		     -after->cma_free_kb, SLACK_KB);
	return n;
}

int leaks_reload(void)
{
	const char *path = getenv("SRFPGA_MODULE");
	const char *args = getenv("SRFPGA_MODULE_ARGS");
	int fd, ret;

	if (!path)
		return -ENOENT;
	if (syscall(SYS_delete_module, "srfpga", O_NONBLOCK))
		return -errno;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ret = syscall(SYS_finit_module, fd, args ? args : "", 0) ? -errno : 0;
	close(fd);
	return ret;
}
