// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * oneDNN's direct u8 convolutions, NHWC, with everything fused that it can
 * fuse: scales, bias, ReLU by saturation, the residual as a sum. Its pixel
 * shuffle is a loop, helped by weights in the order that makes runs. Must not
 * use the software FPGA's executors.
 */
#include "peer.h"

#ifdef HAVE_DNNL
#include <dnnl.h>
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#define MAX_LAYERS	16

/** struct layer - one convolution */
struct layer {
	dnnl_primitive_t conv;
	dnnl_primitive_attr_t attr;
	dnnl_memory_t src, weights, bias, dst;
};

struct onednn {
	const struct soft_graph *graph;
	uint32_t threads;
	dnnl_engine_t engine;
	dnnl_stream_t stream;
	struct layer layers[MAX_LAYERS];
	uint32_t num_layers;
	uint8_t *tensors[MAX_LAYERS];
	const uint8_t *in;
	uint8_t *out;
};

/* The real line behind an integer multiplier. */
static double slope_of(const struct soft_requant *rq, uint32_t k)
{
	uint32_t c = rq->channels == 1 ? 0 : k;

	return ldexp(rq->multiplier[c], -rq->shift[c]);
}

static double offset_of(const struct soft_requant *rq, uint32_t k)
{
	uint32_t c = rq->channels == 1 ? 0 : k;

	return ldexp(rq->bias[c], -rq->shift[c]) - 0.5;
}

/* The ADD that reads a convolution's output, which is then fused. */
static const struct soft_op *sum_behind(const struct soft_graph *g,
					const struct soft_op *conv)
{
	for (uint32_t i = 0; i < g->num_ops; i++)
		if (g->ops[i].kind == SOFT_OP_ADD &&
		    g->ops[i].inputs[0] == conv->output)
			return &g->ops[i];
	return NULL;
}

static uint32_t shuffled(const struct soft_graph *g, const struct soft_op *op,
			 uint32_t k)
{
	const struct soft_op *last = &g->ops[g->num_ops - 1];

	if (last->inputs[0] != op->output)
		return k;
	/* [dy][dx][colour] instead of [colour][dy][dx] */
	return k % 3 * 4 + k / 3;
}

static dnnl_memory_t memory(struct onednn *o, const dnnl_memory_desc_t *md,
			    void *data)
{
	dnnl_memory_t m;

	return dnnl_memory_create(&m, md, o->engine, data) ? NULL : m;
}

static int reorder(struct onednn *o, dnnl_memory_t from, dnnl_memory_t to,
		   const dnnl_memory_desc_t *a, const dnnl_memory_desc_t *b)
{
	dnnl_exec_arg_t args[] = { { DNNL_ARG_FROM, from },
				   { DNNL_ARG_TO, to } };
	dnnl_primitive_desc_t pd;
	dnnl_primitive_t p;
	int bad = dnnl_reorder_primitive_desc_create(&pd, a, o->engine, b,
						     o->engine, NULL);

	if (bad)
		return -EIO;
	bad = dnnl_primitive_create(&p, pd) ||
	      dnnl_primitive_execute(p, o->stream, 2, args) ||
	      dnnl_stream_wait(o->stream);
	dnnl_primitive_destroy(p);
	dnnl_primitive_desc_destroy(pd);
	return bad ? -EIO : 0;
}

static int make_attr(const struct soft_graph *g, const struct soft_op *op,
		     struct layer *l)
{
	const struct soft_op *sum = sum_behind(g, op);
	uint32_t oc = g->tensors[op->output].c;
	double after = sum ? slope_of(sum->requant, 0) : 1;
	dnnl_post_ops_t post;
	float scales[oc];
	int bad = dnnl_primitive_attr_create(&l->attr);

	for (uint32_t k = 0; k < oc; k++)
		scales[k] = after * slope_of(op->requant,
					     shuffled(g, op, k));
	bad |= dnnl_primitive_attr_set_output_scales(l->attr, oc, 1 << 1,
						     scales);
	if (!sum)
		return bad ? -EIO : 0;
	bad |= dnnl_post_ops_create(&post);
	bad |= dnnl_post_ops_append_eltwise(post, 1, dnnl_eltwise_relu, 0, 0);
	bad |= dnnl_post_ops_append_sum(post, after);
	bad |= dnnl_primitive_attr_set_post_ops(l->attr, post);
	dnnl_post_ops_destroy(post);
	return bad ? -EIO : 0;
}

/* Weights as oneDNN declares them: [out][in][y][x]. */
static void fill_weights(const struct soft_graph *g, const struct soft_op *op,
			 int8_t *to, float *bias)
{
	const struct soft_conv *c = &op->conv;
	uint32_t ic = g->tensors[op->inputs[0]].c, n = c->kh * c->kw;

	for (uint32_t o = 0; o < g->tensors[op->output].c; o++) {
		uint32_t k = shuffled(g, op, o);

		for (uint32_t i = 0; i < ic; i++)
			for (uint32_t j = 0; j < n; j++)
				to[(o * ic + i) * n + j] =
					c->weights[(k * n + j) * ic + i];
		bias[o] = (c->bias ? c->bias[k] : 0) +
			  offset_of(op->requant, k) /
				  slope_of(op->requant, k);
	}
}

static int load_weights(struct onednn *o, const struct soft_op *op,
			struct layer *l, const dnnl_memory_desc_t *plain,
			const dnnl_memory_desc_t *packed,
			const dnnl_memory_desc_t *bias)
{
	const struct soft_conv *c = &op->conv;
	uint32_t oc = o->graph->tensors[op->output].c;
	size_t n = (size_t)oc * o->graph->tensors[op->inputs[0]].c *
		   c->kh * c->kw;
	int8_t *w = malloc(n);
	dnnl_memory_t from;
	float *b;
	int err = -ENOMEM;

	l->weights = memory(o, packed, DNNL_MEMORY_ALLOCATE);
	l->bias = memory(o, bias, DNNL_MEMORY_ALLOCATE);
	if (w && l->weights && l->bias &&
	    !dnnl_memory_get_data_handle(l->bias, (void **)&b)) {
		fill_weights(o->graph, op, w, b);
		from = memory(o, plain, w);
		err = from ? reorder(o, from, l->weights, plain, packed) :
			     -ENOMEM;
		dnnl_memory_destroy(from);
	}
	free(w);
	return err;
}

static void image_desc(const struct soft_tensor *t, dnnl_memory_desc_t *md)
{
	dnnl_dims_t dims = { 1, t->c, t->h, t->w };

	dnnl_memory_desc_init_by_tag(md, 4, dims, dnnl_u8, dnnl_nhwc);
}

static int make_layer(struct onednn *o, const struct soft_op *op,
		      uint8_t *from, uint8_t *to)
{
	const struct soft_graph *g = o->graph;
	const struct soft_tensor *in = &g->tensors[op->inputs[0]];
	const struct soft_tensor *out = &g->tensors[op->output];
	struct layer *l = &o->layers[o->num_layers++];
	dnnl_dims_t wdims = { out->c, in->c, op->conv.kh, op->conv.kw };
	dnnl_dims_t bdims = { out->c }, one = { 1, 1 };
	dnnl_dims_t pad = { op->conv.pad_top, op->conv.pad_left };
	dnnl_memory_desc_t src, dst, any, plain, bias;
	dnnl_convolution_desc_t desc;
	dnnl_primitive_desc_t pd;
	int err = make_attr(g, op, l);

	image_desc(in, &src);
	image_desc(out, &dst);
	dnnl_memory_desc_init_by_tag(&any, 4, wdims, dnnl_s8,
				     dnnl_format_tag_any);
	dnnl_memory_desc_init_by_tag(&plain, 4, wdims, dnnl_s8, dnnl_oihw);
	dnnl_memory_desc_init_by_tag(&bias, 1, bdims, dnnl_f32, dnnl_x);
	if (err || dnnl_convolution_forward_desc_init(&desc,
			dnnl_forward_inference, dnnl_convolution_direct, &src,
			&any, &bias, &dst, one, pad, pad) ||
	    dnnl_primitive_desc_create(&pd, &desc, l->attr, o->engine, NULL))
		return -EIO;
	l->src = memory(o, &src, from);
	l->dst = memory(o, &dst, to);
	err = dnnl_primitive_create(&l->conv, pd) || !l->src || !l->dst ?
		-EIO : load_weights(o, op, l, &plain,
			dnnl_primitive_desc_query_md(pd,
				dnnl_query_weights_md, 0), &bias);
	dnnl_primitive_desc_destroy(pd);
	return err;
}

static void onednn_destroy(void *state)
{
	struct onednn *o = state;

	if (!o)
		return;
	for (uint32_t i = 0; i < o->num_layers; i++) {
		struct layer *l = &o->layers[i];

		dnnl_primitive_destroy(l->conv);
		dnnl_primitive_attr_destroy(l->attr);
		dnnl_memory_destroy(l->src);
		dnnl_memory_destroy(l->weights);
		dnnl_memory_destroy(l->bias);
		dnnl_memory_destroy(l->dst);
	}
	dnnl_stream_destroy(o->stream);
	dnnl_engine_destroy(o->engine);
	free(o->out);
	for (uint32_t i = 0; i < MAX_LAYERS; i++)
		free(o->tensors[i]);
	free(o);
}

/* Two feature maps in turn, and the first one kept for the residual. */
static int make_layers(struct onednn *o)
{
	const struct soft_graph *g = o->graph;
	uint8_t *now = NULL;

	for (uint32_t i = 0; i < g->num_ops; i++) {
		const struct soft_op *op = &g->ops[i];
		uint32_t n = o->num_layers;
		uint8_t *to;
		int err;

		if (op->kind != SOFT_OP_CONV)
			continue;
		if (n == MAX_LAYERS)
			return -EOPNOTSUPP;
		o->tensors[n] = aligned_alloc(64,
			(soft_tensor_size(&g->tensors[op->output]) + 63) &
			~(size_t)63);
		to = sum_behind(g, op) ? o->tensors[0] : o->tensors[n];
		if (!o->tensors[n])
			return -ENOMEM;
		err = make_layer(o, op, now, to);
		if (err)
			return err;
		now = to;
	}
	return o->num_layers ? 0 : -EOPNOTSUPP;
}

static int onednn_create(const struct peer *peer, const char *model,
			 const struct soft_graph *graph, uint32_t threads,
			 const uint8_t *in, void **state)
{
	struct onednn *o = calloc(1, sizeof(*o));
	int err;

	if (!o)
		return -ENOMEM;
	(void)peer;
	(void)model;
	o->graph = graph;
	o->threads = threads;
	o->in = in;
	o->out = malloc(graph->ports[graph->num_inputs].info.frame_bytes);
	if (!o->out) {
		free(o);
		return -ENOMEM;
	}
	omp_set_num_threads(threads);
	err = dnnl_engine_create(&o->engine, dnnl_cpu, 0) ||
	      dnnl_stream_create(&o->stream, o->engine,
				 dnnl_stream_default_flags) ? -EIO : 0;
	if (!err)
		err = make_layers(o);
	if (err) {
		onednn_destroy(o);
		return err;
	}
	*state = o;
	return 0;
}

static void shuffle(const struct onednn *o, const uint8_t *in, uint8_t *out)
{
	const struct soft_graph *g = o->graph;
	const struct soft_tensor *t = &g->tensors[g->num_tensors - 1];
	uint32_t h = t->h, w = t->w / 2;

#pragma omp parallel for num_threads(o->threads)
	for (uint32_t y = 0; y < h; y++) {
		const uint8_t *from = in + (size_t)(y / 2) * w * 12 +
				      y % 2 * 6;
		uint8_t *to = out + (size_t)y * w * 6;

		for (uint32_t x = 0; x + 1 < w; x++)
			memcpy(to + 6 * x, from + 12 * x, 8);
		memcpy(to + 6 * (w - 1), from + 12 * (w - 1), 6);
	}
}

static int onednn_run(void *state)
{
	struct onednn *o = state;
	void *last;

	omp_set_num_threads(o->threads);
	dnnl_memory_set_data_handle(o->layers[0].src, (void *)o->in);
	for (uint32_t i = 0; i < o->num_layers; i++) {
		struct layer *l = &o->layers[i];
		dnnl_exec_arg_t args[] = {
			{ DNNL_ARG_SRC, l->src },
			{ DNNL_ARG_WEIGHTS, l->weights },
			{ DNNL_ARG_BIAS, l->bias }, { DNNL_ARG_DST, l->dst },
		};

		if (dnnl_primitive_execute(l->conv, o->stream, 4, args))
			return -EIO;
	}
	dnnl_stream_wait(o->stream);
	dnnl_memory_get_data_handle(o->layers[o->num_layers - 1].dst, &last);
	shuffle(o, last, o->out);
	return 0;
}

static int onednn_output(void *state, uint8_t *out)
{
	const struct onednn *o = state;
	const struct soft_graph *g = o->graph;

	memcpy(out, o->out, g->ports[g->num_inputs].info.frame_bytes);
	return 0;
}

const struct peer peer_onednn = {
	.name = "oneDNN",
	.tolerance = 0.5,
	.create = onednn_create,
	.run = onednn_run,
	.output = onednn_output,
	.destroy = onednn_destroy,
};
#else
const struct peer peer_onednn = {
	.name = "oneDNN",
};
#endif
