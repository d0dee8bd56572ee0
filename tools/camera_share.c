// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * srfpga camera: memory that camera and accelerator both reach. Must not know
 * which frames lie in it when.
 */
#include "camera.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "tool.h"

#define CAMERA_BUFFERS	4

/* Our dma-bufs, written by the camera: safe with every camera driver. */
static int share_ours(struct camera *c)
{
	const uint64_t bytes = c->in->frame_bytes > c->cam.bytes ?
		c->in->frame_bytes : c->cam.bytes;
	uint32_t i;
	int ret;

	ret = v4l2_request(&c->cam, V4L2_IMPORT, CAMERA_BUFFERS);
	for (i = 0; !ret && i < c->cam.num_buffers; i++) {
		ret = srfpga_buffer_alloc(c->dev, bytes, SRFPGA_ATTACH_READ,
					  &c->inputs[i]);
		if (!ret)
			ret = srfpga_buffer_export(c->inputs[i],
						   &c->cam.dmabuf[i]);
		if (!ret)
			ret = v4l2_try_import(&c->cam, i);
	}
	return ret;
}

/* The camera's own, which must be contiguous for the accelerator. */
static int share_theirs(struct camera *c)
{
	uint32_t i;
	int ret;

	ret = v4l2_request(&c->cam, V4L2_EXPORT, CAMERA_BUFFERS);
	for (i = 0; !ret && i < c->cam.num_buffers; i++)
		ret = srfpga_buffer_import(c->dev, c->cam.dmabuf[i],
					   SRFPGA_ATTACH_READ, &c->inputs[i]);
	return ret;
}

void camera_unshare(struct camera *c)
{
	uint32_t i;

	for (i = 0; i < V4L2_MAX_BUFFERS; i++) {
		srfpga_buffer_free(c->inputs[i]);
		c->inputs[i] = NULL;
		if (c->cam.sharing != V4L2_IMPORT || i >= c->cam.num_buffers)
			continue;
		if (c->cam.dmabuf[i] >= 0)
			close(c->cam.dmabuf[i]);
		c->cam.dmabuf[i] = -1;
	}
}

/*
 * The camera's format goes through the CPU: it reads the camera's own memory,
 * which every driver has, and whose caches the driver takes care of.
 */
static int share_converted(struct camera *c)
{
	int ret = v4l2_request(&c->cam, V4L2_MAP, CAMERA_BUFFERS);
	uint32_t i;

	for (i = 0; !ret && i < c->cam.num_buffers; i++)
		ret = srfpga_buffer_alloc(c->dev, c->in->frame_bytes,
					  SRFPGA_ATTACH_READ, &c->inputs[i]);
	return ret;
}

/* What the user wants, or what works. */
static int share(struct camera *c)
{
	int ret = -EINVAL;

	if (c->convert)
		return share_converted(c);
	if (c->opt->sharing != V4L2_EXPORT) {
		ret = share_ours(c);
		if (!ret)
			return 0;
		camera_unshare(c);
	}
	return c->opt->sharing == V4L2_IMPORT ? ret : share_theirs(c);
}

int camera_share(struct camera *c)
{
	int ret = share(c);

	if (!ret)
		return TOOL_OK;
	return tool_fail(c->opt->source,
			 "its buffers cannot be shared with the accelerator: %s",
			 strerror(-ret));
}
