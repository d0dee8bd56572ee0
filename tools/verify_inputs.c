// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * srfpga verify: which of the user's files are pictures and which are arrays,
 * and the arrays' frames. Must not know what is done with them.
 */
#include "verify.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tensor.h"
#include "tool.h"

/* Of one array: far more than anybody waits for. */
#define MAX_FRAMES	1000000

static bool is_array(const char *path)
{
	const char *dot = strrchr(path, '.');

	return dot && !strcmp(dot, ".npy");
}

static int take_array(const char *path, const struct srfpga_port *port,
		      struct verify_input *in)
{
	uint64_t frames = 0;
	struct npy npy;
	int ret = npy_load(path, &npy);

	if (ret)
		return ret;
	ret = tensor_from_npy(port, &npy, path, TENSOR_CODES,
			      &in->tensor[port->index], &frames);
	npy_free(&npy);
	if (!ret && frames > MAX_FRAMES)
		ret = tool_fail(path, "%" PRIu64 " frames are more than %d",
				frames, MAX_FRAMES);
	if (!ret && in->frames && frames != in->frames)
		ret = tool_fail(path, "%" PRIu64 " frames, but the array "
				"before has %u", frames, in->frames);
	if (!ret)
		in->frames = (uint32_t)frames;
	return ret;
}

/* One array for each input port, in their order; *@at passes them. */
static int take_arrays(const struct verify_request *req,
		       const struct srfpga_device *dev, int *at,
		       struct verify_input *in)
{
	uint32_t i;
	int ret = TOOL_OK;

	for (i = 0; !ret && i < srfpga_device_get_info(dev)->num_ports; i++) {
		const struct srfpga_port *port = srfpga_device_get_port(dev, i);

		if (port->role != SRFPGA_PORT_INPUT)
			continue;
		if (*at == req->num_inputs || !is_array(req->inputs[*at]))
			return tool_fail(in->name, "an array for port %s has "
					 "to follow", port->name);
		ret = take_array(req->inputs[(*at)++], port, in);
	}
	return ret;
}

int verify_inputs_load(const struct verify_request *req,
		       const struct srfpga_device *dev,
		       struct verify_inputs *inputs)
{
	int at = 0;
	int ret = TOOL_OK;

	*inputs = (struct verify_inputs){ 0 };
	inputs->list = calloc((size_t)req->num_inputs + 1,
			      sizeof(*inputs->list));
	if (!inputs->list)
		return tool_fail_errno("memory", ENOMEM);
	while (!ret && at < req->num_inputs) {
		struct verify_input *in = &inputs->list[inputs->count++];

		in->name = req->inputs[at];
		in->is_array = is_array(in->name);
		if (in->is_array) {
			ret = take_arrays(req, dev, &at, in);
		} else {
			in->frames = 1;
			at++;
		}
		inputs->frames += in->frames;
	}
	return ret;
}

void verify_inputs_free(struct verify_inputs *inputs)
{
	uint32_t i, port;

	for (i = 0; i < inputs->count; i++)
		for (port = 0; port < SRFPGA_MAX_PORTS; port++)
			free(inputs->list[i].tensor[port]);
	free(inputs->list);
	*inputs = (struct verify_inputs){ 0 };
}
