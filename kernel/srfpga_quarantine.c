// SPDX-License-Identifier: GPL-2.0
/*
 * Memory that hung hardware may still access, and its clocks: kept until the
 * hardware is known to have stopped, beyond the end of the jobs and of the
 * device if need be.
 */
#include <linux/clk.h>
#include <linux/dma-buf.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/pm_runtime.h>
#include <linux/slab.h>

#include "srfpga.h"

#define QUARANTINE_PERIOD	HZ

/**
 * struct kept - a buffer, or clocks, that outlive their device
 * @node: in quarantine_kept
 * @np: the accelerator, referenced
 * @dmabuf: the buffer, referenced, or NULL
 * @clks: the clocks, enabled
 * @num_clks: entries of @clks
 */
struct kept {
	struct list_head node;
	struct device_node *np;
	struct dma_buf *dmabuf;
	struct clk_bulk_data *clks;
	int num_clks;
};

static LIST_HEAD(quarantine_kept);
static DEFINE_MUTEX(quarantine_lock); /* protects quarantine_kept */

/**
 * srfpga_quarantine_begin() - the hardware was given up with jobs inside
 * @sdev: the device, locked, with clocks on
 *
 * The clocks stay on, or it would never stop. They are held from here on: the
 * submissions come behind, when they are released.
 */
void srfpga_quarantine_begin(struct srfpga_device *sdev)
{
	if (sdev->quarantine_held)
		return;
	sdev->quarantine_held = true;
	pm_runtime_get_noresume(sdev->parent);
}

/**
 * srfpga_quarantine_add() - put a submission aside
 * @sub: a submission that has ended
 */
void srfpga_quarantine_add(struct srfpga_submission *sub)
{
	struct srfpga_device *sdev = sub->file->sdev;
	unsigned long flags;
	bool held, first;

	spin_lock_irqsave(&sdev->lock, flags);
	held = sdev->quarantine_held;
	first = list_empty(&sdev->quarantine);
	if (held)
		list_add_tail(&sub->node, &sdev->quarantine);
	spin_unlock_irqrestore(&sdev->lock, flags);
	/* The hardware has stopped meanwhile. */
	if (!held)
		srfpga_submission_free(sub);
	else if (first)
		queue_delayed_work(sdev->wq, &sdev->quarantine_work,
				   QUARANTINE_PERIOD);
}

/**
 * srfpga_quarantine_release() - the hardware has stopped
 * @sdev: the device
 */
void srfpga_quarantine_release(struct srfpga_device *sdev)
{
	struct srfpga_submission *sub, *tmp;
	LIST_HEAD(list);
	bool held;

	spin_lock_irq(&sdev->lock);
	list_splice_init(&sdev->quarantine, &list);
	held = sdev->quarantine_held;
	sdev->quarantine_held = false;
	spin_unlock_irq(&sdev->lock);
	list_for_each_entry_safe(sub, tmp, &list, node)
		srfpga_submission_free(sub);
	if (held)
		srfpga_pm_put(sdev);
}

/**
 * srfpga_quarantine_work() - see whether wedged hardware has stopped after all
 * @work: srfpga_device.quarantine_work
 */
void srfpga_quarantine_work(struct work_struct *work)
{
	struct srfpga_device *sdev = container_of(to_delayed_work(work),
						  struct srfpga_device,
						  quarantine_work);
	bool stopped;

	spin_lock_irq(&sdev->lock);
	stopped = srfpga_ring_stopped(sdev);
	spin_unlock_irq(&sdev->lock);
	if (stopped)
		srfpga_quarantine_release(sdev);
	else
		queue_delayed_work(sdev->wq, &sdev->quarantine_work,
				   QUARANTINE_PERIOD);
}

/* Only this module knows when to let go of it: it stays as long. */
static void quarantine_note(struct kept *kept, struct device_node *np)
{
	__module_get(THIS_MODULE);
	kept->np = of_node_get(np);
	mutex_lock(&quarantine_lock);
	list_add(&kept->node, &quarantine_kept);
	mutex_unlock(&quarantine_lock);
}

/* Without memory for the note the reference is never dropped: that is safe. */
static void quarantine_keep_buffer(struct device_node *np,
				   struct dma_buf *dmabuf)
{
	struct kept *kept;

	get_dma_buf(dmabuf);
	kept = kzalloc(sizeof(*kept), GFP_KERNEL);
	if (!kept)
		return;
	kept->dmabuf = dmabuf;
	quarantine_note(kept, np);
}

/**
 * srfpga_quarantine_keep_clocks() - leave the clocks of busy hardware on
 * @dev: the platform device, which is about to turn its own off
 */
void srfpga_quarantine_keep_clocks(struct device *dev)
{
	struct kept *kept;

	kept = kzalloc(sizeof(*kept), GFP_KERNEL);
	if (!kept)
		goto warn;
	kept->num_clks = clk_bulk_get_all(dev, &kept->clks);
	if (kept->num_clks <= 0)
		goto free;
	if (clk_bulk_prepare_enable(kept->num_clks, kept->clks))
		goto put;
	quarantine_note(kept, dev->of_node);
	return;

put:
	clk_bulk_put_all(kept->num_clks, kept->clks);
free:
	kfree(kept);
warn:
	dev_warn(dev, "the clocks of busy hardware are not kept\n");
}

/**
 * srfpga_quarantine_keep() - keep the memory beyond the end of the device
 * @sdev: the device, gone, its hardware still at work
 */
void srfpga_quarantine_keep(struct srfpga_device *sdev)
{
	struct srfpga_submission *sub;
	unsigned int n = 0;
	size_t i;

	/* Nothing is added any more: the device is gone and its queue empty. */
	list_for_each_entry(sub, &sdev->quarantine, node)
		for (i = 0; i < (size_t)sub->num_jobs * sdev->num_ports; i++) {
			quarantine_keep_buffer(sdev->parent->of_node,
					       sub->used[i]->dmabuf);
			n++;
		}
	if (n)
		dev_warn(sdev->parent,
			 "the accelerator cannot be stopped: keeping its %u buffers\n",
			 n);
	srfpga_quarantine_release(sdev);
}

static void kept_free(struct kept *kept)
{
	clk_bulk_put_all(kept->num_clks, kept->clks);
	of_node_put(kept->np);
	kfree(kept);
}

/**
 * srfpga_quarantine_forget() - drop what was kept for an accelerator
 * @np: its node, known to be at rest
 */
void srfpga_quarantine_forget(const struct device_node *np)
{
	struct kept *kept, *tmp;
	LIST_HEAD(list);

	mutex_lock(&quarantine_lock);
	list_for_each_entry_safe(kept, tmp, &quarantine_kept, node)
		if (kept->np == np)
			list_move(&kept->node, &list);
	mutex_unlock(&quarantine_lock);

	list_for_each_entry_safe(kept, tmp, &list, node) {
		if (kept->dmabuf)
			dma_buf_put(kept->dmabuf);
		clk_bulk_disable_unprepare(kept->num_clks, kept->clks);
		kept_free(kept);
		module_put(THIS_MODULE);
	}
}

/**
 * srfpga_quarantine_exit() - the module goes, and with it who would know
 *
 * What is here was kept by the removal of the module itself, which cannot be
 * held up any more. Buffers and clocks are left to hardware that may be at work
 * for good: nobody gets them again.
 */
void srfpga_quarantine_exit(void)
{
	struct kept *kept, *tmp;
	unsigned int n = 0;

	list_for_each_entry_safe(kept, tmp, &quarantine_kept, node) {
		n += !!kept->dmabuf;
		kept_free(kept);
	}
	if (n)
		pr_warn("srfpga: %u buffers are lost to an accelerator that cannot be stopped\n",
			n);
}
