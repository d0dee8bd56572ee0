// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * srfpga camera: camera, accelerator and display agree on a format and share
 * their buffers. Must not know what happens to frames later.
 */
#include "camera.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <drm_fourcc.h>
#include <linux/videodev2.h>

#include "target.h"
#include "tool.h"

#define CAMERA_BUFFERS	4
#define OUTPUTS		4
#define DEFAULT_WIDTH	640
#define DEFAULT_HEIGHT	480

static int check_port(const struct srfpga_port *p, const char *path,
		      const char *which)
{
	if (p && p->normal_rank == 3 && p->normal_shape[2] == 3 &&
	    p->layout.bits == 8 && p->layout.dtype == SRFPGA_DTYPE_UINT)
		return TOOL_OK;
	return tool_fail(path, "its %s is not one RGB picture of 8 bits",
			 which);
}

static int open_device(struct camera *c)
{
	struct target_wish wish = {
		.device = c->opt->device,
		.width = c->opt->width ? c->opt->width : DEFAULT_WIDTH,
		.height = c->opt->height ? c->opt->height : DEFAULT_HEIGHT,
	};
	int ret = target_open(&wish, &c->dev);
	const char *path;

	if (ret)
		return ret;
	path = srfpga_device_get_info(c->dev)->path;
	c->in = target_only_port(c->dev, SRFPGA_PORT_INPUT);
	c->out = target_only_port(c->dev, SRFPGA_PORT_OUTPUT);
	ret = check_port(c->in, path, "input");
	return ret ? ret : check_port(c->out, path, "output");
}

/*
 * What is displayed has the byte order of what was captured: if the screen
 * only knows the other one, the camera delivers that.
 */
static int open_display(struct camera *c)
{
	int ret = kms_open(c->opt->card, c->out->normal_shape[1],
			   c->out->normal_shape[0], &c->kms);

	if (ret)
		return ret;
	if (kms_has_format(c->kms, DRM_FORMAT_BGR888))
		return TOOL_OK;
	c->bgr = kms_has_format(c->kms, DRM_FORMAT_RGB888);
	if (c->bgr)
		return TOOL_OK;
	return tool_fail(kms_describe(c->kms),
			 "shows no 24-bit format: nothing to display without a copy");
}

static int open_camera(struct camera *c)
{
	static const uint32_t rgb[] = {
		V4L2_PIX_FMT_RGB24, V4L2_PIX_FMT_YUYV, 0
	};
	static const uint32_t bgr[] = { V4L2_PIX_FMT_BGR24, 0 };
	uint32_t width = c->in->normal_shape[1];
	int ret = v4l2_open(&c->cam, c->opt->source);

	if (!ret)
		ret = v4l2_set_format(&c->cam, width, c->in->normal_shape[0],
				      c->bgr ? bgr : rgb);
	if (ret)
		return ret;
	c->convert = c->cam.fourcc == V4L2_PIX_FMT_YUYV;
	if (!c->convert && c->cam.stride != width * 3)
		return tool_fail(c->opt->source,
				 "pads its rows to %u bytes, the accelerator wants %u",
				 c->cam.stride, width * 3);
	return TOOL_OK;
}

/* Our dma-bufs, written by the camera: safe with every camera driver. */
static int share_ours(struct camera *c, struct srfpga_buffer **bufs,
		      uint64_t bytes)
{
	uint32_t i;
	int ret;

	ret = v4l2_request(&c->cam, V4L2_IMPORT, CAMERA_BUFFERS);
	for (i = 0; !ret && i < c->cam.num_buffers; i++) {
		ret = srfpga_buffer_alloc(c->dev, bytes, SRFPGA_ATTACH_READ,
					  &bufs[i]);
		if (!ret)
			ret = srfpga_buffer_export(bufs[i],
						   &c->cam.dmabuf[i]);
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

static void unshare(struct camera *c)
{
	uint32_t i;

	for (i = 0; i < V4L2_MAX_BUFFERS; i++) {
		srfpga_buffer_free(c->inputs[i]);
		srfpga_buffer_free(c->raw_buf[i]);
		if (c->cam.sharing == V4L2_IMPORT && c->cam.num_buffers &&
		    c->cam.dmabuf[i] >= 0)
			close(c->cam.dmabuf[i]);
		c->inputs[i] = NULL;
		c->raw_buf[i] = NULL;
		c->cam.dmabuf[i] = -1;
	}
}

static uint64_t larger(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* The camera's format goes through the CPU: it writes into memory of ours. */
static int share_converted(struct camera *c)
{
	uint32_t i;
	int ret = share_ours(c, c->raw_buf, c->cam.bytes);

	for (i = 0; !ret && i < c->cam.num_buffers; i++) {
		void *addr;

		ret = srfpga_buffer_map(c->raw_buf[i], &addr);
		if (ret)
			break;
		c->raw[i] = addr;
		ret = srfpga_buffer_alloc(c->dev, c->in->frame_bytes,
					  SRFPGA_ATTACH_READ, &c->inputs[i]);
	}
	return ret;
}

static int share_input(struct camera *c)
{
	int ret = -EINVAL;

	if (c->convert) {
		ret = share_converted(c);
		return ret ? tool_fail(c->opt->source,
				       "cannot use our buffers: %s",
				       strerror(-ret)) : TOOL_OK;
	}
	if (c->opt->sharing != V4L2_EXPORT) {
		ret = share_ours(c, c->inputs, larger(c->in->frame_bytes,
						      c->cam.bytes));
		if (!ret)
			return TOOL_OK;
		unshare(c);
	}
	if (c->opt->sharing != V4L2_IMPORT)
		ret = share_theirs(c);
	if (!ret)
		return TOOL_OK;
	return tool_fail(c->opt->source,
			 "its buffers cannot be shared with the accelerator: %s",
			 strerror(-ret));
}

static int add_framebuffer(struct camera *c, struct camera_output *o)
{
	uint32_t stride = c->out->normal_shape[1] * 3;
	int fd, ret = srfpga_buffer_export(o->buf, &fd);

	if (ret)
		return tool_fail_errno("display", ret);
	ret = kms_import(c->kms, fd, stride,
			 c->bgr ? DRM_FORMAT_RGB888 : DRM_FORMAT_BGR888,
			 &o->fb);
	close(fd);
	return ret;
}

static int make_outputs(struct camera *c)
{
	uint32_t i;
	int ret = 0;

	for (i = 0; i < OUTPUTS; i++) {
		struct camera_output *o = &c->outputs[i];
		void *addr = NULL;

		o->fence = -1;
		ret = srfpga_buffer_alloc(c->dev, c->out->frame_bytes,
					  SRFPGA_ATTACH_WRITE, &o->buf);
		if (!ret && (c->opt->save || c->opt->sink == CAMERA_ENCODE))
			ret = srfpga_buffer_map(o->buf, &addr);
		if (ret)
			return tool_fail(srfpga_device_get_info(c->dev)->path,
					 "no memory for %u frames: %s", OUTPUTS,
					 strerror(-ret));
		o->addr = addr;
		c->num_outputs = i + 1;
		ret = c->kms ? add_framebuffer(c, o) : TOOL_OK;
		if (ret)
			return ret;
	}
	return TOOL_OK;
}

static int make_submission(struct camera *c, uint32_t i, uint32_t k)
{
	struct srfpga_submission **sub = &c->sub[i][k];
	int ret = srfpga_submission_create(c->dev, 1, sub);

	if (!ret)
		ret = srfpga_submission_set_buffer(*sub, 0, c->in->index,
						   c->inputs[i], 0, 0);
	if (!ret)
		ret = srfpga_submission_set_buffer(*sub, 0, c->out->index,
						   c->outputs[k].buf, 0, 0);
	if (ret)
		return tool_fail_errno("job", ret);
	srfpga_submission_set_timeout(*sub, c->opt->timeout_ns);
	srfpga_submission_set_user_data(*sub, k);
	return TOOL_OK;
}

static int make_submissions(struct camera *c)
{
	uint32_t i, k;
	int ret = TOOL_OK;

	for (i = 0; i < c->cam.num_buffers; i++)
		for (k = 0; !ret && k < c->num_outputs; k++)
			ret = make_submission(c, i, k);
	return ret;
}

static int open_encoder(struct camera *c)
{
	c->y4m = (struct y4m){
		.width = c->out->normal_shape[1],
		.height = c->out->normal_shape[0],
		.chroma = Y4M_420, .rest = " F30:1 Ip A1:1",
	};
	c->planes = malloc(y4m_frame_bytes(&c->y4m));
	if (!c->planes)
		return tool_fail_errno(c->opt->encode, ENOMEM);
	if (outfile_open(&c->file, c->opt->encode))
		return TOOL_FAILURE;
	y4m_write_header(c->file.f, &c->y4m);
	return TOOL_OK;
}

int camera_setup(struct camera *c)
{
	int ret = open_device(c);

	if (!ret && c->opt->sink == CAMERA_DISPLAY)
		ret = open_display(c);
	if (!ret)
		ret = open_camera(c);
	if (!ret)
		ret = share_input(c);
	if (!ret)
		ret = make_outputs(c);
	if (!ret)
		ret = make_submissions(c);
	if (!ret && c->opt->sink == CAMERA_ENCODE)
		ret = open_encoder(c);
	return ret;
}

void camera_describe(const struct camera *c)
{
	char fourcc[5];

	v4l2_fourcc_text(c->cam.fourcc, fourcc);
	tool_say(c->opt->source, "%s %ux%u, %u buffers, %s", fourcc,
		 c->cam.width, c->cam.height, c->cam.num_buffers,
		 c->convert ? "converted to RGB by the CPU" :
		 c->cam.sharing == V4L2_IMPORT ?
		 "our dma-bufs, written by the camera" :
		 "its own dma-bufs, read by the accelerator");
	tool_say(srfpga_device_get_info(c->dev)->path, "%ux%u to %ux%u%s",
		 c->in->normal_shape[1], c->in->normal_shape[0],
		 c->out->normal_shape[1], c->out->normal_shape[0],
		 c->bgr ? ", channels in the order B, G, R as the screen wants them" :
		 "");
	if (c->kms)
		tool_say("display", "%s", kms_describe(c->kms));
}

void camera_teardown(struct camera *c)
{
	uint32_t i, k;

	for (i = 0; i < V4L2_MAX_BUFFERS; i++)
		for (k = 0; k < CAMERA_MAX_OUTPUTS; k++)
			srfpga_submission_free(c->sub[i][k]);
	kms_close(c->kms);
	v4l2_stop(&c->cam);
	for (k = 0; k < c->num_outputs; k++) {
		if (c->outputs[k].fence >= 0)
			close(c->outputs[k].fence);
		srfpga_buffer_free(c->outputs[k].buf);
		free(c->outputs[k].kept);
	}
	unshare(c);
	v4l2_close(&c->cam);
	outfile_abort(&c->file);
	free(c->planes);
	srfpga_device_close(c->dev);
}
