// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * PGM and PPM, plain and binary, up to 16 bits a sample.
 * Must not know any other format.
 */
#include "image.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tool.h"

struct pnm {
	const uint8_t *at;
	const uint8_t *end;
	uint32_t max;
	bool plain;
};

static void skip_blanks(struct pnm *p)
{
	while (p->at < p->end) {
		if (*p->at == '#')
			while (p->at < p->end && *p->at != '\n')
				p->at++;
		else if (!isspace(*p->at))
			return;
		else
			p->at++;
	}
}

/* A decimal number of the header or of a plain raster; -1 if there is none. */
static int64_t number(struct pnm *p)
{
	int64_t v = 0;
	const uint8_t *start;

	skip_blanks(p);
	for (start = p->at; p->at < p->end && isdigit(*p->at); p->at++) {
		v = v * 10 + (*p->at - '0');
		if (v > INT32_MAX)
			return -1;
	}
	return p->at == start ? -1 : v;
}

static int64_t sample(struct pnm *p)
{
	int bytes = p->max > 255 ? 2 : 1;
	int64_t v;

	if (p->plain)
		return number(p);
	if (p->end - p->at < bytes)
		return -1;
	v = bytes == 1 ? p->at[0] : p->at[0] << 8 | p->at[1];
	p->at += bytes;
	return v;
}

static int read_raster(struct pnm *p, const char *name, struct image *img)
{
	size_t n = (size_t)img->width * img->height * img->channels;
	size_t i;

	if (!p->plain && p->max == 255 && (size_t)(p->end - p->at) >= n) {
		memcpy(img->pixels, p->at, n);
		return TOOL_OK;
	}
	for (i = 0; i < n; i++) {
		int64_t v = sample(p);

		if (v < 0)
			return tool_fail(name, "the picture is truncated");
		if (v > p->max)
			return tool_fail(name, "sample %lld is above the "
					 "maximum %u", (long long)v, p->max);
		img->pixels[i] = (uint8_t)((v * 255 + p->max / 2) / p->max);
	}
	return TOOL_OK;
}

/* Before memory is taken for a picture that a header only promises. */
static bool is_complete(const struct pnm *p, uint64_t samples)
{
	uint64_t left = (uint64_t)(p->end - p->at);

	if (p->plain)
		return samples <= left / 2 + 1;
	return samples <= left / (p->max > 255 ? 2 : 1);
}

int image_pnm_decode(const char *name, const uint8_t *data, size_t len,
		     struct image *img)
{
	struct pnm p = { .at = data + 2, .end = data + len,
			 .plain = data[1] == '2' || data[1] == '3' };
	uint32_t channels = data[1] == '3' || data[1] == '6' ? 3 : 1;
	int64_t width = number(&p);
	int64_t height = number(&p);
	int64_t max = number(&p);
	int ret;

	if (width < 0 || height < 0 || max < 1 || max > 65535 || p.at == p.end)
		return tool_fail(name, "the header of the picture is wrong");
	p.max = (uint32_t)max;
	/* Exactly one blank separates the header from a binary raster. */
	p.at++;
	ret = image_check_input(name, (uint64_t)width, (uint64_t)height);
	if (!ret && !is_complete(&p, (uint64_t)width * (uint64_t)height *
				 channels))
		ret = tool_fail(name, "the picture is truncated");
	if (!ret)
		ret = image_alloc_input(img, name, (uint64_t)width,
					(uint64_t)height, channels);
	if (!ret)
		ret = read_raster(&p, name, img);
	if (ret)
		image_free(img);
	return ret;
}

int image_pnm_encode(FILE *f, const char *name, const struct image *img)
{
	const char *dot = strrchr(name, '.');
	bool grey = img->channels == 1;
	size_t n = (size_t)img->width * img->height;
	size_t i;

	if (dot && !strcasecmp(dot, ".pgm") && !grey)
		return tool_fail(name, "a PGM is grey, the picture is in "
				 "colour (.ppm is for that)");
	if (img->channels == 4)
		tool_say(name, "PPM has no alpha, it is dropped");
	fprintf(f, "P%c\n%u %u\n255\n", grey ? '5' : '6', img->width,
		img->height);
	if (img->channels != 4)
		fwrite(img->pixels, img->channels, n, f);
	else
		for (i = 0; i < n; i++)
			fwrite(img->pixels + 4 * i, 3, 1, f);
	return TOOL_OK;
}
