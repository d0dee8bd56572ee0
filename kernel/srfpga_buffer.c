// SPDX-License-Identifier: GPL-2.0
/*
 * Memory for the accelerator: the dma-buf exporter. Must not know jobs, nor
 * that the accelerator itself is one of the importers.
 */
#include <linux/dma-buf.h>
#include <linux/iosys-map.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "srfpga.h"

/**
 * struct buffer - an exported buffer
 * @file: whose memory limit it counts against, referenced; keeps the device
 *	that allocated it
 * @sgt: the memory, one segment
 * @bytes: length, whole pages
 * @lock: protects @importers and their mapped flag
 * @importers: attachments of all devices
 */
struct buffer {
	struct srfpga_file *file;
	struct sg_table *sgt;
	size_t bytes;
	struct mutex lock; /* protects importers */
	struct list_head importers;
};

/**
 * struct importer - an attachment of a device to a buffer
 * @node: in buffer.importers
 * @dev: the device
 * @sgt: own table of the memory: a mapping stores its addresses in it
 * @dir: direction of the mapping for the DMA API, DMA_NONE while unmapped
 */
struct importer {
	struct list_head node;
	struct device *dev;
	struct sg_table sgt;
	enum dma_data_direction dir;
};

static phys_addr_t buffer_phys(const struct buffer *buf)
{
	return page_to_phys(sg_page(buf->sgt->sgl));
}

/* The memory would go through bounce buffers, which breaks sharing. */
static bool buffer_unreachable(const struct buffer *buf, struct device *dev)
{
	u64 last = buffer_phys(buf) + buf->bytes - 1;
	u64 mask = min_not_zero(dma_get_mask(dev), dev->bus_dma_limit);

	return last > mask && dma_addressing_limited(dev);
}

/* The memory in segments as long as the importer's device takes them. */
static int importer_fill(struct importer *imp, const struct buffer *buf)
{
	size_t longest = dma_get_max_seg_size(imp->dev) & PAGE_MASK;
	unsigned long first = page_to_pfn(sg_page(buf->sgt->sgl));
	size_t done = 0, len;
	struct scatterlist *sg;
	unsigned int i;
	int ret;

	longest = clamp_t(size_t, longest, PAGE_SIZE, buf->bytes);
	ret = sg_alloc_table(&imp->sgt, DIV_ROUND_UP(buf->bytes, longest),
			     GFP_KERNEL);
	if (ret)
		return ret;
	for_each_sgtable_sg(&imp->sgt, sg, i) {
		len = min(longest, buf->bytes - done);
		sg_set_page(sg, pfn_to_page(first + (done >> PAGE_SHIFT)), len,
			    0);
		done += len;
	}
	return 0;
}

static int buffer_attach(struct dma_buf *dmabuf, struct dma_buf_attachment *at)
{
	struct buffer *buf = dmabuf->priv;
	struct importer *imp;
	int ret;

	if (buffer_unreachable(buf, at->dev))
		return -EOPNOTSUPP;

	imp = kzalloc(sizeof(*imp), GFP_KERNEL);
	if (!imp)
		return -ENOMEM;
	imp->dev = at->dev;
	ret = importer_fill(imp, buf);
	if (ret) {
		kfree(imp);
		return ret;
	}
	imp->dir = DMA_NONE;
	at->priv = imp;

	mutex_lock(&buf->lock);
	list_add(&imp->node, &buf->importers);
	mutex_unlock(&buf->lock);
	return 0;
}

static void buffer_detach(struct dma_buf *dmabuf, struct dma_buf_attachment *at)
{
	struct buffer *buf = dmabuf->priv;
	struct importer *imp = at->priv;

	mutex_lock(&buf->lock);
	list_del(&imp->node);
	mutex_unlock(&buf->lock);
	sg_free_table(&imp->sgt);
	kfree(imp);
}

/*
 * The DMA API may throw away what caches hold of memory that a device only
 * writes (32-bit ARM does): what the CPU wrote, zeroes of the allocation above
 * all, must be in memory, since a job need not write all of its buffer and what
 * was there before is somebody else's.
 */
static enum dma_data_direction buffer_dir(enum dma_data_direction dir)
{
	return dir == DMA_FROM_DEVICE ? DMA_BIDIRECTIONAL : dir;
}

/*
 * Mapping and synchronising are separate steps: the same memory may be mapped
 * for several devices, which the DMA API only accepts without its implicit
 * synchronisation.
 */
static struct sg_table *buffer_map(struct dma_buf_attachment *at,
				   enum dma_data_direction dir)
{
	struct buffer *buf = at->dmabuf->priv;
	struct importer *imp = at->priv;
	int ret;

	dir = buffer_dir(dir);
	ret = dma_map_sgtable(imp->dev, &imp->sgt, dir, DMA_ATTR_SKIP_CPU_SYNC);
	if (ret)
		return ERR_PTR(ret);
	dma_sync_sgtable_for_device(imp->dev, &imp->sgt, dir);

	mutex_lock(&buf->lock);
	imp->dir = dir;
	mutex_unlock(&buf->lock);
	return &imp->sgt;
}

static void buffer_unmap(struct dma_buf_attachment *at, struct sg_table *sgt,
			 enum dma_data_direction dir)
{
	struct buffer *buf = at->dmabuf->priv;
	struct importer *imp = at->priv;

	dir = buffer_dir(dir);
	mutex_lock(&buf->lock);
	imp->dir = DMA_NONE;
	mutex_unlock(&buf->lock);

	dma_sync_sgtable_for_cpu(imp->dev, sgt, dir);
	dma_unmap_sgtable(imp->dev, sgt, dir, DMA_ATTR_SKIP_CPU_SYNC);
}

static int buffer_begin_cpu_access(struct dma_buf *dmabuf,
				   enum dma_data_direction dir)
{
	struct buffer *buf = dmabuf->priv;
	struct importer *imp;

	mutex_lock(&buf->lock);
	list_for_each_entry(imp, &buf->importers, node)
		if (imp->dir != DMA_NONE)
			dma_sync_sgtable_for_cpu(imp->dev, &imp->sgt, imp->dir);
	mutex_unlock(&buf->lock);
	return 0;
}

static int buffer_end_cpu_access(struct dma_buf *dmabuf,
				 enum dma_data_direction dir)
{
	struct buffer *buf = dmabuf->priv;
	struct importer *imp;

	/* The CPU has only read: there is nothing to write back. */
	if (dir == DMA_FROM_DEVICE)
		return 0;

	mutex_lock(&buf->lock);
	list_for_each_entry(imp, &buf->importers, node)
		if (imp->dir != DMA_NONE)
			dma_sync_sgtable_for_device(imp->dev, &imp->sgt,
						    imp->dir);
	mutex_unlock(&buf->lock);
	return 0;
}

static int buffer_mmap(struct dma_buf *dmabuf, struct vm_area_struct *vma)
{
	struct buffer *buf = dmabuf->priv;

	/* A private copy would silently miss what the device writes. */
	if (is_cow_mapping(vma->vm_flags))
		return -EINVAL;
	return dma_mmap_noncontiguous(&buf->file->sdev->dev, vma, buf->bytes,
				      buf->sgt);
}

static int buffer_vmap(struct dma_buf *dmabuf, struct iosys_map *map)
{
	struct buffer *buf = dmabuf->priv;
	void *vaddr;

	vaddr = dma_vmap_noncontiguous(&buf->file->sdev->dev, buf->bytes,
				       buf->sgt);
	if (!vaddr)
		return -ENOMEM;
	iosys_map_set_vaddr(map, vaddr);
	return 0;
}

static void buffer_vunmap(struct dma_buf *dmabuf, struct iosys_map *map)
{
	struct buffer *buf = dmabuf->priv;

	dma_vunmap_noncontiguous(&buf->file->sdev->dev, map->vaddr);
}

static void buffer_free(struct buffer *buf)
{
	if (buf->sgt)
		dma_free_noncontiguous(&buf->file->sdev->dev, buf->bytes,
				       buf->sgt, DMA_TO_DEVICE);
	atomic64_sub(buf->bytes, &buf->file->memory);
	srfpga_file_put(buf->file);
	mutex_destroy(&buf->lock);
	kfree(buf);
}

static void buffer_release(struct dma_buf *dmabuf)
{
	buffer_free(dmabuf->priv);
}

static const struct dma_buf_ops buffer_ops = {
	.attach = buffer_attach,
	.detach = buffer_detach,
	.map_dma_buf = buffer_map,
	.unmap_dma_buf = buffer_unmap,
	.begin_cpu_access = buffer_begin_cpu_access,
	.end_cpu_access = buffer_end_cpu_access,
	.mmap = buffer_mmap,
	.vmap = buffer_vmap,
	.vunmap = buffer_vunmap,
	.release = buffer_release,
};

/**
 * srfpga_buffer_is_ours() - whether a dma-buf was exported by this driver
 * @dmabuf: any dma-buf
 *
 * Return: whether it was.
 */
bool srfpga_buffer_is_ours(struct dma_buf *dmabuf)
{
	return dmabuf->ops == &buffer_ops;
}

/* Count @bytes against the limit of @file. */
static int buffer_charge(struct srfpga_file *file, u64 bytes)
{
	if (bytes > file->sdev->max_memory)
		return -EDQUOT;
	if (atomic64_add_return(bytes, &file->memory) <=
	    (s64)file->sdev->max_memory)
		return 0;
	atomic64_sub(bytes, &file->memory);
	return -EDQUOT;
}

/**
 * srfpga_buffer_create() - allocate a buffer and export it
 * @file: whose limit it counts against
 * @bytes: length, above 0
 *
 * The memory is zeroed, cached, and one segment for the device, with or
 * without an IOMMU.
 *
 * Return: the dma-buf, or an ERR_PTR: -EDQUOT: over the limit of the file;
 * -ENOMEM: out of (contiguous) memory.
 */
struct dma_buf *srfpga_buffer_create(struct srfpga_file *file, u64 bytes)
{
	DEFINE_DMA_BUF_EXPORT_INFO(info);
	struct dma_buf *dmabuf;
	struct buffer *buf;
	int ret;

	if (bytes > file->sdev->max_memory)
		return ERR_PTR(-EDQUOT);
	bytes = PAGE_ALIGN(bytes);
	ret = buffer_charge(file, bytes);
	if (ret)
		return ERR_PTR(ret);

	buf = kzalloc(sizeof(*buf), GFP_KERNEL);
	if (!buf) {
		atomic64_sub(bytes, &file->memory);
		return ERR_PTR(-ENOMEM);
	}
	mutex_init(&buf->lock);
	INIT_LIST_HEAD(&buf->importers);
	kref_get(&file->ref);
	buf->file = file;
	buf->bytes = bytes;
	buf->sgt = dma_alloc_noncontiguous(&file->sdev->dev, bytes,
					   DMA_TO_DEVICE,
					   GFP_KERNEL | __GFP_NOWARN, 0);
	if (!buf->sgt) {
		buffer_free(buf);
		return ERR_PTR(-ENOMEM);
	}

	info.ops = &buffer_ops;
	info.size = bytes;
	info.flags = O_RDWR | O_CLOEXEC;
	info.priv = buf;
	dmabuf = dma_buf_export(&info);
	if (IS_ERR(dmabuf))
		buffer_free(buf);
	return dmabuf;
}
