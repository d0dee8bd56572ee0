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
	const char *save;	/* names the last frame's files, or NULL */
	enum camera_sink sink;
	int sharing;		/* enum v4l2_sharing, -1: what works */
	uint32_t fourcc;	/* of the camera, 0: the best that it has */
	uint32_t width;		/* of a soft device's frame; 0: 640x480 */
	uint32_t height;
	uint64_t fps;		/* 0: the camera's own rate */
	uint64_t frames;	/* 0: until Ctrl-C */
	uint64_t timeout_ns;	/* of a job; 0: the device's */
	bool flips;		/* no atomic commits */
	bool json;
};

/**
 * struct camera_stats - what happened to the frames
 * @in: captured
 * @out: displayed, encoded or counted
 * @missed: the camera had no buffer for them
 * @dropped: late: a newer one was there first
 * @failed: jobs that ended with an error, frames that the camera damaged
 * @copied_bytes: that the CPU moved, conversions included
 * @convert_ns: time that conversions took
 * @upkeep_ns: time that the upkeep of the CPU's caches took
 * @latency_ns: of the last frames, capture to screen (or end of the job)
 * @gap_ns: longest time from one frame out to the next
 * @begun_ns: first frame
 * @ended_ns: last frame
 */
struct camera_stats {
	uint64_t in;
	uint64_t out;
	uint64_t missed;
	uint64_t dropped;
	uint64_t failed;
	uint64_t copied_bytes;
	uint64_t convert_ns;
	uint64_t upkeep_ns;
	uint64_t latency_ns[CAMERA_SAMPLES];
	uint64_t gap_ns;
	uint64_t begun_ns;
	uint64_t ended_ns;
};

/** enum camera_state - of an output buffer, in this order */
enum camera_state { CAMERA_FREE, CAMERA_RUNNING, CAMERA_READY, CAMERA_SHOWN };

/**
 * struct camera_output - a frame of the accelerator on its way out
 * @addr: for the CPU, NULL if it has no business there
 * @fence: of the job that writes it, -1 if none is under way
 * @input: camera buffer that the job reads
 * @fb: for the display
 * @drawn: what the display shows instead, if it knows no format of ours
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
	struct kms_picture drawn;
	uint8_t *kept;
};

/**
 * struct camera_held - a captured frame that somebody else still uses
 * @fence: that says when no more; -1: the buffer is not held
 * @since_ns: when it was captured
 * @said: the user knows
 */
struct camera_held {
	int fence;
	uint64_t since_ns;
	bool said;
	struct v4l2_frame frame;
};

/**
 * struct camera - the pipeline
 * @sub: a submission for each pair of camera buffer and output
 * @inputs: the camera's frames as the device reads them
 * @held: for each camera buffer
 * @no_fences: the camera's buffers cannot have fences
 * @convert: the camera's format is not the accelerator's: @inputs are filled by
 *	the CPU
 * @bgr: the display wants B, G, R: so does the camera
 * @redraw: the display has no 24-bit format: the CPU draws into its own
 * @early: the display takes frames that are still being computed
 * @wake: eventfd that a signal writes to
 * @sequence: of the camera's last frame
 * @submitted: the newest frame that the accelerator was given
 * @checked_ns: when the display was last looked after
 * @moved_ns: when the last frame came out
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
	struct camera_held held[V4L2_MAX_BUFFERS];
	struct camera_output outputs[CAMERA_MAX_OUTPUTS];
	struct srfpga_submission *sub[V4L2_MAX_BUFFERS][CAMERA_MAX_OUTPUTS];
	uint32_t num_outputs;
	bool no_fences;
	bool convert;
	bool bgr;
	bool redraw;
	bool early;
	int wake;
	uint32_t sequence;
	uint32_t submitted;
	uint64_t checked_ns;
	uint64_t moved_ns;
	int showing;
	int flipping;
	int newest;
	struct camera_stats stats;
};

/** camera_path() - the accelerator's name for messages */
static inline const char *camera_path(const struct camera *c)
{
	return srfpga_device_get_info(c->dev)->path;
}

/** camera_setup() - open everything and share the buffers */
int camera_setup(struct camera *c);

/** camera_describe() - say on stderr which way the frames go */
void camera_describe(const struct camera *c);

/** camera_teardown() - release all of it; safe after any part of the setup */
void camera_teardown(struct camera *c);

/** camera_share() - memory that camera and accelerator both reach */
int camera_share(struct camera *c);

/** camera_unshare() - release it; safe after any part of camera_share() */
void camera_unshare(struct camera *c);

/** camera_loop() - move frames until the end, a signal or an error */
int camera_loop(struct camera *c);

/** camera_at_end() - there were frames enough, or a signal came */
bool camera_at_end(const struct camera *c);

/** camera_count_out() - a frame has reached its end */
void camera_count_out(struct camera *c, const struct camera_output *o,
		      uint64_t when_ns);

/** camera_free_output() - let the next job write it */
void camera_free_output(struct camera_output *o);

/**
 * camera_hold() - keep a captured frame back if somebody still writes it
 *
 * Return: TOOL_OK or an exit code. @held: it will come back from
 * camera_release().
 */
int camera_hold(struct camera *c, const struct v4l2_frame *frame, bool *held);

/**
 * camera_release() - a held frame whose fence has signalled
 * @index: of the camera's buffer
 * @frame: receives it
 * @ended: 1, or a negative errno: what the fence stood for has failed
 *
 * Return: whether it has.
 */
bool camera_release(struct camera *c, uint32_t index, struct v4l2_frame *frame,
		    int *ended);

/** camera_name_held() - tell about frames that are held for long */
void camera_name_held(struct camera *c);

/** camera_upkeep() - let the accelerator see what the camera's CPU wrote */
int camera_upkeep(struct camera *c, uint32_t index);

/** camera_offer() - output @k may go to the screen, the newest first */
int camera_offer(struct camera *c, int k);

/** camera_finish_shown() - the job of an output for the screen has ended */
int camera_finish_shown(struct camera *c, int k, int status);

/** camera_on_display() - see what has reached the screen */
int camera_on_display(struct camera *c);

/** camera_open_encoder() - the file of --encode and its header */
int camera_open_encoder(struct camera *c);

/** camera_encode() - a finished output into that file */
int camera_encode(struct camera *c, struct camera_output *o);

/**
 * camera_keep() - remember the input of a finished output, if --save wants it
 *
 * Called while the camera does not write it.
 */
int camera_keep(struct camera *c, int k);

/** camera_save() - the last frame and what became of it, as pictures */
int camera_save(struct camera *c, int k);

/** camera_formats() - what camera_convert() reads, the best first, then 0 */
const uint32_t *camera_formats(void);

/** camera_convert() - a frame of the camera's format to ours, by the CPU */
int camera_convert(struct camera *c, uint32_t index);

/** camera_draw() - a finished output into the display's own memory */
int camera_draw(struct camera *c, struct camera_output *o);

/**
 * camera_print() - the figures
 * @load: share of the time that the accelerator worked; NaN: nobody knows
 */
void camera_print(struct camera *c, double load);

#endif /* SRFPGA_CAMERA_H */
