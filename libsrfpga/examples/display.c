// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Camera to screen through an accelerator, without a copy:
 *	examples/display /dev/video0 /dev/srfpga0 /dev/dri/card0 100
 *
 * Camera and screen use the device's dma-bufs; a job's out-fence is put on what
 * it writes, and the flip waits for it. The kernel restores the console.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <drm_fourcc.h>
#include <linux/videodev2.h>
#include <srfpga.h>
#include <xf86drm.h>
#include <xf86drmMode.h>

#define FRAMES	3

/* A camera's buffer, what the accelerator makes of it, and the job. */
struct frame {
	struct srfpga_buffer *in, *out;
	struct srfpga_submission *sub;
	int in_fd;		/* for the camera */
	uint32_t fb;		/* for the screen */
};

/* Whatever fails ends the program: the kernel cleans up. */
static void check(int ret, const char *what)
{
	if (ret < 0)
		errx(1, "%s: %s", what, strerror(ret == -1 ? errno : -ret));
}

static void prepare(struct srfpga_device *dev, int card, struct frame *f)
{
	const uint64_t in = srfpga_device_get_port(dev, 0)->frame_bytes;
	const uint64_t out = srfpga_device_get_port(dev, 1)->frame_bytes;
	const uint32_t *size = srfpga_device_get_port(dev, 1)->normal_shape;
	uint32_t handle[4] = { 0 }, stride[4] = { size[1] * 3 }, zero[4] = { 0 };
	int fd;

	check(srfpga_buffer_alloc(dev, in, SRFPGA_ATTACH_READ, &f->in), "memory");
	check(srfpga_buffer_export(f->in, &f->in_fd), "export");
	check(srfpga_buffer_alloc(dev, out, SRFPGA_ATTACH_WRITE, &f->out), "memory");
	check(srfpga_submission_create(dev, 1, &f->sub), "job");
	check(srfpga_submission_set_buffer(f->sub, 0, 0, f->in, 0, 0), "job");
	check(srfpga_submission_set_buffer(f->sub, 0, 1, f->out, 0, 0), "job");
	srfpga_submission_set_event(f->sub, 0);
	check(srfpga_buffer_export(f->out, &fd), "export");
	check(drmPrimeFDToHandle(card, fd, handle), "import into the display");
	close(fd);
	check(drmModeAddFB2(card, size[1], size[0], DRM_FORMAT_RGB888, handle,
			    stride, zero, &f->fb, 0), "screen of 24 bits");
}

/* VIDIOC_QBUF or VIDIOC_DQBUF; returns which buffer. */
static uint32_t buffer(int cam, unsigned long request, uint32_t index, int fd)
{
	struct v4l2_buffer b = {
		.type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .index = index,
		.memory = V4L2_MEMORY_DMABUF, .m.fd = fd,
	};

	check(ioctl(cam, request, &b), "camera");
	return b.index;
}

static void start_camera(int cam, struct frame *f, const struct srfpga_port *in)
{
	const int type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
	struct v4l2_requestbuffers r = {
		.type = type, .memory = V4L2_MEMORY_DMABUF, .count = FRAMES,
	};
	struct v4l2_format want = { .type = type, .fmt.pix = {
		.width = in->normal_shape[1], .height = in->normal_shape[0],
		.pixelformat = V4L2_PIX_FMT_BGR24 } };

	check(ioctl(cam, VIDIOC_S_FMT, &want), "camera's format");
	if (want.fmt.pix.pixelformat != V4L2_PIX_FMT_BGR24 ||
	    want.fmt.pix.sizeimage != in->frame_bytes)
		errx(1, "the camera has no such format");
	check(ioctl(cam, VIDIOC_REQBUFS, &r), "camera's buffers");
	for (uint32_t i = 0; i < FRAMES; i++)
		buffer(cam, VIDIOC_QBUF, i, f[i].in_fd);
	check(ioctl(cam, VIDIOC_STREAMON, &type), "camera");
}

/* The first screen, in a mode of just the frame's size at 60 Hz. */
static uint32_t light(int card, uint32_t fb, const struct srfpga_port *out)
{
	const uint16_t w = out->normal_shape[1], h = out->normal_shape[0];
	drmModeRes *res = drmModeGetResources(card);
	drmModeModeInfo mode = {
		.hdisplay = w, .hsync_start = w + 48, .hsync_end = w + 80,
		.htotal = w + 160, .vdisplay = h, .vsync_start = h + 3,
		.vsync_end = h + 8, .vtotal = h + h / 30 + 14, .vrefresh = 60,
		.clock = (w + 160u) * (h + h / 30u + 14u) * 60 / 1000,
	};

	if (!res || !res->count_connectors || !res->count_crtcs)
		errx(1, "no screen");
	check(drmModeSetCrtc(card, res->crtcs[0], fb, 0, 0, res->connectors, 1,
			     &mode), "mode");
	return res->crtcs[0];
}

int main(int argc, char **argv)
{
	drmEventContext context = { .version = 2 };
	struct frame frames[FRAMES];
	struct srfpga_device *dev;
	uint32_t crtc;
	int cam, card, fence;
	char why[256];

	if (argc != 5)
		errx(2, "usage: display CAMERA DEVICE CARD FRAMES");
	check(cam = open(argv[1], O_RDWR | O_CLOEXEC), argv[1]);
	check(card = open(argv[3], O_RDWR | O_CLOEXEC), argv[3]);
	if (srfpga_device_open(argv[2], &dev, why, sizeof(why)))
		errx(3, "%s", why);
	for (int i = 0; i < FRAMES; i++)
		prepare(dev, card, &frames[i]);
	crtc = light(card, frames[0].fb, srfpga_device_get_port(dev, 1));
	start_camera(cam, frames, srfpga_device_get_port(dev, 0));
	for (int n = 0; n < atoi(argv[4]); n++) {
		struct frame *f = &frames[buffer(cam, VIDIOC_DQBUF, 0, 0)];

		/* A driver that writes with the CPU leaves it in its caches. */
		check(srfpga_buffer_begin_cpu(f->in, SRFPGA_CPU_WRITE, 0, 0) ?:
		      srfpga_buffer_end_cpu(f->in, SRFPGA_CPU_WRITE, 0, 0),
		      "caches");
		check(srfpga_submission_submit(f->sub, &fence), "job");
		check(srfpga_buffer_import_fence(f->out, SRFPGA_CPU_WRITE,
						 fence), "fence");
		check(drmModePageFlip(card, crtc, f->fb,
				      DRM_MODE_PAGE_FLIP_EVENT, NULL), "flip");
		check(drmHandleEvent(card, &context), "flip");
		check(srfpga_fence_wait(fence, 0), "job");
		close(fence);
		buffer(cam, VIDIOC_QBUF, (uint32_t)(f - frames), f->in_fd);
	}
	return 0;
}
