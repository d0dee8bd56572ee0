/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The FPGA model's control page: faults, timing, and what it found wrong.
 */
#ifndef SELFTESTS_TESTMODEL_H
#define SELFTESTS_TESTMODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "vm/fpga/fpga_ctl.h"

/** struct test_model - the mapped control page of one instance */
struct test_model {
	volatile uint32_t *ctl;
	unsigned int instance;
	uint64_t latency, interval;	/* as found, to be restored */
};

/** Map the page of an instance; -ENOENT if there is no such model. */
int model_open(struct test_model *model, unsigned int instance);
/** Restore what model_open() found, disarm every fault. */
void model_close(struct test_model *model);
/** Disarm every fault, expect no violation, zero the counters. */
void model_calm(struct test_model *model);

uint32_t model_read(const struct test_model *model, unsigned int reg);
uint64_t model_read64(const struct test_model *model, unsigned int reg_lo);
void model_write(struct test_model *model, unsigned int reg, uint32_t value);
void model_write64(struct test_model *model, unsigned int reg_lo,
		   uint64_t value);

/** The next @count occasions on the ports in @ports (0: any) go wrong. */
void model_fault(struct test_model *model, enum fpga_fault fault,
		 uint32_t count, uint32_t arg, uint32_t ports);
/** "hang", "late", ... */
const char *model_fault_name(enum fpga_fault fault);
uint32_t model_hits(const struct test_model *model, enum fpga_fault fault);
/** What the driver did wrong so far; each kind is named on stderr. */
uint32_t model_violations(const struct test_model *model);
/** Latency and initiation interval of a frame, ns. */
void model_timing(struct test_model *model, uint64_t latency,
		  uint64_t interval);
/** Nothing runs and no frame is inside, within @ms. */
bool model_idle(const struct test_model *model, int ms);
uint32_t model_starts(const struct test_model *model, unsigned int port);

#endif /* SELFTESTS_TESTMODEL_H */
