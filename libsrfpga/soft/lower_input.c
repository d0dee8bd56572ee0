// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The graph's inputs and initialisers: their shapes and what their ports will
 * carry. Must not know operators.
 */
#include "lower.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "quantize.h"

static bool few(int64_t channels)
{
	return channels >= 1 && channels <= 4;
}

/* Channels behind the columns, as TensorFlow has them. */
static bool is_nhwc(size_t rank, int64_t dim1, int64_t dim3)
{
	return rank == 4 && few(dim3) && !few(dim1);
}

/* An image's rows and columns may be left open; the batch is a frame. */
static int64_t open_dim(const struct soft_lower *l,
			const SoftOnnx__Shape *shape, size_t i)
{
	size_t rows = 2;

	if (!i && shape->n_dim > 1)
		return 1;
	if (shape->n_dim != 4)
		return 0;
	if (is_nhwc(4, shape->dim[1]->dim_value, shape->dim[3]->dim_value))
		rows = 1;
	if (i == rows)
		return l->height;
	return i == rows + 1 ? l->width : 0;
}

static int input_dims(struct soft_lower *l, const SoftOnnx__ValueInfo *info,
		      struct soft_value *v)
{
	const SoftOnnx__TensorType *type = info->type ?
					   info->type->tensor_type : NULL;
	uint64_t elements = 1;

	if (!type || !type->shape || type->shape->n_dim > SOFT_MAX_DIMS)
		return soft_fail(l, -EINVAL, "input %s has no usable shape",
				 v->name);
	v->rank = (uint32_t)type->shape->n_dim;
	for (uint32_t i = 0; i < v->rank; i++) {
		const SoftOnnx__Dimension *d = type->shape->dim[i];
		int64_t size = d->has_dim_value ? d->dim_value : 0;

		if (size < 0)
			return soft_fail(l, -EINVAL,
					 "input %s has a negative dimension",
					 v->name);
		if (!size || (!i && v->rank > 1))
			size = open_dim(l, type->shape, i);
		if (!size)
			return soft_fail(l, -EINVAL, "input %s leaves dimension %u open: give height and width",
					 v->name, i);
		if (size > SOFT_MAX_ELEMENTS || elements * (uint64_t)size >
		    SOFT_MAX_ELEMENTS)
			return soft_fail(l, -E2BIG, "input %s is too large",
					 v->name);
		elements *= (uint64_t)size;
		v->dims[i] = size;
	}
	return 0;
}

/* Channels innermost, as hardware streams them. */
static void input_order(const struct soft_lower *l, struct soft_value *v)
{
	static const uint32_t nchw[] = { 0, 2, 3, 1 };
	bool nhwc = is_nhwc(v->rank, v->dims[1], v->dims[3]);

	soft_value_dims(v, v->rank, v->dims);
	if (l->as_model && v->kind == SOFT_VALUE_CODES)
		return;
	if (v->rank == 4 && !nhwc)
		memcpy(v->order, nchw, sizeof(nchw));
	else if (v->rank == 3)
		memcpy(v->order, (uint32_t[]){ 0, 2, 1 }, 3 * sizeof(uint32_t));
}

/* FINN names: UINTn, INTn, BIPOLAR, TERNARY, BINARY. */
static bool finn_range(const char *type, int64_t *min, int64_t *max)
{
	int bits;

	*min = -1;
	*max = 1;
	if (!strcmp(type, "BIPOLAR") || !strcmp(type, "TERNARY"))
		return true;
	*min = 0;
	if (!strcmp(type, "BINARY"))
		return true;
	if (sscanf(type, "UINT%d", &bits) == 1 && bits > 0 && bits <= 32) {
		*max = ((int64_t)1 << bits) - 1;
		return true;
	}
	if (sscanf(type, "INT%d", &bits) == 1 && bits > 0 && bits <= 32) {
		*min = -((int64_t)1 << (bits - 1));
		*max = -*min - 1;
		return true;
	}
	return false;
}

static const char *finn_datatype(const struct soft_lower *l, const char *name)
{
	for (size_t i = 0; i < l->onnx->n_quantization_annotation; i++) {
		const SoftOnnx__TensorAnnotation *a =
			l->onnx->quantization_annotation[i];

		if (!a->tensor_name || strcmp(a->tensor_name, name))
			continue;
		for (size_t j = 0; j < a->n_parameters; j++)
			if (a->parameters[j]->key && a->parameters[j]->value &&
			    !strcmp(a->parameters[j]->key, "finn_datatype"))
				return a->parameters[j]->value;
	}
	return NULL;
}

static int make_port_tensor(struct soft_lower *l, struct soft_value *v,
			    int64_t min, int64_t max)
{
	uint32_t hwc[3];

	soft_value_hwc(v, hwc);
	v->port = soft_add_tensor(l, v->name, hwc, min, max);
	if (v->port < 0)
		return (int)v->port;
	v->tensor = (uint32_t)v->port;
	return 0;
}

/* The port has the order of ONNX; @v, as ever, channels innermost. */
static int float_port(struct soft_lower *l, const struct soft_node *n,
		      struct soft_value *root)
{
	struct soft_value v = *root;
	int ret;

	if (root->port >= 0)
		return 0;
	soft_value_dims(&v, v.rank, v.dims);
	ret = make_port_tensor(l, &v, 0, 0);
	if (ret)
		return ret;
	soft_tensor_of(l, &v)->is_float = true;
	root->port = v.port;
	ret = soft_value_reorder(l, n, &v, root->order);
	root->tensor = v.tensor;
	return ret;
}

/* Frames come as floats; the model's own quantiser is run on them. */
static int quantise_floats(struct soft_lower *l, const struct soft_node *n,
			   struct soft_value *v,
			   const struct soft_quantiser *q)
{
	struct soft_value *root = v->root;
	struct soft_tensor *t;
	struct soft_op *op;
	uint32_t hwc[3];
	int ret = float_port(l, n, root);

	if (ret)
		return ret;
	soft_value_hwc(v, hwc);
	op = soft_emit(l, n, SOFT_OP_QUANTIZE, root->tensor, hwc, v->name,
		       &v->tensor);
	if (!op)
		return -ENOMEM;
	op->quantize = soft_quantize_new(l->arena, &v->chain, &q->rule);
	t = soft_tensor_of(l, v);
	t->is_float = false;
	soft_tensor_range(t, q->rule.min, q->rule.max);
	v->kind = SOFT_VALUE_CODES;
	v->chain.num = 0;
	return op->quantize ? 0 : -ENOMEM;
}

/* FINN's annotation promises whole numbers: floats are taken as the nearest. */
static int whole_floats(struct soft_lower *l, struct soft_value *v,
			int64_t min, int64_t max)
{
	const struct soft_node none = { .op = "", .name = v->name };
	soft_quad one = 1, zero = 0;
	const struct soft_quantiser q = {
		.rule = {
			.kind = v->bipolar ? SOFT_RULE_BIPOLAR :
					     SOFT_RULE_QUANT,
			.mode = SOFT_MODE_HALF_EVEN,
			.channels = 1,
			.scale = &one,
			.before = &zero,
			.min = min,
			.max = max,
		},
	};

	return quantise_floats(l, &none, v, &q);
}

static int lower_input(struct soft_lower *l, const SoftOnnx__ValueInfo *info)
{
	struct soft_value *v = soft_value_named(l, info->name);
	int64_t min = 0, max = 0;
	const char *finn;
	bool annotated;
	int ret;

	if (!v)
		return soft_fail(l, -EINVAL, "an input has no name");
	if (v->kind == SOFT_VALUE_CONST)
		return 0;
	if (v->kind != SOFT_VALUE_UNKNOWN)
		return soft_fail(l, -EINVAL, "input %s occurs twice", v->name);
	if (l->num_inputs++ == SOFT_MAX_PORTS)
		return soft_fail(l, -E2BIG, "more than %u inputs",
				 SOFT_MAX_PORTS);
	ret = input_dims(l, info, v);
	if (ret)
		return ret;
	v->kind = SOFT_VALUE_INPUT;
	v->root = v;
	finn = finn_datatype(l, v->name);
	annotated = finn && finn_range(finn, &min, &max);
	if ((annotated && !l->as_model) ||
	    soft_type_range(info->type->tensor_type->elem_type, &min, &max))
		v->kind = SOFT_VALUE_CODES;
	input_order(l, v);
	v->bipolar = annotated && !strcmp(finn, "BIPOLAR") &&
		     (!l->as_model || v->kind == SOFT_VALUE_INPUT);
	if (v->kind == SOFT_VALUE_CODES)
		return make_port_tensor(l, v, min, max);
	return annotated ? whole_floats(l, v, min, max) : 0;
}

static int lower_initialiser(struct soft_lower *l, const SoftOnnx__Tensor *t)
{
	struct soft_value *v = soft_value_named(l, t->name);
	int ret;

	if (!v)
		return 0;
	if (v->kind == SOFT_VALUE_CONST)
		return soft_fail(l, -EINVAL, "initialiser %s occurs twice",
				 t->name);
	ret = soft_const_from_tensor(l, t, &v->k);
	if (ret)
		return ret;
	v->kind = SOFT_VALUE_CONST;
	v->rank = v->k->rank;
	memcpy(v->dims, v->k->dims, sizeof(v->dims));
	return 0;
}

static int no_redefinition(struct soft_lower *l)
{
	for (uint32_t i = 0; i < l->num_nodes; i++)
		for (uint32_t j = 0; j < l->nodes[i].num_out; j++) {
			struct soft_value *v = soft_out(l, &l->nodes[i], j);

			if (v && v->kind != SOFT_VALUE_UNKNOWN)
				return soft_fail(l, -EINVAL,
						 "%s is produced twice",
						 v->name);
		}
	return 0;
}

/* A value that nothing gives would read as zeros. */
static int all_defined(struct soft_lower *l)
{
	const SoftOnnx__Graph *g = l->onnx;
	bool *defined = soft_alloc(l->scratch, l->num_values, 1);

	if (!defined)
		return -ENOMEM;
	for (uint32_t i = 0; i < l->num_values; i++)
		defined[i] = l->values[i].kind != SOFT_VALUE_UNKNOWN;
	for (uint32_t i = 0; i < l->num_nodes; i++)
		for (uint32_t j = 0; j < l->nodes[i].num_out; j++)
			if (l->nodes[i].out[j] >= 0)
				defined[l->nodes[i].out[j]] = true;
	for (uint32_t i = 0; i < l->num_nodes; i++)
		for (uint32_t j = 0; j < l->nodes[i].num_in; j++) {
			const struct soft_node *n = &l->nodes[i];

			if (n->in[j] >= 0 && !defined[n->in[j]])
				return soft_fail(l, -EINVAL, "%s (%s): its input %s does not exist",
						 n->name, n->op,
						 l->values[n->in[j]].name);
		}
	for (size_t i = 0; i < g->n_output; i++) {
		const struct soft_value *v =
			soft_value_named(l, g->output[i]->name);

		if (v && !defined[v - l->values])
			return soft_fail(l, -EINVAL, "output %s is not computed",
					 v->name);
	}
	return 0;
}

int soft_lower_inputs(struct soft_lower *l)
{
	int ret = 0;

	for (uint32_t i = 0; i < l->num_values; i++)
		l->values[i].port = -1;
	for (size_t i = 0; !ret && i < l->onnx->n_initializer; i++)
		ret = lower_initialiser(l, l->onnx->initializer[i]);
	for (size_t i = 0; !ret && i < l->onnx->n_input; i++)
		ret = lower_input(l, l->onnx->input[i]);
	if (!ret)
		ret = no_redefinition(l);
	return ret ? ret : all_defined(l);
}

/* The quantiser gives back every code that is put in as its real value. */
static bool gives_back_codes(const struct soft_value *v,
			     const struct soft_quantiser *q)
{
	const struct soft_rule *r = &q->rule;

	if (soft_chain_channels(&v->chain) > 1 || r->channels > 1 ||
	    q->channels > 1 || r->max - r->min > UINT16_MAX)
		return false;
	for (int64_t code = r->min; code <= r->max; code++) {
		soft_quad x = q->scale[0] * code + q->offset[0];

		if (r->kind == SOFT_RULE_BIPOLAR && !code)
			continue;
		x = soft_chain_eval(&v->chain, v->chain.num, 0, x);
		if (soft_rule_eval(r, 0, x) != code)
			return false;
	}
	return true;
}

static bool is_picture(const struct soft_value *v)
{
	return v->rank == 4 && few(v->dims[v->order[3]]);
}

/* The port carries codes of the input itself: real = scale * code + offset. */
static int input_codes(struct soft_lower *l, struct soft_value *root,
		       int64_t min, int64_t max, soft_quad scale,
		       soft_quad offset)
{
	int ret = make_port_tensor(l, root, min, max);

	if (!ret)
		ret = soft_chain_affine(&root->chain, l->scratch, 1, &scale,
					&offset);
	root->kind = SOFT_VALUE_CODES;
	return ret;
}

/* The chain since the input, put behind what the port's codes mean. */
static int continue_from_root(struct soft_lower *l, const struct soft_node *n,
			      struct soft_value *v)
{
	struct soft_chain since = v->chain;
	int ret = 0;

	/* The input itself: its chain is what the codes mean, no more. */
	if (v == v->root)
		return 0;
	v->kind = SOFT_VALUE_CODES;
	v->tensor = v->root->tensor;
	v->bipolar = v->root->bipolar;
	v->chain = v->root->chain;
	for (uint32_t i = 0; !ret && i < since.num; i++) {
		const struct soft_stage *s = &since.stages[i];

		ret = s->kind == SOFT_STAGE_AFFINE ?
		      soft_affine(l, n, v, s->channels, s->p, s->q) :
		      soft_chain_append(&v->chain, l->scratch, s->kind,
					s->channels, s->p, s->q);
	}
	return ret;
}

int soft_input_quantise(struct soft_lower *l, const struct soft_node *n,
			struct soft_value *v, const struct soft_quantiser *q,
			bool *done)
{
	struct soft_value *root = v->root;
	int ret = 0;

	*done = false;
	if (l->as_model && root->kind == SOFT_VALUE_INPUT) {
		*done = true;
		return quantise_floats(l, n, v, q);
	}
	if (root->kind == SOFT_VALUE_INPUT && root->port >= 0)
		return soft_refuse(l, n, "the input is quantised in two ways");
	if (root->kind == SOFT_VALUE_INPUT && gives_back_codes(v, q)) {
		ret = input_codes(l, root, q->rule.min, q->rule.max,
				  q->scale[0], q->offset[0]);
		root->bipolar = q->rule.kind == SOFT_RULE_BIPOLAR;
	} else if (root->kind == SOFT_VALUE_INPUT && is_picture(v)) {
		ret = input_codes(l, root, 0, UINT8_MAX, (soft_quad)1 / 255,
				  0);
	} else if (root->kind == SOFT_VALUE_INPUT) {
		*done = true;
		ret = make_port_tensor(l, root, q->rule.min, q->rule.max);
		v->kind = SOFT_VALUE_CODES;
		v->tensor = root->tensor;
		v->chain.num = 0;
		return ret;
	}
	return ret ? ret : continue_from_root(l, n, v);
}

/*
 * Whether what the model does first with its input says that it is bytes: it
 * brings 0..255 to a few units, as in x / 255 or (x - mean) / deviation.
 */
static bool scales_bytes(const struct soft_value *v)
{
	uint32_t n = soft_chain_channels(&v->chain);

	if (!v->chain.num || !soft_chain_is_affine(&v->chain))
		return false;
	for (uint32_t c = 0; c < n; c++) {
		soft_quad slope = soft_quad_abs(soft_chain_slope(&v->chain, c));

		if (slope < (soft_quad)1 / 512 || slope > (soft_quad)1 / 16)
			return false;
	}
	return true;
}

int soft_input_codes(struct soft_lower *l, const struct soft_node *n,
		     struct soft_value *v)
{
	struct soft_value *root = v->root;
	int ret = 0;

	if (root->kind == SOFT_VALUE_INPUT && root->port >= 0)
		return soft_refuse(l, n, "the network's input is quantised elsewhere, but not before it");
	if (root->kind != SOFT_VALUE_INPUT)
		return continue_from_root(l, n, v);
	if (scales_bytes(v))
		ret = l->as_model ? whole_floats(l, root, 0, UINT8_MAX) :
				    input_codes(l, root, 0, UINT8_MAX, 1, 0);
	else if (!l->as_model && is_picture(v))
		ret = input_codes(l, root, 0, UINT8_MAX, (soft_quad)1 / 255,
				  0);
	else
		return soft_refuse(l, n, "the network's input is float and not quantised before it: declare it uint8, annotate its finn_datatype, or scale bytes first");
	return ret ? ret : continue_from_root(l, n, v);
}
