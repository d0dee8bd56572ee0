/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the files of libsrfpga share: the backend interface and the private
 * structs. A backend speaks the kernel interface, whether or not a kernel
 * stands behind it.
 */
#ifndef SRFPGA_INTERNAL_H
#define SRFPGA_INTERNAL_H

#include <stdbool.h>
#include <sys/types.h>

#include "srfpga.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

#define NSEC_PER_SEC	1000000000LL

/* struct error_text - where an open that fails leaves its line; or NULL */
struct error_text {
	char *text;
	size_t len;
};

/* error_set() - write the line (if wanted) and return @error. */
int error_set(const struct error_text *err, int error, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* struct port_extra - what the kernel interface does not say of a port */
struct port_extra {
	char name[64];
	double scale;
	int32_t zero_point;
};

/*
 * struct backend_ops - the kernel interface as functions
 *
 * All return 0 or a negative errno with the meaning of uapi/srfpga.h, and may
 * be called by several threads at once except @close.
 *
 * @get_port: @extra is zeroed; what is left zero is unknown
 * @get_radius: NULL where the backend does not know
 * @read: bytes of whole events, or -EAGAIN if there is none
 * @wait: as srfpga_device_wait()
 * @sync_cpu: DMA_BUF_IOCTL_SYNC with @flags on a buffer's fd
 * @poll_fd: what srfpga_device_get_fd() returns
 */
struct backend_ops {
	int (*get_info)(void *backend, struct srfpga_get_info *info);
	int (*get_port)(void *backend, struct srfpga_get_port *port,
			struct port_extra *extra);
	int (*get_radius)(void *backend, uint32_t *radius, uint32_t *factor);
	int (*alloc)(void *backend, struct srfpga_alloc *alloc);
	int (*attach)(void *backend, struct srfpga_attach *attach);
	int (*detach)(void *backend, uint32_t handle);
	int (*submit)(void *backend, struct srfpga_submit *submit);
	ssize_t (*read)(void *backend, void *events, size_t len);
	int (*wait)(void *backend, short events, int64_t timeout_ns);
	int (*sync_cpu)(void *backend, int fd, uint64_t flags);
	int (*poll_fd)(void *backend);
	void (*close)(void *backend);
	bool is_soft;
};

/* struct backend - a backend that is open */
struct backend {
	const struct backend_ops *ops;
	void *priv;
};

int kernel_backend_open(const char *path, struct backend *out,
			const struct error_text *err);
int soft_backend_open(const char *spec, struct backend *out,
		      const struct error_text *err);

/* enumerate_devices() - srfpga_device_enumerate() in another folder. */
int enumerate_devices(const char *dir, char (*names)[SRFPGA_DEVICE_NAME_LEN],
		      unsigned int max);

/*
 * device_open_backend() - make a device of a backend, which it then owns, also
 * on failure
 */
int device_open_backend(struct backend backend, const char *path,
			struct srfpga_device **out,
			const struct error_text *err);

struct srfpga_device {
	struct backend backend;
	struct srfpga_device_info info;
	char *path;
	char name[64];
	char port_names[SRFPGA_MAX_PORTS][64];
	struct srfpga_port ports[SRFPGA_MAX_PORTS];
	/* Bytes of one event of this kernel as far as known; atomic. */
	unsigned int event_size;
};

/*
 * struct srfpga_buffer
 * @refs: the user and every place in a submission object; atomic
 */
struct srfpga_buffer {
	struct srfpga_device *dev;
	unsigned int refs;
	int fd;
	uint32_t handle;
	uint32_t direction;
	uint64_t bytes;
	void *addr;
};

void buffer_get(struct srfpga_buffer *buf);
void buffer_put(struct srfpga_buffer *buf);

/* now_ns() - CLOCK_MONOTONIC. */
int64_t now_ns(void);
/* deadline_of() - when a wait ends; -1 for never. */
int64_t deadline_of(int64_t timeout_ns);
/* time_left() - until a deadline, not below 0; -1 for never. */
int64_t time_left(int64_t deadline);

struct pollfd;
/* poll_ns() - poll() in nanoseconds; -1 waits for ever. */
int poll_ns(struct pollfd *fds, unsigned int count, int64_t timeout_ns);

/* fence_check() - 0 if @fd is a fence, otherwise -EBADF. */
int fence_check(int fd);
/* fence_status() - of a signalled fence: 1, or a negative errno. */
int fence_status(int fd);
/* fence_create() - an emulated fence: one end to signal, one to hand out. */
int fence_create(int *signal_fd, int *fence_fd);
/* fence_signal() - end it with 0 or a negative errno; closes @signal_fd. */
void fence_signal(int signal_fd, int status);

#endif /* SRFPGA_INTERNAL_H */
