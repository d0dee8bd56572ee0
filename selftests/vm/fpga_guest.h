/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the model's own tests share in the guest: its pages, memory that a DMA can
 * reach, TAP.
 */
#ifndef SRFPGA_FPGA_GUEST_H
#define SRFPGA_FPGA_GUEST_H

#include <stdbool.h>
#include <stdint.h>
#include "fpga/fpga_ctl.h"

#define WAIT_MS		3000
#define QUIET_MS	30
#define MS		1000000ULL
#define FPGA_MEMORY	(256 << 10)

/** struct fpga - the pages of one instance, mapped */
struct fpga {
	volatile uint8_t *dma[FPGA_MAX_PORTS];
	volatile uint8_t *crg, *ctl;
};

/** Map an instance with its ports; NULL, or why not. */
const char *fpga_open(struct fpga *fpga, unsigned int instance);

/** FPGA_MEMORY bytes of contiguous memory; NULL if there is none. */
uint8_t *fpga_memory(uint64_t *physical);

uint32_t rd(volatile uint8_t *page, unsigned int offset);
void wr(volatile uint8_t *page, unsigned int offset, uint32_t value);
uint64_t rd64(volatile uint8_t *page, unsigned int offset);
void wr64(volatile uint8_t *page, unsigned int offset, uint64_t value);

/** Reset the accelerator, disarm its faults, zero its counters. */
void fpga_fresh(struct fpga *fpga);
void fpga_timing(struct fpga *fpga, uint64_t latency, uint64_t interval,
		 uint32_t depth);
void fpga_set_args(struct fpga *fpga, unsigned int port, uint64_t addr,
		   uint32_t reps);
void fpga_start(struct fpga *fpga, unsigned int port, uint64_t addr,
		uint32_t reps);
/** Poll AP_CTRL until idle and not start; false after @ms. */
bool fpga_wait_idle(struct fpga *fpga, unsigned int port, unsigned int ms);
/** Likewise by the model's counter, which leaves done and ready as they are. */
bool fpga_wait_dones(struct fpga *fpga, unsigned int port, uint32_t dones);
uint32_t fpga_frames(struct fpga *fpga, unsigned int port);
uint32_t fpga_violations(struct fpga *fpga, enum fpga_violation kind);

/** One line of TAP. */
void check(bool good, const char *what);
/** The plan; returns the exit status. */
int finish(void);
/** Ends the program when @why is not NULL. */
void need(const char *why);

#endif /* SRFPGA_FPGA_GUEST_H */
