// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * srfpga dtgen where libxml2 was not there when the tool was built.
 */
#include "tool.h"

static const char help[] =
#include "help/dtgen.inc"
	;

static int run(int argc, char **argv)
{
	static const struct option longs[] = { TOOL_OPTIONS, { 0 } };

	tool_getopt(&dtgen_command, argc, argv, TOOL_SHORT, longs);
	return tool_fail("dtgen", "this srfpga was built without libxml2");
}

const struct tool_command dtgen_command = {
	.name = "dtgen", .help = help, .run = run,
};
