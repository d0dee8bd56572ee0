// SPDX-License-Identifier: GPL-2.0
/*
 * Other drivers' buffers and fences: udmabuf, vgem, vivid, sync_file.
 *
 * Must not know the accelerator's interface.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <drm/drm.h>
#include <drm/vgem_drm.h>
#include <linux/dma-buf.h>
#include <linux/sync_file.h>
#include <linux/udmabuf.h>
#include <linux/videodev2.h>

#include "testpeer.h"

static int peer_ioctl(int fd, unsigned long request, void *arg)
{
	int ret;

	do {
		ret = ioctl(fd, request, arg);
	} while (ret < 0 && errno == EINTR);
	return ret < 0 ? -errno : ret;
}

static int sealed_memory(size_t bytes, bool huge)
{
	int fd = memfd_create("srfpga-test", MFD_ALLOW_SEALING |
			      (huge ? MFD_HUGETLB : 0));

	if (fd < 0)
		return -errno;
	if (ftruncate(fd, bytes) || fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK)) {
		close(fd);
		return -errno;
	}
	return fd;
}

int udmabuf_create(size_t bytes, bool huge)
{
	struct udmabuf_create arg = {
		.flags = UDMABUF_FLAGS_CLOEXEC, .size = bytes,
	};
	int dev = open("/dev/udmabuf", O_RDWR | O_CLOEXEC);
	int ret;

	if (dev < 0)
		return -errno;
	ret = sealed_memory(bytes, huge);
	if (ret >= 0) {
		arg.memfd = ret;
		ret = peer_ioctl(dev, UDMABUF_CREATE, &arg);
		close(arg.memfd);
	}
	close(dev);
	return ret;
}

static bool drm_is_vgem(int fd)
{
	char name[16] = "";
	struct drm_version version = {
		.name = name, .name_len = sizeof(name) - 1,
	};

	return !peer_ioctl(fd, DRM_IOCTL_VERSION, &version) &&
	       !strcmp(name, "vgem");
}

int vgem_open(struct vgem *vgem)
{
	char path[32];
	unsigned int i;

	for (i = 0; i < 8; i++) {
		snprintf(path, sizeof(path), "/dev/dri/card%u", i);
		vgem->fd = open(path, O_RDWR | O_CLOEXEC);
		if (vgem->fd < 0)
			continue;
		if (drm_is_vgem(vgem->fd))
			return 0;
		close(vgem->fd);
	}
	vgem->fd = -1;
	return -ENOENT;
}

void vgem_close(struct vgem *vgem)
{
	if (vgem->fd >= 0)
		close(vgem->fd);
	vgem->fd = -1;
}

int vgem_buffer(struct vgem *vgem, size_t bytes, uint32_t *handle)
{
	struct drm_mode_create_dumb create = {
		.width = (bytes + 3) / 4, .height = 1, .bpp = 32,
	};
	struct drm_prime_handle prime = { .flags = DRM_CLOEXEC | DRM_RDWR };
	int ret;

	ret = peer_ioctl(vgem->fd, DRM_IOCTL_MODE_CREATE_DUMB, &create);
	if (ret)
		return ret;
	*handle = prime.handle = create.handle;
	ret = peer_ioctl(vgem->fd, DRM_IOCTL_PRIME_HANDLE_TO_FD, &prime);
	return ret ? ret : prime.fd;
}

int vgem_import(struct vgem *vgem, int dmabuf)
{
	struct drm_prime_handle prime = { .fd = dmabuf };

	return peer_ioctl(vgem->fd, DRM_IOCTL_PRIME_FD_TO_HANDLE, &prime);
}

int vgem_fence(struct vgem *vgem, uint32_t *fence)
{
	struct drm_vgem_fence_attach attach = { .flags = VGEM_FENCE_WRITE };
	struct dma_buf_export_sync_file export = { .flags = DMA_BUF_SYNC_RW };
	int buffer, ret;

	buffer = vgem_buffer(vgem, 4096, &attach.handle);
	if (buffer < 0)
		return buffer;
	ret = peer_ioctl(vgem->fd, DRM_IOCTL_VGEM_FENCE_ATTACH, &attach);
	if (!ret)
		ret = peer_ioctl(buffer, DMA_BUF_IOCTL_EXPORT_SYNC_FILE,
				 &export);
	close(buffer);
	*fence = attach.out_fence;
	return ret ? ret : export.fd;
}

int vgem_signal(struct vgem *vgem, uint32_t fence)
{
	struct drm_vgem_fence_signal arg = { .fence = fence };

	return peer_ioctl(vgem->fd, DRM_IOCTL_VGEM_FENCE_SIGNAL, &arg);
}

int vivid_open(void)
{
	struct v4l2_capability cap;
	char path[32];
	unsigned int i;
	int fd;

	for (i = 0; i < 8; i++) {
		snprintf(path, sizeof(path), "/dev/video%u", i);
		fd = open(path, O_RDWR | O_CLOEXEC);
		if (fd < 0)
			continue;
		if (!peer_ioctl(fd, VIDIOC_QUERYCAP, &cap) &&
		    !strcmp((const char *)cap.driver, "vivid") &&
		    (cap.device_caps & V4L2_CAP_VIDEO_CAPTURE))
			return fd;
		close(fd);
	}
	return -ENOENT;
}

static int vivid_expbuf(int video, uint32_t flags)
{
	struct v4l2_exportbuffer export = {
		.type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .flags = flags,
	};
	int ret = peer_ioctl(video, VIDIOC_EXPBUF, &export);

	return ret ? ret : export.fd;
}

int vivid_export_read_only(int video)
{
	return vivid_expbuf(video, O_RDONLY | O_CLOEXEC);
}

int vivid_export(int *video, size_t *bytes)
{
	struct v4l2_requestbuffers req = {
		.count = 2, .type = V4L2_BUF_TYPE_VIDEO_CAPTURE,
		.memory = V4L2_MEMORY_MMAP,
	};
	struct v4l2_buffer buffer = {
		.type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP,
	};
	int ret;

	*video = vivid_open();
	if (*video < 0)
		return *video;
	ret = peer_ioctl(*video, VIDIOC_REQBUFS, &req);
	if (!ret)
		ret = peer_ioctl(*video, VIDIOC_QUERYBUF, &buffer);
	if (!ret)
		ret = vivid_expbuf(*video, O_RDWR | O_CLOEXEC);
	if (ret < 0)
		close(*video);
	*bytes = buffer.length;
	return ret;
}

long vivid_picture_bytes(void)
{
	struct v4l2_format format = { .type = V4L2_BUF_TYPE_VIDEO_CAPTURE };
	int video = vivid_open(), ret;

	if (video < 0)
		return video;
	ret = peer_ioctl(video, VIDIOC_G_FMT, &format);
	close(video);
	return ret ? ret : (long)format.fmt.pix.sizeimage;
}

/** Wait for one filled buffer: its index, or -errno. */
static int vivid_dequeue(int video)
{
	struct pollfd pfd = { .fd = video, .events = POLLIN };
	struct v4l2_buffer buffer = {
		.type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_DMABUF,
	};
	int ret = poll(&pfd, 1, 5000);

	if (ret <= 0)
		return ret ? -errno : -ETIME;
	ret = peer_ioctl(video, VIDIOC_DQBUF, &buffer);
	if (ret)
		return ret;
	return buffer.flags & V4L2_BUF_FLAG_ERROR ? -EIO : (int)buffer.index;
}

static int vivid_queue(int video, unsigned int index, int dmabuf, size_t bytes)
{
	struct v4l2_buffer buffer = {
		.index = index, .type = V4L2_BUF_TYPE_VIDEO_CAPTURE,
		.memory = V4L2_MEMORY_DMABUF, .m.fd = dmabuf, .length = bytes,
	};

	return peer_ioctl(video, VIDIOC_QBUF, &buffer);
}

int vivid_capture_into(const int *dmabuf, size_t bytes)
{
	struct v4l2_requestbuffers req = {
		.count = 2, .type = V4L2_BUF_TYPE_VIDEO_CAPTURE,
		.memory = V4L2_MEMORY_DMABUF,
	};
	int type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
	int video = vivid_open(), ret;
	unsigned int i;

	if (video < 0)
		return video;
	ret = peer_ioctl(video, VIDIOC_REQBUFS, &req);
	for (i = 0; i < 2 && !ret; i++)
		ret = vivid_queue(video, i, dmabuf[i], bytes);
	if (!ret)
		ret = peer_ioctl(video, VIDIOC_STREAMON, &type);
	for (i = 0; i < 2 && ret >= 0; i++)
		ret = vivid_dequeue(video);
	close(video);
	return ret < 0 ? ret : 0;
}

static int fence_info(int fd, struct sync_fence_info *fence)
{
	struct sync_file_info info = {
		.num_fences = 1, .sync_fence_info = (uintptr_t)fence,
	};
	int ret;

	memset(fence, 0, sizeof(*fence));
	ret = peer_ioctl(fd, SYNC_IOC_FILE_INFO, &info);
	return ret ? ret : info.status;
}

int fence_status(int fd)
{
	struct sync_fence_info fence;

	return fence_info(fd, &fence);
}

uint64_t fence_timestamp(int fd)
{
	struct sync_fence_info fence;

	fence_info(fd, &fence);
	return fence.timestamp_ns;
}

int fence_wait(int fd, int ms)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	int ret = poll(&pfd, 1, ms);

	if (ret < 0)
		return -errno;
	return ret ? fence_status(fd) : -ETIME;
}

int fd_send(int sock, int fd)
{
	union {
		struct cmsghdr head;
		char space[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	char byte = 0;
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control,
		.msg_controllen = sizeof(control),
	};

	control.head.cmsg_level = SOL_SOCKET;
	control.head.cmsg_type = SCM_RIGHTS;
	control.head.cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(&control.head), &fd, sizeof(fd));
	return sendmsg(sock, &msg, 0) == 1 ? 0 : -errno;
}

int fd_receive(int sock)
{
	union {
		struct cmsghdr head;
		char space[CMSG_SPACE(sizeof(int))];
	} control;
	char byte;
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	int fd;

	if (recvmsg(sock, &msg, MSG_CMSG_CLOEXEC) != 1)
		return -errno;
	if (!CMSG_FIRSTHDR(&msg) ||
	    control.head.cmsg_type != SCM_RIGHTS)
		return -EPROTO;
	memcpy(&fd, CMSG_DATA(&control.head), sizeof(fd));
	return fd;
}
