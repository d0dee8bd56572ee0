/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SRFPGA_KMS_H
#define SRFPGA_KMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** struct kms - a display; opaque */
struct kms;

/**
 * kms_open() - take a display
 * @card: "/dev/dri/cardN", or NULL: the first with a connected screen
 * @width: of the frames; the smallest mode that holds them is set
 * @height: see @width
 * @legacy: use page flips even where atomic commits work
 * @out: receives it; kms_close() restores what was there
 */
int kms_open(const char *card, uint32_t width, uint32_t height, bool legacy,
	     struct kms **out);

/** kms_has_format() - whether the screen shows a DRM_FORMAT_* */
bool kms_has_format(const struct kms *kms, uint32_t fourcc);

/**
 * kms_import() - make a dma-buf displayable
 * @fd: of the dma-buf, borrowed
 * @stride: bytes of a row
 * @fb: receives its number for kms_show()
 *
 * Return: TOOL_OK or an exit code, the message printed.
 */
int kms_import(struct kms *kms, int fd, uint32_t stride, uint32_t fourcc,
	       uint32_t *fb);

/**
 * struct kms_picture - memory of the display's own, X, R, G, B of 8 bits each
 * @fb: its number for kms_show()
 * @stride: bytes of a row
 * @addr: where the CPU draws, blue first
 */
struct kms_picture {
	uint32_t fb;
	uint32_t stride;
	uint8_t *addr;
};

/**
 * kms_make() - memory for a frame that the CPU draws
 *
 * For screens that show no format of the accelerator.
 * Return: TOOL_OK or an exit code, the message printed.
 */
int kms_make(struct kms *kms, struct kms_picture *pic);

/** kms_takes_fences() - whether kms_show() waits for a fence by itself */
bool kms_takes_fences(const struct kms *kms);

/**
 * kms_show() - display a frame at the next refresh; does not wait
 * @in_fence: a sync_file that it waits for first, or -1; borrowed. Only if
 *	kms_takes_fences().
 * @tag: returned by kms_flipped()
 *
 * Only when kms_is_busy() is false.
 */
int kms_show(struct kms *kms, uint32_t fb, int in_fence, uint64_t tag);

/** kms_is_busy() - a frame was given and is not on the screen yet */
bool kms_is_busy(const struct kms *kms);

/** kms_fd() - poll() it for POLLIN, then call kms_flipped() */
int kms_fd(const struct kms *kms);

/**
 * kms_flipped() - see whether the frame is on the screen
 * @flipped: whether it is
 * @tag: of kms_show()
 * @when_ns: since when, CLOCK_MONOTONIC
 */
int kms_flipped(struct kms *kms, bool *flipped, uint64_t *tag,
		uint64_t *when_ns);

/**
 * kms_check() - whether the screen is still there and ours
 *
 * Return: TOOL_OK or an exit code, the message printed.
 */
int kms_check(struct kms *kms);

/** kms_describe() - "/dev/dri/card0, 1024x768, atomic" */
const char *kms_describe(const struct kms *kms);

/** kms_close() - restore the console; NULL is fine */
void kms_close(struct kms *kms);

#endif /* SRFPGA_KMS_H */
