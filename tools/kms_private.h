/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SRFPGA_KMS_PRIVATE_H
#define SRFPGA_KMS_PRIVATE_H

#include <xf86drm.h>
#include <xf86drmMode.h>

#include "kms.h"

#define KMS_MAX_FBS	32
#define KMS_MAX_SCREENS	8

/**
 * struct kms_fb - a picture that the screen can show
 * @id: for the screen
 * @handle: GEM handle of its memory
 * @addr: of the memory where the CPU draws, NULL for an imported dma-buf
 * @bytes: of @addr
 */
struct kms_fb {
	uint32_t id;
	uint32_t handle;
	void *addr;
	size_t bytes;
};

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
 * @screens: connectors that showed it
 * @num_screens: entries of @screens; 0: @crtc was off
 * @prop: numbers of the properties that atomic commits use
 * @atomic: atomic commits work
 * @lit: a frame was shown: @saved has to be restored
 * @busy: a flip is under way
 * @width: of the frames
 * @height: of the frames
 * @tag: of the flip that is under way
 * @when_ns: of the last flip
 * @flipped: it has happened
 * @fbs: what was imported or made
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
	uint32_t screens[KMS_MAX_SCREENS];
	int num_screens;
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
	struct kms_fb fbs[KMS_MAX_FBS];
	unsigned int num_fbs;
};

#endif /* SRFPGA_KMS_PRIVATE_H */
