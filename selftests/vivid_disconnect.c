// SPDX-License-Identifier: GPL-2.0
/*
 * Pulls the plug of a vivid camera: presses its control "Disconnect".
 * Knows controls by name only.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/videodev2.h>

int main(int argc, char **argv)
{
	struct v4l2_queryctrl query = { .id = V4L2_CTRL_FLAG_NEXT_CTRL };
	struct v4l2_control control = { 0 };
	int fd = argc == 2 ? open(argv[1], O_RDWR | O_CLOEXEC) : -1;

	if (fd < 0) {
		fprintf(stderr, "usage: vivid_disconnect /dev/videoN\n");
		return 2;
	}
	while (!ioctl(fd, VIDIOC_QUERYCTRL, &query)) {
		if (!strcmp((const char *)query.name, "Disconnect"))
			control.id = query.id;
		query.id |= V4L2_CTRL_FLAG_NEXT_CTRL;
	}
	if (!control.id || ioctl(fd, VIDIOC_S_CTRL, &control)) {
		fprintf(stderr, "%s: no control Disconnect\n", argv[1]);
		return 1;
	}
	return 0;
}
