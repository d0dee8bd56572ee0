/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SRFPGA_YUV_H
#define SRFPGA_YUV_H

#include "image.h"
#include "y4m.h"

/**
 * yuv_to_rgb() - planes of a video frame to a picture, BT.601
 * @planes: y4m_frame_bytes()
 * @to: RGB of the same size
 */
int yuv_to_rgb(const struct y4m *y4m, const uint8_t *planes, struct image *to);

/**
 * yuv_from_rgb() - a picture to planes, BT.601
 * @y4m: format of the result, of the picture's size
 * @planes: receives y4m_frame_bytes()
 */
int yuv_from_rgb(const struct y4m *y4m, const struct image *from,
		 uint8_t *planes);

#endif /* SRFPGA_YUV_H */
