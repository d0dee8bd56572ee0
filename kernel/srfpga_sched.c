// SPDX-License-Identifier: GPL-2.0
/*
 * Which priority goes next. Pure arithmetic: knows nothing of files, jobs or
 * locks.
 */
#include <linux/bits.h>

#include "srfpga.h"

/* A level that was passed over this often in a row gets one job. */
#define SCHED_PATIENCE	8

/**
 * srfpga_sched_level() - choose the level that the next job comes from
 * @nonempty: levels with a job that could start, BIT(level)
 * @passed: how often each level was passed over by a higher one; updated
 *
 * The highest level wins, but a lower one that was passed over
 * SCHED_PATIENCE times gets one job: nobody starves.
 *
 * Return: the level, or -1 if @nonempty is 0.
 */
int srfpga_sched_level(unsigned int nonempty, unsigned int *passed)
{
	int best = -1;
	int level;

	for (level = SRFPGA_LEVELS - 1; level >= 0; level--) {
		if (!(nonempty & BIT(level))) {
			passed[level] = 0;
			continue;
		}
		if (best < 0)
			best = level;
		else if (++passed[level] > SCHED_PATIENCE)
			best = level;
	}
	if (best >= 0)
		passed[best] = 0;
	return best;
}
