/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SRFPGA_IMAGE_H
#define SRFPGA_IMAGE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "infile.h"

/** Pixels of a picture that is read, at most: 400 MB of RGB. */
#define IMAGE_MAX_PIXELS	((uint64_t)1 << 27)
/** Pixels of a picture that is made, at most: four times the size. */
#define IMAGE_MAX_RESULT	(IMAGE_MAX_PIXELS * 16)

/**
 * struct image - a picture of 8 bits a channel, rows packed from the top
 * @width: pixels, 1 and up
 * @height: rows, 1 and up
 * @channels: 1 grey, 3 RGB, 4 RGBA (not premultiplied)
 * @pixels: height * width * channels bytes, malloc()ed
 */
struct image {
	uint32_t width;
	uint32_t height;
	uint32_t channels;
	uint8_t *pixels;
};

/**
 * image_alloc() - memory for a picture of up to IMAGE_MAX_RESULT pixels
 * @name: for the message
 */
int image_alloc(struct image *img, const char *name, uint64_t width,
		uint64_t height, uint32_t channels);

/** image_check_input() - may a picture of this size be read? */
int image_check_input(const char *name, uint64_t width, uint64_t height);

/** image_alloc_input() - the same for one that is read: IMAGE_MAX_PIXELS */
int image_alloc_input(struct image *img, const char *name, uint64_t width,
		      uint64_t height, uint32_t channels);

/** image_free() - safe on a zeroed struct */
void image_free(struct image *img);

/**
 * image_read() - read a PNG, JPEG, PGM or PPM, told from its first bytes
 * @img: receives the picture; image_free() it
 *
 * Deeper samples are reduced to 8 bits by rounding v * 255 / max. Palettes
 * become RGB, transparency becomes RGBA, grey with alpha becomes RGBA. The
 * orientation in a JPEG's EXIF data is applied. Colour profiles are ignored.
 */
int image_read(struct infile *in, struct image *img);

/** image_load() - image_read() of the file @path ("-" is stdin) */
int image_load(const char *path, struct image *img);

/**
 * image_format_check() - can a picture be written under this name?
 *
 * The name's end decides: .png .jpg .jpeg .ppm .pgm .pnm; "-" is a PNG.
 */
int image_format_check(const char *path);

/** image_has_suffix() - does the name end as a picture's does? */
bool image_has_suffix(const char *path);

/**
 * image_write() - write a picture in the format of @path's name
 * @f: an open file, which stays open; its ferror() tells about a full disk
 * @path: the name that decides
 *
 * JPEG (quality 95, chroma in full resolution) and PPM have no alpha: it is
 * dropped and a message says so.
 */
int image_write(FILE *f, const char *path, const struct image *img);

/** image_save() - image_write() into an outfile */
int image_save(const char *path, const struct image *img);

/* The formats; data is the whole file. */
int image_png_decode(const char *name, const uint8_t *data, size_t len,
		     struct image *img);
int image_png_encode(FILE *f, const char *name, const struct image *img);
int image_jpeg_decode(const char *name, const uint8_t *data, size_t len,
		      struct image *img);
int image_jpeg_encode(FILE *f, const char *name, const struct image *img);
int image_pnm_decode(const char *name, const uint8_t *data, size_t len,
		     struct image *img);
int image_pnm_encode(FILE *f, const char *name, const struct image *img);

/** image_drop_alpha() - RGBA becomes RGB in place */
void image_drop_alpha(struct image *img);

/** image_grey_to_rgb() - a grey picture becomes RGB with equal channels */
int image_grey_to_rgb(struct image *img);

/**
 * image_orient() - turn a picture upright
 * @orientation: EXIF's number, 1..8; anything else leaves it as it is
 */
int image_orient(struct image *img, unsigned int orientation);

/**
 * image_resize() - make a picture @width x @height, in place
 *
 * Linear interpolation; where the picture shrinks, the mean over the area that
 * a result stands for, weighted towards its centre.
 */
int image_resize(struct image *img, uint32_t width, uint32_t height);

/** image_crop() - keep a part that lies inside, in place */
int image_crop(struct image *img, uint32_t x, uint32_t y, uint32_t width,
	       uint32_t height);

#endif /* SRFPGA_IMAGE_H */
