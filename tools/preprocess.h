/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SRFPGA_PREPROCESS_H
#define SRFPGA_PREPROCESS_H

#include <stdbool.h>
#include <stdint.h>

#include <srfpga.h>

#include "image.h"

/**
 * struct preprocess - from a picture to a classifier's input
 * @height: rows of the input
 * @width: columns
 * @channels: 1 (the luma) or 3
 * @resize: length that the shorter side gets before the centre is cut out; 0:
 *	as little as possible is lost
 * @stretch: resize to the input's size without cutting
 * @bgr: the network takes blue first
 * @real: the network takes (pixel - mean) * scale, rounded to its codes; else
 *	it takes the pixels themselves
 * @mean: red, green, blue
 * @scale: likewise
 * @step: real value of one code where the port does not know it
 */
struct preprocess {
	uint32_t height;
	uint32_t width;
	uint32_t channels;
	uint32_t resize;
	bool stretch;
	bool bgr;
	bool real;
	float mean[3];
	float scale[3];
	double step;
};

/** preprocess_check() - does this go with the port? */
int preprocess_check(const struct preprocess *p, const struct srfpga_port *port);

/**
 * preprocess_run() - one picture into a tensor
 * @img: used up
 * @tensor: one frame in the port's natural type
 */
int preprocess_run(const struct preprocess *p, const struct srfpga_port *port,
		   struct image *img, void *tensor);

#endif /* SRFPGA_PREPROCESS_H */
