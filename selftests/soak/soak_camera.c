// SPDX-License-Identifier: GPL-2.0
/*
 * A camera whose buffers go to the accelerator without a copy, frame after
 * frame: vivid exports them, the accelerator reads them, the result is compared
 * with what the fabric makes of the picture. Ends without a camera.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/videodev2.h>

#include "soak.h"
#include "testpeer.h"

#define BUFFERS		3

/**
 * struct camera - vivid, streaming
 * @bytes: of a picture
 * @buf: its exported buffers
 */
struct camera {
	struct soak *soak;
	struct soak_tally *tally;
	int video;
	size_t bytes;
	struct test_buf buf[BUFFERS];
	struct test_dev dev;
	struct test_job job;
	struct test_buf own;
	struct soak_ledger ledger;
	bool busy;
	uint64_t user_data;
};

static int camera_ioctl(int fd, unsigned long request, void *arg)
{
	return ioctl(fd, request, arg) ? -errno : 0;
}

static int camera_queue(struct camera *cam, unsigned int index)
{
	struct v4l2_buffer buffer = {
		.index = index, .type = V4L2_BUF_TYPE_VIDEO_CAPTURE,
		.memory = V4L2_MEMORY_MMAP,
	};

	return camera_ioctl(cam->video, VIDIOC_QBUF, &buffer);
}

static int camera_export(struct camera *cam, unsigned int index)
{
	struct v4l2_exportbuffer export = {
		.type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .index = index,
		.flags = O_RDWR | O_CLOEXEC,
	};
	int ret = camera_ioctl(cam->video, VIDIOC_EXPBUF, &export);

	if (ret)
		return ret;
	cam->buf[index] = (struct test_buf){ .fd = export.fd,
					     .len = cam->bytes };
	ret = buf_map(&cam->buf[index]);
	return ret ? ret : camera_queue(cam, index);
}

static int camera_start(struct camera *cam)
{
	struct v4l2_format format = { .type = V4L2_BUF_TYPE_VIDEO_CAPTURE };
	struct v4l2_requestbuffers req = {
		.count = BUFFERS, .type = V4L2_BUF_TYPE_VIDEO_CAPTURE,
		.memory = V4L2_MEMORY_MMAP,
	};
	int type = V4L2_BUF_TYPE_VIDEO_CAPTURE, ret;
	unsigned int i;

	ret = camera_ioctl(cam->video, VIDIOC_G_FMT, &format);
	format.fmt.pix.width = 320;
	format.fmt.pix.height = 180;
	if (!ret)
		ret = camera_ioctl(cam->video, VIDIOC_S_FMT, &format);
	cam->bytes = format.fmt.pix.sizeimage;
	if (!ret)
		ret = camera_ioctl(cam->video, VIDIOC_REQBUFS, &req);
	for (i = 0; i < BUFFERS && !ret; i++)
		ret = camera_export(cam, i);
	return ret ? ret : camera_ioctl(cam->video, VIDIOC_STREAMON, &type);
}

static void camera_detach(struct camera *cam)
{
	cam->job.buf[dev_port(&cam->dev, SRFPGA_PORT_INPUT)] = cam->own;
	job_free(&cam->job);
	dev_close(&cam->dev);
}

/** A file with a job whose input can be swapped for the camera's buffers. */
static int camera_attach(struct camera *cam)
{
	unsigned int i;
	int ret = dev_open(&cam->dev, 0, O_NONBLOCK);

	if (ret)
		return ret;
	ret = job_init(&cam->job, &cam->dev, 1, 1);
	if (ret) {
		dev_close(&cam->dev);
		return ret;
	}
	cam->own = cam->job.buf[dev_port(&cam->dev, SRFPGA_PORT_INPUT)];
	for (i = 0; i < BUFFERS && !ret; i++)
		ret = buf_attach(&cam->dev, &cam->buf[i], SRFPGA_ATTACH_READ);
	ledger_init(&cam->ledger, cam->tally);
	cam->tally->files++;
	if (ret)
		camera_detach(cam);
	return ret;
}

static void camera_ended(void *arg, unsigned int slot, int status)
{
	struct camera *cam = arg;

	if (status)
		return;
	cam->tally->pictures++;
	buf_sync(&cam->buf[slot], true, false);
	soak_check_job(cam->soak, cam->tally, 0, &cam->job);
	buf_sync(&cam->buf[slot], false, false);
}

/** The picture in buffer @index through the accelerator. False: it is gone. */
static bool camera_picture(struct camera *cam, unsigned int index)
{
	int in = dev_port(&cam->dev, SRFPGA_PORT_INPUT);
	int ret;

	cam->job.buf[in] = cam->buf[index];
	cam->job.jb[in].handle = cam->buf[index].handle;
	cam->job.sub.timeout_ns = 1000000000;
	job_spoil(&cam->job);
	ret = job_submit(&cam->job, ++cam->user_data);
	if (ret) {
		cam->tally->refused++;
		sleep_ms(1);
		return ret != -ENODEV;
	}
	ledger_add(&cam->ledger, &cam->job.sub, index);
	ledger_drain(&cam->ledger, cam->dev.fd, camera_ended, cam);
	return true;
}

/** One life of a file. */
static void camera_life(struct camera *cam)
{
	struct v4l2_buffer buffer = {
		.type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP,
	};
	struct pollfd pfd = { .fd = cam->video, .events = POLLIN };
	bool there = true;

	if (camera_attach(cam)) {
		sleep_ms(5);
		return;
	}
	while (there && !cam->soak->stop) {
		if (poll(&pfd, 1, 1000) <= 0 ||
		    camera_ioctl(cam->video, VIDIOC_DQBUF, &buffer))
			continue;
		there = camera_picture(cam, buffer.index);
		camera_queue(cam, buffer.index);
	}
	camera_detach(cam);
}

void soak_camera(struct soak *soak, unsigned int number)
{
	struct camera cam = {
		.soak = soak, .tally = &soak->tally[number],
		.user_data = (uint64_t)number << 40,
	};
	unsigned int i;
	int fds = leaks_fds(), ret;

	for (i = 0; i < BUFFERS; i++)
		cam.buf[i].fd = -1;
	cam.video = vivid_open();
	if (cam.video < 0 && !soak->camera)
		return;
	ret = cam.video < 0 ? cam.video : camera_start(&cam);
	if (ret) {
		printf("# camera: %d\n", ret);
		cam.tally->wrong_status++;
	}
	while (!ret && !soak->stop)
		camera_life(&cam);
	for (i = 0; i < BUFFERS; i++)
		buf_drop(&cam.buf[i]);
	close(cam.video);
	if (leaks_fds() != fds)
		cam.tally->leaked_fds++;
}
