// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Devices: names, opening, what they and their ports are.
 * Knows nothing of buffers and jobs, nor of what stands behind a backend.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

static const char soft_prefix[] = "soft:";

const char *srfpga_version_get(void)
{
	return SRFPGA_VERSION;
}

int error_set(const struct error_text *err, int error, const char *fmt, ...)
{
	va_list args;

	if (err->text && err->len) {
		va_start(args, fmt);
		vsnprintf(err->text, err->len, fmt, args);
		va_end(args);
	}
	return error;
}

static int load_info(struct srfpga_device *dev, const struct error_text *err)
{
	struct srfpga_get_info raw = { .size = sizeof(raw) };
	struct srfpga_device_info *info = &dev->info;
	int ret;

	ret = dev->backend.ops->get_info(dev->backend.priv, &raw);
	if (ret == -ENOTTY)
		return error_set(err, ret, "%s: not an srfpga device",
				 dev->path);
	if (ret)
		return error_set(err, ret, "%s: %s", dev->path,
				 strerror(-ret));
	if (raw.abi_version != SRFPGA_ABI_VERSION)
		return error_set(err, -EPROTO,
				 "%s: the driver has interface %u, this library %u",
				 dev->path, raw.abi_version,
				 SRFPGA_ABI_VERSION);
	if (!raw.num_ports || raw.num_ports > SRFPGA_MAX_PORTS)
		return error_set(err, -E2BIG, "%s: %u ports", dev->path,
				 raw.num_ports);
	snprintf(dev->name, sizeof(dev->name), "%.*s", SRFPGA_NAME_LEN,
		 raw.name);
	*info = (struct srfpga_device_info){
		.name = dev->name,
		.path = dev->path,
		.is_soft = dev->backend.ops->is_soft,
		.engine = raw.engine,
		.num_ports = raw.num_ports,
		.dma_bits = raw.dma_bits,
		.caps = raw.caps,
		.buffer_align = raw.buffer_align ? raw.buffer_align : 1,
		.max_jobs = raw.max_jobs,
		.max_queued = raw.max_queued,
		.max_frames = raw.max_frames,
		.max_attachments = raw.max_attachments,
		.max_memory = raw.max_memory,
		.default_timeout_ns = raw.default_timeout_ns,
		.clock_hz = raw.clock_hz,
	};
	return 0;
}

/* The elements of a row and the number of rows; false if out of bounds. */
static bool fold(struct srfpga_layout *layout, const uint32_t *shape,
		 unsigned int rank)
{
	if (!rank || rank > SRFPGA_MAX_RANK)
		return false;
	layout->rows = 1;
	layout->row_elems = shape[rank - 1];
	for (unsigned int i = 0; i + 1 < rank; i++)
		if (__builtin_mul_overflow(layout->rows, shape[i],
					   &layout->rows))
			return false;
	return true;
}

/* A driver and a model are believed only as far as they agree with themselves. */
static int load_port(struct srfpga_device *dev, unsigned int index,
		     const struct error_text *err)
{
	struct srfpga_get_port raw = { .size = sizeof(raw), .index = index };
	struct srfpga_port *port = &dev->ports[index];
	struct port_extra extra = { 0 };
	int ret;

	ret = dev->backend.ops->get_port(dev->backend.priv, &raw, &extra);
	if (ret)
		return error_set(err, ret, "%s: port %u: %s", dev->path, index,
				 strerror(-ret));
	snprintf(dev->port_names[index], sizeof(dev->port_names[index]), "%s",
		 extra.name);
	if (!extra.name[0])
		snprintf(dev->port_names[index], SRFPGA_NAME_LEN, "%.*s",
			 SRFPGA_NAME_LEN - 1, raw.name);
	port->name = dev->port_names[index];
	port->index = index;
	port->role = raw.role;
	port->normal_rank = raw.normal_rank;
	port->folded_rank = raw.folded_rank;
	memcpy(port->normal_shape, raw.normal_shape,
	       sizeof(port->normal_shape));
	memcpy(port->folded_shape, raw.folded_shape,
	       sizeof(port->folded_shape));
	port->layout.dtype = raw.dtype;
	port->layout.bits = raw.bits;
	port->frame_bytes = raw.frame_bytes;
	port->scale = extra.scale;
	port->zero_point = extra.zero_point;
	if (raw.normal_rank > SRFPGA_MAX_RANK ||
	    !fold(&port->layout, raw.folded_shape, raw.folded_rank) ||
	    srfpga_layout_get_frame_bytes(&port->layout) != raw.frame_bytes)
		return error_set(err, -E2BIG,
				 "%s: port %u: shape, type and frame size do not agree",
				 dev->path, index);
	port->frame_elems = port->layout.rows * port->layout.row_elems;
	port->elem = srfpga_layout_get_elem(&port->layout);
	if (port->role == SRFPGA_PORT_OUTPUT)
		dev->info.num_outputs++;
	else
		dev->info.num_inputs++;
	return 0;
}

static int load(struct srfpga_device *dev, const struct error_text *err)
{
	unsigned int i;
	int ret;

	ret = load_info(dev, err);
	for (i = 0; !ret && i < dev->info.num_ports; i++)
		ret = load_port(dev, i, err);
	return ret;
}

int device_open_backend(struct backend backend, const char *path,
			struct srfpga_device **out,
			const struct error_text *err)
{
	struct srfpga_device *dev;
	int ret;

	dev = calloc(1, sizeof(*dev));
	if (!dev) {
		backend.ops->close(backend.priv);
		return error_set(err, -ENOMEM, "%s: out of memory", path);
	}
	dev->backend = backend;
	/* No kernel has smaller events than the first one. */
	dev->event_size = offsetof(struct srfpga_event, finished_ns) +
			  sizeof(uint64_t);
	dev->path = strdup(path);
	ret = dev->path ? load(dev, err) :
			  error_set(err, -ENOMEM, "%s: out of memory", path);
	if (ret) {
		srfpga_device_close(dev);
		return ret;
	}
	*out = dev;
	return 0;
}

static int open_kernel(const char *name, struct srfpga_device **out,
		       const struct error_text *err)
{
	char path[SRFPGA_DEVICE_NAME_LEN];
	struct backend backend;
	int ret;

	if (!strchr(name, '/')) {
		ret = snprintf(path, sizeof(path), "/dev/%s", name);
		if (strncmp(name, "srfpga", 6) || ret >= (int)sizeof(path))
			return error_set(err, -EINVAL,
					 "%s: neither /dev/srfpgaN nor soft:MODEL",
					 name);
		name = path;
	}
	ret = kernel_backend_open(name, &backend, err);
	return ret ? ret : device_open_backend(backend, name, out, err);
}

static int open_first(struct srfpga_device **out, const struct error_text *err)
{
	char name[1][SRFPGA_DEVICE_NAME_LEN];
	int count = srfpga_device_enumerate(name, 1);

	if (count < 0)
		return error_set(err, count, "/dev: %s", strerror(-count));
	if (!count)
		return error_set(err, -ENODEV, "no /dev/srfpga* device");
	return open_kernel(name[0], out, err);
}

int srfpga_device_open(const char *name, struct srfpga_device **out,
		       char *err, size_t err_len)
{
	const struct error_text text = { .text = err, .len = err_len };
	const size_t prefix = sizeof(soft_prefix) - 1;
	struct backend backend;
	int ret;

	if (!name)
		return open_first(out, &text);
	if (strncmp(name, soft_prefix, prefix))
		return open_kernel(name, out, &text);
	ret = soft_backend_open(name + prefix, &backend, &text);
	return ret ? ret : device_open_backend(backend, name, out, &text);
}

void srfpga_device_close(struct srfpga_device *dev)
{
	if (!dev)
		return;
	dev->backend.ops->close(dev->backend.priv);
	free(dev->path);
	free(dev);
}

const struct srfpga_device_info *
srfpga_device_get_info(const struct srfpga_device *dev)
{
	return &dev->info;
}

int srfpga_device_get_state(struct srfpga_device *dev)
{
	struct srfpga_get_info raw = { .size = sizeof(raw) };
	int ret;

	ret = dev->backend.ops->get_info(dev->backend.priv, &raw);
	return ret ? ret : (int)raw.state;
}

const struct srfpga_port *
srfpga_device_get_port(const struct srfpga_device *dev, unsigned int index)
{
	return index < dev->info.num_ports ? &dev->ports[index] : NULL;
}

int srfpga_device_get_radius(const struct srfpga_device *dev, uint32_t *radius,
			     uint32_t *factor)
{
	if (!dev->backend.ops->get_radius)
		return -EOPNOTSUPP;
	return dev->backend.ops->get_radius(dev->backend.priv, radius, factor);
}

int srfpga_device_get_fd(const struct srfpga_device *dev)
{
	return dev->backend.ops->poll_fd(dev->backend.priv);
}

int srfpga_device_wait(struct srfpga_device *dev, short events,
		       int64_t timeout_ns)
{
	return dev->backend.ops->wait(dev->backend.priv, events, timeout_ns);
}
