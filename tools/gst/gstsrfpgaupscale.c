// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * srfpgaupscale: RGB video in, the same video larger out, as dma-bufs.
 * Must not know how memory is shared with the device.
 */
#include "gstsrfpga.h"

#include <gst/base/gstbasetransform.h>

#define GST_CAT_DEFAULT gst_srfpga_debug

#define GST_TYPE_SRFPGA_UPSCALE (gst_srfpga_upscale_get_type())
G_DECLARE_FINAL_TYPE(GstSrfpgaUpscale, gst_srfpga_upscale, GST,
		     SRFPGA_UPSCALE, GstBaseTransform)

/**
 * GstSrfpgaUpscale - the element
 * @device: property, under the object lock
 * @session: of the negotiated size; streaming thread
 * @input: pool for frames that have to be copied
 * @in_info: of the sink pad
 * @out_info: of the source pad
 * @factor: of the network
 * @fixed_width: hardware's frame; 0: any
 * @fixed_height: see @fixed_width
 * @zero_copy: frames of which no byte was copied
 * @copied: frames that were
 */
struct _GstSrfpgaUpscale {
	GstBaseTransform parent;
	char *device;
	GstSrfpgaSession *session;
	GstBufferPool *input;
	GstVideoInfo in_info, out_info;
	unsigned int factor, fixed_width, fixed_height;
	guint64 zero_copy, copied;
};

enum { PROP_0, PROP_DEVICE, PROP_ZERO_COPY, PROP_COPIED };

G_DEFINE_TYPE(GstSrfpgaUpscale, gst_srfpga_upscale, GST_TYPE_BASE_TRANSFORM)
GST_ELEMENT_REGISTER_DEFINE(srfpgaupscale, "srfpgaupscale", GST_RANK_NONE,
			    GST_TYPE_SRFPGA_UPSCALE)

static void drop_session(GstSrfpgaUpscale *self)
{
	if (self->input) {
		gst_buffer_pool_set_active(self->input, FALSE);
		gst_clear_object(&self->input);
	}
	g_clear_pointer(&self->session, gst_srfpga_session_unref);
}

static GstSrfpgaSession *open_session(GstSrfpgaUpscale *self,
				      unsigned int width, unsigned int height)
{
	g_autofree char *name = NULL;

	GST_OBJECT_LOCK(self);
	name = g_strdup(self->device);
	GST_OBJECT_UNLOCK(self);
	return gst_srfpga_session_open(GST_ELEMENT(self), name, width, height);
}

/* Opened twice: a soft device at the two sizes tells whether it has its own. */
static gboolean start(GstBaseTransform *base)
{
	GstSrfpgaUpscale *self = GST_SRFPGA_UPSCALE(base);
	GstSrfpgaSession *s = open_session(self, 0, 0);
	const uint32_t *out;

	if (!s)
		return FALSE;
	out = s->out->normal_shape;
	self->factor = out[0] / s->height;
	if (s->out->normal_rank != 3 || out[2] != 3 || !self->factor ||
	    out[0] != s->height * self->factor ||
	    out[1] != s->width * self->factor) {
		GST_ELEMENT_ERROR(self, RESOURCE, SETTINGS,
				  ("the network does not make RGB pictures larger"),
				  (NULL));
		gst_srfpga_session_unref(s);
		return FALSE;
	}
	self->fixed_width = s->width;
	self->fixed_height = s->height;
	if (srfpga_device_get_info(s->dev)->is_soft) {
		GstSrfpgaSession *t = open_session(self, s->width + 16,
						   s->height);

		if (t && t->width != s->width)
			self->fixed_width = self->fixed_height = 0;
		g_clear_pointer(&t, gst_srfpga_session_unref);
	}
	gst_srfpga_session_unref(s);
	self->zero_copy = self->copied = 0;
	return TRUE;
}

static gboolean stop(GstBaseTransform *base)
{
	GstSrfpgaUpscale *self = GST_SRFPGA_UPSCALE(base);

	drop_session(self);
	GST_INFO_OBJECT(self, "%" G_GUINT64_FORMAT " frames without a copy, %"
			G_GUINT64_FORMAT " copied", self->zero_copy,
			self->copied);
	return TRUE;
}

static void scale_dimension(GValue *to, const GValue *from, unsigned int mul,
			    unsigned int div)
{
	if (G_VALUE_HOLDS_INT(from)) {
		g_value_init(to, G_TYPE_INT);
		g_value_set_int(to, MAX(1, (int)((gint64)g_value_get_int(from) *
						 mul / div)));
		return;
	}
	g_value_init(to, GST_TYPE_INT_RANGE);
	gst_value_set_int_range(to, 1, 32767);
}

/* A size on one side is that size times or by the factor on the other. */
static void scale_structure(GstSrfpgaUpscale *self, GstStructure *s,
			    gboolean larger)
{
	static const char *const fields[] = { "width", "height" };
	unsigned int i;

	for (i = 0; i < G_N_ELEMENTS(fields); i++) {
		const GValue *from = gst_structure_get_value(s, fields[i]);
		GValue to = G_VALUE_INIT;

		if (!from)
			continue;
		scale_dimension(&to, from, larger ? self->factor : 1,
				larger ? 1 : self->factor);
		gst_structure_take_value(s, fields[i], &to);
	}
}

static void fix_size(GstSrfpgaUpscale *self, GstCaps *caps, unsigned int factor)
{
	if (self->fixed_width)
		gst_caps_set_simple(caps, "width", G_TYPE_INT,
				    (int)(self->fixed_width * factor), "height",
				    G_TYPE_INT,
				    (int)(self->fixed_height * factor), NULL);
}

static GstCaps *transform_caps(GstBaseTransform *base, GstPadDirection from,
			       GstCaps *caps, GstCaps *filter)
{
	GstSrfpgaUpscale *self = GST_SRFPGA_UPSCALE(base);
	GstCaps *to = gst_caps_copy(caps), *both;
	guint i;

	if (!self->factor)
		gst_caps_set_simple(to, "width", GST_TYPE_INT_RANGE, 1, 32767,
				    "height", GST_TYPE_INT_RANGE, 1, 32767,
				    NULL);
	for (i = 0; self->factor && i < gst_caps_get_size(to); i++)
		scale_structure(self, gst_caps_get_structure(to, i),
				from == GST_PAD_SINK);
	if (self->factor)
		fix_size(self, to, from == GST_PAD_SINK ? self->factor : 1);
	if (!filter)
		return to;
	both = gst_caps_intersect_full(filter, to, GST_CAPS_INTERSECT_FIRST);
	gst_caps_unref(to);
	return both;
}

static gboolean get_unit_size(GstBaseTransform *base, GstCaps *caps,
			      gsize *size)
{
	GstVideoInfo info;

	if (!gst_video_info_from_caps(&info, caps))
		return FALSE;
	*size = info.size;
	return TRUE;
}

static gboolean set_caps(GstBaseTransform *base, GstCaps *in, GstCaps *out)
{
	GstSrfpgaUpscale *self = GST_SRFPGA_UPSCALE(base);
	GstVideoInfo info;

	if (!gst_video_info_from_caps(&info, in) ||
	    !gst_video_info_from_caps(&self->out_info, out))
		return FALSE;
	self->in_info = info;
	drop_session(self);
	self->session = open_session(self, (unsigned int)info.width,
				     (unsigned int)info.height);
	if (!self->session)
		return FALSE;
	if (self->session->width != (unsigned int)info.width ||
	    self->session->height != (unsigned int)info.height) {
		GST_ELEMENT_ERROR(self, STREAM, FORMAT,
				  ("the device takes frames of %ux%u, not %dx%d",
				   self->session->width, self->session->height,
				   info.width, info.height), (NULL));
		return FALSE;
	}
	self->input = gst_srfpga_pool_new(self->session, self->session->in, in, 1);
	return self->input && gst_buffer_pool_set_active(self->input, TRUE);
}

/* Downstream gets the device's own memory, unless its rows would not fit. */
static gboolean decide_allocation(GstBaseTransform *base, GstQuery *query)
{
	GstSrfpgaUpscale *self = GST_SRFPGA_UPSCALE(base);
	GstBufferPool *pool;
	GstCaps *caps;

	gst_query_parse_allocation(query, &caps, NULL);
	if (!caps || !self->session)
		return FALSE;
	pool = gst_srfpga_pool_new(self->session, self->session->out, caps,
				   GST_SRFPGA_POOL_MIN);
	if (!pool)
		return FALSE;
	while (gst_query_get_n_allocation_pools(query))
		gst_query_remove_nth_allocation_pool(query, 0);
	gst_query_add_allocation_pool(query, pool,
				      (guint)self->session->out->frame_bytes,
				      GST_SRFPGA_POOL_MIN, 0);
	gst_object_unref(pool);
	return TRUE;
}

static gboolean propose_allocation(GstBaseTransform *base, GstQuery *decide,
				   GstQuery *query)
{
	GstSrfpgaUpscale *self = GST_SRFPGA_UPSCALE(base);

	gst_srfpga_propose_input(self->session, &self->in_info, query);
	return TRUE;
}

/* The device's view of the input; *@held is a copy to be released. */
static struct srfpga_buffer *get_input(GstSrfpgaUpscale *self, GstBuffer *in,
				       GstBuffer **held)
{
	struct srfpga_buffer *buf;
	GstVideoFrame frame;
	int ret = -EIO;

	buf = gst_srfpga_input_get(self->session, in, &self->in_info);
	if (buf) {
		self->zero_copy++;
		return buf;
	}
	self->copied++;
	if (gst_buffer_pool_acquire_buffer(self->input, held, NULL) !=
	    GST_FLOW_OK)
		return NULL;
	buf = gst_srfpga_buffer_get(self->session, *held, self->session->in);
	if (gst_video_frame_map(&frame, &self->in_info, in, GST_MAP_READ)) {
		ret = gst_srfpga_fill_input(self->session, &frame, buf);
		gst_video_frame_unmap(&frame);
	}
	return ret ? NULL : buf;
}

/* The rows of the device's output have no padding: say so. */
static void describe_rows(GstSrfpgaUpscale *self, GstBuffer *out)
{
	gsize offset[GST_VIDEO_MAX_PLANES] = { 0 };
	gint stride[GST_VIDEO_MAX_PLANES] = {
		GST_VIDEO_INFO_WIDTH(&self->out_info) * 3
	};

	if (!gst_buffer_get_video_meta(out))
		gst_buffer_add_video_meta_full(
			out, GST_VIDEO_FRAME_FLAG_NONE,
			GST_VIDEO_INFO_FORMAT(&self->out_info),
			(guint)GST_VIDEO_INFO_WIDTH(&self->out_info),
			(guint)GST_VIDEO_INFO_HEIGHT(&self->out_info), 1,
			offset, stride);
}

static GstFlowReturn transform(GstBaseTransform *base, GstBuffer *in,
			       GstBuffer *out)
{
	GstSrfpgaUpscale *self = GST_SRFPGA_UPSCALE(base);
	struct srfpga_buffer *from, *to;
	GstBuffer *held = NULL;
	int ret = -EIO;

	to = gst_srfpga_buffer_get(self->session, out, self->session->out);
	from = to ? get_input(self, in, &held) : NULL;
	if (from)
		ret = gst_srfpga_session_run(self->session, from, to);
	/* whoever maps the result reads through the cache */
	if (!ret)
		ret = gst_srfpga_buffer_sync(to, SRFPGA_CPU_READ);
	gst_clear_buffer(&held);
	if (ret) {
		GST_ELEMENT_ERROR(self, RESOURCE, FAILED,
				  ("a frame failed: %s", g_strerror(-ret)),
				  (NULL));
		return GST_FLOW_ERROR;
	}
	describe_rows(self, out);
	return GST_FLOW_OK;
}

static void set_property(GObject *object, guint id, const GValue *value,
			 GParamSpec *spec)
{
	GstSrfpgaUpscale *self = GST_SRFPGA_UPSCALE(object);

	if (id != PROP_DEVICE) {
		G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
		return;
	}
	GST_OBJECT_LOCK(self);
	g_free(self->device);
	self->device = g_value_dup_string(value);
	GST_OBJECT_UNLOCK(self);
}

static void get_property(GObject *object, guint id, GValue *value,
			 GParamSpec *spec)
{
	GstSrfpgaUpscale *self = GST_SRFPGA_UPSCALE(object);

	GST_OBJECT_LOCK(self);
	if (id == PROP_DEVICE)
		g_value_set_string(value, self->device);
	else if (id == PROP_ZERO_COPY)
		g_value_set_uint64(value, self->zero_copy);
	else if (id == PROP_COPIED)
		g_value_set_uint64(value, self->copied);
	else
		G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
	GST_OBJECT_UNLOCK(self);
}

static void finalize(GObject *object)
{
	g_free(GST_SRFPGA_UPSCALE(object)->device);
	G_OBJECT_CLASS(gst_srfpga_upscale_parent_class)->finalize(object);
}

static void install_properties(GObjectClass *object)
{
	object->set_property = set_property;
	object->get_property = get_property;
	object->finalize = finalize;
	g_object_class_install_property(
		object, PROP_DEVICE,
		g_param_spec_string("device", "Device",
				    "/dev/srfpgaN or soft:MODEL.onnx; the first device if not set",
				    NULL, G_PARAM_READWRITE |
				    G_PARAM_STATIC_STRINGS |
				    GST_PARAM_MUTABLE_READY));
	g_object_class_install_property(
		object, PROP_ZERO_COPY,
		g_param_spec_uint64("zero-copy", "Zero copy",
				    "Frames that the device read where they were",
				    0, G_MAXUINT64, 0, G_PARAM_READABLE |
				    G_PARAM_STATIC_STRINGS));
	g_object_class_install_property(
		object, PROP_COPIED,
		g_param_spec_uint64("copied", "Copied",
				    "Frames that were copied for the device",
				    0, G_MAXUINT64, 0, G_PARAM_READABLE |
				    G_PARAM_STATIC_STRINGS));
}

static void gst_srfpga_upscale_class_init(GstSrfpgaUpscaleClass *class)
{
	GstBaseTransformClass *trans = GST_BASE_TRANSFORM_CLASS(class);
	GstElementClass *element = GST_ELEMENT_CLASS(class);

	install_properties(G_OBJECT_CLASS(class));
	gst_srfpga_add_pads(element, GST_SRFPGA_CAPS_BOTH);
	gst_element_class_set_static_metadata(
		element, "FPGA super-resolution", "Filter/Converter/Video/Scaler",
		"Makes video larger with a neural accelerator in FPGA fabric",
		"srfpga");
	trans->start = start;
	trans->stop = stop;
	trans->transform_caps = transform_caps;
	trans->get_unit_size = get_unit_size;
	trans->set_caps = set_caps;
	trans->decide_allocation = decide_allocation;
	trans->propose_allocation = propose_allocation;
	trans->transform = transform;
}

static void gst_srfpga_upscale_init(GstSrfpgaUpscale *self)
{
}
