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

/*
 * The camera's own, which must be contiguous for the accelerator. Frames in
 * vmalloc() memory may be in the CPU's caches, and no call writes them back.
 */
static int share_theirs(struct camera *c)
{
	uint32_t i;
	int ret;

	ret = v4l2_request(&c->cam, V4L2_EXPORT, CAMERA_BUFFERS);
	if (!ret && v4l2_export_is_virtual(&c->cam) &&
	    !(srfpga_device_get_info(c->dev)->caps & SRFPGA_CAP_COHERENT))
		return -EOPNOTSUPP;
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

static int fail(const struct camera *c, const char *what, int err)
{
	return tool_fail(c->opt->source, "%s: %s", what, strerror(-err));
}

static int export_only(struct camera *c)
{
	int ret = share_theirs(c);

	if (ret == -EOPNOTSUPP)
		return tool_fail(c->opt->source,
				 "the accelerator cannot read its buffers: %s",
				 v4l2_export_is_virtual(&c->cam) ?
				 "scattered, and nobody looks after their caches (a USB camera's); it can write into ours" :
				 "not contiguous, or out of its reach");
	return ret ? fail(c, "its buffers cannot be exported", ret) : TOOL_OK;
}

/* The driver has no such call, or wants memory of another kind. */
static bool cannot_import(int err)
{
	return err == -EINVAL || err == -ENOTTY || err == -EOPNOTSUPP ||
		err == -EFAULT;
}

/* What the user wants, or what works: then, why not ours is said. */
int camera_share(struct camera *c)
{
	int ret;

	if (c->convert) {
		ret = share_converted(c);
		return ret ? fail(c, "no memory for its frames", ret) : TOOL_OK;
	}
	if (c->opt->sharing == V4L2_EXPORT)
		return export_only(c);
	ret = share_ours(c);
	if (!ret)
		return TOOL_OK;
	if (c->opt->sharing == V4L2_IMPORT || !cannot_import(ret))
		return fail(c, "it cannot write into the accelerator's memory",
			    ret);
	tool_say(c->opt->source, "does not write into our buffers (%s)",
		 strerror(-ret));
	camera_unshare(c);
	return export_only(c);
}
