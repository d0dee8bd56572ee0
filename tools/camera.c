// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * srfpga camera: video from a camera through the accelerator to a display.
 * Reads the options and prints the figures; the frames are moved elsewhere.
 */
#include "camera.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "attributes.h"
#include "tool.h"

static const char help[] =
#include "help/camera.inc"
	;

/* What nobody tells, of the time that the accelerator worked. */
#define UNKNOWN	UINT64_MAX

enum { OPT_DISPLAY = 256, OPT_CARD, OPT_ENCODE, OPT_NULL, OPT_FRAMES,
       OPT_SAVE, OPT_SHARE, OPT_SIZE, OPT_TIMEOUT, OPT_JSON,
       OPT_FORMAT, OPT_FPS, OPT_FLIPS };

/* Four letters as v4l2-ctl prints them; shorter names end with blanks. */
static int parse_format(const char *text, struct camera_options *opt)
{
	const uint32_t *known = camera_formats();
	size_t i, len = strlen(text);

	if (!len || len > 4)
		return tool_usage("--format", "%s is not a code of four letters",
				  text);
	for (i = 0; i < 4; i++)
		opt->fourcc |= (uint32_t)(uint8_t)(i < len ? text[i] : ' ')
			<< (8 * i);
	while (*known && *known != opt->fourcc)
		known++;
	return *known ? TOOL_OK :
		tool_usage("--format", "%s cannot be converted", text);
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
		return tool_parse_size("--size", optarg, &opt->width,
				       &opt->height);
	case OPT_TIMEOUT:
		return tool_parse_time("--timeout", optarg, &opt->timeout_ns);
	case OPT_FORMAT:
		return parse_format(optarg, opt);
	case OPT_FPS:
		return tool_parse_uint("--fps", optarg, 1, 1000, &opt->fps);
	case OPT_FLIPS:
		opt->flips = true;
		break;
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
		{ "format", required_argument, NULL, OPT_FORMAT },
		{ "fps", required_argument, NULL, OPT_FPS },
		{ "page-flips", no_argument, NULL, OPT_FLIPS },
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

/* Time that the accelerator worked since it was loaded. */
static uint64_t busy_ns(const struct camera *c)
{
	uint64_t ns = UNKNOWN;

	attributes_each(srfpga_device_get_info(c->dev)->path, find_busy, &ns);
	return ns;
}

/* A device that went away has taken its figures along, for a new one's. */
static double load_since(const struct camera *c, uint64_t busy, uint64_t begun)
{
	uint64_t now = busy_ns(c);

	return now == UNKNOWN || now < busy ? NAN :
		(double)(now - busy) / (double)(tool_now_ns() - begun);
}

static int run(int argc, char **argv)
{
	static struct camera c;
	struct camera_options opt;
	uint64_t begun, busy = UNKNOWN;
	int ret = parse(&opt, argc, argv);

	if (ret)
		return ret;
	c = (struct camera){ .opt = &opt, .cam = { .fd = -1 }, .wake = -1 };
	ret = camera_setup(&c);
	begun = tool_now_ns();
	if (!ret) {
		camera_describe(&c);
		busy = busy_ns(&c);
		ret = camera_loop(&c);
	}
	if (c.stats.in)
		camera_print(&c, load_since(&c, busy, begun));
	camera_teardown(&c);
	return ret;
}

const struct tool_command camera_command = {
	.name = "camera", .help = help, .run = run,
};
