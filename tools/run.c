// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * srfpga run: what FINN's generated driver.py does, with its option names.
 * Must not know how tensors are converted.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "run.h"
#include "tool.h"

static const char help[] =
#include "help/run.inc"
	;

enum {
	OPT_MODE = 256, OPT_BATCH, OPT_INPUT, OPT_OUTPUT, OPT_WEIGHTS,
	OPT_PLATFORM, OPT_BITFILE, OPT_MODEL, OPT_QUANTISE, OPT_TIMEOUT,
	OPT_JSON, OPT_SIZE,
};

static const struct option options[] = {
	TOOL_OPTIONS,
	{ "device", required_argument, NULL, 'd' },
	{ "exec_mode", required_argument, NULL, OPT_MODE },
	{ "batchsize", required_argument, NULL, OPT_BATCH },
	{ "inputfile", required_argument, NULL, OPT_INPUT },
	{ "outputfile", required_argument, NULL, OPT_OUTPUT },
	{ "runtime_weight_dir", required_argument, NULL, OPT_WEIGHTS },
	{ "platform", required_argument, NULL, OPT_PLATFORM },
	{ "bitfile", required_argument, NULL, OPT_BITFILE },
	{ "as-model", no_argument, NULL, OPT_MODEL },
	{ "quantise", no_argument, NULL, OPT_QUANTISE },
	{ "timeout", required_argument, NULL, OPT_TIMEOUT },
	{ "size", required_argument, NULL, OPT_SIZE },
	{ "json", no_argument, NULL, OPT_JSON },
	{ 0 },
};

static int add_file(struct run_files *files, const char *path)
{
	if (!files)
		return tool_usage(path, "unexpected argument "
				  "(see srfpga run --help)");
	if (files->count == SRFPGA_MAX_PORTS)
		return tool_usage(path, "more than %d files", SRFPGA_MAX_PORTS);
	files->path[files->count++] = path;
	return TOOL_OK;
}

static int parse_mode(struct run_request *req, const char *text)
{
	if (!strcmp(text, "execute"))
		req->throughput = false;
	else if (!strcmp(text, "throughput_test"))
		req->throughput = true;
	else
		return tool_usage("--exec_mode", "'%s' is neither execute nor "
				  "throughput_test", text);
	return TOOL_OK;
}

/* FINN's --device is a number. */
static const char *device_name(struct run_request *req, const char *text)
{
	if (text[strspn(text, "0123456789")] || !*text)
		return text;
	snprintf(req->numbered, sizeof(req->numbered), "/dev/srfpga%.16s",
		 text);
	return req->numbered;
}

static int parse_option(struct run_request *req, int c,
			struct run_files **list)
{
	uint64_t n = 0;
	int ret;

	switch (c) {
	case 'd':
		req->device = device_name(req, optarg);
		return TOOL_OK;
	case OPT_MODE:
		return parse_mode(req, optarg);
	case OPT_BATCH:
		ret = tool_parse_uint("--batchsize", optarg, 1, UINT32_MAX, &n);
		req->batch = (uint32_t)n;
		return ret;
	case OPT_INPUT:
		*list = &req->inputs;
		return add_file(*list, optarg);
	case OPT_OUTPUT:
		*list = &req->outputs;
		return add_file(*list, optarg);
	case OPT_WEIGHTS:
		req->weights = optarg;
		return TOOL_OK;
	case OPT_BITFILE:
		tool_say("--bitfile", "ignored: the FPGA manager loads "
			 "bitstreams");
		return TOOL_OK;
	case OPT_MODEL:
		req->as_model = true;
		return TOOL_OK;
	case OPT_QUANTISE:
		req->form = TENSOR_REAL;
		return TOOL_OK;
	case OPT_TIMEOUT:
		return tool_parse_time("--timeout", optarg, &req->timeout_ns);
	case OPT_SIZE:
		return tool_parse_size("--size", optarg, &req->width,
				       &req->height);
	case OPT_JSON:
		req->json = true;
		return TOOL_OK;
	default:
		/* --platform: the devicetree knows. */
		return TOOL_OK;
	}
}

static int parse(struct run_request *req, int argc, char **argv)
{
	struct run_files *list = NULL;
	int c, ret = TOOL_OK;

	/* "-": files after --inputfile A arrive as 1, in their place. */
	while (!ret && (c = tool_getopt(&run_command, argc, argv, "-:hqd:",
					options)) != -1) {
		if (c == 1) {
			ret = add_file(list, optarg);
			continue;
		}
		list = NULL;
		ret = parse_option(req, c, &list);
	}
	if (!ret && optind < argc)
		ret = add_file(NULL, argv[optind]);
	if (!ret && req->as_model && req->form == TENSOR_REAL)
		ret = tool_usage("run", "--as-model and --quantise exclude "
				 "each other");
	return ret;
}

static int run(int argc, char **argv)
{
	struct run_request req = { .form = TENSOR_CODES };
	int ret = parse(&req, argc, argv);

	if (ret)
		return ret;
	return req.throughput ? run_throughput(&req) : run_execute(&req);
}

const struct tool_command run_command = {
	.name = "run", .help = help, .run = run,
};
