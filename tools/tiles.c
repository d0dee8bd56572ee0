// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Cuts a picture into an accelerator's frames.
 * Must not know pixels or devices.
 */
#include "tiles.h"

#include <errno.h>

int tiles_plan(struct tiles_axis *axis, uint32_t length, uint32_t frame,
	       uint32_t halo)
{
	uint32_t step;

	*axis = (struct tiles_axis){ .length = length, .frame = frame,
				     .halo = halo, .count = 1 };
	if (length <= frame)
		return 0;
	if (halo >= frame || 2 * (uint64_t)halo >= frame)
		return -EINVAL;
	step = frame - 2 * halo;
	axis->count = (length - 2 * halo - 1) / step + 1;
	return 0;
}

struct tiles_span tiles_span(const struct tiles_axis *axis, uint32_t index)
{
	uint32_t step = axis->frame - 2 * axis->halo;
	struct tiles_span span = { .end = axis->length };

	if (axis->count == 1)
		return span;
	span.at = index * step;
	if (index)
		span.start = span.at + axis->halo;
	if (index + 1 < axis->count)
		span.end = span.at + step + axis->halo;
	if (span.at > axis->length - axis->frame)
		span.at = axis->length - axis->frame;
	return span;
}
