/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SRFPGA_V4L2_H
#define SRFPGA_V4L2_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define V4L2_MAX_BUFFERS	16

/** enum v4l2_sharing - whose memory the frames lie in */
enum v4l2_sharing {
	V4L2_IMPORT,	/* ours: the camera writes into our dma-bufs */
	V4L2_EXPORT,	/* the camera's: it exports dma-bufs */
	V4L2_MAP,	/* the camera's, for the CPU only */
};

/**
 * struct v4l2 - a capture device
 * @fd: poll() it for POLLIN: a frame is there
 * @path: for messages
 * @type: V4L2_BUF_TYPE_VIDEO_CAPTURE or V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE
 * @width: pixels
 * @height: rows
 * @fourcc: V4L2_PIX_FMT_*
 * @stride: bytes of a row
 * @bytes: of a frame
 * @rate: frames in @rate_per seconds; 0: unknown
 * @rate_per: see @rate
 * @sharing: see enum v4l2_sharing
 * @num_buffers: of the queue
 * @dmabuf: descriptors of the buffers; owned with V4L2_EXPORT
 * @addr: of the buffers with V4L2_MAP
 * @map_bytes: of each of @addr
 */
struct v4l2 {
	int fd;
	const char *path;
	uint32_t type;
	uint32_t width;
	uint32_t height;
	uint32_t fourcc;
	uint32_t stride;
	uint32_t bytes;
	uint32_t rate;
	uint32_t rate_per;
	enum v4l2_sharing sharing;
	uint32_t num_buffers;
	int dmabuf[V4L2_MAX_BUFFERS];
	uint8_t *addr[V4L2_MAX_BUFFERS];
	size_t map_bytes;
};

/**
 * struct v4l2_frame - a frame that the camera has written
 * @index: of the buffer
 * @sequence: counts also frames for which the camera had no buffer
 * @captured_ns: CLOCK_MONOTONIC; when it was taken from the queue if the
 *	camera does not tell
 * @broken: the camera says that the picture is damaged
 */
struct v4l2_frame {
	uint32_t index;
	uint32_t sequence;
	uint64_t captured_ns;
	bool broken;
};

/** v4l2_open() - open a capture device; *@cam is safe to close afterwards */
int v4l2_open(struct v4l2 *cam, const char *path);

/**
 * v4l2_set_format() - ask for a size in one of several formats
 * @fourccs: V4L2_PIX_FMT_*, the best first, zero-terminated
 *
 * A camera that has none of them in this size is a message that lists what it
 * has.
 */
int v4l2_set_format(struct v4l2 *cam, uint32_t width, uint32_t height,
		    const uint32_t *fourccs);

/**
 * v4l2_set_rate() - ask for a number of frames a second
 * @fps: 0: leave it, but fill @cam->rate
 *
 * The camera may take the nearest one that it has; then that is said.
 */
int v4l2_set_rate(struct v4l2 *cam, uint32_t fps);

/**
 * v4l2_request() - make the queue's buffers
 * @sharing: with V4L2_EXPORT, @cam->dmabuf is filled, with V4L2_MAP @cam->addr;
 *	with V4L2_IMPORT the caller fills @cam->dmabuf before v4l2_queue()
 *
 * Return: 0, or a negative errno without a message: try the other way.
 */
int v4l2_request(struct v4l2 *cam, enum v4l2_sharing sharing, uint32_t count);

/**
 * v4l2_try_import() - whether the camera takes the dma-buf of buffer @index
 *
 * Return: 0, or a negative errno without a message.
 */
int v4l2_try_import(struct v4l2 *cam, uint32_t index);

/**
 * v4l2_export_is_virtual() - the camera's dma-bufs are vmalloc() memory
 *
 * Such a driver writes its frames with the CPU (USB cameras), and what it
 * exports knows nothing of caches.
 */
bool v4l2_export_is_virtual(const struct v4l2 *cam);

/** v4l2_queue() - let the camera write buffer @index */
int v4l2_queue(struct v4l2 *cam, uint32_t index);

/** v4l2_start() - begin to capture */
int v4l2_start(struct v4l2 *cam);

/**
 * v4l2_dequeue() - take a frame
 * @got: false: none is there yet
 */
int v4l2_dequeue(struct v4l2 *cam, struct v4l2_frame *frame, bool *got);

/** v4l2_stop() - give back all buffers; safe at any time */
void v4l2_stop(struct v4l2 *cam);

/** v4l2_close() - safe on a zeroed struct with fd -1 and after itself */
void v4l2_close(struct v4l2 *cam);

/** v4l2_fourcc_text() - four letters and a NUL */
void v4l2_fourcc_text(uint32_t fourcc, char text[5]);

#endif /* SRFPGA_V4L2_H */
