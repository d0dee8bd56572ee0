/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SRFPGA_Y4M_H
#define SRFPGA_Y4M_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "infile.h"

/** Bytes of a header line, at most. */
#define Y4M_HEADER_LEN	256

/** Pixels of one frame, at most: 7680x4320 and some. */
#define Y4M_MAX_PIXELS	((uint64_t)1 << 25)

/** enum y4m_chroma - how much smaller the colour planes are */
enum y4m_chroma {
	Y4M_420,
	Y4M_422,
	Y4M_444,
};

/**
 * struct y4m - the format of a YUV4MPEG2 stream of 8 bit
 * @width: pixels
 * @height: rows
 * @chroma: size of the colour planes
 * @full_range: samples use 0..255 instead of 16..235 and 16..240
 * @rest: all other parameters (rate, aspect, interlacing, comments) as they
 *	came, with a blank before each
 */
struct y4m {
	uint32_t width;
	uint32_t height;
	enum y4m_chroma chroma;
	bool full_range;
	char rest[Y4M_HEADER_LEN];
};

/** y4m_chroma_width() - columns of a colour plane */
uint32_t y4m_chroma_width(const struct y4m *y4m);
/** y4m_chroma_height() - rows of a colour plane */
uint32_t y4m_chroma_height(const struct y4m *y4m);
/** y4m_frame_bytes() - bytes of the planes of one frame, Y then U then V */
size_t y4m_frame_bytes(const struct y4m *y4m);

/** y4m_read_header() - the first line of a stream */
int y4m_read_header(struct infile *in, struct y4m *y4m);

/**
 * y4m_read_frame() - the next frame
 * @number: its number from 0, for messages
 * @planes: receives y4m_frame_bytes()
 * @end: set at the end of the stream, when no frame was read
 */
int y4m_read_frame(struct infile *in, const struct y4m *y4m, uint64_t number,
		   uint8_t *planes, bool *end);

/** y4m_write_header() - the first line; ferror() tells about a full disk */
void y4m_write_header(FILE *f, const struct y4m *y4m);

/** y4m_write_frame() - one frame */
void y4m_write_frame(FILE *f, const struct y4m *y4m, const uint8_t *planes);

#endif /* SRFPGA_Y4M_H */
