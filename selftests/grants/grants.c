// SPDX-License-Identifier: GPL-2.0
/*
 * Tells the FPGA model which memory it may reach: what is mapped for it through
 * dma-buf, from the moment when it is until just before it is not any more. The
 * model rejects and reports every other access, whatever the driver believes.
 *
 * One mapping ends too early, that of busy hardware which an unbind could not
 * stop: its memory must stay unused until the next driver, which only binds to
 * hardware at rest, maps something. That is what is granted then.
 *
 * Watches the kernel's functions; must not know the driver. Never installed.
 */
#include <linux/dma-buf.h>
#include <linux/io.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/spinlock.h>

#include "fpga_ctl.h"

#define MODELS		16
/* Calls that map at the same time. */
#define MAPPING		256
/* Of a model, at most. */
#define KEPT		4096

static unsigned long added;
static long held;
module_param(added, ulong, 0444);
MODULE_PARM_DESC(added, "ranges that the models were told of");
module_param(held, long, 0444);
MODULE_PARM_DESC(held, "ranges that were not taken back yet");

/** struct kept - a range that outlives its mapping */
struct kept {
	u64 addr;
	u64 len;
};

/**
 * struct model - the FPGA model of an accelerator
 * @control: its control page, or NULL
 * @kept: ranges that outlive their mapping
 * @num_kept: how many
 */
struct model {
	void __iomem *control;
	struct kept kept[KEPT];
	unsigned int num_kept;
};

static struct model models[MODELS];
static DEFINE_SPINLOCK(grants_lock); /* protects models and counters */

static struct model *model_of(struct device *dev)
{
	struct resource *r;

	if (!dev_is_platform(dev))
		return NULL;
	r = platform_get_resource(to_platform_device(dev), IORESOURCE_MEM, 0);
	if (!r || r->start < FPGA_BASE(0) || r->start >= FPGA_BASE(MODELS))
		return NULL;
	return &models[(r->start - FPGA_BASE(0)) / FPGA_SPAN];
}

static void command(struct model *model, u64 addr, u64 len, u32 what)
{
	void __iomem *control = model->control;

	lockdep_assert_held(&grants_lock);
	writel(lower_32_bits(addr), control + FPGA_CTL_GRANT_ADDR_LO);
	writel(upper_32_bits(addr), control + FPGA_CTL_GRANT_ADDR_HI);
	writel(lower_32_bits(len), control + FPGA_CTL_GRANT_LEN_LO);
	writel(upper_32_bits(len), control + FPGA_CTL_GRANT_LEN_HI);
	writel(what, control + FPGA_CTL_GRANT_CMD);
	added += what == FPGA_GRANT_ADD;
	held += (what == FPGA_GRANT_ADD) - (what == FPGA_GRANT_REMOVE);
}

/* Not mapped any more, but not stopped either. False: take it back. */
static bool keep(struct model *model, struct device *dev, u64 addr, u64 len)
{
	u32 state = readl(model->control + FPGA_CTL_STATE);

	if (dev->links.status != DL_DEV_UNBINDING ||
	    !(state & FPGA_STATE_BUSY) || model->num_kept == KEPT)
		return false;
	model->kept[model->num_kept++] = (struct kept){ addr, len };
	return true;
}

static void grant(struct model *model, u64 addr, u64 len)
{
	while (model->num_kept) {
		struct kept *k = &model->kept[--model->num_kept];

		command(model, k->addr, k->len, FPGA_GRANT_REMOVE);
	}
	command(model, addr, len, FPGA_GRANT_ADD);
}

static void one_range(struct model *model, struct device *dev, u64 addr,
		      u64 len, u32 what)
{
	unsigned long flags;

	spin_lock_irqsave(&grants_lock, flags);
	if (what == FPGA_GRANT_ADD)
		grant(model, addr, len);
	else if (!keep(model, dev, addr, len))
		command(model, addr, len, what);
	spin_unlock_irqrestore(&grants_lock, flags);
}

/* Each run of consecutive addresses is one range. */
static void each_range(struct device *dev, struct sg_table *sgt, u32 what)
{
	struct model *model = model_of(dev);
	u64 addr = 0, len = 0;
	struct scatterlist *sg;
	int i;

	if (!model || !model->control || IS_ERR_OR_NULL(sgt))
		return;
	for_each_sgtable_dma_sg(sgt, sg, i) {
		if (len && sg_dma_address(sg) == addr + len) {
			len += sg_dma_len(sg);
			continue;
		}
		if (len)
			one_range(model, dev, addr, len, what);
		addr = sg_dma_address(sg);
		len = sg_dma_len(sg);
	}
	if (len)
		one_range(model, dev, addr, len, what);
}

static int map_entry(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct dma_buf_attachment **attach = (void *)ri->data;

	*attach = (void *)regs_get_kernel_argument(regs, 0);
	return 0;
}

static int map_return(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct dma_buf_attachment **attach = (void *)ri->data;

	each_range((*attach)->dev, (void *)regs_return_value(regs),
		   FPGA_GRANT_ADD);
	return 0;
}

static int unmap_entry(struct kprobe *probe, struct pt_regs *regs)
{
	struct dma_buf_attachment *attach =
		(void *)regs_get_kernel_argument(regs, 0);

	each_range(attach->dev, (void *)regs_get_kernel_argument(regs, 1),
		   FPGA_GRANT_REMOVE);
	return 0;
}

static struct kretprobe map_probe = {
	.kp.symbol_name = "dma_buf_map_attachment",
	.entry_handler = map_entry,
	.handler = map_return,
	.data_size = sizeof(struct dma_buf_attachment *),
	.maxactive = MAPPING,
};
module_param_named(missed, map_probe.nmissed, int, 0444);
MODULE_PARM_DESC(missed, "mappings that were not seen");

static struct kprobe unmap_probe = {
	.symbol_name = "dma_buf_unmap_attachment",
	.pre_handler = unmap_entry,
};

static int find_model(struct device *dev, void *data)
{
	struct model *model = model_of(dev);

	if (!model || model->control)
		return 0;
	model->control = ioremap(FPGA_BASE(model - models) + FPGA_CTL_PAGE,
				 FPGA_PAGE_SIZE);
	return model->control ? 0 : -ENOMEM;
}

static void command_all(u32 what)
{
	spin_lock_irq(&grants_lock);
	for (unsigned int i = 0; i < MODELS; i++)
		if (models[i].control)
			command(&models[i], 0, 0, what);
	spin_unlock_irq(&grants_lock);
}

static void unmap_all(void)
{
	for (unsigned int i = 0; i < MODELS; i++)
		if (models[i].control)
			iounmap(models[i].control);
}

static int __init grants_init(void)
{
	int ret = bus_for_each_dev(&platform_bus_type, NULL, NULL, find_model);

	if (!ret)
		ret = register_kretprobe(&map_probe);
	if (ret)
		goto unmap;
	ret = register_kprobe(&unmap_probe);
	if (ret) {
		unregister_kretprobe(&map_probe);
		goto unmap;
	}
	command_all(FPGA_GRANT_CLEAR);
	command_all(FPGA_GRANT_ENFORCE);
	return 0;
unmap:
	unmap_all();
	return ret;
}
module_init(grants_init);

static void __exit grants_exit(void)
{
	command_all(FPGA_GRANT_IGNORE);
	unregister_kprobe(&unmap_probe);
	unregister_kretprobe(&map_probe);
	unmap_all();
}
module_exit(grants_exit);

MODULE_DESCRIPTION("Memory that the FPGA model may reach");
MODULE_LICENSE("GPL");
