// SPDX-License-Identifier: GPL-2.0
/*
 * The page of the reset line and the clock gate, in the shape of two controllers
 * that stock kernels have drivers for: reset registers ("snps,dw-high-reset") and
 * a GPIO register ("wd,mbl-gpio") whose line 0 gates a "gpio-gate-clock".
 */
#include "fpga.h"

static void assert_reset(struct fpga_device *dev)
{
	fpga_pipeline_run(dev);
	if (fpga_fault_strikes(dev, FPGA_FAULT_DEAD_RESET, 0))
		return;
	dev->in_reset = true;
	dev->resets++;
	fpga_pipeline_reset(dev);
}

/* Of the many lines that a board has, one goes to the accelerator. */
static hwaddr reset_register(const struct fpga_device *dev)
{
	return FPGA_CRG_RESET + dev->reset_number / 32 * sizeof(uint32_t);
}

static void write_reset(struct fpga_device *dev, uint32_t value)
{
	uint32_t line = 1u << dev->reset_number % 32;
	bool was = dev->reset_word & line, is = value & line;

	dev->reset_word = value;
	if (is && !was)
		assert_reset(dev);
	else if (!is)
		dev->in_reset = false;
}

static void write_clock(struct fpga_device *dev, uint32_t value)
{
	bool on = value & 1;

	if (!on && dev->clock_on && fpga_pipeline_busy(dev))
		fpga_violation(dev, FPGA_VIOL_CLOCK_CUT,
			       "clock switched off while busy");
	fpga_pipeline_clock(dev, on);
}

static uint64_t crg_read(void *opaque, hwaddr offset, unsigned int size)
{
	struct fpga_device *dev = opaque;

	if (offset == FPGA_CRG_CLOCK)
		return dev->clock_on;
	return offset == reset_register(dev) ? dev->reset_word : 0;
}

static void crg_write(void *opaque, hwaddr offset, uint64_t value,
		      unsigned int size)
{
	struct fpga_device *dev = opaque;

	if (offset == FPGA_CRG_CLOCK)
		write_clock(dev, value);
	else if (offset == reset_register(dev))
		write_reset(dev, value);
}

static const MemoryRegionOps crg_ops = {
	.read = crg_read,
	.write = crg_write,
	.endianness = DEVICE_LITTLE_ENDIAN,
	.valid = { .min_access_size = 1, .max_access_size = 4 },
	.impl = { .min_access_size = 4, .max_access_size = 4 },
};

/* As a boot loader leaves it: running, out of reset. */
void fpga_crg_reset(struct fpga_device *dev)
{
	dev->reset_word = 0;
	dev->in_reset = false;
	dev->clock_on = true;
}

void fpga_crg_init(struct fpga_device *dev)
{
	memory_region_init_io(&dev->crg, OBJECT(dev), &crg_ops, dev,
			      "srfpga-crg", FPGA_PAGE_SIZE);
	memory_region_add_subregion(get_system_memory(),
				    dev->base + FPGA_CRG_PAGE, &dev->crg);
}
