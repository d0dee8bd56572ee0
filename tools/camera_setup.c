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

#define OUTPUTS		4
#define MAX_FORMATS	16
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
		.fallback = true,
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
 * only knows the other one, the camera delivers that. A screen that has no
 * format of 24 bits gets its own memory, which the CPU draws into; so does
 * every screen if the frames are those of a soft device, which no display
 * reaches.
 */
static int open_display(struct camera *c)
{
	int ret = kms_open(c->opt->card, c->out->normal_shape[1],
			   c->out->normal_shape[0], c->opt->flips, &c->kms);
	bool rgb, soft;

	if (!ret)
		ret = kms_check(c->kms);
	if (ret)
		return ret;
	soft = srfpga_device_get_info(c->dev)->is_soft;
	rgb = kms_has_format(c->kms, DRM_FORMAT_BGR888);
	c->bgr = !rgb && !soft && kms_has_format(c->kms, DRM_FORMAT_RGB888);
	c->redraw = soft || (!rgb && !c->bgr);
	c->early = !c->redraw && kms_takes_fences(c->kms);
	if (!c->redraw || kms_has_format(c->kms, DRM_FORMAT_XRGB8888))
		return TOOL_OK;
	return tool_fail(kms_describe(c->kms),
			 "shows neither 24 nor 32 bits a pixel");
}

/* Ours needs no conversion; then whatever can be converted. */
static int choose_format(struct camera *c, uint32_t ours)
{
	uint32_t list[MAX_FORMATS] = { c->opt->fourcc ? c->opt->fourcc : ours };
	const uint32_t *other = camera_formats();
	unsigned int n = 1;

	while (*other && !c->opt->fourcc && n < MAX_FORMATS - 1)
		list[n++] = *other++;
	return v4l2_set_format(&c->cam, c->in->normal_shape[1],
			       c->in->normal_shape[0], list);
}

static int open_camera(struct camera *c)
{
	uint32_t ours = c->bgr ? V4L2_PIX_FMT_BGR24 : V4L2_PIX_FMT_RGB24;
	int ret = v4l2_open(&c->cam, c->opt->source);

	if (!ret)
		ret = choose_format(c, ours);
	if (!ret)
		ret = v4l2_set_rate(&c->cam, (uint32_t)c->opt->fps);
	c->convert = c->cam.fourcc != ours ||
		c->cam.stride != c->in->normal_shape[1] * 3;
	return ret;
}

static int add_framebuffer(struct camera *c, struct camera_output *o)
{
	uint32_t stride = c->out->normal_shape[1] * 3;
	int fd, ret;

	if (c->redraw)
		return kms_make(c->kms, &o->drawn);
	ret = srfpga_buffer_export(o->buf, &fd);
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
		if (!ret && (c->opt->sink == CAMERA_ENCODE || c->redraw))
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

int camera_setup(struct camera *c)
{
	uint32_t i;
	int ret = open_device(c);

	for (i = 0; i < V4L2_MAX_BUFFERS; i++)
		c->held[i].fence = -1;

	if (!ret && c->opt->sink == CAMERA_DISPLAY)
		ret = open_display(c);
	if (!ret)
		ret = open_camera(c);
	if (!ret)
		ret = camera_share(c);
	if (!ret)
		ret = make_outputs(c);
	if (!ret)
		ret = make_submissions(c);
	if (!ret && c->opt->sink == CAMERA_ENCODE)
		ret = camera_open_encoder(c);
	return ret;
}

void camera_describe(const struct camera *c)
{
	char fourcc[5];

	v4l2_fourcc_text(c->cam.fourcc, fourcc);
	tool_say(c->opt->source, "%s %ux%u, %u buffers, %s", fourcc,
		 c->cam.width, c->cam.height, c->cam.num_buffers,
		 c->convert ? "converted by the CPU" :
		 c->cam.sharing == V4L2_IMPORT ?
		 "our dma-bufs, written by the camera" :
		 "its own dma-bufs, read by the accelerator");
	tool_say(srfpga_device_get_info(c->dev)->path, "%ux%u to %ux%u%s",
		 c->in->normal_shape[1], c->in->normal_shape[0],
		 c->out->normal_shape[1], c->out->normal_shape[0],
		 c->bgr ? ", channels in the order B, G, R as the screen wants them" :
		 "");
	if (c->kms)
		tool_say("display", "%s%s", kms_describe(c->kms), c->redraw ?
			 ", drawn by the CPU" : "");
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
	for (i = 0; i < V4L2_MAX_BUFFERS; i++)
		if (c->held[i].fence >= 0)
			close(c->held[i].fence);
	camera_unshare(c);
	v4l2_close(&c->cam);
	outfile_abort(&c->file);
	free(c->planes);
	srfpga_device_close(c->dev);
	if (c->wake >= 0)
		close(c->wake);
}
