// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * srfpga bench: the command line.
 * Must not know how is measured or printed.
 */
#include "bench.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "outfile.h"
#include "tool.h"

static const char help[] =
#include "help/bench.inc"
	;

enum {
	OPT_BATCH = 256, OPT_DEPTH, OPT_TIME, OPT_TIMEOUT, OPT_MARKDOWN,
	OPT_JSON, OPT_CSV, OPT_PLOT, OPT_SIZE, OPT_SENSOR,
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
	{ "sensor", required_argument, NULL, OPT_SENSOR },
	{ 0 },
};

typedef void (*printer)(const struct bench_device *dev, uint32_t count);

struct command_line {
	struct bench_request req;
	printer print;
	const char *plot;
	const char *sensor;
};

static int add_number(const char *option, const char *word, uint32_t max,
		      struct bench_list *list)
{
	uint64_t n;
	int ret;

	if (list->count == BENCH_MAX_LIST)
		return tool_usage(option, "more than %d values",
				  BENCH_MAX_LIST);
	ret = tool_parse_uint(option, word, 1, max, &n);
	if (!ret)
		list->value[list->count++] = (uint32_t)n;
	return ret;
}

static int parse_list(const char *option, const char *text, uint32_t max,
		      struct bench_list *list)
{
	char *copy = strdup(text);
	char *rest = copy;
	int ret = copy ? TOOL_OK : tool_fail_errno("memory", ENOMEM);

	list->count = 0;
	/* strsep() sees also the empty word of "1,,2". */
	while (rest && !ret)
		ret = add_number(option, strsep(&rest, ","), max, list);
	free(copy);
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

static int choose_printer(struct command_line *line, printer print)
{
	if (line->print != bench_print_text && line->print != print)
		return tool_usage("bench", "--markdown, --csv and --json "
				  "exclude each other");
	line->print = print;
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
		return choose_printer(line, bench_print_markdown);
	case OPT_JSON:
		return choose_printer(line, bench_print_json);
	case OPT_CSV:
		return choose_printer(line, bench_print_csv);
	case OPT_SENSOR:
		line->sensor = optarg;
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

/* A sensor that was named must be there; without any the figures are n/a. */
static int find_meter(const char *name, struct power_meter *meter)
{
	char text[512];

	if (!power_meter_find(meter, name))
		return TOOL_OK;
	sensors_power_text(text, sizeof(text));
	if (name)
		return tool_fail(name, "no such power sensor: there is %s",
				 text);
	if (strcmp(text, "none"))
		tool_say("power", "n/a: no ina260; --sensor takes %s", text);
	return TOOL_OK;
}

static int measure(const struct command_line *line, struct outfile *plot)
{
	uint32_t count = line->req.devices;
	struct bench_device *results = calloc(count, sizeof(*results));
	struct power_meter meter;
	uint32_t i;
	int ret = results ? find_meter(line->sensor, &meter) :
			    tool_fail_errno("memory", ENOMEM);

	for (i = 0; !ret && i < count; i++)
		ret = bench_measure(&line->req, line->req.device[i], &meter,
				    &results[i]);
	if (!ret)
		line->print(results, count);
	if (!ret && line->plot) {
		bench_plot(plot->f, results, count);
		ret = outfile_commit(plot);
	}
	free(results);
	return ret;
}

static int run(int argc, char **argv)
{
	struct outfile plot = { 0 };
	struct command_line line;
	int ret = parse(&line, argc, argv);

	/* A path that cannot be written must not cost the measurement. */
	if (!ret && line.plot)
		ret = outfile_open(&plot, line.plot);
	if (!ret)
		ret = measure(&line, &plot);
	outfile_abort(&plot);
	return ret;
}

const struct tool_command bench_command = {
	.name = "bench", .help = help, .run = run,
};
