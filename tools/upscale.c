// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * srfpga upscale: a picture or a video, larger.
 * Must not know how pictures are cut or devices are driven.
 */
#include "upscale.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "outfile.h"
#include "target.h"
#include "tool.h"

static const char help[] =
#include "help/upscale.inc"
	;

enum { OPT_HALO = 256, OPT_JOBS, OPT_TIMEOUT, OPT_STATS, OPT_JSON };

static const struct option options[] = {
	TOOL_OPTIONS,
	{ "device", required_argument, NULL, 'd' },
	{ "halo", required_argument, NULL, OPT_HALO },
	{ "jobs", required_argument, NULL, OPT_JOBS },
	{ "timeout", required_argument, NULL, OPT_TIMEOUT },
	{ "stats", no_argument, NULL, OPT_STATS },
	{ "json", no_argument, NULL, OPT_JSON },
	{ 0 },
};

struct request {
	struct sr_options sr;
	const char *in;
	const char *out;
	bool stats;
	bool json;
};

static int parse(struct request *req, int argc, char **argv)
{
	uint64_t n;
	int c, ret = TOOL_OK;

	*req = (struct request){ .sr = { .halo = -1, .depth = 4 } };
	while (!ret && (c = tool_getopt(&upscale_command, argc, argv,
					TOOL_SHORT "d:", options)) != -1) {
		switch (c) {
		case 'd':
			req->sr.device = optarg;
			break;
		case OPT_HALO:
			ret = tool_parse_uint("--halo", optarg, 0, 4096, &n);
			req->sr.halo = (int)n;
			break;
		case OPT_JOBS:
			ret = tool_parse_uint("--jobs", optarg, 1, 64, &n);
			req->sr.depth = (uint32_t)n;
			break;
		case OPT_TIMEOUT:
			ret = tool_parse_time("--timeout", optarg,
					      &req->sr.timeout_ns);
			break;
		case OPT_STATS:
			req->stats = true;
			break;
		case OPT_JSON:
			req->json = true;
			break;
		}
	}
	if (!ret && argc - optind != 2)
		ret = tool_usage("upscale", "needs IN and OUT "
				 "(see srfpga upscale --help)");
	req->sr.count_copies = req->stats || req->json;
	if (!ret) {
		req->in = argv[optind];
		req->out = argv[optind + 1];
	}
	return ret;
}

void upscale_account(struct upscale_stats *stats, const struct sr *sr)
{
	stats->flow = sr->flow.stats;
	stats->frame_width = sr->in->normal_shape[1];
	stats->frame_height = sr->in->normal_shape[0];
	stats->halo = sr->halo;
	stats->written_bytes = sr->written_bytes;
	stats->read_bytes = sr->read_bytes;
	free(stats->device);
	stats->device = strdup(srfpga_device_get_info(sr->dev)->path);
}

static int run_picture(const struct request *req, const struct image *from,
		       struct image *to, struct upscale_stats *stats)
{
	struct progress progress;
	struct sr sr;
	int ret = sr_open(&sr, &req->sr, from->width, from->height);

	if (ret)
		return ret;
	progress_start(&progress, "upscale", sr_frames(&sr, from->channels));
	sr.progress = &progress;
	ret = image_alloc(to, req->out, (uint64_t)from->width * sr.factor,
			  (uint64_t)from->height * sr.factor, from->channels);
	if (!ret)
		ret = sr_push(&sr, from, to);
	if (!ret)
		ret = sr_finish(&sr, to);
	progress_end(&progress);
	upscale_account(stats, &sr);
	sr_close(&sr);
	return ret;
}

static int upscale_picture(const struct request *req, struct infile *in,
			   struct upscale_stats *stats)
{
	struct image from = { 0 }, to = { 0 };
	struct outfile out = { 0 };
	uint64_t start = tool_now_ns();
	int ret = image_format_check(req->out);

	if (!ret)
		ret = image_read(in, &from);
	stats->decode_ns = tool_now_ns() - start;
	/* A path that cannot be written must not cost the computation. */
	if (!ret)
		ret = outfile_open(&out, req->out);
	if (!ret)
		ret = run_picture(req, &from, &to, stats);
	image_free(&from);
	start = tool_now_ns();
	if (!ret)
		ret = image_write(out.f, req->out, &to);
	image_free(&to);
	if (!ret)
		ret = outfile_commit(&out);
	else
		outfile_abort(&out);
	stats->encode_ns = tool_now_ns() - start;
	stats->pictures = 1;
	return ret;
}

static double per_frame(uint64_t sum, const struct flow_stats *flow)
{
	return flow->frames ? (double)sum / (double)flow->frames : 0;
}

static void print_json(FILE *f, const struct upscale_stats *s)
{
	const struct flow_stats *flow = &s->flow;
	struct json j;

	json_start(&j, f);
	json_object(&j, NULL);
	json_string(&j, "device", s->device ? s->device : "");
	json_uint(&j, "pictures", s->pictures);
	json_uint(&j, "device_frames", flow->frames);
	json_uint(&j, "jobs_in_flight", flow->deepest);
	json_uint(&j, "frame_width", s->frame_width);
	json_uint(&j, "frame_height", s->frame_height);
	json_uint(&j, "halo", s->halo);
	json_real(&j, "wall_ms", (double)s->wall_ns / 1e6);
	json_real(&j, "decode_ms", (double)s->decode_ns / 1e6);
	json_real(&j, "load_ms", per_frame(flow->load_ns, flow) / 1e6);
	json_real(&j, "submit_done_ms", per_frame(flow->run_ns, flow) / 1e6);
	json_real(&j, "start_done_ms", per_frame(flow->work_ns, flow) / 1e6);
	json_real(&j, "fetch_ms", per_frame(flow->fetch_ns, flow) / 1e6);
	json_real(&j, "encode_ms", (double)s->encode_ns / 1e6);
	if (flow->copied_known)
		json_real(&j, "copied_bytes", per_frame(flow->copied_bytes,
							flow));
	else
		json_null(&j, "copied_bytes");
	json_real(&j, "written_bytes", per_frame(s->written_bytes, flow));
	json_real(&j, "read_bytes", per_frame(s->read_bytes, flow));
	json_end(&j);
}

static void print_table(FILE *f, const struct upscale_stats *s)
{
	const struct flow_stats *flow = &s->flow;

	fprintf(f, "device                         %s\n",
		s->device ? s->device : "");
	fprintf(f, "pictures                       %" PRIu64 "\n", s->pictures);
	fprintf(f, "device frames                  %" PRIu64 "\n",
		flow->frames);
	fprintf(f, "in flight at once              %u\n", flow->deepest);
	fprintf(f, "size of a frame, halo          %ux%u, %u\n",
		s->frame_width, s->frame_height, s->halo);
	fprintf(f, "decode                         %.3f ms\n",
		(double)s->decode_ns / 1e6);
	fprintf(f, "a device frame: load           %.3f ms\n",
		per_frame(flow->load_ns, flow) / 1e6);
	fprintf(f, "                submit to done %.3f ms\n",
		per_frame(flow->run_ns, flow) / 1e6);
	fprintf(f, "                start to done  %.3f ms\n",
		per_frame(flow->work_ns, flow) / 1e6);
	fprintf(f, "                fetch          %.3f ms\n",
		per_frame(flow->fetch_ns, flow) / 1e6);
	fprintf(f, "encode                         %.3f ms\n",
		(double)s->encode_ns / 1e6);
	fprintf(f, "whole run                      %.3f ms\n",
		(double)s->wall_ns / 1e6);
	fprintf(f, "CPU bytes a device frame\n");
	if (flow->copied_known)
		fprintf(f, "  copied, buffer to device     %.0f\n",
			per_frame(flow->copied_bytes, flow));
	else
		fprintf(f, "  copied, buffer to device     n/a\n");
	fprintf(f, "  pixels put into the buffer   %.0f\n",
		per_frame(s->written_bytes, flow));
	fprintf(f, "  pixels taken out of it       %.0f\n",
		per_frame(s->read_bytes, flow));
}

static int upscale(const struct request *req, struct upscale_stats *stats)
{
	struct infile in;
	int ret = infile_open(&in, req->in);

	if (ret)
		return ret;
	if (!infile_starts_with(&in, "YUV4MPEG2", 9))
		ret = upscale_picture(req, &in, stats);
	else if (image_has_suffix(req->out))
		ret = tool_usage(req->out, "is the name of a picture, and %s "
				 "is a video: .y4m, or - for a pipe", in.name);
	else
		ret = upscale_video(&in, req->out, &req->sr, stats);
	infile_close(&in);
	return ret;
}

static int run(int argc, char **argv)
{
	struct upscale_stats stats = { 0 };
	uint64_t start = tool_now_ns();
	struct request req;
	int ret = parse(&req, argc, argv);
	FILE *f;

	if (ret)
		return ret;
	ret = upscale(&req, &stats);
	stats.wall_ns = tool_now_ns() - start;
	/* The figures must not end up in the middle of the picture. */
	f = strcmp(req.out, "-") ? stdout : stderr;
	if (!ret && req.json)
		print_json(f, &stats);
	else if (!ret && req.stats)
		print_table(f, &stats);
	free(stats.device);
	return ret;
}

const struct tool_command upscale_command = {
	.name = "upscale", .help = help, .run = run,
};
