// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * srfpga upscale on YUV4MPEG2: read, convert, upscale, convert, write, with
 * several frames under way. Must not know pictures in files.
 */
#include "upscale.h"

#include <errno.h>
#include <stdlib.h>

#include "outfile.h"
#include "tool.h"
#include "y4m.h"
#include "yuv.h"

/**
 * struct video - a stream under way
 * @ring: video frames between reading and writing, at most
 * @from: @ring of them in RGB, as read; frame n lies at n % @ring
 * @to: their results
 * @planes: room for one frame as it is read
 * @out_planes: room for one frame as it is written
 * @pushed: frames that were given to the device
 * @written: frames that were written
 */
struct video {
	struct infile *in;
	struct outfile out;
	struct y4m in_format;
	struct y4m out_format;
	struct sr sr;
	struct progress progress;
	struct upscale_stats *stats;
	uint32_t ring;
	struct image *from;
	struct image *to;
	uint8_t *planes;
	uint8_t *out_planes;
	uint64_t pushed;
	uint64_t written;
};

/* As many as keep all jobs in flight while one more is read or written. */
static uint32_t ring_size(const struct sr *sr)
{
	uint32_t each = sr_frames(sr, 3);

	return (sr->flow.depth + each - 1) / each + 1;
}

static int allocate(struct video *v)
{
	const struct y4m *in = &v->in_format, *out = &v->out_format;
	int ret = TOOL_OK;
	uint32_t i;

	v->ring = ring_size(&v->sr);
	v->from = calloc(v->ring, sizeof(*v->from));
	v->to = calloc(v->ring, sizeof(*v->to));
	v->planes = malloc(y4m_frame_bytes(in));
	v->out_planes = malloc(y4m_frame_bytes(out));
	if (!v->from || !v->to || !v->planes || !v->out_planes)
		return tool_fail_errno("memory", ENOMEM);
	for (i = 0; !ret && i < v->ring; i++) {
		ret = image_alloc(&v->from[i], "memory", in->width, in->height,
				  3);
		if (!ret)
			ret = image_alloc(&v->to[i], "memory", out->width,
					  out->height, 3);
	}
	return ret;
}

static void release(struct video *v)
{
	uint32_t i;

	sr_close(&v->sr);
	for (i = 0; v->from && v->to && i < v->ring; i++) {
		image_free(&v->from[i]);
		image_free(&v->to[i]);
	}
	free(v->from);
	free(v->to);
	free(v->planes);
	free(v->out_planes);
	outfile_abort(&v->out);
}

/* The oldest frame under way: wait for it, convert it, write it. */
static int write_frame(struct video *v)
{
	struct image *to = &v->to[v->written % v->ring];
	uint64_t start;
	int ret = sr_finish(&v->sr, to);

	if (ret)
		return ret;
	start = tool_now_ns();
	ret = yuv_from_rgb(&v->out_format, to, v->out_planes);
	if (ret)
		return ret;
	if (!v->written)
		y4m_write_header(v->out.f, &v->out_format);
	y4m_write_frame(v->out.f, &v->out_format, v->out_planes);
	v->stats->encode_ns += tool_now_ns() - start;
	if (ferror(v->out.f))
		return outfile_error(&v->out);
	v->written++;
	progress_set(&v->progress, v->written);
	return TOOL_OK;
}

static int read_frame(struct video *v, bool *end)
{
	struct image *from = &v->from[v->pushed % v->ring];
	uint64_t start = tool_now_ns();
	int ret = y4m_read_frame(v->in, &v->in_format, v->pushed, v->planes,
				 end);

	if (!ret && !*end)
		ret = yuv_to_rgb(&v->in_format, v->planes, from);
	v->stats->decode_ns += tool_now_ns() - start;
	return ret;
}

static int run_frames(struct video *v)
{
	bool end = false;
	int ret = TOOL_OK;

	while (!ret) {
		if (v->pushed - v->written == v->ring)
			ret = write_frame(v);
		if (!ret)
			ret = read_frame(v, &end);
		if (ret || end)
			break;
		ret = sr_push(&v->sr, &v->from[v->pushed % v->ring],
			      &v->to[v->pushed % v->ring]);
		v->pushed++;
	}
	while (!ret && v->written < v->pushed)
		ret = write_frame(v);
	if (!ret && !v->written)
		ret = tool_fail(v->in->name, "the video has no frame");
	return ret;
}

static int open_all(struct video *v, const char *out_path,
		    const struct sr_options *opt)
{
	int ret = y4m_read_header(v->in, &v->in_format);

	if (!ret)
		ret = outfile_open(&v->out, out_path);
	if (ret)
		return ret;
	ret = sr_open(&v->sr, opt, v->in_format.width, v->in_format.height);
	if (ret)
		return ret;
	v->out_format = v->in_format;
	v->out_format.width *= v->sr.factor;
	v->out_format.height *= v->sr.factor;
	return allocate(v);
}

int upscale_video(struct infile *in, const char *out_path,
		  const struct sr_options *opt, struct upscale_stats *stats)
{
	struct video v = { .in = in, .stats = stats };
	int ret = open_all(&v, out_path, opt);

	if (!ret) {
		progress_start(&v.progress, "upscale", 0);
		ret = run_frames(&v);
		progress_end(&v.progress);
		stats->pictures = v.written;
		upscale_account(stats, &v.sr);
	}
	if (!ret)
		ret = outfile_commit(&v.out);
	release(&v);
	return ret;
}
