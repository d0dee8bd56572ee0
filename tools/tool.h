/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What every subcommand of srfpga shares: how it is declared, how it reads its
 * options, how it complains. Functions of the tools return an exit code: 0, or
 * one of enum tool_exit after the message has been printed.
 */
#ifndef SRFPGA_TOOL_H
#define SRFPGA_TOOL_H

#include <getopt.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifndef SRFPGA_VERSION
#define SRFPGA_VERSION "0.1"
#endif

/** enum tool_exit - exit codes of the tool (STYLE: 0 is success) */
enum tool_exit {
	TOOL_OK = 0,
	TOOL_FAILURE = 1,
	TOOL_USAGE = 2,
	TOOL_NO_DEVICE = 3,
};

/**
 * struct tool_command - one subcommand
 * @name: the word after "srfpga"
 * @help: its help text, generated from tools/help/@name.txt
 * @run: entry point; argv[0] is @name
 */
struct tool_command {
	const char *name;
	const char *help;
	int (*run)(int argc, char **argv);
};

extern const struct tool_command bench_command, camera_command,
	classify_command, compare_command, dtgen_command, info_command,
	model_command, monitor_command, run_command, upscale_command,
	verify_command;

/**
 * tool_fail() - print "srfpga: what: why" on stderr
 * @what: the file, device or option that is to blame
 * @why: printf format of the reason
 *
 * Return: TOOL_FAILURE.
 */
int tool_fail(const char *what, const char *why, ...)
	__attribute__((format(printf, 2, 3)));

/** tool_fail_errno() - tool_fail() with the text of an errno, of either sign */
int tool_fail_errno(const char *what, int err);

/** tool_usage() - tool_fail() for a wrong command line; returns TOOL_USAGE */
int tool_usage(const char *what, const char *why, ...)
	__attribute__((format(printf, 2, 3)));

/**
 * tool_flush_stdout() - end a command whose result was printed
 * @ret: how it went
 *
 * stdout may have been a pipe or a full disk: data that is lost is an error.
 * Return: @ret, or TOOL_FAILURE.
 */
int tool_flush_stdout(int ret);

/** tool_say() - print "srfpga: what: text" on stderr unless --quiet */
void tool_say(const char *what, const char *text, ...)
	__attribute__((format(printf, 2, 3)));

/** tool_set_quiet() - silence tool_say() and the progress bar */
void tool_set_quiet(void);
bool tool_is_quiet(void);

/* Options that every command has; the rest of its table follows. */
#define TOOL_OPT_HELP	'h'
#define TOOL_OPT_QUIET	'q'
#define TOOL_OPT_VERSION	0x7fff
#define TOOL_OPTIONS \
	{ "help", no_argument, NULL, TOOL_OPT_HELP }, \
	{ "quiet", no_argument, NULL, TOOL_OPT_QUIET }, \
	{ "version", no_argument, NULL, TOOL_OPT_VERSION }
#define TOOL_SHORT	":hq"

/**
 * tool_getopt() - getopt_long() that treats mistakes and shared options
 * @cmd: the command, for its help text and name
 * @shorts: TOOL_SHORT followed by the command's own letters
 * @longs: TOOL_OPTIONS followed by the command's own, zero-terminated
 *
 * Prints the text and exits on --help or --version; exits with TOOL_USAGE on a
 * mistake.
 * Return: the option's value, or -1 after the last one.
 */
int tool_getopt(const struct tool_command *cmd, int argc, char **argv,
		const char *shorts, const struct option *longs);

/**
 * tool_parse_uint() - a decimal option argument
 * @option: the option's name for the message, "--tile"
 * @text: what the user wrote
 * @min: smallest value allowed
 * @max: largest value allowed
 * @out: receives the number
 */
int tool_parse_uint(const char *option, const char *text, uint64_t min,
		    uint64_t max, uint64_t *out);

/**
 * tool_parse_time() - a duration with its unit: 20ms, 5s, 100us, 300ns
 * @out: receives nanoseconds
 */
int tool_parse_time(const char *option, const char *text, uint64_t *out);

/** tool_parse_size() - "WIDTHxHEIGHT" in pixels, 1 to 65536 each */
int tool_parse_size(const char *option, const char *text, uint32_t *width,
		    uint32_t *height);

/** tool_now_ns() - CLOCK_MONOTONIC, ns */
uint64_t tool_now_ns(void);

#endif /* SRFPGA_TOOL_H */
