/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The differences between the kernels that the driver builds for, 6.1 and
 * newer. No other file looks at a version.
 */
#ifndef _SRFPGA_COMPAT_H
#define _SRFPGA_COMPAT_H

#include <linux/hrtimer.h>
#include <linux/version.h>

struct platform_device;

/* srfpga_drv.c */
void srfpga_unbind(struct platform_device *pdev);

/* The callback of a platform driver's remove returns nothing since 6.11. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 11, 0)
static inline void srfpga_remove(struct platform_device *pdev)
{
	srfpga_unbind(pdev);
}
#else
static inline int srfpga_remove(struct platform_device *pdev)
{
	srfpga_unbind(pdev);
	return 0;
}
#endif

/* hrtimer_setup() came with 6.13, hrtimer_init() left with 6.15. */
static inline void
srfpga_hrtimer_setup(struct hrtimer *timer,
		     enum hrtimer_restart (*function)(struct hrtimer *timer))
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
	hrtimer_setup(timer, function, CLOCK_MONOTONIC, HRTIMER_MODE_ABS);
#else
	hrtimer_init(timer, CLOCK_MONOTONIC, HRTIMER_MODE_ABS);
	timer->function = function;
#endif
}

#endif /* _SRFPGA_COMPAT_H */
