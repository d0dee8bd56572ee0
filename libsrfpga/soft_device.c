// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A software FPGA as a backend: what it is, its life and death.
 * Buffers are in soft_memory.c, jobs in soft_queue.c and soft_worker.c.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "soft_device.h"

static int soft_get_info(void *backend, struct srfpga_get_info *info)
{
	const struct soft_device *dev = backend;

	*info = (struct srfpga_get_info){
		.size = sizeof(*info),
		.abi_version = SRFPGA_ABI_VERSION,
		.engine = SRFPGA_ENGINE_FINN,
		.num_ports = dev->num_ports,
		.caps = SRFPGA_CAP_COHERENT,
		.state = SRFPGA_STATE_READY,
		.dma_bits = 64,
		.buffer_align = SOFT_BUFFER_ALIGN,
		.max_jobs = SOFT_MAX_JOBS,
		.max_queued = SOFT_MAX_QUEUED,
		.max_frames = SOFT_MAX_FRAMES,
		.max_attachments = SOFT_MAX_ATTACHMENTS,
		.max_memory = UINT64_MAX,
	};
	memcpy(info->name, dev->name, sizeof(info->name));
	return 0;
}

_Static_assert(SRFPGA_SOFT_MAX_RANK == SRFPGA_MAX_RANK, "the same ranks");

static int soft_get_port(void *backend, struct srfpga_get_port *port,
			 struct port_extra *extra)
{
	const struct soft_device *dev = backend;
	struct srfpga_soft_port soft;
	int ret;

	ret = dev->api.get_port(dev->model, port->index, &soft);
	if (ret)
		return ret;
	port->role = dev->roles[port->index];
	port->dtype = soft.dtype;
	port->bits = soft.bits;
	port->normal_rank = soft.normal_rank;
	port->folded_rank = soft.folded_rank;
	port->frame_bytes = soft.frame_bytes;
	memcpy(port->normal_shape, soft.normal_shape,
	       sizeof(port->normal_shape));
	memcpy(port->folded_shape, soft.folded_shape,
	       sizeof(port->folded_shape));
	snprintf(extra->name, sizeof(extra->name), "%.*s",
		 (int)sizeof(extra->name) - 1, soft.name);
	extra->scale = soft.scale;
	extra->zero_point = soft.zero_point;
	return 0;
}

static int soft_get_radius(void *backend, uint32_t *radius, uint32_t *factor)
{
	const struct soft_device *dev = backend;

	return dev->api.radius(dev->model, radius, factor);
}

static int soft_poll_fd(void *backend)
{
	return ((struct soft_device *)backend)->has_event.fd;
}

static void close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

/* The worker is not running. */
static void soft_free(struct soft_device *dev)
{
	for (size_t i = 0; i < ARRAY_SIZE(dev->memory); i++)
		soft_memory_put(dev->memory[i]);
	close_fd(dev->has_event.fd);
	close_fd(dev->has_room.fd);
	close_fd(dev->stop.fd);
	pthread_cond_destroy(&dev->wake);
	pthread_mutex_destroy(&dev->lock);
	dev->api.free(dev->model);
	if (dev->library)
		dlclose(dev->library);
	free(dev->ranges);
	free(dev);
}

static void soft_close(void *backend)
{
	soft_queue_stop(backend);
	soft_free(backend);
}

static const struct backend_ops soft_ops = {
	.get_info = soft_get_info,
	.get_port = soft_get_port,
	.get_radius = soft_get_radius,
	.alloc = soft_alloc,
	.attach = soft_attach,
	.detach = soft_detach,
	.submit = soft_submit,
	.read = soft_read,
	.wait = soft_wait,
	.sync_cpu = soft_sync_cpu,
	.poll_fd = soft_poll_fd,
	.close = soft_close,
	.is_soft = true,
};

static int describe_ports(struct soft_device *dev)
{
	struct srfpga_soft_port port;
	int ret;

	dev->num_ports = dev->api.num_ports(dev->model);
	if (!dev->num_ports || dev->num_ports > SRFPGA_MAX_PORTS)
		return -E2BIG;
	for (uint32_t i = 0; i < dev->num_ports; i++) {
		ret = dev->api.get_port(dev->model, i, &port);
		if (ret)
			return ret;
		dev->roles[i] = port.is_output ? SRFPGA_PORT_OUTPUT :
						 SRFPGA_PORT_INPUT;
		dev->frame_bytes[i] = port.frame_bytes;
	}
	return 0;
}

/* All memory that submissions will need is made here. */
static int prepare_slots(struct soft_device *dev)
{
	const size_t each = (size_t)SOFT_MAX_JOBS * dev->num_ports;

	dev->ranges = calloc(SOFT_MAX_QUEUED * each, sizeof(*dev->ranges));
	if (!dev->ranges)
		return -ENOMEM;
	for (size_t i = 0; i < SOFT_MAX_QUEUED; i++)
		dev->slots[i].ranges = &dev->ranges[i * each];
	return 0;
}

static int make_flags(struct soft_device *dev)
{
	struct soft_flag *const flags[] = {
		&dev->has_event, &dev->has_room, &dev->stop,
	};

	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		flags[i]->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		if (flags[i]->fd < 0)
			return -errno;
	}
	soft_queue_update(dev);
	return 0;
}

static int start(struct soft_device *dev)
{
	int ret;

	ret = describe_ports(dev);
	if (!ret)
		ret = prepare_slots(dev);
	if (!ret)
		ret = make_flags(dev);
	return ret ? ret : soft_queue_start(dev);
}

int soft_backend_create(const struct soft_api *api, void *library,
			struct srfpga_soft_model *model, const char *path,
			struct backend *out, const struct error_text *err)
{
	const char *slash = strrchr(path, '/');
	struct soft_device *dev;
	int ret;

	dev = calloc(1, sizeof(*dev));
	if (!dev) {
		api->free(model);
		if (library)
			dlclose(library);
		return error_set(err, -ENOMEM, "%s: out of memory", path);
	}
	dev->api = *api;
	dev->library = library;
	dev->model = model;
	dev->has_event.fd = -1;
	dev->has_room.fd = -1;
	dev->stop.fd = -1;
	pthread_mutex_init(&dev->lock, NULL);
	pthread_cond_init(&dev->wake, NULL);
	snprintf(dev->name, sizeof(dev->name), "%.*s",
		 (int)sizeof(dev->name) - 1, slash ? slash + 1 : path);
	ret = start(dev);
	if (ret) {
		soft_free(dev);
		return error_set(err, ret, "%s: %s", path, strerror(-ret));
	}
	*out = (struct backend){ .ops = &soft_ops, .priv = dev };
	return 0;
}
