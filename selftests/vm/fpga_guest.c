// SPDX-License-Identifier: GPL-2.0
/*
 * What the model's own tests share in the guest. Goes through /dev/mem and
 * /proc/self/pagemap, so it wants root and no driver.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "fpga_guest.h"

/* Enough that some of it is contiguous on any kernel. */
#define POOL_BYTES	(64 << 20)

static unsigned int checks, failures;

void check(bool good, const char *what)
{
	checks++;
	failures += !good;
	printf("%s %u - %s\n", good ? "ok" : "not ok", checks, what);
	fflush(stdout);
}

int finish(void)
{
	printf("1..%u\n", checks);
	return failures ? 1 : 0;
}

void need(const char *why)
{
	if (!why)
		return;
	printf("Bail out! %s\n", why);
	exit(1);
}

uint32_t rd(volatile uint8_t *page, unsigned int offset)
{
	return *(volatile uint32_t *)(page + offset);
}

void wr(volatile uint8_t *page, unsigned int offset, uint32_t value)
{
	*(volatile uint32_t *)(page + offset) = value;
}

uint64_t rd64(volatile uint8_t *page, unsigned int offset)
{
	uint64_t low = rd(page, offset);

	return low | (uint64_t)rd(page, offset + 4) << 32;
}

void wr64(volatile uint8_t *page, unsigned int offset, uint64_t value)
{
	wr(page, offset, value);
	wr(page, offset + 4, value >> 32);
}

static volatile uint8_t *map_page(int fd, unsigned int instance,
				  unsigned int offset)
{
	void *page = mmap(NULL, FPGA_PAGE_SIZE, PROT_READ | PROT_WRITE,
			  MAP_SHARED, fd, FPGA_BASE(instance) + offset);

	return page == MAP_FAILED ? NULL : page;
}

const char *fpga_open(struct fpga *fpga, unsigned int instance)
{
	int fd = open("/dev/mem", O_RDWR | O_SYNC);
	bool good;

	if (fd < 0)
		return "no /dev/mem";
	fpga->crg = map_page(fd, instance, FPGA_CRG_PAGE);
	fpga->ctl = map_page(fd, instance, FPGA_CTL_PAGE);
	good = fpga->crg && fpga->ctl;
	if (good && rd(fpga->ctl, FPGA_CTL_ID) != FPGA_CTL_ID_VALUE)
		return "no FPGA model there";
	for (unsigned int i = 0;
	     good && i < rd(fpga->ctl, FPGA_CTL_NUM_PORTS); i++) {
		fpga->dma[i] = map_page(fd, instance, FPGA_DMA_WINDOW(i));
		good = fpga->dma[i];
	}
	close(fd);
	return good ? NULL : "the model's pages cannot be mapped";
}

/* A page of ours, by where it is in physical memory. */
struct page {
	uint64_t frame;
	uint8_t *at;
};

static int by_frame(const void *a, const void *b)
{
	const struct page *left = a, *right = b;

	return left->frame < right->frame ? -1 : left->frame > right->frame;
}

/* Asks the kernel where the @n pages at @pool are, in order of their frames. */
static struct page *find_frames(uint8_t *pool, size_t n)
{
	int fd = open("/proc/self/pagemap", O_RDONLY);
	struct page *pages = calloc(n, sizeof(*pages));
	size_t size = getpagesize();

	for (size_t i = 0; pages && i < n; i++) {
		off_t at = ((uintptr_t)pool / size + i) * sizeof(uint64_t);

		pages[i].at = pool + i * size;
		if (pread(fd, &pages[i].frame, sizeof(uint64_t), at) !=
		    sizeof(uint64_t))
			break;
		pages[i].frame &= (1ULL << 55) - 1;
	}
	if (fd >= 0)
		close(fd);
	if (pages)
		qsort(pages, n, sizeof(*pages), by_frame);
	return pages;
}

/* Index of the first of @run pages that follow each other, or @n. */
static size_t find_run(const struct page *pages, size_t n, size_t run)
{
	for (size_t i = 0, length = 1; i + 1 < n; i++) {
		bool next = pages[i].frame &&
			    pages[i + 1].frame == pages[i].frame + 1;

		length = next ? length + 1 : 1;
		if (length == run)
			return i + 2 - run;
	}
	return n;
}

/*
 * Huge pages would do, but the 32-bit kernel has none: take many pages and keep
 * those that happen to follow each other.
 */
uint8_t *fpga_memory(uint64_t *physical)
{
	size_t size = getpagesize(), run = FPGA_MEMORY / size;
	size_t n = POOL_BYTES / size, first;
	uint8_t *pool = mmap(NULL, POOL_BYTES + FPGA_MEMORY,
			     PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint8_t *memory = pool + POOL_BYTES;
	struct page *pages;

	if (pool == MAP_FAILED)
		return NULL;
	madvise(pool, POOL_BYTES, MADV_NOHUGEPAGE);
	if (mlock(pool, POOL_BYTES))
		return NULL;
	pages = find_frames(pool, n);
	first = pages ? find_run(pages, n, run) : n;
	if (first == n)
		return NULL;
	*physical = pages[first].frame * size;
	for (size_t i = 0; i < run; i++)
		if (mremap(pages[first + i].at, size, size,
			   MREMAP_MAYMOVE | MREMAP_FIXED,
			   memory + i * size) == MAP_FAILED)
			return NULL;
	free(pages);
	return memory;
}

void fpga_timing(struct fpga *fpga, uint64_t latency, uint64_t interval,
		 uint32_t depth)
{
	wr64(fpga->ctl, FPGA_CTL_LATENCY_LO, latency);
	wr64(fpga->ctl, FPGA_CTL_INTERVAL_LO, interval);
	wr(fpga->ctl, FPGA_CTL_DEPTH, depth);
}

void fpga_fresh(struct fpga *fpga)
{
	for (int f = 0; f < FPGA_NUM_FAULTS; f++)
		wr(fpga->ctl, FPGA_CTL_FAULT(f) + FPGA_FAULT_COUNT, 0);
	wr(fpga->ctl, FPGA_CTL_CMD, FPGA_CMD_RESET);
	wr(fpga->ctl, FPGA_CTL_CMD, FPGA_CMD_CLEAR);
	wr(fpga->ctl, FPGA_CTL_GRANT_CMD, FPGA_GRANT_IGNORE);
	fpga_timing(fpga, 0, 0, 0);
}

void fpga_set_args(struct fpga *fpga, unsigned int port, uint64_t addr,
		   uint32_t reps)
{
	wr64(fpga->dma[port], FPGA_DMA_ADDR_LO, addr);
	wr(fpga->dma[port], FPGA_DMA_REPS, reps);
}

void fpga_start(struct fpga *fpga, unsigned int port, uint64_t addr,
		uint32_t reps)
{
	fpga_set_args(fpga, port, addr, reps);
	wr(fpga->dma[port], FPGA_DMA_AP_CTRL, FPGA_AP_START);
}

bool fpga_wait_idle(struct fpga *fpga, unsigned int port, unsigned int ms)
{
	for (unsigned int i = 0; i < ms * 2; i++) {
		uint32_t status = rd(fpga->dma[port], FPGA_DMA_AP_CTRL);

		if ((status & FPGA_AP_IDLE) && !(status & FPGA_AP_START))
			return true;
		usleep(500);
	}
	return false;
}

bool fpga_wait_dones(struct fpga *fpga, unsigned int port, uint32_t dones)
{
	for (unsigned int i = 0; i < WAIT_MS; i++) {
		if (rd(fpga->ctl, FPGA_CTL_PORT(port) + FPGA_PORT_DONES) >=
		    dones)
			return true;
		usleep(1000);
	}
	return false;
}

uint32_t fpga_frames(struct fpga *fpga, unsigned int port)
{
	return rd(fpga->ctl, FPGA_CTL_PORT(port) + FPGA_PORT_FRAMES);
}

uint32_t fpga_violations(struct fpga *fpga, enum fpga_violation kind)
{
	return rd(fpga->ctl, FPGA_CTL_VIOLATION(kind));
}
