/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Other drivers' buffers and fences: udmabuf, vgem, vivid, sync_file.
 *
 * Constructors return a file descriptor or a negative errno; -ENOENT says that
 * the driver is not there, which is a reason to skip and not to fail.
 */
#ifndef SELFTESTS_TESTPEER_H
#define SELFTESTS_TESTPEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** A dma-buf of @bytes of anonymous memory; @huge: physically contiguous. */
int udmabuf_create(size_t bytes, bool huge);

/** struct vgem - one open vgem device */
struct vgem {
	int fd;
};

int vgem_open(struct vgem *vgem);
void vgem_close(struct vgem *vgem);
/** A dumb buffer; its GEM handle in @handle, its dma-buf returned. */
int vgem_buffer(struct vgem *vgem, size_t bytes, uint32_t *handle);
/** Have vgem attach and map somebody's dma-buf, until vgem_close(). */
int vgem_import(struct vgem *vgem, int dmabuf);
/** A sync_file that is not signalled; vgem_signal() with *@fence ends it.
 * vgem signals by itself after 10 s.
 */
int vgem_fence(struct vgem *vgem, uint32_t *fence);
int vgem_signal(struct vgem *vgem, uint32_t fence);

/** The first vivid device that takes pictures. */
int vivid_open(void);
/** A capture buffer of the first vivid device, and its length in @bytes. */
int vivid_export(int *video, size_t *bytes);
/** The first buffer of @video again, through a descriptor that only reads. */
int vivid_export_read_only(int video);

/** Bytes of one picture of the first vivid device, or -errno. */
long vivid_picture_bytes(void);
/** Have vivid take a picture into each of two dma-bufs of @bytes. */
int vivid_capture_into(const int *dmabuf, size_t bytes);

/** Status of a sync_file: 1 signalled, 0 active, or a negative errno. */
int fence_status(int fd);
/** Time when a signalled sync_file ended, ns of CLOCK_MONOTONIC. */
uint64_t fence_timestamp(int fd);
/** Wait for the end: its status, or -ETIME. */
int fence_wait(int fd, int ms);

/** Pass a descriptor over a socket. */
int fd_send(int sock, int fd);
int fd_receive(int sock);

#endif /* SELFTESTS_TESTPEER_H */
