// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Pictures: formats there and back, orientation, size, alpha, metrics.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "image.h"
#include "metrics.h"
#include "pixels.h"
#include "test.h"

static struct image noise(uint32_t width, uint32_t height, uint32_t channels)
{
	struct image img;
	size_t n = (size_t)width * height * channels;

	if (image_alloc(&img, "test", width, height, channels))
		abort();
	for (size_t i = 0; i < n; i++)
		img.pixels[i] = (uint8_t)test_random();
	return img;
}

static bool equal(const struct image *a, const struct image *b)
{
	return a->width == b->width && a->height == b->height &&
	       a->channels == b->channels &&
	       !memcmp(a->pixels, b->pixels,
		       (size_t)a->width * a->height * a->channels);
}

/* Write under a name and read it again. */
static int there_and_back(const char *name, const struct image *img,
			  struct image *back)
{
	struct infile in = { .name = name };
	char *data = NULL;
	size_t len;
	FILE *f = open_memstream(&data, &len);
	int ret = image_write(f, name, img);

	fclose(f);
	if (!ret) {
		in.f = fmemopen(data, len, "r");
		in.head_len = fread(in.head, 1, sizeof(in.head), in.f);
		ret = image_read(&in, back);
		infile_close(&in);
	}
	free(data);
	return ret;
}

static void test_lossless(void)
{
	static const struct {
		const char *name;
		uint32_t channels;
	} cases[] = {
		{ "a.png", 1 }, { "a.png", 3 }, { "a.png", 4 }, { "-", 3 },
		{ "a.pgm", 1 }, { "a.PPM", 3 }, { "a.pnm", 1 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct image img = noise(13, 7, cases[i].channels);
		struct image back;

		if (CHECK(!there_and_back(cases[i].name, &img, &back))) {
			CHECK(equal(&img, &back));
			image_free(&back);
		}
		image_free(&img);
	}
}

static void test_jpeg(void)
{
	struct image img, back;
	struct metrics m;

	/* A soft gradient survives quality 95 nearly untouched. */
	CHECK_EQ(image_alloc(&img, "test", 64, 48, 3), 0);
	for (int i = 0; i < 64 * 48 * 3; i++)
		img.pixels[i] = (uint8_t)(i / 3 % 64 + i / 3 / 64 + i % 3 * 30);
	if (CHECK(!there_and_back("a.jpeg", &img, &back))) {
		CHECK_EQ(metrics_compare(&img, &back, 0, &m), 0);
		CHECK(m.psnr_rgb > 45);
		image_free(&back);
	}
	image_free(&img);
}

/*
 * The upright picture is 2x3 with pixels 1 to 6; what a camera stores for each
 * orientation, from the EXIF standard: where the 0th row and column show.
 */
static void test_orientation(void)
{
	static const struct {
		uint32_t width;
		uint8_t stored[6];
	} cases[] = {
		[1] = { 2, { 1, 2, 3, 4, 5, 6 } },
		[2] = { 2, { 2, 1, 4, 3, 6, 5 } },
		[3] = { 2, { 6, 5, 4, 3, 2, 1 } },
		[4] = { 2, { 5, 6, 3, 4, 1, 2 } },
		[5] = { 3, { 1, 3, 5, 2, 4, 6 } },
		[6] = { 3, { 2, 4, 6, 1, 3, 5 } },
		[7] = { 3, { 6, 4, 2, 5, 3, 1 } },
		[8] = { 3, { 5, 3, 1, 6, 4, 2 } },
	};

	for (unsigned int o = 1; o <= 8; o++) {
		struct image img;

		CHECK_EQ(image_alloc(&img, "test", cases[o].width,
				     6 / cases[o].width, 1), 0);
		memcpy(img.pixels, cases[o].stored, 6);
		CHECK_EQ(image_orient(&img, o), 0);
		CHECK_EQ(img.width, 2);
		if (!CHECK(!memcmp(img.pixels, cases[1].stored, 6)))
			printf("# orientation %u\n", o);
		image_free(&img);
	}
}

static void test_resize(void)
{
	/* What Pillow 10 makes of this with Image.BILINEAR. */
	static const uint8_t source[12] = {
		0, 40, 80, 120, 200, 255, 10, 20, 30, 5, 250, 100,
	};
	static const uint8_t half[2] = { 34, 152 };
	static const uint8_t twice[8] = { 0, 10, 30, 50, 70, 90, 110, 120 };
	struct image img;

	CHECK_EQ(image_alloc(&img, "test", 6, 2, 1), 0);
	memcpy(img.pixels, source, 12);
	CHECK_EQ(image_resize(&img, 2, 1), 0);
	for (int i = 0; i < 2; i++)
		CHECK(abs(img.pixels[i] - half[i]) <= 1);
	image_free(&img);
	CHECK_EQ(image_alloc(&img, "test", 4, 1, 1), 0);
	memcpy(img.pixels, source, 4);
	CHECK_EQ(image_resize(&img, 8, 1), 0);
	CHECK(!memcmp(img.pixels, twice, 8));
	image_free(&img);
	img = noise(5, 5, 4);
	memset(img.pixels, 77, 100);
	CHECK_EQ(image_resize(&img, 13, 3), 0);
	for (int i = 0; i < 13 * 3 * 4; i++)
		CHECK_EQ(img.pixels[i], 77);
	image_free(&img);
}

static void test_alpha(void)
{
	struct image from, to;

	CHECK_EQ(image_alloc(&from, "test", 3, 1, 4), 0);
	CHECK_EQ(image_alloc(&to, "test", 6, 2, 4), 0);
	memset(from.pixels, 0, 12);
	from.pixels[3] = 0;
	from.pixels[7] = 0;
	from.pixels[11] = 200;
	pixels_upscale_alpha(&from, &to, 2);
	for (int i = 0; i < 4; i++)
		CHECK_EQ(to.pixels[4 * i + 3], i < 3 ? 0 : 50);
	CHECK_EQ(to.pixels[4 * 4 + 3], 150);
	CHECK_EQ(to.pixels[4 * 5 + 3], 200);
	for (int i = 0; i < 6; i++)
		CHECK_EQ(to.pixels[4 * (6 + i) + 3], to.pixels[4 * i + 3]);
	/* What is opaque stays opaque. */
	memset(from.pixels, 255, 12);
	pixels_upscale_alpha(&from, &to, 2);
	for (int i = 0; i < 12; i++)
		CHECK_EQ(to.pixels[4 * i + 3], 255);
	image_free(&from);
	image_free(&to);
}

static bool is_close(double got, double want, double limit)
{
	return fabs(got - want) <= limit;
}

/* A pattern both sides of this test can make; figures from NumPy. */
static void test_metrics(void)
{
	struct image a, b;
	struct metrics m;

	CHECK_EQ(image_alloc(&a, "test", 40, 30, 3), 0);
	CHECK_EQ(image_alloc(&b, "test", 40, 30, 3), 0);
	for (int y = 0; y < 30; y++)
		for (int x = 0; x < 40; x++)
			for (int c = 0; c < 3; c++) {
				int v = (x * 7 + y * 11 + c * 40 +
					 x * y / 3) % 200;
				int i = (y * 40 + x) * 3 + c;

				a.pixels[i] = (uint8_t)v;
				b.pixels[i] = (uint8_t)(v + (x * 5 + y * 3 +
							     c) % 13);
			}
	CHECK_EQ(metrics_compare(&a, &b, 2, &m), 0);
	CHECK(is_close(m.psnr_rgb, 31.141103565, 1e-6));
	CHECK(is_close(m.psnr_y, 32.793076906, 1e-6));
	CHECK(is_close(m.ssim_rgb, 0.993691426271, 1e-9));
	CHECK(is_close(m.ssim_y, 0.993046203139, 1e-9));
	CHECK_EQ(m.different, 936);
	CHECK_EQ(m.largest, 12);
	CHECK_EQ(metrics_compare(&a, &a, 0, &m), 0);
	CHECK(isinf(m.psnr_rgb) && isinf(m.psnr_y) && m.ssim_y == 1);
	CHECK(is_close(m.ssim_rgb, 1, 1e-12));
	CHECK_EQ(metrics_compare(&a, &b, 10, &m), 0);
	CHECK(isnan(m.ssim_rgb) && isnan(m.ssim_y));
	image_free(&a);
	image_free(&b);
}

static const struct test tests[] = {
	{ "formats without loss", test_lossless },
	{ "JPEG", test_jpeg },
	{ "EXIF orientation", test_orientation },
	{ "resize", test_resize },
	{ "alpha", test_alpha },
	{ "PSNR and SSIM", test_metrics },
};

TEST_MAIN(tests)
