/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SRFPGA_FLOW_H
#define SRFPGA_FLOW_H

#include <srfpga.h>

/**
 * struct flow_slot - the buffers of one job and how it went
 * @buffer: one a port
 * @addr: where they are mapped
 * @tag: the user's
 * @frames: frames of the job that runs in it
 * @load_ns: how long the CPU had the inputs to fill them
 * @submitted_ns: when it was handed to the device
 * @event: how it ended
 */
struct flow_slot {
	struct srfpga_buffer *buffer[SRFPGA_MAX_PORTS];
	uint8_t *addr[SRFPGA_MAX_PORTS];
	struct srfpga_submission *sub;
	uint64_t tag;
	uint32_t frames;
	uint64_t begun_ns;
	uint64_t load_ns;
	uint64_t submitted_ns;
	struct srfpga_event event;
};

/**
 * struct flow_stats - sums over all jobs
 * @load_ns: CPU filling input buffers, cache maintenance included
 * @run_ns: submission to the end of the job, as the device's event says; waits
 *	for jobs before it count
 * @work_ns: of that, from the job's start in hardware
 * @fetch_ns: CPU reading output buffers, cache maintenance included
 * @deepest: jobs that were in flight at once, at most
 * @copied_bytes: bytes that passed read() and write() between load and fetch:
 *	what a driver that copies frames would show
 * @copied_known: they were counted, by the kernel (/proc/self/io)
 */
struct flow_stats {
	uint64_t jobs;
	uint64_t frames;
	uint64_t load_ns;
	uint64_t run_ns;
	uint64_t work_ns;
	uint64_t fetch_ns;
	uint32_t deepest;
	uint64_t copied_bytes;
	int copied_known;
};

/**
 * struct flow - a ring of jobs in flight on one device, first in, first out
 *
 * For each job: flow_begin(), fill the inputs, flow_submit(); and later
 * flow_wait(), read the outputs, flow_end(). Up to @depth jobs may be between
 * flow_begin() and flow_end().
 */
struct flow {
	struct srfpga_device *dev;
	const struct srfpga_device_info *info;
	struct flow_slot *slots;
	uint32_t depth;
	uint32_t frames;
	uint64_t head;
	uint64_t tail;
	struct flow_stats stats;
};

/**
 * flow_init() - allocate the buffers of @depth jobs of up to @frames frames
 * @dev: borrowed, must outlive the flow
 * @timeout_ns: limit of a job; 0: the device's default
 *
 * Less depth than asked for is taken where the device's memory is short.
 * Return: TOOL_OK or an exit code, the message printed.
 */
int flow_init(struct flow *flow, struct srfpga_device *dev, uint32_t depth,
	      uint32_t frames, uint64_t timeout_ns);

/**
 * flow_count_copies() - keep struct flow_stats.copied_bytes from now on
 *
 * Costs some system calls a job, so that it has to be asked for.
 */
void flow_count_copies(struct flow *flow);

/** flow_free() - release it; safe on a zeroed struct */
void flow_free(struct flow *flow);

/** flow_in_flight() - jobs that were begun and not ended */
uint32_t flow_in_flight(const struct flow *flow);

/** flow_is_full() - flow_wait() and flow_end() must come before flow_begin() */
int flow_is_full(const struct flow *flow);

/** flow_begin() - give the CPU the inputs of the next slot */
int flow_begin(struct flow *flow, struct flow_slot **slot);

/** flow_submit() - hand the slot that was begun last to the device */
int flow_submit(struct flow *flow, struct flow_slot *slot, uint32_t frames);

/**
 * flow_wait() - wait for the oldest job and give the CPU its outputs
 *
 * A job that failed is a message and TOOL_FAILURE.
 */
int flow_wait(struct flow *flow, struct flow_slot **slot);

/** flow_oldest() - the slot that flow_wait() would return, NULL if none */
const struct flow_slot *flow_oldest(const struct flow *flow);

/** flow_end() - the outputs have been read, the slot is free again */
int flow_end(struct flow *flow, struct flow_slot *slot);

#endif /* SRFPGA_FLOW_H */
