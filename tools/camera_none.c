// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * srfpga camera where libdrm or libyuv was not there when the tool was built.
 */
#include "tool.h"

static const char help[] =
#include "help/camera.inc"
	;

static int run(int argc, char **argv)
{
	static const struct option longs[] = { TOOL_OPTIONS, { 0 } };

	tool_getopt(&camera_command, argc, argv, TOOL_SHORT, longs);
	return tool_fail("camera", "this srfpga was built without libdrm and libyuv");
}

const struct tool_command camera_command = {
	.name = "camera", .help = help, .run = run,
};
