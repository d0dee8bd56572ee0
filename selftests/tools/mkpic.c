// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Makes pictures for the tests of the tool, with libpng and libjpeg alone.
 *
 *   mkpic KIND WIDTH HEIGHT OUT [INNER_WIDTH INNER_HEIGHT]
 *   mkpic crop WIDTH HEIGHT OUT.ppm IN.ppm
 *   mkpic y4m-CHROMA WIDTH HEIGHT OUT FRAMES HEADER
 *
 * All kinds show the same scene; beyond the inner size its last row and column
 * are repeated.
 */
#include <png.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Wants stdio.h before it. */
#include <jpeglib.h>

struct scene {
	uint32_t width;
	uint32_t height;
	uint32_t inner_width;
	uint32_t inner_height;
};

/* 64 colours, so that a palette can hold them all. */
static uint8_t value(const struct scene *s, uint32_t x, uint32_t y, int c)
{
	uint32_t u = x < s->inner_width ? x : s->inner_width - 1;
	uint32_t v = y < s->inner_height ? y : s->inner_height - 1;
	uint32_t spot = (u / 3 * 7 + v / 2 * 5 + u * v / 11) % 64;

	return (uint8_t)(c == 0 ? spot * 4 : c == 1 ? 255 - spot * 3 :
			 (spot * 37) % 256);
}

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

/*
 * One row of PNG or PNM samples: @channels of them (2 is grey and alpha) of
 * @bytes each. 16 bit samples are the 8 bit ones times 257.
 */
static void fill_row(const struct scene *s, uint32_t y, int channels, int bytes,
		     uint8_t *row)
{
	for (uint32_t x = 0; x < s->width; x++)
		for (int c = 0; c < channels; c++) {
			int alpha = channels % 2 == 0 && c == channels - 1;
			uint8_t v = alpha ? (uint8_t)(x * 255 / s->width) :
				    value(s, x, y, c);

			for (int b = 0; b < bytes; b++)
				*row++ = v;
		}
}

static void set_palette(png_structp png, png_infop info)
{
	png_color palette[64];

	for (int i = 0; i < 64; i++) {
		palette[i].red = (uint8_t)(i * 4);
		palette[i].green = (uint8_t)(255 - i * 3);
		palette[i].blue = (uint8_t)((i * 37) % 256);
	}
	png_set_PLTE(png, info, palette, 64);
}

static void write_png(const struct scene *s, FILE *f, int type, int depth,
		      int interlace)
{
	static const int channels[] = {
		[PNG_COLOR_TYPE_GRAY] = 1, [PNG_COLOR_TYPE_RGB] = 3,
		[PNG_COLOR_TYPE_PALETTE] = 1, [PNG_COLOR_TYPE_GRAY_ALPHA] = 2,
		[PNG_COLOR_TYPE_RGBA] = 4,
	};
	png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL,
						  NULL, NULL);
	png_infop info = png_create_info_struct(png);
	int passes;
	uint8_t *row = malloc((size_t)s->width * 8);

	png_init_io(png, f);
	png_set_IHDR(png, info, s->width, s->height, depth, type, interlace,
		     PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
	if (type == PNG_COLOR_TYPE_PALETTE)
		set_palette(png, info);
	png_write_info(png, info);
	passes = png_set_interlace_handling(png);
	for (int p = 0; p < passes; p++)
		for (uint32_t y = 0; y < s->height; y++) {
			fill_row(s, y, channels[type], depth / 8, row);
			/* Red is four times the number of the colour. */
			for (uint32_t x = 0; type == PNG_COLOR_TYPE_PALETTE &&
			     x < s->width; x++)
				row[x] /= 4;
			png_write_row(png, row);
		}
	png_write_end(png, NULL);
	png_destroy_write_struct(&png, &info);
	free(row);
}

static void write_jpeg(const struct scene *s, FILE *f, int channels,
		       J_COLOR_SPACE space)
{
	struct jpeg_compress_struct c = { 0 };
	struct jpeg_error_mgr err;
	uint8_t *row = malloc((size_t)s->width * 4);
	JSAMPROW rows[1] = { row };

	c.err = jpeg_std_error(&err);
	jpeg_create_compress(&c);
	jpeg_stdio_dest(&c, f);
	c.image_width = s->width;
	c.image_height = s->height;
	c.input_components = channels;
	c.in_color_space = space;
	jpeg_set_defaults(&c);
	jpeg_start_compress(&c, TRUE);
	for (uint32_t y = 0; y < s->height; y++) {
		fill_row(s, y, channels, 1, row);
		jpeg_write_scanlines(&c, rows, 1);
	}
	jpeg_finish_compress(&c);
	jpeg_destroy_compress(&c);
	free(row);
}

static void write_pnm(const struct scene *s, FILE *f, int channels, int bytes)
{
	uint8_t *row = malloc((size_t)s->width * 6);

	fprintf(f, "P%d\n# a scene\n%u %u\n%d\n", channels == 1 ? 5 : 6,
		s->width, s->height, bytes == 1 ? 255 : 65535);
	for (uint32_t y = 0; y < s->height; y++) {
		fill_row(s, y, channels, bytes, row);
		fwrite(row, (size_t)channels * bytes, s->width, f);
	}
	free(row);
}

static void write_plain(const struct scene *s, FILE *f)
{
	fprintf(f, "P3 %u %u 255\n", s->width, s->height);
	for (uint32_t y = 0; y < s->height; y++)
		for (uint32_t x = 0; x < s->width; x++)
			fprintf(f, "%d %d\n%d ", value(s, x, y, 0),
				value(s, x, y, 1), value(s, x, y, 2));
}

static void write_crop(const struct scene *s, FILE *f, const char *path)
{
	FILE *in = fopen(path, "rb");
	unsigned int width = 0, height;
	uint8_t *row;

	if (!in || fscanf(in, "P6 %u %u 255", &width, &height) != 2)
		fail(path);
	fgetc(in);
	row = malloc((size_t)width * 3);
	fprintf(f, "P6\n%u %u\n255\n", s->width, s->height);
	for (uint32_t y = 0; y < s->height; y++) {
		if (fread(row, 3, width, in) != width)
			fail(path);
		fwrite(row, 3, s->width, f);
	}
	free(row);
	fclose(in);
}

static void write_video(const struct scene *s, FILE *f, const char *chroma,
			int frames, const char *header)
{
	uint32_t cw = strcmp(chroma, "444") ? (s->width + 1) / 2 : s->width;
	uint32_t ch = strcmp(chroma, "420") ? s->height : (s->height + 1) / 2;

	fprintf(f, "YUV4MPEG2 W%u H%u C%s%s\n", s->width, s->height, chroma,
		header);
	for (int n = 0; n < frames; n++) {
		fputs("FRAME\n", f);
		for (uint32_t i = 0; i < s->width * s->height; i++)
			fputc((int)(16 + (i % s->width + n * 3) % 200), f);
		for (uint32_t i = 0; i < cw * ch; i++)
			fputc((int)(100 + i % cw % 50), f);
		for (uint32_t i = 0; i < cw * ch; i++)
			fputc((int)(110 + i / cw % 40), f);
	}
}

static int write_kind(const char *kind, const struct scene *s, FILE *f)
{
	static const struct {
		const char *kind;
		int type;
		int depth;
		int interlace;
	} pngs[] = {
		{ "grey", PNG_COLOR_TYPE_GRAY, 8, 0 },
		{ "grey16", PNG_COLOR_TYPE_GRAY, 16, 0 },
		{ "rgb", PNG_COLOR_TYPE_RGB, 8, 0 },
		{ "rgb16", PNG_COLOR_TYPE_RGB, 16, 0 },
		{ "interlaced", PNG_COLOR_TYPE_RGB, 8, 1 },
		{ "rgba", PNG_COLOR_TYPE_RGBA, 8, 0 },
		{ "greyalpha", PNG_COLOR_TYPE_GRAY_ALPHA, 8, 0 },
		{ "palette", PNG_COLOR_TYPE_PALETTE, 8, 0 },
	};

	for (size_t i = 0; i < sizeof(pngs) / sizeof(*pngs); i++)
		if (!strcmp(kind, pngs[i].kind)) {
			write_png(s, f, pngs[i].type, pngs[i].depth,
				  pngs[i].interlace);
			return 0;
		}
	if (!strcmp(kind, "jpeg"))
		write_jpeg(s, f, 3, JCS_RGB);
	else if (!strcmp(kind, "cmyk"))
		write_jpeg(s, f, 4, JCS_CMYK);
	else if (!strcmp(kind, "ppm"))
		write_pnm(s, f, 3, 1);
	else if (!strcmp(kind, "ppm16"))
		write_pnm(s, f, 3, 2);
	else if (!strcmp(kind, "pgm"))
		write_pnm(s, f, 1, 1);
	else if (!strcmp(kind, "plain"))
		write_plain(s, f);
	else
		return -1;
	return 0;
}

int main(int argc, char **argv)
{
	struct scene s;
	FILE *f;
	int bad = 0;

	if (argc < 5)
		return 2;
	s.width = s.inner_width = (uint32_t)atoi(argv[2]);
	s.height = s.inner_height = (uint32_t)atoi(argv[3]);
	f = fopen(argv[4], "wb");
	if (!f)
		fail(argv[4]);
	if (!strcmp(argv[1], "crop")) {
		write_crop(&s, f, argv[5]);
	} else if (!strncmp(argv[1], "y4m-", 4)) {
		write_video(&s, f, argv[1] + 4, atoi(argv[5]), argv[6]);
	} else {
		if (argc > 6) {
			s.inner_width = (uint32_t)atoi(argv[5]);
			s.inner_height = (uint32_t)atoi(argv[6]);
		}
		bad = write_kind(argv[1], &s, f);
	}
	if (fclose(f))
		fail(argv[4]);
	return bad ? 2 : 0;
}
