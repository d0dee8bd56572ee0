// SPDX-License-Identifier: GPL-2.0
/*
 * An open file: its handles, its events, its share of everything. Must not
 * know the layout of anything that user space sees.
 */
#include <linux/dma-buf.h>
#include <linux/poll.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include "srfpga.h"

/**
 * srfpga_file_create() - a new open file
 * @sdev: the device; a reference is taken
 *
 * Return: the file, or an ERR_PTR: -ENODEV: the device is gone; -ENOMEM.
 */
struct srfpga_file *srfpga_file_create(struct srfpga_device *sdev)
{
	static atomic64_t last_id;
	struct srfpga_file *file;
	bool gone;

	file = kzalloc(sizeof(*file), GFP_KERNEL_ACCOUNT);
	if (!file)
		return ERR_PTR(-ENOMEM);

	kref_init(&file->ref);
	get_device(&sdev->dev);
	file->sdev = sdev;
	file->id = atomic64_inc_return(&last_id);
	mutex_init(&file->submit_lock);
	mutex_init(&file->read_lock);
	mutex_init(&file->handle_lock);
	xa_init_flags(&file->handles, XA_FLAGS_ALLOC1);
	file->context = dma_fence_context_alloc(1);
	INIT_LIST_HEAD(&file->node);
	INIT_LIST_HEAD(&file->subs);
	INIT_LIST_HEAD(&file->ready_node);
	INIT_LIST_HEAD(&file->events);
	init_waitqueue_head(&file->wait);
	file->level = -1;

	/* Whoever sets gone walks the list afterwards. */
	mutex_lock(&sdev->files_lock);
	gone = READ_ONCE(sdev->gone);
	if (!gone)
		list_add_tail(&file->node, &sdev->files);
	mutex_unlock(&sdev->files_lock);
	if (gone) {
		srfpga_file_put(file);
		return ERR_PTR(-ENODEV);
	}
	return file;
}

static void file_release(struct kref *ref)
{
	struct srfpga_file *file = container_of(ref, struct srfpga_file, ref);

	xa_destroy(&file->handles);
	put_device(&file->sdev->dev);
	kfree(file);
}

/**
 * srfpga_file_put() - drop a reference
 * @file: the file
 */
void srfpga_file_put(struct srfpga_file *file)
{
	kref_put(&file->ref, file_release);
}

/**
 * srfpga_file_close() - the last user of an open file has gone
 * @file: the file; the caller's reference is dropped
 */
void srfpga_file_close(struct srfpga_file *file)
{
	struct srfpga_attachment *att;
	unsigned long handle;

	mutex_lock(&file->sdev->files_lock);
	list_del_init(&file->node);
	mutex_unlock(&file->sdev->files_lock);
	srfpga_queue_cancel_file(file);
	xa_for_each(&file->handles, handle, att)
		srfpga_attachment_put(att);
	srfpga_file_put(file);
}

static int file_publish(struct srfpga_file *file,
			struct srfpga_attachment *att, u32 *handle)
{
	int ret;

	mutex_lock(&file->handle_lock);
	if (file->num_handles >= SRFPGA_CLIENT_ATTACHED) {
		ret = -EDQUOT;
	} else {
		/* Erasing entry 0 would make it free for ALLOC1: say it here. */
		ret = xa_alloc(&file->handles, handle, att,
			       XA_LIMIT(1, INT_MAX), GFP_KERNEL_ACCOUNT);
		if (!ret)
			file->num_handles++;
	}
	mutex_unlock(&file->handle_lock);
	return ret;
}

/**
 * srfpga_file_attach() - map a dma-buf for the device
 * @file: that gets the handle
 * @fd: the dma-buf
 * @dir: what the device will do with it
 * @handle: set to its name
 * @bytes: set to its length
 *
 * Return: 0; -EBADF: not a dma-buf; -EACCES: read-only and the device would
 * write; -EDQUOT: too many; errors of srfpga_attachment_create().
 */
int srfpga_file_attach(struct srfpga_file *file, int fd,
		       enum dma_data_direction dir, u32 *handle, u64 *bytes)
{
	struct srfpga_attachment *att;
	struct dma_buf *dmabuf;
	int ret;

	if (READ_ONCE(file->num_handles) >= SRFPGA_CLIENT_ATTACHED)
		return -EDQUOT;
	dmabuf = dma_buf_get(fd);
	if (IS_ERR(dmabuf))
		return -EBADF;
	if (dir != DMA_TO_DEVICE && !(dmabuf->file->f_mode & FMODE_WRITE)) {
		dma_buf_put(dmabuf);
		return -EACCES;
	}

	att = srfpga_attachment_create(file->sdev, dmabuf, dir);
	dma_buf_put(dmabuf);
	if (IS_ERR(att))
		return PTR_ERR(att);
	*bytes = att->bytes;
	ret = file_publish(file, att, handle);
	if (ret)
		srfpga_attachment_put(att);
	return ret;
}

/**
 * srfpga_file_detach() - forget a handle
 * @file: that it belongs to
 * @handle: its name
 *
 * Return: 0, or -ENOENT.
 */
int srfpga_file_detach(struct srfpga_file *file, u32 handle)
{
	struct srfpga_attachment *att;

	mutex_lock(&file->handle_lock);
	att = xa_erase(&file->handles, handle);
	if (att)
		file->num_handles--;
	mutex_unlock(&file->handle_lock);
	if (!att)
		return -ENOENT;
	srfpga_attachment_put(att);
	return 0;
}

/**
 * srfpga_file_lookup() - find an attachment
 * @file: that it belongs to
 * @handle: its name
 *
 * Return: the attachment with a reference for the caller, or NULL.
 */
struct srfpga_attachment *srfpga_file_lookup(struct srfpga_file *file,
					     u32 handle)
{
	struct srfpga_attachment *att;

	mutex_lock(&file->handle_lock);
	att = xa_load(&file->handles, handle);
	if (att)
		srfpga_attachment_get(att);
	mutex_unlock(&file->handle_lock);
	return att;
}

/**
 * srfpga_file_event_get() - take the oldest event
 * @file: with read_lock held
 *
 * Return: the event, or NULL.
 */
struct srfpga_completion *srfpga_file_event_get(struct srfpga_file *file)
{
	struct srfpga_device *sdev = file->sdev;
	struct srfpga_completion *done;

	spin_lock_irq(&sdev->lock);
	done = list_first_entry_or_null(&file->events,
					struct srfpga_completion, node);
	if (done)
		list_del_init(&done->node);
	spin_unlock_irq(&sdev->lock);
	return done;
}

/**
 * srfpga_file_event_unget() - put back an event that could not be delivered
 * @file: with read_lock held
 * @done: the event
 */
void srfpga_file_event_unget(struct srfpga_file *file,
			     struct srfpga_completion *done)
{
	spin_lock_irq(&file->sdev->lock);
	list_add(&done->node, &file->events);
	spin_unlock_irq(&file->sdev->lock);
}

/**
 * srfpga_file_event_done() - an event was delivered; its place is free again
 * @file: that it belongs to
 * @done: the event
 */
void srfpga_file_event_done(struct srfpga_file *file,
			    struct srfpga_completion *done)
{
	srfpga_queue_unreserve(file);
	kfree(done);
}

/*
 * What a reader is to do: 0: read; -EAGAIN: wait; -ENODEV: nothing will ever
 * come again. After the end of the device the events of what it took with it
 * can still be read.
 */
static int file_readable(struct srfpga_file *file)
{
	struct srfpga_device *sdev = file->sdev;
	int ret = -EAGAIN;

	spin_lock_irq(&sdev->lock);
	if (!list_empty(&file->events))
		ret = 0;
	else if (sdev->gone && list_empty(&file->subs))
		ret = -ENODEV;
	spin_unlock_irq(&sdev->lock);
	return ret;
}

/**
 * srfpga_file_event_wait() - wait until there is something to read
 * @file: the file
 * @block: wait
 *
 * Return: 0; -EAGAIN: there is nothing, and @block was not set; -ENODEV: the
 * device is gone; -ERESTARTSYS: a signal.
 */
int srfpga_file_event_wait(struct srfpga_file *file, bool block)
{
	int ready, ret;

	ready = file_readable(file);
	if (ready != -EAGAIN || !block)
		return ready;
	ret = wait_event_interruptible(file->wait,
				       (ready = file_readable(file)) != -EAGAIN);
	return ret ?: ready;
}

/**
 * srfpga_file_poll() - what the file is ready for
 * @file: the file
 *
 * Return: EPOLL*.
 */
__poll_t srfpga_file_poll(struct srfpga_file *file)
{
	struct srfpga_device *sdev = file->sdev;
	__poll_t mask = 0;

	spin_lock_irq(&sdev->lock);
	if (!list_empty(&file->events))
		mask |= EPOLLIN | EPOLLRDNORM;
	if (sdev->gone)
		mask |= EPOLLHUP;
	else if (file->queued < SRFPGA_CLIENT_QUEUED)
		mask |= EPOLLOUT | EPOLLWRNORM;
	spin_unlock_irq(&sdev->lock);
	return mask;
}

/**
 * srfpga_file_show() - fdinfo of the file
 * @file: the file
 * @m: where to print
 */
void srfpga_file_show(struct srfpga_file *file, struct seq_file *m)
{
	struct srfpga_device *sdev = file->sdev;
	struct srfpga_stats stats;
	unsigned int queued;

	spin_lock_irq(&sdev->lock);
	stats = file->stats;
	queued = file->queued;
	spin_unlock_irq(&sdev->lock);

	seq_puts(m, "drm-driver:\tsrfpga\n");
	seq_printf(m, "drm-client-id:\t%llu\n", file->id);
	seq_printf(m, "drm-engine-fabric:\t%llu ns\n", stats.busy_ns);
	seq_printf(m, "drm-total-memory:\t%lld KiB\n",
		   (s64)atomic64_read(&file->memory) >> 10);
	seq_printf(m, "srfpga-device:\t%d\n", sdev->id);
	seq_printf(m, "srfpga-jobs:\t%llu\n", stats.jobs);
	seq_printf(m, "srfpga-frames:\t%llu\n", stats.frames);
	seq_printf(m, "srfpga-failed:\t%llu\n", stats.failed);
	seq_printf(m, "srfpga-queued:\t%u\n", queued);
	seq_printf(m, "srfpga-attachments:\t%u\n",
		   READ_ONCE(file->num_handles));
}
