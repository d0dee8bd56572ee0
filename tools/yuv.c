// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Between video planes and RGB, with libyuv.
 * Must not know streams or devices.
 */
#include "yuv.h"

#include <errno.h>
#include <stdlib.h>

#include <libyuv.h>

#include "tool.h"

/* Rows that are converted at once through a buffer that stays in the cache. */
#define BAND	32

/**
 * struct planes - the three planes of a frame
 * @data: their first bytes
 * @stride: bytes of a row
 */
struct planes {
	uint8_t *data[3];
	int stride[3];
};

static struct planes split(const struct y4m *y4m, uint8_t *data)
{
	size_t luma = (size_t)y4m->width * y4m->height;
	uint32_t cw = y4m_chroma_width(y4m);
	size_t chroma = (size_t)cw * y4m_chroma_height(y4m);
	struct planes p = {
		.data = { data, data + luma, data + luma + chroma },
		.stride = { (int)y4m->width, (int)cw, (int)cw },
	};

	return p;
}

int yuv_to_rgb(const struct y4m *y4m, const uint8_t *planes, struct image *to)
{
	/* Only read: libyuv's inputs are const, the struct serves both ways. */
	struct planes p = split(y4m, (uint8_t *)planes);
	/*
	 * libyuv's RGB24 is B, G, R in memory. Swapping U and V together with
	 * the matrix made for that gives R, G, B.
	 */
	const struct YuvConstants *matrix = y4m->full_range ?
		&kYvuJPEGConstants : &kYvuI601Constants;
	int stride = (int)to->width * 3;
	int w = (int)to->width;
	int h = (int)to->height;
	int err;

	if (y4m->chroma == Y4M_444)
		err = I444ToRGB24Matrix(p.data[0], p.stride[0],
					p.data[2], p.stride[2],
					p.data[1], p.stride[1],
					to->pixels, stride, matrix, w, h);
	else if (y4m->chroma == Y4M_422)
		err = I422ToRGB24MatrixFilter(p.data[0], p.stride[0],
					      p.data[2], p.stride[2],
					      p.data[1], p.stride[1],
					      to->pixels, stride, matrix, w, h,
					      kFilterBilinear);
	else
		err = I420ToRGB24MatrixFilter(p.data[0], p.stride[0],
					      p.data[2], p.stride[2],
					      p.data[1], p.stride[1],
					      to->pixels, stride, matrix, w, h,
					      kFilterBilinear);
	return err ? tool_fail("libyuv", "conversion to RGB failed") : TOOL_OK;
}

typedef int (*from_argb)(const uint8_t *argb, int argb_stride,
			 uint8_t *y, int y_stride, uint8_t *u, int u_stride,
			 uint8_t *v, int v_stride, int width, int height);

/*
 * Full range 4:4:4 is missing in libyuv: repeat every column, so that the pair
 * that 4:2:2 averages is one pixel. The luma of the wide picture is not used.
 */
static int argb_to_j444(const uint8_t *argb, int argb_stride,
			uint8_t *y, int y_stride, uint8_t *u, int u_stride,
			uint8_t *v, int v_stride, int width, int height)
{
	size_t wide = (size_t)width * 2;
	uint8_t *twice = malloc(wide * 5);
	int row, err = twice ? 0 : -ENOMEM;

	for (row = 0; !err && row < height; row++) {
		const uint8_t *line = argb + (ptrdiff_t)row * argb_stride;

		ARGBScale(line, argb_stride, width, 1, twice, (int)wide * 4,
			  (int)wide, 1, kFilterNone);
		err = ARGBToJ422(twice, (int)wide * 4,
				 twice + wide * 4, (int)wide,
				 u + (ptrdiff_t)row * u_stride, u_stride,
				 v + (ptrdiff_t)row * v_stride, v_stride,
				 (int)wide, 1);
		if (!err)
			err = ARGBToJ400(line, argb_stride,
					 y + (ptrdiff_t)row * y_stride,
					 y_stride, width, 1);
	}
	free(twice);
	return err;
}

static from_argb pick(const struct y4m *y4m)
{
	static const from_argb limited[] = {
		[Y4M_420] = ARGBToI420, [Y4M_422] = ARGBToI422,
		[Y4M_444] = ARGBToI444,
	};
	static const from_argb full[] = {
		[Y4M_420] = ARGBToJ420, [Y4M_422] = ARGBToJ422,
		[Y4M_444] = argb_to_j444,
	};

	return (y4m->full_range ? full : limited)[y4m->chroma];
}

int yuv_from_rgb(const struct y4m *y4m, const struct image *from,
		 uint8_t *planes)
{
	struct planes p = split(y4m, planes);
	from_argb convert = pick(y4m);
	int chroma_rows = y4m->chroma == Y4M_420 ? BAND / 2 : BAND;
	int w = (int)from->width;
	uint8_t *argb = malloc((size_t)w * 4 * BAND);
	uint32_t y;
	int err = argb ? 0 : -ENOMEM;

	for (y = 0; !err && y < from->height; y += BAND) {
		uint32_t left = from->height - y;
		int rows = left < BAND ? (int)left : BAND;

		RAWToARGB(from->pixels + (size_t)y * from->width * 3, w * 3,
			  argb, w * 4, w, rows);
		err = convert(argb, w * 4, p.data[0], p.stride[0],
			      p.data[1], p.stride[1], p.data[2], p.stride[2],
			      w, rows);
		p.data[0] += (ptrdiff_t)BAND * p.stride[0];
		p.data[1] += (ptrdiff_t)chroma_rows * p.stride[1];
		p.data[2] += (ptrdiff_t)chroma_rows * p.stride[2];
	}
	free(argb);
	return err ? tool_fail("libyuv", "conversion from RGB failed") :
		     TOOL_OK;
}
