// SPDX-License-Identifier: GPL-2.0
/*
 * The jobs inside the hardware. Each lane has its own cursor into the ring:
 * lanes that feed the pipeline run ahead, lanes that drain it are started again
 * at once. Must not know registers, files, or who waits for a job.
 */
#include <linux/pm_runtime.h>

#include "compat.h"
#include "srfpga.h"
#include "srfpga_trace.h"

/* Completions in a row without their interrupt until a lane is polled. */
#define RING_LOST_LIMIT	4

static bool lane_has_irq(const struct srfpga_lane *lane)
{
	return lane->irq && lane->irqs_lost < RING_LOST_LIMIT;
}

static u32 lane_frames(struct srfpga_device *sdev, u32 number)
{
	const struct srfpga_flight *flight = srfpga_flight(sdev, number);

	return flight->sub->frames[flight->index];
}

static void lane_start(struct srfpga_device *sdev, unsigned int l, ktime_t now,
		       bool warm)
{
	struct srfpga_lane *lane = &sdev->lane[l];
	struct srfpga_flight *flight = srfpga_flight(sdev, lane->next);
	struct srfpga_submission *sub = flight->sub;
	u32 frames = sub->frames[flight->index];
	u64 expect;

	sdev->engine->start(sdev, l, sub->addr + flight->index * sdev->num_ports,
			    frames);
	expect = srfpga_timing_expect(&lane->timing[warm], frames);
	lane->next++;
	lane->busy = true;
	lane->warm = warm;
	lane->irq_seen = false;
	lane->started = now;
	lane->not_idle = now;
	lane->look = now + srfpga_timing_first_look(expect, lane_has_irq(lane));
	if (flight->started)
		return;
	flight->started = now;
	if (!sub->done->started)
		sub->done->started = now;
	trace_srfpga_job_start(sdev->id, sub->file->id, sub->done->seqno,
			       flight->index, frames);
}

/* The lane is still at work: decide when to look again. */
static void lane_postpone(struct srfpga_device *sdev, struct srfpga_lane *lane,
			  ktime_t now)
{
	u64 expect;

	lane->not_idle = now;
	if (now < lane->look)
		return;
	expect = srfpga_timing_expect(&lane->timing[lane->warm],
				      lane_frames(sdev, lane->next - 1));
	lane->look = lane->started +
		srfpga_timing_next_look(expect, now - lane->started,
					lane_has_irq(lane));
}

static void lane_count_lost(struct srfpga_device *sdev,
			    struct srfpga_lane *lane, ktime_t now)
{
	if (lane->irq_seen) {
		lane->irqs_lost = 0;
	} else if (lane_has_irq(lane) && now >= lane->look) {
		sdev->stats.irqs_lost++;
		if (++lane->irqs_lost == RING_LOST_LIMIT)
			dev_warn(sdev->parent,
				 "lane %u: interrupt does not come, polling\n",
				 (unsigned int)(lane - sdev->lane));
	}
}

static bool lane_finished(struct srfpga_device *sdev, unsigned int l,
			  ktime_t now)
{
	struct srfpga_lane *lane = &sdev->lane[l];

	if (lane->stuck || !sdev->engine->idle(sdev, l)) {
		lane_postpone(sdev, lane, now);
		return false;
	}
	if (sdev->lose_completions && lane->role == SRFPGA_ROLE_OUTPUT) {
		sdev->lose_completions--;
		lane->stuck = true;
		return false;
	}

	lane->busy = false;
	srfpga_flight(sdev, lane->next - 1)->todo &= ~BIT(l);
	lane_count_lost(sdev, lane, now);
	srfpga_timing_learn(&lane->timing[lane->warm],
			    lane_frames(sdev, lane->next - 1),
			    now - lane->started,
			    lane->irq_seen ? 0 : now - lane->not_idle);
	return true;
}

/* Start what is idle; with @look find out first what has become idle. */
static void ring_advance(struct srfpga_device *sdev, ktime_t now, bool look)
{
	struct srfpga_lane *lane;
	unsigned int i, l;
	bool warm;

	for (i = 0; i < sdev->num_lanes; i++) {
		l = sdev->order[i];
		lane = &sdev->lane[l];
		warm = false;
		if (lane->busy) {
			if (!look || !lane_finished(sdev, l, now))
				continue;
			warm = true;
		}
		if (lane->next != sdev->tail)
			lane_start(sdev, l, now, warm);
	}
}

/*
 * The lanes that take frames in have nothing to do, and the ring has room. To
 * take a job earlier would only settle its place in the order too early.
 */
static bool ring_hungry(struct srfpga_device *sdev)
{
	unsigned int l;

	if (sdev->suspended || srfpga_in_flight(sdev) == SRFPGA_RING_SIZE)
		return false;
	for (l = 0; l < sdev->num_lanes; l++)
		if ((sdev->feeders & BIT(l)) && sdev->lane[l].busy)
			return false;
	return true;
}

static void ring_feed(struct srfpga_device *sdev, ktime_t now)
{
	struct srfpga_flight *flight;

	while (ring_hungry(sdev)) {
		flight = srfpga_flight(sdev, sdev->tail);
		if (!srfpga_queue_pick(sdev, flight))
			return;
		flight->todo = BIT(sdev->num_lanes) - 1;
		flight->started = 0;
		sdev->tail++;
		ring_advance(sdev, now, false);
	}
}

static void ring_retire(struct srfpga_device *sdev, ktime_t now)
{
	struct srfpga_flight *flight;
	struct srfpga_submission *sub;
	struct srfpga_stats *stats;
	u64 busy;
	u32 frames;

	while (srfpga_in_flight(sdev)) {
		flight = srfpga_flight(sdev, sdev->head);
		if (flight->todo)
			return;
		sub = flight->sub;
		stats = &sub->file->stats;
		frames = sub->frames[flight->index];
		busy = now - max(flight->started, sdev->last_end);
		stats->jobs++;
		stats->frames += frames;
		stats->busy_ns += busy;
		sdev->stats.jobs++;
		sdev->stats.frames += frames;
		sdev->stats.busy_ns += busy;
		sdev->last_end = now;
		sdev->head++;
		trace_srfpga_job_done(sdev->id, sub->file->id, sub->done->seqno,
				      flight->index, 0);
		srfpga_queue_job_done(sub, 0, now);
	}
}

/* The clocks stay on while the ring is not empty. */
static void ring_hold_power(struct srfpga_device *sdev)
{
	bool hold = srfpga_in_flight(sdev);

	if (hold == sdev->pm_held)
		return;
	sdev->pm_held = hold;
	if (hold) {
		pm_runtime_get_noresume(sdev->parent);
		return;
	}
	pm_runtime_mark_last_busy(sdev->parent);
	pm_runtime_put_autosuspend(sdev->parent);
	wake_up_all(&sdev->idle_wait);
}

static void ring_arm_timer(struct srfpga_device *sdev)
{
	struct srfpga_flight *flight;
	ktime_t at = KTIME_MAX;
	unsigned int l;

	if (!srfpga_in_flight(sdev))
		return;
	flight = srfpga_flight(sdev, sdev->head);
	at = srfpga_timing_deadline(flight->started, sdev->last_end,
				    flight->sub->timeout_ns);
	for (l = 0; l < sdev->num_lanes; l++)
		if (sdev->lane[l].busy && sdev->lane[l].look < at)
			at = sdev->lane[l].look;
	/* A timer that fires too early looks, and arms itself again. */
	if (at >= sdev->timer_at)
		return;
	sdev->timer_at = at;
	hrtimer_start(&sdev->timer, at, HRTIMER_MODE_ABS);
}

static bool ring_hung(struct srfpga_device *sdev, ktime_t now)
{
	struct srfpga_flight *flight;

	if (!srfpga_in_flight(sdev))
		return false;
	flight = srfpga_flight(sdev, sdev->head);
	return srfpga_timing_expired(now, flight->started, sdev->last_end,
				     flight->sub->timeout_ns);
}

/**
 * srfpga_ring_pump() - look at the hardware and keep it busy
 * @sdev: the device, locked
 *
 * The order matters: lanes that stand still are started first, everything that
 * only the CPU waits for comes afterwards.
 */
void srfpga_ring_pump(struct srfpga_device *sdev)
{
	ktime_t now;

	if (!sdev->powered) {
		if (!sdev->suspended && srfpga_queue_ready(sdev))
			queue_work(sdev->wq, &sdev->wake_work);
		return;
	}
	if (sdev->state != SRFPGA_READY)
		return;

	now = ktime_get();
	ring_advance(sdev, now, true);
	ring_feed(sdev, now);
	ring_retire(sdev, now);
	if (ring_hung(sdev, now)) {
		sdev->state = SRFPGA_RECOVERING;
		sdev->stats.hangs++;
		queue_work(sdev->wq, &sdev->recover_work);
		return;
	}
	ring_hold_power(sdev);
	ring_arm_timer(sdev);
}

/**
 * srfpga_ring_irq() - an interrupt of a lane
 * @sdev: the device
 * @l: the lane
 *
 * Return: false if it was not the lane's.
 */
bool srfpga_ring_irq(struct srfpga_device *sdev, unsigned int l)
{
	bool signalling = dma_fence_begin_signalling();
	unsigned long flags;
	bool ours = false;

	spin_lock_irqsave(&sdev->lock, flags);
	if (srfpga_reachable(sdev) && sdev->engine->ack(sdev, l)) {
		ours = true;
		sdev->lane[l].irq_seen = true;
		srfpga_ring_pump(sdev);
	}
	spin_unlock_irqrestore(&sdev->lock, flags);
	dma_fence_end_signalling(signalling);
	return ours;
}

static enum hrtimer_restart ring_timer(struct hrtimer *timer)
{
	struct srfpga_device *sdev =
		container_of(timer, struct srfpga_device, timer);
	bool signalling = dma_fence_begin_signalling();
	unsigned long flags;

	spin_lock_irqsave(&sdev->lock, flags);
	sdev->timer_at = KTIME_MAX;
	srfpga_ring_pump(sdev);
	spin_unlock_irqrestore(&sdev->lock, flags);
	dma_fence_end_signalling(signalling);
	return HRTIMER_NORESTART;
}

/**
 * srfpga_ring_fail() - give up every job in the hardware
 * @sdev: the device, locked; the hardware was reset or is not used any more
 * @head_status: for the oldest job, the one that hung
 * @status: for those behind it
 * @quarantine: the hardware may still use the buffers
 */
void srfpga_ring_fail(struct srfpga_device *sdev, int head_status, int status,
		      bool quarantine)
{
	ktime_t now = ktime_get();
	struct srfpga_flight *flight;
	unsigned int l;

	for (l = 0; l < sdev->num_lanes; l++) {
		sdev->lane[l].busy = false;
		sdev->lane[l].stuck = false;
		sdev->lane[l].next = sdev->tail;
	}
	if (quarantine && srfpga_in_flight(sdev))
		srfpga_quarantine_begin(sdev);
	while (srfpga_in_flight(sdev)) {
		flight = srfpga_flight(sdev, sdev->head);
		sdev->head++;
		flight->sub->quarantined |= quarantine;
		trace_srfpga_job_done(sdev->id, flight->sub->file->id,
				      flight->sub->done->seqno, flight->index,
				      head_status);
		srfpga_queue_job_done(flight->sub, head_status, now);
		head_status = status;
	}
	sdev->last_end = now;
	ring_hold_power(sdev);
}

/**
 * srfpga_ring_stopped() - see whether the hardware is at rest
 * @sdev: the device, locked
 *
 * Return: whether no lane is at work, as far as can be seen.
 */
bool srfpga_ring_stopped(struct srfpga_device *sdev)
{
	unsigned int l;

	if (!srfpga_reachable(sdev))
		return false;
	for (l = 0; l < sdev->num_lanes; l++)
		if (!sdev->engine->idle(sdev, l))
			return false;
	return true;
}

/**
 * srfpga_ring_drain() - wait until the hardware has finished what it has
 * @sdev: the device, which starts nothing new
 * @timeout: limit, jiffies
 *
 * Return: whether the ring is empty.
 */
bool srfpga_ring_drain(struct srfpga_device *sdev, unsigned long timeout)
{
	return wait_event_timeout(sdev->idle_wait,
				  !READ_ONCE(sdev->pm_held), timeout);
}

static unsigned int ring_rank(enum srfpga_role role)
{
	switch (role) {
	case SRFPGA_ROLE_WEIGHTS:
		return 0;
	case SRFPGA_ROLE_OUTPUT:
		return 1;
	default:
		return 2;
	}
}

/**
 * srfpga_ring_setup() - order the lanes that the engine has described
 * @sdev: the device
 *
 * Whatever waits for data is started before whatever sends it.
 */
void srfpga_ring_setup(struct srfpga_device *sdev)
{
	unsigned int rank, l, n = 0;

	for (rank = 0; rank <= 2; rank++)
		for (l = 0; l < sdev->num_lanes; l++)
			if (ring_rank(sdev->lane[l].role) == rank)
				sdev->order[n++] = l;
	for (l = 0; l < sdev->num_lanes; l++) {
		if (sdev->lane[l].role == SRFPGA_ROLE_INPUT)
			sdev->feeders |= BIT(l);
		sdev->has_irq |= sdev->lane[l].irq;
	}
	/* A generator: its outputs set the pace. */
	if (!sdev->feeders)
		sdev->feeders = BIT(sdev->num_lanes) - 1;
}

/**
 * srfpga_ring_init() - set up the ring of a new device
 * @sdev: the device
 */
void srfpga_ring_init(struct srfpga_device *sdev)
{
	sdev->timer_at = KTIME_MAX;
	srfpga_hrtimer_setup(&sdev->timer, ring_timer);
}
