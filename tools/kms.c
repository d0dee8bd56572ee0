// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A display that shows dma-bufs: atomic with in-fences where the driver can,
 * legacy page flips elsewhere. Must not know who draws the frames.
 */
#include "kms_private.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <drm_fourcc.h>

#include "tool.h"

/* A flip waits for at most one refresh and one job; much longer is a hang. */
#define LAST_FLIP_MS	1000

bool kms_has_format(const struct kms *kms, uint32_t fourcc)
{
	drmModePlane *p = drmModeGetPlane(kms->fd, kms->plane);
	bool has = false;
	uint32_t i;

	for (i = 0; p && i < p->count_formats; i++)
		has |= p->formats[i] == fourcc;
	drmModeFreePlane(p);
	return has;
}

/* Why the display refuses; @err is an errno of either sign. */
static int fail(const struct kms *kms, const char *what, int err)
{
	err = err < 0 ? -err : err;
	if (err == ENODEV)
		return tool_fail(kms->path, "the display is gone");
	if (err == EACCES)
		return tool_fail(kms->path,
				 "another program has taken the screen");
	return tool_fail(kms->path, "cannot %s: %s", what, strerror(err));
}

/* Takes the handle over, also when it fails. */
static int add_fb(struct kms *kms, uint32_t handle, uint32_t stride,
		  uint32_t fourcc, struct kms_fb **out)
{
	uint32_t handles[4] = { handle }, strides[4] = { stride };
	uint32_t offsets[4] = { 0 };
	struct kms_fb *fb = &kms->fbs[kms->num_fbs];
	int err = 0;

	if (kms->num_fbs == KMS_MAX_FBS)
		err = ENOSPC;
	else if (drmModeAddFB2(kms->fd, kms->width, kms->height, fourcc,
			       handles, strides, offsets, &fb->id, 0))
		err = errno;
	if (err) {
		drmCloseBufferHandle(kms->fd, handle);
		return fail(kms, "take a frame of this size", err);
	}
	fb->handle = handle;
	kms->num_fbs++;
	*out = fb;
	return TOOL_OK;
}

int kms_import(struct kms *kms, int fd, uint32_t stride, uint32_t fourcc,
	       uint32_t *id)
{
	struct kms_fb *fb;
	uint32_t handle;
	int ret;

	if (drmPrimeFDToHandle(kms->fd, fd, &handle))
		return fail(kms, "import a dma-buf", errno);
	ret = add_fb(kms, handle, stride, fourcc, &fb);
	if (!ret)
		*id = fb->id;
	return ret;
}

int kms_make(struct kms *kms, struct kms_picture *pic)
{
	uint64_t bytes, offset;
	struct kms_fb *fb;
	uint32_t handle;
	void *addr;
	int ret;

	if (drmModeCreateDumbBuffer(kms->fd, kms->width, kms->height, 32, 0,
				    &handle, &pic->stride, &bytes))
		return fail(kms, "make a picture", errno);
	ret = add_fb(kms, handle, pic->stride, DRM_FORMAT_XRGB8888, &fb);
	if (ret)
		return ret;
	if (drmModeMapDumbBuffer(kms->fd, handle, &offset))
		return fail(kms, "draw a picture", errno);
	addr = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, kms->fd,
		    (off_t)offset);
	if (addr == MAP_FAILED)
		return fail(kms, "draw a picture", errno);
	fb->addr = pic->addr = addr;
	fb->bytes = bytes;
	pic->fb = fb->id;
	return TOOL_OK;
}

/* The frame stands in the middle of the screen. */
static void place_plane(struct kms *kms, drmModeAtomicReq *req, uint32_t fb)
{
	uint32_t p = kms->plane;

	drmModeAtomicAddProperty(req, p, kms->prop.plane_fb, fb);
	drmModeAtomicAddProperty(req, p, kms->prop.plane_crtc, kms->crtc);
	drmModeAtomicAddProperty(req, p, kms->prop.src_x, 0);
	drmModeAtomicAddProperty(req, p, kms->prop.src_y, 0);
	drmModeAtomicAddProperty(req, p, kms->prop.src_w,
				 (uint64_t)kms->width << 16);
	drmModeAtomicAddProperty(req, p, kms->prop.src_h,
				 (uint64_t)kms->height << 16);
	drmModeAtomicAddProperty(req, p, kms->prop.crtc_x,
				 (kms->mode.hdisplay - kms->width) / 2);
	drmModeAtomicAddProperty(req, p, kms->prop.crtc_y,
				 (kms->mode.vdisplay - kms->height) / 2);
	drmModeAtomicAddProperty(req, p, kms->prop.crtc_w, kms->width);
	drmModeAtomicAddProperty(req, p, kms->prop.crtc_h, kms->height);
}

static int show_atomic(struct kms *kms, uint32_t fb, int in_fence)
{
	uint32_t flags = DRM_MODE_PAGE_FLIP_EVENT | DRM_MODE_ATOMIC_NONBLOCK;
	drmModeAtomicReq *req = drmModeAtomicAlloc();
	int ret;

	if (!req)
		return -ENOMEM;
	place_plane(kms, req, fb);
	if (in_fence >= 0)
		drmModeAtomicAddProperty(req, kms->plane, kms->prop.plane_fence,
					 (uint64_t)in_fence);
	if (!kms->lit) {
		flags |= DRM_MODE_ATOMIC_ALLOW_MODESET;
		drmModeAtomicAddProperty(req, kms->connector,
					 kms->prop.connector_crtc, kms->crtc);
		drmModeAtomicAddProperty(req, kms->crtc, kms->prop.crtc_mode,
					 kms->mode_blob);
		drmModeAtomicAddProperty(req, kms->crtc, kms->prop.crtc_active,
					 1);
	}
	ret = drmModeAtomicCommit(kms->fd, req, flags, kms);
	drmModeAtomicFree(req);
	return ret;
}

static int show_legacy(struct kms *kms, uint32_t fb)
{
	int ret;

	if (!kms->lit) {
		ret = drmModeSetCrtc(kms->fd, kms->crtc, fb, 0, 0,
				     &kms->connector, 1, &kms->mode);
		if (ret)
			return ret;
	}
	return drmModePageFlip(kms->fd, kms->crtc, fb,
			       DRM_MODE_PAGE_FLIP_EVENT, kms);
}

static int show(struct kms *kms, uint32_t fb, int in_fence)
{
	return kms->atomic ? show_atomic(kms, fb, in_fence) :
		show_legacy(kms, fb);
}

/*
 * A mode of just the frame's size at 60 Hz with the blanking that VESA's CVT
 * standard calls reduced: for displays that cannot place a smaller picture.
 */
static int make_mode(struct kms *kms)
{
	const uint16_t w = (uint16_t)kms->width, h = (uint16_t)kms->height;
	drmModeModeInfo *m = &kms->mode;

	*m = (drmModeModeInfo){
		.hdisplay = w, .hsync_start = w + 48, .hsync_end = w + 80,
		.htotal = w + 160,
		.vdisplay = h, .vsync_start = h + 3, .vsync_end = h + 8,
		.vtotal = h + 8 + h / 30 + 6,
		.vrefresh = 60,
		.flags = DRM_MODE_FLAG_PHSYNC | DRM_MODE_FLAG_NVSYNC,
		.type = DRM_MODE_TYPE_USERDEF,
	};
	m->clock = (uint32_t)m->htotal * m->vtotal * 60 / 1000;
	snprintf(m->name, sizeof(m->name), "%ux%u", w, h);
	if (!kms->atomic)
		return 0;
	drmModeDestroyPropertyBlob(kms->fd, kms->mode_blob);
	return drmModeCreatePropertyBlob(kms->fd, m, sizeof(*m),
					 &kms->mode_blob);
}

int kms_show(struct kms *kms, uint32_t fb, int in_fence, uint64_t tag)
{
	int ret = show(kms, fb, in_fence);

	/* EINVAL from atomic commits, ENOSPC from legacy calls */
	if ((ret == -EINVAL || ret == -ENOSPC) && !kms->lit &&
	    (kms->mode.hdisplay != kms->width ||
	     kms->mode.vdisplay != kms->height)) {
		ret = make_mode(kms);
		if (!ret)
			ret = show(kms, fb, in_fence);
	}
	if (ret)
		return fail(kms, "show a frame", ret);
	kms->lit = true;
	kms->busy = true;
	kms->flipped = false;
	kms->tag = tag;
	return TOOL_OK;
}

bool kms_takes_fences(const struct kms *kms)
{
	return kms->atomic;
}

bool kms_is_busy(const struct kms *kms)
{
	return kms->busy;
}

int kms_fd(const struct kms *kms)
{
	return kms->fd;
}

static void on_flip(int fd, unsigned int frame, unsigned int sec,
		    unsigned int usec, void *data)
{
	struct kms *kms = data;

	kms->flipped = true;
	kms->when_ns = sec * UINT64_C(1000000000) + usec * UINT64_C(1000);
}

int kms_flipped(struct kms *kms, bool *flipped, uint64_t *tag,
		uint64_t *when_ns)
{
	drmEventContext context = {
		.version = 2, .page_flip_handler = on_flip,
	};

	if (drmHandleEvent(kms->fd, &context))
		return fail(kms, "see what is shown", errno);
	*flipped = kms->flipped;
	if (kms->flipped) {
		kms->busy = false;
		kms->flipped = false;
		*tag = kms->tag;
		*when_ns = kms->when_ns;
	}
	return TOOL_OK;
}

int kms_check(struct kms *kms)
{
	drmModeConnector *c = drmModeGetConnectorCurrent(kms->fd,
							 kms->connector);
	bool there;

	if (!c)
		return fail(kms, "find the screen", errno);
	there = c->connection != DRM_MODE_DISCONNECTED;
	drmModeFreeConnector(c);
	if (!there)
		return tool_fail(kms->path, "the screen was unplugged");
	return drmIsMaster(kms->fd) ? TOOL_OK : fail(kms, "go on", EACCES);
}

const char *kms_describe(const struct kms *kms)
{
	return kms->text;
}

/* Without a frame on the screen there is nothing to undo. */
static void restore(struct kms *kms)
{
	struct pollfd p = { .fd = kms->fd, .events = POLLIN };
	drmModeCrtc *was = kms->saved;
	uint64_t tag, when;
	bool flipped;

	if (!kms->lit)
		return;
	if (kms->busy && poll(&p, 1, LAST_FLIP_MS) > 0)
		kms_flipped(kms, &flipped, &tag, &when);
	if (was && was->buffer_id && kms->num_screens)
		drmModeSetCrtc(kms->fd, was->crtc_id, was->buffer_id, was->x,
			       was->y, kms->screens, kms->num_screens,
			       &was->mode);
	else
		drmModeSetCrtc(kms->fd, kms->crtc, 0, 0, 0, NULL, 0, NULL);
}

void kms_close(struct kms *kms)
{
	unsigned int i;

	if (!kms)
		return;
	restore(kms);
	for (i = 0; i < kms->num_fbs; i++) {
		struct kms_fb *fb = &kms->fbs[i];

		if (fb->addr)
			munmap(fb->addr, fb->bytes);
		drmModeRmFB(kms->fd, fb->id);
		drmCloseBufferHandle(kms->fd, fb->handle);
	}
	if (kms->mode_blob)
		drmModeDestroyPropertyBlob(kms->fd, kms->mode_blob);
	drmModeFreeCrtc(kms->saved);
	close(kms->fd);
	free(kms);
}
