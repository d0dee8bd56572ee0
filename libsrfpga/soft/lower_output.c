// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Ports: the graph's inputs and outputs as the outside sees them. Must not
 * know operators.
 */
#include "lower.h"

#include <stdio.h>
#include <string.h>

/* enum srfpga_dtype of the ABI */
enum { UINT = 1, INT, BIPOLAR, TERNARY, FLOAT };

/* One scale and a whole zero point, as a port can say it. */
static bool is_plain(struct soft_lower *l, const struct soft_value *v)
{
	const struct soft_chain *c = &v->chain;
	soft_quad zero;

	if (soft_tensor_of(l, v)->bits > 32 || !soft_chain_is_affine(c) ||
	    soft_chain_channels(c) > 1 || soft_chain_slope(c, 0) == 0)
		return false;
	zero = -soft_chain_offset(c, 0) / soft_chain_slope(c, 0);
	return soft_quad_abs(zero) < (soft_quad)0x1p+30 &&
	       soft_quad_whole(zero, &zero);
}

static void describe_type(struct srfpga_soft_port *p,
			  const struct soft_tensor *t, bool bipolar)
{
	p->bits = t->bits;
	p->dtype = t->is_signed ? INT : UINT;
	if (t->is_float) {
		p->dtype = FLOAT;
		p->bits = 32;
	} else if (bipolar) {
		p->dtype = BIPOLAR;
		p->bits = 1;
	} else if (t->min == -1 && t->max == 1) {
		p->dtype = TERNARY;
	}
}

/* Integer element types of TensorProto that a port can carry. */
static const struct declared {
	int32_t type;
	uint32_t dtype;
	uint32_t bits;
} declared_types[] = {
	{ 2, UINT, 8 }, { 3, INT, 8 }, { 4, UINT, 16 }, { 5, INT, 16 },
	{ 6, INT, 32 }, { 7, INT, 64 }, { 9, UINT, 1 }, { 12, UINT, 32 },
	{ 21, UINT, 4 }, { 22, INT, 4 },
};

static const struct declared *find_declared(int32_t type)
{
	for (size_t i = 0; i < sizeof(declared_types) /
				sizeof(*declared_types); i++)
		if (declared_types[i].type == type)
			return &declared_types[i];
	return NULL;
}

/* The declared type instead of the few bits that the values need. */
static void widen(struct srfpga_soft_port *p, const struct declared *d)
{
	if (p->dtype == FLOAT || p->bits > d->bits)
		return;
	p->dtype = d->dtype;
	p->bits = d->bits;
}

/* Elements without the batch, in memory order. */
static void describe_shape(struct srfpga_soft_port *p,
			   const struct soft_value *v)
{
	for (uint32_t i = 0; i < v->rank; i++)
		if (v->rank == 1 || v->order[i] != 0)
			p->normal_shape[p->normal_rank++] =
				(uint32_t)v->dims[v->order[i]];
	if (!p->normal_rank)
		p->normal_shape[p->normal_rank++] = 1;
	memcpy(p->folded_shape, p->normal_shape, sizeof(p->folded_shape));
	p->folded_rank = p->normal_rank;
}

static uint64_t frame_bytes(const struct srfpga_soft_port *p)
{
	uint64_t row = p->folded_shape[p->folded_rank - 1];
	uint64_t bytes = (row * p->bits + 7) / 8;

	for (uint32_t i = 0; i + 1 < p->folded_rank; i++)
		bytes *= p->folded_shape[i];
	return bytes;
}

static int add_port(struct soft_lower *l, const struct soft_value *v,
		    bool is_output, const struct declared *declared)
{
	struct soft_graph *g = l->graph;
	struct soft_port *port = &g->ports[g->num_ports++];
	const struct soft_tensor *t = soft_tensor_of(l, v);
	struct srfpga_soft_port *p = &port->info;

	port->tensor = v->tensor;
	snprintf(p->name, sizeof(p->name), "%s", v->name);
	p->is_output = is_output;
	describe_type(p, t, v->bipolar);
	if (declared)
		widen(p, declared);
	describe_shape(p, v);
	p->scale = 1;
	if (!t->is_float && is_plain(l, v)) {
		soft_quad slope = soft_chain_slope(&v->chain, 0);
		soft_quad zero;

		soft_quad_whole(-soft_chain_offset(&v->chain, 0) / slope,
				&zero);
		p->scale = (double)slope;
		p->zero_point = (int32_t)zero;
	}
	p->frame_bytes = frame_bytes(p);
	port->direct = p->bits == 8 && t->bits == 8 &&
		       (p->dtype == UINT || p->dtype == INT);
	return 0;
}

/* A quantised graph input, or the float one that the model declares. */
static int input_port(struct soft_lower *l, struct soft_value *v)
{
	struct soft_value port = *v;
	uint32_t hwc[3];

	if (v->kind == SOFT_VALUE_CONST)
		return 0;
	if (v->port < 0) {
		soft_value_hwc(v, hwc);
		port.port = soft_add_tensor(l, v->name, hwc, 0, 0);
		if (port.port < 0)
			return (int)port.port;
		l->graph->tensors[port.port].is_float = true;
	}
	port.tensor = (uint32_t)port.port;
	if (l->graph->tensors[port.port].is_float)
		soft_value_dims(&port, port.rank, port.dims);
	return add_port(l, &port, false, NULL);
}

static int output_port(struct soft_lower *l, struct soft_value *v,
		       int32_t elem_type)
{
	struct soft_value port = *v;
	struct soft_node none = { .op = "", .name = v->name };
	const struct declared *declared = l->as_model ?
					  find_declared(elem_type) : NULL;
	bool as_float = l->as_model && !declared;
	int ret = 0;

	if (v->kind == SOFT_VALUE_UNKNOWN)
		return 0;
	if (v->kind == SOFT_VALUE_CONST || v->kind == SOFT_VALUE_INPUT)
		return soft_refuse(l, &none, "an output that is not computed from quantised inputs");
	if (v->kind == SOFT_VALUE_CODES)
		ret = soft_value_plain(l, &none, &port);
	if (!ret && v->kind == SOFT_VALUE_CODES &&
	    (as_float || !is_plain(l, &port)))
		ret = soft_value_float(l, &none, &port);
	if (!ret && l->as_model)
		ret = soft_value_canonical(l, &none, &port);
	return ret ? ret : add_port(l, &port, true, declared);
}

int soft_lower_outputs(struct soft_lower *l)
{
	const SoftOnnx__Graph *g = l->onnx;
	int ret = 0;

	if (g->n_output > SOFT_MAX_PORTS)
		return soft_fail(l, -E2BIG, "%zu outputs", g->n_output);
	l->graph->ports = soft_alloc(l->arena, l->num_inputs + g->n_output,
				     sizeof(*l->graph->ports));
	if (!l->graph->ports)
		return -ENOMEM;
	for (size_t i = 0; !ret && i < g->n_input; i++)
		ret = input_port(l, soft_value_named(l, g->input[i]->name));
	l->graph->num_inputs = l->graph->num_ports;
	for (size_t i = 0; !ret && i < g->n_output; i++) {
		const SoftOnnx__ValueInfo *info = g->output[i];
		struct soft_value *v = soft_value_named(l, info->name);
		int32_t type = info->type && info->type->tensor_type ?
			       info->type->tensor_type->elem_type : 1;

		if (!v)
			return soft_fail(l, -EINVAL, "an output has no name");
		ret = output_port(l, v, type);
		ret = ret == -EOPNOTSUPP ? 0 : ret;
	}
	if (!ret && !l->num_refusals &&
	    (!g->n_output || !l->graph->num_inputs))
		return soft_fail(l, -EINVAL, "no input or no output");
	return ret;
}
