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
#include <sys/mman.h>
#include <unistd.h>

#include <linux/videodev2.h>

#include "tool.h"

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
	if (err == -EBUSY)
		return tool_fail(cam->path,
				 "another program uses the camera (%s)", what);
	return tool_fail(cam->path, "cannot %s: %s", what, strerror(-err));
}

void v4l2_fourcc_text(uint32_t fourcc, char text[5])
{
	int i;

	for (i = 0; i < 4; i++)
		text[i] = (char)(fourcc >> (8 * i) & 0x7f);
	text[4] = '\0';
}

static const uint32_t memory_of[] = {
	[V4L2_IMPORT] = V4L2_MEMORY_DMABUF,
	[V4L2_EXPORT] = V4L2_MEMORY_MMAP,
	[V4L2_MAP] = V4L2_MEMORY_MMAP,
};

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
	if (caps & V4L2_CAP_VIDEO_CAPTURE)
		cam->type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
	else if (caps & V4L2_CAP_VIDEO_CAPTURE_MPLANE)
		cam->type = V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE;
	if (!cam->type || !(caps & V4L2_CAP_STREAMING))
		return tool_fail(path, "does not capture video by streaming");
	return TOOL_OK;
}

static bool has_planes(const struct v4l2 *cam)
{
	return cam->type == V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE;
}

static void list_formats(struct v4l2 *cam, char *list)
{
	struct v4l2_fmtdesc desc = { .type = cam->type };
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

/* A format of one plane, whichever interface the driver speaks. */
static int try_format(struct v4l2 *cam, uint32_t width, uint32_t height,
		      uint32_t fourcc)
{
	struct v4l2_format f = { .type = cam->type };
	struct v4l2_pix_format_mplane *mp = &f.fmt.pix_mp;
	struct v4l2_pix_format *pix = &f.fmt.pix;
	int ret;

	/* The first four members are the same ones in both. */
	pix->width = width;
	pix->height = height;
	pix->pixelformat = fourcc;
	pix->field = V4L2_FIELD_NONE;
	if (has_planes(cam))
		mp->num_planes = 1;
	ret = xioctl(cam, VIDIOC_S_FMT, &f);
	if (ret)
		return ret;
	if (pix->width != width || pix->height != height ||
	    pix->pixelformat != fourcc ||
	    (has_planes(cam) && mp->num_planes != 1))
		return -EINVAL;
	cam->width = width;
	cam->height = height;
	cam->fourcc = fourcc;
	cam->stride = has_planes(cam) ? mp->plane_fmt[0].bytesperline :
		pix->bytesperline;
	cam->bytes = has_planes(cam) ? mp->plane_fmt[0].sizeimage :
		pix->sizeimage;
	return 0;
}

int v4l2_set_format(struct v4l2 *cam, uint32_t width, uint32_t height,
		    const uint32_t *fourccs)
{
	char list[LIST_LEN];
	int ret;

	for (; *fourccs; fourccs++) {
		ret = try_format(cam, width, height, *fourccs);
		if (!ret)
			return TOOL_OK;
		if (ret != -EINVAL)
			return fail(cam, "set a format", ret);
	}
	list_formats(cam, list);
	return tool_fail(cam->path,
			 "has no usable format at %ux%u (it offers%s)", width,
			 height, list);
}

int v4l2_set_rate(struct v4l2 *cam, uint32_t fps)
{
	struct v4l2_streamparm p = { .type = cam->type };
	struct v4l2_fract *t = &p.parm.capture.timeperframe;
	int ret;

	t->numerator = 1;
	t->denominator = fps;
	ret = xioctl(cam, fps ? VIDIOC_S_PARM : VIDIOC_G_PARM, &p);
	if (ret && fps)
		return fail(cam, "set the rate", ret);
	if (ret || !t->numerator)
		return TOOL_OK;
	cam->rate = t->denominator;
	cam->rate_per = t->numerator;
	if (fps && t->denominator != (uint64_t)t->numerator * fps)
		tool_say(cam->path, "runs at %u/%u frames/s, not %u",
			 t->denominator, t->numerator, fps);
	return TOOL_OK;
}

/* Both interfaces' ways to say which memory; @plane is the caller's. */
static void describe_buffer(const struct v4l2 *cam, struct v4l2_buffer *b,
			    struct v4l2_plane *plane)
{
	*plane = (struct v4l2_plane){ 0 };
	*b = (struct v4l2_buffer){
		.type = cam->type, .memory = memory_of[cam->sharing],
	};
	if (has_planes(cam)) {
		b->m.planes = plane;
		b->length = 1;
	}
}

static int export_buffers(struct v4l2 *cam)
{
	uint32_t i;
	int ret;

	for (i = 0; i < cam->num_buffers; i++) {
		struct v4l2_exportbuffer e = {
			.type = cam->type, .index = i,
			.flags = O_RDWR | O_CLOEXEC,
		};

		ret = xioctl(cam, VIDIOC_EXPBUF, &e);
		if (ret)
			return ret;
		cam->dmabuf[i] = e.fd;
	}
	return 0;
}

bool v4l2_export_is_virtual(const struct v4l2 *cam)
{
	char path[48], line[80];
	bool is = false;
	FILE *f;

	if (cam->sharing != V4L2_EXPORT || !cam->num_buffers)
		return false;
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", cam->dmabuf[0]);
	f = fopen(path, "re");
	while (f && !is && fgets(line, sizeof(line), f))
		is = !strcmp(line, "exp_name:\tvideobuf2_vmalloc\n");
	if (f)
		fclose(f);
	return is;
}

static int map_buffers(struct v4l2 *cam)
{
	struct v4l2_plane plane;
	struct v4l2_buffer b;
	uint32_t i;
	void *addr;
	int ret;

	for (i = 0; i < cam->num_buffers; i++) {
		describe_buffer(cam, &b, &plane);
		b.index = i;
		ret = xioctl(cam, VIDIOC_QUERYBUF, &b);
		if (ret)
			return ret;
		cam->map_bytes = has_planes(cam) ? plane.length : b.length;
		addr = mmap(NULL, cam->map_bytes, PROT_READ, MAP_SHARED,
			    cam->fd, (off_t)(has_planes(cam) ?
					     plane.m.mem_offset : b.m.offset));
		if (addr == MAP_FAILED)
			return -errno;
		cam->addr[i] = addr;
	}
	return 0;
}

static void release_buffers(struct v4l2 *cam)
{
	struct v4l2_requestbuffers r = {
		.type = cam->type, .memory = memory_of[cam->sharing],
	};
	uint32_t i;

	for (i = 0; i < cam->num_buffers; i++) {
		if (cam->sharing == V4L2_EXPORT && cam->dmabuf[i] >= 0)
			close(cam->dmabuf[i]);
		if (cam->addr[i])
			munmap(cam->addr[i], cam->map_bytes);
		cam->addr[i] = NULL;
	}
	if (cam->num_buffers)
		xioctl(cam, VIDIOC_REQBUFS, &r);
	cam->num_buffers = 0;
}

int v4l2_request(struct v4l2 *cam, enum v4l2_sharing sharing, uint32_t count)
{
	struct v4l2_requestbuffers r = {
		.type = cam->type, .memory = memory_of[sharing],
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
	else if (sharing == V4L2_MAP)
		ret = map_buffers(cam);
	if (ret)
		release_buffers(cam);
	return ret;
}

/* VIDIOC_QBUF, or VIDIOC_PREPARE_BUF: the same without the queue. */
static int give_buffer(const struct v4l2 *cam, unsigned long request,
		       uint32_t index)
{
	struct v4l2_plane plane;
	struct v4l2_buffer b;

	describe_buffer(cam, &b, &plane);
	b.index = index;
	if (cam->sharing == V4L2_IMPORT && has_planes(cam)) {
		plane.m.fd = cam->dmabuf[index];
		plane.length = cam->bytes;
	} else if (cam->sharing == V4L2_IMPORT) {
		b.m.fd = cam->dmabuf[index];
		b.length = cam->bytes;
	}
	return xioctl(cam, request, &b);
}

int v4l2_try_import(struct v4l2 *cam, uint32_t index)
{
	int ret = give_buffer(cam, VIDIOC_PREPARE_BUF, index);

	/* A driver without this call tells when frames are queued. */
	return ret == -ENOTTY ? 0 : ret;
}

int v4l2_queue(struct v4l2 *cam, uint32_t index)
{
	int ret = give_buffer(cam, VIDIOC_QBUF, index);

	return ret ? fail(cam, "queue a buffer", ret) : TOOL_OK;
}

int v4l2_start(struct v4l2 *cam)
{
	int type = (int)cam->type;
	int ret = xioctl(cam, VIDIOC_STREAMON, &type);

	return ret ? fail(cam, "start", ret) : TOOL_OK;
}

/*
 * When the frame was taken. Some drivers stamp the end of the exposure before
 * it has come, others use another clock: it is not later than now.
 */
static uint64_t capture_time(const struct v4l2_buffer *b)
{
	uint64_t ns = (uint64_t)b->timestamp.tv_sec * 1000000000u +
		(uint64_t)b->timestamp.tv_usec * 1000u;
	uint64_t now = tool_now_ns();

	if ((b->flags & V4L2_BUF_FLAG_TIMESTAMP_MASK) !=
	    V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC || ns > now)
		return now;
	return ns;
}

int v4l2_dequeue(struct v4l2 *cam, struct v4l2_frame *frame, bool *got)
{
	struct v4l2_plane plane;
	struct v4l2_buffer b;
	int ret;

	*got = false;
	describe_buffer(cam, &b, &plane);
	ret = xioctl(cam, VIDIOC_DQBUF, &b);
	if (ret == -EAGAIN)
		return TOOL_OK;
	if (ret)
		return fail(cam, "take a frame", ret);
	*got = true;
	*frame = (struct v4l2_frame){
		.index = b.index, .sequence = b.sequence,
		.captured_ns = capture_time(&b),
		.broken = b.flags & V4L2_BUF_FLAG_ERROR,
	};
	return TOOL_OK;
}

void v4l2_stop(struct v4l2 *cam)
{
	int type = (int)cam->type;

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
