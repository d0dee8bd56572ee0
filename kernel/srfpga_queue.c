// SPDX-License-Identifier: GPL-2.0
/*
 * Submissions: their order within a file, between files, and their one end.
 * Must not know registers, nor how jobs move through the hardware.
 */
#include <linux/dma-fence.h>
#include <linux/poll.h>
#include <linux/slab.h>

#include "srfpga.h"
#include "srfpga_trace.h"

static bool submission_issued(const struct srfpga_submission *sub)
{
	return sub->status || sub->next_job == sub->num_jobs;
}

static bool submission_ended(const struct srfpga_submission *sub)
{
	return submission_issued(sub) && !sub->in_flight;
}

/* Find the file's next job and its place among the files that wait for one. */
static void queue_update_file(struct srfpga_file *file)
{
	struct srfpga_submission *sub = file->issue;
	int level;

	while (sub && submission_issued(sub))
		sub = list_is_last(&sub->node, &file->subs) ? NULL :
			list_next_entry(sub, node);
	file->issue = sub;

	level = sub && !sub->waiting ? (int)sub->level : -1;
	if (level == file->level)
		return;
	list_del_init(&file->ready_node);
	if (level >= 0)
		list_add_tail(&file->ready_node, &file->sdev->ready[level]);
	file->level = level;
}

/*
 * The end of a submission, the only one. The fence and the event become
 * visible together: reading events takes the same lock.
 */
static void submission_end(struct srfpga_submission *sub, ktime_t now)
{
	struct srfpga_file *file = sub->file;
	struct srfpga_device *sdev = file->sdev;
	struct srfpga_completion *done = sub->done;

	list_del_init(&sub->node);
	done->status = sub->status;
	done->finished = now;
	if (sub->status) {
		sdev->stats.failed++;
		file->stats.failed++;
	}
	trace_srfpga_submission_end(sdev->id, file->id, done->seqno,
				    done->status, done->jobs_done);
	if (sub->fence)
		srfpga_fence_end(sub->fence, sub->status, now);
	if (sub->silent || file->closed) {
		file->queued--;
	} else {
		list_add_tail(&done->node, &file->events);
		sub->done = NULL;
	}
	wake_up_interruptible_poll(&file->wait, EPOLLIN | EPOLLOUT);

	if (llist_add(&sub->ended_node, &sdev->ended))
		queue_work(sdev->reap_wq, &sdev->reap_work);
}

/* Submissions of a file end in the order in which they came. */
static void queue_reap_file(struct srfpga_file *file, ktime_t now)
{
	struct srfpga_submission *sub;

	while ((sub = list_first_entry_or_null(&file->subs,
					       struct srfpga_submission, node))) {
		if (!submission_ended(sub))
			return;
		submission_end(sub, now);
	}
}

static void queue_settle_file(struct srfpga_file *file, ktime_t now)
{
	queue_update_file(file);
	queue_reap_file(file, now);
}

static void submission_fail(struct srfpga_submission *sub, int status)
{
	if (!submission_issued(sub))
		sub->status = status;
}

/**
 * srfpga_queue_pick() - take the next job that may start
 * @sdev: the device, locked
 * @flight: filled in
 *
 * Return: false if there is none.
 */
bool srfpga_queue_pick(struct srfpga_device *sdev, struct srfpga_flight *flight)
{
	struct srfpga_submission *sub;
	struct srfpga_file *file;
	unsigned int nonempty = 0;
	int level;

	for (level = 0; level < SRFPGA_LEVELS; level++)
		if (!list_empty(&sdev->ready[level]))
			nonempty |= BIT(level);
	level = srfpga_sched_level(nonempty, sdev->passed);
	if (level < 0)
		return false;

	file = list_first_entry(&sdev->ready[level], struct srfpga_file,
				ready_node);
	list_move_tail(&file->ready_node, &sdev->ready[level]);
	sub = file->issue;
	flight->sub = sub;
	flight->index = sub->next_job++;
	sub->in_flight++;
	queue_update_file(file);
	return true;
}

/**
 * srfpga_queue_ready() - whether a job could start
 * @sdev: the device, locked
 *
 * Return: whether one could.
 */
bool srfpga_queue_ready(struct srfpga_device *sdev)
{
	int level;

	for (level = 0; level < SRFPGA_LEVELS; level++)
		if (!list_empty(&sdev->ready[level]))
			return true;
	return false;
}

/**
 * srfpga_queue_job_done() - a job has left the hardware
 * @sub: its submission
 * @status: 0 or a negative errno: the jobs behind it do not run
 * @now: the time
 *
 * Called with the device locked.
 */
void srfpga_queue_job_done(struct srfpga_submission *sub, int status,
			   ktime_t now)
{
	sub->in_flight--;
	if (!status)
		sub->done->jobs_done++;
	else if (!sub->status)
		sub->status = status;
	if (status || submission_ended(sub))
		queue_settle_file(sub->file, now);
}

/**
 * srfpga_queue_reserve() - take a place in the queue
 * @file: that wants to submit
 *
 * Return: 0; -ENODEV: the device is gone; -EIO: it is wedged; -EAGAIN: the
 * file's share of the queue is full.
 */
int srfpga_queue_reserve(struct srfpga_file *file)
{
	struct srfpga_device *sdev = file->sdev;
	const char *why = "";
	unsigned long flags;
	int ret = 0;

	spin_lock_irqsave(&sdev->lock, flags);
	if (sdev->gone) {
		ret = -ENODEV;
		why = "the device is gone";
	} else if (sdev->state == SRFPGA_WEDGED) {
		ret = -EIO;
		why = "the device is wedged, bind it again";
	} else if (file->queued >= SRFPGA_CLIENT_QUEUED) {
		ret = -EAGAIN;
		why = "the file's queue is full";
	} else {
		file->queued++;
	}
	spin_unlock_irqrestore(&sdev->lock, flags);
	if (ret)
		dev_dbg(&sdev->dev, "submit: %s\n", why);
	return ret;
}

/**
 * srfpga_queue_unreserve() - give back a place that was not used
 * @file: that took it
 */
void srfpga_queue_unreserve(struct srfpga_file *file)
{
	unsigned long flags;

	spin_lock_irqsave(&file->sdev->lock, flags);
	file->queued--;
	spin_unlock_irqrestore(&file->sdev->lock, flags);
	wake_up_interruptible_poll(&file->wait, EPOLLOUT);
}

/**
 * srfpga_queue_commit() - accept a submission
 * @sub: the submission, with a place reserved; on success the queue's
 *
 * Return: 0, or -ENODEV: the device has gone since the place was reserved.
 */
int srfpga_queue_commit(struct srfpga_submission *sub)
{
	struct srfpga_file *file = sub->file;
	struct srfpga_device *sdev = file->sdev;
	bool signalling = dma_fence_begin_signalling();
	unsigned long flags;
	int ret = 0;

	spin_lock_irqsave(&sdev->lock, flags);
	/* Whoever unbinds waits for what is queued, and for nothing else. */
	if (sdev->gone) {
		ret = -ENODEV;
		goto unlock;
	}
	sub->done->queued = ktime_get();
	trace_srfpga_submission_queue(sdev->id, file->id, sub->done->seqno,
				      sub->num_jobs, sub->level);
	if (sdev->state == SRFPGA_WEDGED)
		sub->status = -EIO;
	list_add_tail(&sub->node, &file->subs);
	if (!file->issue)
		file->issue = sub;
	queue_settle_file(file, sub->done->queued);
	srfpga_ring_pump(sdev);
unlock:
	spin_unlock_irqrestore(&sdev->lock, flags);
	dma_fence_end_signalling(signalling);
	return ret;
}

/*
 * Runs under the lock of somebody else's fence, in any context: takes no lock,
 * so that it cannot close a circle with srfpga_device.lock.
 */
static void queue_in_fence_cb(struct dma_fence *fence, struct dma_fence_cb *cb)
{
	struct srfpga_submission *sub =
		container_of(cb, struct srfpga_submission, in_cb);
	struct srfpga_device *sdev = sub->file->sdev;

	sub->in_error = fence->error;
	llist_add(&sub->in_node, &sdev->fence_ready);
	irq_work_queue(&sdev->fence_kick);
}

static void queue_fence_kick(struct irq_work *work)
{
	struct srfpga_device *sdev =
		container_of(work, struct srfpga_device, fence_kick);
	bool signalling = dma_fence_begin_signalling();
	struct srfpga_submission *sub, *tmp;
	struct llist_node *list;
	unsigned long flags;
	ktime_t now;

	list = llist_reverse_order(llist_del_all(&sdev->fence_ready));
	spin_lock_irqsave(&sdev->lock, flags);
	now = ktime_get();
	llist_for_each_entry_safe(sub, tmp, list, in_node) {
		sub->waiting = false;
		if (sub->in_error)
			submission_fail(sub, sub->in_error);
		queue_settle_file(sub->file, now);
	}
	srfpga_ring_pump(sdev);
	spin_unlock_irqrestore(&sdev->lock, flags);
	dma_fence_end_signalling(signalling);
}

/**
 * srfpga_queue_arm_in_fence() - let a submission wait for its in-fence
 * @sub: the submission, not committed yet
 *
 * Return: 0, or an error of dma_fence_add_callback().
 */
int srfpga_queue_arm_in_fence(struct srfpga_submission *sub)
{
	int ret;

	if (!sub->in_fence)
		return 0;

	sub->waiting = true;
	ret = dma_fence_add_callback(sub->in_fence, &sub->in_cb,
				     queue_in_fence_cb);
	if (!ret) {
		sub->in_armed = true;
		return 0;
	}
	sub->waiting = false;
	if (ret != -ENOENT)
		return ret;
	/* Signalled already. */
	sub->status = min(dma_fence_get_status(sub->in_fence), 0);
	return 0;
}

/**
 * srfpga_queue_disarm_in_fence() - make sure that nothing refers to @sub
 * @sub: a submission that has ended or was not committed
 *
 * Sleeps.
 */
void srfpga_queue_disarm_in_fence(struct srfpga_submission *sub)
{
	if (!sub->in_fence)
		return;
	if (sub->in_armed &&
	    !dma_fence_remove_callback(sub->in_fence, &sub->in_cb))
		irq_work_sync(&sub->file->sdev->fence_kick);
	dma_fence_put(sub->in_fence);
	sub->in_fence = NULL;
}

static void queue_fail_file(struct srfpga_file *file, int status)
{
	struct srfpga_submission *sub;

	list_for_each_entry(sub, &file->subs, node)
		submission_fail(sub, status);
	queue_settle_file(file, ktime_get());
}

/**
 * srfpga_queue_cancel_file() - end what a file has not started
 * @file: the file, which nobody has open any more
 *
 * Jobs inside the hardware finish on their own.
 */
void srfpga_queue_cancel_file(struct srfpga_file *file)
{
	struct srfpga_device *sdev = file->sdev;
	struct srfpga_completion *done, *tmp;
	bool signalling = dma_fence_begin_signalling();
	unsigned long flags;
	LIST_HEAD(events);

	spin_lock_irqsave(&sdev->lock, flags);
	file->closed = true;
	queue_fail_file(file, -ECANCELED);
	list_splice_init(&file->events, &events);
	spin_unlock_irqrestore(&sdev->lock, flags);
	dma_fence_end_signalling(signalling);

	list_for_each_entry_safe(done, tmp, &events, node)
		kfree(done);
}

/**
 * srfpga_queue_fail_all() - end everything that was not started
 * @sdev: the device, not locked
 * @status: negative errno
 *
 * File by file: with all of them at once interrupts would be off for as long
 * as users like. What comes meanwhile is refused by the state of a device that
 * is gone or wedged, and may try its luck with any other.
 */
void srfpga_queue_fail_all(struct srfpga_device *sdev, int status)
{
	bool signalling = dma_fence_begin_signalling();
	struct srfpga_file *file;

	mutex_lock(&sdev->files_lock);
	list_for_each_entry(file, &sdev->files, node) {
		spin_lock_irq(&sdev->lock);
		queue_fail_file(file, status);
		spin_unlock_irq(&sdev->lock);
		wake_up_interruptible_poll(&file->wait, EPOLLIN | EPOLLHUP);
	}
	mutex_unlock(&sdev->files_lock);
	dma_fence_end_signalling(signalling);
}

/*
 * Releasing takes the locks of dma-bufs, which whoever waits for a fence may
 * hold: it happens behind the end, and nobody's end waits for it.
 */
static void queue_reap_work(struct work_struct *work)
{
	struct srfpga_device *sdev =
		container_of(work, struct srfpga_device, reap_work);
	struct srfpga_submission *sub, *tmp;

	llist_for_each_entry_safe(sub, tmp, llist_del_all(&sdev->ended),
				  ended_node) {
		srfpga_queue_disarm_in_fence(sub);
		if (sub->quarantined)
			srfpga_quarantine_add(sub);
		else
			srfpga_submission_free(sub);
	}
}

/**
 * srfpga_queue_flush() - wait until ended submissions are released
 * @sdev: the device
 */
void srfpga_queue_flush(struct srfpga_device *sdev)
{
	flush_work(&sdev->reap_work);
	irq_work_sync(&sdev->fence_kick);
}

/**
 * srfpga_queue_init() - set up the queue of a new device
 * @sdev: the device
 */
void srfpga_queue_init(struct srfpga_device *sdev)
{
	int level;

	for (level = 0; level < SRFPGA_LEVELS; level++)
		INIT_LIST_HEAD(&sdev->ready[level]);
	INIT_LIST_HEAD(&sdev->quarantine);
	init_waitqueue_head(&sdev->idle_wait);
	init_llist_head(&sdev->fence_ready);
	init_llist_head(&sdev->ended);
	init_irq_work(&sdev->fence_kick, queue_fence_kick);
	INIT_WORK(&sdev->reap_work, queue_reap_work);
}
