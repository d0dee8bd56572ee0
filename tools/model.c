// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * srfpga model: what the software FPGA says about an ONNX file.
 * Must not know ONNX.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "softlib.h"
#include "tool.h"

static const char help[] =
#include "help/model.inc"
	;

enum { OPT_HEIGHT = 256, OPT_WIDTH, OPT_JSON };

static const struct option options[] = {
	TOOL_OPTIONS,
	{ "height", required_argument, NULL, OPT_HEIGHT },
	{ "width", required_argument, NULL, OPT_WIDTH },
	{ "json", no_argument, NULL, OPT_JSON },
	{ 0 },
};

static int describe(const char *path, const struct srfpga_soft_options *opt,
		    int json)
{
	const char *why = "";
	const struct softlib *soft = softlib_get(&why);
	char *text = NULL;
	int err;

	if (!soft)
		return tool_fail("software FPGA", "%s", why);
	err = soft->describe(path, opt, json, &text);
	if (!err || err == -EOPNOTSUPP) {
		fputs(text ? text : "", stdout);
		if (err)
			tool_fail(path, "cannot be executed exactly");
	} else {
		tool_fail(path, "%s", text ? text : strerror(-err));
	}
	free(text);
	return err ? TOOL_FAILURE : TOOL_OK;
}

static int run(int argc, char **argv)
{
	struct srfpga_soft_options opt = { .size = sizeof(opt) };
	int json = 0;
	int c, ret = TOOL_OK;
	uint64_t n;

	while (!ret && (c = tool_getopt(&model_command, argc, argv, TOOL_SHORT,
					options)) != -1) {
		if (c == OPT_HEIGHT) {
			ret = tool_parse_uint("--height", optarg, 1, 65536, &n);
			opt.height = (uint32_t)n;
		} else if (c == OPT_WIDTH) {
			ret = tool_parse_uint("--width", optarg, 1, 65536, &n);
			opt.width = (uint32_t)n;
		} else {
			json = 1;
		}
	}
	if (!ret && argc - optind != 1)
		ret = tool_usage("model", "needs one ONNX file "
				 "(see srfpga model --help)");
	return ret ? ret : describe(argv[optind], &opt, json);
}

const struct tool_command model_command = {
	.name = "model", .help = help, .run = run,
};
