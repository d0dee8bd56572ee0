// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Prepares pictures for classifiers: size, channels, mean, scale, codes.
 * Must not know files or devices.
 */
#include "preprocess.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "pixels.h"
#include "tensor.h"
#include "tool.h"

int preprocess_check(const struct preprocess *p, const struct srfpga_port *port)
{
	if (p->channels != 1 && p->channels != 3)
		return tool_fail(port->name, "pictures have 1 or 3 channels, "
				 "not %u", p->channels);
	if ((uint64_t)p->height * p->width * p->channels != port->frame_elems)
		return tool_fail(port->name, "%ux%ux%u is not the port's %"
				 PRIu64 " elements", p->height, p->width,
				 p->channels, port->frame_elems);
	if (!p->stretch && p->resize &&
	    (p->resize < p->height || p->resize < p->width))
		return tool_usage("--resize", "%u is less than the input's "
				  "%ux%u", p->resize, p->width, p->height);
	return TOOL_OK;
}

static uint32_t scaled(uint32_t length, double ratio, uint32_t least)
{
	double v = length * ratio + 0.5;

	return v < least ? least : (uint32_t)v;
}

/* The centre of the picture, as large as the input. */
static int fit(const struct preprocess *p, struct image *img)
{
	uint32_t shorter = img->width < img->height ? img->width : img->height;
	double across = (double)p->width / img->width;
	double down = (double)p->height / img->height;
	double ratio = across > down ? across : down;
	int ret;

	if (p->stretch)
		return image_resize(img, p->width, p->height);
	if (p->resize)
		ratio = (double)p->resize / shorter;
	ret = image_resize(img, scaled(img->width, ratio, p->width),
			   scaled(img->height, ratio, p->height));
	if (ret)
		return ret;
	return image_crop(img, (img->width - p->width) / 2,
			  (img->height - p->height) / 2, p->width, p->height);
}

static float pixel(const struct preprocess *p, const uint8_t *rgb, uint32_t c)
{
	uint32_t from = p->bgr && p->channels == 3 ? 2 - c : c;
	float v = p->channels == 1 ? pixels_luma(rgb) : rgb[from];

	return p->real ? (v - p->mean[from]) * p->scale[from] : v;
}

static int to_codes(const struct preprocess *p, const struct srfpga_port *port,
		    const float *real, void *tensor)
{
	double scale = 1;
	int32_t zero = 0;
	int err;

	if (p->real) {
		scale = port->scale > 0 ? port->scale : p->step;
		zero = port->zero_point;
	}
	err = srfpga_layout_quantise(&port->layout, scale, zero, real,
				     port->frame_elems, tensor, NULL);
	return err ? tool_fail_errno(port->name, err) : TOOL_OK;
}

int preprocess_run(const struct preprocess *p, const struct srfpga_port *port,
		   struct image *img, void *tensor)
{
	size_t n = (size_t)p->height * p->width;
	float *real;
	uint32_t c;
	size_t i;
	int ret;

	image_drop_alpha(img);
	ret = image_grey_to_rgb(img);
	if (!ret)
		ret = fit(p, img);
	if (ret)
		return ret;
	real = malloc(n * p->channels * sizeof(*real));
	if (!real)
		return tool_fail_errno("memory", ENOMEM);
	for (i = 0; i < n; i++)
		for (c = 0; c < p->channels; c++)
			real[i * p->channels + c] = pixel(p, img->pixels +
							  3 * i, c);
	ret = to_codes(p, port, real, tensor);
	free(real);
	return ret;
}
