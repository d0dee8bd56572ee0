// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * srfpga run --exec_mode throughput_test: one job of random frames, timed, with
 * the figures and names of FINN's driver. Must not know options.
 */
#include "run.h"

#include <errno.h>
#include <stdlib.h>

#include "frames.h"
#include "json.h"
#include "outfile.h"
#include "tool.h"

#define METRICS_FILE	"nw_metrics.txt"

/**
 * struct metric - one figure of nw_metrics.txt
 * @name: as FINN's driver writes it
 */
struct metric {
	const char *name;
	double value;
};

enum {
	RUNTIME, THROUGHPUT, BANDWIDTH_IN, BANDWIDTH_OUT, FCLK, BATCH_SIZE,
	FOLD_INPUT, PACK_INPUT, COPY_INPUT, COPY_OUTPUT, UNPACK_OUTPUT,
	UNFOLD_OUTPUT, NUM_METRICS,
};

static const char *const names[NUM_METRICS] = {
	[RUNTIME] = "runtime[ms]",
	[THROUGHPUT] = "throughput[images/s]",
	[BANDWIDTH_IN] = "DRAM_in_bandwidth[MB/s]",
	[BANDWIDTH_OUT] = "DRAM_out_bandwidth[MB/s]",
	[FCLK] = "fclk[mhz]",
	[BATCH_SIZE] = "batch_size",
	[FOLD_INPUT] = "fold_input[ms]",
	[PACK_INPUT] = "pack_input[ms]",
	[COPY_INPUT] = "copy_input_data_to_device[ms]",
	[COPY_OUTPUT] = "copy_output_data_from_device[ms]",
	[UNPACK_OUTPUT] = "unpack_output[ms]",
	[UNFOLD_OUTPUT] = "unfold_output[ms]",
};

static double ms_since(uint64_t start)
{
	return (double)(tool_now_ns() - start) / 1e6;
}

/* Random tensors, packed: folding is part of packing here and takes no time. */
static int load(struct flow *flow, struct flow_slot *slot, uint32_t batch,
		double *m)
{
	uint32_t i;

	for (i = 0; i < flow->info->num_ports; i++) {
		const struct srfpga_port *port =
			srfpga_device_get_port(flow->dev, i);
		void *tensor;
		uint64_t start;
		int err;

		if (port->role != SRFPGA_PORT_INPUT)
			continue;
		tensor = tensor_alloc(port, batch);
		if (!tensor)
			return tool_fail_errno(port->name, ENOMEM);
		frames_random(port, i + 1, tensor, batch);
		start = tool_now_ns();
		err = srfpga_layout_pack(&port->layout, port->elem, tensor,
					 batch, slot->addr[i], NULL);
		m[PACK_INPUT] += ms_since(start);
		m[BANDWIDTH_IN] += (double)port->frame_bytes * batch;
		free(tensor);
		if (err)
			return tool_fail_errno(port->name, err);
	}
	return TOOL_OK;
}

static int fetch(struct flow *flow, struct flow_slot *slot, double *m)
{
	uint32_t i;

	for (i = 0; i < flow->info->num_ports; i++) {
		const struct srfpga_port *port =
			srfpga_device_get_port(flow->dev, i);
		void *tensor;
		uint64_t start;
		int err;

		if (port->role != SRFPGA_PORT_OUTPUT)
			continue;
		tensor = tensor_alloc(port, slot->frames);
		if (!tensor)
			return tool_fail_errno(port->name, ENOMEM);
		start = tool_now_ns();
		err = srfpga_layout_unpack(&port->layout, port->elem,
					   slot->addr[i], slot->frames, tensor);
		m[UNPACK_OUTPUT] += ms_since(start);
		m[BANDWIDTH_OUT] += (double)port->frame_bytes * slot->frames;
		free(tensor);
		if (err)
			return tool_fail_errno(port->name, err);
	}
	return TOOL_OK;
}

/* The job's own time; what the CPU did to its caches stands apart. */
static int measure(struct flow *flow, void *const *weights, uint32_t batch,
		   double *m)
{
	struct flow_slot *slot;
	uint64_t start;
	double waited;
	int ret = flow_begin(flow, &slot);

	if (!ret)
		ret = load(flow, slot, batch, m);
	if (ret)
		return ret;
	run_fill_weights(flow, slot, weights);
	start = tool_now_ns();
	ret = flow_submit(flow, slot, batch);
	m[COPY_INPUT] = (double)(slot->submitted_ns - start) / 1e6;
	if (!ret)
		ret = flow_wait(flow, &slot);
	waited = ms_since(start);
	if (!ret)
		ret = fetch(flow, slot, m);
	if (ret)
		return ret;
	m[RUNTIME] = (double)(slot->event.finished_ns - slot->submitted_ns) /
		     1e6;
	m[COPY_OUTPUT] = waited - m[RUNTIME] - m[COPY_INPUT];
	return flow_end(flow, slot);
}

static void derive(const struct srfpga_device_info *info, uint32_t batch,
		   double *m)
{
	double seconds = m[RUNTIME] / 1e3;

	m[THROUGHPUT] = batch / seconds;
	m[BANDWIDTH_IN] *= 1e-6 / seconds;
	m[BANDWIDTH_OUT] *= 1e-6 / seconds;
	m[FCLK] = (double)info->clock_hz / 1e6;
	m[BATCH_SIZE] = batch;
}

/* A Python dictionary, as str() writes it. */
static void write_metrics(FILE *f, const double *m)
{
	int i;

	for (i = 0; i < NUM_METRICS; i++)
		fprintf(f, i == BATCH_SIZE ? "%s'%s': %.0f" : "%s'%s': %.12g",
			i ? ", " : "{", names[i], m[i]);
	fputs("}", f);
}

static void print_metrics(bool as_json, const double *m)
{
	struct json j;
	int i;

	if (!as_json) {
		for (i = 0; i < NUM_METRICS; i++)
			printf("%-34s %.6g\n", names[i], m[i]);
		return;
	}
	json_start(&j, stdout);
	json_object(&j, NULL);
	for (i = 0; i < NUM_METRICS; i++)
		json_real(&j, names[i], m[i]);
	json_end(&j);
}

static int run_flow(const struct run_request *req, struct srfpga_device *dev,
		    void *const *weights, double *m)
{
	const struct srfpga_device_info *info = srfpga_device_get_info(dev);
	uint32_t batch = req->batch ? req->batch : 1;
	struct flow flow;
	int ret;

	if (batch > info->max_frames)
		return tool_fail("--batchsize", "%u is more than the %u frames "
				 "that %s takes at once", batch,
				 info->max_frames, info->path);
	ret = flow_init(&flow, dev, 1, batch, req->timeout_ns);
	if (ret)
		return ret;
	ret = measure(&flow, weights, batch, m);
	flow_free(&flow);
	derive(info, batch, m);
	return ret;
}

int run_throughput(const struct run_request *req)
{
	double m[NUM_METRICS] = { 0 };
	void *weights[SRFPGA_MAX_PORTS];
	struct srfpga_device *dev;
	struct outfile out = { 0 };
	int ret = run_open(req, req->height, req->width, &dev, weights);

	if (ret)
		return ret;
	ret = outfile_open(&out, METRICS_FILE);
	if (!ret)
		ret = run_flow(req, dev, weights, m);
	run_free_weights(weights);
	srfpga_device_close(dev);
	if (!ret) {
		write_metrics(out.f, m);
		ret = outfile_commit(&out);
	}
	outfile_abort(&out);
	if (!ret)
		print_metrics(req->json, m);
	return ret;
}
