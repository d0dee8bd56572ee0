// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * PNG in and out with libpng.
 * Must not know any other format.
 */
#include "image.h"

#include <errno.h>
#include <png.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include "tool.h"

/* Everything that must survive a longjmp() out of libpng. */
struct png_job {
	const char *name;
	const uint8_t *data;
	size_t len;
	size_t pos;
	png_structp png;
	png_infop info;
	png_bytep *rows;
	FILE *f;
};

static void on_error(png_structp png, png_const_charp text)
{
	const struct png_job *job = png_get_error_ptr(png);

	if (job->f && ferror(job->f))
		text = strerror(errno ? errno : EIO);
	tool_fail(job->name, "%s", text);
	png_longjmp(png, 1);
}

/* Old gamma and profile chunks make libpng talk; the pixels are fine. */
static void on_warning(png_structp png, png_const_charp text)
{
	(void)png;
	(void)text;
}

static void read_data(png_structp png, png_bytep to, size_t n)
{
	struct png_job *job = png_get_io_ptr(png);

	if (n > job->len - job->pos)
		png_error(png, "the PNG is truncated");
	memcpy(to, job->data + job->pos, n);
	job->pos += n;
}

static void write_data(png_structp png, png_bytep from, size_t n)
{
	struct png_job *job = png_get_io_ptr(png);

	errno = 0;
	if (fwrite(from, 1, n, job->f) != n)
		png_error(png, "cannot be written");
}

static void flush_data(png_structp png)
{
	(void)png;
}

/* Ask libpng for 8 bits a channel: grey, RGB or RGBA. */
static void set_transforms(png_structp png, png_infop info)
{
	int type = png_get_color_type(png, info);
	bool alpha = (type & PNG_COLOR_MASK_ALPHA) ||
		     png_get_valid(png, info, PNG_INFO_tRNS);

	png_set_expand(png);
	png_set_scale_16(png);
	if (alpha && !(type & PNG_COLOR_MASK_COLOR))
		png_set_gray_to_rgb(png);
	png_set_interlace_handling(png);
	png_read_update_info(png, info);
}

static bool set_rows(struct png_job *job, const struct image *img)
{
	size_t stride = (size_t)img->width * img->channels;
	uint32_t y;

	job->rows = malloc(img->height * sizeof(*job->rows));
	for (y = 0; job->rows && y < img->height; y++)
		job->rows[y] = img->pixels + y * stride;
	return job->rows;
}

static int decode(struct png_job *job, struct image *img)
{
	int ret;

	if (setjmp(png_jmpbuf(job->png)))
		return TOOL_FAILURE;
	png_set_read_fn(job->png, job, read_data);
	png_set_user_limits(job->png, 0x7fffffff, 0x7fffffff);
	png_read_info(job->png, job->info);
	set_transforms(job->png, job->info);
	ret = image_alloc_input(img, job->name,
			  png_get_image_width(job->png, job->info),
			  png_get_image_height(job->png, job->info),
			  png_get_channels(job->png, job->info));
	if (ret)
		return ret;
	if (!set_rows(job, img))
		return tool_fail_errno(job->name, ENOMEM);
	png_read_image(job->png, job->rows);
	png_read_end(job->png, NULL);
	return TOOL_OK;
}

int image_png_decode(const char *name, const uint8_t *data, size_t len,
		     struct image *img)
{
	struct png_job job = { .name = name, .data = data, .len = len };
	int ret;

	job.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &job, on_error,
					 on_warning);
	if (job.png)
		job.info = png_create_info_struct(job.png);
	ret = job.info ? decode(&job, img) : tool_fail_errno(name, ENOMEM);
	png_destroy_read_struct(&job.png, &job.info, NULL);
	free(job.rows);
	if (ret)
		image_free(img);
	return ret;
}

static int encode(struct png_job *job, const struct image *img)
{
	static const int types[] = {
		[1] = PNG_COLOR_TYPE_GRAY,
		[3] = PNG_COLOR_TYPE_RGB,
		[4] = PNG_COLOR_TYPE_RGBA,
	};

	if (setjmp(png_jmpbuf(job->png)))
		return TOOL_FAILURE;
	png_set_write_fn(job->png, job, write_data, flush_data);
	/* Level 3 is within some percent of 6 and three times as fast. */
	png_set_compression_level(job->png, 3);
	png_set_IHDR(job->png, job->info, img->width, img->height, 8,
		     types[img->channels], PNG_INTERLACE_NONE,
		     PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
	if (!set_rows(job, img))
		return tool_fail_errno(job->name, ENOMEM);
	png_write_info(job->png, job->info);
	png_write_image(job->png, job->rows);
	png_write_end(job->png, NULL);
	return TOOL_OK;
}

int image_png_encode(FILE *f, const char *name, const struct image *img)
{
	struct png_job job = { .name = name, .f = f };
	int ret;

	job.png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &job, on_error,
					  on_warning);
	if (job.png)
		job.info = png_create_info_struct(job.png);
	ret = job.info ? encode(&job, img) : tool_fail_errno(name, ENOMEM);
	png_destroy_write_struct(&job.png, &job.info);
	free(job.rows);
	return ret;
}
