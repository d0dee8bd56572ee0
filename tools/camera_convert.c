// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * srfpga camera: pixels in other orders, by the CPU, for cameras and displays
 * that do not speak the accelerator's. Must not know how frames move.
 */
#include "camera.h"

#include <errno.h>

#include <libyuv.h>
#include <linux/videodev2.h>

#include "tool.h"

/* One row at a time goes through four bytes a pixel, in the cache. */
#define MAX_WIDTH	8192

/**
 * struct row - where a row of the camera's frame lies
 * @y: its pixels
 * @uv: of a format of two planes: its colours
 * @width: pixels
 */
struct row {
	const uint8_t *y;
	const uint8_t *uv;
	int width;
};

/* libyuv's ARGB is B, G, R, A in memory, its RAW R, G, B, its RGB24 B, G, R. */
static void yuyv(const struct row *r, uint8_t *argb)
{
	YUY2ToARGB(r->y, 0, argb, 0, r->width, 1);
}

static void uyvy(const struct row *r, uint8_t *argb)
{
	UYVYToARGB(r->y, 0, argb, 0, r->width, 1);
}

static void nv12(const struct row *r, uint8_t *argb)
{
	NV12ToARGB(r->y, 0, r->uv, 0, argb, 0, r->width, 1);
}

static void xrgb(const struct row *r, uint8_t *argb)
{
	ARGBCopy(r->y, 0, argb, 0, r->width, 1);
}

static void rgb(const struct row *r, uint8_t *argb)
{
	RAWToARGB(r->y, 0, argb, 0, r->width, 1);
}

static void bgr(const struct row *r, uint8_t *argb)
{
	RGB24ToARGB(r->y, 0, argb, 0, r->width, 1);
}

/* In the order of formats[]: the nearer to ours, the cheaper. */
static void (*const to_argb[])(const struct row *row, uint8_t *argb) = {
	rgb, bgr, xrgb, yuyv, uyvy, nv12,
};

static const uint32_t formats[] = {
	V4L2_PIX_FMT_RGB24, V4L2_PIX_FMT_BGR24, V4L2_PIX_FMT_XBGR32,
	V4L2_PIX_FMT_YUYV, V4L2_PIX_FMT_UYVY, V4L2_PIX_FMT_NV12, 0,
};

const uint32_t *camera_formats(void)
{
	return formats;
}

static void convert_rows(const struct camera *c, const uint8_t *from,
			 uint8_t *to)
{
	const struct v4l2 *cam = &c->cam;
	const uint8_t *uv = from + (size_t)cam->height * cam->stride;
	uint8_t argb[MAX_WIDTH * 4];
	struct row row = { .width = (int)cam->width };
	unsigned int f = 0;
	uint32_t y;

	while (formats[f] != cam->fourcc)
		f++;
	for (y = 0; y < cam->height; y++, to += (size_t)cam->width * 3) {
		row.y = from + (size_t)y * cam->stride;
		row.uv = uv + (size_t)(y / 2) * cam->stride;
		to_argb[f](&row, argb);
		if (c->bgr)
			ARGBToRGB24(argb, 0, to, 0, row.width, 1);
		else
			ARGBToRAW(argb, 0, to, 0, row.width, 1);
	}
}

int camera_convert(struct camera *c, uint32_t index)
{
	struct srfpga_buffer *in = c->inputs[index];
	uint64_t start = tool_now_ns();
	void *to;
	int ret;

	if (c->cam.width > MAX_WIDTH)
		return tool_fail(c->opt->source, "wider than %d pixels",
				 MAX_WIDTH);
	ret = srfpga_buffer_map(in, &to);
	if (!ret)
		ret = srfpga_buffer_begin_cpu(in, SRFPGA_CPU_WRITE, 0, 0);
	if (!ret) {
		convert_rows(c, c->cam.addr[index], to);
		ret = srfpga_buffer_end_cpu(in, SRFPGA_CPU_WRITE, 0, 0);
	}
	if (ret)
		return tool_fail_errno("conversion", ret);
	c->stats.convert_ns += tool_now_ns() - start;
	c->stats.copied_bytes += c->in->frame_bytes;
	return TOOL_OK;
}

int camera_draw(struct camera *c, struct camera_output *o)
{
	const int width = (int)c->out->normal_shape[1];
	const int height = (int)c->out->normal_shape[0];
	uint64_t start = tool_now_ns();
	int ret;

	ret = srfpga_buffer_begin_cpu(o->buf, SRFPGA_CPU_READ, 0, 0);
	if (ret)
		return tool_fail_errno("conversion", ret);
	RAWToARGB(o->addr, width * 3, o->drawn.addr, (int)o->drawn.stride,
		  width, height);
	srfpga_buffer_end_cpu(o->buf, SRFPGA_CPU_READ, 0, 0);
	c->stats.convert_ns += tool_now_ns() - start;
	c->stats.copied_bytes += (uint64_t)width * (uint64_t)height * 4;
	return TOOL_OK;
}
