/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SRFPGA_TILES_H
#define SRFPGA_TILES_H

#include <stdint.h>

/**
 * struct tiles_axis - how one dimension of a picture is cut into frames
 * @length: the picture's, pixels
 * @frame: the frame's, pixels
 * @halo: pixels at an inner border of a frame whose result is not used
 * @count: number of frames
 *
 * A network pads with zeroes at the border of its frame. So that every pixel
 * comes out as in a run on the whole picture, borders of the picture always
 * fall on borders of a frame (the last frame moves inward), and results near
 * any other border are taken from the neighbouring frame. A picture that is
 * smaller than the frame lies at its start; the rest repeats the last pixel.
 */
struct tiles_axis {
	uint32_t length;
	uint32_t frame;
	uint32_t halo;
	uint32_t count;
};

/**
 * struct tiles_span - one frame along one dimension, in input pixels
 * @at: where the frame starts in the picture
 * @start: first pixel of the picture whose result is taken from it
 * @end: one behind the last such pixel
 */
struct tiles_span {
	uint32_t at;
	uint32_t start;
	uint32_t end;
};

/**
 * tiles_plan() - cut a dimension
 *
 * Return: 0, or -EINVAL: the picture is larger than the frame, and the frame
 * is all halo.
 */
int tiles_plan(struct tiles_axis *axis, uint32_t length, uint32_t frame,
	       uint32_t halo);

/** tiles_span() - frame @index, 0..count-1; the spans cover the picture once */
struct tiles_span tiles_span(const struct tiles_axis *axis, uint32_t index);

#endif /* SRFPGA_TILES_H */
