// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Says what a network consists of and what of it is refused, as a table for
 * people or as JSON. Must not know how anything is computed.
 */
#include "model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Rows and columns that a model leaves open when nobody says. */
#define OPEN_SIZE	256

static const char *const op_names[SOFT_OP_KINDS] = {
	[SOFT_OP_CONV] = "conv",
	[SOFT_OP_CONV_TRANSPOSE] = "transposed conv",
	[SOFT_OP_MAX_POOL] = "max pool",
	[SOFT_OP_SUM_POOL] = "average pool",
	[SOFT_OP_ADD] = "add",
	[SOFT_OP_MUL] = "multiply",
	[SOFT_OP_REQUANT] = "requantise",
	[SOFT_OP_CONCAT] = "concatenate",
	[SOFT_OP_SLICE] = "slice",
	[SOFT_OP_PAD] = "pad",
	[SOFT_OP_RESIZE] = "repeat pixels",
	[SOFT_OP_DEPTH_TO_SPACE] = "depth to space",
	[SOFT_OP_SPACE_TO_DEPTH] = "space to depth",
	[SOFT_OP_PERMUTE] = "permute",
	[SOFT_OP_RESHAPE] = "reshape",
	[SOFT_OP_ARGMAX] = "index of maximum",
	[SOFT_OP_TOPK] = "greatest",
	[SOFT_OP_DEQUANT] = "to float",
	[SOFT_OP_QUANTIZE] = "from float",
	[SOFT_OP_SOFTMAX] = "softmax",
};

static const char *op_name(const struct soft_graph *g,
			   const struct soft_op *op)
{
	const struct soft_tensor *t = &g->tensors[op->inputs[0]];

	if (op->kind == SOFT_OP_CONV && op->conv.kh == 1 &&
	    op->conv.kw == 1 && t->h == 1 && t->w == 1)
		return "fully connected";
	return op_names[op->kind];
}

static const char *requant_name(const struct soft_requant *rq)
{
	static const char *const names[] = {
		[SOFT_REQUANT_CLIP] = "clip",
		[SOFT_REQUANT_SHIFT] = "shift",
		[SOFT_REQUANT_MULTIPLIER] = "multiplier",
		[SOFT_REQUANT_THRESHOLDS] = "thresholds",
		[SOFT_REQUANT_TABLE] = "table",
	};

	if (!rq)
		return "none";
	return rq->wide ? "wide multiplier" : names[rq->kind];
}

static void type_name(const struct soft_tensor *t, char text[16])
{
	if (t->is_float)
		snprintf(text, 16, "FLOAT32");
	else
		snprintf(text, 16, "%sINT%u", t->is_signed ? "" : "U",
			 t->bits);
}

static bool has_weights(const struct soft_op *op)
{
	return op->kind == SOFT_OP_CONV || op->kind == SOFT_OP_CONV_TRANSPOSE;
}

static uint64_t weights_of(const struct soft_graph *g,
			   const struct soft_op *op)
{
	const struct soft_conv *cv = &op->conv;

	if (!has_weights(op))
		return 0;
	return (uint64_t)g->tensors[op->output].c * cv->kh * cv->kw *
	       (g->tensors[op->inputs[0]].c / cv->groups);
}

/* A transposed convolution multiplies at each input element. */
static uint64_t macs_of(const struct soft_graph *g, const struct soft_op *op)
{
	const struct soft_tensor *t = &g->tensors[op->kind == SOFT_OP_CONV ?
						  op->output : op->inputs[0]];

	return weights_of(g, op) * t->h * t->w;
}

static uint64_t total(const struct soft_graph *g,
		      uint64_t (*of)(const struct soft_graph *,
				     const struct soft_op *))
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < g->num_ops; i++)
		sum += of(g, &g->ops[i]);
	return sum;
}

static const char *port_type(const struct srfpga_soft_port *p, char text[16])
{
	static const char *const names[] = { "?", "UINT", "INT", "BIPOLAR",
					     "TERNARY", "FLOAT" };
	bool sized = p->dtype == 1 || p->dtype == 2 || p->dtype == 5;

	if (sized)
		snprintf(text, 16, "%s%u", names[p->dtype], p->bits);
	else
		snprintf(text, 16, "%s", names[p->dtype]);
	return text;
}

/* --- table ---------------------------------------------------------------- */

static void table_ports(FILE *f, const struct soft_graph *g)
{
	for (uint32_t i = 0; i < g->num_ports; i++) {
		const struct srfpga_soft_port *p = &g->ports[i].info;
		char type[16];

		fprintf(f, "%s %s: %s", p->is_output ? "output" : "input",
			p->name, port_type(p, type));
		for (uint32_t d = 0; d < p->normal_rank; d++)
			fprintf(f, "%s%u", d ? "x" : " ", p->normal_shape[d]);
		fprintf(f, ", scale %.9g, zero point %d, %llu bytes\n",
			p->scale, p->zero_point,
			(unsigned long long)p->frame_bytes);
	}
}

static void table_layers(FILE *f, const struct soft_graph *g)
{
	fprintf(f, "\n%-32s %-16s %-16s %-8s %3s %14s %9s %s\n", "layer",
		"operation", "output", "type", "acc", "MACs", "weights",
		"requantisation");
	for (uint32_t i = 0; i < g->num_ops; i++) {
		const struct soft_op *op = &g->ops[i];
		const struct soft_tensor *t = &g->tensors[op->output];
		char shape[40], type[16];

		snprintf(shape, sizeof(shape), "%ux%ux%u", t->h, t->w, t->c);
		type_name(t, type);
		fprintf(f, "%-32.32s %-16s %-16s %-8s %3u %14llu %9llu %s\n",
			op->name, op_name(g, op), shape, type, op->acc_bits,
			(unsigned long long)macs_of(g, op),
			(unsigned long long)weights_of(g, op),
			requant_name(op->requant));
	}
	fprintf(f, "%-32s %-16s %-16s %-8s %3s %14llu %9llu\n", "total", "",
		"", "", "", (unsigned long long)total(g, macs_of),
		(unsigned long long)total(g, weights_of));
}

static void table_refusals(FILE *f, const struct soft_lower *l)
{
	if (l->num_refusals)
		fprintf(f, "\nrefused:\n");
	for (const struct soft_refusal *r = l->refusals; r; r = r->next)
		fprintf(f, "  %s%s%s%s: %s\n", r->node, *r->op ? " (" : "",
			r->op, *r->op ? ")" : "", r->reason);
}

static void table(FILE *f, const struct soft_lower *l)
{
	uint32_t radius, factor;

	table_ports(f, l->graph);
	if (!l->num_refusals && !soft_graph_radius(l->graph, &radius, &factor))
		fprintf(f, "picture to picture: factor %u, radius %u\n",
			factor, radius);
	table_layers(f, l->graph);
	table_refusals(f, l);
}

/* --- JSON ----------------------------------------------------------------- */

/* Bytes that are not ASCII may be no UTF-8 in a damaged file. */
static void json_string(FILE *f, const char *key, const char *s)
{
	if (*key)
		fprintf(f, "\"%s\": ", key);
	fputc('"', f);
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (c == '"' || c == '\\')
			fprintf(f, "\\%c", c);
		else if (c < 32 || c > 126)
			fprintf(f, "\\u%04x", c);
		else
			fputc(c, f);
	}
	fputc('"', f);
}

static void json_shape(FILE *f, const char *key, uint32_t rank,
		       const uint32_t *dims)
{
	fprintf(f, "\"%s\": [", key);
	for (uint32_t d = 0; d < rank; d++)
		fprintf(f, "%s%u", d ? ", " : "", dims[d]);
	fputc(']', f);
}

static void json_port(FILE *f, const struct srfpga_soft_port *p)
{
	char type[16];

	fputs("{", f);
	json_string(f, "name", p->name);
	fprintf(f, ", \"direction\": \"%s\", \"type\": \"%s\", ",
		p->is_output ? "output" : "input", port_type(p, type));
	json_shape(f, "shape", p->normal_rank, p->normal_shape);
	fprintf(f, ", \"scale\": %.17g, \"zero_point\": %d, "
		"\"frame_bytes\": %llu}", p->scale, p->zero_point,
		(unsigned long long)p->frame_bytes);
}

static void json_layer(FILE *f, const struct soft_graph *g,
		       const struct soft_op *op)
{
	const struct soft_tensor *t = &g->tensors[op->output];
	char type[16];

	type_name(t, type);
	fputs("{", f);
	json_string(f, "name", op->name);
	fprintf(f, ", \"operation\": \"%s\", ", op_name(g, op));
	json_shape(f, "output", 3, (uint32_t[]){ t->h, t->w, t->c });
	fprintf(f, ", \"type\": \"%s\", \"accumulator_bits\": %u, "
		"\"macs\": %llu, \"weights\": %llu, "
		"\"requantisation\": \"%s\", \"per_channel\": %s}", type,
		op->acc_bits, (unsigned long long)macs_of(g, op),
		(unsigned long long)weights_of(g, op),
		requant_name(op->requant),
		op->requant && op->requant->channels > 1 ? "true" : "false");
}

static void json_refusals(FILE *f, const struct soft_lower *l)
{
	fputs("\"refused\": [", f);
	for (const struct soft_refusal *r = l->refusals; r; r = r->next) {
		fputs("{", f);
		json_string(f, "node", r->node);
		fputs(", ", f);
		json_string(f, "type", r->op);
		fputs(", ", f);
		json_string(f, "reason", r->reason);
		fputs(r->next ? "}, " : "}", f);
	}
	fputs("]", f);
}

static void json_text(FILE *f, const struct soft_lower *l)
{
	const struct soft_graph *g = l->graph;
	uint32_t radius, factor;

	fputs("{\"ports\": [", f);
	for (uint32_t i = 0; i < g->num_ports; i++) {
		fputs(i ? ", " : "", f);
		json_port(f, &g->ports[i].info);
	}
	fputs("], ", f);
	if (!l->num_refusals && !soft_graph_radius(g, &radius, &factor))
		fprintf(f, "\"factor\": %u, \"radius\": %u, ", factor, radius);
	fputs("\"layers\": [", f);
	for (uint32_t i = 0; i < g->num_ops; i++) {
		fputs(i ? ", " : "", f);
		json_layer(f, g, &g->ops[i]);
	}
	fprintf(f, "], \"macs\": %llu, \"weights\": %llu, ",
		(unsigned long long)total(g, macs_of),
		(unsigned long long)total(g, weights_of));
	json_refusals(f, l);
	fputs("}\n", f);
}

int soft_describe_text(const struct soft_lower *l, int json, char **text)
{
	size_t size;
	FILE *f = open_memstream(text, &size);

	if (!f)
		return -ENOMEM;
	if (json)
		json_text(f, l);
	else
		table(f, l);
	return fclose(f) ? -ENOMEM : 0;
}

static int describe(struct soft_onnx_file *file,
		    const struct srfpga_soft_options *opt, int json,
		    char **text)
{
	struct soft_lower l;
	char err[512] = "";
	int ret = soft_lower_begin(&l, soft_onnx_model(file), opt,
				   soft_onnx_size(file), err, sizeof(err));

	if (ret)
		return ret;
	ret = soft_lower_run(&l);
	if (ret)
		*text = strdup(*err ? err : strerror(-ret));
	else
		ret = soft_describe_text(&l, json, text);
	if (!ret && l.num_refusals)
		ret = -EOPNOTSUPP;
	soft_lower_end(&l);
	return ret;
}

int srfpga_soft_describe(const char *path,
			 const struct srfpga_soft_options *opt, int json,
			 char **text)
{
	struct srfpga_soft_options o;
	struct soft_onnx_file *file;
	int ret;

	if (!path || !text)
		return -EINVAL;
	*text = NULL;
	ret = soft_options_copy(opt, &o);
	if (ret)
		return ret;
	o.height = o.height ? o.height : OPEN_SIZE;
	o.width = o.width ? o.width : OPEN_SIZE;
	ret = soft_onnx_open(path, &file);
	if (ret) {
		*text = strdup(ret == -EINVAL ? "not a valid ONNX file" :
			       strerror(-ret));
		return ret;
	}
	ret = describe(file, &o, json, text);
	soft_onnx_close(file);
	return ret;
}
