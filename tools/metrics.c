// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * PSNR and SSIM as super-resolution papers compute them.
 * Must not know files.
 */
#include "metrics.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "tool.h"

#define WINDOW		11
#define SIGMA		1.5
#define C1		6.5025
#define C2		58.5225
/* x, y, x*x, y*y, x*y */
#define MOMENTS		5

/* Planes of a picture: its channels, then Y. */
enum { PLANE_R, PLANE_G, PLANE_B, PLANE_Y };

/** struct plane - one of them, without the shaved border */
struct plane {
	uint32_t width;
	uint32_t height;
	double *v;
};

static int plane_alloc(const struct image *img, uint32_t shave, struct plane *p)
{
	p->width = img->width - 2 * shave;
	p->height = img->height - 2 * shave;
	p->v = malloc((size_t)p->width * p->height * sizeof(*p->v));
	return p->v ? 0 : -ENOMEM;
}

static void plane_take(const struct image *img, uint32_t shave, int which,
		       struct plane *p)
{
	double *to = p->v;
	uint32_t x, y;

	for (y = 0; y < p->height; y++) {
		const uint8_t *c = img->pixels + 3 * (shave +
				   (size_t)(y + shave) * img->width);

		for (x = 0; x < p->width; x++, c += 3)
			*to++ = which < PLANE_Y ? c[which] :
				16 + (65.481 * c[0] + 128.553 * c[1] +
				      24.966 * c[2]) / 255;
	}
}

static double to_psnr(double squares, double count)
{
	return squares > 0 ? 10 * log10(255.0 * 255.0 * count / squares) :
			     INFINITY;
}

static void compare_rgb(const struct image *a, const struct image *b,
			uint32_t shave, struct metrics *m)
{
	uint32_t w = a->width - 2 * shave;
	uint32_t h = a->height - 2 * shave;
	uint64_t squares = 0;
	uint32_t x, y, c;

	for (y = shave; y < shave + h; y++) {
		size_t at = 3 * ((size_t)y * a->width + shave);

		for (x = 0; x < w; x++, at += 3) {
			uint32_t worst = 0;

			for (c = 0; c < 3; c++) {
				int d = a->pixels[at + c] - b->pixels[at + c];

				squares += (uint64_t)(d * d);
				if ((uint32_t)abs(d) > worst)
					worst = (uint32_t)abs(d);
			}
			m->different += worst > 0;
			if (worst > m->largest)
				m->largest = worst;
		}
	}
	m->psnr_rgb = to_psnr((double)squares, 3.0 * w * h);
}

static double compare_y(const struct plane *a, const struct plane *b)
{
	size_t n = (size_t)a->width * a->height;
	double squares = 0;
	size_t i;

	for (i = 0; i < n; i++)
		squares += (a->v[i] - b->v[i]) * (a->v[i] - b->v[i]);
	return to_psnr(squares, (double)n);
}

static void make_window(double *w)
{
	double sum = 0;
	int i;

	for (i = 0; i < WINDOW; i++) {
		double d = i - WINDOW / 2;

		w[i] = exp(-d * d / (2 * SIGMA * SIGMA));
		sum += w[i];
	}
	for (i = 0; i < WINDOW; i++)
		w[i] /= sum;
}

/* Window one row horizontally: MOMENTS sums for each valid column. */
static void filter_row(const double *x, const double *y, uint32_t cols,
		       const double *w, double *to)
{
	uint32_t i;
	int k;

	for (i = 0; i < cols; i++, to += MOMENTS) {
		double s[MOMENTS] = { 0 };

		for (k = 0; k < WINDOW; k++) {
			double u = x[i + k], v = y[i + k];

			s[0] += w[k] * u;
			s[1] += w[k] * v;
			s[2] += w[k] * u * u;
			s[3] += w[k] * v * v;
			s[4] += w[k] * u * v;
		}
		for (k = 0; k < MOMENTS; k++)
			to[k] = s[k];
	}
}

static double ssim_of(const double *s)
{
	double xx = s[0] * s[0], yy = s[1] * s[1], xy = s[0] * s[1];

	return (2 * xy + C1) * (2 * (s[4] - xy) + C2) /
	       ((xx + yy + C1) * (s[2] - xx + s[3] - yy + C2));
}

/* Window the last WINDOW filtered rows vertically; the sum over the row. */
static double ssim_row(const double *ring, uint32_t newest, uint32_t cols,
		       const double *w)
{
	size_t stride = (size_t)cols * MOMENTS;
	double sum = 0;
	uint32_t i;
	int k, m;

	for (i = 0; i < cols; i++) {
		double s[MOMENTS] = { 0 };

		for (k = 0; k < WINDOW; k++) {
			const double *row = ring + (newest + 1 + k) % WINDOW *
					    stride + i * MOMENTS;

			for (m = 0; m < MOMENTS; m++)
				s[m] += w[k] * row[m];
		}
		sum += ssim_of(s);
	}
	return sum;
}

static int compare_ssim(const struct plane *a, const struct plane *b,
			double *ssim)
{
	uint32_t cols = a->width - WINDOW + 1;
	double w[WINDOW];
	double *ring;
	double sum = 0;
	uint32_t y;

	*ssim = NAN;
	if (a->width < WINDOW || a->height < WINDOW)
		return 0;
	ring = malloc((size_t)cols * MOMENTS * WINDOW * sizeof(*ring));
	if (!ring)
		return -ENOMEM;
	make_window(w);
	for (y = 0; y < a->height; y++) {
		filter_row(a->v + (size_t)y * a->width,
			   b->v + (size_t)y * b->width, cols, w,
			   ring + (size_t)(y % WINDOW) * cols * MOMENTS);
		if (y >= WINDOW - 1)
			sum += ssim_row(ring, y, cols, w);
	}
	free(ring);
	*ssim = sum / ((double)cols * (a->height - WINDOW + 1));
	return 0;
}

static int compare_planes(const struct image *a, const struct image *b,
			  uint32_t shave, struct plane *pa, struct plane *pb,
			  struct metrics *m)
{
	double ssim;
	int which;
	int err = 0;

	for (which = PLANE_R; !err && which <= PLANE_Y; which++) {
		plane_take(a, shave, which, pa);
		plane_take(b, shave, which, pb);
		err = compare_ssim(pa, pb, &ssim);
		if (which < PLANE_Y)
			m->ssim_rgb += ssim / 3;
		else
			m->ssim_y = ssim;
	}
	/* The last one was Y. */
	m->psnr_y = compare_y(pa, pb);
	return err;
}

int metrics_compare(const struct image *a, const struct image *b,
		    uint32_t shave, struct metrics *m)
{
	struct plane pa = { 0 }, pb = { 0 };
	int err;

	*m = (struct metrics){ 0 };
	compare_rgb(a, b, shave, m);
	err = plane_alloc(a, shave, &pa);
	if (!err)
		err = plane_alloc(b, shave, &pb);
	if (!err)
		err = compare_planes(a, b, shave, &pa, &pb, m);
	free(pa.v);
	free(pb.v);
	return err ? tool_fail_errno("memory", err) : TOOL_OK;
}
