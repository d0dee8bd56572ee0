// SPDX-License-Identifier: GPL-2.0
/*
 * Imported buffers: any dma-buf, mapped for the accelerator. Must not know who
 * exported it, nor which jobs use it.
 */
#include <linux/dma-buf.h>
#include <linux/dma-resv.h>
#include <linux/slab.h>

#include "srfpga.h"

/**
 * srfpga_mapping_run() - the run of device addresses that a mapping begins with
 * @sgt: the mapping
 *
 * Return: its bytes, wherever segments end inside it.
 */
u64 srfpga_mapping_run(struct sg_table *sgt)
{
	dma_addr_t expected = sg_dma_address(sgt->sgl);
	struct scatterlist *sg;
	u64 run = 0;
	int i;

	for_each_sgtable_dma_sg(sgt, sg, i) {
		if (sg_dma_address(sg) != expected)
			break;
		run += sg_dma_len(sg);
		expected += sg_dma_len(sg);
	}
	return run;
}

/**
 * srfpga_mapping_reachable() - whether the hardware takes an address
 * @addr: of the first byte
 * @bytes: from there on, above 0
 * @dma_bits: width of the device's addresses
 *
 * Return: whether it does.
 */
bool srfpga_mapping_reachable(u64 addr, u64 bytes, u32 dma_bits)
{
	u64 last = DMA_BIT_MASK(dma_bits);

	return IS_ALIGNED(addr, SRFPGA_ALIGN_BYTES) && addr <= last &&
	       bytes - 1 <= last - addr;
}

/* The hardware takes one address: all must be one run. */
static int mapping_check(struct srfpga_device *sdev, struct sg_table *sgt,
			 u64 bytes)
{
	dma_addr_t addr = sg_dma_address(sgt->sgl);
	u64 run = srfpga_mapping_run(sgt);

	if (run < bytes) {
		dev_dbg(&sdev->dev,
			"attach: contiguous for %llu of %llu bytes only\n",
			run, bytes);
		return -EOPNOTSUPP;
	}
	if (!srfpga_mapping_reachable(addr, bytes, sdev->dma_bits)) {
		dev_dbg(&sdev->dev, "attach: address not usable\n");
		return -EOPNOTSUPP;
	}
	return 0;
}

/* The exporter's reasons are its own: tell memory and signals from the rest. */
static int exporter_error(struct srfpga_device *sdev, const char *what, int err)
{
	dev_dbg(&sdev->dev, "attach: exporter refuses to %s: %d\n", what, err);
	switch (err) {
	case -ENOMEM:
		return -ENOMEM;
	case -EINTR:
	case -ERESTARTSYS:
		return -EINTR;
	default:
		return -EOPNOTSUPP;
	}
}

static struct sg_table *attachment_map(struct srfpga_attachment *att)
{
	struct sg_table *sgt;

	/*
	 * The lock is taken here since the helpers that take it themselves are
	 * missing on some of the supported kernels.
	 */
	dma_resv_lock(att->dmabuf->resv, NULL);
	sgt = dma_buf_map_attachment(att->attach, att->dir);
	dma_resv_unlock(att->dmabuf->resv);
	return sgt ?: ERR_PTR(-ENOMEM);
}

static void attachment_unmap(struct srfpga_attachment *att)
{
	dma_resv_lock(att->dmabuf->resv, NULL);
	dma_buf_unmap_attachment(att->attach, att->sgt, att->dir);
	dma_resv_unlock(att->dmabuf->resv);
	dma_buf_detach(att->dmabuf, att->attach);
}

/* Whoever takes the attachment off the list unmaps it. */
static bool attachment_claim(struct srfpga_attachment *att)
{
	struct srfpga_device *sdev = att->sdev;
	bool claimed;

	mutex_lock(&sdev->attach_lock);
	claimed = !list_empty(&att->node);
	list_del_init(&att->node);
	mutex_unlock(&sdev->attach_lock);
	return claimed;
}

static void attachment_release(struct kref *ref)
{
	struct srfpga_attachment *att =
		container_of(ref, struct srfpga_attachment, ref);
	struct srfpga_device *sdev = att->sdev;
	int section;

	/* An unbind waits until the mapping is gone. */
	section = srcu_read_lock(&sdev->srcu);
	if (attachment_claim(att))
		attachment_unmap(att);
	srcu_read_unlock(&sdev->srcu, section);

	dma_buf_put(att->dmabuf);
	put_device(&sdev->dev);
	kfree(att);
}

/**
 * srfpga_attachment_get() - take a reference
 * @att: the attachment
 */
void srfpga_attachment_get(struct srfpga_attachment *att)
{
	kref_get(&att->ref);
}

/**
 * srfpga_attachment_put() - drop a reference; the last one unmaps
 * @att: the attachment
 *
 * Takes the lock of the dma-buf: not on the way to a fence's signal.
 */
void srfpga_attachment_put(struct srfpga_attachment *att)
{
	kref_put(&att->ref, attachment_release);
}

static int attachment_connect(struct srfpga_attachment *att)
{
	struct srfpga_device *sdev = att->sdev;
	int ret;

	/* Foreign memory may be bounced, and nobody would copy it back. */
	if (!srfpga_buffer_is_ours(att->dmabuf) &&
	    dma_addressing_limited(sdev->parent)) {
		dev_dbg(&sdev->dev,
			"attach: %u address bits do not reach all memory, see srfpga,dma-address-bits\n",
			sdev->dma_bits);
		return -EOPNOTSUPP;
	}
	att->attach = dma_buf_attach(att->dmabuf, sdev->parent);
	if (IS_ERR(att->attach))
		return exporter_error(sdev, "attach", PTR_ERR(att->attach));

	att->sgt = attachment_map(att);
	if (IS_ERR(att->sgt)) {
		ret = exporter_error(sdev, "map", PTR_ERR(att->sgt));
		dma_buf_detach(att->dmabuf, att->attach);
		return ret;
	}
	att->addr = sg_dma_address(att->sgt->sgl);
	ret = mapping_check(sdev, att->sgt, att->bytes);
	if (ret) {
		attachment_unmap(att);
		return ret;
	}

	mutex_lock(&sdev->attach_lock);
	list_add(&att->node, &sdev->attachments);
	mutex_unlock(&sdev->attach_lock);
	return 0;
}

/**
 * srfpga_attachment_create() - map a dma-buf
 * @sdev: the device
 * @dmabuf: the buffer; a reference is taken
 * @dir: what the device will do with it
 *
 * Return: the attachment, or an ERR_PTR: -ENODEV: the device is gone;
 * -EOPNOTSUPP: not contiguous or not reachable; -ENOMEM; -EINTR.
 */
struct srfpga_attachment *srfpga_attachment_create(struct srfpga_device *sdev,
						   struct dma_buf *dmabuf,
						   enum dma_data_direction dir)
{
	struct srfpga_attachment *att;
	int section, ret = -ENODEV;

	att = kzalloc(sizeof(*att), GFP_KERNEL_ACCOUNT);
	if (!att)
		return ERR_PTR(-ENOMEM);
	kref_init(&att->ref);
	INIT_LIST_HEAD(&att->node);
	get_device(&sdev->dev);
	att->sdev = sdev;
	get_dma_buf(dmabuf);
	att->dmabuf = dmabuf;
	att->dir = dir;
	att->bytes = dmabuf->size;

	section = srcu_read_lock(&sdev->srcu);
	if (!READ_ONCE(sdev->gone))
		ret = attachment_connect(att);
	srcu_read_unlock(&sdev->srcu, section);
	if (ret) {
		srfpga_attachment_put(att);
		return ERR_PTR(ret);
	}
	return att;
}

/**
 * srfpga_attachments_revoke() - unmap everything
 * @sdev: the device; it is gone and the hardware has stopped
 *
 * Files and buffers keep their handles, which are of no use any more.
 */
void srfpga_attachments_revoke(struct srfpga_device *sdev)
{
	struct srfpga_attachment *att, *tmp;

	mutex_lock(&sdev->attach_lock);
	list_for_each_entry_safe(att, tmp, &sdev->attachments, node) {
		list_del_init(&att->node);
		attachment_unmap(att);
	}
	mutex_unlock(&sdev->attach_lock);
	/* Those that were claimed before. */
	synchronize_srcu(&sdev->srcu);
}
