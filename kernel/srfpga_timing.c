// SPDX-License-Identifier: GPL-2.0
/*
 * When to look at the hardware, and when to give it up. Pure arithmetic on
 * nanoseconds: knows nothing of registers, jobs or locks.
 */
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/minmax.h>

#include "srfpga.h"

/* Pace of the poll timer, ns. */
#define POLL_STEP_MIN	1000ULL
#define POLL_STEP_MAX	(10 * NSEC_PER_MSEC)
/* Pace of the slow poll that catches lost interrupts, ns. */
#define SAFETY_STEP_MIN	(10ULL * NSEC_PER_MSEC)
#define SAFETY_STEP_MAX	((u64)NSEC_PER_SEC)

/**
 * srfpga_timing_expect() - a time that a job takes at least
 * @t: what was learned
 * @frames: of the job
 *
 * A run time is a latency plus an interval a frame. One measurement does not
 * tell them apart, but bounds the time of any other number of frames from
 * below; looking too early is cheap, too late costs throughput.
 *
 * Return: ns; 0 if nothing was learned.
 */
u64 srfpga_timing_expect(const struct srfpga_timing *t, u32 frames)
{
	if (!t->frames)
		return 0;
	if (frames >= t->frames)
		return t->ns;
	return mul_u64_u64_div_u64(t->ns, frames, t->frames);
}

/**
 * srfpga_timing_learn() - take a measured run time into account
 * @t: what was learned
 * @frames: of the job
 * @ns: from its start to the look that found it finished
 * @unsure_ns: time between that look and the one before
 *
 * A job may have finished long before the look that found it. If it cannot be
 * told, look a little earlier the next time.
 */
void srfpga_timing_learn(struct srfpga_timing *t, u32 frames, u64 ns,
			 u64 unsure_ns)
{
	if (unsure_ns > ns / 16)
		ns -= ns / 16;
	t->frames = frames;
	t->ns = ns;
}

/**
 * srfpga_timing_first_look() - when to look at a lane for the first time
 * @expect_ns: its expected run time, 0 if unknown
 * @irq: an interrupt announces its end, the look is for lost ones
 *
 * Return: ns from its start.
 */
u64 srfpga_timing_first_look(u64 expect_ns, bool irq)
{
	if (irq)
		return expect_ns + max(expect_ns / 4, SAFETY_STEP_MIN);
	return max(expect_ns - expect_ns / 32, POLL_STEP_MIN);
}

/**
 * srfpga_timing_next_look() - when to look again
 * @expect_ns: expected run time, 0 if unknown
 * @elapsed_ns: time since the start
 * @irq: an interrupt announces its end
 *
 * Fine steps around the expected end, coarser the longer it is overdue: what
 * is lost stays a fraction of the run time, and a hang costs little.
 *
 * Return: ns from its start.
 */
u64 srfpga_timing_next_look(u64 expect_ns, u64 elapsed_ns, bool irq)
{
	u64 first = srfpga_timing_first_look(expect_ns, irq);
	u64 overdue = elapsed_ns > first ? elapsed_ns - first : 0;

	if (irq)
		return elapsed_ns + clamp(overdue / 8, SAFETY_STEP_MIN,
					  SAFETY_STEP_MAX);
	return elapsed_ns + clamp(max(expect_ns / 256, overdue / 8),
				  POLL_STEP_MIN, (u64)POLL_STEP_MAX);
}

/**
 * srfpga_timing_deadline() - when the oldest job in the hardware has hung
 * @started: when it was started
 * @last_end: when the job before it ended
 * @timeout_ns: its limit
 *
 * A job that was started behind another only has the hardware to itself when
 * that one has ended.
 *
 * Return: the deadline, KTIME_MAX if it is beyond what ktime_t holds.
 */
ktime_t srfpga_timing_deadline(ktime_t started, ktime_t last_end,
			       u64 timeout_ns)
{
	ktime_t from = max(started, last_end);

	if (timeout_ns > (u64)(KTIME_MAX - from))
		return KTIME_MAX;
	return from + timeout_ns;
}

/**
 * srfpga_timing_expired() - see whether the oldest job in the hardware has hung
 * @now: the time
 * @started: when it was started
 * @last_end: when the job before it ended
 * @timeout_ns: its limit
 *
 * Return: whether its deadline has passed.
 */
bool srfpga_timing_expired(ktime_t now, ktime_t started, ktime_t last_end,
			   u64 timeout_ns)
{
	return now >= srfpga_timing_deadline(started, last_end, timeout_ns);
}
