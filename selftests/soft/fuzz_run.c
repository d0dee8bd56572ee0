// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * libFuzzer: any bytes as an ONNX file, loaded and run on the reference and
 * the fastest executor, which must agree. Large networks are only loaded.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "soft/model.h"

#define MAX_WORK	2000000u
#define MAX_PORTS	8
/* Requantisation steps: enough for 8 bits, and quick. */
#define BUDGET		(1u << 16)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Upper bound of the reference executor's steps. */
static uint64_t work(const struct soft_graph *g)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < g->num_ops; i++) {
		const struct soft_op *op = &g->ops[i];
		uint64_t per = 1, n = soft_tensor_size(&g->tensors[op->output]);
		uint64_t c = g->tensors[op->inputs[0]].c;

		if (op->kind <= SOFT_OP_CONV_TRANSPOSE)
			per = (uint64_t)op->conv.kh * op->conv.kw * c;
		else if (op->kind <= SOFT_OP_SUM_POOL)
			per = (uint64_t)op->pool.kh * op->pool.kw;
		else if (op->kind == SOFT_OP_ARGMAX ||
			 op->kind == SOFT_OP_TOPK)
			per = c * c;
		else if (op->kind == SOFT_OP_SOFTMAX)
			per = c;
		if (per && n > (MAX_WORK - sum) / per)
			return MAX_WORK;
		sum += n * per;
	}
	return sum;
}

static int run_with(const struct soft_executor_ops *ops,
		    const struct soft_graph *g, void **buffers)
{
	struct soft_exec_options opt = { 1, soft_isa_best() };
	void *state;
	int ret = ops->create(g, &opt, &state);

	if (ret)
		return ret;
	ret = ops->run(state, buffers, 1);
	ops->destroy(state);
	return ret;
}

static void compare(const struct soft_graph *g, const uint8_t *data,
		    size_t size)
{
	void *a[MAX_PORTS] = { NULL }, *b[MAX_PORTS] = { NULL };
	int ret;

	for (uint32_t i = 0; i < g->num_ports; i++) {
		size_t bytes = g->ports[i].info.frame_bytes;

		a[i] = calloc(1, bytes);
		b[i] = i < g->num_inputs ? a[i] : calloc(1, bytes);
		for (size_t j = 0; i < g->num_inputs && j < bytes; j++)
			((uint8_t *)a[i])[j] = data[j % size];
	}
	run_with(&soft_reference_executor, g, a);
	ret = run_with(&soft_fast_executor, g, b);
	for (uint32_t i = g->num_inputs; i < g->num_ports; i++) {
		if (!ret && memcmp(a[i], b[i], g->ports[i].info.frame_bytes))
			abort();
		free(b[i]);
	}
	for (uint32_t i = 0; i < g->num_ports; i++)
		free(a[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct srfpga_soft_options opt = {
		.size = sizeof(opt), .height = 8, .width = 8, .threads = 1,
	};
	struct soft_onnx_file *file;
	struct soft_lower l;
	char err[128] = "";

	if (soft_onnx_parse(data, size, &file))
		return 0;
	if (!soft_lower_begin(&l, soft_onnx_model(file), &opt, size, err,
			      sizeof(err))) {
		l.budget = BUDGET;
		if (!soft_lower_run(&l) && !l.num_refusals &&
		    l.graph->num_ports <= MAX_PORTS &&
		    work(l.graph) < MAX_WORK)
			compare(l.graph, data, size);
		soft_lower_end(&l);
	}
	soft_onnx_close(file);
	return 0;
}
