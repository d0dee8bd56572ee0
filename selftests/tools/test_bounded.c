// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A few bytes must not cost more than a few bytes: pictures that promise much
 * and hold little are refused before memory or time is spent on them. malloc is
 * wrapped and says what was asked for at most.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* jpeglib.h wants FILE to be known */
#include <stdio.h>
#include <jpeglib.h>

#include "image.h"
#include "test.h"
#include "tool.h"

#define FEW_BYTES	((size_t)1 << 20)
#define SHORT_TIME	(CLOCKS_PER_SEC / 4)	/* of the processor */

/* Visible: a sanitiser's shared object calls them, too. */
#define VISIBLE	__attribute__((visibility("default")))

void *__real_malloc(size_t size);
VISIBLE void *__wrap_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
VISIBLE void *__wrap_calloc(size_t n, size_t size);

static size_t largest;

void *__wrap_malloc(size_t size)
{
	if (size > largest)
		largest = size;
	return __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
	if (n * size > largest)
		largest = n * size;
	return __real_calloc(n, size);
}

/** Read a picture that is no picture: refused, cheaply. */
static void check_refused(const void *data, size_t len)
{
	struct infile in = { .name = "bounded" };
	struct image img = { 0 };
	clock_t start;

	in.f = fmemopen((void *)data, len, "r");
	in.head_len = fread(in.head, 1, sizeof(in.head), in.f);
	largest = 0;
	start = clock();
	CHECK_EQ(image_read(&in, &img), TOOL_FAILURE);
	CHECK(clock() - start < SHORT_TIME);
	CHECK(largest < FEW_BYTES);
	image_free(&img);
	infile_close(&in);
}

static void test_wrap(void)
{
	struct image img;

	largest = 0;
	CHECK_EQ(image_alloc(&img, "test", 2000, 1000, 3), 0);
	CHECK(largest >= 6000000);
	image_free(&img);
}

static void test_pnm(void)
{
	static const char *const head[] = {
		"P6\n10000 7400\n255\n", "P5\n11000 12000\n255\n",
		"P6\n9000 9000\n65535\n", "P3\n10000 7400\n255\n1 2 3\n",
		"P2\n10000 7400\n1\n0 1 0 1",
	};

	for (size_t i = 0; i < sizeof(head) / sizeof(*head); i++)
		check_refused(head[i], strlen(head[i]));
}

/** A small progressive JPEG. */
static unsigned char *small_jpeg(unsigned long *len, bool progressive)
{
	struct jpeg_compress_struct c = { 0 };
	struct jpeg_error_mgr err;
	unsigned char *data = NULL;
	JSAMPLE line[8] = { 10, 20, 30, 40, 50, 60, 70, 80 };
	JSAMPROW row = line;

	c.err = jpeg_std_error(&err);
	jpeg_create_compress(&c);
	jpeg_mem_dest(&c, &data, len);
	c.image_width = 8;
	c.image_height = 8;
	c.input_components = 1;
	c.in_color_space = JCS_GRAYSCALE;
	jpeg_set_defaults(&c);
	if (progressive)
		jpeg_simple_progression(&c);
	jpeg_start_compress(&c, TRUE);
	while (c.next_scanline < c.image_height)
		jpeg_write_scanlines(&c, &row, 1);
	jpeg_finish_compress(&c);
	jpeg_destroy_compress(&c);
	return data;
}

/** Put another size into the frame header, SOF0 or SOF2: height, then width. */
static bool promise(unsigned char *data, size_t len, unsigned int width,
		    unsigned int height)
{
	for (size_t i = 0; i + 9 < len; i++) {
		if (data[i] != 0xff || (data[i + 1] & 0xfd) != 0xc0)
			continue;
		data[i + 5] = (unsigned char)(height >> 8);
		data[i + 6] = (unsigned char)height;
		data[i + 7] = (unsigned char)(width >> 8);
		data[i + 8] = (unsigned char)width;
		return true;
	}
	return false;
}

static void test_jpeg(void)
{
	for (int progressive = 0; progressive < 2; progressive++) {
		unsigned long len = 0;
		unsigned char *data = small_jpeg(&len, progressive);

		if (CHECK(promise(data, len, 11000, 12000)))
			check_refused(data, len);
		free(data);
	}
}

static const struct test tests[] = {
	{ "the measure measures", test_wrap },
	{ "PNM: a header and nothing", test_pnm },
	{ "JPEG: a large size and one block", test_jpeg },
};

TEST_MAIN(tests)
