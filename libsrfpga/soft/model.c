// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The public interface: loading, ports, running. Must not know operators nor
 * instruction sets; it picks an executor and hands over.
 */
#include "model.h"
#include "kernel.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct srfpga_soft_model {
	struct soft_graph *graph;
	const struct soft_executor_ops *executor;
	void *state;
};

/* Steps of all requantisations; each takes about a tenth of a microsecond. */
#define BUDGET		(1u << 25)
/* Weights are doubles with a scale each, and twice while a node copies them. */
#define SCRATCH_BASE	((size_t)64 << 20)
#define SCRATCH_PER_BYTE 24u
#define SCRATCH_PER_ELEMENT 32u
#define GRAPH_LIMIT	((size_t)512 << 20)

static uint64_t tensor_elements(const SoftOnnx__Tensor *t, uint64_t most)
{
	uint64_t n = 1;

	for (size_t i = 0; i < t->n_dims; i++)
		if (t->dims[i] < 0 ||
		    __builtin_mul_overflow(n, (uint64_t)t->dims[i], &n))
			return most;
	return n < most ? n : most;
}

/* Of the file's constants; two in a byte is as many as there can be. */
static size_t count_elements(const SoftOnnx__Graph *g, size_t file_size)
{
	uint64_t most = 2 * (uint64_t)file_size, n = 0;

	for (size_t i = 0; i < g->n_initializer && n < most; i++)
		n += tensor_elements(g->initializer[i], most);
	for (size_t i = 0; i < g->n_node && n < most; i++)
		for (size_t j = 0; j < g->node[i]->n_attribute; j++)
			if (g->node[i]->attribute[j]->t)
				n += tensor_elements(
					g->node[i]->attribute[j]->t, most);
	return (size_t)(n < most ? n : most);
}

int soft_lower_begin(struct soft_lower *l, const SoftOnnx__Model *model,
		     const struct srfpga_soft_options *opt, size_t file_size,
		     char *err, size_t err_len)
{
	memset(l, 0, sizeof(*l));
	l->onnx = model->graph;
	l->height = opt->height;
	l->width = opt->width;
	l->as_model = opt->as_model;
	l->err = err;
	l->err_len = err_len;
	l->budget = BUDGET;
	l->last_refusal = &l->refusals;
	for (size_t i = 0; i < model->n_opset_import; i++) {
		const SoftOnnx__OpsetId *o = model->opset_import[i];

		if (!o->domain || !*o->domain ||
		    !strcmp(o->domain, "ai.onnx"))
			l->opset = o->version;
	}
	l->graph = calloc(1, sizeof(*l->graph));
	l->scratch = soft_arena_new(SCRATCH_BASE +
				    SCRATCH_PER_BYTE * file_size +
				    SCRATCH_PER_ELEMENT *
				    count_elements(l->onnx, file_size));
	l->arena = soft_arena_new(GRAPH_LIMIT);
	if (l->graph && l->scratch && l->arena) {
		l->graph->arena = l->arena;
		return 0;
	}
	free(l->graph);
	soft_arena_free(l->scratch);
	soft_arena_free(l->arena);
	return -ENOMEM;
}

void soft_lower_end(struct soft_lower *l)
{
	soft_graph_free(l->graph);
	soft_arena_free(l->scratch);
}

static int first_refusal(struct soft_lower *l)
{
	const struct soft_refusal *r = l->refusals;

	return soft_fail(l, -EOPNOTSUPP, "%s (%s): %s", r->node, r->op,
			 r->reason);
}

static int lower(struct soft_onnx_file *file,
		 const struct srfpga_soft_options *opt,
		 struct soft_graph **out, char *err, size_t err_len)
{
	struct soft_lower l;
	int ret = soft_lower_begin(&l, soft_onnx_model(file), opt,
				   soft_onnx_size(file), err, err_len);

	if (ret)
		return ret;
	ret = soft_lower_run(&l);
	if (!ret && l.num_refusals)
		ret = first_refusal(&l);
	if (!ret) {
		*out = l.graph;
		l.graph = NULL;
	}
	soft_lower_end(&l);
	return ret;
}

static uint32_t resolve_threads(uint32_t wanted)
{
	const char *env = getenv("SRFPGA_THREADS");
	long n = wanted;

	if (!n && env)
		n = strtol(env, NULL, 10);
	if (n < 1)
		n = sysconf(_SC_NPROCESSORS_ONLN);
	return n < 1 ? 1 : n > 1024 ? 1024 : (uint32_t)n;
}

static int refuse_isa(char *err, size_t err_len)
{
	if (err && err_len)
		snprintf(err, err_len,
			 "this CPU lacks the instructions asked for");
	return -ENOTSUP;
}

static int choose_executor(struct srfpga_soft_model *m,
			   const struct srfpga_soft_options *opt, char *err,
			   size_t err_len)
{
	struct soft_exec_options exec = {
		.threads = resolve_threads(opt->threads),
		.isa = opt->isa == SRFPGA_SOFT_AUTO ? soft_isa_best() :
						      opt->isa,
	};
	int ret = -EOPNOTSUPP;

	/* The same number as -EOPNOTSUPP, so it is told apart here. */
	if (opt->isa != SRFPGA_SOFT_REFERENCE && !soft_kernel_get(exec.isa))
		return refuse_isa(err, err_len);
	if (opt->isa != SRFPGA_SOFT_REFERENCE) {
		m->executor = &soft_fast_executor;
		ret = m->executor->create(m->graph, &exec, &m->state);
	}
	if (ret != -EOPNOTSUPP)
		return ret;
	m->executor = &soft_reference_executor;
	return m->executor->create(m->graph, &exec, &m->state);
}

/* Callers of an older or newer header: missing fields are 0. */
int soft_options_copy(const struct srfpga_soft_options *opt,
		      struct srfpga_soft_options *out)
{
	memset(out, 0, sizeof(*out));
	if (!opt)
		return 0;
	if (opt->size < sizeof(opt->size))
		return -EINVAL;
	memcpy(out, opt, opt->size < sizeof(*out) ? opt->size : sizeof(*out));
	return out->isa > SRFPGA_SOFT_AMX_INT8 ? -EINVAL : 0;
}

static int load(struct soft_onnx_file *file,
		const struct srfpga_soft_options *opt,
		struct srfpga_soft_model **out, char *err, size_t err_len)
{
	struct srfpga_soft_model *m = calloc(1, sizeof(*m));
	int ret;

	if (!m)
		return -ENOMEM;
	ret = lower(file, opt, &m->graph, err, err_len);
	if (!ret)
		ret = choose_executor(m, opt, err, err_len);
	if (ret) {
		soft_graph_free(m->graph);
		free(m);
		return ret;
	}
	*out = m;
	return 0;
}

static int explain(const char *path, int ret, char *err, size_t err_len)
{
	if (err && err_len && !*err)
		snprintf(err, err_len, "%s: %s", path, ret == -EINVAL ?
			 "not a valid ONNX file" : strerror(-ret));
	return ret;
}

int soft_load_file(struct soft_onnx_file *file, const char *name,
		   const struct srfpga_soft_options *opt,
		   struct srfpga_soft_model **out, char *err, size_t err_len)
{
	struct srfpga_soft_options o;
	int ret = soft_options_copy(opt, &o);

	if (!ret)
		ret = load(file, &o, out, err, err_len);
	return ret ? explain(name, ret, err, err_len) : 0;
}

int srfpga_soft_load(const char *path, const struct srfpga_soft_options *opt,
		     struct srfpga_soft_model **out, char *err, size_t err_len)
{
	struct soft_onnx_file *file;
	int ret;

	if (err && err_len)
		*err = '\0';
	if (!path || !out)
		return -EINVAL;
	ret = soft_onnx_open(path, &file);
	if (ret)
		return explain(path, ret, err, err_len);
	ret = soft_load_file(file, path, opt, out, err, err_len);
	soft_onnx_close(file);
	return ret;
}

void srfpga_soft_free(struct srfpga_soft_model *model)
{
	if (!model)
		return;
	model->executor->destroy(model->state);
	soft_graph_free(model->graph);
	free(model);
}

uint32_t srfpga_soft_num_ports(const struct srfpga_soft_model *model)
{
	return model->graph->num_ports;
}

int srfpga_soft_get_port(const struct srfpga_soft_model *model, uint32_t index,
			 struct srfpga_soft_port *port)
{
	if (index >= model->graph->num_ports)
		return -EINVAL;
	*port = model->graph->ports[index].info;
	return 0;
}

int srfpga_soft_run(const struct srfpga_soft_model *model,
		    void *const *buffers, uint32_t frames)
{
	if (!frames)
		return -EINVAL;
	return model->executor->run(model->state, buffers, frames);
}

const struct soft_graph *soft_model_graph(const struct srfpga_soft_model *m)
{
	return m->graph;
}
