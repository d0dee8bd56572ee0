// SPDX-License-Identifier: GPL-2.0
/*
 * FINN dataflow accelerators: one Vitis HLS DMA block a port, each with its own
 * registers. The only file that knows these; it knows nothing of jobs.
 */
#include <linux/io.h>
#include <linux/platform_device.h>

#include "srfpga.h"

/* Registers of a block, protocol ap_ctrl_hs */
#define FINN_AP_CTRL		0x00
#define   FINN_AP_START		BIT(0)	/* cleared by the handshake */
#define   FINN_AP_DONE		BIT(1)	/* cleared by reading */
#define   FINN_AP_IDLE		BIT(2)
#define FINN_GIE		0x04
#define FINN_IER		0x08
#define FINN_ISR		0x0c	/* toggles the bits that are written */
#define   FINN_INT_DONE		BIT(0)
#define   FINN_INT_READY	BIT(1)
#define FINN_ADDR_LOW		0x10
#define FINN_ADDR_HIGH		0x14
#define FINN_NUM_REPS		0x1c
#define FINN_BYTES		0x20

struct finn {
	void __iomem *regs[SRFPGA_PORT_LIMIT];
};

static void __iomem *finn_regs(struct srfpga_device *sdev, unsigned int lane)
{
	struct finn *finn = sdev->priv;

	return finn->regs[lane];
}

/* Writing a 1 to a bit that is not set would set it: write back what is. */
static u32 finn_clear_interrupts(void __iomem *regs)
{
	u32 isr = readl(regs + FINN_ISR) & (FINN_INT_DONE | FINN_INT_READY);

	if (isr)
		writel(isr, regs + FINN_ISR);
	return isr;
}

static bool finn_ack(struct srfpga_device *sdev, unsigned int lane)
{
	return finn_clear_interrupts(finn_regs(sdev, lane));
}

/*
 * Reading eats the done bit, and other readers (debuggers) may have eaten it
 * before: a block that was started is through when it is idle again.
 */
static bool finn_idle(struct srfpga_device *sdev, unsigned int lane)
{
	u32 ctrl = readl(finn_regs(sdev, lane) + FINN_AP_CTRL);

	return (ctrl & (FINN_AP_START | FINN_AP_IDLE)) == FINN_AP_IDLE;
}

static void finn_start(struct srfpga_device *sdev, unsigned int lane,
		       const dma_addr_t *addr, u32 frames)
{
	void __iomem *regs = finn_regs(sdev, lane);

	/* The upper half keeps its old value: write it also when it is 0. */
	writel_relaxed(lower_32_bits(addr[lane]), regs + FINN_ADDR_LOW);
	writel_relaxed(upper_32_bits(addr[lane]), regs + FINN_ADDR_HIGH);
	writel_relaxed(frames * sdev->port[lane].reps, regs + FINN_NUM_REPS);
	writel(FINN_AP_START, regs + FINN_AP_CTRL);
}

static void finn_enable(struct srfpga_device *sdev)
{
	unsigned int lane;

	for (lane = 0; lane < sdev->num_lanes; lane++) {
		void __iomem *regs = finn_regs(sdev, lane);
		bool irq = sdev->lane[lane].irq;

		finn_clear_interrupts(regs);
		writel(irq ? FINN_INT_DONE : 0, regs + FINN_IER);
		writel(irq, regs + FINN_GIE);
	}
}

static void finn_disable(struct srfpga_device *sdev)
{
	unsigned int lane;

	for (lane = 0; lane < sdev->num_lanes; lane++)
		writel(0, finn_regs(sdev, lane) + FINN_GIE);
}

static const u8 finn_dumped[] = {
	FINN_AP_CTRL, FINN_GIE, FINN_IER, FINN_ISR, FINN_ADDR_LOW,
	FINN_ADDR_HIGH, FINN_NUM_REPS,
};

static unsigned int finn_dump(struct srfpga_device *sdev, unsigned int lane,
			      u32 *regs)
{
	unsigned int i;

	static_assert(ARRAY_SIZE(finn_dumped) <= SRFPGA_REGS_LIMIT);
	for (i = 0; i < ARRAY_SIZE(finn_dumped); i++)
		regs[i] = readl(finn_regs(sdev, lane) + finn_dumped[i]);
	return i;
}

static const char *finn_reg_name(unsigned int reg)
{
	static const char * const name[] = {
		"AP_CTRL", "GIE", "IER", "ISR", "ADDR_LOW", "ADDR_HIGH",
		"NUM_REPS",
	};

	static_assert(ARRAY_SIZE(name) == ARRAY_SIZE(finn_dumped));
	return name[reg];
}

static void __iomem *finn_map(struct platform_device *pdev, const char *name)
{
	struct resource *res;

	res = platform_get_resource_byname(pdev, IORESOURCE_MEM, name);
	if (res && resource_size(res) < FINN_BYTES)
		return IOMEM_ERR_PTR(-EINVAL);
	return devm_ioremap_resource(&pdev->dev, res);
}

static int finn_probe(struct srfpga_device *sdev, struct platform_device *pdev)
{
	struct finn *finn;
	const char *name;
	unsigned int i;

	finn = devm_kzalloc(&pdev->dev, sizeof(*finn), GFP_KERNEL);
	if (!finn)
		return -ENOMEM;

	for (i = 0; i < sdev->num_ports; i++) {
		name = sdev->port[i].dt_name;
		finn->regs[i] = finn_map(pdev, name);
		if (IS_ERR(finn->regs[i]))
			return dev_err_probe(&pdev->dev,
					     PTR_ERR(finn->regs[i]),
					     "%s: no registers\n", name);
		sdev->lane[i].role = sdev->port[i].role;
	}
	sdev->num_lanes = sdev->num_ports;
	sdev->priv = finn;
	return 0;
}

const struct srfpga_engine_ops srfpga_engine_finn = {
	.name = "finn",
	.probe = finn_probe,
	.enable = finn_enable,
	.disable = finn_disable,
	.start = finn_start,
	.idle = finn_idle,
	.ack = finn_ack,
	.dump = finn_dump,
	.reg_name = finn_reg_name,
};
