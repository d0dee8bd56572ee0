// SPDX-License-Identifier: GPL-2.0
/*
 * How well the accelerator is used. Time is the model's: with counted
 * instructions it is exact, whatever the host does meanwhile.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "testload.h"

#define WARM_UP		64	/* jobs until the driver knows the run time */
#define HUGE		(2u << 20)

static void load_done(const struct test_model *model, struct test_load *load)
{
	load->elapsed_ns = model_read64(model, FPGA_CTL_LAST_LO) -
			   model_read64(model, FPGA_CTL_FIRST_LO);
	load->busy = (double)load->frames * load->interval_ns /
		     load->elapsed_ns;
}

/** Take every event that is there; their number, or an error of one. */
static int load_take(int fd)
{
	struct srfpga_event ev[16];
	ssize_t n = read(fd, ev, sizeof(ev));
	unsigned int i;

	if (n < 0)
		return -errno;
	for (i = 0; i < n / sizeof(ev[0]); i++)
		if (ev[i].status)
			return ev[i].status;
	return i;
}

/** Keep @depth submissions queued until @frames have been through. */
static int load_run(struct test_job *job, unsigned int frames,
		    unsigned int depth)
{
	unsigned int sent = 0, done = 0;
	int ret = 0;

	while (done < frames && ret >= 0) {
		while (sent < frames && sent - done < depth && ret >= 0)
			ret = job_submit(job, sent++);
		if (ret >= 0)
			ret = load_take(job->dev->fd);
		done += ret < 0 ? 0 : ret;
	}
	return ret < 0 ? ret : 0;
}

int load_driver(struct test_bed *bed, struct test_load *load)
{
	struct test_job job;
	int ret = job_init(&job, &bed->dev, 1, 1);

	if (ret)
		return ret;
	model_timing(&bed->model, LOAD_LATENCY * load->interval_ns,
		     load->interval_ns);
	ret = load_run(&job, WARM_UP, load->depth);
	model_write(&bed->model, FPGA_CTL_CMD, FPGA_CMD_CLEAR);
	if (!ret)
		ret = load_run(&job, load->frames, load->depth);
	load_done(&bed->model, load);
	if (!ret && !bed_job_right(bed, &job))
		ret = -EBADMSG;
	job_free(&job);
	return ret;
}

/** Physical address of a page that stays, 0 if it is not told. */
static uint64_t phys_addr(const void *address)
{
	long page = sysconf(_SC_PAGESIZE);
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	uint64_t entry = 0;

	if (fd < 0)
		return 0;
	if (pread(fd, &entry, 8, (uintptr_t)address / page * 8) != 8 ||
	    !(entry >> 63))
		entry = 0;
	close(fd);
	return (entry & ((1ull << 55) - 1)) * page;
}

static void *map_device(uint64_t address, size_t len)
{
	int fd = open("/dev/mem", O_RDWR | O_SYNC | O_CLOEXEC);
	void *map;

	if (fd < 0)
		return MAP_FAILED;
	map = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, address);
	close(fd);
	return map;
}

/** One DMA: where from or to, how much, go. */
static void dma_start(volatile uint32_t *regs, uint64_t address)
{
	regs[FPGA_DMA_ADDR_LO / 4] = address;
	regs[FPGA_DMA_ADDR_HI / 4] = address >> 32;
	regs[FPGA_DMA_REPS / 4] = 1;
	regs[FPGA_DMA_AP_CTRL / 4] = FPGA_AP_START;
}

/** What FINN's execute_on_buffers() does for a batch of one frame. */
static int dma_frames(volatile uint32_t *idma, volatile uint32_t *odma,
		      uint64_t in, uint64_t out, unsigned int frames)
{
	uint64_t end;

	while (frames--) {
		end = now_ns() + TEST_WAIT_MS * 1000000ull;
		if (!(odma[FPGA_DMA_AP_CTRL / 4] & FPGA_AP_IDLE))
			return -EBUSY;
		dma_start(odma, out);
		dma_start(idma, in);
		while (!(odma[FPGA_DMA_AP_CTRL / 4] & FPGA_AP_DONE))
			if (now_ns() > end)
				return -ETIMEDOUT;
	}
	return 0;
}

int load_userspace(struct test_model *model, struct test_load *load)
{
	const size_t len = FPGA_DMA_WINDOW(2);
	uint32_t *regs = map_device(FPGA_BASE(model->instance), len);
	volatile uint32_t *idma = regs + FPGA_DMA_WINDOW(0) / 4;
	volatile uint32_t *odma = regs + FPGA_DMA_WINDOW(1) / 4;
	uint8_t *memory;
	uint64_t in;
	int ret = -ENOMEM;

	if (regs == MAP_FAILED)
		return -errno;
	memory = mmap(NULL, HUGE, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | MAP_POPULATE,
		      -1, 0);
	if (memory == MAP_FAILED)
		goto unmap;
	in = phys_addr(memory);
	if (!in)
		goto unmap_memory;
	model_timing(model, LOAD_LATENCY * load->interval_ns,
		     load->interval_ns);
	model_write(model, FPGA_CTL_CMD, FPGA_CMD_CLEAR);
	ret = dma_frames(idma, odma, in, in + HUGE / 2, load->frames);
	load_done(model, load);
	if (!ret && memory[HUGE / 2] != (uint8_t)(memory[0] ^
				model_read(model, FPGA_CTL_KEY)))
		ret = -EBADMSG;
unmap_memory:
	munmap(memory, HUGE);
unmap:
	munmap(regs, len);
	return ret;
}

static int by_size(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/** One round trip without what the hardware took. */
static int overhead_once(struct test_bed *bed, struct test_job *job,
			 uint64_t *ns)
{
	struct test_load load = { .frames = 1 };
	struct srfpga_event ev;
	uint64_t start;
	ssize_t n;
	int ret;

	model_write(&bed->model, FPGA_CTL_CMD, FPGA_CMD_CLEAR);
	start = model_read64(&bed->model, FPGA_CTL_TIME_LO);
	ret = job_submit(job, 1);
	if (ret)
		return ret;
	n = read(job->dev->fd, &ev, sizeof(ev));
	*ns = model_read64(&bed->model, FPGA_CTL_TIME_LO) - start;
	if (n != sizeof(ev))
		return -EPROTO;
	load_done(&bed->model, &load);
	*ns -= load.elapsed_ns;
	return ev.status;
}

int load_overhead(struct test_bed *bed, unsigned int rounds, uint64_t *ns)
{
	uint64_t *all = calloc(rounds, sizeof(*all));
	struct test_job job;
	unsigned int i;
	int ret = -ENOMEM;

	if (!all)
		return ret;
	ret = job_init(&job, &bed->dev, 1, 1);
	for (i = 0; i < rounds && !ret; i++)
		ret = overhead_once(bed, &job, &all[i]);
	if (!ret) {
		qsort(all, rounds, sizeof(*all), by_size);
		*ns = all[rounds / 2];
		job_free(&job);
	}
	free(all);
	return ret;
}
