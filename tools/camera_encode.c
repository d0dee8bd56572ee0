// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * srfpga camera --encode: frames as a stream of YUV4MPEG2. Must not know where
 * frames come from.
 */
#include "camera.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "image.h"
#include "tool.h"
#include "yuv.h"

/* A pipe that poll() calls writable takes so many bytes (POSIX: PIPE_BUF). */
#define PIPE_BYTES	4096

int camera_open_encoder(struct camera *c)
{
	c->y4m = (struct y4m){
		.width = c->out->normal_shape[1],
		.height = c->out->normal_shape[0],
		.chroma = Y4M_420,
	};
	snprintf(c->y4m.rest, sizeof(c->y4m.rest), " F%u:%u Ip A1:1",
		 c->cam.rate ? c->cam.rate : 30,
		 c->cam.rate ? c->cam.rate_per : 1);
	c->planes = malloc(y4m_frame_bytes(&c->y4m));
	if (!c->planes)
		return tool_fail_errno(c->opt->encode, ENOMEM);
	if (outfile_open(&c->file, c->opt->encode))
		return TOOL_FAILURE;
	/* Nothing may be left in a buffer: closing would wait for a reader. */
	setvbuf(c->file.f, NULL, _IONBF, 0);
	y4m_write_header(c->file.f, &c->y4m);
	return ferror(c->file.f) ? outfile_error(&c->file) : TOOL_OK;
}

static int fail(const struct camera *c)
{
	if (errno == EPIPE)
		return tool_fail(c->file.path, "its reader has closed it");
	return outfile_error(&c->file);
}

/* A reader that sleeps must not keep Ctrl-C from working. */
static int put(struct camera *c, const uint8_t *data, size_t bytes)
{
	const int fd = fileno(c->file.f);
	struct pollfd p[] = {
		{ .fd = fd, .events = POLLOUT },
		{ .fd = c->wake, .events = POLLIN },
	};

	while (bytes) {
		size_t part = bytes < PIPE_BYTES || c->file.temp ? bytes :
			PIPE_BYTES;
		ssize_t n;

		if (poll(p, 2, -1) < 0 && errno != EINTR)
			return fail(c);
		if (camera_at_end(c) && !p[0].revents)
			return tool_fail(c->file.path, "ends within a frame");
		n = write(fd, data, part);
		if (n < 0 && errno != EINTR)
			return fail(c);
		data += n > 0 ? n : 0;
		bytes -= n > 0 ? (size_t)n : 0;
	}
	return TOOL_OK;
}

int camera_encode(struct camera *c, struct camera_output *o)
{
	static const uint8_t start_of_frame[] = "FRAME\n";
	struct image from = {
		.width = c->y4m.width, .height = c->y4m.height, .channels = 3,
		.pixels = o->addr,
	};
	uint64_t start = tool_now_ns();
	int ret;

	ret = srfpga_buffer_begin_cpu(o->buf, SRFPGA_CPU_READ, 0, 0);
	if (ret)
		return tool_fail_errno("memory", ret);
	ret = yuv_from_rgb(&c->y4m, &from, c->planes);
	srfpga_buffer_end_cpu(o->buf, SRFPGA_CPU_READ, 0, 0);
	if (ret)
		return ret;
	c->stats.convert_ns += tool_now_ns() - start;
	c->stats.copied_bytes += c->out->frame_bytes;
	ret = put(c, start_of_frame, sizeof(start_of_frame) - 1);
	return ret ? ret : put(c, c->planes, y4m_frame_bytes(&c->y4m));
}
