// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * srfpga verify: the frames that are tried, made up and from files, and what
 * the software FPGA makes of them. Must not know the device under test.
 */
#include "verify.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "frames.h"
#include "image.h"
#include "pixels.h"
#include "tensor.h"
#include "tool.h"

/* Made-up kinds beside the random frames: each is one frame. */
enum { ZERO, LEAST, GREATEST, EDGES, NUM_FIXED };

static uint8_t *frame_at(void *tensor, const struct srfpga_port *port,
			 uint32_t frame)
{
	return (uint8_t *)tensor + (uint64_t)frame * port->frame_elems *
	       srfpga_elem_get_size(port->elem);
}

static void make_fixed(const struct srfpga_port *port, int kind, void *to)
{
	switch (kind) {
	case ZERO:
		frames_constant(port, 0, to, 1);
		break;
	case LEAST:
		frames_constant(port, INT64_MIN, to, 1);
		break;
	case GREATEST:
		frames_constant(port, INT64_MAX, to, 1);
		break;
	default:
		frames_edges(port, to, 1);
	}
}

static const char *fixed_name(int kind)
{
	static const char *const names[] = {
		[ZERO] = "zero", [LEAST] = "least", [GREATEST] = "greatest",
		[EDGES] = "edge values",
	};

	return names[kind];
}

/* A picture's upper left part; what is missing repeats its border. */
static int take_picture(const char *path, const struct srfpga_port *port,
			void *to)
{
	const uint32_t *shape = port->normal_shape;
	struct image img;
	uint32_t y, copied;
	int ret;

	if (port->normal_rank != 3 || port->elem != SRFPGA_ELEM_U8 ||
	    port->layout.bits != 8 || (shape[2] != 1 && shape[2] != 3))
		return tool_fail(path, "port %s takes no pictures", port->name);
	ret = image_load(path, &img);
	if (ret)
		return ret;
	copied = img.width < shape[1] ? img.width : shape[1];
	for (y = 0; y < shape[0]; y++) {
		uint8_t *row = (uint8_t *)to + (size_t)y * shape[1] * shape[2];

		pixels_to_frame(row, shape[2], &img, 0,
				y < img.height ? y : img.height - 1, 0, copied);
		pixels_extend(row, shape[2], copied, shape[1]);
	}
	image_free(&img);
	return TOOL_OK;
}

static int take_input(const struct verify_input *in,
		      const struct srfpga_port *port, void *to)
{
	if (!in->is_array)
		return take_picture(in->name, port, to);
	memcpy(to, in->tensor[port->index], in->frames * port->frame_elems *
	       srfpga_elem_get_size(port->elem));
	return TOOL_OK;
}

static int fill_port(const struct verify_request *req,
		     const struct verify_inputs *inputs,
		     const struct srfpga_port *port, void *tensor)
{
	uint32_t frame = 0;
	uint32_t i;
	int ret = TOOL_OK;

	for (i = 0; i < NUM_FIXED; i++)
		make_fixed(port, (int)i, frame_at(tensor, port, frame++));
	frames_random(port, req->seed + port->index,
		      frame_at(tensor, port, frame), req->frames);
	frame += req->frames;
	for (i = 0; !ret && i < inputs->count; i++) {
		ret = take_input(&inputs->list[i], port,
				 frame_at(tensor, port, frame));
		frame += inputs->list[i].frames;
	}
	return ret;
}

static void name_input(const struct verify_input *in, char (**name)[64])
{
	uint32_t i;

	for (i = 0; i < in->frames; i++, (*name)++)
		if (in->is_array)
			snprintf(**name, sizeof(**name), "%.48s, %u", in->name,
				 i);
		else
			snprintf(**name, sizeof(**name), "%.63s", in->name);
}

static int name_frames(const struct verify_request *req,
		       const struct verify_inputs *inputs,
		       struct verify_frames *frames)
{
	char (*name)[64];
	uint32_t i;

	frames->names = calloc(frames->count, sizeof(*frames->names));
	if (!frames->names)
		return tool_fail_errno("memory", ENOMEM);
	name = frames->names;
	for (i = 0; i < NUM_FIXED; i++)
		snprintf(*name++, sizeof(*name), "%s", fixed_name((int)i));
	for (i = 0; i < req->frames; i++)
		snprintf(*name++, sizeof(*name), "random %u", i);
	for (i = 0; i < inputs->count; i++)
		name_input(&inputs->list[i], &name);
	return TOOL_OK;
}

static int make_inputs(const struct verify_request *req,
		       const struct verify_inputs *inputs,
		       const struct srfpga_device *dev,
		       struct verify_frames *frames)
{
	const struct srfpga_device_info *info = srfpga_device_get_info(dev);
	uint32_t i;
	int ret = TOOL_OK;

	for (i = 0; !ret && i < info->num_ports; i++) {
		const struct srfpga_port *port = srfpga_device_get_port(dev, i);

		if (port->role == SRFPGA_PORT_WEIGHTS) {
			ret = tool_fail(info->path, "port %s takes weights, "
					"which a model does not", port->name);
			break;
		}
		if (port->role != SRFPGA_PORT_INPUT)
			continue;
		frames->input[i] = tensor_alloc(port, frames->count);
		ret = frames->input[i] ?
		      fill_port(req, inputs, port, frames->input[i]) :
		      tool_fail_errno(port->name, ENOMEM);
	}
	return ret;
}

int verify_frames_make(const struct verify_request *req,
		       const struct srfpga_device *dev,
		       struct verify_frames *frames)
{
	struct verify_inputs inputs;
	int ret = verify_inputs_load(req, dev, &inputs);

	*frames = (struct verify_frames){ 0 };
	frames->count = NUM_FIXED + req->frames + inputs.frames;
	if (!ret)
		ret = name_frames(req, &inputs, frames);
	if (!ret)
		ret = make_inputs(req, &inputs, dev, frames);
	verify_inputs_free(&inputs);
	return ret;
}

void verify_frames_free(struct verify_frames *frames)
{
	uint32_t i;

	free(frames->names);
	for (i = 0; i < SRFPGA_MAX_PORTS; i++) {
		free(frames->input[i]);
		free(frames->expected[i]);
	}
	*frames = (struct verify_frames){ 0 };
}

int verify_expect(struct srfpga_device *soft, struct verify_frames *frames)
{
	const struct srfpga_device_info *info = srfpga_device_get_info(soft);
	const void *in[SRFPGA_MAX_PORTS];
	void *out[SRFPGA_MAX_PORTS];
	uint32_t i, ins = 0, outs = 0;
	int err;

	for (i = 0; i < info->num_ports; i++) {
		const struct srfpga_port *port = srfpga_device_get_port(soft, i);

		if (port->role != SRFPGA_PORT_OUTPUT) {
			in[ins++] = frames->input[i];
			continue;
		}
		frames->expected[i] = tensor_alloc(port, frames->count);
		if (!frames->expected[i])
			return tool_fail_errno(port->name, ENOMEM);
		out[outs++] = frames->expected[i];
	}
	err = srfpga_run(soft, in, out, frames->count);
	return err ? tool_fail_errno(info->path, err) : TOOL_OK;
}
