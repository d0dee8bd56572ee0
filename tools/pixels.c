// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Moves pixels between pictures and an accelerator's frames: grey and colour,
 * one channel and three, alpha. Must not know devices or tiles.
 */
#include "pixels.h"

#include <string.h>

void pixels_to_frame(uint8_t *to, uint32_t channels, const struct image *from,
		     uint32_t x, uint32_t y, uint32_t pass, uint32_t count)
{
	uint32_t c = from->channels;
	const uint8_t *p = from->pixels + ((size_t)y * from->width + x) * c;
	uint32_t i;

	if (c == channels) {
		memcpy(to, p, (size_t)count * c);
		return;
	}
	for (i = 0; i < count; i++, p += c, to += channels) {
		if (channels == 1)
			to[0] = p[pass];
		else if (c == 1)
			memset(to, p[0], 3);
		else
			memcpy(to, p, 3);
	}
}

void pixels_extend(uint8_t *row, uint32_t channels, uint32_t count,
		   uint32_t width)
{
	const uint8_t *last = row + (size_t)(count - 1) * channels;

	for (; count < width; count++)
		memcpy(row + (size_t)count * channels, last, channels);
}

void pixels_from_frame(struct image *to, uint32_t x, uint32_t y, uint32_t pass,
		       const uint8_t *from, uint32_t channels, uint32_t count)
{
	uint32_t c = to->channels;
	uint8_t *p = to->pixels + ((size_t)y * to->width + x) * c;
	uint32_t i;

	if (c == channels) {
		memcpy(p, from, (size_t)count * c);
		return;
	}
	for (i = 0; i < count; i++, p += c, from += channels) {
		if (channels == 1)
			p[pass] = from[0];
		else if (c == 1)
			p[0] = pixels_luma(from);
		else
			memcpy(p, from, 3);
	}
}

/*
 * The two neighbours of result @i along an axis, and the weight of the second
 * in 1/(2 * factor).
 */
struct neighbours {
	uint32_t first;
	uint32_t second;
	uint32_t weight;
};

static struct neighbours find_neighbours(uint32_t i, uint32_t factor,
					 uint32_t length)
{
	/* Twice factor times the position, moved by one pixel to be positive. */
	uint64_t at = 2 * (uint64_t)i + 1 + factor;
	uint64_t cell = at / (2 * factor);
	struct neighbours n = { .weight = (uint32_t)(at % (2 * factor)) };

	n.first = cell ? (uint32_t)cell - 1 : 0;
	n.second = cell < length ? (uint32_t)cell : length - 1;
	return n;
}

void pixels_upscale_alpha(const struct image *from, struct image *to,
			  uint32_t factor)
{
	uint32_t whole = 2 * factor;
	uint32_t x, y;

	for (y = 0; y < to->height; y++) {
		struct neighbours v = find_neighbours(y, factor, from->height);
		const uint8_t *up = from->pixels +
				    (size_t)v.first * from->width * 4 + 3;
		const uint8_t *low = from->pixels +
				     (size_t)v.second * from->width * 4 + 3;
		uint8_t *p = to->pixels + (size_t)y * to->width * 4 + 3;

		for (x = 0; x < to->width; x++, p += 4) {
			struct neighbours h = find_neighbours(x, factor,
							      from->width);
			uint32_t a = up[4 * h.first] * (whole - h.weight) +
				     up[4 * h.second] * h.weight;
			uint32_t b = low[4 * h.first] * (whole - h.weight) +
				     low[4 * h.second] * h.weight;

			*p = (uint8_t)((a * (whole - v.weight) + b * v.weight +
					whole * whole / 2) / (whole * whole));
		}
	}
}
