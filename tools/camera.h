/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SRFPGA_CAMERA_H
#define SRFPGA_CAMERA_H

#include <stdbool.h>
#include <stdint.h>

#include <srfpga.h>

#include "kms.h"
#include "outfile.h"
#include "v4l2.h"
#include "y4m.h"

#define CAMERA_MAX_OUTPUTS	8
/* Latencies that are kept for the percentiles; later ones replace old ones. */
#define CAMERA_SAMPLES		4096

/** enum camera_sink - where the frames go */
enum camera_sink { CAMERA_NULL, CAMERA_DISPLAY, CAMERA_ENCODE };

/** struct camera_options - what the user asked for */
struct camera_options {
	const char *source;
	const char *device;
	const char *card;
	const char *encode;
	const char *save;	/* prefix of the last frame's files, or NULL */
	enum camera_sink sink;
	int sharing;		/* enum v4l2_sharing, -1: what works */
	uint32_t width;		/* of a soft device's frame; 0: 640x480 */
	uint32_t height;
	uint64_t frames;	/* 0: until Ctrl-C */
	uint64_t timeout_ns;	/* of a job; 0: the device's */
	bool json;
};

/**
 * struct camera_stats - what happened to the frames
 * @in: captured
 * @out: displayed, encoded or counted
 * @dropped: late: a newer one was there first
 * @failed: jobs that ended with an error
 * @copied_bytes: that the CPU moved, conversions included
 * @convert_ns: time that conversions took
 * @latency_ns: of the last frames, capture to screen (or end of the job)
 * @begun_ns: first frame
 * @ended_ns: last frame
 */
struct camera_stats {
	uint64_t in;
	uint64_t out;
	uint64_t dropped;
	uint64_t failed;
	uint64_t copied_bytes;
	uint64_t convert_ns;
	uint64_t latency_ns[CAMERA_SAMPLES];
	uint64_t begun_ns;
	uint64_t ended_ns;
};

/** enum camera_state - of an output buffer, in this order */
enum camera_state { CAMERA_FREE, CAMERA_RUNNING, CAMERA_READY, CAMERA_SHOWN };

/**
 * struct camera_output - a frame of the accelerator on its way out
 * @fence: of the job that writes it, -1 if none is under way
 * @input: camera buffer that the job reads
 * @fb: for the display
 * @kept: copy of its input for --save, NULL if it is not wanted
 */
struct camera_output {
	struct srfpga_buffer *buf;
	uint8_t *addr;
	enum camera_state state;
	uint32_t input;
	uint64_t captured_ns;
	int fence;
	uint32_t fb;
	uint8_t *kept;
};

/**
 * struct camera - the pipeline
 * @sub: a submission for each pair of camera buffer and output
 * @inputs: the camera's frames as the device reads them
 * @convert: the camera's format is not RGB: @inputs are filled by the CPU
 * @bgr: the display wants B, G, R and so does the camera
 * @showing: output on the screen, -1: none
 * @flipping: output on its way to the screen, -1: none
 * @newest: output that goes to the screen next, -1: none
 */
struct camera {
	const struct camera_options *opt;
	struct v4l2 cam;
	struct srfpga_device *dev;
	const struct srfpga_port *in;
	const struct srfpga_port *out;
	struct kms *kms;
	struct outfile file;
	struct y4m y4m;
	uint8_t *planes;
	struct srfpga_buffer *inputs[V4L2_MAX_BUFFERS];
	uint8_t *raw[V4L2_MAX_BUFFERS];
	struct srfpga_buffer *raw_buf[V4L2_MAX_BUFFERS];
	struct camera_output outputs[CAMERA_MAX_OUTPUTS];
	struct srfpga_submission *sub[V4L2_MAX_BUFFERS][CAMERA_MAX_OUTPUTS];
	uint32_t num_outputs;
	bool convert;
	bool bgr;
	int showing;
	int flipping;
	int newest;
	struct camera_stats stats;
};

/** camera_setup() - open everything and share the buffers */
int camera_setup(struct camera *c);

/** camera_describe() - say on stderr which way the frames go */
void camera_describe(const struct camera *c);

/** camera_loop() - move frames until the end, a signal or an error */
int camera_loop(struct camera *c);

/** camera_teardown() - release all of it; safe after any part of the setup */
void camera_teardown(struct camera *c);

/**
 * camera_keep() - remember the input of a finished output, if --save wants it
 *
 * Called while the camera does not write it.
 */
int camera_keep(struct camera *c, int k);

/** camera_save() - the last frame and what became of it, as pictures */
int camera_save(struct camera *c, int k);

/** camera_convert() - a frame of the camera's format to RGB, by the CPU */
int camera_convert(struct camera *c, uint32_t index);

#endif /* SRFPGA_CAMERA_H */
