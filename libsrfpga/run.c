// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * srfpga_run(): the whole path in one call, on top of the public functions.
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "internal.h"

/* Memory of one port's buffer, unless a single frame needs more. */
#define CHUNK_BYTES	(32ULL << 20)

struct port_run {
	const struct srfpga_port *port;
	struct srfpga_buffer *buf;
	char *addr;
	char *tensor;
	size_t tensor_frame;
};

struct run {
	struct srfpga_device *dev;
	struct srfpga_submission *sub;
	uint32_t chunk;
	struct port_run ports[SRFPGA_MAX_PORTS];
};

static uint32_t frames_in(const struct port_run *p, uint32_t frames)
{
	return p->port->role == SRFPGA_PORT_WEIGHTS ? 1 : frames;
}

/* As many frames at once as a job takes and the memory limit allows. */
static uint32_t chunk_of(const struct srfpga_device *dev, uint32_t frames)
{
	uint64_t chunk = frames;

	if (chunk > dev->info.max_frames)
		chunk = dev->info.max_frames;
	for (unsigned int i = 0; i < dev->info.num_ports; i++) {
		uint64_t fit = CHUNK_BYTES / dev->ports[i].frame_bytes;

		if (dev->ports[i].role != SRFPGA_PORT_WEIGHTS && chunk > fit)
			chunk = fit;
	}
	return chunk ? chunk : 1;
}

static int prepare_port(struct run *run, unsigned int index, void *tensor,
			uint32_t frames)
{
	struct port_run *p = &run->ports[index];
	bool output;
	void *addr;
	size_t all;
	int ret;

	p->port = &run->dev->ports[index];
	p->tensor = tensor;
	output = p->port->role == SRFPGA_PORT_OUTPUT;
	if (__builtin_mul_overflow(p->port->frame_elems,
				   srfpga_elem_get_size(p->port->elem),
				   &p->tensor_frame) ||
	    __builtin_mul_overflow(p->tensor_frame, (size_t)frames, &all))
		return -EOVERFLOW;
	ret = srfpga_buffer_alloc(run->dev,
				  p->port->frame_bytes *
				  frames_in(p, run->chunk),
				  output ? SRFPGA_ATTACH_WRITE :
					   SRFPGA_ATTACH_READ, &p->buf);
	if (!ret)
		ret = srfpga_buffer_map(p->buf, &addr);
	if (ret)
		return ret;
	p->addr = addr;
	return srfpga_submission_set_buffer(run->sub, 0, index, p->buf, 0, 0);
}

static int prepare(struct run *run, const void *const *in, void *const *out,
		   uint32_t frames)
{
	int ret;

	run->chunk = chunk_of(run->dev, frames);
	ret = srfpga_submission_create(run->dev, 1, &run->sub);
	for (unsigned int i = 0; !ret && i < run->dev->info.num_ports; i++) {
		bool output = run->dev->ports[i].role == SRFPGA_PORT_OUTPUT;

		ret = prepare_port(run, i,
				   output ? *out++ : (void *)*in++, frames);
	}
	if (!ret)
		srfpga_submission_set_event(run->sub, 0);
	return ret;
}

static int pack_port(struct port_run *p, uint32_t first, uint32_t frames)
{
	int end, ret;

	if (p->port->role == SRFPGA_PORT_WEIGHTS && first)
		return 0;
	ret = srfpga_buffer_begin_cpu(p->buf, SRFPGA_CPU_WRITE, 0, 0);
	if (ret)
		return ret;
	ret = srfpga_layout_pack(&p->port->layout, p->port->elem,
				 p->tensor + first * p->tensor_frame,
				 frames_in(p, frames), p->addr, NULL);
	end = srfpga_buffer_end_cpu(p->buf, SRFPGA_CPU_WRITE, 0, 0);
	return ret ? ret : end;
}

static int unpack_port(struct port_run *p, uint32_t first, uint32_t frames)
{
	int end, ret;

	ret = srfpga_buffer_begin_cpu(p->buf, SRFPGA_CPU_READ, 0, 0);
	if (ret)
		return ret;
	ret = srfpga_layout_unpack(&p->port->layout, p->port->elem, p->addr,
				   frames,
				   p->tensor + first * p->tensor_frame);
	end = srfpga_buffer_end_cpu(p->buf, SRFPGA_CPU_READ, 0, 0);
	return ret ? ret : end;
}

static int for_ports(struct run *run, bool output, uint32_t first,
		     uint32_t frames)
{
	int ret = 0;

	for (unsigned int i = 0; !ret && i < run->dev->info.num_ports; i++) {
		struct port_run *p = &run->ports[i];

		if ((p->port->role == SRFPGA_PORT_OUTPUT) != output)
			continue;
		ret = output ? unpack_port(p, first, frames) :
			       pack_port(p, first, frames);
	}
	return ret;
}

/* The device's timeout bounds the wait, so a signal need not end it. */
static int submit_and_wait(struct run *run)
{
	int fence, ret;

	do {
		ret = srfpga_submission_submit(run->sub, &fence);
	} while (ret == -EINTR);
	if (ret)
		return ret;
	do {
		ret = srfpga_fence_wait(fence, -1);
	} while (ret == -EINTR);
	close(fence);
	return ret < 0 ? ret : 0;
}

static int run_chunk(struct run *run, uint32_t first, uint32_t frames)
{
	int ret;

	ret = srfpga_submission_set_frames(run->sub, 0, frames);
	if (!ret)
		ret = for_ports(run, false, first, frames);
	if (!ret)
		ret = submit_and_wait(run);
	return ret ? ret : for_ports(run, true, first, frames);
}

int srfpga_run(struct srfpga_device *dev, const void *const *in,
	       void *const *out, uint32_t frames)
{
	struct run run = { .dev = dev };
	uint32_t first = 0;
	int ret;

	if (!frames)
		return -EINVAL;
	ret = prepare(&run, in, out, frames);
	while (!ret && first < frames) {
		uint32_t now = frames - first;

		if (now > run.chunk)
			now = run.chunk;
		ret = run_chunk(&run, first, now);
		first += now;
	}
	srfpga_submission_free(run.sub);
	for (unsigned int i = 0; i < dev->info.num_ports; i++)
		srfpga_buffer_free(run.ports[i].buf);
	return ret;
}
