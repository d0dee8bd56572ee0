// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Stands in for yuv.c where the tool is built without libyuv.
 */
#include "yuv.h"

#include "tool.h"

int yuv_to_rgb(const struct y4m *y4m, const uint8_t *planes, struct image *to)
{
	return tool_fail("video", "this srfpga was built without libyuv");
}

int yuv_from_rgb(const struct y4m *y4m, const struct image *from,
		 uint8_t *planes)
{
	return tool_fail("video", "this srfpga was built without libyuv");
}
