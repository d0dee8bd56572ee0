// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The GStreamer plugin, its device sessions and frames through the device.
 * Must not know what the elements do with the result.
 */
#include "gstsrfpga.h"

#include <string.h>

GST_DEBUG_CATEGORY(gst_srfpga_debug);
#define GST_CAT_DEFAULT gst_srfpga_debug

/* A network without a size of its own is asked for its factor at this one. */
#define PROBE_PIXELS	32

static gboolean is_rgb_port(const struct srfpga_port *p)
{
	return p->normal_rank == 3 && p->normal_shape[2] == 3 &&
	       p->layout.dtype == SRFPGA_DTYPE_UINT && p->layout.bits == 8;
}

static int open_device(GstSrfpgaSession *s, const char *name,
		       unsigned int width, unsigned int height, char *err,
		       size_t err_len)
{
	g_autofree char *sized = NULL;
	int ret;

	if (name && g_str_has_prefix(name, "soft:") &&
	    !strstr(name, ",height=")) {
		sized = g_strdup_printf("%s,height=%u,width=%u", name,
					height ? height : PROBE_PIXELS,
					width ? width : PROBE_PIXELS);
		ret = srfpga_device_open(sized, &s->dev, err, err_len);
		/* a model with a size of its own refuses another one */
		if (ret != -EINVAL)
			return ret;
	}
	return srfpga_device_open(name, &s->dev, err, err_len);
}

static const char *find_ports(GstSrfpgaSession *s)
{
	const struct srfpga_device_info *info = srfpga_device_get_info(s->dev);

	if (info->num_inputs != 1 || info->num_outputs != 1)
		return "it has more than one input and one output";
	s->in = srfpga_device_get_port(s->dev, 0);
	s->out = srfpga_device_get_port(s->dev, 1);
	if (s->in->role != SRFPGA_PORT_INPUT) {
		const struct srfpga_port *p = s->in;

		s->in = s->out;
		s->out = p;
	}
	if (!is_rgb_port(s->in))
		return "its input is not an RGB picture of 8 bits";
	s->height = s->in->normal_shape[0];
	s->width = s->in->normal_shape[1];
	return NULL;
}

static void close_session(gpointer data)
{
	GstSrfpgaSession *s = data;

	srfpga_submission_free(s->job);
	srfpga_device_close(s->dev);
}

GstSrfpgaSession *gst_srfpga_session_open(GstElement *element, const char *name,
					  unsigned int width,
					  unsigned int height)
{
	GstSrfpgaSession *s = g_atomic_rc_box_new0(GstSrfpgaSession);
	const char *why = NULL;
	char err[512] = "";
	int ret;

	ret = open_device(s, name, width, height, err, sizeof(err));
	if (ret)
		why = *err ? err : g_strerror(-ret);
	if (!why)
		why = find_ports(s);
	if (!why && srfpga_submission_create(s->dev, 1, &s->job))
		why = "out of memory";
	if (!why)
		return s;
	GST_ELEMENT_ERROR(element, RESOURCE, OPEN_READ_WRITE,
			  ("%s: %s", name ? name : "srfpga", why), (NULL));
	gst_srfpga_session_unref(s);
	return NULL;
}

GstSrfpgaSession *gst_srfpga_session_ref(GstSrfpgaSession *session)
{
	return g_atomic_rc_box_acquire(session);
}

void gst_srfpga_session_unref(GstSrfpgaSession *session)
{
	g_atomic_rc_box_release_full(session, close_session);
}

int gst_srfpga_session_run(GstSrfpgaSession *s, struct srfpga_buffer *in,
			   struct srfpga_buffer *out)
{
	struct srfpga_event event;
	int ret;

	ret = srfpga_submission_set_buffer(s->job, 0, s->in->index, in, 0, 0);
	if (!ret)
		ret = srfpga_submission_set_buffer(s->job, 0, s->out->index,
						   out, 0, 0);
	if (!ret)
		ret = srfpga_submission_submit(s->job, NULL);
	if (ret)
		return ret;
	do {
		ret = srfpga_event_read(s->dev, &event, 1, -1);
	} while (ret == -EINTR);
	return ret < 0 ? ret : event.status;
}

int gst_srfpga_buffer_sync(struct srfpga_buffer *buf, uint32_t access)
{
	int ret = srfpga_buffer_begin_cpu(buf, access, 0, 0);

	return ret ? ret : srfpga_buffer_end_cpu(buf, access, 0, 0);
}

void gst_srfpga_add_pads(GstElementClass *element, const char *text)
{
	GstCaps *caps = gst_caps_from_string(text);

	gst_element_class_add_pad_template(
		element, gst_pad_template_new("sink", GST_PAD_SINK,
					      GST_PAD_ALWAYS, caps));
	gst_element_class_add_pad_template(
		element, gst_pad_template_new("src", GST_PAD_SRC,
					      GST_PAD_ALWAYS, caps));
	gst_caps_unref(caps);
}

int gst_srfpga_fill_input(GstSrfpgaSession *s, const GstVideoFrame *frame,
			  struct srfpga_buffer *buf)
{
	const guint8 *from = GST_VIDEO_FRAME_PLANE_DATA(frame, 0);
	gsize stride = (gsize)GST_VIDEO_FRAME_PLANE_STRIDE(frame, 0);
	gsize row = (gsize)s->width * 3;
	unsigned int y;
	void *to;
	int ret;

	ret = srfpga_buffer_map(buf, &to);
	if (!ret)
		ret = srfpga_buffer_begin_cpu(buf, SRFPGA_CPU_WRITE, 0, 0);
	if (ret)
		return ret;
	for (y = 0; y < s->height; y++)
		memcpy((guint8 *)to + y * row, from + y * stride, row);
	return srfpga_buffer_end_cpu(buf, SRFPGA_CPU_WRITE, 0, 0);
}

static gboolean plugin_init(GstPlugin *plugin)
{
	gboolean ok;

	GST_DEBUG_CATEGORY_INIT(gst_srfpga_debug, "srfpga", 0,
				"neural accelerators in FPGA fabric");
	ok = GST_ELEMENT_REGISTER(srfpgaupscale, plugin);
	return GST_ELEMENT_REGISTER(srfpgaclassify, plugin) && ok;
}

#define PACKAGE "srfpga"
GST_PLUGIN_DEFINE(GST_VERSION_MAJOR, GST_VERSION_MINOR, srfpga,
		  "Neural accelerators in FPGA fabric", plugin_init,
		  SRFPGA_VERSION, "LGPL", "srfpga", "srfpga")
