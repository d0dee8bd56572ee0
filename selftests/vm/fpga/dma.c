// SPDX-License-Identifier: GPL-2.0
/*
 * The AXI-Lite registers of one DMA as Vitis HLS generates them (ap_ctrl_hs) and
 * its interrupt. Knows when a run starts and that it ended, not what it moves.
 */
#include "fpga.h"

void fpga_dma_update_irq(struct fpga_dma *dma)
{
	bool level = (dma->gie && dma->isr) || dma->spurious;

	if (!dma->info.wired || level == dma->level)
		return;
	dma->level = level;
	if (level) {
		dma->irqs++;
		dma->dev->irqs++;
	}
	qemu_set_irq(dma->irq, level);
}

/* The block hands back ap_ready and ap_done: sticky bits and enabled ISR bits. */
static void raise_status(struct fpga_dma *dma, uint32_t bits)
{
	if (bits & FPGA_INT_DONE)
		dma->done = true;
	if (bits & FPGA_INT_READY)
		dma->ready = true;
	bits &= dma->ier;
	if (bits && fpga_fault_strikes(dma->dev, FPGA_FAULT_LOST_IRQ,
				       dma->index))
		return;
	dma->isr |= bits;
	fpga_dma_update_irq(dma);
}

static void begin_run(struct fpga_dma *dma)
{
	dma->running = true;
	dma->seen_idle = false;
	dma->reps_left = dma->reps;
	dma->cursor = dma->addr;
	dma->wrote_lo = false;
	dma->wrote_hi = false;
	dma->starts++;
	if (!dma->dev->first_start)
		dma->dev->first_start = dma->dev->now;
	if (!dma->dev->ready_late) {
		dma->start = dma->restart;
		raise_status(dma, FPGA_INT_READY);
	}
	fpga_pipeline_start(dma);
}

/* The last repetition has been moved. A start that waits begins at once. */
void fpga_dma_finish(struct fpga_dma *dma)
{
	dma->running = false;
	dma->dones++;
	if (dma->dev->ready_late) {
		dma->start = dma->restart;
		raise_status(dma, FPGA_INT_DONE | FPGA_INT_READY);
	} else {
		raise_status(dma, FPGA_INT_DONE);
	}
	if (dma->start)
		begin_run(dma);
}

/* Is this input started into an empty pipeline before any output DMA? */
static bool wrong_order(struct fpga_dma *dma)
{
	const struct fpga_device *dev = dma->dev;

	if (dma->info.direction == FPGA_OUTPUT || !fpga_pipeline_empty(dev))
		return false;
	if (dma->info.direction == FPGA_WEIGHTS)
		return false;
	for (unsigned int i = 0; i < dev->num_ports; i++) {
		const struct fpga_dma *other = &dev->dma[i];

		if (other->info.direction != FPGA_OUTPUT)
			continue;
		if (other->running || !other->seen_idle)
			return false;
	}
	return true;
}

static void check_start(struct fpga_dma *dma)
{
	struct fpga_device *dev = dma->dev;
	const char *name = dma->info.name;

	if (dma->running || dma->start)
		fpga_violation(dev, FPGA_VIOL_START_BUSY,
			       "%s started while it runs", name);
	if (!dma->have_addr || !dma->have_reps)
		fpga_violation(dev, FPGA_VIOL_NO_ARGS,
			       "%s started without address or numReps", name);
	if (dma->wrote_lo != dma->wrote_hi)
		fpga_violation(dev, FPGA_VIOL_STALE_HIGH,
			       "%s started with only one half of the address written",
			       name);
	if (wrong_order(dma))
		fpga_violation(dev, FPGA_VIOL_ORDER,
			       "%s started before the output DMAs", name);
}

static uint32_t read_ap_ctrl(struct fpga_dma *dma)
{
	bool idle = !dma->running && !dma->start;
	uint32_t value = (dma->start ? FPGA_AP_START : 0) |
			 (dma->done ? FPGA_AP_DONE : 0) |
			 (idle ? FPGA_AP_IDLE : 0) |
			 (dma->ready ? FPGA_AP_READY : 0) |
			 (dma->restart ? FPGA_AP_RESTART : 0);

	dma->done = false;
	dma->ready = false;
	dma->seen_idle |= idle;
	return value;
}

static void write_ap_ctrl(struct fpga_dma *dma, uint32_t value)
{
	dma->restart = value & FPGA_AP_RESTART;
	if (!(value & FPGA_AP_START))
		return;
	check_start(dma);
	dma->start = true;
	if (!dma->running)
		begin_run(dma);
}

static void write_isr(struct fpga_dma *dma, uint32_t value)
{
	value &= FPGA_INT_DONE | FPGA_INT_READY;
	if (value & ~dma->isr)
		fpga_violation(dma->dev, FPGA_VIOL_ISR_BLIND,
			       "%s: ISR is %u, writing %u sets bits",
			       dma->info.name, dma->isr, value);
	dma->isr ^= value;
	fpga_dma_update_irq(dma);
}

static void write_argument(struct fpga_dma *dma, hwaddr offset, uint32_t value)
{
	if (dma->running || dma->start)
		fpga_violation(dma->dev, FPGA_VIOL_ARGS_BUSY,
			       "%s: register 0x%02x written while it runs",
			       dma->info.name, (unsigned int)offset);
	switch (offset) {
	case FPGA_DMA_ADDR_LO:
		dma->addr = deposit64(dma->addr, 0, 32, value);
		dma->wrote_lo = true;
		break;
	case FPGA_DMA_ADDR_HI:
		dma->addr = deposit64(dma->addr, 32, 32, value);
		dma->wrote_hi = true;
		break;
	case FPGA_DMA_REPS:
		dma->reps = value;
		dma->have_reps = true;
		break;
	}
	dma->have_addr |= dma->wrote_lo && dma->wrote_hi;
}

/* May the guest touch a register now? A real bus would hang where it may not. */
static bool accessible(struct fpga_dma *dma, hwaddr offset, unsigned int size)
{
	struct fpga_device *dev = dma->dev;
	const char *name = dma->info.name;

	if (size != 4 || offset % 4)
		fpga_violation(dev, FPGA_VIOL_SIZE, "%s: %u bytes at 0x%02x",
			       name, size, (unsigned int)offset);
	else if (!dev->clock_on)
		fpga_violation(dev, FPGA_VIOL_CLOCK_OFF,
			       "%s: register 0x%02x with the clock off", name,
			       (unsigned int)offset);
	else if (dev->in_reset)
		fpga_violation(dev, FPGA_VIOL_IN_RESET,
			       "%s: register 0x%02x in reset", name,
			       (unsigned int)offset);
	else
		return true;
	return false;
}

static void bad_offset(struct fpga_dma *dma, hwaddr offset)
{
	fpga_violation(dma->dev, FPGA_VIOL_OFFSET, "%s: no register at 0x%02x",
		       dma->info.name, (unsigned int)offset);
}

/* The line rises without a cause, if it is there and the fault is armed. */
void fpga_dma_spurious(struct fpga_dma *dma)
{
	if (!dma->info.wired ||
	    !fpga_fault_strikes(dma->dev, FPGA_FAULT_SPURIOUS, dma->index))
		return;
	dma->spurious = true;
	fpga_dma_update_irq(dma);
}

static void end_spurious(struct fpga_dma *dma)
{
	if (!dma->spurious)
		return;
	dma->spurious = false;
	fpga_dma_update_irq(dma);
}

static uint64_t dma_read(void *opaque, hwaddr offset, unsigned int size)
{
	struct fpga_dma *dma = opaque;

	if (!accessible(dma, offset, size))
		return UINT32_MAX;
	fpga_pipeline_run(dma->dev);
	switch (offset) {
	case FPGA_DMA_AP_CTRL:
		dma->dev->looks++;
		end_spurious(dma);
		return read_ap_ctrl(dma);
	case FPGA_DMA_GIE:
		return dma->gie;
	case FPGA_DMA_IER:
		return dma->ier;
	case FPGA_DMA_ISR:
		end_spurious(dma);
		return dma->isr;
	case FPGA_DMA_ADDR_LO:
		return extract64(dma->addr, 0, 32);
	case FPGA_DMA_ADDR_HI:
		return extract64(dma->addr, 32, 32);
	case FPGA_DMA_REPS:
		return dma->reps;
	}
	bad_offset(dma, offset);
	return 0;
}

static void dma_write(void *opaque, hwaddr offset, uint64_t value,
		      unsigned int size)
{
	struct fpga_dma *dma = opaque;

	if (!accessible(dma, offset, size))
		return;
	fpga_pipeline_run(dma->dev);
	switch (offset) {
	case FPGA_DMA_AP_CTRL:
		write_ap_ctrl(dma, value);
		break;
	case FPGA_DMA_GIE:
		dma->gie = value & 1;
		if (!dma->gie && dma->dev->fault[FPGA_FAULT_SPURIOUS].arg)
			fpga_dma_spurious(dma);
		fpga_dma_update_irq(dma);
		break;
	case FPGA_DMA_IER:
		dma->ier = value & (FPGA_INT_DONE | FPGA_INT_READY);
		break;
	case FPGA_DMA_ISR:
		write_isr(dma, value);
		break;
	case FPGA_DMA_ADDR_LO:
	case FPGA_DMA_ADDR_HI:
	case FPGA_DMA_REPS:
		write_argument(dma, offset, value);
		break;
	default:
		bad_offset(dma, offset);
	}
	fpga_pipeline_run(dma->dev);
}

/* Other widths are let in so that the checker can see them. */
static const MemoryRegionOps dma_ops = {
	.read = dma_read,
	.write = dma_write,
	.endianness = DEVICE_LITTLE_ENDIAN,
	.valid = { .min_access_size = 1, .max_access_size = 8,
		   .unaligned = true },
	.impl = { .min_access_size = 1, .max_access_size = 8,
		  .unaligned = true },
};

void fpga_dma_reset(struct fpga_dma *dma)
{
	dma->start = dma->done = dma->ready = dma->restart = dma->gie = false;
	dma->ier = dma->isr = dma->reps = 0;
	dma->addr = 0;
	dma->spurious = false;
	dma->wrote_lo = dma->wrote_hi = false;
	dma->have_addr = dma->have_reps = false;
	dma->seen_idle = true;
	dma->running = dma->stopped = dma->moving = false;
	dma->reps_left = dma->partial = 0;
	dma->seq = 0;
	dma->t_next = 0;
	fpga_dma_update_irq(dma);
}

void fpga_dma_init(struct fpga_device *dev, struct fpga_dma *dma)
{
	dma->dev = dev;
	dma->index = dma - dev->dma;
	memory_region_init_io(&dma->mmio, OBJECT(dev), &dma_ops, dma,
			      dma->info.name, FPGA_PAGE_SIZE);
	memory_region_add_subregion(get_system_memory(),
				    dev->base + FPGA_DMA_WINDOW(dma->index),
				    &dma->mmio);
}
