// SPDX-License-Identifier: GPL-2.0
/*
 * The QEMU device: its properties, and the parts put together when it is realized.
 * Must not know what any of them does.
 */
#include "fpga.h"
#include "hw/qdev-properties.h"
#if __has_include("system/reset.h")
#include "system/reset.h"
#else
#include "sysemu/reset.h"
#endif

OBJECT_DECLARE_SIMPLE_TYPE(fpga_device, SRFPGA_FPGA)

/* Free on the virt machine: MMIO from FPGA_BASE(0), interrupts from SPI 80. */
#define FIRST_SPI	80
#define END_SPI		112
#define MAX_INSTANCES	16

static unsigned int num_instances;
static uint32_t next_spi = FIRST_SPI;

static DeviceState *find_gic(void)
{
	Object *gic = object_resolve_path_type("", "arm_gic_common", NULL);

	if (!gic)
		gic = object_resolve_path_type("", "arm-gicv3-common", NULL);
	return (DeviceState *)gic;
}

static bool connect_interrupts(struct fpga_device *dev, Error **errp)
{
	DeviceState *gic = find_gic();

	if (!gic) {
		error_setg(errp, "no interrupt controller found");
		return false;
	}
	if (!dev->first_irq) {
		dev->first_irq = next_spi;
		next_spi += dev->num_ports;
	}
	if (dev->first_irq + dev->num_ports > END_SPI) {
		error_setg(errp, "no interrupts left");
		return false;
	}
	for (unsigned int i = 0; i < dev->num_ports; i++)
		if (dev->dma[i].info.wired)
			dev->dma[i].irq = qdev_get_gpio_in(gic,
							   dev->first_irq + i);
	return true;
}

static bool open_fabric(struct fpga_device *dev, Error **errp)
{
	dev->fabric = fpga_fabric_find(dev->fabric_name ?: "xor", errp);
	if (!dev->fabric)
		return false;
	if (dev->ports_text && !fpga_ports_parse(dev, dev->ports_text, errp))
		return false;
	if (!dev->fabric->open(dev, errp))
		return false;
	if (dev->num_ports)
		return true;
	error_setg(errp, "ports= is missing");
	return false;
}

static void machine_reset(void *opaque)
{
	struct fpga_device *dev = opaque;

	fpga_crg_reset(dev);
	fpga_pipeline_reset(dev);
	dev->now = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
}

static void fpga_realize(DeviceState *state, Error **errp)
{
	struct fpga_device *dev = SRFPGA_FPGA(state);

	if (num_instances == MAX_INSTANCES) {
		error_setg(errp, "at most %d accelerators", MAX_INSTANCES);
		return;
	}
	if (dev->reset_number >= FPGA_CRG_RESET_LINES) {
		error_setg(errp, "reset-line=: below %d", FPGA_CRG_RESET_LINES);
		return;
	}
	dev->instance = num_instances++;
	if (!dev->base)
		dev->base = FPGA_BASE(dev->instance);
	if (!open_fabric(dev, errp) ||
	    !fpga_ports_wire(dev, dev->interrupt ?: "on", errp) ||
	    !connect_interrupts(dev, errp))
		return;
	if (dev->describe && !fpga_fdt_add(dev, errp))
		return;
	for (unsigned int i = 0; i < dev->num_ports; i++)
		fpga_dma_init(dev, &dev->dma[i]);
	fpga_worker_init(dev);
	fpga_pipeline_init(dev);
	fpga_control_init(dev);
	fpga_crg_init(dev);
	qemu_register_reset(machine_reset, dev);
}

/*
 * -device srfpga-fpga,fabric=soft,model=FILE,height=H,width=W
 * -device srfpga-fpga,fabric=xor,ports=idma0:in:UINT8:64/odma0:out:UINT8:64
 *
 * addr, irq: where instance n lies; default FPGA_BASE(n), the next free interrupts
 * ports: see ports.c; fabric=soft takes them from the model
 * fabric: xor (see fabric.c) or soft; fabric-lib: another libsrfpga-soft.so
 * model, height, width, threads: of the software FPGA
 * interrupt: on (every output) | off | all | NAME+NAME
 * devicetree: off where the machine's devicetree comes from a file (-dtb) that
 *	describes the accelerator already
 * clock, reset: whether the devicetree has them; the lines exist anyway
 * reset-line: number of the accelerator's among the reset lines
 * ready-late: start clears at the end of a run, as of blocks that are not
 *	pipelined, instead of at once
 * label, timeout-ms, dma-address-bits, dma-coherent, pool-addr, pool-size: what
 *	the node says; the pool is a reusable memory-region of its own
 * latency-ns, interval-ns, idma-ns, odma-ns, depth: see fpga_ctl.h; a transfer
 *	takes the interval unless idma-ns or odma-ns say otherwise
 */
static Property fpga_properties[] = {
	DEFINE_PROP_UINT64("addr", struct fpga_device, base, 0),
	DEFINE_PROP_UINT32("irq", struct fpga_device, first_irq, 0),
	DEFINE_PROP_STRING("ports", struct fpga_device, ports_text),
	DEFINE_PROP_STRING("fabric", struct fpga_device, fabric_name),
	DEFINE_PROP_STRING("fabric-lib", struct fpga_device, fabric_lib),
	DEFINE_PROP_STRING("model", struct fpga_device, model),
	DEFINE_PROP_UINT32("height", struct fpga_device, height, 0),
	DEFINE_PROP_UINT32("width", struct fpga_device, width, 0),
	DEFINE_PROP_UINT32("threads", struct fpga_device, threads, 0),
	DEFINE_PROP_STRING("label", struct fpga_device, label),
	DEFINE_PROP_STRING("interrupt", struct fpga_device, interrupt),
	DEFINE_PROP_BOOL("devicetree", struct fpga_device, describe, true),
	DEFINE_PROP_BOOL("clock", struct fpga_device, has_clock, true),
	DEFINE_PROP_BOOL("reset", struct fpga_device, has_reset, true),
	DEFINE_PROP_UINT32("reset-line", struct fpga_device, reset_number, 0),
	DEFINE_PROP_BOOL("dma-coherent", struct fpga_device, coherent, false),
	DEFINE_PROP_BOOL("ready-late", struct fpga_device, ready_late, false),
	DEFINE_PROP_UINT32("timeout-ms", struct fpga_device, timeout_ms, 0),
	DEFINE_PROP_UINT32("dma-address-bits", struct fpga_device,
			   address_bits, 0),
	DEFINE_PROP_UINT64("pool-addr", struct fpga_device, pool_addr, 0),
	DEFINE_PROP_UINT32("pool-size", struct fpga_device, pool_size,
			   64 * MiB),
	DEFINE_PROP_UINT64("latency-ns", struct fpga_device, latency, 0),
	DEFINE_PROP_UINT64("interval-ns", struct fpga_device, interval, 0),
	DEFINE_PROP_UINT64("idma-ns", struct fpga_device, idma_ns, 0),
	DEFINE_PROP_UINT64("odma-ns", struct fpga_device, odma_ns, 0),
	DEFINE_PROP_UINT32("depth", struct fpga_device, depth_set, 0),
#ifdef DEFINE_PROP_END_OF_LIST	/* QEMU 9 and older */
	DEFINE_PROP_END_OF_LIST(),
#endif
};

static void fpga_class_init(ObjectClass *class, void *data)
{
	DeviceClass *device = DEVICE_CLASS(class);

	device->desc = "FINN dataflow accelerator";
	device->realize = fpga_realize;
	device->hotpluggable = false;
	device_class_set_props(device, fpga_properties);
}

const TypeInfo fpga_type_info = {
	.name = TYPE_SRFPGA_FPGA,
	.parent = TYPE_DEVICE,
	.instance_size = sizeof(struct fpga_device),
	.class_init = fpga_class_init,
};
