/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SRFPGA_SR_H
#define SRFPGA_SR_H

#include "flow.h"
#include "image.h"
#include "progress.h"
#include "tiles.h"

/** Halo where neither the user nor a model says how far a network reaches. */
#define SR_DEFAULT_HALO	16

/**
 * struct sr_options - how to upscale
 * @device: the user's -d, NULL to choose
 * @halo: the user's --halo; negative: the network's own
 * @depth: jobs in flight, at most
 * @timeout_ns: limit of a job; 0: the device's default
 * @count_copies: fill struct flow_stats.copied_bytes
 */
struct sr_options {
	const char *device;
	int halo;
	uint32_t depth;
	uint64_t timeout_ns;
	bool count_copies;
};

/**
 * struct sr - a device that upscales pictures
 * @in: its input port: height, width, channels
 * @out: its output port
 * @channels: of a frame, 1 or 3
 * @factor: how much larger the result is
 * @x: how the pictures' columns are cut, for the size given to sr_open()
 * @y: how the rows are cut
 * @to_code: what the network takes for a pixel of 0 to 255; NULL: the same
 * @to_pixel: the inverse for its result
 * @line: room for a row of the result, if there is @to_pixel
 * @written_bytes: what the CPU wrote into input buffers: pixels put in place
 * @read_bytes: what it read from output buffers, likewise
 */
struct sr {
	struct srfpga_device *dev;
	const struct srfpga_port *in;
	const struct srfpga_port *out;
	uint32_t channels;
	uint32_t factor;
	uint32_t halo;
	struct tiles_axis x;
	struct tiles_axis y;
	struct flow flow;
	struct sr_work *work;
	uint8_t *to_code;
	uint8_t *to_pixel;
	uint8_t *line;
	uint64_t written_bytes;
	uint64_t read_bytes;
	struct progress *progress;
};

/**
 * sr_open() - prepare to upscale pictures of one size
 * @sr: initialised; sr_close() it
 * @width: the pictures'
 * @height: the pictures'
 */
int sr_open(struct sr *sr, const struct sr_options *opt, uint32_t width,
	    uint32_t height);

/** sr_close() - safe on a zeroed struct */
void sr_close(struct sr *sr);

/** sr_frames() - frames that one picture of @channels takes */
uint32_t sr_frames(const struct sr *sr, uint32_t channels);

/**
 * sr_push() - upscale a picture; returns before it is complete
 * @from: the picture: 1, 3 or 4 channels. Must stay until sr_finish().
 * @to: a picture of as many channels and factor times the size, allocated.
 *
 * A network with three channels sees grey as equal red, green and blue, and
 * its result becomes grey by the luma weights of BT.601; a network with one
 * channel sees red, green and blue one after the other. Alpha does not pass
 * the network: it is interpolated linearly.
 */
int sr_push(struct sr *sr, const struct image *from, struct image *to);

/** sr_finish() - wait until @to is complete */
int sr_finish(struct sr *sr, const struct image *to);

#endif /* SRFPGA_SR_H */
