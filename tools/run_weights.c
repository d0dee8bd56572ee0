// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * srfpga run: the device, and the weights that its weight ports stream.
 * Must not know inputs or outputs.
 */
#include "run.h"

#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "target.h"
#include "tool.h"

/* FINN's, too. */
#define DEFAULT_DIR	"runtime_weights"

/* FINN writes these for weights behind AXI-Lite, which no port carries. */
static int refuse_dat_files(const char *dir)
{
	char pattern[PATH_MAX];
	glob_t g;
	int ret = TOOL_OK;

	snprintf(pattern, sizeof(pattern), "%s/*.dat", dir);
	if (glob(pattern, 0, NULL, &g))
		return TOOL_OK;
	ret = tool_fail(g.gl_pathv[0], "weights that are written through "
			"registers are not supported");
	globfree(&g);
	return ret;
}

/* FINN's build leaves the bytes of one frame, packed, in one dimension. */
static bool is_packed(const struct srfpga_port *port, const struct npy *npy)
{
	return npy->rank == 1 && npy->kind == 'u' && npy->size == 1 &&
	       npy->count == port->frame_bytes;
}

static int pack_one(const struct srfpga_port *port, const struct npy *npy,
		    const char *path, void *packed)
{
	void *tensor = NULL;
	uint64_t frames;
	int ret;

	if (is_packed(port, npy)) {
		memcpy(packed, npy->data, port->frame_bytes);
		return TOOL_OK;
	}
	ret = tensor_from_npy(port, npy, path, TENSOR_CODES, &tensor, &frames);
	if (!ret && frames != 1)
		ret = tool_fail(path, "weights are one frame, these are %llu",
				(unsigned long long)frames);
	if (!ret && srfpga_layout_pack(&port->layout, port->elem, tensor, 1,
				       packed, NULL))
		ret = tool_fail_errno(path, EINVAL);
	free(tensor);
	return ret;
}

static int load_one(const struct srfpga_port *port, const char *dir,
		    void **packed)
{
	char path[PATH_MAX];
	struct npy npy;
	int ret;

	snprintf(path, sizeof(path), "%s/%s.npy", dir ? dir : DEFAULT_DIR,
		 port->name);
	ret = npy_load(path, &npy);
	if (ret)
		return ret;
	*packed = malloc(port->frame_bytes);
	ret = *packed ? pack_one(port, &npy, path, *packed) :
			tool_fail_errno(path, ENOMEM);
	npy_free(&npy);
	return ret;
}

int run_open(const struct run_request *req, uint32_t height, uint32_t width,
	     struct srfpga_device **dev, void *weights[SRFPGA_MAX_PORTS])
{
	struct target_wish wish = { .device = req->device, .height = height,
				    .width = width,
				    .as_model = req->as_model };
	uint32_t i;
	int ret = target_open(&wish, dev);

	memset(weights, 0, SRFPGA_MAX_PORTS * sizeof(*weights));
	if (ret)
		return ret;
	if (req->weights)
		ret = refuse_dat_files(req->weights);
	for (i = 0; !ret && i < srfpga_device_get_info(*dev)->num_ports; i++) {
		const struct srfpga_port *port = srfpga_device_get_port(*dev, i);

		if (port->role == SRFPGA_PORT_WEIGHTS)
			ret = load_one(port, req->weights, &weights[i]);
	}
	if (ret) {
		run_free_weights(weights);
		srfpga_device_close(*dev);
		*dev = NULL;
	}
	return ret;
}

void run_fill_weights(const struct flow *flow, struct flow_slot *slot,
		      void *const weights[SRFPGA_MAX_PORTS])
{
	uint32_t i;

	for (i = 0; i < flow->info->num_ports; i++)
		if (weights[i])
			memcpy(slot->addr[i], weights[i],
			       srfpga_device_get_port(flow->dev, i)->frame_bytes);
}

void run_free_weights(void *weights[SRFPGA_MAX_PORTS])
{
	uint32_t i;

	for (i = 0; i < SRFPGA_MAX_PORTS; i++) {
		free(weights[i]);
		weights[i] = NULL;
	}
}
