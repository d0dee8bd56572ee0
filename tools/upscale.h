/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SRFPGA_UPSCALE_H
#define SRFPGA_UPSCALE_H

#include "infile.h"
#include "sr.h"

/**
 * struct upscale_stats - what one run of upscale did
 * @pictures: pictures or video frames
 * @device: the device's name, owned
 * @frame_width: of the device's frame
 * @frame_height: likewise
 * @halo: pixels at inner borders of frames that were not used
 * @decode_ns: reading and decoding files, conversion to RGB
 * @encode_ns: the way back
 * @written_bytes: struct sr.written_bytes
 * @read_bytes: struct sr.read_bytes
 * @wall_ns: from the first pixel to the last
 */
struct upscale_stats {
	uint64_t pictures;
	char *device;
	uint32_t frame_width;
	uint32_t frame_height;
	uint32_t halo;
	struct flow_stats flow;
	uint64_t decode_ns;
	uint64_t encode_ns;
	uint64_t written_bytes;
	uint64_t read_bytes;
	uint64_t wall_ns;
};

/**
 * upscale_video() - a YUV4MPEG2 stream to another one
 * @in: open, at its first byte
 * @out_path: file or "-"
 * @stats: added to
 */
int upscale_video(struct infile *in, const char *out_path,
		  const struct sr_options *opt, struct upscale_stats *stats);

/** upscale_account() - take over the figures of a session that ends */
void upscale_account(struct upscale_stats *stats, const struct sr *sr);

#endif /* SRFPGA_UPSCALE_H */
