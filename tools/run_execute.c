// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * srfpga run --exec_mode execute: arrays from files through the device.
 * Must not know options.
 */
#include "run.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "outfile.h"
#include "progress.h"
#include "tool.h"

#define DEPTH		3
/* Frames of a job where the user does not say: enough to amortise its start. */
#define DEFAULT_BATCH	64
/* Of a picture, as far as its shape tells; the software FPGA thinks so, too. */
#define MAX_CHANNELS	4

/**
 * struct execution - one run
 * @array: the input files, in their order
 * @tensor: a port's frames in its natural type, inputs and outputs
 * @file: an output port's file
 * @array: what is written to it
 * @batched: an input has the batch dimension in front
 * @shape: of an output port's array, as it was written
 * @frames: of every input and output
 * @done: frames whose outputs were fetched
 */
struct execution {
	const struct run_request *req;
	struct srfpga_device *dev;
	const struct srfpga_device_info *info;
	struct flow flow;
	void *weights[SRFPGA_MAX_PORTS];
	struct npy array[SRFPGA_MAX_PORTS];
	void *tensor[SRFPGA_MAX_PORTS];
	struct outfile file[SRFPGA_MAX_PORTS];
	struct npy_shape {
		uint32_t rank;
		uint64_t length[NPY_MAX_RANK];
	} shape[SRFPGA_MAX_PORTS];
	bool batched;
	uint64_t frames;
	uint64_t done;
	uint32_t batch;
};

static const struct srfpga_port *get_port(const struct execution *e, uint32_t i)
{
	return srfpga_device_get_port(e->dev, i);
}

static int check_count(const struct execution *e, const struct run_files *files,
		       const char *option, uint32_t role)
{
	uint32_t wanted = 0;
	uint32_t i;

	for (i = 0; i < e->info->num_ports; i++)
		wanted += get_port(e, i)->role == role;
	if (files->count == wanted)
		return TOOL_OK;
	return tool_usage(option, "the device has %u such port%s, %u file%s "
			  "given", wanted, wanted == 1 ? "" : "s",
			  files->count, files->count == 1 ? " is" : "s are");
}

static int load_arrays(struct execution *e)
{
	const struct run_files *files = &e->req->inputs;
	uint32_t i;
	int ret = TOOL_OK;

	for (i = 0; !ret && i < files->count; i++)
		ret = npy_load(files->path[i], &e->array[i]);
	return ret;
}

/*
 * The size of the pictures in the first array that may hold such. Models of
 * ONNX have channels in front of rows, but for those that come from TensorFlow.
 */
static void find_size(const struct execution *e, uint32_t *height,
		      uint32_t *width)
{
	const uint64_t *shape;
	bool channels_first;
	uint32_t i;

	*height = e->req->height;
	*width = e->req->width;
	for (i = 0; i < e->req->inputs.count; i++)
		if (e->array[i].rank == 4)
			break;
	if (*height || i == e->req->inputs.count)
		return;
	shape = e->array[i].shape;
	channels_first = e->req->as_model && (shape[3] > MAX_CHANNELS ||
					      shape[1] <= MAX_CHANNELS);
	*height = (uint32_t)shape[channels_first ? 2 : 1];
	*width = (uint32_t)shape[channels_first ? 3 : 2];
}

static int take_input(struct execution *e, const struct srfpga_port *port,
		      uint32_t number)
{
	const char *path = e->req->inputs.path[number];
	struct npy *npy = &e->array[number];
	uint64_t frames = 0;
	int ret;

	ret = tensor_from_npy(port, npy, path, e->req->form,
			      &e->tensor[port->index], &frames);
	e->batched |= npy->rank > port->normal_rank;
	npy_free(npy);
	if (!ret && e->frames && frames != e->frames)
		ret = tool_fail(path, "%" PRIu64 " frames, but the input "
				"before has %" PRIu64, frames, e->frames);
	e->frames = frames;
	return ret;
}

static int take_inputs(struct execution *e)
{
	uint32_t i, n = 0;
	int ret = check_count(e, &e->req->inputs, "--inputfile",
			      SRFPGA_PORT_INPUT);

	for (i = 0; !ret && i < e->info->num_ports; i++)
		if (get_port(e, i)->role == SRFPGA_PORT_INPUT)
			ret = take_input(e, get_port(e, i), n++);
	return ret;
}

static int open_outputs(struct execution *e)
{
	const struct run_files *files = &e->req->outputs;
	uint32_t i, n = 0;
	int ret = check_count(e, files, "--outputfile", SRFPGA_PORT_OUTPUT);

	for (i = 0; !ret && i < e->info->num_ports; i++) {
		if (get_port(e, i)->role != SRFPGA_PORT_OUTPUT)
			continue;
		ret = outfile_open(&e->file[i], files->path[n++]);
		if (ret)
			break;
		e->tensor[i] = tensor_alloc(get_port(e, i), e->frames);
		if (!e->tensor[i])
			ret = tool_fail_errno(get_port(e, i)->name, ENOMEM);
	}
	return ret;
}

static int choose_batch(struct execution *e)
{
	e->batch = e->req->batch ? e->req->batch : DEFAULT_BATCH;
	if (e->req->batch && e->frames % e->req->batch)
		return tool_fail("--batchsize", "%" PRIu64 " frames do not "
				 "divide into batches of %u", e->frames,
				 e->req->batch);
	if (e->req->batch > e->info->max_frames)
		return tool_fail("--batchsize", "%u is more than the %u frames "
				 "that %s takes at once", e->batch,
				 e->info->max_frames, e->info->path);
	if (e->batch > e->info->max_frames)
		e->batch = e->info->max_frames;
	if (e->batch > e->frames)
		e->batch = (uint32_t)e->frames;
	return TOOL_OK;
}

static uint8_t *frame_at(const struct execution *e,
			 const struct srfpga_port *port, uint64_t frame)
{
	return (uint8_t *)e->tensor[port->index] +
	       frame * port->frame_elems * srfpga_elem_get_size(port->elem);
}

static int pack_job(struct execution *e, struct flow_slot *slot,
		    uint64_t first, uint32_t frames)
{
	uint32_t i;
	int err = 0;

	for (i = 0; !err && i < e->info->num_ports; i++) {
		const struct srfpga_port *port = get_port(e, i);

		if (port->role == SRFPGA_PORT_INPUT)
			err = srfpga_layout_pack(&port->layout, port->elem,
						 frame_at(e, port, first),
						 frames, slot->addr[i], NULL);
	}
	run_fill_weights(&e->flow, slot, e->weights);
	return err ? tool_fail_errno(e->info->path, err) : TOOL_OK;
}

static int push_job(struct execution *e, uint64_t first)
{
	uint64_t left = e->frames - first;
	uint32_t frames = left < e->batch ? (uint32_t)left : e->batch;
	struct flow_slot *slot;
	int ret = flow_begin(&e->flow, &slot);

	if (!ret)
		ret = pack_job(e, slot, first, frames);
	return ret ? ret : flow_submit(&e->flow, slot, frames);
}

static int fetch_job(struct execution *e)
{
	struct flow_slot *slot;
	uint32_t i;
	int ret = flow_wait(&e->flow, &slot);
	int err = 0;

	if (ret)
		return ret;
	for (i = 0; !err && i < e->info->num_ports; i++) {
		const struct srfpga_port *port = get_port(e, i);

		if (port->role == SRFPGA_PORT_OUTPUT)
			err = srfpga_layout_unpack(&port->layout, port->elem,
						   slot->addr[i], slot->frames,
						   frame_at(e, port, e->done));
	}
	e->done += slot->frames;
	ret = flow_end(&e->flow, slot);
	return err ? tool_fail_errno(e->info->path, err) : ret;
}

static int run_jobs(struct execution *e)
{
	struct progress progress;
	uint64_t next = 0;
	int ret = flow_init(&e->flow, e->dev, DEPTH, e->batch,
			    e->req->timeout_ns);

	progress_start(&progress, "run", e->frames);
	while (!ret && e->done < e->frames) {
		if (next < e->frames && !flow_is_full(&e->flow)) {
			ret = push_job(e, next);
			next += e->batch;
			continue;
		}
		ret = fetch_job(e);
		progress_set(&progress, e->done);
	}
	progress_end(&progress);
	return ret;
}

/* FINN's driver always gives a batch; a model gives what it was given. */
static int save_output(struct execution *e, uint32_t i)
{
	bool batch = e->batched || !e->req->as_model;
	struct npy npy;
	int ret = tensor_to_npy(get_port(e, i), e->tensor[i], e->frames, batch,
				e->req->form, &npy);

	e->tensor[i] = NULL;
	if (ret)
		return ret;
	e->shape[i].rank = npy.rank;
	memcpy(e->shape[i].length, npy.shape, sizeof(npy.shape));
	errno = 0;
	npy_write(e->file[i].f, &npy);
	if (fflush(e->file[i].f) || ferror(e->file[i].f))
		ret = outfile_error(&e->file[i]);
	npy_free(&npy);
	return ret;
}

/* All of them are complete on the disk before the first one appears. */
static int save_outputs(struct execution *e)
{
	uint32_t i;
	int ret = TOOL_OK;

	for (i = 0; !ret && i < e->info->num_ports; i++)
		if (e->file[i].f)
			ret = save_output(e, i);
	for (i = 0; !ret && i < e->info->num_ports; i++)
		if (e->file[i].f)
			ret = outfile_commit(&e->file[i]);
	return ret;
}

static void json_outputs(const struct execution *e, struct json *j)
{
	uint32_t i, k, n = 0;

	json_array(j, "outputs");
	for (i = 0; i < e->info->num_ports; i++) {
		if (get_port(e, i)->role != SRFPGA_PORT_OUTPUT)
			continue;
		json_object(j, NULL);
		json_string(j, "port", get_port(e, i)->name);
		json_string(j, "file", e->req->outputs.path[n++]);
		json_array(j, "shape");
		for (k = 0; k < e->shape[i].rank; k++)
			json_uint(j, NULL, e->shape[i].length[k]);
		json_end(j);
		json_end(j);
	}
	json_end(j);
}

/* What was done; beside an array that goes to standard output, not in it. */
static void print_json(const struct execution *e)
{
	const struct flow_stats *s = &e->flow.stats;
	double jobs = (double)s->jobs;
	FILE *f = stdout;
	struct json j;
	uint32_t i;

	for (i = 0; i < e->req->outputs.count; i++)
		if (!strcmp(e->req->outputs.path[i], "-"))
			f = stderr;
	json_start(&j, f);
	json_object(&j, NULL);
	json_string(&j, "device", e->info->path);
	json_uint(&j, "frames", s->frames);
	json_uint(&j, "batch_size", e->batch);
	json_uint(&j, "jobs", s->jobs);
	json_real(&j, "load_ms", (double)s->load_ns / 1e6 / jobs);
	json_real(&j, "submit_done_ms", (double)s->run_ns / 1e6 / jobs);
	json_real(&j, "start_done_ms", (double)s->work_ns / 1e6 / jobs);
	json_real(&j, "fetch_ms", (double)s->fetch_ns / 1e6 / jobs);
	json_outputs(e, &j);
	json_end(&j);
}

static int execute(struct execution *e)
{
	uint32_t height, width;
	int ret = load_arrays(e);

	if (ret)
		return ret;
	find_size(e, &height, &width);
	ret = run_open(e->req, height, width, &e->dev, e->weights);
	if (ret)
		return ret;
	e->info = srfpga_device_get_info(e->dev);
	ret = take_inputs(e);
	if (!ret)
		ret = choose_batch(e);
	if (!ret)
		ret = open_outputs(e);
	if (!ret)
		ret = run_jobs(e);
	if (!ret)
		ret = save_outputs(e);
	if (!ret && e->req->json)
		print_json(e);
	return ret;
}

int run_execute(const struct run_request *req)
{
	struct execution e = { .req = req };
	uint32_t i;
	int ret = execute(&e);

	for (i = 0; i < SRFPGA_MAX_PORTS; i++) {
		outfile_abort(&e.file[i]);
		npy_free(&e.array[i]);
		free(e.tensor[i]);
	}
	flow_free(&e.flow);
	run_free_weights(e.weights);
	srfpga_device_close(e.dev);
	return ret;
}
