// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Messages, option parsing and time for every subcommand.
 * Must not know devices, pictures or files.
 */
#include "tool.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static bool quiet;

static void say(const char *what, const char *fmt, va_list ap)
{
	fprintf(stderr, "srfpga: %s: ", what);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
}

int tool_fail(const char *what, const char *why, ...)
{
	va_list ap;

	va_start(ap, why);
	say(what, why, ap);
	va_end(ap);
	return TOOL_FAILURE;
}

int tool_fail_errno(const char *what, int err)
{
	return tool_fail(what, "%s", strerror(abs(err)));
}

int tool_usage(const char *what, const char *why, ...)
{
	va_list ap;

	va_start(ap, why);
	say(what, why, ap);
	va_end(ap);
	return TOOL_USAGE;
}

void tool_say(const char *what, const char *text, ...)
{
	va_list ap;

	if (quiet)
		return;
	va_start(ap, text);
	say(what, text, ap);
	va_end(ap);
}

int tool_flush_stdout(int ret)
{
	errno = 0;
	if ((fflush(stdout) || ferror(stdout)) && ret == TOOL_OK)
		return errno ? tool_fail_errno("standard output", errno) :
		       tool_fail("standard output", "cannot be written");
	return ret;
}

void tool_set_quiet(void)
{
	quiet = true;
}

bool tool_is_quiet(void)
{
	return quiet;
}

static void option_mistake(const struct tool_command *cmd, int kind,
			   char **argv)
{
	const char *word = argv[optind - 1];

	if (kind == ':')
		tool_usage(cmd->name, "%s needs a value", word);
	else if (optopt && word[0] == '-' && word[1] != '-')
		tool_usage(cmd->name, "unknown option -%c "
			   "(see srfpga %s --help)", optopt, cmd->name);
	else
		tool_usage(cmd->name, "unknown or ambiguous option %s "
			   "(see srfpga %s --help)", word, cmd->name);
	exit(TOOL_USAGE);
}

int tool_getopt(const struct tool_command *cmd, int argc, char **argv,
		const char *shorts, const struct option *longs)
{
	int c;

	opterr = 0;
	for (;;) {
		c = getopt_long(argc, argv, shorts, longs, NULL);
		switch (c) {
		case TOOL_OPT_HELP:
			fputs(cmd->help, stdout);
			exit(tool_flush_stdout(TOOL_OK));
		case TOOL_OPT_VERSION:
			puts("srfpga " SRFPGA_VERSION);
			exit(tool_flush_stdout(TOOL_OK));
		case TOOL_OPT_QUIET:
			tool_set_quiet();
			break;
		case ':':
		case '?':
			option_mistake(cmd, c, argv);
			break;
		default:
			return c;
		}
	}
}

int tool_parse_uint(const char *option, const char *text, uint64_t min,
		    uint64_t max, uint64_t *out)
{
	char *end;

	errno = 0;
	*out = strtoull(text, &end, 10);
	if (errno || end == text || *end || *text == '-')
		return tool_usage(option, "'%s' is not a number", text);
	if (*out < min || *out > max)
		return tool_usage(option, "%s is not within %llu..%llu", text,
				  (unsigned long long)min,
				  (unsigned long long)max);
	return TOOL_OK;
}

int tool_parse_time(const char *option, const char *text, uint64_t *out)
{
	static const struct {
		const char *unit;
		double ns;
	} units[] = {
		{ "ns", 1 }, { "us", 1e3 }, { "ms", 1e6 }, { "s", 1e9 },
	};
	char *end;
	double value = strtod(text, &end);
	size_t i;

	for (i = 0; end != text && i < sizeof(units) / sizeof(*units); i++) {
		if (strcmp(end, units[i].unit))
			continue;
		value *= units[i].ns;
		if (!(value >= 1 && value <= 1e18))
			break;
		*out = (uint64_t)value;
		return TOOL_OK;
	}
	return tool_usage(option, "'%s' is not a duration like 20ms", text);
}

int tool_parse_size(const char *option, const char *text, uint32_t *width,
		    uint32_t *height)
{
	char rest;

	if (sscanf(text, "%5ux%5u%c", width, height, &rest) != 2 ||
	    !*width || !*height || *width > 65536 || *height > 65536)
		return tool_usage(option, "'%s' is not a size like 960x540",
				  text);
	return TOOL_OK;
}

uint64_t tool_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}
