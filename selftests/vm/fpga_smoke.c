// SPDX-License-Identifier: GPL-2.0
/*
 * The FPGA model against the register contract of FINN's DMAs, from the guest and
 * without any driver: registers through /dev/mem, memory in a huge page.
 * Expects: idma0 of 1000 bytes, odma0 of 600, every interrupt wired, no clock or
 * reset node (so that no driver owns their page).
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "fpga_guest.h"

#define IN_BYTES	1000
#define OUT_BYTES	600
#define KEY		0x5a
#define OUT_OFFSET	(128 << 10)

enum { IDMA, ODMA };

static struct fpga fpga;
static volatile uint8_t *idma, *odma, *crg, *ctl;
static uint8_t *memory;		/* inputs, from OUT_OFFSET on outputs */
static uint64_t physical;

static uint32_t violations(enum fpga_violation kind)
{
	return fpga_violations(&fpga, kind);
}

static uint32_t frames(unsigned int port)
{
	return fpga_frames(&fpga, port);
}

static bool wait_idle(unsigned int port, unsigned int ms)
{
	return fpga_wait_idle(&fpga, port, ms);
}

static bool wait_dones(unsigned int port, uint32_t dones)
{
	return fpga_wait_dones(&fpga, port, dones);
}

static void start(unsigned int port, uint64_t addr, uint32_t reps)
{
	fpga_start(&fpga, port, addr, reps);
}

static void timing(uint64_t latency, uint64_t interval, uint32_t depth)
{
	fpga_timing(&fpga, latency, interval, depth);
}

static void arm(enum fpga_fault fault, uint32_t ports, uint32_t arg)
{
	wr(ctl, FPGA_CTL_FAULT(fault) + FPGA_FAULT_ARG, arg);
	wr(ctl, FPGA_CTL_FAULT(fault) + FPGA_FAULT_PORTS, ports);
	wr(ctl, FPGA_CTL_FAULT(fault) + FPGA_FAULT_COUNT, 1);
}

/* Every test starts here: everything idle, no fault armed, counters at zero. */
static void fresh(void)
{
	fpga_fresh(&fpga);
	for (int i = 0; i < OUT_OFFSET; i++)
		memory[i] = i * 7 + (i >> 8) * 13;
	memset(memory + OUT_OFFSET, 0xee, FPGA_MEMORY - OUT_OFFSET);
}

static void start_both(uint32_t reps)
{
	start(ODMA, physical + OUT_OFFSET, reps);
	start(IDMA, physical, reps);
}

/* Is output frame @out that of input frame @in? */
static bool frame_right(unsigned int out, unsigned int in)
{
	const uint8_t *from = memory + in * IN_BYTES;
	const uint8_t *to = memory + OUT_OFFSET + out * OUT_BYTES;

	for (int i = 0; i < OUT_BYTES; i++)
		if (to[i] != (from[i] ^ KEY))
			return false;
	return true;
}

static bool untouched(unsigned int from, unsigned int to)
{
	for (unsigned int i = from; i < to; i++)
		if (memory[OUT_OFFSET + i] != 0xee)
			return false;
	return true;
}

static void test_identity(void)
{
	check(rd(ctl, FPGA_CTL_ID) == FPGA_CTL_ID_VALUE, "identity");
	check(rd(ctl, FPGA_CTL_VERSION) == 1, "version of the control page");
	check(rd(ctl, FPGA_CTL_NUM_PORTS) == 2, "two ports");
	check(rd(ctl, FPGA_CTL_PORT(0) + FPGA_PORT_FRAME_BYTES) == IN_BYTES &&
	      rd(ctl, FPGA_CTL_PORT(1) + FPGA_PORT_FRAME_BYTES) == OUT_BYTES,
	      "frame sizes");
}

static void test_data(void)
{
	fresh();
	check(rd(idma, FPGA_DMA_AP_CTRL) == FPGA_AP_IDLE &&
	      rd(odma, FPGA_DMA_AP_CTRL) == FPGA_AP_IDLE, "idle after reset");
	start_both(3);
	check(wait_dones(ODMA, 1), "a job of three frames ends");
	check(frame_right(0, 0) && frame_right(1, 1) && frame_right(2, 2),
	      "its data");
	check(untouched(3 * OUT_BYTES, OUT_OFFSET), "nothing behind it written");
	check(rd64(ctl, FPGA_CTL_PORT(0) + FPGA_PORT_BYTES_LO) == 3 * IN_BYTES &&
	      rd64(ctl, FPGA_CTL_PORT(1) + FPGA_PORT_BYTES_LO) == 3 * OUT_BYTES,
	      "bytes counted");
	check(rd(ctl, FPGA_CTL_VIOLATIONS) == 0, "no violation");
}

static void test_status_bits(void)
{
	fresh();
	start_both(1);
	wait_dones(ODMA, 1);
	check(rd(odma, FPGA_DMA_AP_CTRL) ==
	      (FPGA_AP_DONE | FPGA_AP_IDLE | FPGA_AP_READY),
	      "done, ready, idle, and start cleared");
	check(rd(odma, FPGA_DMA_AP_CTRL) == FPGA_AP_IDLE,
	      "done and ready are cleared by reading");
	check(rd(odma, FPGA_DMA_ISR) == 0, "ISR stays clear without IER");
	check(rd(ctl, FPGA_CTL_IRQS) == 0, "no interrupt without GIE");
}

static void test_interrupt_registers(void)
{
	fresh();
	wr(odma, FPGA_DMA_IER, FPGA_INT_DONE);
	start_both(1);
	wait_dones(ODMA, 1);
	check(rd(odma, FPGA_DMA_ISR) == FPGA_INT_DONE, "IER selects ISR's bit");
	check(rd(ctl, FPGA_CTL_IRQS) == 0, "GIE gates the line");
	wr(odma, FPGA_DMA_GIE, 1);
	check(rd(ctl, FPGA_CTL_IRQS) == 1, "the line rises with GIE");
	wr(odma, FPGA_DMA_ISR, FPGA_INT_DONE);
	check(rd(odma, FPGA_DMA_ISR) == 0, "writing 1 to a set bit clears it");
	check(violations(FPGA_VIOL_ISR_BLIND) == 0, "which is right");
	wr(odma, FPGA_DMA_ISR, FPGA_INT_DONE);
	check(rd(odma, FPGA_DMA_ISR) == FPGA_INT_DONE,
	      "writing 1 to a clear bit sets it");
	check(violations(FPGA_VIOL_ISR_BLIND) == 1, "which is reported");
	wr(odma, FPGA_DMA_GIE, 0);
	wr(odma, FPGA_DMA_ISR, FPGA_INT_DONE);
}

static void test_arguments(void)
{
	fresh();
	fpga_set_args(&fpga, ODMA, 0x123456789abcdef0ULL, 7);
	check(rd64(odma, FPGA_DMA_ADDR_LO) == 0x123456789abcdef0ULL &&
	      rd(odma, FPGA_DMA_REPS) == 7, "arguments read back");
	wr(odma, FPGA_DMA_ADDR_LO, 0);
	check(rd(odma, FPGA_DMA_ADDR_HI) == 0x12345678, "the high half stays");

	fresh();
	start_both(0);
	check(wait_idle(ODMA, WAIT_MS) && wait_idle(IDMA, WAIT_MS) &&
	      !frames(IDMA) && !frames(ODMA) && untouched(0, OUT_OFFSET),
	      "numReps 0 does nothing");

	fresh();
	start_both(1);
	wait_idle(ODMA, WAIT_MS);
	wr(odma, FPGA_DMA_ADDR_HI, 0xff);
	wait_idle(ODMA, WAIT_MS);
	wr(odma, FPGA_DMA_AP_CTRL, FPGA_AP_START);
	start(IDMA, physical, 1);
	check(!wait_idle(ODMA, QUIET_MS), "a stale high address stops the block");
	check(violations(FPGA_VIOL_STALE_HIGH) == 1 &&
	      violations(FPGA_VIOL_NOT_RAM) == 1, "and is reported");
}

static void test_order(void)
{
	fresh();
	start(IDMA, physical, 1);
	check(violations(FPGA_VIOL_ORDER) == 1, "input before output is reported");
	start(ODMA, physical + OUT_OFFSET, 1);
	check(wait_dones(ODMA, 1) && frame_right(0, 0), "and works all the same");

	fresh();
	timing(20 * MS, 20 * MS, 0);
	start_both(1);
	start(ODMA, physical + OUT_OFFSET, 1);
	check(violations(FPGA_VIOL_START_BUSY) == 1, "start while busy is reported");
	check(violations(FPGA_VIOL_ARGS_BUSY) == 3, "so are arguments");
	start(IDMA, physical, 1);
	check(wait_dones(ODMA, 2), "the second start runs after the first");

	fresh();
	wr(idma, FPGA_DMA_AP_CTRL, FPGA_AP_START);
	check(violations(FPGA_VIOL_NO_ARGS) == 1, "start without arguments");

	fresh();
	start(ODMA, physical + OUT_OFFSET + 1, 1);
	start(IDMA, physical + 1, 1);
	wait_dones(ODMA, 1);
	check(violations(FPGA_VIOL_ALIGN) != 0, "an unaligned address is reported");
}

static void test_bad_access(void)
{
	fresh();
	(void)*(volatile uint8_t *)(odma + FPGA_DMA_GIE);
	check(violations(FPGA_VIOL_SIZE) == 1, "a byte access is reported");
	(void)rd(odma, 0x40);
	check(violations(FPGA_VIOL_OFFSET) == 1, "so is an offset of no register");
}

static void test_backpressure(void)
{
	fresh();
	timing(0, 0, 2);
	fpga_set_args(&fpga, ODMA, physical + OUT_OFFSET, 5);
	start(IDMA, physical, 5);
	usleep(QUIET_MS * 1000);
	check(frames(IDMA) == 2, "the input runs ahead as far as the depth");
	check(!(rd(idma, FPGA_DMA_AP_CTRL) & FPGA_AP_IDLE), "and waits, busy");
	wr(odma, FPGA_DMA_AP_CTRL, FPGA_AP_START);
	check(wait_dones(ODMA, 1) && wait_dones(IDMA, 1) && frame_right(4, 4),
	      "until the output takes them");

	fresh();
	timing(40 * MS, 10 * MS, 0);
	start(ODMA, physical + OUT_OFFSET, 4);
	start(IDMA, physical, 1);
	wait_dones(IDMA, 1);
	start(IDMA, physical + IN_BYTES, 3);
	check(wait_dones(ODMA, 1) && frame_right(0, 0) && frame_right(3, 3),
	      "input and output DMAs are independent");
}

/* From the first start to the last byte written, in the model's time. */
static uint64_t elapsed(void)
{
	return rd64(ctl, FPGA_CTL_LAST_LO) - rd64(ctl, FPGA_CTL_FIRST_LO);
}

static void test_time(void)
{
	fresh();
	timing(40 * MS, 10 * MS, 0);
	start_both(4);
	wait_dones(ODMA, 1);
	check(elapsed() >= 70 * MS, "latency and intervals are not shorter");
	check(elapsed() < 71 * MS, "nor longer");
}

static void test_fabric_faults(void)
{
	fresh();
	arm(FPGA_FAULT_HANG, 0, 0);
	start_both(1);
	check(wait_idle(IDMA, WAIT_MS) && !wait_idle(ODMA, QUIET_MS),
	      "fault: a frame never leaves");

	fresh();
	arm(FPGA_FAULT_LATE, 0, 60 * MS);
	start_both(1);
	check(wait_dones(ODMA, 1) && elapsed() >= 60 * MS && frame_right(0, 0),
	      "fault: a frame leaves late");

	fresh();
	arm(FPGA_FAULT_DROP, 0, 0);
	start_both(2);
	check(!wait_idle(ODMA, QUIET_MS) && frame_right(0, 1),
	      "fault: a frame is swallowed");

	fresh();
	arm(FPGA_FAULT_EXTRA, 0, 0);
	start_both(2);
	check(wait_dones(ODMA, 1) && frame_right(0, 0) && frame_right(1, 0),
	      "fault: a frame comes twice");

	fresh();
	arm(FPGA_FAULT_SHORT, 0, 0);
	start_both(1);
	check(wait_dones(ODMA, 1) && !frame_right(0, 0) &&
	      memory[OUT_OFFSET] == (memory[0] ^ KEY) &&
	      untouched(OUT_BYTES / 2, OUT_BYTES), "fault: half a frame");

	fresh();
	arm(FPGA_FAULT_CORRUPT, 0, 0);
	start_both(1);
	check(wait_dones(ODMA, 1) &&
	      memory[OUT_OFFSET] == (uint8_t)~(memory[0] ^ KEY),
	      "fault: a wrong byte");
	check(rd(ctl, FPGA_CTL_FAULT(FPGA_FAULT_CORRUPT) +
		 FPGA_FAULT_HITS) == 1, "hits are counted");
}

static void test_interface_faults(void)
{
	uint32_t irqs;

	fresh();
	wr(odma, FPGA_DMA_IER, FPGA_INT_DONE);
	arm(FPGA_FAULT_LOST_IRQ, 1 << 1, 0);
	start_both(1);
	check(wait_dones(ODMA, 1) && rd(odma, FPGA_DMA_ISR) == 0 &&
	      (rd(odma, FPGA_DMA_AP_CTRL) & FPGA_AP_DONE),
	      "fault: an interrupt is lost, done is set");

	fresh();
	irqs = rd(ctl, FPGA_CTL_IRQS);
	arm(FPGA_FAULT_SPURIOUS, 1 << 1, 0);
	check(rd(ctl, FPGA_CTL_IRQS) == irqs + 1 &&
	      rd(odma, FPGA_DMA_ISR) == 0, "fault: a spurious interrupt");

	fresh();
	arm(FPGA_FAULT_AXI, 1 << 0, 0);
	start_both(1);
	check(!wait_idle(IDMA, QUIET_MS) && !wait_idle(ODMA, QUIET_MS),
	      "fault: a bus error stops the block");
	wr(ctl, FPGA_CTL_CMD, FPGA_CMD_RESET);
	start_both(1);
	check(wait_dones(ODMA, 1) && frame_right(0, 0), "a reset heals it");
}

static void test_reset(void)
{
	fresh();
	timing(50 * MS, 50 * MS, 0);
	start_both(1);
	wr(crg, FPGA_CRG_RESET, 1);
	(void)rd(odma, FPGA_DMA_AP_CTRL);
	check(violations(FPGA_VIOL_IN_RESET) == 1, "access in reset is reported");
	wr(crg, FPGA_CRG_RESET, 0);
	check(rd(odma, FPGA_DMA_AP_CTRL) == FPGA_AP_IDLE &&
	      rd(odma, FPGA_DMA_REPS) == 0 &&
	      rd64(odma, FPGA_DMA_ADDR_LO) == 0, "reset clears the registers");
	usleep(80000);
	check(untouched(0, OUT_OFFSET), "no DMA after reset");

	fresh();
	arm(FPGA_FAULT_DEAD_RESET, 0, 0);
	timing(50 * MS, 50 * MS, 0);
	start_both(1);
	wr(crg, FPGA_CRG_RESET, 1);
	wr(crg, FPGA_CRG_RESET, 0);
	check(!(rd(odma, FPGA_DMA_AP_CTRL) & FPGA_AP_IDLE) && wait_dones(ODMA, 1),
	      "fault: a reset without effect");
}

static void test_clock(void)
{
	fresh();
	timing(30 * MS, 30 * MS, 0);
	start_both(1);
	wr(crg, FPGA_CRG_CLOCK, 0);
	check(violations(FPGA_VIOL_CLOCK_CUT) == 1,
	      "switching the clock off while busy is reported");
	(void)rd(odma, FPGA_DMA_AP_CTRL);
	check(violations(FPGA_VIOL_CLOCK_OFF) == 1,
	      "so is access with the clock off");
	usleep(80000);
	check(frames(ODMA) == 0, "without a clock nothing moves");
	wr(crg, FPGA_CRG_CLOCK, 1);
	check(frames(ODMA) == 0 && wait_dones(ODMA, 1) && frame_right(0, 0),
	      "with it the job goes on");
}

static void grant(uint64_t addr, uint64_t len, uint32_t command)
{
	wr64(ctl, FPGA_CTL_GRANT_ADDR_LO, addr);
	wr64(ctl, FPGA_CTL_GRANT_LEN_LO, len);
	wr(ctl, FPGA_CTL_GRANT_CMD, command);
}

static void test_grants(void)
{
	fresh();
	grant(physical, IN_BYTES, FPGA_GRANT_ADD);
	grant(physical + OUT_OFFSET, OUT_BYTES, FPGA_GRANT_ADD);
	wr(ctl, FPGA_CTL_GRANT_CMD, FPGA_GRANT_ENFORCE);
	start_both(1);
	check(wait_dones(ODMA, 1) && frame_right(0, 0), "granted ranges are used");
	grant(physical + OUT_OFFSET, OUT_BYTES, FPGA_GRANT_REMOVE);
	start_both(1);
	check(!wait_idle(ODMA, QUIET_MS) && violations(FPGA_VIOL_GRANT) == 1,
	      "others are refused and reported");
	wr(ctl, FPGA_CTL_GRANT_CMD, FPGA_GRANT_CLEAR);
	check(rd(ctl, FPGA_CTL_GRANT_COUNT) == 0, "the table is cleared");
}

int main(void)
{
	printf("TAP version 13\n");
	need(fpga_open(&fpga, 0));
	idma = fpga.dma[IDMA];
	odma = fpga.dma[ODMA];
	crg = fpga.crg;
	ctl = fpga.ctl;
	memory = fpga_memory(&physical);
	need(memory ? NULL : "no contiguous memory");
	test_identity();
	test_data();
	test_status_bits();
	test_interrupt_registers();
	test_arguments();
	test_order();
	test_bad_access();
	test_backpressure();
	test_time();
	test_fabric_faults();
	test_interface_faults();
	test_reset();
	test_clock();
	test_grants();
	return finish();
}
