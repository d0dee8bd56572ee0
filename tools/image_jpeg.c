// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * JPEG in and out with libjpeg-turbo, turned upright as its EXIF data says.
 * Must not know any other format.
 */
#include "image.h"

#include <errno.h>
#include <setjmp.h>
#include <string.h>

/* These want FILE and size_t to be there already. */
#include <jpeglib.h>
#include <jerror.h>

#include "tool.h"

#define JPEG_QUALITY	95

/* Everything that must survive a longjmp() out of libjpeg. */
struct jpeg_job {
	struct jpeg_error_mgr err;
	jmp_buf env;
	const char *name;
	FILE *f;
};

static void on_error(j_common_ptr c)
{
	struct jpeg_job *job = (struct jpeg_job *)c->err;
	char text[JMSG_LENGTH_MAX];

	c->err->format_message(c, text);
	if (job->f && ferror(job->f))
		tool_fail_errno(job->name, errno ? errno : EIO);
	else
		tool_fail(job->name, "%s", text);
	longjmp(job->env, 1);
}

/* libjpeg fills a truncated picture with grey and only warns: refuse it. */
static void on_message(j_common_ptr c, int level)
{
	if (level == -1 && (c->err->msg_code == JWRN_JPEG_EOF ||
			    c->err->msg_code == JWRN_HIT_MARKER))
		on_error(c);
}

static struct jpeg_error_mgr *job_init(struct jpeg_job *job, const char *name,
				       FILE *f)
{
	jpeg_std_error(&job->err);
	job->err.error_exit = on_error;
	job->err.emit_message = on_message;
	job->name = name;
	job->f = f;
	return &job->err;
}

static unsigned int get(const uint8_t *p, unsigned int n, bool little)
{
	unsigned int v = 0;
	unsigned int i;

	for (i = 0; i < n; i++)
		v = v << 8 | p[little ? n - 1 - i : i];
	return v;
}

/* The orientation tag of the first directory of a TIFF block (EXIF). */
static unsigned int tiff_orientation(const uint8_t *t, size_t len)
{
	bool little = len > 8 && t[0] == 'I';
	size_t at, i, n;

	if (len < 14)
		return 1;
	at = get(t + 4, 4, little);
	if (at > len - 2)
		return 1;
	n = get(t + at, 2, little);
	for (i = 0; i < n; i++) {
		const uint8_t *entry = t + at + 2 + 12 * i;

		if (at + 2 + 12 * (i + 1) > len)
			break;
		if (get(entry, 2, little) == 0x0112)
			return get(entry + 8, 2, little);
	}
	return 1;
}

static unsigned int find_orientation(const struct jpeg_decompress_struct *c)
{
	const struct jpeg_marker_struct *m;

	for (m = c->marker_list; m; m = m->next)
		if (m->marker == JPEG_APP0 + 1 && m->data_length > 6 &&
		    !memcmp(m->data, "Exif\0", 6))
			return tiff_orientation(m->data + 6,
						m->data_length - 6);
	return 1;
}

/*
 * Before libjpeg takes memory for a picture that a header only promises. Huffman
 * codes take at least one bit for a block of 64 pixels, arithmetic ones do not.
 */
static int check_header(const struct jpeg_decompress_struct *c,
			const char *name, size_t len)
{
	uint64_t pixels = (uint64_t)c->image_width * c->image_height;

	if (!c->arith_code && pixels / 64 / 8 > len)
		return tool_fail(name, "the JPEG is truncated");
	return image_check_input(name, c->image_width, c->image_height);
}

static int read_rows(struct jpeg_decompress_struct *c, const char *name,
		     struct image *img)
{
	JSAMPROW row;
	int ret;

	if (c->jpeg_color_space == JCS_CMYK || c->jpeg_color_space == JCS_YCCK)
		return tool_fail(name, "CMYK pictures are not supported");
	c->out_color_space = c->num_components == 1 ? JCS_GRAYSCALE : JCS_RGB;
	jpeg_start_decompress(c);
	ret = image_alloc_input(img, name, c->output_width, c->output_height,
			  (uint32_t)c->output_components);
	if (ret)
		return ret;
	while (c->output_scanline < c->output_height) {
		row = img->pixels + (size_t)c->output_scanline * img->width *
		      img->channels;
		jpeg_read_scanlines(c, &row, 1);
	}
	jpeg_finish_decompress(c);
	return TOOL_OK;
}

int image_jpeg_decode(const char *name, const uint8_t *data, size_t len,
		      struct image *img)
{
	struct jpeg_decompress_struct c = { 0 };
	struct jpeg_job job;
	volatile unsigned int orientation = 1;
	int ret;

	*img = (struct image){ 0 };
	c.err = job_init(&job, name, NULL);
	if (setjmp(job.env)) {
		ret = TOOL_FAILURE;
	} else {
		jpeg_create_decompress(&c);
		jpeg_save_markers(&c, JPEG_APP0 + 1, 0xffff);
		jpeg_mem_src(&c, data, len);
		jpeg_read_header(&c, TRUE);
		orientation = find_orientation(&c);
		ret = check_header(&c, name, len);
		if (!ret)
			ret = read_rows(&c, name, img);
	}
	jpeg_destroy_decompress(&c);
	if (!ret)
		ret = image_orient(img, orientation);
	if (ret)
		image_free(img);
	return ret;
}

static void write_rows(struct jpeg_compress_struct *c, const struct image *img)
{
	bool grey = img->channels == 1;
	JSAMPROW row;

	c->image_width = img->width;
	c->image_height = img->height;
	c->input_components = (int)img->channels;
	c->in_color_space = grey ? JCS_GRAYSCALE :
			    img->channels == 3 ? JCS_RGB : JCS_EXT_RGBX;
	jpeg_set_defaults(c);
	jpeg_set_quality(c, JPEG_QUALITY, TRUE);
	c->comp_info[0].h_samp_factor = 1;
	c->comp_info[0].v_samp_factor = 1;
	jpeg_start_compress(c, TRUE);
	while (c->next_scanline < c->image_height) {
		row = img->pixels + (size_t)c->next_scanline * img->width *
		      img->channels;
		jpeg_write_scanlines(c, &row, 1);
	}
	jpeg_finish_compress(c);
}

int image_jpeg_encode(FILE *f, const char *name, const struct image *img)
{
	struct jpeg_compress_struct c = { 0 };
	struct jpeg_job job;
	volatile int ret = TOOL_OK;

	if (img->width > JPEG_MAX_DIMENSION || img->height > JPEG_MAX_DIMENSION)
		return tool_fail(name, "%ux%u is too large for a JPEG",
				 img->width, img->height);
	if (img->channels == 4)
		tool_say(name, "JPEG has no alpha, it is dropped");
	c.err = job_init(&job, name, f);
	if (setjmp(job.env)) {
		ret = TOOL_FAILURE;
	} else {
		jpeg_create_compress(&c);
		jpeg_stdio_dest(&c, f);
		write_rows(&c, img);
	}
	jpeg_destroy_compress(&c);
	return ret;
}
