// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The fake software FPGA as a shared object, to be found by dlopen(): pictures
 * of 3 channels, the output is the inverted input. The path decides: a model
 * that is named "refused" or "missing" cannot be loaded.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "fake_soft.h"

#pragma GCC visibility push(default)
int srfpga_soft_load(const char *path, const struct srfpga_soft_options *opt,
		     struct srfpga_soft_model **out, char *err, size_t err_len);
void srfpga_soft_free(struct srfpga_soft_model *model);
uint32_t srfpga_soft_num_ports(const struct srfpga_soft_model *model);
int srfpga_soft_get_port(const struct srfpga_soft_model *model, uint32_t index,
			 struct srfpga_soft_port *port);
int srfpga_soft_radius(const struct srfpga_soft_model *model, uint32_t *radius,
		       uint32_t *factor);
int srfpga_soft_run(const struct srfpga_soft_model *model,
		    void *const *buffers, uint32_t frames);
#pragma GCC visibility pop

int srfpga_soft_load(const char *path, const struct srfpga_soft_options *opt,
		     struct srfpga_soft_model **out, char *err, size_t err_len)
{
	const uint32_t height = opt->height ? opt->height : 2;
	const uint32_t width = opt->width ? opt->width : 3;
	struct srfpga_soft_model *model;

	if (strstr(path, "refused")) {
		snprintf(err, err_len, "node 7 (Softmax)");
		return -EOPNOTSUPP;
	}
	if (strstr(path, "missing")) {
		snprintf(err, err_len, "%s: No such file", path);
		return -ENOENT;
	}
	if (opt->size != sizeof(*opt))
		return -EINVAL;
	model = fake_model_create(height * width * 3);
	for (int i = 0; i < 2; i++) {
		struct srfpga_soft_port *port = &model->ports[i];

		port->normal_rank = 3;
		port->normal_shape[0] = height;
		port->normal_shape[1] = width;
		port->normal_shape[2] = 3;
		memcpy(port->folded_shape, port->normal_shape,
		       sizeof(port->folded_shape));
		port->folded_rank = 3;
	}
	*out = model;
	return 0;
}

void srfpga_soft_free(struct srfpga_soft_model *model)
{
	fake_api.free(model);
}

uint32_t srfpga_soft_num_ports(const struct srfpga_soft_model *model)
{
	return fake_api.num_ports(model);
}

int srfpga_soft_get_port(const struct srfpga_soft_model *model, uint32_t index,
			 struct srfpga_soft_port *port)
{
	return fake_api.get_port(model, index, port);
}

int srfpga_soft_radius(const struct srfpga_soft_model *model, uint32_t *radius,
		       uint32_t *factor)
{
	return fake_api.radius(model, radius, factor);
}

int srfpga_soft_run(const struct srfpga_soft_model *model,
		    void *const *buffers, uint32_t frames)
{
	return fake_api.run(model, buffers, frames);
}
