// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The srfpga tool: finds the subcommand and runs it.
 * Must not know what any of them does.
 */
#include "tool.h"

#include <stdio.h>
#include <string.h>

#include "outfile.h"

static const char help[] =
#include "help/srfpga.inc"
	;

static const struct tool_command *const commands[] = {
	&bench_command, &camera_command, &classify_command, &compare_command,
	&dtgen_command, &info_command, &model_command, &monitor_command,
	&run_command, &upscale_command, &verify_command,
};

static const struct tool_command *find(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(commands) / sizeof(*commands); i++)
		if (!strcmp(commands[i]->name, name))
			return commands[i];
	return NULL;
}

static int print(const char *text)
{
	fputs(text, stdout);
	return tool_flush_stdout(TOOL_OK);
}

static int help_command(const char *topic)
{
	const struct tool_command *cmd;

	if (!topic)
		return print(help);
	cmd = find(topic);
	if (!cmd)
		return tool_usage(topic, "no such command (see srfpga --help)");
	return print(cmd->help);
}

int main(int argc, char **argv)
{
	const struct tool_command *cmd;
	const char *word = argc > 1 ? argv[1] : NULL;

	if (!word) {
		fputs(help, stderr);
		return TOOL_USAGE;
	}
	if (!strcmp(word, "--help") || !strcmp(word, "-h") ||
	    !strcmp(word, "help"))
		return help_command(argc > 2 ? argv[2] : NULL);
	if (!strcmp(word, "--version") || !strcmp(word, "version"))
		return print("srfpga " SRFPGA_VERSION "\n");
	cmd = find(word);
	if (!cmd)
		return tool_usage(word, "no such command (see srfpga --help)");
	outfile_catch_signals();
	return tool_flush_stdout(cmd->run(argc - 1, argv + 1));
}
