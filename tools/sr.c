// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Upscales pictures on a device: frames out of pictures, results put together,
 * several in flight. Must not know files or command lines.
 */
#include "sr.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "pixels.h"
#include "target.h"
#include "tool.h"

/* Larger pictures are cut even where the model would take them whole. */
#define SOFT_FRAME_PIXELS	((uint64_t)4 << 20)

/**
 * struct sr_work - what a job in flight belongs to
 * @pass: first channel of the picture that it carries
 */
struct sr_work {
	const struct image *from;
	struct image *to;
	struct tiles_span x;
	struct tiles_span y;
	uint32_t pass;
};

static int check_port(const struct srfpga_device *dev,
		      const struct srfpga_port *port, const char *role)
{
	const char *path = srfpga_device_get_info(dev)->path;

	if (!port)
		return tool_fail(path, "upscaling needs exactly one %s port",
				 role);
	if (port->normal_rank != 3 ||
	    port->layout.dtype != SRFPGA_DTYPE_UINT || port->layout.bits != 8)
		return tool_fail(path, "the %s %s is not a picture of 8 bits "
				 "(height, width, channels)", role, port->name);
	return TOOL_OK;
}

static int check_ports(struct sr *sr)
{
	const char *path = srfpga_device_get_info(sr->dev)->path;
	const uint32_t *in, *out;
	int ret;

	sr->in = target_only_port(sr->dev, SRFPGA_PORT_INPUT);
	sr->out = target_only_port(sr->dev, SRFPGA_PORT_OUTPUT);
	ret = check_port(sr->dev, sr->in, "input");
	if (!ret)
		ret = check_port(sr->dev, sr->out, "output");
	if (ret)
		return ret;
	in = sr->in->normal_shape;
	out = sr->out->normal_shape;
	sr->channels = in[2];
	sr->factor = out[0] / in[0];
	if (!sr->factor || out[0] != sr->factor * in[0] ||
	    out[1] != sr->factor * in[1] || out[2] != in[2] ||
	    (in[2] != 1 && in[2] != 3))
		return tool_fail(path, "%ux%ux%u to %ux%ux%u is no upscaling",
				 in[1], in[0], in[2], out[1], out[0], out[2]);
	return TOOL_OK;
}

static uint8_t clip(double v)
{
	return (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : lrint(v));
}

/*
 * A network sees pixels as real numbers from 0 to 1, and makes such. Where a
 * port's codes are not these times 255, a table stands between.
 */
static int make_tables(struct sr *sr)
{
	const struct srfpga_port *in = sr->in, *out = sr->out;
	bool same_in = true, same_out = true;
	int i;

	if (in->scale <= 0 || out->scale <= 0)
		return TOOL_OK;
	sr->to_code = malloc(256);
	sr->to_pixel = malloc(256);
	if (!sr->to_code || !sr->to_pixel)
		return tool_fail_errno("memory", ENOMEM);
	for (i = 0; i < 256; i++) {
		sr->to_code[i] = clip(i / 255.0 / in->scale + in->zero_point);
		sr->to_pixel[i] = clip(255 * out->scale *
				       (i - out->zero_point));
		same_in &= sr->to_code[i] == i;
		same_out &= sr->to_pixel[i] == i;
	}
	if (same_in) {
		free(sr->to_code);
		sr->to_code = NULL;
	}
	if (same_out) {
		free(sr->to_pixel);
		sr->to_pixel = NULL;
		return TOOL_OK;
	}
	sr->line = malloc((size_t)out->normal_shape[1] * sr->channels);
	return sr->line ? TOOL_OK : tool_fail_errno("memory", ENOMEM);
}

static void translate(uint8_t *p, size_t n, const uint8_t *table)
{
	size_t i;

	for (i = 0; table && i < n; i++)
		p[i] = table[p[i]];
}

/* How far the network reaches: the user's word, its own, or its namesake's. */
static void find_halo(struct sr *sr, int wanted)
{
	const struct srfpga_device_info *info = srfpga_device_get_info(sr->dev);
	uint32_t factor;

	if (wanted >= 0) {
		sr->halo = (uint32_t)wanted;
		return;
	}
	if (!srfpga_device_get_radius(sr->dev, &sr->halo, &factor) ||
	    !target_model_radius(info->name, &sr->halo))
		return;
	sr->halo = SR_DEFAULT_HALO;
}

static int plan(struct sr *sr, uint32_t width, uint32_t height)
{
	const uint32_t *shape = sr->in->normal_shape;

	if (tiles_plan(&sr->x, width, shape[1], sr->halo) ||
	    tiles_plan(&sr->y, height, shape[0], sr->halo))
		return tool_fail(srfpga_device_get_info(sr->dev)->path,
				 "the frame of %ux%u is too small for a halo "
				 "of %u on each side", shape[1], shape[0],
				 sr->halo);
	return TOOL_OK;
}

/* The frame of a model that leaves its size open: the picture, or a part. */
static uint32_t soft_length(uint32_t length, uint32_t other)
{
	uint64_t parts = ((uint64_t)length * other - 1) / SOFT_FRAME_PIXELS + 1;
	uint64_t part = (length + parts - 1) / parts + 2 * SR_DEFAULT_HALO;

	return parts == 1 || part > length ? length : (uint32_t)part;
}

int sr_open(struct sr *sr, const struct sr_options *opt, uint32_t width,
	    uint32_t height)
{
	struct target_wish wish = { .device = opt->device,
				    .fallback = true };
	int ret;

	*sr = (struct sr){ 0 };
	/* Cut the longer side only: whole rows or whole columns. */
	wish.width = width > height ? soft_length(width, height) : width;
	wish.height = width > height ? height : soft_length(height, width);
	ret = target_open(&wish, &sr->dev);
	if (ret)
		return ret;
	ret = check_ports(sr);
	if (!ret)
		ret = make_tables(sr);
	if (!ret) {
		find_halo(sr, opt->halo);
		ret = plan(sr, width, height);
	}
	if (!ret)
		ret = flow_init(&sr->flow, sr->dev, opt->depth, 1,
				opt->timeout_ns);
	if (!ret && opt->count_copies)
		flow_count_copies(&sr->flow);
	if (!ret) {
		sr->work = calloc(sr->flow.depth, sizeof(*sr->work));
		if (!sr->work)
			ret = tool_fail_errno("memory", ENOMEM);
	}
	if (ret)
		sr_close(sr);
	return ret;
}

void sr_close(struct sr *sr)
{
	flow_free(&sr->flow);
	srfpga_device_close(sr->dev);
	free(sr->work);
	free(sr->to_code);
	free(sr->to_pixel);
	free(sr->line);
	*sr = (struct sr){ 0 };
}

static uint32_t passes(const struct sr *sr, uint32_t channels)
{
	return sr->channels == 1 && channels >= 3 ? 3 : 1;
}

uint32_t sr_frames(const struct sr *sr, uint32_t channels)
{
	return sr->x.count * sr->y.count * passes(sr, channels);
}

static void fill(struct sr *sr, const struct sr_work *work, uint8_t *to)
{
	const struct image *from = work->from;
	uint32_t width = sr->in->normal_shape[1];
	uint32_t height = sr->in->normal_shape[0];
	uint32_t copied = from->width - work->x.at;
	uint32_t y;

	if (copied > width)
		copied = width;
	for (y = 0; y < height; y++) {
		uint32_t row = work->y.at + y;
		uint8_t *line = to + (size_t)y * width * sr->channels;

		if (row >= from->height)
			row = from->height - 1;
		pixels_to_frame(line, sr->channels, from, work->x.at, row,
				work->pass, copied);
		pixels_extend(line, sr->channels, copied, width);
		translate(line, (size_t)width * sr->channels, sr->to_code);
	}
	sr->written_bytes += sr->in->frame_bytes;
}

static void fetch(struct sr *sr, const struct sr_work *work,
		  const uint8_t *from)
{
	uint32_t f = sr->factor;
	size_t stride = (size_t)sr->out->normal_shape[1] * sr->channels;
	uint32_t skip = (work->x.start - work->x.at) * f;
	uint32_t count = (work->x.end - work->x.start) * f;
	uint32_t y;

	for (y = work->y.start * f; y < work->y.end * f; y++) {
		const uint8_t *row = from + (y - work->y.at * f) * stride +
				     (size_t)skip * sr->channels;

		if (sr->to_pixel) {
			memcpy(sr->line, row, (size_t)count * sr->channels);
			translate(sr->line, (size_t)count * sr->channels,
				  sr->to_pixel);
			row = sr->line;
		}
		pixels_from_frame(work->to, work->x.start * f, y, work->pass,
				  row, sr->channels, count);
	}
	sr->read_bytes += (uint64_t)count * sr->channels *
			  (work->y.end - work->y.start) * f;
}

static int retire(struct sr *sr)
{
	struct flow_slot *slot;
	int ret = flow_wait(&sr->flow, &slot);

	if (ret)
		return ret;
	fetch(sr, &sr->work[slot - sr->flow.slots], slot->addr[sr->out->index]);
	ret = flow_end(&sr->flow, slot);
	if (sr->progress)
		progress_set(sr->progress, sr->flow.stats.jobs);
	return ret;
}

static int push_frame(struct sr *sr, const struct sr_work *work)
{
	struct flow_slot *slot;
	int ret = TOOL_OK;

	if (flow_is_full(&sr->flow))
		ret = retire(sr);
	if (!ret)
		ret = flow_begin(&sr->flow, &slot);
	if (ret)
		return ret;
	sr->work[slot - sr->flow.slots] = *work;
	fill(sr, work, slot->addr[sr->in->index]);
	return flow_submit(&sr->flow, slot, 1);
}

int sr_push(struct sr *sr, const struct image *from, struct image *to)
{
	struct sr_work work = { .from = from, .to = to };
	uint32_t n = sr_frames(sr, from->channels);
	uint32_t tiles = sr->x.count * sr->y.count;
	uint32_t i;
	int ret = TOOL_OK;

	for (i = 0; !ret && i < n; i++) {
		work.pass = i / tiles;
		work.x = tiles_span(&sr->x, i % tiles % sr->x.count);
		work.y = tiles_span(&sr->y, i % tiles / sr->x.count);
		ret = push_frame(sr, &work);
	}
	if (!ret && from->channels == 4)
		pixels_upscale_alpha(from, to, sr->factor);
	return ret;
}

/* Events come in order: what is behind the last frame of @to stays in flight. */
static bool is_pending(const struct sr *sr, const struct image *to)
{
	uint64_t i;

	for (i = sr->flow.tail; i < sr->flow.head; i++)
		if (sr->work[i % sr->flow.depth].to == to)
			return true;
	return false;
}

int sr_finish(struct sr *sr, const struct image *to)
{
	int ret = TOOL_OK;

	while (!ret && is_pending(sr, to))
		ret = retire(sr);
	return ret;
}
