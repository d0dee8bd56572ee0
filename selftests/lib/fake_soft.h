/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A software FPGA for tests: its run is under the test's control.
 */
#ifndef SRFPGA_FAKE_SOFT_H
#define SRFPGA_FAKE_SOFT_H

#include "soft_device.h"

/*
 * struct srfpga_soft_model - what the fake does
 * @ports, @num_ports: what it says of itself
 * @result: what a run returns
 * @delay_ns: how long a run takes
 * @runs: runs that have begun; atomic
 * @frames: frames of all runs; atomic
 * @held: runs wait while it is not 0; atomic
 * @freed: receives 1 when the model is freed; may be NULL
 */
struct srfpga_soft_model {
	struct srfpga_soft_port ports[SRFPGA_MAX_PORTS + 1];
	uint32_t num_ports;
	int result;
	int64_t delay_ns;
	unsigned int runs;
	unsigned int frames;
	unsigned int held;
	int *freed;
};

/*
 * fake_model_create() - one UINT8 input and one UINT8 output of @elems bytes
 * each: every output byte is the input byte inverted
 */
struct srfpga_soft_model *fake_model_create(uint32_t elems);

/* fake_model_runs() - how many runs have begun. */
unsigned int fake_model_runs(struct srfpga_soft_model *model);
/* fake_model_frames() - frames of all runs that have ended. */
unsigned int fake_model_frames(struct srfpga_soft_model *model);
/* fake_model_wait() - until @runs runs have begun. */
void fake_model_wait(struct srfpga_soft_model *model, unsigned int runs);
/* fake_model_hold() - let runs wait (1) or go on (0). */
void fake_model_hold(struct srfpga_soft_model *model, unsigned int held);

/* fake_api - the functions of the fake. */
extern const struct soft_api fake_api;

/* fake_device_open() - a device of the model, which it then owns; -errno. */
int fake_device_open(struct srfpga_soft_model *model,
		     struct srfpga_device **out);

#endif /* SRFPGA_FAKE_SOFT_H */
