// SPDX-License-Identifier: GPL-2.0
/*
 * Frames through the accelerator in virtual time: when each DMA moves which
 * frame, backpressure, latency. A discrete-event simulation that is brought up to
 * the present whenever the guest looks. Must not know registers or networks.
 */
#include "fpga.h"
#if __has_include("system/cpu-timers.h")
#include "system/cpu-timers.h"
#else
#include "sysemu/cpu-timers.h"
#endif

uint32_t fpga_pipeline_depth(const struct fpga_device *dev)
{
	uint64_t depth = dev->depth_set;

	/* What is being computed, and one frame in the output's buffers. */
	if (!depth)
		depth = dev->interval ?
			DIV_ROUND_UP(dev->latency, dev->interval) + 1 : 2;
	return MIN(MAX(depth, 1), FPGA_MAX_DEPTH);
}

/* A transfer takes time, so that no chain of events is endless. */
static int64_t transfer_ns(const struct fpga_dma *dma)
{
	const struct fpga_device *dev = dma->dev;
	uint64_t ns = dma->info.direction == FPGA_OUTPUT ? dev->odma_ns :
							   dev->idma_ns;

	return MAX(ns ?: dev->interval, 1);
}

static struct fpga_frame *frame_at(const struct fpga_device *dev, uint64_t seq)
{
	struct fpga_frame *frame = dev->ring[seq % FPGA_MAX_DEPTH];

	return frame && frame->seq == seq ? frame : NULL;
}

/* Could the block move a frame, if its time has come? */
static bool ready_to_move(const struct fpga_dma *dma)
{
	const struct fpga_device *dev = dma->dev;
	const struct fpga_frame *frame;

	if (!dma->running || dma->stopped || dma->moving)
		return false;
	if (dma->info.direction != FPGA_OUTPUT)
		return dma->seq < dev->retired + fpga_pipeline_depth(dev);
	frame = frame_at(dev, dma->seq);
	return frame && frame->full && !frame->hang;
}

/* The last byte leaves no earlier than the latency after the first came in. */
static int64_t earliest_start(const struct fpga_dma *dma)
{
	const struct fpga_device *dev = dma->dev;
	const struct fpga_frame *frame;

	if (dma->info.direction != FPGA_OUTPUT)
		return dma->t_next;
	frame = frame_at(dev, dma->seq);
	return MAX(frame->t_in + (int64_t)dev->latency + frame->late -
		   transfer_ns(dma), frame->t_full);
}

static bool move_part(struct fpga_dma *dma, uint32_t from, uint32_t to)
{
	struct fpga_frame *frame = frame_at(dma->dev, dma->seq);
	uint8_t *data = frame->buf[dma->index] + from;
	uint64_t addr = dma->cursor + from;

	if (dma->info.direction == FPGA_OUTPUT)
		return fpga_memory_write(dma, addr, data, to - from);
	return fpga_memory_read(dma, addr, data, to - from);
}

/*
 * Half of a frame is moved when the transfer starts and half when it ends: data
 * that comes too late and memory that goes too early both show.
 */
static void begin_move(struct fpga_dma *dma)
{
	struct fpga_device *dev = dma->dev;
	struct fpga_frame *frame = frame_at(dev, dma->seq);

	if (!frame) {
		frame = fpga_frame_new(dev, dma->seq);
		dev->ring[dma->seq % FPGA_MAX_DEPTH] = frame;
	}
	dma->moving = true;
	dma->t_end = dev->now + transfer_ns(dma);
	if (fpga_fault_strikes(dev, FPGA_FAULT_AXI, dma->index)) {
		dma->stopped = true;
	} else if (dma->info.direction != FPGA_OUTPUT) {
		dma->t_next = dev->now + (int64_t)dev->interval;
		frame->t_in = MAX(frame->t_in, dev->now);
		dma->stopped = !move_part(dma, 0, dma->info.frame_bytes / 2);
	} else if (frame->computed) {
		dma->stopped = !move_part(dma, 0, dma->info.frame_bytes / 2);
		frame->half_written |= 1u << dma->index;
	}
	if (dma->stopped)
		dma->moving = false;
}

/* Every input has the frame: the fabric has all it needs. */
static void frame_full(struct fpga_device *dev, struct fpga_frame *frame)
{
	frame->full = true;
	frame->t_full = dev->now;
	frame->want_copies = 1;
	dev->frames_in++;
	if (fpga_fault_strikes(dev, FPGA_FAULT_HANG, 0))
		frame->hang = true;
	if (fpga_fault_strikes(dev, FPGA_FAULT_LATE, 0))
		frame->late = dev->fault[FPGA_FAULT_LATE].arg;
	if (fpga_fault_strikes(dev, FPGA_FAULT_DROP, 0))
		frame->want_copies = 0;
	else if (fpga_fault_strikes(dev, FPGA_FAULT_EXTRA, 0))
		frame->want_copies = 2;
	if (frame->want_copies && !frame->hang)
		fpga_worker_submit(dev, frame);
}

static uint32_t port_mask(const struct fpga_device *dev, bool outputs)
{
	uint32_t mask = 0;

	for (unsigned int i = 0; i < dev->num_ports; i++)
		if ((dev->dma[i].info.direction == FPGA_OUTPUT) == outputs)
			mask |= 1u << i;
	return mask;
}

static void end_input(struct fpga_dma *dma, struct fpga_frame *frame)
{
	struct fpga_device *dev = dma->dev;
	uint32_t want = dma->info.reps_per_frame - dma->partial;
	uint32_t reps = MIN(dma->reps_left, want);

	/* A weight DMA streams the same buffer again for every repetition. */
	if (dma->info.direction == FPGA_INPUT)
		dma->cursor += dma->info.frame_bytes;
	else
		dma->bytes += (uint64_t)(reps - 1) * dma->info.frame_bytes;
	dma->reps_left -= reps;
	if (reps < want) {
		dma->partial += reps;
		return;
	}
	dma->partial = 0;
	dma->frames++;
	dma->seq++;
	frame->loaded |= 1u << dma->index;
	if (frame->loaded == port_mask(dev, false))
		frame_full(dev, frame);
}

static void retire(struct fpga_device *dev)
{
	struct fpga_frame *frame;

	while ((frame = frame_at(dev, dev->retired)) &&
	       frame->written == port_mask(dev, true)) {
		dev->ring[dev->retired % FPGA_MAX_DEPTH] = NULL;
		dev->frames_out += frame->want_copies;
		dev->retired++;
		fpga_frame_free(frame);
	}
}

static void end_output(struct fpga_dma *dma, struct fpga_frame *frame)
{
	dma->cursor += dma->info.frame_bytes;
	dma->reps_left--;
	dma->frames++;
	dma->dev->last_out = dma->dev->now;
	frame->half_written &= ~(1u << dma->index);
	if (++frame->copies[dma->index] < frame->want_copies)
		return;
	frame->written |= 1u << dma->index;
	dma->seq++;
	retire(dma->dev);
}

/* Writes what begin_move() could not, as the result was not there yet. */
static bool write_rest(struct fpga_dma *dma, struct fpga_frame *frame)
{
	uint32_t bytes = dma->info.frame_bytes, from = 0;

	if (frame->half_written & (1u << dma->index))
		from = bytes / 2;
	if (fpga_fault_strikes(dma->dev, FPGA_FAULT_SHORT, dma->index))
		bytes /= 2;
	return move_part(dma, from, bytes);
}

static void end_move(struct fpga_dma *dma)
{
	struct fpga_frame *frame = frame_at(dma->dev, dma->seq);
	uint32_t bytes = dma->info.frame_bytes;
	bool output = dma->info.direction == FPGA_OUTPUT;

	dma->moving = false;
	dma->stopped = output ? !write_rest(dma, frame) :
				!move_part(dma, bytes / 2, bytes);
	if (dma->stopped)
		return;
	if (output)
		end_output(dma, frame);
	else
		end_input(dma, frame);
	if (!dma->reps_left)
		fpga_dma_finish(dma);
}

/* Frames that the fabric swallowed never come to this output. */
static void skip_dropped(struct fpga_dma *dma)
{
	struct fpga_frame *frame;

	while (!dma->moving && (frame = frame_at(dma->dev, dma->seq)) &&
	       frame->full && !frame->want_copies) {
		frame->written |= 1u << dma->index;
		dma->seq++;
		retire(dma->dev);
	}
}

/*
 * Is the result of the frame there? Guest time is real time as a rule, and the
 * output then waits for the computation; counted time (-icount) stands still.
 */
static bool computed(struct fpga_dma *dma)
{
	struct fpga_frame *frame = frame_at(dma->dev, dma->seq);

	if (dma->info.direction != FPGA_OUTPUT)
		return true;
	if (!frame->computed && icount_enabled())
		fpga_worker_wait(dma->dev, frame);
	return frame->computed;
}

/* Ends or begins what is due now; false when there was nothing. */
static bool step(struct fpga_dma *dma)
{
	struct fpga_device *dev = dma->dev;

	if (dma->info.direction == FPGA_OUTPUT)
		skip_dropped(dma);
	if (dma->moving && dma->t_end <= dev->now && computed(dma)) {
		end_move(dma);
		return true;
	}
	if (ready_to_move(dma) && earliest_start(dma) <= dev->now) {
		begin_move(dma);
		return true;
	}
	return false;
}

static void settle(struct fpga_device *dev)
{
	bool progress;

	do {
		progress = false;
		for (unsigned int i = 0; i < dev->num_ports; i++)
			progress |= step(&dev->dma[i]);
	} while (progress);
}

static int64_t next_event(const struct fpga_device *dev)
{
	int64_t next = FPGA_NEVER;

	for (unsigned int i = 0; i < dev->num_ports; i++) {
		const struct fpga_dma *dma = &dev->dma[i];

		if (dma->moving && dma->t_end > dev->now)
			next = MIN(next, dma->t_end);
		else if (ready_to_move(dma))
			next = MIN(next, earliest_start(dma));
	}
	return next;
}

/* Brings the pipeline up to the present and sets the timer for what comes next. */
void fpga_pipeline_run(struct fpga_device *dev)
{
	int64_t present = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL), next;

	if (!dev->clock_on)
		return;
	for (settle(dev); (next = next_event(dev)) <= present; settle(dev))
		dev->now = next;
	dev->now = present;
	if (next == FPGA_NEVER)
		timer_del(dev->timer);
	else
		timer_mod(dev->timer, next);
}

static void next_event_due(void *opaque)
{
	fpga_pipeline_run(opaque);
}

void fpga_pipeline_start(struct fpga_dma *dma)
{
	if (!dma->reps_left)
		fpga_dma_finish(dma);
}

bool fpga_pipeline_empty(const struct fpga_device *dev)
{
	for (unsigned int i = 0; i < dev->num_ports; i++)
		if (dev->dma[i].info.direction == FPGA_INPUT &&
		    (dev->dma[i].running || dev->dma[i].seq != dev->retired))
			return false;
	return true;
}

bool fpga_pipeline_busy(const struct fpga_device *dev)
{
	for (unsigned int i = 0; i < dev->num_ports; i++)
		if (dev->dma[i].running)
			return true;
	return !fpga_pipeline_empty(dev);
}

/* With the clock off everything stands still; later events move by the gap. */
void fpga_pipeline_clock(struct fpga_device *dev, bool on)
{
	int64_t gap;

	if (on == dev->clock_on)
		return;
	fpga_pipeline_run(dev);
	dev->clock_on = on;
	timer_del(dev->timer);
	if (!on)
		return;
	gap = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) - dev->now;
	for (unsigned int i = 0; i < dev->num_ports; i++) {
		dev->dma[i].t_end += gap;
		dev->dma[i].t_next += gap;
	}
	for (unsigned int i = 0; i < FPGA_MAX_DEPTH; i++) {
		if (!dev->ring[i])
			continue;
		dev->ring[i]->t_in += gap;
		dev->ring[i]->t_full += gap;
	}
	dev->now += gap;
	fpga_pipeline_run(dev);
}

void fpga_pipeline_reset(struct fpga_device *dev)
{
	timer_del(dev->timer);
	for (unsigned int i = 0; i < dev->num_ports; i++)
		fpga_dma_reset(&dev->dma[i]);
	for (unsigned int i = 0; i < FPGA_MAX_DEPTH; i++) {
		if (dev->ring[i])
			fpga_frame_free(dev->ring[i]);
		dev->ring[i] = NULL;
	}
	dev->retired = 0;
}

void fpga_pipeline_init(struct fpga_device *dev)
{
	dev->timer = timer_new_ns(QEMU_CLOCK_VIRTUAL, next_event_due, dev);
}
