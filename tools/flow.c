// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Jobs in flight: a ring of buffers and submissions, with its time accounted.
 * Must not know what the frames hold.
 */
#include "flow.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tool.h"

#define NO_LIMIT	(-1)

/* What a wake-up or an event may take; a frame that was copied is more. */
#define CONTROL_BYTES	4096

static int fail(const struct flow *flow, int err)
{
	return tool_fail_errno(flow->info->path, err);
}

static bool is_output(const struct flow *flow, uint32_t port)
{
	return srfpga_device_get_port(flow->dev, port)->role ==
	       SRFPGA_PORT_OUTPUT;
}

/*
 * Bytes of this process's read() and write() calls so far, its own look at
 * them left out.
 */
static int io_bytes(uint64_t *bytes)
{
	static uint64_t looked;
	unsigned long long in, out;
	char text[256];
	int fd = open("/proc/self/io", O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n <= 0)
		return -EIO;
	text[n] = '\0';
	if (sscanf(text, "rchar: %llu wchar: %llu", &in, &out) != 2)
		return -EIO;
	*bytes = in + out - looked;
	looked += (uint64_t)n;
	return 0;
}

struct io_mark {
	uint64_t bytes;
	int known;
};

static struct io_mark io_mark(const struct flow *flow)
{
	struct io_mark mark = { .known = flow->stats.copied_known };

	if (mark.known && io_bytes(&mark.bytes))
		mark.known = 0;
	return mark;
}

static void io_account(struct flow *flow, struct io_mark since)
{
	struct io_mark now;

	if (!flow->stats.copied_known)
		return;
	now = io_mark(flow);
	if (!since.known || !now.known)
		flow->stats.copied_known = 0;
	else if (now.bytes - since.bytes > CONTROL_BYTES)
		flow->stats.copied_bytes += now.bytes - since.bytes;
}

static void slot_free(struct flow_slot *slot)
{
	uint32_t i;

	srfpga_submission_free(slot->sub);
	for (i = 0; i < SRFPGA_MAX_PORTS; i++)
		srfpga_buffer_free(slot->buffer[i]);
	*slot = (struct flow_slot){ 0 };
}

static int slot_add_port(struct flow *flow, struct flow_slot *slot,
			 uint32_t index)
{
	const struct srfpga_port *port = srfpga_device_get_port(flow->dev,
								index);
	uint32_t direction = port->role == SRFPGA_PORT_OUTPUT ?
			     SRFPGA_ATTACH_WRITE : SRFPGA_ATTACH_READ;
	uint64_t frames = port->role == SRFPGA_PORT_WEIGHTS ? 1 : flow->frames;
	uint64_t bytes;
	void *addr;
	int err;

	if (__builtin_mul_overflow(port->frame_bytes, frames, &bytes))
		return -EOVERFLOW;
	err = srfpga_buffer_alloc(flow->dev, bytes, direction,
				  &slot->buffer[index]);
	if (!err)
		err = srfpga_buffer_map(slot->buffer[index], &addr);
	if (err)
		return err;
	slot->addr[index] = addr;
	return srfpga_submission_set_buffer(slot->sub, 0, index,
					    slot->buffer[index], 0, 0);
}

static int slot_init(struct flow *flow, struct flow_slot *slot,
		     uint64_t timeout_ns)
{
	int err = srfpga_submission_create(flow->dev, 1, &slot->sub);
	uint32_t i;

	for (i = 0; !err && i < flow->info->num_ports; i++)
		err = slot_add_port(flow, slot, i);
	if (err)
		slot_free(slot);
	else
		srfpga_submission_set_timeout(slot->sub, timeout_ns);
	return err;
}

int flow_init(struct flow *flow, struct srfpga_device *dev, uint32_t depth,
	      uint32_t frames, uint64_t timeout_ns)
{
	int err = 0;

	*flow = (struct flow){ .dev = dev, .frames = frames };
	flow->info = srfpga_device_get_info(dev);
	if (depth > flow->info->max_queued)
		depth = flow->info->max_queued;
	flow->slots = calloc(depth, sizeof(*flow->slots));
	if (!flow->slots)
		return fail(flow, ENOMEM);
	while (flow->depth < depth && !err) {
		err = slot_init(flow, &flow->slots[flow->depth], timeout_ns);
		flow->depth += !err;
	}
	if (flow->depth)
		return TOOL_OK;
	flow_free(flow);
	return tool_fail(srfpga_device_get_info(dev)->path,
			 "no buffers for a job: %s", strerror(-err));
}

void flow_count_copies(struct flow *flow)
{
	uint64_t bytes;

	flow->stats.copied_known = !io_bytes(&bytes);
}

void flow_free(struct flow *flow)
{
	uint32_t i;

	for (i = 0; i < flow->depth; i++)
		slot_free(&flow->slots[i]);
	free(flow->slots);
	*flow = (struct flow){ 0 };
}

uint32_t flow_in_flight(const struct flow *flow)
{
	return (uint32_t)(flow->head - flow->tail);
}

int flow_is_full(const struct flow *flow)
{
	return flow_in_flight(flow) == flow->depth;
}

/* Begin or end CPU access of the inputs (or outputs) of a job. */
static int cpu_access(struct flow *flow, struct flow_slot *slot, bool outputs,
		      bool begin)
{
	uint32_t access = outputs ? SRFPGA_CPU_READ : SRFPGA_CPU_WRITE;
	uint32_t i;
	int err = 0;

	for (i = 0; !err && i < flow->info->num_ports; i++) {
		if (is_output(flow, i) != outputs)
			continue;
		err = begin ? srfpga_buffer_begin_cpu(slot->buffer[i], access,
						      0, 0) :
			      srfpga_buffer_end_cpu(slot->buffer[i], access,
						    0, 0);
	}
	return err;
}

int flow_begin(struct flow *flow, struct flow_slot **slot)
{
	struct flow_slot *next = &flow->slots[flow->head % flow->depth];
	int err;

	next->begun_ns = tool_now_ns();
	err = cpu_access(flow, next, false, true);
	if (err)
		return fail(flow, err);
	*slot = next;
	return TOOL_OK;
}

static int submit(struct flow_slot *slot)
{
	int err;

	do {
		err = srfpga_submission_submit(slot->sub, NULL);
	} while (err == -EINTR);
	return err;
}

int flow_submit(struct flow *flow, struct flow_slot *slot, uint32_t frames)
{
	struct io_mark mark;
	int err = cpu_access(flow, slot, false, false);

	slot->frames = frames;
	slot->load_ns = tool_now_ns() - slot->begun_ns;
	if (!err)
		err = srfpga_submission_set_frames(slot->sub, 0, frames);
	if (err)
		return fail(flow, err);
	mark = io_mark(flow);
	slot->submitted_ns = tool_now_ns();
	err = submit(slot);
	io_account(flow, mark);
	if (err)
		return fail(flow, err);
	flow->head++;
	if (flow_in_flight(flow) > flow->stats.deepest)
		flow->stats.deepest = flow_in_flight(flow);
	return TOOL_OK;
}

const struct flow_slot *flow_oldest(const struct flow *flow)
{
	return flow_in_flight(flow) ?
	       &flow->slots[flow->tail % flow->depth] : NULL;
}

static int read_event(struct flow *flow, struct srfpga_event *event)
{
	struct io_mark mark = io_mark(flow);
	int n;

	do {
		n = srfpga_event_read(flow->dev, event, 1, NO_LIMIT);
	} while (n == -EINTR);
	io_account(flow, mark);
	return n < 0 ? n : event->status;
}

int flow_wait(struct flow *flow, struct flow_slot **slot)
{
	struct flow_slot *oldest = &flow->slots[flow->tail % flow->depth];
	int err = read_event(flow, &oldest->event);

	if (err) {
		if (err == -ETIMEDOUT)
			return tool_fail(flow->info->path,
					 "a job was not finished in time");
		return fail(flow, err);
	}
	oldest->begun_ns = tool_now_ns();
	err = cpu_access(flow, oldest, true, true);
	if (err)
		return fail(flow, err);
	*slot = oldest;
	return TOOL_OK;
}

int flow_end(struct flow *flow, struct flow_slot *slot)
{
	int err = cpu_access(flow, slot, true, false);

	if (err)
		return fail(flow, err);
	flow->stats.jobs++;
	flow->stats.frames += slot->frames;
	flow->stats.load_ns += slot->load_ns;
	flow->stats.run_ns += slot->event.finished_ns - slot->submitted_ns;
	flow->stats.work_ns += slot->event.finished_ns -
			       slot->event.started_ns;
	flow->stats.fetch_ns += tool_now_ns() - slot->begun_ns;
	flow->tail++;
	return TOOL_OK;
}
