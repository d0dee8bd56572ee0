// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Pictures in memory and the choice of their file format.
 * Must not know devices or networks.
 */
#include "image.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "outfile.h"
#include "tool.h"

static int check_size(const char *name, uint64_t width, uint64_t height,
		      uint64_t limit)
{
	if (!width || !height)
		return tool_fail(name, "the picture is empty");
	if (width <= limit / height)
		return TOOL_OK;
	return tool_fail(name, "%llux%llu pixels are more than the %llu "
			 "million that are supported",
			 (unsigned long long)width, (unsigned long long)height,
			 (unsigned long long)limit / 1000000);
}

int image_alloc(struct image *img, const char *name, uint64_t width,
		uint64_t height, uint32_t channels)
{
	int ret = check_size(name, width, height, IMAGE_MAX_RESULT);
	uint64_t bytes = width * height * channels;

	*img = (struct image){ 0 };
	if (ret)
		return ret;
	if (bytes <= PTRDIFF_MAX)
		img->pixels = malloc((size_t)bytes);
	if (!img->pixels)
		return tool_fail_errno(name, ENOMEM);
	img->width = (uint32_t)width;
	img->height = (uint32_t)height;
	img->channels = channels;
	return TOOL_OK;
}

int image_check_input(const char *name, uint64_t width, uint64_t height)
{
	return check_size(name, width, height, IMAGE_MAX_PIXELS);
}

int image_alloc_input(struct image *img, const char *name, uint64_t width,
		      uint64_t height, uint32_t channels)
{
	int ret = image_check_input(name, width, height);

	*img = (struct image){ 0 };
	return ret ? ret : image_alloc(img, name, width, height, channels);
}

void image_free(struct image *img)
{
	free(img->pixels);
	*img = (struct image){ 0 };
}

int image_read(struct infile *in, struct image *img)
{
	static const struct {
		const char *magic;
		size_t len;
		int (*decode)(const char *name, const uint8_t *data, size_t len,
			      struct image *img);
	} formats[] = {
		{ "\x89PNG\r\n\x1a\n", 8, image_png_decode },
		{ "\xff\xd8\xff", 3, image_jpeg_decode },
		{ "P2", 2, image_pnm_decode },
		{ "P3", 2, image_pnm_decode },
		{ "P5", 2, image_pnm_decode },
		{ "P6", 2, image_pnm_decode },
	};
	uint8_t *data;
	size_t len, i;
	int ret;

	*img = (struct image){ 0 };
	for (i = 0; i < sizeof(formats) / sizeof(*formats); i++)
		if (infile_starts_with(in, formats[i].magic, formats[i].len))
			break;
	if (i == sizeof(formats) / sizeof(*formats))
		return tool_fail(in->name, "not a PNG, JPEG, PGM or PPM");
	ret = infile_slurp(in, &data, &len);
	if (ret)
		return ret;
	ret = formats[i].decode(in->name, data, len, img);
	free(data);
	return ret;
}

int image_load(const char *path, struct image *img)
{
	struct infile in;
	int ret = infile_open(&in, path);

	*img = (struct image){ 0 };
	if (ret)
		return ret;
	ret = image_read(&in, img);
	infile_close(&in);
	return ret;
}

typedef int (*encoder)(FILE *f, const char *name, const struct image *img);

static encoder encoder_of_suffix(const char *path)
{
	static const struct {
		const char *suffix;
		encoder encode;
	} formats[] = {
		{ ".png", image_png_encode },
		{ ".jpg", image_jpeg_encode },
		{ ".jpeg", image_jpeg_encode },
		{ ".ppm", image_pnm_encode },
		{ ".pgm", image_pnm_encode },
		{ ".pnm", image_pnm_encode },
	};
	const char *dot = strrchr(path, '.');
	size_t i;

	for (i = 0; dot && i < sizeof(formats) / sizeof(*formats); i++)
		if (!strcasecmp(dot, formats[i].suffix))
			return formats[i].encode;
	return NULL;
}

static encoder find_encoder(const char *path)
{
	/* Standard output, /dev/null and pipes have no suffix. */
	if (!strcmp(path, "-") || !strncmp(path, "/dev/", 5))
		return image_png_encode;
	return encoder_of_suffix(path);
}

bool image_has_suffix(const char *path)
{
	return encoder_of_suffix(path);
}

int image_format_check(const char *path)
{
	if (find_encoder(path))
		return TOOL_OK;
	return tool_usage(path, "the name must end in .png, .jpg, .jpeg, .ppm, "
			  ".pgm or .pnm");
}

int image_write(FILE *f, const char *path, const struct image *img)
{
	encoder encode = find_encoder(path);

	if (!encode)
		return image_format_check(path);
	return encode(f, strcmp(path, "-") ? path : "standard output", img);
}

int image_save(const char *path, const struct image *img)
{
	struct outfile out;
	int ret = image_format_check(path);

	if (!ret)
		ret = outfile_open(&out, path);
	if (ret)
		return ret;
	ret = image_write(out.f, path, img);
	if (!ret)
		return outfile_commit(&out);
	outfile_abort(&out);
	return ret;
}

void image_drop_alpha(struct image *img)
{
	size_t n = (size_t)img->width * img->height;
	size_t i;

	if (img->channels != 4)
		return;
	for (i = 0; i < n; i++)
		memmove(img->pixels + 3 * i, img->pixels + 4 * i, 3);
	img->channels = 3;
}

int image_grey_to_rgb(struct image *img)
{
	struct image rgb;
	size_t n = (size_t)img->width * img->height;
	size_t i;
	int ret;

	if (img->channels != 1)
		return TOOL_OK;
	ret = image_alloc(&rgb, "memory", img->width, img->height, 3);
	if (ret)
		return ret;
	for (i = 0; i < n; i++)
		memset(rgb.pixels + 3 * i, img->pixels[i], 3);
	image_free(img);
	*img = rgb;
	return TOOL_OK;
}

/* Where pixel (x, y) of the upright picture lies in the stored one. */
static size_t stored_at(const struct image *img, unsigned int orientation,
			uint32_t x, uint32_t y)
{
	uint32_t right = img->width - 1;
	uint32_t bottom = img->height - 1;

	switch (orientation) {
	case 2: return (size_t)y * img->width + (right - x);
	case 3: return (size_t)(bottom - y) * img->width + (right - x);
	case 4: return (size_t)(bottom - y) * img->width + x;
	case 5: return (size_t)x * img->width + y;
	case 6: return (size_t)(bottom - x) * img->width + y;
	case 7: return (size_t)(bottom - x) * img->width + (right - y);
	default: return (size_t)x * img->width + (right - y);
	}
}

int image_orient(struct image *img, unsigned int orientation)
{
	bool swap = orientation >= 5;
	uint32_t c = img->channels;
	struct image up;
	uint32_t x, y;
	uint8_t *to;
	int ret;

	if (orientation < 2 || orientation > 8)
		return TOOL_OK;
	ret = image_alloc(&up, "memory", swap ? img->height : img->width,
			  swap ? img->width : img->height, c);
	if (ret)
		return ret;
	to = up.pixels;
	for (y = 0; y < up.height; y++)
		for (x = 0; x < up.width; x++, to += c)
			memcpy(to, img->pixels +
			       c * stored_at(img, orientation, x, y), c);
	image_free(img);
	*img = up;
	return TOOL_OK;
}
