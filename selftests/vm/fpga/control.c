// SPDX-License-Identifier: GPL-2.0
/*
 * The control page of fpga_ctl.h: timing, counters, faults and granted ranges for
 * the tests. Decides nothing itself.
 */
#include "fpga.h"

/* A 64-bit register pair: where its value is. */
static uint64_t *wide(struct fpga_device *dev, hwaddr offset)
{
	switch (offset & ~4ULL) {
	case FPGA_CTL_LATENCY_LO:
		return &dev->latency;
	case FPGA_CTL_INTERVAL_LO:
		return &dev->interval;
	case FPGA_CTL_IDMA_LO:
		return &dev->idma_ns;
	case FPGA_CTL_ODMA_LO:
		return &dev->odma_ns;
	case FPGA_CTL_GRANT_ADDR_LO:
		return &dev->grant_addr;
	case FPGA_CTL_GRANT_LEN_LO:
		return &dev->grant_len;
	}
	return NULL;
}

static uint64_t compute_ns(struct fpga_device *dev)
{
	uint64_t ns;

	qemu_mutex_lock(&dev->worker.lock);
	ns = dev->worker.compute_ns;
	qemu_mutex_unlock(&dev->worker.lock);
	return ns;
}

/* Splits @value over a register pair that is only read. */
static uint32_t freeze(struct fpga_device *dev, uint64_t value)
{
	dev->high = value >> 32;
	return value;
}

static uint32_t state(const struct fpga_device *dev)
{
	return (dev->clock_on ? FPGA_STATE_CLOCK : 0) |
	       (dev->in_reset ? FPGA_STATE_RESET : 0) |
	       (fpga_pipeline_busy(dev) ? FPGA_STATE_BUSY : 0);
}

static uint32_t read_fault(struct fpga_device *dev, unsigned int index,
			   hwaddr field)
{
	const struct fpga_fault_knob *knob;

	if (index >= FPGA_NUM_FAULTS)
		return 0;
	knob = &dev->fault[index];
	switch (field) {
	case FPGA_FAULT_COUNT:
		return knob->count;
	case FPGA_FAULT_ARG:
		return knob->arg;
	case FPGA_FAULT_PORTS:
		return knob->ports;
	}
	return knob->hits;
}

static uint32_t read_port(struct fpga_device *dev, unsigned int index,
			  hwaddr field)
{
	const struct fpga_dma *dma;

	if (index >= dev->num_ports)
		return 0;
	dma = &dev->dma[index];
	switch (field) {
	case FPGA_PORT_STARTS:
		return dma->starts;
	case FPGA_PORT_DONES:
		return dma->dones;
	case FPGA_PORT_FRAMES:
		return dma->frames;
	case FPGA_PORT_IRQS:
		return dma->irqs;
	case FPGA_PORT_BYTES_LO:
		return freeze(dev, dma->bytes);
	case FPGA_PORT_BYTES_HI:
		return dev->high;
	case FPGA_PORT_REPS_LEFT:
		return dma->reps_left;
	case FPGA_PORT_FRAME_BYTES:
		return dma->info.frame_bytes;
	}
	return 0;
}

static uint32_t read_counter(struct fpga_device *dev, hwaddr offset)
{
	switch (offset) {
	case FPGA_CTL_TIME_LO:
		return freeze(dev, qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL));
	case FPGA_CTL_FIRST_LO:
		return freeze(dev, dev->first_start);
	case FPGA_CTL_LAST_LO:
		return freeze(dev, dev->last_out);
	case FPGA_CTL_COMPUTE_LO:
		return freeze(dev, compute_ns(dev));
	case FPGA_CTL_TIME_HI:
	case FPGA_CTL_FIRST_HI:
	case FPGA_CTL_LAST_HI:
	case FPGA_CTL_COMPUTE_HI:
		return dev->high;
	case FPGA_CTL_FRAMES_IN:
		return dev->frames_in;
	case FPGA_CTL_FRAMES_OUT:
		return dev->frames_out;
	case FPGA_CTL_RESETS:
		return dev->resets;
	case FPGA_CTL_IRQS:
		return dev->irqs;
	case FPGA_CTL_GRANT_COUNT:
		return dev->num_grants;
	case FPGA_CTL_LOOKS:
		return dev->looks;
	}
	return 0;
}

static uint32_t read_main(struct fpga_device *dev, hwaddr offset)
{
	uint64_t *value = wide(dev, offset);

	if (value)
		return offset & 4 ? *value >> 32 : *value;
	switch (offset) {
	case FPGA_CTL_ID:
		return FPGA_CTL_ID_VALUE;
	case FPGA_CTL_VERSION:
		return 1;
	case FPGA_CTL_NUM_PORTS:
		return dev->num_ports;
	case FPGA_CTL_STATE:
		return state(dev);
	case FPGA_CTL_VIOLATIONS:
		return dev->violations;
	case FPGA_CTL_EXPECT:
		return dev->expect;
	case FPGA_CTL_KEY:
		return dev->key;
	case FPGA_CTL_DEPTH:
		return fpga_pipeline_depth(dev);
	}
	return read_counter(dev, offset);
}

static uint64_t ctl_read(void *opaque, hwaddr offset, unsigned int size)
{
	struct fpga_device *dev = opaque;

	fpga_pipeline_run(dev);
	if (offset < FPGA_CTL_FAULT(0))
		return read_main(dev, offset);
	if (offset < FPGA_CTL_VIOLATION(0))
		return read_fault(dev, (offset - FPGA_CTL_FAULT(0)) / 0x10,
				  offset % 0x10);
	if (offset < FPGA_CTL_VIOLATION(FPGA_NUM_VIOLATIONS))
		return dev->violation[(offset - FPGA_CTL_VIOLATION(0)) / 4];
	if (offset >= FPGA_CTL_PORT(0) &&
	    offset < FPGA_CTL_PORT(FPGA_MAX_PORTS))
		return read_port(dev, (offset - FPGA_CTL_PORT(0)) / 0x20,
				 offset % 0x20);
	return 0;
}

static void spurious_interrupt(struct fpga_device *dev)
{
	for (unsigned int i = 0; i < dev->num_ports; i++)
		fpga_dma_spurious(&dev->dma[i]);
}

static void write_fault(struct fpga_device *dev, unsigned int index,
			hwaddr field, uint32_t value)
{
	struct fpga_fault_knob *knob;

	if (index >= FPGA_NUM_FAULTS)
		return;
	knob = &dev->fault[index];
	switch (field) {
	case FPGA_FAULT_COUNT:
		knob->count = value;
		break;
	case FPGA_FAULT_ARG:
		knob->arg = value;
		break;
	case FPGA_FAULT_PORTS:
		knob->ports = value;
		break;
	}
	if (index == FPGA_FAULT_SPURIOUS && field == FPGA_FAULT_COUNT &&
	    !knob->arg)
		spurious_interrupt(dev);
}

static void command(struct fpga_device *dev, uint32_t value)
{
	switch (value) {
	case FPGA_CMD_CLEAR:
		fpga_checker_clear(dev);
		break;
	case FPGA_CMD_RESET:
		fpga_pipeline_reset(dev);
		break;
	}
}

static void write_main(struct fpga_device *dev, hwaddr offset, uint32_t value)
{
	uint64_t *pair = wide(dev, offset);

	if (pair && offset & 4) {
		*pair = (uint64_t)value << 32 | dev->low[offset / 8];
		return;
	}
	if (pair) {
		dev->low[offset / 8] = value;
		return;
	}
	switch (offset) {
	case FPGA_CTL_CMD:
		command(dev, value);
		break;
	case FPGA_CTL_EXPECT:
		dev->expect = value;
		break;
	case FPGA_CTL_KEY:
		dev->key = value & 0xff;
		break;
	case FPGA_CTL_DEPTH:
		dev->depth_set = value;
		break;
	case FPGA_CTL_GRANT_CMD:
		fpga_grant_command(dev, value);
		break;
	}
}

static void ctl_write(void *opaque, hwaddr offset, uint64_t value,
		      unsigned int size)
{
	struct fpga_device *dev = opaque;

	fpga_pipeline_run(dev);
	if (offset < FPGA_CTL_FAULT(0))
		write_main(dev, offset, value);
	else if (offset < FPGA_CTL_VIOLATION(0))
		write_fault(dev, (offset - FPGA_CTL_FAULT(0)) / 0x10,
			    offset % 0x10, value);
	fpga_pipeline_run(dev);
}

static const MemoryRegionOps ctl_ops = {
	.read = ctl_read,
	.write = ctl_write,
	.endianness = DEVICE_LITTLE_ENDIAN,
	.valid = { .min_access_size = 4, .max_access_size = 4 },
	.impl = { .min_access_size = 4, .max_access_size = 4 },
};

void fpga_control_init(struct fpga_device *dev)
{
	memory_region_init_io(&dev->ctl, OBJECT(dev), &ctl_ops, dev,
			      "srfpga-ctl", FPGA_PAGE_SIZE);
	memory_region_add_subregion(get_system_memory(),
				    dev->base + FPGA_CTL_PAGE, &dev->ctl);
}
