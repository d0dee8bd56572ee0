/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the GStreamer elements share: a device that buffers keep alive, memory
 * that both sides see, and one frame through the accelerator.
 */
#ifndef GST_SRFPGA_H
#define GST_SRFPGA_H

#include <gst/gst.h>
#include <gst/video/video.h>

#include <srfpga.h>

G_BEGIN_DECLS

GST_DEBUG_CATEGORY_EXTERN(gst_srfpga_debug);

/**
 * What the pads carry. B, G, R is for screens that show nothing else: then the
 * network sees it so, too.
 */
#define GST_SRFPGA_SIZES	", width=[1,32767], height=[1,32767]"
#define GST_SRFPGA_CAPS		"video/x-raw, format=RGB" GST_SRFPGA_SIZES
#define GST_SRFPGA_CAPS_BOTH \
	GST_SRFPGA_CAPS "; video/x-raw, format=BGR" GST_SRFPGA_SIZES

/**
 * GstSrfpgaSession - an open device with one image input and one output
 *
 * Reference counted (g_atomic_rc_box): memory that is still downstream keeps
 * the device open.
 */
typedef struct {
	struct srfpga_device *dev;
	struct srfpga_submission *job;
	const struct srfpga_port *in;
	const struct srfpga_port *out;
	unsigned int height, width;
} GstSrfpgaSession;

/**
 * gst_srfpga_session_open() - open a device for RGB frames of a size
 * @element: receives the error message
 * @name: a device name of libsrfpga; NULL: the first device
 * @width: of the frames; a soft device takes it, hardware must have it. 0: a
 *	device whose size is still open is opened at a small one
 * @height: see @width
 *
 * Returns: a session to be released with gst_srfpga_session_unref(), or NULL
 * after an element error.
 */
GstSrfpgaSession *gst_srfpga_session_open(GstElement *element, const char *name,
					  unsigned int width,
					  unsigned int height);

GstSrfpgaSession *gst_srfpga_session_ref(GstSrfpgaSession *session);
void gst_srfpga_session_unref(GstSrfpgaSession *session);

/**
 * gst_srfpga_pool_new() - a pool of the device's memory, one frame a buffer
 * @caps: of the frames
 * @min: buffers that it has at least
 *
 * Returns: an inactive pool, or NULL.
 */
GstBufferPool *gst_srfpga_pool_new(GstSrfpgaSession *session,
				   const struct srfpga_port *port,
				   GstCaps *caps, guint min);

/** Frames that may be on their way while the next one is computed. */
#define GST_SRFPGA_POOL_MIN	3

/**
 * gst_srfpga_propose_input() - let upstream write into memory that the device
 * reads
 * @info: of the frames; rows with padding are not proposed
 * @query: of the allocation
 */
void gst_srfpga_propose_input(GstSrfpgaSession *session,
			      const GstVideoInfo *info, GstQuery *query);

/**
 * gst_srfpga_buffer_get() - the device's view of a buffer's memory
 * @buffer: of one memory; from the device's own pool, or a dma-buf
 * @port: the port that it is for
 *
 * A foreign dma-buf is attached once and remembered as long as it lives.
 *
 * Returns: the buffer, owned by the memory; NULL if it has to be copied.
 */
struct srfpga_buffer *gst_srfpga_buffer_get(GstSrfpgaSession *session,
					    GstBuffer *buffer,
					    const struct srfpga_port *port);

/**
 * gst_srfpga_input_get() - gst_srfpga_buffer_get() of a frame for the device
 * @info: of the pad that it came from
 *
 * Returns: the buffer, its caches settled; NULL if the frame has to be copied,
 * for example because its rows are padded.
 */
struct srfpga_buffer *gst_srfpga_input_get(GstSrfpgaSession *session,
					   GstBuffer *buffer,
					   const GstVideoInfo *info);

/**
 * gst_srfpga_session_run() - one frame, waiting for its end
 *
 * Returns: 0 or a negative errno.
 */
int gst_srfpga_session_run(GstSrfpgaSession *session, struct srfpga_buffer *in,
			   struct srfpga_buffer *out);

/** gst_srfpga_fill_input() - copy a picture into the device's memory */
int gst_srfpga_fill_input(GstSrfpgaSession *session, const GstVideoFrame *frame,
			  struct srfpga_buffer *buf);

/**
 * gst_srfpga_buffer_sync() - settle the caches around an access of the CPU
 * @access: SRFPGA_CPU_WRITE: somebody wrote it, the device is going to read;
 *	SRFPGA_CPU_READ: the device wrote it, somebody is going to read
 *
 * For memory that others map without telling.
 */
int gst_srfpga_buffer_sync(struct srfpga_buffer *buf, uint32_t access);

/** gst_srfpga_add_pads() - both pads carry @caps, pictures of any size */
void gst_srfpga_add_pads(GstElementClass *element, const char *caps);

GST_ELEMENT_REGISTER_DECLARE(srfpgaupscale);
GST_ELEMENT_REGISTER_DECLARE(srfpgaclassify);

G_END_DECLS

#endif /* GST_SRFPGA_H */
