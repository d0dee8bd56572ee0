// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * srfpga camera: frames on their way from camera to accelerator to sink, each
 * hand-over a buffer and a fence. Must not know how they were set up.
 */
#include "camera.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "image.h"
#include "tool.h"
#include "yuv.h"

/* A camera or a device that says nothing for so long is stuck. */
#define SILENCE_MS	15000
#define EVENTS		8

static volatile sig_atomic_t stopping;

static void on_signal(int number)
{
	stopping = 1;
}

/* Ctrl-C ends the loop; everything is then released in order. */
static void catch_signals(void)
{
	struct sigaction action = { .sa_handler = on_signal };

	stopping = 0;
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

static void count_out(struct camera *c, const struct camera_output *o,
		      uint64_t when_ns)
{
	struct camera_stats *s = &c->stats;

	s->latency_ns[s->out % CAMERA_SAMPLES] =
		when_ns > o->captured_ns ? when_ns - o->captured_ns : 0;
	s->out++;
	s->ended_ns = when_ns;
}

static void free_output(struct camera_output *o)
{
	if (o->fence >= 0)
		close(o->fence);
	o->fence = -1;
	o->state = CAMERA_FREE;
}

static int find_free(const struct camera *c)
{
	uint32_t k;

	for (k = 0; k < c->num_outputs; k++)
		if (c->outputs[k].state == CAMERA_FREE)
			return (int)k;
	return -1;
}

/* Give the screen the newest frame, with the fence of the job that writes it. */
static int show_newest(struct camera *c)
{
	struct camera_output *o;

	if (c->newest < 0 || kms_is_busy(c->kms))
		return TOOL_OK;
	o = &c->outputs[c->newest];
	c->flipping = c->newest;
	c->newest = -1;
	return kms_show(c->kms, o->fb, o->fence, (uint64_t)c->flipping);
}

/* A newer frame takes the place of one that has not reached the screen. */
static int offer(struct camera *c, int k)
{
	if (c->newest >= 0) {
		struct camera_output *late = &c->outputs[c->newest];

		c->stats.dropped++;
		if (late->state == CAMERA_READY)
			free_output(late);
		else
			late->state = CAMERA_RUNNING;
	}
	c->newest = k;
	return show_newest(c);
}

static int encode(struct camera *c, struct camera_output *o)
{
	struct image from = {
		.width = c->y4m.width, .height = c->y4m.height, .channels = 3,
		.pixels = o->addr,
	};
	uint64_t start = tool_now_ns();
	int ret;

	ret = srfpga_buffer_begin_cpu(o->buf, SRFPGA_CPU_READ, 0, 0);
	if (ret)
		return tool_fail_errno("memory", ret);
	ret = yuv_from_rgb(&c->y4m, &from, c->planes);
	srfpga_buffer_end_cpu(o->buf, SRFPGA_CPU_READ, 0, 0);
	if (ret)
		return ret;
	c->stats.convert_ns += tool_now_ns() - start;
	c->stats.copied_bytes += c->out->frame_bytes;
	y4m_write_frame(c->file.f, &c->y4m, c->planes);
	return ferror(c->file.f) ? outfile_error(&c->file) : TOOL_OK;
}

/* No output is free: the frame is late already, the camera gets it back. */
static int drop_frame(struct camera *c, uint32_t index)
{
	c->stats.dropped++;
	return v4l2_queue(&c->cam, index);
}

static int submit(struct camera *c, const struct v4l2_frame *frame, int k)
{
	struct camera_output *o = &c->outputs[k];
	int ret;

	if (c->convert && camera_convert(c, frame->index))
		return TOOL_FAILURE;
	ret = srfpga_submission_submit(c->sub[frame->index][k],
				       c->kms ? &o->fence : NULL);
	if (ret == -EAGAIN)
		return drop_frame(c, frame->index);
	if (ret)
		return tool_fail(srfpga_device_get_info(c->dev)->path, "%s",
				 ret == -ENODEV ? "the device is gone" :
				 strerror(-ret));
	o->state = CAMERA_RUNNING;
	o->input = frame->index;
	o->captured_ns = frame->captured_ns;
	return c->kms ? offer(c, k) : TOOL_OK;
}

static int on_camera(struct camera *c)
{
	struct v4l2_frame frame;
	bool got;
	int k, ret;

	for (;;) {
		ret = v4l2_dequeue(&c->cam, &frame, &got);
		if (ret || !got)
			return ret;
		if (!c->stats.in++)
			c->stats.begun_ns = tool_now_ns();
		k = find_free(c);
		ret = k < 0 ? drop_frame(c, frame.index) :
			submit(c, &frame, k);
		if (ret)
			return ret;
	}
}

static bool at_end(const struct camera *c)
{
	return stopping || (c->opt->frames && c->stats.out >= c->opt->frames);
}

static int finish_output(struct camera *c, struct camera_output *o,
			 const struct srfpga_event *event)
{
	int ret = TOOL_OK;

	if (event->status) {
		c->stats.failed++;
		tool_say(srfpga_device_get_info(c->dev)->path,
			 "a frame was lost: %s", strerror(-event->status));
	} else if (c->opt->sink == CAMERA_ENCODE) {
		ret = encode(c, o);
	}
	if (!ret && !event->status) {
		count_out(c, o, event->finished_ns);
		if (at_end(c))
			ret = camera_save(c, (int)event->user_data);
	}
	free_output(o);
	return ret;
}

/* The accelerator has read the frame: the camera may write it again. */
static int on_event(struct camera *c, const struct srfpga_event *event)
{
	int k = (int)event->user_data;
	struct camera_output *o = &c->outputs[k];
	int ret = camera_keep(c, k);

	if (!ret)
		ret = v4l2_queue(&c->cam, o->input);
	if (ret)
		return ret;
	if (event->status == -ENODEV)
		return tool_fail(srfpga_device_get_info(c->dev)->path,
				 "the device is gone");
	if (!c->kms)
		return finish_output(c, o, event);
	if (k == c->flipping || k == c->showing || k == c->newest) {
		o->state = CAMERA_READY;
		c->stats.failed += event->status != 0;
	} else {
		free_output(o);
	}
	return TOOL_OK;
}

static int on_device(struct camera *c)
{
	struct srfpga_event events[EVENTS];
	int i, n, ret = TOOL_OK;

	n = srfpga_event_read(c->dev, events, EVENTS, 0);
	if (n < 0 && n != -EINTR)
		return tool_fail(srfpga_device_get_info(c->dev)->path, "%s",
				 n == -ENODEV ? "the device is gone" :
				 strerror(-n));
	for (i = 0; !ret && i < n; i++)
		ret = on_event(c, &events[i]);
	return ret;
}

static int on_display(struct camera *c)
{
	uint64_t tag, when_ns;
	bool flipped;
	int ret = kms_flipped(c->kms, &flipped, &tag, &when_ns);

	if (ret || !flipped)
		return ret;
	count_out(c, &c->outputs[tag], when_ns);
	if (c->showing >= 0)
		free_output(&c->outputs[c->showing]);
	c->showing = (int)tag;
	c->outputs[tag].state = CAMERA_SHOWN;
	c->flipping = -1;
	return at_end(c) ? camera_save(c, (int)tag) : show_newest(c);
}

static int wait_and_serve(struct camera *c)
{
	struct pollfd p[] = {
		{ .fd = c->cam.fd, .events = POLLIN },
		{ .fd = srfpga_device_get_fd(c->dev), .events = POLLIN },
		{ .fd = c->kms ? kms_fd(c->kms) : -1, .events = POLLIN },
	};
	int n = poll(p, 3, SILENCE_MS);
	int ret = TOOL_OK;

	if (n < 0)
		return errno == EINTR ? TOOL_OK : tool_fail_errno("poll", errno);
	if (!n)
		return tool_fail(c->opt->source, "no frame for %d s",
				 SILENCE_MS / 1000);
	/* A job's event is there before its frame is on the screen: read first. */
	ret = on_device(c);
	if (!ret && p[2].revents)
		ret = on_display(c);
	if (!ret && p[0].revents)
		ret = on_camera(c);
	return ret;
}

int camera_loop(struct camera *c)
{
	uint32_t i;
	int ret = TOOL_OK;

	c->showing = c->flipping = c->newest = -1;
	for (i = 0; !ret && i < c->cam.num_buffers; i++)
		ret = v4l2_queue(&c->cam, i);
	if (!ret)
		ret = v4l2_start(&c->cam);
	catch_signals();
	while (!ret && !at_end(c))
		ret = wait_and_serve(c);
	if (!ret && c->opt->sink == CAMERA_ENCODE)
		ret = outfile_commit(&c->file);
	return ret;
}
