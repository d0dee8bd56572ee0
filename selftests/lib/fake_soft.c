// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A software FPGA for tests.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "fake_soft.h"

static void nap(int64_t ns)
{
	const struct timespec ts = {
		.tv_sec = ns / NSEC_PER_SEC,
		.tv_nsec = ns % NSEC_PER_SEC,
	};

	nanosleep(&ts, NULL);
}

static void fake_free(struct srfpga_soft_model *model)
{
	if (model->freed)
		*model->freed = 1;
	free(model);
}

static uint32_t fake_num_ports(const struct srfpga_soft_model *model)
{
	return model->num_ports;
}

static int fake_get_port(const struct srfpga_soft_model *model, uint32_t index,
			 struct srfpga_soft_port *port)
{
	if (index >= model->num_ports)
		return -EINVAL;
	*port = model->ports[index];
	return 0;
}

static int fake_radius(const struct srfpga_soft_model *model, uint32_t *radius,
		       uint32_t *factor)
{
	*radius = 7;
	*factor = 2;
	return 0;
}

static void invert(const struct srfpga_soft_model *model,
		   void *const *buffers, uint32_t frames)
{
	const size_t bytes = model->ports[0].frame_bytes * frames;
	const uint8_t *in = buffers[0];
	uint8_t *out = buffers[1];

	for (size_t i = 0; i < bytes; i++)
		out[i] = ~in[i];
}

static int fake_run(const struct srfpga_soft_model *model,
		    void *const *buffers, uint32_t frames)
{
	struct srfpga_soft_model *mine = (struct srfpga_soft_model *)model;

	__atomic_add_fetch(&mine->runs, 1, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(&mine->held, __ATOMIC_SEQ_CST))
		nap(100000);
	if (mine->delay_ns)
		nap(mine->delay_ns);
	invert(mine, buffers, frames);
	__atomic_add_fetch(&mine->frames, frames, __ATOMIC_SEQ_CST);
	return mine->result;
}

const struct soft_api fake_api = {
	.free = fake_free,
	.num_ports = fake_num_ports,
	.get_port = fake_get_port,
	.radius = fake_radius,
	.run = fake_run,
};

struct srfpga_soft_model *fake_model_create(uint32_t elems)
{
	struct srfpga_soft_model *model = calloc(1, sizeof(*model));

	if (!model)
		abort();
	model->num_ports = 2;
	for (uint32_t i = 0; i < 2; i++) {
		model->ports[i] = (struct srfpga_soft_port){
			.is_output = i,
			.dtype = SRFPGA_DTYPE_UINT,
			.bits = 8,
			.normal_rank = 1,
			.folded_rank = 1,
			.normal_shape = { elems },
			.folded_shape = { elems },
			.frame_bytes = elems,
			.scale = 0.5,
			.zero_point = 3,
		};
		snprintf(model->ports[i].name, sizeof(model->ports[i].name),
			 i ? "out" : "in");
	}
	return model;
}

unsigned int fake_model_runs(struct srfpga_soft_model *model)
{
	return __atomic_load_n(&model->runs, __ATOMIC_SEQ_CST);
}

unsigned int fake_model_frames(struct srfpga_soft_model *model)
{
	return __atomic_load_n(&model->frames, __ATOMIC_SEQ_CST);
}

void fake_model_wait(struct srfpga_soft_model *model, unsigned int runs)
{
	while (fake_model_runs(model) < runs)
		nap(100000);
}

void fake_model_hold(struct srfpga_soft_model *model, unsigned int held)
{
	__atomic_store_n(&model->held, held, __ATOMIC_SEQ_CST);
}
