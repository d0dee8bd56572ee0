// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * An event loop: frames in flight, one poll() for the device and whatever else
 * the program waits for (here the keyboard: Enter stops it).
 *
 *	examples/events soft:lrsrn_x2.onnx,height=64,width=96 100
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <srfpga.h>

#define IN_FLIGHT	4

struct loop {
	struct srfpga_device *dev;
	struct srfpga_buffer *buffers[SRFPGA_MAX_PORTS];
	struct srfpga_submission *sub;
	unsigned int todo;
	unsigned int flying;
	unsigned int done;
	uint64_t total_ns;
	uint64_t worst_ns;
};

/* One buffer a port for all submissions: only the times matter here. */
static int prepare(struct loop *loop)
{
	const struct srfpga_port *port;
	int ret;

	ret = srfpga_submission_create(loop->dev, 1, &loop->sub);
	for (unsigned int i = 0;
	     !ret && (port = srfpga_device_get_port(loop->dev, i)); i++) {
		ret = srfpga_buffer_alloc(loop->dev, port->frame_bytes,
					  port->role == SRFPGA_PORT_OUTPUT ?
						  SRFPGA_ATTACH_WRITE :
						  SRFPGA_ATTACH_READ,
					  &loop->buffers[i]);
		if (!ret)
			ret = srfpga_submission_set_buffer(loop->sub, 0, i,
							   loop->buffers[i], 0,
							   0);
	}
	return ret;
}

static int refill(struct loop *loop)
{
	int ret;

	while (loop->todo && loop->flying < IN_FLIGHT) {
		ret = srfpga_submission_submit(loop->sub, NULL);
		if (ret)
			return ret;
		loop->todo--;
		loop->flying++;
	}
	return 0;
}

static int take_events(struct loop *loop)
{
	struct srfpga_event events[IN_FLIGHT];
	int count;

	count = srfpga_event_read(loop->dev, events, IN_FLIGHT, 0);
	for (int i = 0; i < count; i++) {
		uint64_t ns = events[i].finished_ns - events[i].queued_ns;

		if (events[i].status)
			return events[i].status;
		loop->flying--;
		loop->done++;
		loop->total_ns += ns;
		if (ns > loop->worst_ns)
			loop->worst_ns = ns;
	}
	return count < 0 ? count : 0;
}

static int run(struct loop *loop)
{
	struct pollfd fds[] = {
		{ .fd = srfpga_device_get_fd(loop->dev), .events = POLLIN },
		{ .fd = 0, .events = POLLIN },
	};
	int ret = refill(loop);

	while (!ret && loop->flying) {
		if (poll(fds, 2, -1) < 0)
			return -errno;
		if (fds[1].revents) {
			char key;

			if (read(0, &key, 1) == 1)
				loop->todo = 0;
			fds[1].fd = -1;
		}
		ret = take_events(loop);
		if (!ret)
			ret = refill(loop);
	}
	return ret;
}

static void release(struct loop *loop)
{
	srfpga_submission_free(loop->sub);
	for (int i = 0; i < SRFPGA_MAX_PORTS; i++)
		srfpga_buffer_free(loop->buffers[i]);
	srfpga_device_close(loop->dev);
}

int main(int argc, char **argv)
{
	struct loop loop = { 0 };
	char err[256];
	int ret;

	if (argc != 3 || atoi(argv[2]) < 1) {
		fprintf(stderr, "usage: %s DEVICE FRAMES\n", argv[0]);
		return 2;
	}
	if (srfpga_device_open(argv[1], &loop.dev, err, sizeof(err))) {
		fprintf(stderr, "%s\n", err);
		return 3;
	}
	loop.todo = atoi(argv[2]);
	ret = prepare(&loop);
	if (!ret)
		ret = run(&loop);
	if (ret)
		fprintf(stderr, "%s: %s\n", argv[1], strerror(-ret));
	if (loop.done)
		printf("%u frames, submit to done %.3f ms, at most %.3f ms\n",
		       loop.done, loop.total_ns / 1e6 / loop.done,
		       loop.worst_ns / 1e6);
	release(&loop);
	return ret != 0;
}
