/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SRFPGA_METRICS_H
#define SRFPGA_METRICS_H

#include "image.h"

/**
 * struct metrics - how far two pictures are apart
 * @psnr_rgb: dB over all channels; infinite for equal pictures
 * @psnr_y: dB of Y = 16 + (65.481 R + 128.553 G + 24.966 B) / 255, unrounded
 * @ssim_rgb: mean of the three channels' SSIM
 * @ssim_y: of the same Y, 11x11 Gaussian window of sigma 1.5, valid region; NaN
 *	for pictures smaller than the window
 * @different: pixels that differ in any channel
 * @largest: largest difference of a channel
 */
struct metrics {
	double psnr_rgb;
	double psnr_y;
	double ssim_rgb;
	double ssim_y;
	uint64_t different;
	uint32_t largest;
};

/**
 * metrics_compare() - compare two RGB pictures of one size
 * @shave: rows and columns at each border that are left out; must leave some
 */
int metrics_compare(const struct image *a, const struct image *b,
		    uint32_t shave, struct metrics *m);

#endif /* SRFPGA_METRICS_H */
