// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * srfpga verify: frames through the device, compared with what is expected.
 * Must not know where frames come from.
 */
#include "verify.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "flow.h"
#include "progress.h"
#include "tensor.h"
#include "tool.h"

#define DEPTH	4

/**
 * struct run - one comparison under way
 * @got: for each output port one job's frames, unpacked
 * @batch: frames of a job in this round
 * @right: frames that were right in the first round
 */
struct run {
	const struct verify_request *req;
	const struct verify_frames *frames;
	struct verify_result *result;
	struct srfpga_device *dev;
	struct flow flow;
	void *got[SRFPGA_MAX_PORTS];
	bool *right;
	uint32_t round;
	uint32_t batch;
};

static const struct srfpga_port *get_port(const struct run *r, uint32_t i)
{
	return srfpga_device_get_port(r->dev, i);
}

static const uint8_t *frame_at(const void *tensor,
			       const struct srfpga_port *port, uint32_t frame)
{
	return (const uint8_t *)tensor + (uint64_t)frame * port->frame_elems *
	       srfpga_elem_get_size(port->elem);
}

static void note(struct run *r, uint32_t frame, uint32_t port,
		 uint64_t element, double expected, double got)
{
	struct verify_result *res = r->result;
	/* Floats may differ by less than 1: that is the smallest class. */
	double size = ceil(fabs(got - expected));
	uint32_t class = size > 1 ? (uint32_t)fmin(size, VERIFY_HISTOGRAM) : 1;

	res->elements++;
	res->histogram[class - 1]++;
	if (res->differs)
		return;
	res->differs = true;
	res->first = (struct verify_difference){
		.round = r->round, .frame = frame, .port = port,
		.element = element, .expected = expected, .got = got,
	};
}

/* Compares frame @frame, which is number @at of its job; true if equal. */
static bool compare_frame(struct run *r, uint32_t frame, uint32_t at)
{
	uint64_t before = r->result->elements;
	uint32_t p;
	uint64_t i;

	for (p = 0; p < r->flow.info->num_ports; p++) {
		const struct srfpga_port *port = get_port(r, p);
		const uint8_t *want, *got;

		if (port->role != SRFPGA_PORT_OUTPUT)
			continue;
		want = frame_at(r->frames->expected[p], port, frame);
		got = frame_at(r->got[p], port, at);
		for (i = 0; i < port->frame_elems; i++) {
			double a = tensor_get(want, port->elem, i);
			double b = tensor_get(got, port->elem, i);

			if (a != b)
				note(r, frame, p, i, a, b);
		}
	}
	return r->result->elements == before;
}

static void account(struct run *r, uint32_t frame, bool equal)
{
	r->result->frames++;
	r->result->bad_frames += !equal;
	if (!r->round)
		r->right[frame] = equal;
	else if (!equal && r->right[frame])
		r->result->late++;
}

static int push(struct run *r, uint32_t first)
{
	uint32_t left = r->frames->count - first;
	uint32_t n = left < r->batch ? left : r->batch;
	struct flow_slot *slot;
	int ret = flow_begin(&r->flow, &slot);
	uint32_t i;
	int err = 0;

	if (ret)
		return ret;
	for (i = 0; !err && i < r->flow.info->num_ports; i++) {
		const struct srfpga_port *port = get_port(r, i);

		if (port->role == SRFPGA_PORT_INPUT)
			err = srfpga_layout_pack(&port->layout, port->elem,
				frame_at(r->frames->input[i], port, first),
				n, slot->addr[i], NULL);
	}
	if (err)
		return tool_fail_errno(r->flow.info->path, err);
	slot->tag = first;
	return flow_submit(&r->flow, slot, n);
}

static int pop(struct run *r)
{
	struct flow_slot *slot;
	int ret = flow_wait(&r->flow, &slot);
	uint32_t i;
	int err = 0;

	if (ret)
		return ret;
	for (i = 0; !err && i < r->flow.info->num_ports; i++) {
		const struct srfpga_port *port = get_port(r, i);

		if (port->role == SRFPGA_PORT_OUTPUT)
			err = srfpga_layout_unpack(&port->layout, port->elem,
						   slot->addr[i], slot->frames,
						   r->got[i]);
	}
	if (err)
		return tool_fail_errno(r->flow.info->path, err);
	for (i = 0; i < slot->frames; i++) {
		uint32_t frame = (uint32_t)slot->tag + i;

		account(r, frame, compare_frame(r, frame, i));
	}
	return flow_end(&r->flow, slot);
}

static int run_round(struct run *r, struct progress *progress)
{
	/* Frame by frame first; then as many at once as there is room for. */
	uint32_t depth = r->round ? r->flow.depth : 1;
	uint32_t next = 0;
	int ret = TOOL_OK;

	r->batch = r->round ? r->flow.frames : 1;
	while (!ret && (next < r->frames->count || flow_in_flight(&r->flow))) {
		if (next < r->frames->count && flow_in_flight(&r->flow) < depth) {
			ret = push(r, next);
			next += r->batch;
			continue;
		}
		ret = pop(r);
		progress_set(progress, r->result->frames);
	}
	return ret;
}

static int allocate(struct run *r, uint32_t batch)
{
	uint32_t i;

	r->right = calloc(r->frames->count, sizeof(*r->right));
	if (!r->right)
		return tool_fail_errno("memory", ENOMEM);
	for (i = 0; i < srfpga_device_get_info(r->dev)->num_ports; i++) {
		if (get_port(r, i)->role != SRFPGA_PORT_OUTPUT)
			continue;
		r->got[i] = tensor_alloc(get_port(r, i), batch);
		if (!r->got[i])
			return tool_fail_errno("memory", ENOMEM);
	}
	return flow_init(&r->flow, r->dev, DEPTH, batch, r->req->timeout_ns);
}

int verify_run(const struct verify_request *req, struct srfpga_device *dev,
	       const struct verify_frames *frames, struct verify_result *result)
{
	struct run r = { .req = req, .frames = frames, .result = result,
			 .dev = dev };
	struct progress progress;
	uint32_t i;
	int ret = allocate(&r, srfpga_device_get_info(dev)->max_frames < 2 ?
			       1 : 2);

	progress_start(&progress, "verify",
		       (uint64_t)frames->count * req->rounds);
	for (; !ret && r.round < req->rounds; r.round++)
		ret = run_round(&r, &progress);
	progress_end(&progress);
	flow_free(&r.flow);
	free(r.right);
	for (i = 0; i < SRFPGA_MAX_PORTS; i++)
		free(r.got[i]);
	return ret;
}
