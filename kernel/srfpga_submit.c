// SPDX-License-Identifier: GPL-2.0
/*
 * From user space's description of a submission to a checked one: after this
 * file nothing of it can fail. Must not know registers or the queue's order.
 */
#include <linux/capability.h>
#include <linux/file.h>
#include <linux/moduleparam.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/sync_file.h>

#include <uapi/srfpga.h>

#include "srfpga.h"
#include "srfpga_abi.h"

#define SUBMIT_FLAGS	(SRFPGA_SUBMIT_IN_FENCE | SRFPGA_SUBMIT_OUT_FENCE | \
			 SRFPGA_SUBMIT_NO_EVENT)

static unsigned int timeout_limit_ms = 60000;
module_param(timeout_limit_ms, uint, 0644);
MODULE_PARM_DESC(timeout_limit_ms,
		 "longest limit of a job that a user may set, ms (60000)");

/**
 * srfpga_submit_check_range() - whether a job's frames lie inside its buffer
 * @buffer_bytes: length of the whole buffer
 * @offset: first byte of the job's part of it
 * @length: bytes of that part
 * @frame_bytes: bytes of one frame
 * @frames: frames of the job
 *
 * Return: 0, or -ERANGE.
 */
int srfpga_submit_check_range(u64 buffer_bytes, u64 offset, u64 length,
			      u64 frame_bytes, u32 frames)
{
	u64 end, needed;

	if (check_add_overflow(offset, length, &end) || end > buffer_bytes)
		return -ERANGE;
	if (check_mul_overflow(frame_bytes, (u64)frames, &needed) ||
	    needed > length)
		return -ERANGE;
	return 0;
}

/**
 * srfpga_submission_free() - release a submission
 * @sub: one that has ended, or was not committed; its in-fence is disarmed
 *
 * Takes the locks of dma-bufs.
 */
void srfpga_submission_free(struct srfpga_submission *sub)
{
	size_t i, n;

	n = (size_t)sub->num_jobs * sub->file->sdev->num_ports;
	for (i = 0; sub->used && i < n; i++)
		if (sub->used[i])
			srfpga_attachment_put(sub->used[i]);
	dma_fence_put(sub->fence);
	dma_fence_put(sub->in_fence);
	srfpga_file_put(sub->file);
	kvfree(sub->used);
	kvfree(sub->addr);
	kvfree(sub->frames);
	kfree(sub->done);
	kfree(sub);
}

static struct srfpga_submission *submission_create(struct srfpga_file *file,
						   u32 num_jobs)
{
	struct srfpga_submission *sub;
	size_t slots;

	sub = kzalloc(sizeof(*sub), GFP_KERNEL_ACCOUNT);
	if (!sub)
		return NULL;

	kref_get(&file->ref);
	sub->file = file;
	INIT_LIST_HEAD(&sub->node);
	sub->num_jobs = num_jobs;
	slots = array_size(num_jobs, file->sdev->num_ports);
	sub->done = kzalloc(sizeof(*sub->done), GFP_KERNEL_ACCOUNT);
	sub->frames = kvcalloc(num_jobs, sizeof(*sub->frames),
			       GFP_KERNEL_ACCOUNT);
	sub->addr = kvcalloc(slots, sizeof(*sub->addr), GFP_KERNEL_ACCOUNT);
	sub->used = kvcalloc(slots, sizeof(*sub->used), GFP_KERNEL_ACCOUNT);
	if (sub->done && sub->frames && sub->addr && sub->used)
		return sub;
	srfpga_submission_free(sub);
	return NULL;
}

/* Addresses have 64 bits in the interface, but not everywhere. */
static int submit_user_ptr(struct device *dev, const char *what, u64 address,
			   u8 __user **ptr)
{
	if (address > ULONG_MAX) {
		dev_dbg(dev, "submit: %s at %#llx\n", what, address);
		return -EFAULT;
	}
	*ptr = u64_to_user_ptr(address);
	return 0;
}

static bool submit_may_use(const struct srfpga_attachment *att,
			   enum srfpga_role role)
{
	if (att->dir == DMA_BIDIRECTIONAL)
		return true;
	return att->dir == (role == SRFPGA_ROLE_OUTPUT ? DMA_FROM_DEVICE :
							 DMA_TO_DEVICE);
}

/* Check the buffer of one port of one job; @slot is where it goes. */
static int submit_buffer(struct srfpga_submission *sub, size_t slot,
			 const struct srfpga_port *port, u32 frames,
			 const struct srfpga_job_buffer *in)
{
	struct device *dev = &sub->file->sdev->dev;
	struct srfpga_attachment *att;

	if (in->pad || !IS_ALIGNED(in->offset, SRFPGA_ALIGN_BYTES)) {
		dev_dbg(dev, "submit: %s: padding or offset %llu\n",
			port->name, in->offset);
		return -EINVAL;
	}
	att = srfpga_file_lookup(sub->file, in->handle);
	if (!att) {
		dev_dbg(dev, "submit: %s: no handle %u\n", port->name,
			in->handle);
		return -ENOENT;
	}
	sub->used[slot] = att;
	sub->addr[slot] = att->addr + in->offset;
	if (!submit_may_use(att, port->role)) {
		dev_dbg(dev, "submit: %s: handle %u: wrong direction\n",
			port->name, in->handle);
		return -EACCES;
	}
	/* The hardware reads the same frame of weights again and again. */
	if (port->role == SRFPGA_ROLE_WEIGHTS)
		frames = 1;
	if (srfpga_submit_check_range(att->bytes, in->offset, in->length,
				      port->frame_bytes, frames)) {
		dev_dbg(dev,
			"submit: %s: %u frames of %llu at %llu+%llu leave %llu bytes\n",
			port->name, frames, port->frame_bytes, in->offset,
			in->length, att->bytes);
		return -ERANGE;
	}
	return 0;
}

static int submit_job(struct srfpga_submission *sub, u32 index,
		      const struct srfpga_job *in, u32 buffer_size)
{
	struct srfpga_device *sdev = sub->file->sdev;
	struct srfpga_job_buffer buffer;
	u8 __user *user;
	unsigned int i;
	int ret;

	if (in->num_buffers != sdev->num_ports || !in->frames ||
	    in->frames > sdev->max_frames) {
		dev_dbg(&sdev->dev, "submit: job %u: %u buffers, %u frames\n",
			index, in->num_buffers, in->frames);
		return -EINVAL;
	}
	sub->frames[index] = in->frames;
	ret = submit_user_ptr(&sdev->dev, "buffers", in->buffers, &user);
	if (ret)
		return ret;

	for (i = 0; i < sdev->num_ports; i++) {
		ret = srfpga_abi_copy_in(&sdev->dev, "submit: buffer", &buffer,
					 sizeof(buffer),
					 user + (size_t)i * buffer_size,
					 buffer_size);
		if (ret)
			return ret;
		ret = submit_buffer(sub, index * sdev->num_ports + i,
				    &sdev->port[i], in->frames, &buffer);
		if (ret)
			return ret;
	}
	return 0;
}

static int submit_jobs(struct srfpga_submission *sub,
		       const struct srfpga_submit *in)
{
	struct device *dev = &sub->file->sdev->dev;
	struct srfpga_job job;
	u8 __user *user;
	u32 i;
	int ret;

	ret = submit_user_ptr(dev, "jobs", in->jobs, &user);
	if (ret)
		return ret;
	for (i = 0; i < in->num_jobs; i++) {
		ret = srfpga_abi_copy_in(dev, "submit: job", &job, sizeof(job),
					 user + (size_t)i * in->job_size,
					 in->job_size);
		if (!ret)
			ret = submit_job(sub, i, &job, in->buffer_size);
		if (ret)
			return ret;
	}
	return 0;
}

static int submit_check(struct srfpga_device *sdev,
			const struct srfpga_submit *in)
{
	struct device *dev = &sdev->dev;

	if (in->flags & ~SUBMIT_FLAGS) {
		dev_dbg(dev, "submit: unknown flags %#x\n", in->flags);
		return -EINVAL;
	}
	if (!in->num_jobs || in->num_jobs > SRFPGA_CLIENT_JOBS) {
		dev_dbg(dev, "submit: %u jobs\n", in->num_jobs);
		return -EINVAL;
	}
	if (!(in->flags & SRFPGA_SUBMIT_IN_FENCE) && in->in_fence_fd) {
		dev_dbg(dev, "submit: in_fence_fd without its flag\n");
		return -EINVAL;
	}
	if (in->priority < SRFPGA_PRIORITY_LOW ||
	    in->priority > SRFPGA_PRIORITY_HIGH) {
		dev_dbg(dev, "submit: no priority %d\n", in->priority);
		return -EINVAL;
	}
	if (in->priority > SRFPGA_PRIORITY_NORMAL && !capable(CAP_SYS_NICE)) {
		dev_dbg(dev, "submit: priority needs CAP_SYS_NICE\n");
		return -EPERM;
	}
	return 0;
}

static int submit_in_fence(struct srfpga_submission *sub,
			   const struct srfpga_submit *in)
{
	if (!(in->flags & SRFPGA_SUBMIT_IN_FENCE))
		return 0;
	sub->in_fence = sync_file_get_fence(in->in_fence_fd);
	if (sub->in_fence)
		return 0;
	dev_dbg(&sub->file->sdev->dev, "submit: fd %d is not a sync_file\n",
		in->in_fence_fd);
	return -EBADF;
}

/* Returns the sync_file, NULL if none is wanted, or an ERR_PTR. */
static struct sync_file *submit_out_fence(struct srfpga_submission *sub,
					  const struct srfpga_submit *in,
					  int *fd)
{
	struct sync_file *sync;

	if (!(in->flags & SRFPGA_SUBMIT_OUT_FENCE))
		return NULL;
	sub->fence = srfpga_fence_create(sub->file->context, sub->done->seqno);
	if (!sub->fence)
		return ERR_PTR(-ENOMEM);
	*fd = get_unused_fd_flags(O_CLOEXEC);
	if (*fd < 0) {
		dev_dbg(&sub->file->sdev->dev,
			"submit: no free file descriptor\n");
		return ERR_PTR(*fd);
	}
	sync = sync_file_create(sub->fence);
	if (!sync) {
		put_unused_fd(*fd);
		return ERR_PTR(-ENOMEM);
	}
	return sync;
}

/*
 * The last part, in the order of the file's submissions. On success the queue
 * owns @sub.
 */
static int submit_enqueue(struct srfpga_submission *sub,
			  const struct srfpga_submit *in,
			  struct srfpga_submit __user *user)
{
	struct srfpga_file *file = sub->file;
	struct sync_file *sync;
	int ret, fd = -1;

	sub->done->seqno = file->seqno + 1;
	sync = submit_out_fence(sub, in, &fd);
	if (IS_ERR(sync))
		return PTR_ERR(sync);
	ret = srfpga_queue_reserve(file);
	if (ret)
		goto drop_sync;
	ret = srfpga_queue_arm_in_fence(sub);
	if (ret)
		goto unreserve;
	if (sync && put_user(fd, &user->out_fence_fd)) {
		ret = -EFAULT;
		goto disarm;
	}
	ret = srfpga_queue_commit(sub);
	if (ret)
		goto disarm;

	file->seqno++;
	if (sync)
		fd_install(fd, sync->file);
	return 0;

disarm:
	srfpga_queue_disarm_in_fence(sub);
unreserve:
	srfpga_queue_unreserve(file);
drop_sync:
	if (sync) {
		put_unused_fd(fd);
		fput(sync->file);
	}
	return ret;
}

static int submit_run(struct srfpga_submission *sub,
		      const struct srfpga_submit *in,
		      struct srfpga_submit __user *user)
{
	struct srfpga_file *file = sub->file;
	int ret;

	/* Clocks are on before anything is promised, and while it starts. */
	ret = srfpga_pm_get(file->sdev);
	if (ret) {
		dev_dbg(&file->sdev->dev, "submit: no clocks: %d\n", ret);
		return ret;
	}
	if (mutex_lock_interruptible(&file->submit_lock)) {
		ret = -ERESTARTSYS;
	} else {
		ret = submit_enqueue(sub, in, user);
		mutex_unlock(&file->submit_lock);
	}
	srfpga_pm_put(file->sdev);
	return ret;
}

/*
 * Fences have to be signalled in finite time, and hardware that hangs must not
 * be kept from others for as long as somebody likes, who may be gone.
 */
static u64 submit_timeout(const struct srfpga_device *sdev, u64 asked)
{
	u64 limit = (u64)READ_ONCE(timeout_limit_ms) * NSEC_PER_MSEC;

	return asked ? min(asked, max(limit, sdev->timeout_ns)) :
		       sdev->timeout_ns;
}

/**
 * srfpga_submit() - SRFPGA_IOC_SUBMIT
 * @file: the caller's
 * @in: the argument, copied
 * @user: where it came from, for the out-fence
 *
 * Return: 0 or a negative errno, see the user space interface.
 */
int srfpga_submit(struct srfpga_file *file, const struct srfpga_submit *in,
		  struct srfpga_submit __user *user)
{
	struct srfpga_submission *sub;
	int ret;

	ret = submit_check(file->sdev, in);
	if (ret)
		return ret;
	sub = submission_create(file, in->num_jobs);
	if (!sub)
		return -ENOMEM;

	sub->level = in->priority - SRFPGA_PRIORITY_LOW;
	sub->timeout_ns = submit_timeout(file->sdev, in->timeout_ns);
	sub->silent = in->flags & SRFPGA_SUBMIT_NO_EVENT;
	sub->done->user_data = in->user_data;
	ret = submit_in_fence(sub, in);
	if (!ret)
		ret = submit_jobs(sub, in);
	if (!ret)
		ret = submit_run(sub, in, user);
	if (ret)
		srfpga_submission_free(sub);
	return ret;
}
