// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Video capture with buffers that are dma-bufs.
 * Must not know what is done with the frames.
 */
#include "v4l2.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/videodev2.h>

#include "tool.h"

#define TYPE	V4L2_BUF_TYPE_VIDEO_CAPTURE
/* What fits on a line of a message. */
#define LIST_LEN	160

static int xioctl(const struct v4l2 *cam, unsigned long request, void *arg)
{
	int ret;

	do {
		ret = ioctl(cam->fd, request, arg);
	} while (ret && errno == EINTR);
	return ret ? -errno : 0;
}

/* A camera that was pulled out says so in several ways. */
static int fail(const struct v4l2 *cam, const char *what, int err)
{
	if (err == -ENODEV || err == -EIO || err == -ENOENT)
		return tool_fail(cam->path, "the camera is gone (%s)", what);
	return tool_fail(cam->path, "cannot %s: %s", what, strerror(-err));
}

void v4l2_fourcc_text(uint32_t fourcc, char text[5])
{
	int i;

	for (i = 0; i < 4; i++)
		text[i] = (char)(fourcc >> (8 * i) & 0x7f);
	text[4] = '\0';
}

int v4l2_open(struct v4l2 *cam, const char *path)
{
	struct v4l2_capability cap = { 0 };
	uint32_t caps;

	*cam = (struct v4l2){ .path = path };
	cam->fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (cam->fd < 0) {
		tool_fail_errno(path, errno);
		return TOOL_NO_DEVICE;
	}
	if (xioctl(cam, VIDIOC_QUERYCAP, &cap))
		return tool_fail(path, "is not a video device");
	caps = cap.capabilities & V4L2_CAP_DEVICE_CAPS ? cap.device_caps :
		cap.capabilities;
	if (!(caps & V4L2_CAP_VIDEO_CAPTURE) || !(caps & V4L2_CAP_STREAMING))
		return tool_fail(path, "does not capture video by streaming");
	return TOOL_OK;
}

static void list_formats(struct v4l2 *cam, char *list)
{
	struct v4l2_fmtdesc desc = { .type = TYPE };
	size_t len = 0;
	char text[5];

	list[0] = '\0';
	for (; !xioctl(cam, VIDIOC_ENUM_FMT, &desc) && len + 6 < LIST_LEN;
	     desc.index++) {
		v4l2_fourcc_text(desc.pixelformat, text);
		len += (size_t)snprintf(list + len, LIST_LEN - len, " %s",
					text);
	}
}

static bool try_format(struct v4l2 *cam, uint32_t width, uint32_t height,
		       uint32_t fourcc)
{
	struct v4l2_format f = { .type = TYPE };
	struct v4l2_pix_format *pix = &f.fmt.pix;

	pix->width = width;
	pix->height = height;
	pix->pixelformat = fourcc;
	pix->field = V4L2_FIELD_NONE;
	if (xioctl(cam, VIDIOC_S_FMT, &f) || pix->width != width ||
	    pix->height != height || pix->pixelformat != fourcc)
		return false;
	cam->width = width;
	cam->height = height;
	cam->fourcc = fourcc;
	cam->stride = pix->bytesperline;
	cam->bytes = pix->sizeimage;
	return true;
}

int v4l2_set_format(struct v4l2 *cam, uint32_t width, uint32_t height,
		    const uint32_t *fourccs)
{
	char list[LIST_LEN];

	for (; *fourccs; fourccs++)
		if (try_format(cam, width, height, *fourccs))
			return TOOL_OK;
	list_formats(cam, list);
	return tool_fail(cam->path,
			 "has no usable format at %ux%u (it offers%s)", width,
			 height, list);
}

static int export_buffers(struct v4l2 *cam)
{
	uint32_t i;
	int ret;

	for (i = 0; i < cam->num_buffers; i++) {
		struct v4l2_exportbuffer e = {
			.type = TYPE, .index = i, .flags = O_RDWR | O_CLOEXEC,
		};

		ret = xioctl(cam, VIDIOC_EXPBUF, &e);
		if (ret)
			return ret;
		cam->dmabuf[i] = e.fd;
	}
	return 0;
}

static void release_buffers(struct v4l2 *cam)
{
	struct v4l2_requestbuffers r = {
		.type = TYPE,
		.memory = cam->sharing == V4L2_EXPORT ? V4L2_MEMORY_MMAP :
			V4L2_MEMORY_DMABUF,
	};
	uint32_t i;

	for (i = 0; cam->sharing == V4L2_EXPORT && i < cam->num_buffers; i++)
		if (cam->dmabuf[i] >= 0)
			close(cam->dmabuf[i]);
	if (cam->num_buffers)
		xioctl(cam, VIDIOC_REQBUFS, &r);
	cam->num_buffers = 0;
}

int v4l2_request(struct v4l2 *cam, enum v4l2_sharing sharing, uint32_t count)
{
	struct v4l2_requestbuffers r = {
		.type = TYPE,
		.memory = sharing == V4L2_EXPORT ? V4L2_MEMORY_MMAP :
			V4L2_MEMORY_DMABUF,
		.count = count,
	};
	int ret = xioctl(cam, VIDIOC_REQBUFS, &r);

	if (ret)
		return ret;
	cam->sharing = sharing;
	cam->num_buffers = r.count < V4L2_MAX_BUFFERS ? r.count :
		V4L2_MAX_BUFFERS;
	memset(cam->dmabuf, 0xff, sizeof(cam->dmabuf));
	if (r.count > V4L2_MAX_BUFFERS)
		ret = -E2BIG;
	else if (sharing == V4L2_EXPORT)
		ret = export_buffers(cam);
	if (ret)
		release_buffers(cam);
	return ret;
}

int v4l2_queue(struct v4l2 *cam, uint32_t index)
{
	struct v4l2_buffer b = { .type = TYPE, .index = index };
	int ret;

	b.memory = cam->sharing == V4L2_EXPORT ? V4L2_MEMORY_MMAP :
		V4L2_MEMORY_DMABUF;
	if (cam->sharing == V4L2_IMPORT) {
		b.m.fd = cam->dmabuf[index];
		b.length = cam->bytes;
	}
	ret = xioctl(cam, VIDIOC_QBUF, &b);
	return ret ? fail(cam, "queue a buffer", ret) : TOOL_OK;
}

int v4l2_start(struct v4l2 *cam)
{
	int type = TYPE;
	int ret = xioctl(cam, VIDIOC_STREAMON, &type);

	return ret ? fail(cam, "start", ret) : TOOL_OK;
}

int v4l2_dequeue(struct v4l2 *cam, struct v4l2_frame *frame, bool *got)
{
	struct v4l2_buffer b = {
		.type = TYPE,
		.memory = cam->sharing == V4L2_EXPORT ? V4L2_MEMORY_MMAP :
			V4L2_MEMORY_DMABUF,
	};
	int ret = xioctl(cam, VIDIOC_DQBUF, &b);

	*got = false;
	if (ret == -EAGAIN)
		return TOOL_OK;
	if (ret)
		return fail(cam, "take a frame", ret);
	*got = true;
	*frame = (struct v4l2_frame){
		.index = b.index, .sequence = b.sequence,
		.captured_ns = (uint64_t)b.timestamp.tv_sec * 1000000000u +
			(uint64_t)b.timestamp.tv_usec * 1000u,
	};
	return TOOL_OK;
}

void v4l2_stop(struct v4l2 *cam)
{
	int type = TYPE;

	if (cam->fd >= 0 && cam->num_buffers)
		xioctl(cam, VIDIOC_STREAMOFF, &type);
}

void v4l2_close(struct v4l2 *cam)
{
	if (cam->fd < 0)
		return;
	v4l2_stop(cam);
	release_buffers(cam);
	close(cam->fd);
	cam->fd = -1;
}
