// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * YUV4MPEG2 and its colours: primaries as BT.601 defines them, both ranges, all
 * three chroma formats, sizes that are odd.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test.h"
#include "y4m.h"
#include "yuv.h"

struct colour {
	uint8_t rgb[3];
	uint8_t limited[3];
	uint8_t full[3];
};

/* Y'CbCr of BT.601 (luma weights 0.299, 0.587, 0.114), rounded by hand. */
static const struct colour colours[] = {
	{ { 0, 0, 0 }, { 16, 128, 128 }, { 0, 128, 128 } },
	{ { 255, 255, 255 }, { 235, 128, 128 }, { 255, 128, 128 } },
	{ { 255, 0, 0 }, { 81, 90, 240 }, { 76, 85, 255 } },
	{ { 0, 255, 0 }, { 145, 54, 34 }, { 150, 44, 21 } },
	{ { 0, 0, 255 }, { 41, 240, 110 }, { 29, 255, 107 } },
	{ { 128, 128, 128 }, { 126, 128, 128 }, { 128, 128, 128 } },
};

static const char *const chroma_names[] = { "4:2:0", "4:2:2", "4:4:4" };

static bool near(const uint8_t *got, const uint8_t *want, int limit)
{
	for (int c = 0; c < 3; c++)
		if (abs(got[c] - want[c]) > limit)
			return false;
	return true;
}

static void fill(const struct y4m *y4m, uint8_t *planes, const uint8_t *yuv)
{
	size_t luma = (size_t)y4m->width * y4m->height;
	size_t chroma = (size_t)y4m_chroma_width(y4m) * y4m_chroma_height(y4m);

	memset(planes, yuv[0], luma);
	memset(planes + luma, yuv[1], chroma);
	memset(planes + luma + chroma, yuv[2], chroma);
}

static void check_colour(const struct y4m *y4m, const struct colour *c,
			 struct image *img, uint8_t *planes)
{
	const uint8_t *yuv = y4m->full_range ? c->full : c->limited;
	size_t pixels = (size_t)y4m->width * y4m->height;
	size_t chroma = (size_t)y4m_chroma_width(y4m) * y4m_chroma_height(y4m);
	bool good = true;

	fill(y4m, planes, yuv);
	CHECK_EQ(yuv_to_rgb(y4m, planes, img), 0);
	for (size_t i = 0; i < pixels; i++)
		good &= near(img->pixels + 3 * i, c->rgb, 2);
	CHECK(good);
	for (size_t i = 0; i < pixels; i++)
		memcpy(img->pixels + 3 * i, c->rgb, 3);
	memset(planes, 1, y4m_frame_bytes(y4m));
	CHECK_EQ(yuv_from_rgb(y4m, img, planes), 0);
	good = true;
	for (size_t i = 0; i < pixels; i++)
		good &= abs(planes[i] - yuv[0]) <= 1;
	for (size_t i = 0; i < chroma; i++)
		good &= abs(planes[pixels + i] - yuv[1]) <= 1 &&
			abs(planes[pixels + chroma + i] - yuv[2]) <= 1;
	CHECK(good);
}

static void test_primaries(void)
{
	for (int n = 0; n < 6; n++) {
		struct y4m y4m = { .width = 37, .height = 67,
				   .chroma = n / 2, .full_range = n % 2 };
		struct image img;
		uint8_t *planes = malloc(y4m_frame_bytes(&y4m));

		CHECK_EQ(image_alloc(&img, "test", 37, 67, 3), 0);
		fill(&y4m, planes, colours[0].limited);
		if (yuv_to_rgb(&y4m, planes, &img)) {
			skip("built without libyuv");
			n = 6;
		} else {
			for (size_t i = 0;
			     i < sizeof(colours) / sizeof(*colours); i++)
				check_colour(&y4m, &colours[i], &img, planes);
		}
		free(planes);
		image_free(&img);
	}
}

/* Grey ramps and soft colours must come back as they were. */
static void test_round_trip(void)
{
	for (int n = 0; n < 6; n++) {
		struct y4m y4m = { .width = 40, .height = 38,
				   .chroma = n / 2, .full_range = n % 2 };
		size_t bytes = y4m_frame_bytes(&y4m);
		uint8_t *before = malloc(bytes), *after = malloc(bytes);
		struct image img;
		int worst = 0;

		for (size_t i = 0; i < bytes; i++)
			before[i] = i < 40 * 38 ? 60 + i % 40 * 3 :
				    (uint8_t)(118 + n);
		CHECK_EQ(image_alloc(&img, "test", 40, 38, 3), 0);
		if (yuv_to_rgb(&y4m, before, &img)) {
			skip("built without libyuv");
			n = 6;
		} else {
			CHECK_EQ(yuv_from_rgb(&y4m, &img, after), 0);
			for (size_t i = 0; i < bytes; i++)
				if (abs(after[i] - before[i]) > worst)
					worst = abs(after[i] - before[i]);
			if (!CHECK(worst <= 2))
				printf("# %s: %d\n", chroma_names[y4m.chroma],
				       worst);
		}
		free(before);
		free(after);
		image_free(&img);
	}
}

static struct infile from_text(const char *text, size_t len)
{
	struct infile in = { .name = "test" };

	in.f = fmemopen((void *)text, len, "r");
	return in;
}

static void test_header_kept(void)
{
	static const char text[] = "YUV4MPEG2 W6 H4 F30000:1001 It A10:11 "
				   "C422 XCOLORRANGE=FULL XNOTE=1\n";
	struct infile in = from_text(text, sizeof(text) - 1);
	struct y4m y4m;
	char *out = NULL;
	size_t len;
	FILE *f = open_memstream(&out, &len);

	CHECK_EQ(y4m_read_header(&in, &y4m), 0);
	CHECK_EQ(y4m.width, 6);
	CHECK_EQ(y4m.height, 4);
	CHECK_EQ(y4m.chroma, Y4M_422);
	CHECK(y4m.full_range);
	CHECK_EQ(y4m_frame_bytes(&y4m), 48);
	y4m.width *= 2;
	y4m.height *= 2;
	y4m_write_header(f, &y4m);
	fclose(f);
	CHECK(!strcmp(out, "YUV4MPEG2 W12 H8 F30000:1001 It A10:11 C422 "
		      "XCOLORRANGE=FULL XNOTE=1\n"));
	free(out);
	infile_close(&in);
}

static void test_frames(void)
{
	static const char text[] = "YUV4MPEG2 W2 H2\nFRAME\n123456"
				   "FRAME Ixyz\nabcdef";
	struct infile in = from_text(text, sizeof(text) - 1);
	uint8_t planes[6];
	struct y4m y4m;
	bool end;

	CHECK_EQ(y4m_read_header(&in, &y4m), 0);
	CHECK_EQ(y4m_frame_bytes(&y4m), 6);
	CHECK_EQ(y4m_read_frame(&in, &y4m, 0, planes, &end), 0);
	CHECK(!end && !memcmp(planes, "123456", 6));
	CHECK_EQ(y4m_read_frame(&in, &y4m, 1, planes, &end), 0);
	CHECK(!end && !memcmp(planes, "abcdef", 6));
	CHECK_EQ(y4m_read_frame(&in, &y4m, 2, planes, &end), 0);
	CHECK(end);
	infile_close(&in);
}

static const struct test tests[] = {
	{ "primaries in all formats", test_primaries },
	{ "there and back", test_round_trip },
	{ "a header is kept", test_header_kept },
	{ "frames with and without parameters", test_frames },
};

TEST_MAIN(tests)
