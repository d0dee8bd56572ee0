// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * srfpga camera: video from a camera through the accelerator to a display.
 * Reads the options and prints the figures; the frames are moved elsewhere.
 */
#include "camera.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "attributes.h"
#include "json.h"
#include "tool.h"

static const char help[] =
#include "help/camera.inc"
	;

enum { OPT_DISPLAY = 256, OPT_CARD, OPT_ENCODE, OPT_NULL, OPT_FRAMES,
       OPT_SAVE, OPT_SHARE, OPT_SIZE, OPT_TIMEOUT, OPT_JSON };

static int parse_size(const char *text, struct camera_options *opt)
{
	char end;

	if (sscanf(text, "%" SCNu32 "x%" SCNu32 "%c", &opt->width,
		   &opt->height, &end) == 2 && opt->width && opt->height)
		return TOOL_OK;
	return tool_usage("--size", "%s is not WIDTHxHEIGHT", text);
}

static int parse_share(const char *text, struct camera_options *opt)
{
	if (!strcmp(text, "import"))
		opt->sharing = V4L2_IMPORT;
	else if (!strcmp(text, "export"))
		opt->sharing = V4L2_EXPORT;
	else
		return tool_usage("--share", "%s is neither import nor export",
				  text);
	return TOOL_OK;
}

static int parse_one(int c, struct camera_options *opt)
{
	switch (c) {
	case 'd':
		opt->device = optarg;
		break;
	case 's':
		opt->source = optarg;
		break;
	case OPT_CARD:
		opt->card = optarg;
		/* fallthrough */
	case OPT_DISPLAY:
		opt->sink = CAMERA_DISPLAY;
		break;
	case OPT_ENCODE:
		opt->sink = CAMERA_ENCODE;
		opt->encode = optarg;
		break;
	case OPT_NULL:
		opt->sink = CAMERA_NULL;
		break;
	case OPT_FRAMES:
		return tool_parse_uint("--frames", optarg, 1, UINT32_MAX,
				       &opt->frames);
	case OPT_SAVE:
		opt->save = optarg;
		break;
	case OPT_SHARE:
		return parse_share(optarg, opt);
	case OPT_SIZE:
		return parse_size(optarg, opt);
	case OPT_TIMEOUT:
		return tool_parse_time("--timeout", optarg, &opt->timeout_ns);
	case OPT_JSON:
		opt->json = true;
		break;
	}
	return TOOL_OK;
}

static int parse(struct camera_options *opt, int argc, char **argv)
{
	static const struct option longs[] = {
		TOOL_OPTIONS,
		{ "device", required_argument, NULL, 'd' },
		{ "source", required_argument, NULL, 's' },
		{ "display", no_argument, NULL, OPT_DISPLAY },
		{ "card", required_argument, NULL, OPT_CARD },
		{ "encode", required_argument, NULL, OPT_ENCODE },
		{ "null", no_argument, NULL, OPT_NULL },
		{ "frames", required_argument, NULL, OPT_FRAMES },
		{ "save", required_argument, NULL, OPT_SAVE },
		{ "share", required_argument, NULL, OPT_SHARE },
		{ "size", required_argument, NULL, OPT_SIZE },
		{ "timeout", required_argument, NULL, OPT_TIMEOUT },
		{ "json", no_argument, NULL, OPT_JSON },
		{ 0 }
	};
	int c, ret = TOOL_OK;

	*opt = (struct camera_options){
		.source = "/dev/video0", .sharing = -1, .sink = CAMERA_DISPLAY,
	};
	while (!ret && (c = tool_getopt(&camera_command, argc, argv,
					TOOL_SHORT "d:s:", longs)) != -1)
		ret = parse_one(c, opt);
	if (!ret && optind < argc)
		ret = tool_usage(argv[optind], "camera takes no arguments");
	if (!ret && opt->save && !opt->frames)
		ret = tool_usage("--save", "needs --frames: it saves the last one");
	return ret;
}

static void find_busy(void *data, const char *name, const char *value)
{
	if (!strcmp(name, "busy_ns"))
		*(uint64_t *)data = strtoull(value, NULL, 10);
}

/* Time that the accelerator worked since it was loaded; 0 if unknown. */
static uint64_t busy_ns(const struct camera *c)
{
	uint64_t ns = 0;

	attributes_each(srfpga_device_get_info(c->dev)->path, find_busy, &ns);
	return ns;
}

static int compare_u64(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static double percentile_ms(const struct camera_stats *s, unsigned int percent)
{
	uint64_t n = s->out < CAMERA_SAMPLES ? s->out : CAMERA_SAMPLES;

	return n ? (double)s->latency_ns[(n - 1) * percent / 100] / 1e6 : 0;
}

static void sort_latencies(struct camera_stats *s)
{
	qsort(s->latency_ns,
	      s->out < CAMERA_SAMPLES ? s->out : CAMERA_SAMPLES,
	      sizeof(*s->latency_ns), compare_u64);
}

static void print_json(const struct camera_stats *s, double seconds,
		       double load)
{
	struct json j;

	json_start(&j, stdout);
	json_object(&j, NULL);
	json_uint(&j, "frames_in", s->in);
	json_uint(&j, "frames_out", s->out);
	json_uint(&j, "frames_dropped", s->dropped);
	json_uint(&j, "frames_failed", s->failed);
	json_real(&j, "seconds", seconds);
	json_real(&j, "fps", seconds > 0 ? (double)s->out / seconds : 0);
	json_real(&j, "latency_ms_p50", percentile_ms(s, 50));
	json_real(&j, "latency_ms_p95", percentile_ms(s, 95));
	json_real(&j, "latency_ms_p99", percentile_ms(s, 99));
	json_uint(&j, "cpu_bytes_copied", s->copied_bytes);
	json_real(&j, "convert_ms", (double)s->convert_ns / 1e6);
	json_real(&j, "engine_load", load);
	json_end(&j);
}

static void print_text(const struct camera_stats *s, double seconds,
		       double load)
{
	printf("frames in, out         %" PRIu64 ", %" PRIu64 "\n", s->in,
	       s->out);
	printf("frames dropped, failed %" PRIu64 ", %" PRIu64 "\n", s->dropped,
	       s->failed);
	printf("rate                   %.2f frames/s\n",
	       seconds > 0 ? (double)s->out / seconds : 0);
	printf("latency p50, p95, p99  %.2f, %.2f, %.2f ms\n",
	       percentile_ms(s, 50), percentile_ms(s, 95),
	       percentile_ms(s, 99));
	printf("CPU bytes copied       %" PRIu64 " (%.2f ms of conversion)\n",
	       s->copied_bytes, (double)s->convert_ns / 1e6);
	printf("engine load            %.1f %%\n", load * 100);
}

static int run(int argc, char **argv)
{
	static struct camera c;
	struct camera_options opt;
	uint64_t begun, busy = 0;
	double seconds, wall;
	int ret = parse(&opt, argc, argv);

	if (ret)
		return ret;
	c = (struct camera){ .opt = &opt, .cam = { .fd = -1 } };
	ret = camera_setup(&c);
	begun = tool_now_ns();
	if (!ret) {
		camera_describe(&c);
		busy = busy_ns(&c);
		ret = camera_loop(&c);
		busy = busy_ns(&c) - busy;
	}
	wall = (double)(tool_now_ns() - begun);
	seconds = c.stats.ended_ns > c.stats.begun_ns ?
		(double)(c.stats.ended_ns - c.stats.begun_ns) / 1e9 : 0;
	sort_latencies(&c.stats);
	if (c.stats.in && opt.json)
		print_json(&c.stats, seconds, (double)busy / wall);
	else if (c.stats.in)
		print_text(&c.stats, seconds, (double)busy / wall);
	camera_teardown(&c);
	return ret;
}

const struct tool_command camera_command = {
	.name = "camera", .help = help, .run = run,
};
