// SPDX-License-Identifier: GPL-2.0
/*
 * What happens to a camera pipeline from outside, done on purpose: a control of
 * vivid, a fence on a buffer of another process, the loss of the screen.
 * Must not know what the pipeline does about it.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <drm/drm.h>
#include <drm/vgem_drm.h>
#include <linux/videodev2.h>

#include "testpeer.h"

#define MAX_BUFFERS	16

static int complain(const char *what)
{
	fprintf(stderr, "camera_fault: %s: %s\n", what, strerror(errno));
	return 1;
}

/* Drivers' own controls are known by name only. */
static int set_control(char **argv)
{
	struct v4l2_queryctrl query = { .id = V4L2_CTRL_FLAG_NEXT_CTRL };
	struct v4l2_control control = { .value = atoi(argv[2]) };
	int fd = open(argv[0], O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return complain(argv[0]);
	while (!ioctl(fd, VIDIOC_QUERYCTRL, &query)) {
		if (!strcmp((const char *)query.name, argv[1]))
			control.id = query.id;
		query.id |= V4L2_CTRL_FLAG_NEXT_CTRL;
	}
	if (!control.id || ioctl(fd, VIDIOC_S_CTRL, &control))
		return complain(argv[1]);
	close(fd);
	return 0;
}

/*
 * Copies of the descriptors of process @pid whose name contains @what, at most
 * @max; a dma-buf's is "/dmabuf:...".
 */
static int steal(const char *pid, const char *what, int *fds, int max)
{
	char path[64], link[96], name[96];
	struct dirent *entry;
	int n = 0, pidfd;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%s/fd", pid);
	dir = opendir(path);
	pidfd = (int)syscall(SYS_pidfd_open, atoi(pid), 0);
	if (!dir || pidfd < 0)
		return -1;
	while (n < max && (entry = readdir(dir))) {
		ssize_t len;

		snprintf(link, sizeof(link), "%.32s/%.32s", path,
			 entry->d_name);
		len = readlink(link, name, sizeof(name) - 1);
		if (len < 0)
			continue;
		name[len] = '\0';
		if (!strstr(name, what))
			continue;
		fds[n] = (int)syscall(SYS_pidfd_getfd, pidfd,
				      atoi(entry->d_name), 0);
		n += fds[n] >= 0;
	}
	closedir(dir);
	close(pidfd);
	return n;
}

/* Hangs a fence on one dma-buf; its number for VGEM_FENCE_SIGNAL. */
static int attach_fence(const struct vgem *vgem, int dmabuf)
{
	struct drm_prime_handle prime = { .fd = dmabuf };
	struct drm_vgem_fence_attach attach = { .flags = VGEM_FENCE_WRITE };

	if (ioctl(vgem->fd, DRM_IOCTL_PRIME_FD_TO_HANDLE, &prime))
		return -1;
	attach.handle = prime.handle;
	return ioctl(vgem->fd, DRM_IOCTL_VGEM_FENCE_ATTACH, &attach);
}

/*
 * One of the dma-bufs of the camera, which are the lowest descriptors that the
 * pipeline has. vgem gives its fences ten seconds; then comes another one.
 */
static int stall_buffer(char **argv)
{
	struct vgem vgem;
	int fds[MAX_BUFFERS];
	int i, seconds = atoi(argv[1]);

	if (vgem_open(&vgem))
		return complain("vgem");
	if (steal(argv[0], "dmabuf:", fds, MAX_BUFFERS) < 1)
		return complain("no dma-buf");
	for (i = 0; i < seconds; i++) {
		if (i % 11 == 0 && attach_fence(&vgem, fds[0]))
			return complain("fence");
		sleep(1);
	}
	return 0;
}

/* What happens to a graphical program when the user switches the console. */
static int take_screen(char **argv)
{
	int card;

	if (steal(argv[0], "/dev/dri/card", &card, 1) != 1)
		return complain("no card");
	return ioctl(card, DRM_IOCTL_DROP_MASTER, 0) ? complain("master") : 0;
}

static const struct {
	const char *name;
	int arguments;
	const char *usage;
	int (*run)(char **argv);
} faults[] = {
	{ "control", 3, "/dev/videoN NAME VALUE", set_control },
	{ "fence", 2, "PID SECONDS", stall_buffer },
	{ "screen", 1, "PID", take_screen },
};

int main(int argc, char **argv)
{
	size_t i, n = sizeof(faults) / sizeof(*faults);

	for (i = 0; i < n; i++)
		if (argc == faults[i].arguments + 2 &&
		    !strcmp(argv[1], faults[i].name))
			return faults[i].run(argv + 2);
	for (i = 0; i < n; i++)
		fprintf(stderr, "usage: camera_fault %s %s\n", faults[i].name,
			faults[i].usage);
	return 2;
}
