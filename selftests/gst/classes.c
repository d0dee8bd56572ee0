// SPDX-License-Identifier: GPL-2.0
/*
 * Runs a pipeline and prints the class that each buffer carries when it reaches
 * the element "sink": index, label, score. Buffers that leave an element "meta"
 * say how their rows lie, as those of v4l2src do. Must not know who attached the
 * classes.
 */
#include <stdio.h>

#include <gst/gst.h>
#include <gst/video/video.h>

/* A buffer without a class is a line that says so. */
static GstPadProbeReturn print_class(GstPad *pad, GstPadProbeInfo *info,
				     gpointer data)
{
	GstBuffer *buffer = gst_pad_probe_info_get_buffer(info);
	GstCustomMeta *meta = gst_buffer_get_custom_meta(buffer,
							 "SrfpgaClassMeta");
	GstStructure *s = meta ? gst_custom_meta_get_structure(meta) : NULL;
	double score = 0;
	guint index = 0;

	if (s && gst_structure_get(s, "index", G_TYPE_UINT, &index, "score",
				   G_TYPE_DOUBLE, &score, NULL))
		printf("%u %s %.9g\n", index,
		       gst_structure_get_string(s, "label"), score);
	else
		printf("nothing\n");
	return GST_PAD_PROBE_OK;
}

static GstPadProbeReturn add_meta(GstPad *pad, GstPadProbeInfo *info,
				  gpointer data)
{
	GstBuffer *buffer = gst_pad_probe_info_get_buffer(info);
	GstCaps *caps = gst_pad_get_current_caps(pad);
	GstVideoInfo video;

	buffer = gst_buffer_make_writable(buffer);
	info->data = buffer;
	if (gst_video_info_from_caps(&video, caps))
		gst_buffer_add_video_meta_full(buffer, GST_VIDEO_FRAME_FLAG_NONE,
					       GST_VIDEO_INFO_FORMAT(&video),
					       (guint)video.width,
					       (guint)video.height, 1,
					       video.offset, video.stride);
	gst_caps_unref(caps);
	return GST_PAD_PROBE_OK;
}

static gboolean probe(GstElement *pipeline, const char *name,
		      const char *pad_name, GstPadProbeCallback call)
{
	GstElement *element = gst_bin_get_by_name(GST_BIN(pipeline), name);
	GstPad *pad;

	if (!element)
		return FALSE;
	pad = gst_element_get_static_pad(element, pad_name);
	gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, call, NULL, NULL);
	gst_object_unref(pad);
	gst_object_unref(element);
	return TRUE;
}

static int run(GstElement *pipeline)
{
	GstBus *bus = gst_element_get_bus(pipeline);
	GstMessage *end;
	int failed;

	gst_element_set_state(pipeline, GST_STATE_PLAYING);
	end = gst_bus_timed_pop_filtered(bus, 60 * GST_SECOND,
					 GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
	failed = !end || GST_MESSAGE_TYPE(end) == GST_MESSAGE_ERROR;
	gst_element_set_state(pipeline, GST_STATE_NULL);
	if (end)
		gst_message_unref(end);
	gst_object_unref(bus);
	return failed;
}

int main(int argc, char **argv)
{
	GstElement *pipeline;
	GError *error = NULL;
	int failed;

	gst_init(&argc, &argv);
	pipeline = argc == 2 ? gst_parse_launch(argv[1], &error) : NULL;
	if (!pipeline || !probe(pipeline, "sink", "sink", print_class)) {
		fprintf(stderr, "usage: classes 'PIPELINE ! fakesink name=sink'\n");
		return 2;
	}
	probe(pipeline, "meta", "src", add_meta);
	failed = run(pipeline);
	gst_object_unref(pipeline);
	return failed;
}
