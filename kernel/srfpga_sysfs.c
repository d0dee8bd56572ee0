// SPDX-License-Identifier: GPL-2.0
/*
 * What an administrator reads in /sys/class/srfpga/, described in
 * sysfs-class-srfpga.
 */
#include <linux/device.h>
#include <linux/sysfs.h>

#include "srfpga.h"

static struct srfpga_device *to_sdev(struct device *dev)
{
	return container_of(dev, struct srfpga_device, dev);
}

/**
 * srfpga_state_name() - a state in words
 * @state: the state
 *
 * Return: a constant string.
 */
const char *srfpga_state_name(enum srfpga_state state)
{
	static const char * const name[] = {
		[SRFPGA_READY] = "ready",
		[SRFPGA_RECOVERING] = "recovering",
		[SRFPGA_WEDGED] = "wedged",
	};

	return name[state];
}

static ssize_t label_show(struct device *dev, struct device_attribute *attr,
			  char *buf)
{
	return sysfs_emit(buf, "%s\n", to_sdev(dev)->label);
}
static DEVICE_ATTR_RO(label);

static ssize_t engine_show(struct device *dev, struct device_attribute *attr,
			   char *buf)
{
	return sysfs_emit(buf, "%s\n", to_sdev(dev)->engine->name);
}
static DEVICE_ATTR_RO(engine);

static ssize_t state_show(struct device *dev, struct device_attribute *attr,
			  char *buf)
{
	struct srfpga_device *sdev = to_sdev(dev);

	return sysfs_emit(buf, "%s\n",
			  srfpga_state_name(READ_ONCE(sdev->state)));
}
static DEVICE_ATTR_RO(state);

static struct srfpga_stats sysfs_stats(struct device *dev)
{
	struct srfpga_device *sdev = to_sdev(dev);
	struct srfpga_stats stats;

	spin_lock_irq(&sdev->lock);
	stats = sdev->stats;
	spin_unlock_irq(&sdev->lock);
	return stats;
}

#define SYSFS_COUNTER(_name, _field)					\
static ssize_t _name##_show(struct device *dev,				\
			    struct device_attribute *attr, char *buf)	\
{									\
	return sysfs_emit(buf, "%llu\n", sysfs_stats(dev)._field);	\
}									\
static DEVICE_ATTR_RO(_name)

SYSFS_COUNTER(jobs, jobs);
SYSFS_COUNTER(frames, frames);
SYSFS_COUNTER(failed, failed);
SYSFS_COUNTER(hangs, hangs);
SYSFS_COUNTER(resets, resets);
SYSFS_COUNTER(lost_interrupts, irqs_lost);
SYSFS_COUNTER(busy_ns, busy_ns);

static struct attribute *sysfs_attrs[] = {
	&dev_attr_label.attr,
	&dev_attr_engine.attr,
	&dev_attr_state.attr,
	&dev_attr_jobs.attr,
	&dev_attr_frames.attr,
	&dev_attr_failed.attr,
	&dev_attr_hangs.attr,
	&dev_attr_resets.attr,
	&dev_attr_lost_interrupts.attr,
	&dev_attr_busy_ns.attr,
	NULL
};

static const struct attribute_group sysfs_group = {
	.attrs = sysfs_attrs,
};

const struct attribute_group *srfpga_sysfs_groups[] = {
	&sysfs_group,
	NULL
};
