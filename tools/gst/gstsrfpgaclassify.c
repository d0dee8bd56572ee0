// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * srfpgaclassify: video passes through; what the network says of each frame
 * is attached as metadata and posted on the bus.
 * Must not know how memory is shared with the device.
 */
#include "gstsrfpga.h"

#include <stdio.h>
#include <string.h>

#include <gst/base/gstbasetransform.h>

#define GST_CAT_DEFAULT gst_srfpga_debug
#define META "SrfpgaClassMeta"

#define GST_TYPE_SRFPGA_CLASSIFY (gst_srfpga_classify_get_type())
G_DECLARE_FINAL_TYPE(GstSrfpgaClassify, gst_srfpga_classify, GST,
		     SRFPGA_CLASSIFY, GstBaseTransform)

/**
 * GstSrfpgaClassify - the element
 * @device: property, under the object lock
 * @labels_file: property, under the object lock
 * @labels: a name a line of @labels_file; NULL: numbers
 * @session: of the negotiated size; streaming thread
 * @info: of the pads
 * @input: device memory for frames that have to be copied
 * @output: device memory for the scores
 * @codes: the scores as codes of the port's natural type
 * @scores: the scores as real numbers
 * @zero_copy: frames of which no byte was copied
 * @copied: frames that were
 */
struct _GstSrfpgaClassify {
	GstBaseTransform parent;
	char *device;
	char *labels_file;
	char **labels;
	GstSrfpgaSession *session;
	GstVideoInfo info;
	struct srfpga_buffer *input;
	struct srfpga_buffer *output;
	void *codes;
	float *scores;
	guint64 zero_copy, copied;
};

enum { PROP_0, PROP_DEVICE, PROP_LABELS };

G_DEFINE_TYPE(GstSrfpgaClassify, gst_srfpga_classify, GST_TYPE_BASE_TRANSFORM)
GST_ELEMENT_REGISTER_DEFINE(srfpgaclassify, "srfpgaclassify", GST_RANK_NONE,
			    GST_TYPE_SRFPGA_CLASSIFY)

static void drop_session(GstSrfpgaClassify *self)
{
	g_clear_pointer(&self->input, srfpga_buffer_free);
	g_clear_pointer(&self->output, srfpga_buffer_free);
	g_clear_pointer(&self->codes, g_free);
	g_clear_pointer(&self->scores, g_free);
	g_clear_pointer(&self->session, gst_srfpga_session_unref);
}

static GstSrfpgaSession *open_session(GstSrfpgaClassify *self)
{
	g_autofree char *name = NULL;

	GST_OBJECT_LOCK(self);
	name = g_strdup(self->device);
	GST_OBJECT_UNLOCK(self);
	return gst_srfpga_session_open(GST_ELEMENT(self), name, 0, 0);
}

static gboolean alloc_buffers(GstSrfpgaClassify *self)
{
	const struct srfpga_port *out = self->session->out;
	int ret;

	ret = srfpga_buffer_alloc(self->session->dev,
				  self->session->in->frame_bytes,
				  SRFPGA_ATTACH_READ, &self->input);
	if (!ret)
		ret = srfpga_buffer_alloc(self->session->dev, out->frame_bytes,
					  SRFPGA_ATTACH_WRITE, &self->output);
	if (ret) {
		GST_ELEMENT_ERROR(self, RESOURCE, NO_SPACE_LEFT,
				  ("no device memory: %s", g_strerror(-ret)),
				  (NULL));
		return FALSE;
	}
	self->codes = g_malloc_n(out->frame_elems,
				 srfpga_elem_get_size(out->elem));
	self->scores = g_new(float, out->frame_elems);
	return TRUE;
}

static gboolean read_labels(GstSrfpgaClassify *self)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *text = NULL;
	g_autofree char *file = NULL;

	GST_OBJECT_LOCK(self);
	file = g_strdup(self->labels_file);
	GST_OBJECT_UNLOCK(self);
	g_clear_pointer(&self->labels, g_strfreev);
	if (!file)
		return TRUE;
	if (!g_file_get_contents(file, &text, NULL, &error)) {
		GST_ELEMENT_ERROR(self, RESOURCE, READ, ("%s", error->message),
				  (NULL));
		return FALSE;
	}
	self->labels = g_strsplit(g_strchomp(text), "\n", -1);
	return TRUE;
}

static gboolean start(GstBaseTransform *base)
{
	GstSrfpgaClassify *self = GST_SRFPGA_CLASSIFY(base);

	self->zero_copy = self->copied = 0;
	if (!read_labels(self))
		return FALSE;
	self->session = open_session(self);
	if (!self->session)
		return FALSE;
	return alloc_buffers(self);
}

static gboolean stop(GstBaseTransform *base)
{
	GstSrfpgaClassify *self = GST_SRFPGA_CLASSIFY(base);

	drop_session(self);
	g_clear_pointer(&self->labels, g_strfreev);
	GST_INFO_OBJECT(self, "%" G_GUINT64_FORMAT " frames without a copy, %"
			G_GUINT64_FORMAT " copied", self->zero_copy,
			self->copied);
	return TRUE;
}

/* Only pictures of the network's size; scaling is videoscale's work. */
static GstCaps *transform_caps(GstBaseTransform *base, GstPadDirection from,
			       GstCaps *caps, GstCaps *filter)
{
	GstSrfpgaClassify *self = GST_SRFPGA_CLASSIFY(base);
	GstCaps *own, *both;

	own = self->session ?
		gst_caps_new_simple("video/x-raw", "format", G_TYPE_STRING,
				    "RGB", "width", G_TYPE_INT,
				    (int)self->session->width, "height",
				    G_TYPE_INT, (int)self->session->height,
				    NULL) : gst_caps_from_string(GST_SRFPGA_CAPS);
	both = gst_caps_intersect(caps, own);
	gst_caps_unref(own);
	if (filter) {
		own = both;
		both = gst_caps_intersect_full(filter, own,
					       GST_CAPS_INTERSECT_FIRST);
		gst_caps_unref(own);
	}
	return both;
}

static gboolean set_caps(GstBaseTransform *base, GstCaps *in, GstCaps *out)
{
	return gst_video_info_from_caps(&GST_SRFPGA_CLASSIFY(base)->info, in);
}

static gboolean propose_allocation(GstBaseTransform *base, GstQuery *decide,
				   GstQuery *query)
{
	GstSrfpgaClassify *self = GST_SRFPGA_CLASSIFY(base);

	gst_srfpga_propose_input(self->session, &self->info, query);
	return TRUE;
}

static int read_scores(GstSrfpgaClassify *self)
{
	const struct srfpga_port *out = self->session->out;
	double scale = out->scale > 0 ? out->scale : 1;
	void *packed;
	int ret;

	ret = srfpga_buffer_map(self->output, &packed);
	if (!ret)
		ret = srfpga_buffer_begin_cpu(self->output, SRFPGA_CPU_READ, 0,
					      0);
	if (ret)
		return ret;
	ret = srfpga_layout_unpack(&out->layout, out->elem, packed, 1,
				   self->codes);
	if (!ret)
		ret = srfpga_layout_dequantise(&out->layout, scale,
					       out->zero_point, self->codes,
					       out->frame_elems, self->scores);
	srfpga_buffer_end_cpu(self->output, SRFPGA_CPU_READ, 0, 0);
	return ret;
}

static guint best(const GstSrfpgaClassify *self)
{
	guint i, top = 0;

	for (i = 1; i < self->session->out->frame_elems; i++)
		if (self->scores[i] > self->scores[top])
			top = i;
	return top;
}

static void publish(GstSrfpgaClassify *self, GstBuffer *buffer)
{
	guint top = best(self);
	g_autofree char *number = g_strdup_printf("%u", top);
	const char *label = number;
	GstCustomMeta *meta;
	GstStructure *s;

	if (self->labels && top < g_strv_length(self->labels))
		label = self->labels[top];
	s = gst_structure_new("srfpga-class", "index", G_TYPE_UINT, top,
			      "label", G_TYPE_STRING, label, "score",
			      G_TYPE_DOUBLE, (double)self->scores[top],
			      "pts", G_TYPE_UINT64, GST_BUFFER_PTS(buffer),
			      NULL);
	meta = gst_buffer_add_custom_meta(buffer, META);
	if (meta)
		gst_structure_set(gst_custom_meta_get_structure(meta), "index",
				  G_TYPE_UINT, top, "label", G_TYPE_STRING,
				  label, "score", G_TYPE_DOUBLE,
				  (double)self->scores[top], NULL);
	gst_element_post_message(GST_ELEMENT(self),
				 gst_message_new_element(GST_OBJECT(self), s));
}

static int copy_input(GstSrfpgaClassify *self, GstBuffer *buffer)
{
	GstVideoFrame frame;
	int ret;

	self->copied++;
	if (!gst_video_frame_map(&frame, &self->info, buffer, GST_MAP_READ))
		return -EIO;
	ret = gst_srfpga_fill_input(self->session, &frame, self->input);
	gst_video_frame_unmap(&frame);
	return ret;
}

static GstFlowReturn transform_ip(GstBaseTransform *base, GstBuffer *buffer)
{
	GstSrfpgaClassify *self = GST_SRFPGA_CLASSIFY(base);
	struct srfpga_buffer *from;
	int ret = 0;

	from = gst_srfpga_input_get(self->session, buffer, &self->info);
	if (from) {
		self->zero_copy++;
	} else {
		from = self->input;
		ret = copy_input(self, buffer);
	}
	if (!ret)
		ret = gst_srfpga_session_run(self->session, from, self->output);
	if (!ret)
		ret = read_scores(self);
	if (ret) {
		GST_ELEMENT_ERROR(self, RESOURCE, FAILED,
				  ("a frame failed: %s", g_strerror(-ret)),
				  (NULL));
		return GST_FLOW_ERROR;
	}
	publish(self, buffer);
	return GST_FLOW_OK;
}

static char **string_property(GstSrfpgaClassify *self, guint id)
{
	return id == PROP_DEVICE ? &self->device :
		id == PROP_LABELS ? &self->labels_file : NULL;
}

static void set_property(GObject *object, guint id, const GValue *value,
			 GParamSpec *spec)
{
	char **to = string_property(GST_SRFPGA_CLASSIFY(object), id);

	if (!to) {
		G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
		return;
	}
	GST_OBJECT_LOCK(object);
	g_free(*to);
	*to = g_value_dup_string(value);
	GST_OBJECT_UNLOCK(object);
}

static void get_property(GObject *object, guint id, GValue *value,
			 GParamSpec *spec)
{
	char **from = string_property(GST_SRFPGA_CLASSIFY(object), id);

	if (!from) {
		G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
		return;
	}
	GST_OBJECT_LOCK(object);
	g_value_set_string(value, *from);
	GST_OBJECT_UNLOCK(object);
}

static void finalize(GObject *object)
{
	GstSrfpgaClassify *self = GST_SRFPGA_CLASSIFY(object);

	g_free(self->device);
	g_free(self->labels_file);
	G_OBJECT_CLASS(gst_srfpga_classify_parent_class)->finalize(object);
}

static void install_properties(GObjectClass *object)
{
	const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS |
		GST_PARAM_MUTABLE_READY;

	object->set_property = set_property;
	object->get_property = get_property;
	object->finalize = finalize;
	g_object_class_install_property(
		object, PROP_DEVICE,
		g_param_spec_string("device", "Device",
				    "/dev/srfpgaN or soft:MODEL.onnx; the first device if not set",
				    NULL, flags));
	g_object_class_install_property(
		object, PROP_LABELS,
		g_param_spec_string("labels", "Labels",
				    "File with the name of a class a line",
				    NULL, flags));
}

static void gst_srfpga_classify_class_init(GstSrfpgaClassifyClass *class)
{
	static const gchar *tags[] = { NULL };
	GstBaseTransformClass *trans = GST_BASE_TRANSFORM_CLASS(class);
	GstElementClass *element = GST_ELEMENT_CLASS(class);

	gst_meta_register_custom(META, tags, NULL, NULL, NULL);
	install_properties(G_OBJECT_CLASS(class));
	gst_srfpga_add_pads(element, GST_SRFPGA_CAPS);
	gst_element_class_set_static_metadata(
		element, "FPGA classifier", "Filter/Analyzer/Video",
		"Classifies video with a neural accelerator in FPGA fabric",
		"srfpga");
	trans->start = start;
	trans->stop = stop;
	trans->transform_caps = transform_caps;
	trans->set_caps = set_caps;
	trans->propose_allocation = propose_allocation;
	trans->transform_ip = transform_ip;
}

static void gst_srfpga_classify_init(GstSrfpgaClassify *self)
{
	gst_base_transform_set_in_place(GST_BASE_TRANSFORM(self), TRUE);
}
