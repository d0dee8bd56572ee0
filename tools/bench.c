// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * srfpga bench: the command line.
 * Must not know how is measured or printed.
 */
#include "bench.h"

#include <stdlib.h>
#include <string.h>

#include "tool.h"

static const char help[] =
#include "help/bench.inc"
	;

enum {
	OPT_BATCH = 256, OPT_DEPTH, OPT_TIME, OPT_TIMEOUT, OPT_MARKDOWN,
	OPT_JSON, OPT_CSV, OPT_PLOT, OPT_SIZE,
};

static const struct option options[] = {
	TOOL_OPTIONS,
	{ "device", required_argument, NULL, 'd' },
	{ "batch", required_argument, NULL, OPT_BATCH },
	{ "depth", required_argument, NULL, OPT_DEPTH },
	{ "size", required_argument, NULL, OPT_SIZE },
	{ "time", required_argument, NULL, OPT_TIME },
	{ "timeout", required_argument, NULL, OPT_TIMEOUT },
	{ "markdown", no_argument, NULL, OPT_MARKDOWN },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "csv", no_argument, NULL, OPT_CSV },
	{ "plot", required_argument, NULL, OPT_PLOT },
	{ 0 },
};

typedef void (*printer)(const struct bench_device *dev, uint32_t count);

struct command_line {
	struct bench_request req;
	printer print;
	const char *plot;
};

static int parse_list(const char *option, const char *text, uint32_t max,
		      struct bench_list *list)
{
	char *copy = strdup(text);
	char *word, *save;
	uint64_t n;
	int ret = TOOL_OK;

	list->count = 0;
	for (word = copy ? strtok_r(copy, ",", &save) : NULL; word && !ret;
	     word = strtok_r(NULL, ",", &save)) {
		if (list->count == BENCH_MAX_LIST)
			ret = tool_usage(option, "more than %d values",
					 BENCH_MAX_LIST);
		else
			ret = tool_parse_uint(option, word, 1, max, &n);
		if (!ret)
			list->value[list->count++] = (uint32_t)n;
	}
	free(copy);
	if (!ret && !list->count)
		ret = tool_usage(option, "needs numbers, for example 1,2,4");
	return ret;
}

static int add_device(struct bench_request *req, const char *name)
{
	if (req->devices == BENCH_MAX_DEVICES)
		return tool_usage("bench", "more than %d devices",
				  BENCH_MAX_DEVICES);
	req->device[req->devices++] = name;
	return TOOL_OK;
}

static int parse_option(struct command_line *line, int c)
{
	struct bench_request *req = &line->req;

	switch (c) {
	case 'd':
		return add_device(req, optarg);
	case OPT_BATCH:
		return parse_list("--batch", optarg, 65536, &req->batch);
	case OPT_DEPTH:
		return parse_list("--depth", optarg, 64, &req->depth);
	case OPT_SIZE:
		return tool_parse_size("--size", optarg, &req->width,
				       &req->height);
	case OPT_TIME:
		return tool_parse_time("--time", optarg, &req->time_ns);
	case OPT_TIMEOUT:
		return tool_parse_time("--timeout", optarg, &req->timeout_ns);
	case OPT_MARKDOWN:
		line->print = bench_print_markdown;
		return TOOL_OK;
	case OPT_JSON:
		line->print = bench_print_json;
		return TOOL_OK;
	case OPT_CSV:
		line->print = bench_print_csv;
		return TOOL_OK;
	default:
		line->plot = optarg;
		return TOOL_OK;
	}
}

static int parse(struct command_line *line, int argc, char **argv)
{
	int c, ret = TOOL_OK;

	*line = (struct command_line){
		.req = { .batch = { { 1 }, 1 }, .depth = { { 1, 2, 4 }, 3 },
			 .height = 540, .width = 960, .time_ns = 2000000000 },
		.print = bench_print_text,
	};
	while (!ret && (c = tool_getopt(&bench_command, argc, argv,
					TOOL_SHORT "d:", options)) != -1)
		ret = parse_option(line, c);
	if (!ret && optind < argc)
		ret = tool_usage("bench", "unexpected argument %s",
				 argv[optind]);
	if (!ret && !line->req.devices)
		line->req.devices = 1;
	return ret;
}

static int run(int argc, char **argv)
{
	struct bench_device *results;
	struct command_line line;
	struct power_meter meter;
	uint32_t i;
	int ret = parse(&line, argc, argv);

	if (ret)
		return ret;
	results = calloc(line.req.devices, sizeof(*results));
	if (!results)
		return tool_fail("bench", "out of memory");
	power_meter_find(&meter);
	for (i = 0; !ret && i < line.req.devices; i++)
		ret = bench_measure(&line.req, line.req.device[i], &meter,
				    &results[i]);
	if (!ret)
		line.print(results, line.req.devices);
	if (!ret && line.plot)
		ret = bench_plot(line.plot, results, line.req.devices);
	free(results);
	return ret;
}

const struct tool_command bench_command = {
	.name = "bench", .help = help, .run = run,
};
