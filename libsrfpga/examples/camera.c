// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A camera's buffers through a device without a copy:
 *
 *	examples/camera soft:lrsrn_x2.onnx,height=64,width=96 10
 *
 * The camera is played by a function that draws into its own shared memory;
 * a real one would hand out descriptors by VIDIOC_EXPBUF. Hardware refuses
 * memory that is no contiguous dma-buf: then the device allocates, and the
 * camera gets the descriptors (V4L2_MEMORY_DMABUF). Either way the out-fence
 * says when a buffer may go back to the camera.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <srfpga.h>

#define BUFFERS	3

/* struct slot - one camera buffer, and where its frame goes */
struct slot {
	struct srfpga_buffer *in;
	struct srfpga_buffer *out;
	struct srfpga_submission *sub;
	int camera_fd;
	int fence;
	unsigned char *camera_view;
};

/* What a camera driver does at its start: its own memory, as a descriptor. */
static int camera_allocate(size_t bytes)
{
	int fd = memfd_create("camera", MFD_CLOEXEC);

	if (fd >= 0 && ftruncate(fd, bytes)) {
		close(fd);
		return -1;
	}
	return fd;
}

/* What a sensor does to a buffer: a picture that moves. */
static void camera_capture(unsigned char *view, size_t bytes,
			   unsigned int number)
{
	for (size_t i = 0; i < bytes; i++)
		view[i] = i / 3 + number * 8;
}

/* The camera's memory if the device can reach it, otherwise the device's. */
static int share_memory(struct srfpga_device *dev, struct slot *slot,
			uint64_t bytes)
{
	int ret;

	slot->camera_fd = camera_allocate(bytes);
	if (slot->camera_fd < 0)
		return -ENOMEM;
	ret = srfpga_buffer_import(dev, slot->camera_fd, SRFPGA_ATTACH_READ,
				   &slot->in);
	if (!ret || (ret != -EBADF && ret != -EOPNOTSUPP))
		return ret;
	close(slot->camera_fd);
	slot->camera_fd = -1;
	ret = srfpga_buffer_alloc(dev, bytes, SRFPGA_ATTACH_READ, &slot->in);
	return ret ? ret : srfpga_buffer_export(slot->in, &slot->camera_fd);
}

static int prepare(struct srfpga_device *dev, struct slot *slot)
{
	const uint64_t in = srfpga_device_get_port(dev, 0)->frame_bytes;
	const uint64_t out = srfpga_device_get_port(dev, 1)->frame_bytes;
	int ret;

	slot->fence = -1;
	ret = share_memory(dev, slot, in);
	if (ret)
		return ret;
	slot->camera_view = mmap(NULL, in, PROT_READ | PROT_WRITE, MAP_SHARED,
				 slot->camera_fd, 0);
	if (slot->camera_view == MAP_FAILED)
		return -errno;
	ret = srfpga_buffer_alloc(dev, out, SRFPGA_ATTACH_WRITE, &slot->out);
	if (!ret)
		ret = srfpga_submission_create(dev, 1, &slot->sub);
	if (!ret)
		ret = srfpga_submission_set_buffer(slot->sub, 0, 0, slot->in,
						   0, 0);
	if (!ret)
		ret = srfpga_submission_set_buffer(slot->sub, 0, 1, slot->out,
						   0, 0);
	if (!ret)
		srfpga_submission_set_event(slot->sub, 0);
	return ret;
}

/* A picture into the camera's buffer, and the buffer to the device. */
static int capture(struct slot *slot, uint64_t bytes, unsigned int number)
{
	int ret;

	ret = srfpga_buffer_begin_cpu(slot->in, SRFPGA_CPU_WRITE, 0, 0);
	if (ret)
		return ret;
	camera_capture(slot->camera_view, bytes, number);
	ret = srfpga_buffer_end_cpu(slot->in, SRFPGA_CPU_WRITE, 0, 0);
	return ret ? ret : srfpga_submission_submit(slot->sub, &slot->fence);
}

/* What a display or an encoder would take by its descriptor and this fence. */
static int show(struct slot *slot, unsigned int number)
{
	void *addr;
	int ret;

	ret = srfpga_fence_wait(slot->fence, -1);
	close(slot->fence);
	slot->fence = -1;
	if (ret < 0)
		return ret;
	ret = srfpga_buffer_map(slot->out, &addr);
	if (!ret)
		ret = srfpga_buffer_begin_cpu(slot->out, SRFPGA_CPU_READ, 0, 0);
	if (ret)
		return ret;
	printf("frame %u: first byte %u\n", number, *(unsigned char *)addr);
	return srfpga_buffer_end_cpu(slot->out, SRFPGA_CPU_READ, 0, 0);
}

static void release(struct slot *slot, uint64_t bytes)
{
	if (slot->fence >= 0)
		close(slot->fence);
	srfpga_submission_free(slot->sub);
	srfpga_buffer_free(slot->out);
	srfpga_buffer_free(slot->in);
	if (slot->camera_view && slot->camera_view != MAP_FAILED)
		munmap(slot->camera_view, bytes);
	if (slot->camera_fd >= 0)
		close(slot->camera_fd);
}

/* Some frames are always under way while another one is drawn. */
static int stream(struct srfpga_device *dev, unsigned int frames)
{
	const uint64_t bytes = srfpga_device_get_port(dev, 0)->frame_bytes;
	struct slot slots[BUFFERS];
	int ret = 0;

	memset(slots, 0, sizeof(slots));
	for (int i = 0; i < BUFFERS; i++) {
		slots[i].camera_fd = -1;
		slots[i].fence = -1;
	}
	for (int i = 0; !ret && i < BUFFERS; i++)
		ret = prepare(dev, &slots[i]);
	for (unsigned int n = 0; !ret && n < frames + BUFFERS; n++) {
		if (n >= BUFFERS)
			ret = show(&slots[n % BUFFERS], n - BUFFERS);
		if (!ret && n < frames)
			ret = capture(&slots[n % BUFFERS], bytes, n);
	}
	for (int i = 0; i < BUFFERS; i++)
		release(&slots[i], bytes);
	return ret;
}

int main(int argc, char **argv)
{
	const struct srfpga_device_info *info;
	struct srfpga_device *dev;
	char err[256];
	int ret;

	if (argc != 3 || atoi(argv[2]) < BUFFERS) {
		fprintf(stderr, "usage: %s DEVICE FRAMES (%d or more)\n",
			argv[0], BUFFERS);
		return 2;
	}
	if (srfpga_device_open(argv[1], &dev, err, sizeof(err))) {
		fprintf(stderr, "%s\n", err);
		return 3;
	}
	info = srfpga_device_get_info(dev);
	if (info->num_ports != 2 || info->num_outputs != 1) {
		fprintf(stderr, "%s: not one input and one output\n",
			info->path);
		ret = -EINVAL;
	} else {
		ret = stream(dev, atoi(argv[2]));
		if (ret)
			fprintf(stderr, "%s: %s\n", info->path,
				strerror(-ret));
	}
	srfpga_device_close(dev);
	return ret != 0;
}
