// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * srfpga camera: captured frames that somebody else has not finished with, and
 * the CPU's caches between a camera driver and the accelerator.
 * Must not know what the frames are for.
 */
#include "camera.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "tool.h"

/* A frame that is held for longer is worth a message. */
#define LONG_NS		UINT64_C(1000000000)

/*
 * A dma-buf may carry fences of a GPU that filters what the camera took. They
 * are not handed to the driver as in-fences: it runs the jobs of a file in
 * order, and one fence that never signals would hold up every later frame.
 */
int camera_hold(struct camera *c, const struct v4l2_frame *frame, bool *held)
{
	struct camera_held *h = &c->held[frame->index];
	int fd, ret;

	*held = false;
	if (c->no_fences || c->convert)
		return TOOL_OK;
	/* Everybody's: the caches' upkeep would wait for readers, too. */
	ret = srfpga_buffer_export_fence(c->inputs[frame->index],
					 SRFPGA_CPU_WRITE, &fd);
	c->no_fences = ret == -EOPNOTSUPP;
	if (ret)
		return c->no_fences ? TOOL_OK :
			tool_fail_errno(c->opt->source, ret);
	if (srfpga_fence_wait(fd, 0) == 1) {
		close(fd);
		return TOOL_OK;
	}
	*h = (struct camera_held){
		.fence = fd, .since_ns = tool_now_ns(), .frame = *frame,
	};
	*held = true;
	return TOOL_OK;
}

bool camera_release(struct camera *c, uint32_t index, struct v4l2_frame *frame,
		    int *ended)
{
	struct camera_held *h = &c->held[index];

	if (h->fence < 0)
		return false;
	*ended = srfpga_fence_wait(h->fence, 0);
	if (!*ended || *ended == -EINTR)
		return false;
	close(h->fence);
	h->fence = -1;
	*frame = h->frame;
	return true;
}

void camera_name_held(struct camera *c)
{
	uint64_t now = tool_now_ns();
	uint32_t i;

	for (i = 0; i < c->cam.num_buffers; i++) {
		struct camera_held *h = &c->held[i];

		if (h->fence < 0 || h->said || now - h->since_ns < LONG_NS)
			continue;
		h->said = true;
		tool_say(c->opt->source,
			 "frame %u is dropped: a fence on buffer %u does not signal",
			 h->frame.sequence, i);
	}
}

/*
 * Drivers that write frames with the CPU (USB cameras) leave them in its
 * caches when the memory is not their own. What a camera's DMA wrote is not
 * harmed: the CPU has nothing of it to write back.
 */
int camera_upkeep(struct camera *c, uint32_t index)
{
	struct srfpga_buffer *buf = c->inputs[index];
	uint64_t start = tool_now_ns();
	int ret;

	if (c->convert || c->cam.sharing != V4L2_IMPORT ||
	    srfpga_device_get_info(c->dev)->caps & SRFPGA_CAP_COHERENT)
		return TOOL_OK;
	ret = srfpga_buffer_begin_cpu(buf, SRFPGA_CPU_WRITE, 0, 0);
	if (!ret)
		ret = srfpga_buffer_end_cpu(buf, SRFPGA_CPU_WRITE, 0, 0);
	if (ret)
		return tool_fail_errno("caches", ret);
	c->stats.upkeep_ns += tool_now_ns() - start;
	return TOOL_OK;
}
