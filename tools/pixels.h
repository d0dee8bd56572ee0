/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SRFPGA_PIXELS_H
#define SRFPGA_PIXELS_H

#include "image.h"

/** pixels_luma() - BT.601 luma of full-range RGB, rounded */
static inline uint8_t pixels_luma(const uint8_t *rgb)
{
	return (uint8_t)((19595u * rgb[0] + 38470u * rgb[1] + 7471u * rgb[2] +
			  32768) >> 16);
}

/**
 * pixels_to_frame() - a piece of a picture's row into a frame
 * @to: first pixel in the frame
 * @channels: of the frame, 1 or 3
 * @from: the picture: 1, 3 or 4 channels
 * @x: first column
 * @y: row
 * @pass: for frames of one channel the picture's channel, else 0
 * @count: pixels
 */
void pixels_to_frame(uint8_t *to, uint32_t channels, const struct image *from,
		     uint32_t x, uint32_t y, uint32_t pass, uint32_t count);

/** pixels_extend() - repeat pixel @count - 1 of a row up to @width */
void pixels_extend(uint8_t *row, uint32_t channels, uint32_t count,
		   uint32_t width);

/** pixels_from_frame() - the inverse of pixels_to_frame() */
void pixels_from_frame(struct image *to, uint32_t x, uint32_t y, uint32_t pass,
		       const uint8_t *from, uint32_t channels, uint32_t count);

/**
 * pixels_upscale_alpha() - interpolate the alpha of @from linearly into @to
 * @to: RGBA, @factor times the size
 *
 * Pixels are squares: result x lies at (x + 0.5) / factor - 0.5.
 */
void pixels_upscale_alpha(const struct image *from, struct image *to,
			  uint32_t factor);

#endif /* SRFPGA_PIXELS_H */
