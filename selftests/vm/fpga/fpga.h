/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Private types of the FPGA model. Everything here is protected by QEMU's big
 * lock, but for what struct fpga_worker says is its own.
 */
#ifndef SRFPGA_FPGA_H
#define SRFPGA_FPGA_H

#include "qemu/osdep.h"
/* QEMU moved its headers: exec/ and sysemu/ became system/ in 10.x. */
#if __has_include("system/memory.h")
#include "system/memory.h"
#include "system/address-spaces.h"
#else
#include "exec/memory.h"
#include "exec/address-spaces.h"
#endif
#include "hw/irq.h"
#include "hw/qdev-core.h"
#include "qapi/error.h"
#include "qemu/error-report.h"
#include "qemu/main-loop.h"
#include "qemu/queue.h"
#include "qemu/thread.h"
#include "qemu/units.h"
#include "qemu/timer.h"
#include "fpga_ctl.h"

#define TYPE_SRFPGA_FPGA	"srfpga-fpga"
#define FPGA_MAX_DEPTH		64
#define FPGA_MAX_RANK		8
#define FPGA_NAME_LEN		32
#define FPGA_NEVER		INT64_MAX

enum fpga_direction { FPGA_INPUT, FPGA_OUTPUT, FPGA_WEIGHTS };

/* What a port is: the devicetree says the same. */
struct fpga_port_info {
	char name[FPGA_NAME_LEN];
	char label[64];
	char type[16];		/* FINN's name of the element type */
	enum fpga_direction direction;
	uint32_t bits;
	uint32_t shape[FPGA_MAX_RANK], folded[FPGA_MAX_RANK];
	uint32_t rank, folded_rank;
	uint32_t frame_bytes;
	uint32_t reps_per_frame;	/* weights only, otherwise 1 */
	uint32_t align;			/* bytes of the AXI bus this port uses */
	bool wired;			/* its interrupt goes to the GIC */
};

/* A DMA block: its AXI-Lite registers and the transfer it is busy with. */
struct fpga_dma {
	struct fpga_device *dev;
	struct fpga_port_info info;
	unsigned int index;
	MemoryRegion mmio;
	qemu_irq irq;
	bool level;

	/* registers */
	bool start, done, ready, restart, gie;
	uint32_t ier, isr, reps;
	uint64_t addr;
	bool spurious;

	/* for the checker: what the driver did since the last start or reset */
	bool wrote_lo, wrote_hi, have_addr, have_reps;
	bool seen_idle;		/* the guest read idle since the last run */

	/* the run */
	bool running, stopped, moving;
	uint32_t reps_left;
	uint32_t partial;	/* weights: repetitions of the frame so far */
	uint64_t cursor;	/* address of the frame in transfer */
	uint64_t seq;		/* frames moved since reset */
	int64_t t_next;		/* not before: start of the next frame */
	int64_t t_end;		/* of the frame in transfer */

	/* statistics */
	uint32_t starts, dones, frames, irqs;
	uint64_t bytes;
};

/* One frame between the input and the output DMAs. */
struct fpga_frame {
	QSIMPLEQ_ENTRY(fpga_frame) link;
	uint64_t seq;
	uint32_t loaded, written;	/* bit p: port p is done with it */
	uint32_t half_written;		/* bit p: output p wrote its first half */
	uint32_t copies[FPGA_MAX_PORTS];	/* emitted so far */
	uint32_t want_copies;
	int64_t t_in, t_full, late;
	bool full, hang, submitted, computed, orphan, finished;
	uint8_t *buf[FPGA_MAX_PORTS];
};

QSIMPLEQ_HEAD(fpga_frame_list, fpga_frame);

/* The thread that computes; @lock protects @todo, @finished, frame->finished. */
struct fpga_worker {
	QemuThread thread;
	QemuMutex lock;
	QemuCond todo_cond, finished_cond;
	struct fpga_frame_list todo, finished;
	QEMUBH *bh;
	uint64_t compute_ns;
};

/* What turns input frames into output frames. */
struct fpga_fabric {
	const char *name;
	/* @dev->ports may still be empty: the fabric can name them */
	bool (*open)(struct fpga_device *dev, Error **errp);
	/* runs in the worker, without QEMU's lock */
	void (*compute)(struct fpga_device *dev, struct fpga_frame *frame);
};

struct fpga_fault_knob {
	uint32_t count, arg, ports, hits;
};

struct fpga_grant {
	uint64_t addr, len;
};

struct fpga_device {
	DeviceState parent;

	/* properties */
	uint64_t base;
	uint32_t first_irq;
	char *ports_text, *fabric_name, *model, *fabric_lib;
	char *label, *interrupt;
	uint32_t height, width, threads, timeout_ms, address_bits, pool_size;
	bool has_clock, has_reset, coherent, ready_late;
	uint64_t latency, interval, idma_ns, odma_ns;
	uint64_t pool_addr;
	uint32_t depth_set, reset_number;
	bool describe;

	unsigned int instance;
	struct fpga_dma dma[FPGA_MAX_PORTS];
	unsigned int num_ports;
	MemoryRegion crg, ctl;
	QEMUTimer *timer;
	int64_t now;		/* the pipeline has been simulated up to here */

	/* the pipeline: frames [retired, retired + depth) may be inside */
	struct fpga_frame *ring[FPGA_MAX_DEPTH];
	uint64_t retired;
	struct fpga_worker worker;
	const struct fpga_fabric *fabric;
	void *fabric_data;
	uint32_t key;

	bool clock_on, in_reset;
	uint32_t reset_word;	/* the reset register with this device's line */

	/* the checker and the control page */
	struct fpga_fault_knob fault[FPGA_NUM_FAULTS];
	uint32_t violation[FPGA_NUM_VIOLATIONS], violations, expect;
	struct fpga_grant *grant;
	uint32_t num_grants;
	bool enforce_grants;
	uint64_t grant_addr, grant_len;
	uint32_t high;		/* upper half of the 64-bit register just read */
	uint32_t low[FPGA_CTL_PAIRS];	/* lower halves of those being written */
	int64_t first_start, last_out;
	uint32_t frames_in, frames_out, resets, irqs, looks;
};

/* ports.c */
bool fpga_ports_parse(struct fpga_device *dev, const char *text, Error **errp);
bool fpga_port_finish(struct fpga_port_info *port, Error **errp);
bool fpga_ports_wire(struct fpga_device *dev, const char *text, Error **errp);

/* dma.c */
void fpga_dma_init(struct fpga_device *dev, struct fpga_dma *dma);
void fpga_dma_reset(struct fpga_dma *dma);
void fpga_dma_finish(struct fpga_dma *dma);
void fpga_dma_update_irq(struct fpga_dma *dma);
void fpga_dma_spurious(struct fpga_dma *dma);

/* pipeline.c */
void fpga_pipeline_init(struct fpga_device *dev);
void fpga_pipeline_run(struct fpga_device *dev);
void fpga_pipeline_reset(struct fpga_device *dev);
void fpga_pipeline_clock(struct fpga_device *dev, bool on);
void fpga_pipeline_start(struct fpga_dma *dma);
bool fpga_pipeline_busy(const struct fpga_device *dev);
bool fpga_pipeline_empty(const struct fpga_device *dev);
uint32_t fpga_pipeline_depth(const struct fpga_device *dev);

/* worker.c */
void fpga_worker_init(struct fpga_device *dev);
void fpga_worker_submit(struct fpga_device *dev, struct fpga_frame *frame);
void fpga_worker_wait(struct fpga_device *dev, struct fpga_frame *frame);
struct fpga_frame *fpga_frame_new(struct fpga_device *dev, uint64_t seq);
void fpga_frame_free(struct fpga_frame *frame);

/* fabric.c, fabric_soft.c */
const struct fpga_fabric *fpga_fabric_find(const char *name, Error **errp);
extern const struct fpga_fabric fpga_fabric_soft;

/* memory.c */
bool fpga_memory_read(struct fpga_dma *dma, uint64_t addr, void *to,
		      uint32_t len);
bool fpga_memory_write(struct fpga_dma *dma, uint64_t addr, const void *from,
		       uint32_t len);
void fpga_grant_command(struct fpga_device *dev, uint32_t command);

/* checker.c */
void fpga_violation(struct fpga_device *dev, enum fpga_violation kind,
		    const char *format, ...) G_GNUC_PRINTF(3, 4);
bool fpga_fault_strikes(struct fpga_device *dev, enum fpga_fault fault,
			unsigned int port);
void fpga_checker_clear(struct fpga_device *dev);

/* control.c */
void fpga_control_init(struct fpga_device *dev);

/* crg.c */
void fpga_crg_init(struct fpga_device *dev);
void fpga_crg_reset(struct fpga_device *dev);

/* fdt.c */
bool fpga_fdt_add(struct fpga_device *dev, Error **errp);

#endif /* SRFPGA_FPGA_H */
