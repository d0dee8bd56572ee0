// SPDX-License-Identifier: GPL-2.0
/*
 * A hang: stop the hardware with its reset line, or give the device up. Must
 * not know registers.
 */
#include <linux/delay.h>
#include <linux/dma-fence.h>
#include <linux/reset.h>

#include "srfpga.h"

/* A dataflow pipeline is flushed within some clock cycles, 10 us are plenty. */
#define RESET_US	10
#define REMOVE_DRAIN_MS	1000

static bool recover_stopped(struct srfpga_device *sdev)
{
	unsigned long flags;
	bool stopped;

	spin_lock_irqsave(&sdev->lock, flags);
	stopped = srfpga_ring_stopped(sdev);
	spin_unlock_irqrestore(&sdev->lock, flags);
	return stopped;
}

static void recover_keep_off(struct srfpga_device *sdev)
{
	unsigned long flags;

	spin_lock_irqsave(&sdev->lock, flags);
	sdev->engine->disable(sdev);
	sdev->in_reset = true;
	spin_unlock_irqrestore(&sdev->lock, flags);
}

static void recover_let_on(struct srfpga_device *sdev)
{
	unsigned long flags;

	spin_lock_irqsave(&sdev->lock, flags);
	sdev->in_reset = false;
	sdev->engine->enable(sdev);
	spin_unlock_irqrestore(&sdev->lock, flags);
}

/* Returns whether the hardware is known to have stopped. */
static bool recover_reset(struct srfpga_device *sdev)
{
	int ret;

	if (!sdev->reset || !srfpga_reachable(sdev))
		return false;
	srfpga_irq_mask(sdev);
	recover_keep_off(sdev);
	ret = reset_control_assert(sdev->reset);
	usleep_range(RESET_US, 2 * RESET_US);
	ret = reset_control_deassert(sdev->reset) ?: ret;
	usleep_range(RESET_US, 2 * RESET_US);
	/* If it is still in reset the registers stay out of reach. */
	if (!ret) {
		recover_let_on(sdev);
		srfpga_irq_unmask(sdev);
	}
	return recover_stopped(sdev);
}

/**
 * srfpga_recover_work() - handle a hang
 * @work: srfpga_device.recover_work
 *
 * The jobs in the hardware end here, after its DMA has stopped if that can be
 * brought about: whoever sees the end may use the buffers again.
 */
void srfpga_recover_work(struct work_struct *work)
{
	struct srfpga_device *sdev =
		container_of(work, struct srfpga_device, recover_work);
	bool signalling = dma_fence_begin_signalling();
	unsigned long flags;
	bool stopped;

	spin_lock_irqsave(&sdev->lock, flags);
	srfpga_dump_take(sdev);
	spin_unlock_irqrestore(&sdev->lock, flags);

	stopped = recover_reset(sdev);

	spin_lock_irqsave(&sdev->lock, flags);
	if (stopped) {
		sdev->state = SRFPGA_READY;
		sdev->stats.resets++;
	} else {
		sdev->state = SRFPGA_WEDGED;
	}
	srfpga_ring_fail(sdev, -ETIMEDOUT, -EIO, !stopped);
	srfpga_ring_pump(sdev);
	spin_unlock_irqrestore(&sdev->lock, flags);
	if (!stopped)
		srfpga_queue_fail_all(sdev, -EIO);
	dma_fence_end_signalling(signalling);

	dev_warn_ratelimited(sdev->parent, "job timed out, %s\n",
			     stopped ? "the hardware was reset" :
				       "the device is wedged");
	srfpga_dump_publish(sdev, stopped);
}

/**
 * srfpga_recover_probe() - make sure that the hardware is at rest
 * @sdev: a new device, with clocks on
 *
 * Return: 0, or -EBUSY: it is at work for somebody and cannot be reset.
 */
int srfpga_recover_probe(struct srfpga_device *sdev)
{
	if (recover_stopped(sdev) || recover_reset(sdev))
		return 0;
	return dev_err_probe(sdev->parent, -EBUSY,
			     "the accelerator is busy and cannot be reset\n");
}

/* Without clocks it is, unless it was given up with work to do. */
static bool recover_at_rest(struct srfpga_device *sdev)
{
	if (!sdev->powered)
		return !sdev->quarantine_held;
	return recover_stopped(sdev);
}

static void recover_freeze(struct srfpga_device *sdev)
{
	spin_lock_irq(&sdev->lock);
	sdev->state = SRFPGA_WEDGED;
	spin_unlock_irq(&sdev->lock);
}

/**
 * srfpga_recover_remove() - stop the hardware for good
 * @sdev: the device, gone, with clocks on
 *
 * Without a reset line the pipeline is left empty: what is in it would come out
 * as the next user's first frame.
 *
 * Return: whether the hardware is known to have stopped.
 */
bool srfpga_recover_remove(struct srfpga_device *sdev)
{
	if (!sdev->reset)
		srfpga_ring_drain(sdev, msecs_to_jiffies(REMOVE_DRAIN_MS));

	/* Neither interrupt nor timer look at the ring from here on. */
	recover_freeze(sdev);
	cancel_work_sync(&sdev->recover_work);
	recover_freeze(sdev);
	hrtimer_cancel(&sdev->timer);
	if (!srfpga_in_flight(sdev) && recover_at_rest(sdev))
		return true;
	return recover_reset(sdev);
}
