// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * srfpga camera: YUYV to RGB by the CPU, for cameras that cannot do better.
 */
#include "camera.h"

#include <errno.h>

#include <libyuv.h>

#include "tool.h"

/* One row at a time goes through four bytes a pixel, in the cache. */
#define MAX_WIDTH	8192

static int convert_rows(const struct camera *c, const uint8_t *from, uint8_t *to)
{
	uint8_t row[MAX_WIDTH * 4];
	int width = (int)c->cam.width;
	uint32_t y;

	if (c->cam.width > MAX_WIDTH)
		return -EOPNOTSUPP;
	for (y = 0; y < c->cam.height; y++) {
		YUY2ToARGB(from + (size_t)y * c->cam.stride,
			   (int)c->cam.stride, row, width * 4, width, 1);
		/* libyuv's RAW is R, G, B in memory */
		ARGBToRAW(row, width * 4, to + (size_t)y * c->cam.width * 3,
			  width * 3, width, 1);
	}
	return 0;
}

int camera_convert(struct camera *c, uint32_t index)
{
	struct srfpga_buffer *raw = c->raw_buf[index], *in = c->inputs[index];
	uint64_t start = tool_now_ns();
	void *to;
	int ret;

	ret = srfpga_buffer_map(in, &to);
	if (!ret)
		ret = srfpga_buffer_begin_cpu(raw, SRFPGA_CPU_READ, 0, 0);
	if (!ret)
		ret = srfpga_buffer_begin_cpu(in, SRFPGA_CPU_WRITE, 0, 0);
	if (!ret)
		ret = convert_rows(c, c->raw[index], to);
	if (!ret)
		ret = srfpga_buffer_end_cpu(in, SRFPGA_CPU_WRITE, 0, 0);
	if (!ret)
		ret = srfpga_buffer_end_cpu(raw, SRFPGA_CPU_READ, 0, 0);
	if (ret)
		return tool_fail_errno("conversion", ret);
	c->stats.convert_ns += tool_now_ns() - start;
	c->stats.copied_bytes += c->in->frame_bytes;
	return TOOL_OK;
}
