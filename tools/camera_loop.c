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
#include <sys/eventfd.h>
#include <unistd.h>

#include "tool.h"

/* A pipeline out of which nothing comes for so long is stuck. */
#define SILENCE_NS	UINT64_C(15000000000)
#define CHECK_NS	UINT64_C(1000000000)
#define EVENTS		8

static volatile sig_atomic_t stopping;
static int wake_fd;
static struct sigaction before[2];
static const int numbers[2] = { SIGINT, SIGTERM };

/*
 * Ctrl-C ends the loop and all is released in order; the second one does not
 * wait for that: then the kernel restores the console.
 */
static void on_signal(int number)
{
	int err = errno, i;

	stopping = 1;
	eventfd_write(wake_fd, 1);
	for (i = 0; i < 2; i++)
		sigaction(numbers[i], &before[i], NULL);
	errno = err;
}

static int catch_signals(struct camera *c)
{
	struct sigaction action = { .sa_handler = on_signal };
	int i;

	stopping = 0;
	c->wake = wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (wake_fd < 0)
		return tool_fail_errno("signals", errno);
	for (i = 0; i < 2; i++)
		sigaction(numbers[i], &action, &before[i]);
	/* A reader that goes away is an error to tell, not a reason to die. */
	signal(SIGPIPE, SIG_IGN);
	return TOOL_OK;
}

bool camera_at_end(const struct camera *c)
{
	return stopping || (c->opt->frames && c->stats.out >= c->opt->frames);
}

void camera_count_out(struct camera *c, const struct camera_output *o,
		      uint64_t when_ns)
{
	struct camera_stats *s = &c->stats;

	s->latency_ns[s->out % CAMERA_SAMPLES] =
		when_ns > o->captured_ns ? when_ns - o->captured_ns : 0;
	if (s->out && when_ns > s->ended_ns && when_ns - s->ended_ns > s->gap_ns)
		s->gap_ns = when_ns - s->ended_ns;
	s->out++;
	s->ended_ns = when_ns;
	c->moved_ns = tool_now_ns();
}

void camera_free_output(struct camera_output *o)
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

static int fail_device(const struct camera *c, int err)
{
	if (err == -ENODEV)
		return tool_fail(camera_path(c), "the device is gone");
	if (err == -EIO)
		return tool_fail(camera_path(c),
				 "the device hangs and cannot be reset");
	return tool_fail_errno(camera_path(c), err);
}

/* Late, damaged, or there is no output for it: the camera gets it back. */
static int drop_frame(struct camera *c, uint32_t index)
{
	c->stats.dropped++;
	return v4l2_queue(&c->cam, index);
}

static int submit(struct camera *c, const struct v4l2_frame *frame, int k)
{
	struct camera_output *o = &c->outputs[k];
	int ret = camera_upkeep(c, frame->index);

	if (!ret && c->convert)
		ret = camera_convert(c, frame->index);
	if (ret)
		return ret;
	ret = srfpga_submission_submit(c->sub[frame->index][k],
				       c->early ? &o->fence : NULL);
	if (ret == -EAGAIN)
		return drop_frame(c, frame->index);
	if (ret == -EINTR)	/* a signal: the loop is about to end */
		return v4l2_queue(&c->cam, frame->index);
	if (ret)
		return fail_device(c, ret);
	c->submitted = frame->sequence;
	o->state = CAMERA_RUNNING;
	o->input = frame->index;
	o->captured_ns = frame->captured_ns;
	return c->early ? camera_offer(c, k) : TOOL_OK;
}

static int submit_or_drop(struct camera *c, const struct v4l2_frame *frame)
{
	int k = find_free(c);

	return k < 0 ? drop_frame(c, frame->index) : submit(c, frame, k);
}

static int on_frame(struct camera *c, const struct v4l2_frame *frame)
{
	bool held;
	int ret;

	if (frame->broken) {
		c->stats.failed++;
		return v4l2_queue(&c->cam, frame->index);
	}
	ret = camera_hold(c, frame, &held);
	return ret || held ? ret : submit_or_drop(c, frame);
}

static void count_in(struct camera *c, const struct v4l2_frame *frame)
{
	struct camera_stats *s = &c->stats;

	if (!s->in++)
		s->begun_ns = tool_now_ns();
	else
		s->missed += frame->sequence - c->sequence - 1;
	c->sequence = frame->sequence;
}

/* What is shown live has to be new: of several frames only the last counts. */
static int on_camera(struct camera *c)
{
	struct v4l2_frame frame, next;
	bool got, more;
	int ret = v4l2_dequeue(&c->cam, &frame, &got);

	while (!ret && got) {
		count_in(c, &frame);
		ret = v4l2_dequeue(&c->cam, &next, &more);
		if (ret)
			return ret;
		ret = more && c->kms ? drop_frame(c, frame.index) :
			on_frame(c, &frame);
		frame = next;
		got = more;
	}
	return ret;
}

/* Held frames that came free; one that was overtaken meanwhile is late. */
static int on_fences(struct camera *c)
{
	struct v4l2_frame frame;
	int ended, ret = TOOL_OK;
	uint32_t i;

	for (i = 0; !ret && i < c->cam.num_buffers; i++) {
		if (!camera_release(c, i, &frame, &ended))
			continue;
		if (ended < 0) {
			c->stats.failed++;
			tool_say(c->opt->source, "a frame was lost: %s",
				 strerror(-ended));
			ret = v4l2_queue(&c->cam, i);
		} else if ((int32_t)(c->submitted - frame.sequence) > 0) {
			ret = drop_frame(c, i);
		} else {
			ret = submit_or_drop(c, &frame);
		}
	}
	return ret;
}

static int finish_output(struct camera *c, int k, const struct srfpga_event *e)
{
	struct camera_output *o = &c->outputs[k];
	int ret = TOOL_OK;

	if (!e->status && c->opt->sink == CAMERA_ENCODE)
		ret = camera_encode(c, o);
	if (!ret && !e->status) {
		camera_count_out(c, o, e->finished_ns);
		if (camera_at_end(c))
			ret = camera_save(c, k);
	}
	camera_free_output(o);
	return ret;
}

/* The accelerator has read the frame: the camera may write it again. */
static int on_event(struct camera *c, const struct srfpga_event *event)
{
	int k = (int)event->user_data;
	int ret = camera_keep(c, k);

	if (!ret)
		ret = v4l2_queue(&c->cam, c->outputs[k].input);
	if (ret)
		return ret;
	if (event->status == -ENODEV)
		return fail_device(c, event->status);
	if (event->status) {
		c->stats.failed++;
		tool_say(camera_path(c), "a frame was lost: %s",
			 strerror(-event->status));
	}
	return c->kms ? camera_finish_shown(c, k, event->status) :
		finish_output(c, k, event);
}

static int on_device(struct camera *c)
{
	struct srfpga_event events[EVENTS];
	int i, n, ret = TOOL_OK;

	n = srfpga_event_read(c->dev, events, EVENTS, 0);
	if (n < 0 && n != -EINTR)
		return fail_device(c, n);
	for (i = 0; !ret && i < n && !camera_at_end(c); i++)
		ret = on_event(c, &events[i]);
	return ret;
}

/* Whom the pipeline waits for; the software FPGA is slow, but never stuck. */
static const char *who_is_silent(const struct camera *c)
{
	uint32_t k;

	for (k = 0; k < c->num_outputs; k++)
		if (c->outputs[k].state == CAMERA_RUNNING)
			return srfpga_device_get_info(c->dev)->is_soft ? NULL :
				camera_path(c);
	return c->flipping >= 0 ? "display" : c->opt->source;
}

/* What makes no noise when it goes wrong: once a second. */
static int look_around(struct camera *c)
{
	uint64_t now = tool_now_ns();
	const char *who;

	if (now - c->checked_ns < CHECK_NS)
		return TOOL_OK;
	c->checked_ns = now;
	camera_name_held(c);
	who = now - c->moved_ns > SILENCE_NS + c->opt->timeout_ns ?
		who_is_silent(c) : NULL;
	if (who)
		return tool_fail(who, "no frame for %u s", (unsigned int)
				 ((now - c->moved_ns) / 1000000000));
	return c->kms ? kms_check(c->kms) : TOOL_OK;
}

static int wait_and_serve(struct camera *c)
{
	struct pollfd p[4 + V4L2_MAX_BUFFERS] = {
		{ .fd = c->wake, .events = POLLIN },
		{ .fd = srfpga_device_get_fd(c->dev), .events = POLLIN },
		{ .fd = c->kms ? kms_fd(c->kms) : -1, .events = POLLIN },
		{ .fd = c->cam.fd, .events = POLLIN },
	};
	uint32_t i, n = 4;
	int ret = TOOL_OK;

	for (i = 0; i < c->cam.num_buffers; i++)
		if (c->held[i].fence >= 0)
			p[n++] = (struct pollfd){
				.fd = c->held[i].fence, .events = POLLIN,
			};
	if (poll(p, n, CHECK_NS / 1000000) < 0 && errno != EINTR)
		return tool_fail_errno("poll", errno);
	if (stopping)
		return TOOL_OK;
	/* A job's event is there before its frame is on the screen: read first. */
	ret = on_device(c);
	if (!ret && p[2].revents)
		ret = camera_on_display(c);
	if (!ret && n > 4)
		ret = on_fences(c);
	if (!ret && p[3].revents)
		ret = on_camera(c);
	return ret ? ret : look_around(c);
}

int camera_loop(struct camera *c)
{
	uint32_t i;
	int ret = catch_signals(c);

	c->showing = c->flipping = c->newest = -1;
	for (i = 0; !ret && i < c->cam.num_buffers; i++)
		ret = v4l2_queue(&c->cam, i);
	if (!ret)
		ret = v4l2_start(&c->cam);
	c->moved_ns = tool_now_ns();
	while (!ret && !camera_at_end(c))
		ret = wait_and_serve(c);
	for (i = 0; i < c->cam.num_buffers; i++)
		c->stats.dropped += c->held[i].fence >= 0;
	if (!ret && c->opt->sink == CAMERA_ENCODE)
		ret = outfile_commit(&c->file);
	return ret;
}
