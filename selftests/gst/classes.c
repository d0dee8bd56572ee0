// SPDX-License-Identifier: GPL-2.0
/*
 * Runs a pipeline and prints the class that each buffer carries when it reaches
 * the element "sink": index, label, score. Must not know who attached them.
 */
#include <stdio.h>

#include <gst/gst.h>

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
	GstElement *pipeline, *sink;
	GError *error = NULL;
	GstPad *pad;
	int failed;

	gst_init(&argc, &argv);
	pipeline = argc == 2 ? gst_parse_launch(argv[1], &error) : NULL;
	sink = pipeline ? gst_bin_get_by_name(GST_BIN(pipeline), "sink") : NULL;
	if (!sink) {
		fprintf(stderr, "usage: classes 'PIPELINE ! fakesink name=sink'\n");
		return 2;
	}
	pad = gst_element_get_static_pad(sink, "sink");
	gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, print_class, NULL,
			  NULL);
	failed = run(pipeline);
	gst_object_unref(pad);
	gst_object_unref(sink);
	gst_object_unref(pipeline);
	return failed;
}
