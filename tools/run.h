/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SRFPGA_RUN_H
#define SRFPGA_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include <srfpga.h>

#include "flow.h"
#include "tensor.h"

/** struct run_files - the values of --inputfile or --outputfile */
struct run_files {
	const char *path[SRFPGA_MAX_PORTS];
	uint32_t count;
};

/**
 * struct run_request - the command line
 * @batch: frames of a job; 0: not given
 * @height: --size for models that leave it open; 0: not given
 * @width: likewise
 * @as_model: arrays as the ONNX graph declares them
 * @weights: directory of PORT.npy for weight ports; NULL: not given
 */
struct run_request {
	const char *device;
	char numbered[32];
	bool throughput;
	bool as_model;
	uint32_t batch;
	uint32_t height;
	uint32_t width;
	struct run_files inputs;
	struct run_files outputs;
	const char *weights;
	enum tensor_form form;
	uint64_t timeout_ns;
	bool json;
};

/** run_execute() - files in, files out */
int run_execute(const struct run_request *req);

/** run_throughput() - random frames, nw_metrics.txt */
int run_throughput(const struct run_request *req);

/**
 * run_open() - open the device of @req and its weights
 * @height: rows of a picture, for models that leave them open; 0: unknown
 * @width: columns, likewise
 * @weights: receives for each weights port one frame, packed, malloc()ed; NULL
 *	for other ports
 */
int run_open(const struct run_request *req, uint32_t height, uint32_t width,
	     struct srfpga_device **dev, void *weights[SRFPGA_MAX_PORTS]);

/** run_fill_weights() - put the weights of run_open() into a job */
void run_fill_weights(const struct flow *flow, struct flow_slot *slot,
		      void *const weights[SRFPGA_MAX_PORTS]);

/** run_free_weights() - release them */
void run_free_weights(void *weights[SRFPGA_MAX_PORTS]);

#endif /* SRFPGA_RUN_H */
