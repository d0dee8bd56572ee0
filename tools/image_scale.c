// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Resizes pictures with a triangle filter that widens when the picture shrinks,
 * as PIL's BILINEAR does. Must not know what for.
 */
#include "image.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tool.h"

/**
 * struct taps - the pixels that one result is made of
 * @first: first of them
 * @count: how many
 * @weight: of each, their sum is 1
 */
struct taps {
	uint32_t first;
	uint32_t count;
	float *weight;
};

/* @reach is the filter's half width in pixels of the source. */
static void make_taps(struct taps *t, uint32_t i, double ratio, double reach,
		      uint32_t length)
{
	double centre = (i + 0.5) * ratio;
	double low = floor(centre - reach + 0.5);
	double high = floor(centre + reach + 0.5);
	double sum = 0;
	uint32_t k;

	t->first = low < 0 ? 0 : (uint32_t)low;
	t->count = (high > length ? length : (uint32_t)high) - t->first;
	for (k = 0; k < t->count; k++) {
		double d = fabs(t->first + k + 0.5 - centre) / reach;

		t->weight[k] = d < 1 ? (float)(1 - d) : 0;
		sum += t->weight[k];
	}
	for (k = 0; k < t->count; k++)
		t->weight[k] = (float)(t->weight[k] / sum);
}

/*
 * One pass along one axis: @outer lines that lie @line apart, pixels that lie
 * @step apart, @channels bytes each.
 */
struct pass {
	uint32_t outer;
	size_t from_line;
	size_t from_step;
	size_t to_line;
	size_t to_step;
	uint32_t channels;
};

static void apply(const struct pass *p, const struct taps *t, size_t at,
		  const uint8_t *from, uint8_t *to)
{
	uint32_t o, c, k;

	for (o = 0; o < p->outer; o++)
		for (c = 0; c < p->channels; c++) {
			const uint8_t *src = from + o * p->from_line + c +
					     t->first * p->from_step;
			float sum = 0.5f;

			for (k = 0; k < t->count; k++)
				sum += t->weight[k] * src[k * p->from_step];
			to[o * p->to_line + at * p->to_step + c] =
				(uint8_t)(sum > 255 ? 255 : sum);
		}
}

static int run_pass(const struct pass *p, uint32_t from_length,
		    uint32_t to_length, const uint8_t *from, uint8_t *to)
{
	double ratio = (double)from_length / to_length;
	double reach = ratio > 1 ? ratio : 1;
	struct taps t = { 0 };
	uint32_t i;

	t.weight = malloc(((size_t)ceil(reach) * 2 + 2) * sizeof(*t.weight));
	if (!t.weight)
		return -ENOMEM;
	for (i = 0; i < to_length; i++) {
		make_taps(&t, i, ratio, reach, from_length);
		apply(p, &t, i, from, to);
	}
	free(t.weight);
	return 0;
}

int image_resize(struct image *img, uint32_t width, uint32_t height)
{
	struct image wide, done;
	uint32_t c = img->channels;
	struct pass rows = {
		.outer = img->height, .channels = c,
		.from_line = (size_t)img->width * c, .from_step = c,
		.to_line = (size_t)width * c, .to_step = c,
	};
	struct pass columns = {
		.outer = width, .channels = c,
		.from_line = c, .from_step = (size_t)width * c,
		.to_line = c, .to_step = (size_t)width * c,
	};
	int err, ret = image_alloc(&wide, "memory", width, img->height, c);

	if (ret)
		return ret;
	ret = image_alloc(&done, "memory", width, height, c);
	if (!ret) {
		err = run_pass(&rows, img->width, width, img->pixels,
			       wide.pixels);
		if (!err)
			err = run_pass(&columns, img->height, height,
				       wide.pixels, done.pixels);
		if (err)
			ret = tool_fail_errno("memory", err);
	}
	image_free(&wide);
	if (ret) {
		image_free(&done);
		return ret;
	}
	image_free(img);
	*img = done;
	return TOOL_OK;
}

int image_crop(struct image *img, uint32_t x, uint32_t y, uint32_t width,
	       uint32_t height)
{
	size_t c = img->channels;
	struct image part;
	uint32_t row;
	int ret = image_alloc(&part, "memory", width, height, img->channels);

	if (ret)
		return ret;
	for (row = 0; row < height; row++)
		memcpy(part.pixels + row * width * c, img->pixels +
		       ((size_t)(y + row) * img->width + x) * c, width * c);
	image_free(img);
	*img = part;
	return TOOL_OK;
}
