// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A display that shows dma-bufs: atomic with in-fences where the driver can,
 * legacy page flips elsewhere. Must not know who draws the frames.
 */
#include "kms.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <drm_fourcc.h>
#include <xf86drm.h>
#include <xf86drmMode.h>

#include <srfpga.h>

#include "tool.h"

#define MAX_CARDS	16
#define MAX_FBS		32
/* A flip waits for at most one refresh and one job; much longer is a hang. */
#define LAST_FLIP_MS	1000

/**
 * struct kms - a display
 * @path: of the card
 * @text: for kms_describe()
 * @fd: of the card
 * @connector: of the screen
 * @crtc: that drives it
 * @pipe: index of @crtc
 * @plane: primary plane of @crtc
 * @mode: that is set
 * @mode_blob: the same, as a property
 * @saved: what was on @crtc before
 * @prop: numbers of the properties that atomic commits use
 * @atomic: atomic commits work
 * @lit: a frame was shown: @saved has to be restored
 * @busy: a flip is under way
 * @width: of the frames
 * @height: of the frames
 * @tag: of the flip that is under way
 * @when_ns: of the last flip
 * @flipped: it has happened
 * @fbs: what was imported
 * @handles: GEM handles of @fbs
 * @num_fbs: entries of @fbs
 */
struct kms {
	char path[32];
	char text[96];
	int fd;
	uint32_t connector;
	uint32_t crtc;
	uint32_t pipe;
	uint32_t plane;
	drmModeModeInfo mode;
	uint32_t mode_blob;
	drmModeCrtc *saved;
	struct {
		uint32_t connector_crtc, crtc_active, crtc_mode, plane_fb;
		uint32_t plane_crtc, plane_fence, src_w, src_h, src_x, src_y;
		uint32_t crtc_x, crtc_y, crtc_w, crtc_h;
	} prop;
	bool atomic;
	bool lit;
	bool busy;
	bool flipped;
	uint32_t width;
	uint32_t height;
	uint64_t tag;
	uint64_t when_ns;
	uint32_t fbs[MAX_FBS];
	uint32_t handles[MAX_FBS];
	unsigned int num_fbs;
};

static uint32_t find_property(int fd, uint32_t object, uint32_t type,
			      const char *name)
{
	drmModeObjectProperties *props;
	uint32_t i, id = 0;

	props = drmModeObjectGetProperties(fd, object, type);
	for (i = 0; props && i < props->count_props && !id; i++) {
		drmModePropertyRes *p = drmModeGetProperty(fd, props->props[i]);

		if (p && !strcmp(p->name, name))
			id = p->prop_id;
		drmModeFreeProperty(p);
	}
	drmModeFreeObjectProperties(props);
	return id;
}

/* The mode with the least area that holds the frame. */
static const drmModeModeInfo *choose_mode(const drmModeConnector *c,
					  uint32_t width, uint32_t height)
{
	const drmModeModeInfo *best = NULL;
	int i;

	for (i = 0; i < c->count_modes; i++) {
		const drmModeModeInfo *m = &c->modes[i];

		if (m->hdisplay < width || m->vdisplay < height)
			continue;
		if (!best || m->hdisplay * m->vdisplay <
		    best->hdisplay * best->vdisplay)
			best = m;
	}
	return best;
}

static bool choose_crtc(struct kms *kms, const drmModeRes *res,
			const drmModeConnector *c)
{
	int i, p;

	for (i = 0; i < c->count_encoders; i++) {
		drmModeEncoder *e = drmModeGetEncoder(kms->fd, c->encoders[i]);

		for (p = 0; e && p < res->count_crtcs; p++)
			if (e->possible_crtcs & (1u << p)) {
				kms->crtc = res->crtcs[p];
				kms->pipe = (uint32_t)p;
				drmModeFreeEncoder(e);
				return true;
			}
		drmModeFreeEncoder(e);
	}
	return false;
}

static bool choose_connector(struct kms *kms)
{
	drmModeRes *res = drmModeGetResources(kms->fd);
	bool found = false;
	int i;

	for (i = 0; res && i < res->count_connectors && !found; i++) {
		drmModeConnector *c = drmModeGetConnector(kms->fd,
							  res->connectors[i]);
		const drmModeModeInfo *m;

		if (c && c->connection != DRM_MODE_DISCONNECTED) {
			m = choose_mode(c, kms->width, kms->height);
			found = m && choose_crtc(kms, res, c);
			if (found) {
				kms->connector = c->connector_id;
				kms->mode = *m;
			}
		}
		drmModeFreeConnector(c);
	}
	drmModeFreeResources(res);
	return found;
}

static bool is_primary(int fd, uint32_t plane)
{
	drmModeObjectProperties *props;
	uint32_t id = find_property(fd, plane, DRM_MODE_OBJECT_PLANE, "type");
	bool primary = false;
	uint32_t i;

	props = drmModeObjectGetProperties(fd, plane, DRM_MODE_OBJECT_PLANE);
	for (i = 0; props && i < props->count_props; i++)
		if (props->props[i] == id)
			primary = props->prop_values[i] ==
				DRM_PLANE_TYPE_PRIMARY;
	drmModeFreeObjectProperties(props);
	return primary;
}

static bool choose_plane(struct kms *kms)
{
	drmModePlaneRes *res;
	uint32_t i;

	drmSetClientCap(kms->fd, DRM_CLIENT_CAP_UNIVERSAL_PLANES, 1);
	res = drmModeGetPlaneResources(kms->fd);
	for (i = 0; res && i < res->count_planes && !kms->plane; i++) {
		drmModePlane *p = drmModeGetPlane(kms->fd, res->planes[i]);

		if (p && (p->possible_crtcs & (1u << kms->pipe)) &&
		    is_primary(kms->fd, p->plane_id))
			kms->plane = p->plane_id;
		drmModeFreePlane(p);
	}
	drmModeFreePlaneResources(res);
	return kms->plane;
}

static void find_atomic(struct kms *kms)
{
	const uint32_t plane = DRM_MODE_OBJECT_PLANE;
	int fd = kms->fd;

	if (drmSetClientCap(fd, DRM_CLIENT_CAP_ATOMIC, 1))
		return;
	kms->prop.connector_crtc = find_property(fd, kms->connector,
						 DRM_MODE_OBJECT_CONNECTOR,
						 "CRTC_ID");
	kms->prop.crtc_active = find_property(fd, kms->crtc,
					      DRM_MODE_OBJECT_CRTC, "ACTIVE");
	kms->prop.crtc_mode = find_property(fd, kms->crtc,
					    DRM_MODE_OBJECT_CRTC, "MODE_ID");
	kms->prop.plane_fb = find_property(fd, kms->plane, plane, "FB_ID");
	kms->prop.plane_crtc = find_property(fd, kms->plane, plane, "CRTC_ID");
	kms->prop.plane_fence = find_property(fd, kms->plane, plane,
					      "IN_FENCE_FD");
	kms->prop.src_x = find_property(fd, kms->plane, plane, "SRC_X");
	kms->prop.src_y = find_property(fd, kms->plane, plane, "SRC_Y");
	kms->prop.src_w = find_property(fd, kms->plane, plane, "SRC_W");
	kms->prop.src_h = find_property(fd, kms->plane, plane, "SRC_H");
	kms->prop.crtc_x = find_property(fd, kms->plane, plane, "CRTC_X");
	kms->prop.crtc_y = find_property(fd, kms->plane, plane, "CRTC_Y");
	kms->prop.crtc_w = find_property(fd, kms->plane, plane, "CRTC_W");
	kms->prop.crtc_h = find_property(fd, kms->plane, plane, "CRTC_H");
	kms->atomic = kms->prop.plane_fence && kms->prop.crtc_mode &&
		!drmModeCreatePropertyBlob(fd, &kms->mode, sizeof(kms->mode),
					   &kms->mode_blob);
}

static bool try_card(struct kms *kms, const char *path)
{
	uint64_t prime = 0;

	snprintf(kms->path, sizeof(kms->path), "%s", path);
	kms->fd = open(path, O_RDWR | O_CLOEXEC);
	if (kms->fd < 0)
		return false;
	if (!drmGetCap(kms->fd, DRM_CAP_PRIME, &prime) &&
	    (prime & DRM_PRIME_CAP_IMPORT) && choose_connector(kms) &&
	    choose_plane(kms)) {
		find_atomic(kms);
		kms->saved = drmModeGetCrtc(kms->fd, kms->crtc);
		snprintf(kms->text, sizeof(kms->text), "%s, %ux%u, %s",
			 kms->path, kms->mode.hdisplay, kms->mode.vdisplay,
			 kms->atomic ? "atomic with fences" : "page flips");
		return true;
	}
	close(kms->fd);
	kms->fd = -1;
	return false;
}

int kms_open(const char *card, uint32_t width, uint32_t height,
	     struct kms **out)
{
	struct kms *kms = calloc(1, sizeof(*kms));
	char path[32];
	int i;

	if (!kms)
		return tool_fail_errno("display", ENOMEM);
	kms->width = width;
	kms->height = height;
	kms->fd = -1;
	if (card)
		try_card(kms, card);
	for (i = 0; !card && i < MAX_CARDS && kms->fd < 0; i++) {
		snprintf(path, sizeof(path), "/dev/dri/card%d", i);
		try_card(kms, path);
	}
	if (kms->fd >= 0) {
		*out = kms;
		return TOOL_OK;
	}
	free(kms);
	tool_fail(card ? card : "/dev/dri",
		  "no screen that shows %ux%u and imports dma-bufs", width,
		  height);
	return TOOL_NO_DEVICE;
}

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

int kms_import(struct kms *kms, int fd, uint32_t stride, uint32_t fourcc,
	       uint32_t *fb)
{
	uint32_t handles[4] = { 0 }, strides[4] = { stride }, offsets[4] = { 0 };
	unsigned int n = kms->num_fbs;

	if (n == MAX_FBS)
		return tool_fail(kms->path, "more than %d frames", MAX_FBS);
	if (drmPrimeFDToHandle(kms->fd, fd, &handles[0]))
		return tool_fail(kms->path, "cannot import a dma-buf: %s",
				 strerror(errno));
	if (drmModeAddFB2(kms->fd, kms->width, kms->height, fourcc, handles,
			  strides, offsets, fb, 0)) {
		int err = errno;

		drmCloseBufferHandle(kms->fd, handles[0]);
		return tool_fail(kms->path, "cannot show %ux%u: %s", kms->width,
				 kms->height, strerror(err));
	}
	kms->fbs[n] = *fb;
	kms->handles[n] = handles[0];
	kms->num_fbs++;
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

/* Legacy calls know no fences: wait here. */
static int show_legacy(struct kms *kms, uint32_t fb, int in_fence)
{
	int ret;

	if (in_fence >= 0)
		srfpga_fence_wait(in_fence, -1);
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
		show_legacy(kms, fb, in_fence);
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

	if (ret == -EINVAL && !kms->lit &&
	    (kms->mode.hdisplay != kms->width ||
	     kms->mode.vdisplay != kms->height)) {
		ret = make_mode(kms);
		if (!ret)
			ret = show(kms, fb, in_fence);
	}
	if (ret)
		return tool_fail(kms->path, "cannot show a frame: %s",
				 strerror(-ret));
	kms->lit = true;
	kms->busy = true;
	kms->flipped = false;
	kms->tag = tag;
	return TOOL_OK;
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
		return tool_fail(kms->path, "the display is gone");
	*flipped = kms->flipped;
	if (kms->flipped) {
		kms->busy = false;
		kms->flipped = false;
		*tag = kms->tag;
		*when_ns = kms->when_ns;
	}
	return TOOL_OK;
}

const char *kms_describe(const struct kms *kms)
{
	return kms->text;
}

static void restore(struct kms *kms)
{
	struct pollfd p = { .fd = kms->fd, .events = POLLIN };
	uint64_t tag, when;
	bool flipped;

	if (kms->busy && poll(&p, 1, LAST_FLIP_MS) > 0)
		kms_flipped(kms, &flipped, &tag, &when);
	if (kms->lit && kms->saved && kms->saved->buffer_id)
		drmModeSetCrtc(kms->fd, kms->saved->crtc_id,
			       kms->saved->buffer_id, kms->saved->x,
			       kms->saved->y, &kms->connector, 1,
			       &kms->saved->mode);
	else if (kms->lit)
		drmModeSetCrtc(kms->fd, kms->crtc, 0, 0, 0, NULL, 0, NULL);
}

void kms_close(struct kms *kms)
{
	unsigned int i;

	if (!kms)
		return;
	restore(kms);
	for (i = 0; i < kms->num_fbs; i++) {
		drmModeRmFB(kms->fd, kms->fbs[i]);
		drmCloseBufferHandle(kms->fd, kms->handles[i]);
	}
	if (kms->mode_blob)
		drmModeDestroyPropertyBlob(kms->fd, kms->mode_blob);
	drmModeFreeCrtc(kms->saved);
	close(kms->fd);
	free(kms);
}
