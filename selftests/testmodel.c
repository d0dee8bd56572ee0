// SPDX-License-Identifier: GPL-2.0
/*
 * The FPGA model's control page: faults, timing, and what it found wrong.
 *
 * Reached through /dev/mem, behind the driver's back. Must not know the
 * driver's interface.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "testdev.h"
#include "testmodel.h"

uint32_t model_read(const struct test_model *model, unsigned int reg)
{
	return model->ctl[reg / 4];
}

void model_write(struct test_model *model, unsigned int reg, uint32_t value)
{
	model->ctl[reg / 4] = value;
}

uint64_t model_read64(const struct test_model *model, unsigned int reg_lo)
{
	uint64_t low = model_read(model, reg_lo);

	return low | (uint64_t)model_read(model, reg_lo + 4) << 32;
}

void model_write64(struct test_model *model, unsigned int reg_lo,
		   uint64_t value)
{
	model_write(model, reg_lo, value);
	model_write(model, reg_lo + 4, value >> 32);
}

int model_open(struct test_model *model, unsigned int instance)
{
	int fd = open("/dev/mem", O_RDWR | O_SYNC | O_CLOEXEC);
	void *map;

	model->ctl = NULL;
	if (instance > 16)
		return -ENOENT;
	if (fd < 0)
		return -errno;
	map = mmap(NULL, FPGA_PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
		   fd, FPGA_BASE(instance) + FPGA_CTL_PAGE);
	close(fd);
	if (map == MAP_FAILED)
		return -errno;
	model->ctl = map;
	model->instance = instance;
	if (model_read(model, FPGA_CTL_ID) != FPGA_CTL_ID_VALUE) {
		munmap(map, FPGA_PAGE_SIZE);
		return -ENOENT;
	}
	model->latency = model_read64(model, FPGA_CTL_LATENCY_LO);
	model->interval = model_read64(model, FPGA_CTL_INTERVAL_LO);
	return 0;
}

void model_close(struct test_model *model)
{
	if (!model->ctl)
		return;
	model_calm(model);
	model_timing(model, model->latency, model->interval);
	munmap((void *)model->ctl, FPGA_PAGE_SIZE);
	model->ctl = NULL;
}

void model_calm(struct test_model *model)
{
	unsigned int fault;

	for (fault = 0; fault < FPGA_NUM_FAULTS; fault++)
		model_fault(model, fault, 0, 0, 0);
	model_write(model, FPGA_CTL_EXPECT, 0);
	model_write(model, FPGA_CTL_CMD, FPGA_CMD_CLEAR);
}

void model_fault(struct test_model *model, enum fpga_fault fault,
		 uint32_t count, uint32_t arg, uint32_t ports)
{
	unsigned int reg = FPGA_CTL_FAULT(fault);

	model_write(model, reg + FPGA_FAULT_ARG, arg);
	model_write(model, reg + FPGA_FAULT_PORTS, ports);
	model_write(model, reg + FPGA_FAULT_COUNT, count);
}

const char *model_fault_name(enum fpga_fault fault)
{
	static const char *const name[FPGA_NUM_FAULTS] = {
		[FPGA_FAULT_HANG] = "hang", [FPGA_FAULT_LATE] = "late",
		[FPGA_FAULT_LOST_IRQ] = "lost interrupt",
		[FPGA_FAULT_SPURIOUS] = "spurious interrupt",
		[FPGA_FAULT_AXI] = "AXI error", [FPGA_FAULT_DROP] = "drop",
		[FPGA_FAULT_EXTRA] = "extra frame",
		[FPGA_FAULT_SHORT] = "short frame",
		[FPGA_FAULT_CORRUPT] = "corrupt frame",
		[FPGA_FAULT_DEAD_RESET] = "dead reset",
	};

	return name[fault];
}

uint32_t model_hits(const struct test_model *model, enum fpga_fault fault)
{
	return model_read(model, FPGA_CTL_FAULT(fault) + FPGA_FAULT_HITS);
}

uint32_t model_violations(const struct test_model *model)
{
	uint32_t total = model_read(model, FPGA_CTL_VIOLATIONS);
	unsigned int kind;

	for (kind = 0; total && kind < FPGA_NUM_VIOLATIONS; kind++) {
		uint32_t n = model_read(model, FPGA_CTL_VIOLATION(kind));

		if (n)
			fprintf(stderr, "# model: violation %u, %u times\n",
				kind, n);
	}
	return total;
}

void model_timing(struct test_model *model, uint64_t latency,
		  uint64_t interval)
{
	model_write64(model, FPGA_CTL_LATENCY_LO, latency);
	model_write64(model, FPGA_CTL_INTERVAL_LO, interval);
}

bool model_idle(const struct test_model *model, int ms)
{
	uint64_t end = now_ns() + ms * 1000000ull;

	while (model_read(model, FPGA_CTL_STATE) & FPGA_STATE_BUSY) {
		if (now_ns() > end)
			return false;
		sleep_ms(1);
	}
	return true;
}

uint32_t model_starts(const struct test_model *model, unsigned int port)
{
	return model_read(model, FPGA_CTL_PORT(port) + FPGA_PORT_STARTS);
}
