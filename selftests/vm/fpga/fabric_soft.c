// SPDX-License-Identifier: GPL-2.0
/*
 * The fabric of the software FPGA: a network from an ONNX file, computed by
 * libsrfpga-soft.so, which is loaded at run time.
 */
#include "fpga.h"
#include <dlfcn.h>
#include "srfpga_soft.h"

struct soft {
	struct srfpga_soft_model *model;
	__typeof__(srfpga_soft_load) *load;
	__typeof__(srfpga_soft_num_ports) *num_ports;
	__typeof__(srfpga_soft_get_port) *get_port;
	__typeof__(srfpga_soft_run) *run;
};

/* Beside this plugin first, as in a build folder; then where the linker looks. */
static void *open_library(const char *path)
{
	static const char name[] = "libsrfpga-soft.so.0";
	g_autofree char *folder = NULL, *beside = NULL;
	void *library = NULL;
	Dl_info info;

	if (path)
		return dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (dladdr(open_library, &info)) {
		folder = g_path_get_dirname(info.dli_fname);
		beside = g_build_filename(folder, name, NULL);
		library = dlopen(beside, RTLD_NOW | RTLD_LOCAL);
	}
	return library ?: dlopen(name, RTLD_NOW | RTLD_LOCAL);
}

static bool bind_functions(struct soft *soft, void *library)
{
	soft->load = dlsym(library, "srfpga_soft_load");
	soft->num_ports = dlsym(library, "srfpga_soft_num_ports");
	soft->get_port = dlsym(library, "srfpga_soft_get_port");
	soft->run = dlsym(library, "srfpga_soft_run");
	return soft->load && soft->num_ports && soft->get_port && soft->run;
}

static const char *type_name(const struct srfpga_soft_port *port, char *text,
			     size_t size)
{
	switch (port->dtype) {
	case 3:
		return "BIPOLAR";
	case 4:
		return "TERNARY";
	case 5:
		return "FLOAT32";
	}
	snprintf(text, size, "%s%u", port->dtype == 2 ? "INT" : "UINT",
		 port->bits);
	return text;
}

/* Describes port @index as FINN's tools would: idma0, odma0, … */
static bool describe(struct fpga_device *dev, const struct soft *soft,
		     uint32_t index, unsigned int *outputs, Error **errp)
{
	struct fpga_port_info *info = &dev->dma[index].info;
	struct srfpga_soft_port port = { 0 };
	char text[16];

	if (soft->get_port(soft->model, index, &port)) {
		error_setg(errp, "no port %u in %s", index, dev->model);
		return false;
	}
	info->direction = port.is_output ? FPGA_OUTPUT : FPGA_INPUT;
	snprintf(info->name, sizeof(info->name), "%cdma%u",
		 port.is_output ? 'o' : 'i',
		 port.is_output ? (*outputs)++ : index - *outputs);
	g_strlcpy(info->label, port.name, sizeof(info->label));
	g_strlcpy(info->type, type_name(&port, text, sizeof(text)),
		  sizeof(info->type));
	info->rank = port.normal_rank;
	info->folded_rank = port.folded_rank;
	memcpy(info->shape, port.normal_shape, sizeof(info->shape));
	memcpy(info->folded, port.folded_shape, sizeof(info->folded));
	if (!fpga_port_finish(info, errp))
		return false;
	if (info->frame_bytes == port.frame_bytes)
		return true;
	error_setg(errp, "%s: port %s: %u bytes by its shape, %" PRIu64
		   " by the software FPGA", dev->model, port.name,
		   info->frame_bytes, port.frame_bytes);
	return false;
}

static bool describe_all(struct fpga_device *dev, const struct soft *soft,
			 Error **errp)
{
	uint32_t n = soft->num_ports(soft->model);
	unsigned int outputs = 0;

	if (n > FPGA_MAX_PORTS) {
		error_setg(errp, "%s: more than %d ports", dev->model,
			   FPGA_MAX_PORTS);
		return false;
	}
	for (uint32_t i = 0; i < n; i++)
		if (!describe(dev, soft, i, &outputs, errp))
			return false;
	dev->num_ports = n;
	return true;
}

static bool soft_open(struct fpga_device *dev, Error **errp)
{
	struct srfpga_soft_options options = {
		.size = sizeof(options),
		.height = dev->height,
		.width = dev->width,
		.threads = dev->threads,
	};
	struct soft *soft = g_new0(struct soft, 1);
	void *library = open_library(dev->fabric_lib);
	char why[256] = "";
	int error;

	dev->fabric_data = soft;
	if (!library) {
		error_setg(errp, "fabric=soft: %s", dlerror());
		return false;
	}
	if (!bind_functions(soft, library)) {
		error_setg(errp, "fabric=soft: the library lacks functions");
		return false;
	}
	if (!dev->model || dev->num_ports) {
		error_setg(errp, "fabric=soft: model=FILE, and no ports=");
		return false;
	}
	error = soft->load(dev->model, &options, &soft->model, why,
			   sizeof(why));
	if (error) {
		error_setg(errp, "fabric=soft: %s",
			   *why ? why : strerror(-error));
		return false;
	}
	return describe_all(dev, soft, errp);
}

/* A result that could not be computed shows as zeros. */
static void soft_compute(struct fpga_device *dev, struct fpga_frame *frame)
{
	const struct soft *soft = dev->fabric_data;
	void *buffers[FPGA_MAX_PORTS];
	int error;

	for (unsigned int i = 0; i < dev->num_ports; i++)
		buffers[i] = frame->buf[i];
	error = soft->run(soft->model, buffers, 1);
	if (error)
		fprintf(stderr, "srfpga-fpga%u: software FPGA: %s\n",
			dev->instance, strerror(-error));
}

const struct fpga_fabric fpga_fabric_soft = {
	.name = "soft",
	.open = soft_open,
	.compute = soft_compute,
};
