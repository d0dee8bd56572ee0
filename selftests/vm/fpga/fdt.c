// SPDX-License-Identifier: GPL-2.0
/*
 * Describes the accelerator in the machine's devicetree as dts/bindings has it,
 * with the reset and the clock it hangs on. Nothing here says that it is a model.
 */
#include "fpga.h"
#include "hw/boards.h"
#if __has_include("system/device_tree.h")
#include "system/device_tree.h"
#else
#include "sysemu/device_tree.h"
#endif
#include <libfdt.h>

#define SPI		0
#define LEVEL_HIGH	4

/* A list of strings as a devicetree property has it: one after the other. */
static void set_names(void *fdt, const char *node, const char *property,
		      const struct fpga_device *dev, bool wired_only)
{
	g_autoptr(GByteArray) list = g_byte_array_new();

	for (unsigned int i = 0; i < dev->num_ports; i++) {
		const struct fpga_port_info *port = &dev->dma[i].info;

		if (wired_only && !port->wired)
			continue;
		g_byte_array_append(list, (const guint8 *)port->name,
				    strlen(port->name) + 1);
	}
	if (list->len)
		qemu_fdt_setprop(fdt, node, property, list->data, list->len);
}

static void set_cells(void *fdt, const char *node, const char *property,
		      const uint32_t *cells, unsigned int n)
{
	g_autofree uint32_t *be = g_new(uint32_t, n);

	for (unsigned int i = 0; i < n; i++)
		be[i] = cpu_to_be32(cells[i]);
	qemu_fdt_setprop(fdt, node, property, be, n * sizeof(*be));
}

/* The virt machine's root has two cells for addresses and for sizes. */
static unsigned int put_range(uint32_t *cells, uint64_t base, uint64_t size)
{
	cells[0] = base >> 32;
	cells[1] = base;
	cells[2] = size >> 32;
	cells[3] = size;
	return 4;
}

static void set_range(void *fdt, const char *node, uint64_t base, uint64_t size)
{
	uint32_t cells[4];

	set_cells(fdt, node, "reg", cells, put_range(cells, base, size));
}

static void add_reset(struct fpga_device *dev, void *fdt, const char *node)
{
	g_autofree char *name = NULL;
	uint64_t base = dev->base + FPGA_CRG_PAGE + FPGA_CRG_RESET;
	uint32_t phandle = qemu_fdt_alloc_phandle(fdt);

	name = g_strdup_printf("/reset-controller@%" PRIx64, base);
	qemu_fdt_add_subnode(fdt, name);
	qemu_fdt_setprop_string(fdt, name, "compatible", "snps,dw-high-reset");
	set_range(fdt, name, base, FPGA_CRG_RESET_LINES / 8);
	qemu_fdt_setprop_cell(fdt, name, "#reset-cells", 1);
	qemu_fdt_setprop_cell(fdt, name, "phandle", phandle);
	qemu_fdt_setprop_cells(fdt, node, "resets", phandle,
			       dev->reset_number);
}

static uint32_t add_gpio(struct fpga_device *dev, void *fdt)
{
	g_autofree char *name = NULL;
	uint64_t base = dev->base + FPGA_CRG_PAGE + FPGA_CRG_CLOCK;
	uint32_t phandle = qemu_fdt_alloc_phandle(fdt);

	name = g_strdup_printf("/gpio@%" PRIx64, base);
	qemu_fdt_add_subnode(fdt, name);
	qemu_fdt_setprop_string(fdt, name, "compatible", "wd,mbl-gpio");
	set_range(fdt, name, base, 4);
	qemu_fdt_setprop_string(fdt, name, "reg-names", "dat");
	qemu_fdt_setprop(fdt, name, "gpio-controller", NULL, 0);
	qemu_fdt_setprop_cell(fdt, name, "#gpio-cells", 2);
	qemu_fdt_setprop_cell(fdt, name, "phandle", phandle);
	return phandle;
}

static void add_clock(struct fpga_device *dev, void *fdt, const char *node)
{
	g_autofree char *osc = g_strdup_printf("/pl-clock-%u", dev->instance);
	g_autofree char *gate = g_strdup_printf("/pl-gate-%u", dev->instance);
	uint32_t osc_phandle = qemu_fdt_alloc_phandle(fdt), gate_phandle;
	uint32_t gpio = add_gpio(dev, fdt);

	qemu_fdt_add_subnode(fdt, osc);
	qemu_fdt_setprop_string(fdt, osc, "compatible", "fixed-clock");
	qemu_fdt_setprop_cell(fdt, osc, "#clock-cells", 0);
	qemu_fdt_setprop_cell(fdt, osc, "clock-frequency", 200000000);
	qemu_fdt_setprop_cell(fdt, osc, "phandle", osc_phandle);

	gate_phandle = qemu_fdt_alloc_phandle(fdt);
	qemu_fdt_add_subnode(fdt, gate);
	qemu_fdt_setprop_string(fdt, gate, "compatible", "gpio-gate-clock");
	qemu_fdt_setprop_cell(fdt, gate, "#clock-cells", 0);
	qemu_fdt_setprop_cell(fdt, gate, "clocks", osc_phandle);
	qemu_fdt_setprop_cells(fdt, gate, "enable-gpios", gpio, 0, 0);
	qemu_fdt_setprop_cell(fdt, gate, "phandle", gate_phandle);
	qemu_fdt_setprop_cell(fdt, node, "clocks", gate_phandle);
	qemu_fdt_setprop_string(fdt, node, "clock-names", "axi");
}

/* A pool of contiguous memory of its own for this accelerator. */
static void add_pool(struct fpga_device *dev, void *fdt, const char *node)
{
	static const char parent[] = "/reserved-memory";
	g_autofree char *name = g_strdup_printf("%s/srfpga-pool@%" PRIx64,
						parent, dev->pool_addr);
	uint32_t phandle = qemu_fdt_alloc_phandle(fdt);

	if (fdt_path_offset(fdt, parent) < 0) {
		qemu_fdt_add_subnode(fdt, parent);
		qemu_fdt_setprop_cell(fdt, parent, "#address-cells", 2);
		qemu_fdt_setprop_cell(fdt, parent, "#size-cells", 2);
		qemu_fdt_setprop(fdt, parent, "ranges", NULL, 0);
	}
	qemu_fdt_add_subnode(fdt, name);
	qemu_fdt_setprop_string(fdt, name, "compatible", "shared-dma-pool");
	qemu_fdt_setprop(fdt, name, "reusable", NULL, 0);
	set_range(fdt, name, dev->pool_addr, dev->pool_size);
	qemu_fdt_setprop_cell(fdt, name, "phandle", phandle);
	qemu_fdt_setprop_cell(fdt, node, "memory-region", phandle);
}

static void add_port(void *fdt, const char *node,
		     const struct fpga_port_info *port)
{
	static const char *const direction[] = {
		[FPGA_INPUT] = "input",
		[FPGA_OUTPUT] = "output",
		[FPGA_WEIGHTS] = "weights",
	};
	g_autofree char *name = g_strdup_printf("%s/%s", node, port->name);

	qemu_fdt_add_subnode(fdt, name);
	qemu_fdt_setprop_string(fdt, name, "srfpga,direction",
				direction[port->direction]);
	qemu_fdt_setprop_string(fdt, name, "srfpga,data-type", port->type);
	set_cells(fdt, name, "srfpga,shape", port->shape, port->rank);
	if (port->rank != port->folded_rank ||
	    memcmp(port->shape, port->folded, sizeof(port->shape)))
		set_cells(fdt, name, "srfpga,folded-shape", port->folded,
			  port->folded_rank);
	qemu_fdt_setprop_cell(fdt, name, "srfpga,frame-bytes",
			      port->frame_bytes);
	if (port->direction == FPGA_WEIGHTS && port->reps_per_frame > 1)
		qemu_fdt_setprop_cell(fdt, name, "srfpga,reps-per-frame",
				      port->reps_per_frame);
	if (*port->label)
		qemu_fdt_setprop_string(fdt, name, "label", port->label);
}

static void add_windows(struct fpga_device *dev, void *fdt, const char *node)
{
	uint32_t cells[FPGA_MAX_PORTS * 4];
	unsigned int n = 0;

	for (unsigned int i = 0; i < dev->num_ports; i++)
		n += put_range(cells + n, dev->base + FPGA_DMA_WINDOW(i),
			       FPGA_PAGE_SIZE);
	set_cells(fdt, node, "reg", cells, n);
	set_names(fdt, node, "reg-names", dev, false);
}

static void add_interrupts(struct fpga_device *dev, void *fdt,
			   const char *node)
{
	uint32_t cells[FPGA_MAX_PORTS * 3];
	unsigned int n = 0;

	for (unsigned int i = 0; i < dev->num_ports; i++) {
		if (!dev->dma[i].info.wired)
			continue;
		cells[n++] = SPI;
		cells[n++] = dev->first_irq + i;
		cells[n++] = LEVEL_HIGH;
	}
	if (!n)
		return;
	set_cells(fdt, node, "interrupts", cells, n);
	set_names(fdt, node, "interrupt-names", dev, true);
}

static void add_options(struct fpga_device *dev, void *fdt, const char *node)
{
	if (dev->label)
		qemu_fdt_setprop_string(fdt, node, "label", dev->label);
	if (dev->address_bits)
		qemu_fdt_setprop_cell(fdt, node, "srfpga,dma-address-bits",
				      dev->address_bits);
	if (dev->timeout_ms)
		qemu_fdt_setprop_cell(fdt, node, "srfpga,timeout-ms",
				      dev->timeout_ms);
	if (dev->coherent)
		qemu_fdt_setprop(fdt, node, "dma-coherent", NULL, 0);
	if (dev->pool_addr)
		add_pool(dev, fdt, node);
	if (dev->has_clock)
		add_clock(dev, fdt, node);
	if (dev->has_reset)
		add_reset(dev, fdt, node);
}

bool fpga_fdt_add(struct fpga_device *dev, Error **errp)
{
	void *fdt = MACHINE(qdev_get_machine())->fdt;
	g_autofree char *node = g_strdup_printf("/accelerator@%" PRIx64,
						dev->base);

	if (!fdt) {
		error_setg(errp, "this machine has no devicetree");
		return false;
	}
	qemu_fdt_add_subnode(fdt, node);
	qemu_fdt_setprop_string(fdt, node, "compatible", "srfpga,finn");
	add_windows(dev, fdt, node);
	add_interrupts(dev, fdt, node);
	add_options(dev, fdt, node);
	/* A new node comes first among its siblings: go backwards. */
	for (unsigned int i = dev->num_ports; i > 0; i--)
		add_port(fdt, node, &dev->dma[i - 1].info);
	return true;
}
