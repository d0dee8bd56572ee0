// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Finding a display: a card that imports dma-bufs, a connected screen with a
 * mode that holds the frames, and what drives it. Must not know what is shown.
 */
#include "kms_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tool.h"

#define MAX_CARDS	16

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

/* What feeds a screen now; 0: it is dark. */
static uint32_t current_crtc(int fd, const drmModeConnector *c)
{
	drmModeEncoder *e = c && c->encoder_id ?
		drmModeGetEncoder(fd, c->encoder_id) : NULL;
	uint32_t crtc = e ? e->crtc_id : 0;

	drmModeFreeEncoder(e);
	return crtc;
}

/* Screens that @crtc feeds now, into @kms->screens. */
static void find_screens(struct kms *kms, const drmModeRes *res, uint32_t crtc)
{
	int i;

	kms->num_screens = 0;
	for (i = 0; i < res->count_connectors &&
	     kms->num_screens < KMS_MAX_SCREENS; i++) {
		drmModeConnector *c;

		c = drmModeGetConnectorCurrent(kms->fd, res->connectors[i]);
		if (current_crtc(kms->fd, c) == crtc)
			kms->screens[kms->num_screens++] = c->connector_id;
		drmModeFreeConnector(c);
	}
}

/* What shows the console on this screen; a dark one gets what is free. */
static bool choose_crtc(struct kms *kms, const drmModeRes *res,
			const drmModeConnector *c)
{
	uint32_t possible = 0, now = current_crtc(kms->fd, c);
	int i, p;

	for (i = 0; i < c->count_encoders; i++) {
		drmModeEncoder *e = drmModeGetEncoder(kms->fd, c->encoders[i]);

		possible |= e ? e->possible_crtcs : 0;
		drmModeFreeEncoder(e);
	}
	for (p = 0; p < res->count_crtcs; p++) {
		if (now ? res->crtcs[p] != now : !(possible & (1u << p)))
			continue;
		find_screens(kms, res, res->crtcs[p]);
		if (!now && kms->num_screens)
			continue;
		kms->crtc = res->crtcs[p];
		kms->pipe = (uint32_t)p;
		return true;
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

/* With all of it, a commit can carry a fence and set the mode at once. */
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

static bool try_card(struct kms *kms, const char *path, bool legacy)
{
	uint64_t prime = 0;

	snprintf(kms->path, sizeof(kms->path), "%s", path);
	kms->fd = open(path, O_RDWR | O_CLOEXEC);
	if (kms->fd < 0)
		return false;
	if (!drmGetCap(kms->fd, DRM_CAP_PRIME, &prime) &&
	    (prime & DRM_PRIME_CAP_IMPORT) && choose_connector(kms) &&
	    choose_plane(kms)) {
		if (!legacy)
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

int kms_open(const char *card, uint32_t width, uint32_t height, bool legacy,
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
		try_card(kms, card, legacy);
	for (i = 0; !card && i < MAX_CARDS && kms->fd < 0; i++) {
		snprintf(path, sizeof(path), "/dev/dri/card%d", i);
		try_card(kms, path, legacy);
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
