// SPDX-License-Identifier: GPL-2.0
/*
 * Clocks and sleep. Must not know jobs beyond "the ring is empty".
 */
#include <linux/clk.h>
#include <linux/pm_runtime.h>

#include "srfpga.h"

#define PM_IDLE_MS	100
/* How long a system suspend waits for jobs behind their own limits. */
#define PM_DRAIN_MS	1000

static int clocks_off(struct device *dev)
{
	struct srfpga_device *sdev = dev_get_drvdata(dev);
	unsigned long flags;
	bool powered;

	srfpga_irq_mask(sdev);
	spin_lock_irqsave(&sdev->lock, flags);
	/*
	 * A job may have been started after this suspend was decided on, and may
	 * even have hung meanwhile.
	 */
	if (sdev->pm_held || sdev->quarantine_held) {
		spin_unlock_irqrestore(&sdev->lock, flags);
		srfpga_irq_unmask(sdev);
		return -EBUSY;
	}
	powered = sdev->powered;
	if (srfpga_reachable(sdev))
		sdev->engine->disable(sdev);
	sdev->powered = false;
	spin_unlock_irqrestore(&sdev->lock, flags);
	if (!powered) {
		srfpga_irq_unmask(sdev);
		return 0;
	}
	clk_bulk_disable_unprepare(sdev->num_clks, sdev->clks);
	return 0;
}

static int clocks_on(struct device *dev)
{
	struct srfpga_device *sdev = dev_get_drvdata(dev);
	unsigned long flags;
	int ret;

	ret = clk_bulk_prepare_enable(sdev->num_clks, sdev->clks);
	if (ret)
		return ret;
	spin_lock_irqsave(&sdev->lock, flags);
	sdev->powered = true;
	if (srfpga_reachable(sdev))
		sdev->engine->enable(sdev);
	srfpga_ring_pump(sdev);
	spin_unlock_irqrestore(&sdev->lock, flags);
	srfpga_irq_unmask(sdev);
	return 0;
}

static void pm_allow(struct srfpga_device *sdev)
{
	unsigned long flags;

	spin_lock_irqsave(&sdev->lock, flags);
	sdev->suspended = false;
	srfpga_ring_pump(sdev);
	spin_unlock_irqrestore(&sdev->lock, flags);
}

static u64 pm_longest_timeout(struct srfpga_device *sdev)
{
	struct srfpga_flight *flight;
	unsigned long flags;
	u64 longest = 0;
	u32 i;

	spin_lock_irqsave(&sdev->lock, flags);
	sdev->suspended = true;
	for (i = sdev->head; i != sdev->tail; i++) {
		flight = srfpga_flight(sdev, i);
		longest = max(longest, flight->sub->timeout_ns);
	}
	spin_unlock_irqrestore(&sdev->lock, flags);
	return min(longest, 60ULL * NSEC_PER_SEC);
}

/*
 * Hardware that was given up with work to do keeps its clocks, and does not keep
 * the system from sleeping. With the ring empty and nothing started that can
 * only change for the better.
 */
static bool pm_must_stay_on(struct srfpga_device *sdev)
{
	unsigned long flags;

	spin_lock_irqsave(&sdev->lock, flags);
	sdev->awake = sdev->quarantine_held;
	spin_unlock_irqrestore(&sdev->lock, flags);
	return sdev->awake;
}

/* Jobs inside the hardware finish, those behind them wait for the resume. */
static int pm_suspend(struct device *dev)
{
	struct srfpga_device *sdev = dev_get_drvdata(dev);
	u64 limit = pm_longest_timeout(sdev);
	int ret = -EBUSY;

	if (srfpga_ring_drain(sdev, nsecs_to_jiffies(limit) +
			      msecs_to_jiffies(PM_DRAIN_MS)))
		ret = pm_must_stay_on(sdev) ? 0 : pm_runtime_force_suspend(dev);
	if (ret)
		pm_allow(sdev);
	return ret;
}

static int pm_resume(struct device *dev)
{
	struct srfpga_device *sdev = dev_get_drvdata(dev);
	int ret = 0;

	if (!sdev->awake)
		ret = pm_runtime_force_resume(dev);
	sdev->awake = false;
	/* Clocks that did not come back are tried again by whoever waits. */
	pm_allow(sdev);
	return ret;
}

const struct dev_pm_ops srfpga_pm_ops = {
	SYSTEM_SLEEP_PM_OPS(pm_suspend, pm_resume)
	RUNTIME_PM_OPS(clocks_off, clocks_on, NULL)
};

static int pm_turn_on(struct srfpga_device *sdev)
{
	int section, ret = -ENODEV;

	section = srcu_read_lock(&sdev->srcu);
	if (!READ_ONCE(sdev->gone)) {
		ret = pm_runtime_resume_and_get(sdev->parent);
		/*
		 * The PM core remembers a failure and would never try again:
		 * this makes it forget. Not a failure: -EACCES, it is disabled.
		 */
		if (ret < 0 && ret != -EACCES) {
			pm_runtime_set_suspended(sdev->parent);
			ret = -EIO;
		}
	}
	srcu_read_unlock(&sdev->srcu, section);
	return ret;
}

/**
 * srfpga_pm_get() - turn the clocks on
 * @sdev: the device
 *
 * Return: 0; -ENODEV: the device is gone; -EIO: they cannot be turned on.
 */
int srfpga_pm_get(struct srfpga_device *sdev)
{
	int ret = pm_turn_on(sdev);

	/* Users are frozen while that is forbidden. */
	return ret == -EACCES ? -EIO : ret;
}

/**
 * srfpga_pm_put() - the clocks may be turned off
 * @sdev: the device, perhaps gone
 */
void srfpga_pm_put(struct srfpga_device *sdev)
{
	pm_runtime_mark_last_busy(sdev->parent);
	pm_runtime_put_autosuspend(sdev->parent);
}

/* The system went to sleep first: its resume looks again, or has done so. */
static void pm_wake_again(struct srfpga_device *sdev)
{
	unsigned long flags;

	spin_lock_irqsave(&sdev->lock, flags);
	srfpga_ring_pump(sdev);
	spin_unlock_irqrestore(&sdev->lock, flags);
}

/* A job waits for the clocks: turning them on starts it. */
static void pm_wake_work(struct work_struct *work)
{
	struct srfpga_device *sdev =
		container_of(work, struct srfpga_device, wake_work);
	int ret = pm_turn_on(sdev);

	if (!ret)
		srfpga_pm_put(sdev);
	else if (ret == -EACCES)
		pm_wake_again(sdev);
	else if (ret == -EIO)
		srfpga_queue_fail_all(sdev, -EIO);
}

/**
 * srfpga_pm_init() - turn the clocks on and begin to manage them
 * @sdev: the device
 *
 * Return: 0 or a negative errno.
 */
int srfpga_pm_init(struct srfpga_device *sdev)
{
	struct device *dev = sdev->parent;
	int ret;

	sdev->num_clks = devm_clk_bulk_get_all(dev, &sdev->clks);
	if (sdev->num_clks < 0)
		return dev_err_probe(dev, sdev->num_clks, "no clock\n");
	if (sdev->num_clks)
		sdev->clock_hz = clk_get_rate(sdev->clks[0].clk);
	INIT_WORK(&sdev->wake_work, pm_wake_work);

	ret = clk_bulk_prepare_enable(sdev->num_clks, sdev->clks);
	if (ret)
		return dev_err_probe(dev, ret, "clocks cannot be enabled\n");
	sdev->powered = true;
	sdev->engine->enable(sdev);
	pm_runtime_get_noresume(dev);
	pm_runtime_set_active(dev);
	pm_runtime_set_autosuspend_delay(dev, PM_IDLE_MS);
	pm_runtime_use_autosuspend(dev);
	pm_runtime_enable(dev);
	return 0;
}

static bool pm_at_work(struct srfpga_device *sdev)
{
	unsigned long flags;
	bool at_work;

	spin_lock_irqsave(&sdev->lock, flags);
	at_work = sdev->powered && !srfpga_ring_stopped(sdev);
	spin_unlock_irqrestore(&sdev->lock, flags);
	return at_work;
}

/**
 * srfpga_pm_fini() - turn the clocks off and stop to manage them
 * @sdev: the device, with one reference to its clocks held by the caller
 *
 * A DMA without a clock in the middle of a burst would block the bus for
 * everybody: the clocks of hardware that cannot be stopped stay on.
 */
void srfpga_pm_fini(struct srfpga_device *sdev)
{
	struct device *dev = sdev->parent;

	pm_runtime_disable(dev);
	pm_runtime_dont_use_autosuspend(dev);
	if (sdev->num_clks && pm_at_work(sdev))
		srfpga_quarantine_keep_clocks(dev);
	clocks_off(dev);
	pm_runtime_set_suspended(dev);
	pm_runtime_put_noidle(dev);
}
