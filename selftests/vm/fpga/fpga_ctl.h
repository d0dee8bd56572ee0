/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The address map of an instance of the FPGA model and the registers of its
 * control page. Guest tests include this and map the page through /dev/mem.
 *
 * The control page is not part of the accelerator: no driver claims it and it
 * does not appear in the accelerator's devicetree node. All registers are 32
 * bits wide; a pair _LO, _HI is one 64-bit value: reading _LO freezes _HI for
 * the next read, writing _HI stores the value. Different pairs may be written at
 * the same time.
 */
#ifndef SRFPGA_FPGA_CTL_H
#define SRFPGA_FPGA_CTL_H

/* Where instance n lies in the guest's physical address space. */
#define FPGA_BASE(n)		(0x0b000000 + (n) * FPGA_SPAN)
#define FPGA_SPAN		0x10000
#define FPGA_DMA_WINDOW(port)	((port) * 0x1000)
#define FPGA_CRG_PAGE		0xe000	/* reset and clock, for stock drivers */
#define FPGA_CTL_PAGE		0xf000	/* this file's registers */
#define FPGA_PAGE_SIZE		0x1000
#define FPGA_MAX_PORTS		14

/* The page of the reset controller and the clock gate. */
#define FPGA_CRG_CLOCK		0x10	/* bit 0: the clock runs */
/* Reset lines, one bit each; line 0 is the accelerator's, or that of reset-line= */
#define FPGA_CRG_RESET		0x100
#define FPGA_CRG_RESET_LINES	1024

/* Control page: identity and state. */
#define FPGA_CTL_ID		0x000	/* FPGA_CTL_ID_VALUE */
#define FPGA_CTL_ID_VALUE	0x53524650
#define FPGA_CTL_VERSION	0x004	/* of this register map: 1 */
#define FPGA_CTL_NUM_PORTS	0x008
#define FPGA_CTL_CMD		0x00c	/* write FPGA_CMD_… */
#define FPGA_CMD_CLEAR		1	/* zero every counter, hits, violations */
#define FPGA_CMD_RESET		2	/* reset the accelerator, whatever its line */
#define FPGA_CTL_STATE		0x010	/* FPGA_STATE_… */
#define FPGA_STATE_CLOCK	(1 << 0)	/* the clock runs */
#define FPGA_STATE_RESET	(1 << 1)	/* reset is asserted */
#define FPGA_STATE_BUSY		(1 << 2)	/* a DMA runs or frames are inside */
#define FPGA_CTL_VIOLATIONS	0x014	/* all kinds that were not expected */
#define FPGA_CTL_EXPECT		0x018	/* bit k: kind k is expected, do not report */
#define FPGA_CTL_KEY		0x01c	/* constant of the xor fabric, low byte */

/* Timing, in nanoseconds of virtual time; changes hold for later frames. */
#define FPGA_CTL_LATENCY_LO	0x020	/* first byte in to last byte out */
#define FPGA_CTL_LATENCY_HI	0x024
#define FPGA_CTL_INTERVAL_LO	0x028	/* between the starts of two frames */
#define FPGA_CTL_INTERVAL_HI	0x02c
#define FPGA_CTL_IDMA_LO	0x030	/* an input DMA's transfer of a frame */
#define FPGA_CTL_IDMA_HI	0x034
#define FPGA_CTL_ODMA_LO	0x038	/* an output DMA's transfer of a frame */
#define FPGA_CTL_ODMA_HI	0x03c
#define FPGA_CTL_DEPTH		0x040	/* frames that fit between idma and odma */

/* Counters since the last FPGA_CMD_CLEAR. */
#define FPGA_CTL_TIME_LO	0x050	/* now, virtual ns */
#define FPGA_CTL_TIME_HI	0x054
#define FPGA_CTL_FIRST_LO	0x058	/* first start of a DMA */
#define FPGA_CTL_FIRST_HI	0x05c
#define FPGA_CTL_LAST_LO	0x060	/* last frame written by an output DMA */
#define FPGA_CTL_LAST_HI	0x064
#define FPGA_CTL_FRAMES_IN	0x068	/* frames that entered the fabric */
#define FPGA_CTL_FRAMES_OUT	0x06c	/* frames that left it */
#define FPGA_CTL_RESETS		0x070	/* resets that had effect */
#define FPGA_CTL_IRQS		0x074	/* rising edges of any interrupt line */
#define FPGA_CTL_COMPUTE_LO	0x078	/* host ns spent in the fabric */
#define FPGA_CTL_COMPUTE_HI	0x07c

/*
 * Granted ranges: while enforced, a DMA access outside every range is a
 * violation and ends as a bus error.
 */
#define FPGA_CTL_GRANT_ADDR_LO	0x080
#define FPGA_CTL_GRANT_ADDR_HI	0x084
#define FPGA_CTL_GRANT_LEN_LO	0x088
#define FPGA_CTL_GRANT_LEN_HI	0x08c
#define FPGA_CTL_GRANT_CMD	0x090	/* write FPGA_GRANT_… */
#define FPGA_GRANT_ADD		1	/* the range in ADDR and LEN */
#define FPGA_GRANT_REMOVE	2	/* exactly that range */
#define FPGA_GRANT_CLEAR	3
#define FPGA_GRANT_ENFORCE	4
#define FPGA_GRANT_IGNORE	5	/* the default */
#define FPGA_CTL_GRANT_COUNT	0x094	/* ranges in the table */
#define FPGA_CTL_PAIRS		(FPGA_CTL_GRANT_CMD / 8)	/* that are written */
#define FPGA_CTL_LOOKS		0x098	/* counter: reads of any AP_CTRL */
#define FPGA_MAX_GRANTS		65536

/* Faults: writing COUNT arms a fault for its next COUNT occasions. */
#define FPGA_CTL_FAULT(f)	(0x100 + (f) * 0x10)
#define FPGA_FAULT_COUNT	0x0	/* write last; 0 disarms */
#define FPGA_FAULT_ARG		0x4
#define FPGA_FAULT_PORTS	0x8	/* bit p: port p; 0 means every port */
#define FPGA_FAULT_HITS		0xc	/* how often it struck */
enum fpga_fault {
	FPGA_FAULT_HANG,	/* a frame never leaves the fabric: reset heals */
	FPGA_FAULT_LATE,	/* a frame leaves ARG ns later */
	FPGA_FAULT_LOST_IRQ,	/* a completion sets done, but not ISR */
	FPGA_FAULT_SPURIOUS,	/* at once, or if ARG is 1 when interrupts are
				 * disabled the next time: the line rises without
				 * a cause, falls when AP_CTRL or ISR is read */
	FPGA_FAULT_AXI,		/* a transfer meets a bus error: the block stops
				 * and never goes idle or done: reset heals */
	FPGA_FAULT_DROP,	/* the fabric swallows a frame */
	FPGA_FAULT_EXTRA,	/* the fabric emits a frame twice */
	FPGA_FAULT_SHORT,	/* an odma writes half a frame, then goes on */
	FPGA_FAULT_CORRUPT,	/* the first byte of an output frame is inverted */
	FPGA_FAULT_DEAD_RESET,	/* an assertion of the reset has no effect */
	FPGA_NUM_FAULTS
};

/* What the model finds wrong with the driver; one counter a kind. */
#define FPGA_CTL_VIOLATION(v)	(0x200 + (v) * 4)
enum fpga_violation {
	FPGA_VIOL_START_BUSY,	/* start of a DMA that is not idle */
	FPGA_VIOL_ARGS_BUSY,	/* address or numReps written while it runs */
	FPGA_VIOL_STALE_HIGH,	/* started with half an address written */
	FPGA_VIOL_NO_ARGS,	/* started without address and numReps since reset */
	FPGA_VIOL_ORDER,	/* input started into an empty pipeline while every
				 * output DMA was known to be idle */
	FPGA_VIOL_ISR_BLIND,	/* ISR bit written that was not set: it toggles on */
	FPGA_VIOL_SIZE,		/* access of another width than 32 bits */
	FPGA_VIOL_OFFSET,	/* access to an offset that is no register */
	FPGA_VIOL_CLOCK_OFF,	/* access while the clock is off */
	FPGA_VIOL_IN_RESET,	/* access while reset is asserted */
	FPGA_VIOL_CLOCK_CUT,	/* clock switched off while busy */
	FPGA_VIOL_NOT_RAM,	/* DMA address outside the guest's memory */
	FPGA_VIOL_ALIGN,	/* DMA address not aligned to the AXI width */
	FPGA_VIOL_GRANT,	/* DMA outside the granted ranges */
	FPGA_NUM_VIOLATIONS
};

/* Counters of one port. */
#define FPGA_CTL_PORT(p)	(0x300 + (p) * 0x20)
#define FPGA_PORT_STARTS	0x00
#define FPGA_PORT_DONES		0x04
#define FPGA_PORT_FRAMES	0x08
#define FPGA_PORT_IRQS		0x0c
#define FPGA_PORT_BYTES_LO	0x10
#define FPGA_PORT_BYTES_HI	0x14
#define FPGA_PORT_REPS_LEFT	0x18
#define FPGA_PORT_FRAME_BYTES	0x1c

/* AXI-Lite window of one FINN DMA (Vitis HLS, ap_ctrl_hs). */
#define FPGA_DMA_AP_CTRL	0x00
#define FPGA_AP_START		(1 << 0)
#define FPGA_AP_DONE		(1 << 1)	/* cleared by reading */
#define FPGA_AP_IDLE		(1 << 2)
#define FPGA_AP_READY		(1 << 3)	/* cleared by reading */
#define FPGA_AP_RESTART		(1 << 7)
#define FPGA_DMA_GIE		0x04
#define FPGA_DMA_IER		0x08
#define FPGA_DMA_ISR		0x0c	/* a 1 written toggles the bit */
#define FPGA_INT_DONE		(1 << 0)
#define FPGA_INT_READY		(1 << 1)
#define FPGA_DMA_ADDR_LO	0x10
#define FPGA_DMA_ADDR_HI	0x14
#define FPGA_DMA_REPS		0x1c

#endif /* SRFPGA_FPGA_CTL_H */
