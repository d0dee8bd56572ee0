// SPDX-License-Identifier: GPL-2.0
/*
 * Counts and reports what the driver does wrong, and decides when an armed fault
 * strikes. Must not know which register or control offset stands for what.
 */
#include "fpga.h"

/* Enough to see what went wrong, few enough to keep the log readable. */
#define MAX_REPORTS 64

static const char *const violation_name[FPGA_NUM_VIOLATIONS] = {
	[FPGA_VIOL_START_BUSY] = "start-busy",
	[FPGA_VIOL_ARGS_BUSY] = "args-busy",
	[FPGA_VIOL_STALE_HIGH] = "stale-high",
	[FPGA_VIOL_NO_ARGS] = "no-args",
	[FPGA_VIOL_ORDER] = "order",
	[FPGA_VIOL_ISR_BLIND] = "isr-blind",
	[FPGA_VIOL_SIZE] = "access-size",
	[FPGA_VIOL_OFFSET] = "access-offset",
	[FPGA_VIOL_CLOCK_OFF] = "clock-off",
	[FPGA_VIOL_IN_RESET] = "in-reset",
	[FPGA_VIOL_CLOCK_CUT] = "clock-cut",
	[FPGA_VIOL_NOT_RAM] = "not-ram",
	[FPGA_VIOL_ALIGN] = "align",
	[FPGA_VIOL_GRANT] = "grant",
};

void fpga_violation(struct fpga_device *dev, enum fpga_violation kind,
		    const char *format, ...)
{
	g_autofree char *text = NULL;
	va_list args;

	dev->violation[kind]++;
	if (dev->expect & (1u << kind))
		return;
	if (dev->violations++ >= MAX_REPORTS)
		return;
	va_start(args, format);
	text = g_strdup_vprintf(format, args);
	va_end(args);
	fprintf(stderr, "srfpga-fpga%u: violation: %s: %s\n", dev->instance,
		violation_name[kind], text);
}

/* Consumes one occasion of @fault for @port if the fault is armed. */
bool fpga_fault_strikes(struct fpga_device *dev, enum fpga_fault fault,
			unsigned int port)
{
	struct fpga_fault_knob *knob = &dev->fault[fault];

	if (!knob->count || (knob->ports && !(knob->ports & (1u << port))))
		return false;
	knob->count--;
	knob->hits++;
	return true;
}

void fpga_checker_clear(struct fpga_device *dev)
{
	for (unsigned int i = 0; i < FPGA_NUM_FAULTS; i++)
		dev->fault[i].hits = 0;
	memset(dev->violation, 0, sizeof(dev->violation));
	dev->violations = 0;
	dev->first_start = dev->last_out = 0;
	dev->frames_in = dev->frames_out = dev->resets = dev->irqs = 0;
	dev->looks = 0;
	qemu_mutex_lock(&dev->worker.lock);
	dev->worker.compute_ns = 0;
	qemu_mutex_unlock(&dev->worker.lock);
	for (unsigned int i = 0; i < dev->num_ports; i++) {
		struct fpga_dma *dma = &dev->dma[i];

		dma->starts = dma->dones = dma->frames = dma->irqs = 0;
		dma->bytes = 0;
	}
}
