/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The soft: backend's own structs: the software FPGA behind the kernel
 * interface, in user space.
 */
#ifndef SRFPGA_SOFT_DEVICE_H
#define SRFPGA_SOFT_DEVICE_H

#include <pthread.h>

#include "internal.h"
#include "soft/srfpga_soft.h"

#define SOFT_MAX_JOBS		64
#define SOFT_MAX_QUEUED		64
#define SOFT_MAX_FRAMES		65536
#define SOFT_MAX_ATTACHMENTS	1024
/* What the widest AXI port of a board asks for. */
#define SOFT_BUFFER_ALIGN	16

/* struct soft_api - libsrfpga-soft's functions, from dlopen() or a test */
struct soft_api {
	int (*load)(const char *path, const struct srfpga_soft_options *opt,
		    struct srfpga_soft_model **out, char *err, size_t err_len);
	void (*free)(struct srfpga_soft_model *model);
	uint32_t (*num_ports)(const struct srfpga_soft_model *model);
	int (*get_port)(const struct srfpga_soft_model *model, uint32_t index,
			struct srfpga_soft_port *port);
	int (*radius)(const struct srfpga_soft_model *model, uint32_t *radius,
		      uint32_t *factor);
	int (*run)(const struct srfpga_soft_model *model,
		   void *const *buffers, uint32_t frames);
};

/*
 * struct soft_memory - an attached buffer
 * @refs: the handle and every job that uses it; atomic
 * @sync_fd: a dma-buf whose caches have to be kept; -1 for plain memory
 */
struct soft_memory {
	unsigned int refs;
	uint32_t direction;
	int sync_fd;
	void *addr;
	uint64_t bytes;
};

/* struct soft_range - the memory of one port for one job */
struct soft_range {
	struct soft_memory *mem;
	uint64_t offset;
};

/*
 * struct soft_slot - a submission that was accepted and has not ended
 * @in_fence: to wait for, or -1
 * @out_fence: to signal, or -1
 * @ranges: for each job and port
 * @event: what it will report
 */
struct soft_slot {
	uint32_t num_jobs;
	uint32_t flags;
	int in_fence;
	int out_fence;
	uint64_t timeout_ns;
	uint32_t frames[SOFT_MAX_JOBS];
	struct soft_range *ranges;
	struct srfpga_event event;
};

/* struct soft_flag - a condition that can be polled for; an eventfd */
struct soft_flag {
	int fd;
	bool set;
};

/*
 * struct soft_device
 * @lock: protects all that follows it
 * @memory: what handle - 1 names, or NULL
 * @slots: a ring: accepted at @accepted, ended at @ended, in order
 * @events: a ring: posted at @posted, read at @taken
 * @has_event: @events is not empty
 * @has_room: a submission would not be refused
 * @stop: the device is being closed
 */
struct soft_device {
	struct soft_api api;
	void *library;
	struct srfpga_soft_model *model;
	uint32_t num_ports;
	uint32_t roles[SRFPGA_MAX_PORTS];
	uint64_t frame_bytes[SRFPGA_MAX_PORTS];
	char name[SRFPGA_NAME_LEN];
	pthread_t worker;

	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct soft_memory *memory[SOFT_MAX_ATTACHMENTS];
	struct soft_slot slots[SOFT_MAX_QUEUED];
	struct soft_range *ranges;
	struct srfpga_event events[SOFT_MAX_QUEUED];
	uint64_t accepted;
	uint64_t ended;
	uint64_t posted;
	uint64_t taken;
	struct soft_flag has_event;
	struct soft_flag has_room;
	struct soft_flag stop;
};

/* soft_backend_create() - of a model; takes @library and @model over. */
int soft_backend_create(const struct soft_api *api, void *library,
			struct srfpga_soft_model *model, const char *path,
			struct backend *out, const struct error_text *err);

int soft_alloc(void *backend, struct srfpga_alloc *alloc);
int soft_attach(void *backend, struct srfpga_attach *attach);
int soft_detach(void *backend, uint32_t handle);
int soft_sync_cpu(void *backend, int fd, uint64_t flags);
/* soft_memory_find() - the memory of a handle, or NULL; holds the lock. */
struct soft_memory *soft_memory_find(struct soft_device *dev, uint32_t handle);
void soft_memory_put(struct soft_memory *mem);

int soft_submit(void *backend, struct srfpga_submit *submit);
ssize_t soft_read(void *backend, void *events, size_t len);
int soft_wait(void *backend, short events, int64_t timeout_ns);
/* soft_queue_start() - make the worker; -errno. */
int soft_queue_start(struct soft_device *dev);
/* soft_queue_stop() - cancel what waits, and wait for what runs. */
void soft_queue_stop(struct soft_device *dev);
/* soft_queue_update() - make the flags true again; holds the lock. */
void soft_queue_update(struct soft_device *dev);

/* soft_worker() - the thread that runs the jobs; takes the device. */
void *soft_worker(void *arg);

#endif /* SRFPGA_SOFT_DEVICE_H */
