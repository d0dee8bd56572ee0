// SPDX-License-Identifier: GPL-2.0
/*
 * The out-fence of a submission. Must not know devices, files or jobs: a fence
 * may outlive them all.
 */
#include <linux/module.h>
#include <linux/slab.h>

#include "srfpga.h"

struct srfpga_fence {
	struct dma_fence base;
	spinlock_t lock; /* base's */
};

static const char *fence_driver_name(struct dma_fence *fence)
{
	return KBUILD_MODNAME;
}

static const char *fence_timeline_name(struct dma_fence *fence)
{
	return "submissions";
}

static void fence_free_rcu(struct rcu_head *rcu)
{
	struct dma_fence *fence = container_of(rcu, struct dma_fence, rcu);

	kfree(container_of(fence, struct srfpga_fence, base));
	/* Module exit waits for this callback with rcu_barrier(). */
	module_put(THIS_MODULE);
}

static void fence_release(struct dma_fence *fence)
{
	call_rcu(&fence->rcu, fence_free_rcu);
}

static const struct dma_fence_ops fence_ops = {
	.get_driver_name = fence_driver_name,
	.get_timeline_name = fence_timeline_name,
	.release = fence_release,
};

/**
 * srfpga_fence_create() - make a fence
 * @context: of the file
 * @seqno: of the submission
 *
 * The fence keeps the module: its operations are called as long as anybody
 * holds it.
 *
 * Return: the fence, or NULL without memory.
 */
struct dma_fence *srfpga_fence_create(u64 context, u64 seqno)
{
	struct srfpga_fence *fence;

	fence = kzalloc(sizeof(*fence), GFP_KERNEL_ACCOUNT);
	if (!fence)
		return NULL;

	__module_get(THIS_MODULE);
	spin_lock_init(&fence->lock);
	dma_fence_init(&fence->base, &fence_ops, &fence->lock, context, seqno);
	return &fence->base;
}

/**
 * srfpga_fence_end() - signal a fence
 * @fence: the fence
 * @status: 0 or a negative errno
 * @when: the time that waiters see
 */
void srfpga_fence_end(struct dma_fence *fence, int status, ktime_t when)
{
	if (status)
		dma_fence_set_error(fence, status);
	dma_fence_signal_timestamp(fence, when);
}
