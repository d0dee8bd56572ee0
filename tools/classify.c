// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * srfpga classify: pictures through a classifier or a regression.
 * Must not know how pictures are prepared or results shown.
 */
#include "classify.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flow.h"
#include "prototxt.h"
#include "target.h"
#include "tensor.h"
#include "tool.h"

#define DEPTH	3

static const char help[] =
#include "help/classify.inc"
	;

enum {
	OPT_TOP = 256, OPT_LABELS, OPT_RESIZE, OPT_STRETCH, OPT_MEAN,
	OPT_SCALE, OPT_BGR, OPT_SHAPE, OPT_STEP, OPT_OUT_STEP, OPT_PROTOTXT,
	OPT_SOFTMAX, OPT_INDICES, OPT_REGRESSION, OPT_UNIT, OPT_TIMEOUT,
	OPT_JSON,
};

static const struct option options[] = {
	TOOL_OPTIONS,
	{ "device", required_argument, NULL, 'd' },
	{ "top", required_argument, NULL, OPT_TOP },
	{ "labels", required_argument, NULL, OPT_LABELS },
	{ "resize", required_argument, NULL, OPT_RESIZE },
	{ "stretch", no_argument, NULL, OPT_STRETCH },
	{ "mean", required_argument, NULL, OPT_MEAN },
	{ "scale", required_argument, NULL, OPT_SCALE },
	{ "bgr", no_argument, NULL, OPT_BGR },
	{ "shape", required_argument, NULL, OPT_SHAPE },
	{ "step", required_argument, NULL, OPT_STEP },
	{ "output-step", required_argument, NULL, OPT_OUT_STEP },
	{ "prototxt", required_argument, NULL, OPT_PROTOTXT },
	{ "softmax", no_argument, NULL, OPT_SOFTMAX },
	{ "indices", no_argument, NULL, OPT_INDICES },
	{ "regression", no_argument, NULL, OPT_REGRESSION },
	{ "unit", required_argument, NULL, OPT_UNIT },
	{ "timeout", required_argument, NULL, OPT_TIMEOUT },
	{ "json", no_argument, NULL, OPT_JSON },
	{ 0 },
};

/* One number for all channels, or three. */
static int parse_triple(const char *option, const char *text, float out[3])
{
	const char *at = text;
	char *end;
	int n;

	for (n = 0; n < 3; n++) {
		out[n] = strtof(at, &end);
		if (end == at || !isfinite(out[n]))
			break;
		if (!*end) {
			n++;
			break;
		}
		if (*end != ',')
			break;
		at = end + 1;
	}
	if (*end || (n != 1 && n != 3))
		return tool_usage(option, "'%s' is neither one number nor "
				  "three like 104,117,123", text);
	if (n == 1)
		out[1] = out[2] = out[0];
	return TOOL_OK;
}

static int parse_step(const char *option, const char *text, double *out)
{
	char *end;

	*out = strtod(text, &end);
	if (end == text || *end || !isfinite(*out) || *out <= 0)
		return tool_usage(option, "'%s' is not a number above 0", text);
	return TOOL_OK;
}

static int parse_shape(struct classify_request *req, const char *text)
{
	struct preprocess *p = &req->pre;
	char rest;

	if (sscanf(text, "%ux%ux%u%c", &p->height, &p->width, &p->channels,
		   &rest) != 3 || !p->height || !p->width)
		return tool_usage("--shape", "'%s' is not HEIGHTxWIDTHxCHANNELS",
				  text);
	req->shape_given = true;
	return TOOL_OK;
}

/* The file lists blue, green, red; we keep red, green, blue. */
static void take_values(uint32_t count, const float *from, float to[3])
{
	int i;

	for (i = 0; i < 3 && count; i++)
		to[i] = count == 1 ? from[0] : from[2 - i];
}

static int take_prototxt(struct classify_request *req, const char *path)
{
	struct prototxt file;
	int ret = prototxt_load(path, &file);

	if (ret)
		return ret;
	take_values(file.means, file.mean, req->pre.mean);
	take_values(file.scales, file.scale, req->pre.scale);
	req->pre.real = true;
	req->pre.bgr = !file.is_tf;
	if (file.top_k)
		req->top = file.top_k;
	return TOOL_OK;
}

static int parse_input_option(struct classify_request *req, int c)
{
	uint64_t n = 0;
	int ret;

	switch (c) {
	case OPT_RESIZE:
		ret = tool_parse_uint("--resize", optarg, 1, 65536, &n);
		req->pre.resize = (uint32_t)n;
		return ret;
	case OPT_STRETCH:
		req->pre.stretch = true;
		return TOOL_OK;
	case OPT_MEAN:
		req->pre.real = true;
		return parse_triple("--mean", optarg, req->pre.mean);
	case OPT_SCALE:
		req->pre.real = true;
		return parse_triple("--scale", optarg, req->pre.scale);
	case OPT_BGR:
		req->pre.bgr = true;
		return TOOL_OK;
	case OPT_SHAPE:
		return parse_shape(req, optarg);
	case OPT_STEP:
		return parse_step("--step", optarg, &req->pre.step);
	default:
		return take_prototxt(req, optarg);
	}
}

static int parse_option(struct classify_request *req, int c)
{
	uint64_t n = 0;
	int ret = TOOL_OK;

	switch (c) {
	case 'd':
		req->device = optarg;
		break;
	case OPT_TOP:
		ret = tool_parse_uint("--top", optarg, 1, 1000000, &n);
		req->top = (uint32_t)n;
		break;
	case OPT_LABELS:
		req->labels = optarg;
		break;
	case OPT_OUT_STEP:
		return parse_step("--output-step", optarg, &req->out_step);
	case OPT_SOFTMAX:
		req->softmax = true;
		break;
	case OPT_INDICES:
		req->kind = CLASSIFY_INDICES;
		break;
	case OPT_REGRESSION:
		req->kind = CLASSIFY_REGRESSION;
		break;
	case OPT_UNIT:
		req->kind = CLASSIFY_REGRESSION;
		req->unit = optarg;
		break;
	case OPT_TIMEOUT:
		return tool_parse_time("--timeout", optarg, &req->timeout_ns);
	case OPT_JSON:
		req->json = true;
		break;
	default:
		return parse_input_option(req, c);
	}
	return ret;
}

static int parse(struct classify_request *req, int argc, char **argv)
{
	int c, ret = TOOL_OK;

	*req = (struct classify_request){
		.pre = { .scale = { 1, 1, 1 }, .step = 1 }, .top = 5,
		.out_step = 1,
	};
	while (!ret && (c = tool_getopt(&classify_command, argc, argv,
					TOOL_SHORT "d:", options)) != -1)
		ret = parse_option(req, c);
	if (!ret && optind == argc)
		ret = tool_usage("classify", "needs pictures "
				 "(see srfpga classify --help)");
	if (!ret && req->softmax && req->kind != CLASSIFY_SCORES)
		ret = tool_usage("--softmax", "is for scores: not with "
				 "--indices, --regression or --unit");
	req->images = argv + optind;
	req->num_images = argc - optind;
	return ret;
}

/**
 * struct session - a network at work
 * @tensor: one input frame
 * @codes: one output frame
 * @values: it in real numbers
 */
struct session {
	struct classify_request *req;
	struct srfpga_device *dev;
	const struct srfpga_port *in;
	const struct srfpga_port *out;
	struct labels labels;
	struct flow flow;
	void *tensor;
	void *codes;
	double *values;
	struct json *json;
};

/* Numbers of classes have no sign and no fraction, and mean themselves. */
static enum classify_kind only_kind(const struct srfpga_port *out)
{
	int64_t min, max;

	if (out->scale > 0 && out->scale != 1)
		return CLASSIFY_REGRESSION;
	if (srfpga_layout_get_range(&out->layout, &min, &max) || min < 0)
		return CLASSIFY_REGRESSION;
	return CLASSIFY_INDICES;
}

static int open_ports(struct session *s)
{
	struct preprocess *p = &s->req->pre;
	const char *path = srfpga_device_get_info(s->dev)->path;

	s->in = target_only_port(s->dev, SRFPGA_PORT_INPUT);
	s->out = target_only_port(s->dev, SRFPGA_PORT_OUTPUT);
	if (!s->in || !s->out)
		return tool_fail(path, "classifying needs exactly one input "
				 "and one output port");
	if (!s->req->shape_given) {
		if (s->in->normal_rank != 3)
			return tool_usage("--shape", "is needed: port %s is "
					  "not a picture", s->in->name);
		p->height = s->in->normal_shape[0];
		p->width = s->in->normal_shape[1];
		p->channels = s->in->normal_shape[2];
	}
	if (s->out->frame_elems == 1 && s->req->kind == CLASSIFY_SCORES)
		s->req->kind = only_kind(s->out);
	/* Models of pictures in [0,1] say so by their scale. */
	if (!p->real && s->in->scale > 0) {
		p->real = true;
		p->scale[0] = p->scale[1] = p->scale[2] = 1.0f / 255;
	}
	return preprocess_check(p, s->in);
}

/* Which is not wrong, but not what was meant either. */
static void remark_labels(const struct session *s)
{
	uint64_t classes = s->out->frame_elems;

	if (s->req->kind == CLASSIFY_SCORES && s->labels.count &&
	    s->labels.count < classes)
		tool_say("--labels", "%" PRIu64 " names for %" PRIu64
			 " classes: the last ones have none", s->labels.count,
			 classes);
}

static int load_labels(struct session *s)
{
	const struct srfpga_device_info *info = srfpga_device_get_info(s->dev);
	const char *path = s->req->labels;
	char found[PATH_MAX];
	int ret;

	/* Numbers that mean something themselves are not the shipped classes. */
	if (!path && s->req->kind != CLASSIFY_REGRESSION &&
	    !labels_find(info, found, sizeof(found)))
		path = found;
	ret = labels_load(path, &s->labels);
	if (!ret)
		remark_labels(s);
	return ret;
}

static int allocate(struct session *s)
{
	s->tensor = tensor_alloc(s->in, 1);
	s->codes = tensor_alloc(s->out, 1);
	s->values = malloc(s->out->frame_elems * sizeof(*s->values));
	if (!s->tensor || !s->codes || !s->values)
		return tool_fail_errno("memory", ENOMEM);
	return flow_init(&s->flow, s->dev, DEPTH, 1, s->req->timeout_ns);
}

/* A picture into s->tensor. */
static int prepare(struct session *s, int number)
{
	struct image img;
	int ret = image_load(s->req->images[number], &img);

	if (ret)
		return ret;
	ret = preprocess_run(&s->req->pre, s->in, &img, s->tensor);
	image_free(&img);
	return ret;
}

/* What is in s->tensor to the device. */
static int push(struct session *s, int number)
{
	struct flow_slot *slot;
	int ret = flow_begin(&s->flow, &slot);

	if (ret)
		return ret;
	slot->tag = (uint64_t)number;
	if (srfpga_layout_pack(&s->in->layout, s->in->elem, s->tensor, 1,
			       slot->addr[s->in->index], NULL))
		return tool_fail_errno(s->in->name, EINVAL);
	return flow_submit(&s->flow, slot, 1);
}

static int pop(struct session *s)
{
	const struct srfpga_port *port = s->out;
	bool codes = s->req->kind == CLASSIFY_INDICES;
	double scale = codes ? 1 : port->scale > 0 ? port->scale :
		       s->req->out_step;
	int32_t zero = codes ? 0 : port->zero_point;
	struct flow_slot *slot;
	uint64_t i;
	int ret = flow_wait(&s->flow, &slot);

	if (ret)
		return ret;
	if (srfpga_layout_unpack(&port->layout, port->elem,
				 slot->addr[port->index], 1, s->codes))
		return tool_fail_errno(port->name, EINVAL);
	for (i = 0; i < port->frame_elems; i++)
		s->values[i] = scale * (tensor_get(s->codes, port->elem, i) -
					zero);
	ret = classify_show(s->req, &s->labels, s->req->images[slot->tag],
			    s->values, port->frame_elems, s->json);
	return ret ? ret : flow_end(&s->flow, slot);
}

/* A picture that cannot be read is an error, but the others have results. */
static int run_images(struct session *s)
{
	int bad = TOOL_OK;
	int ret = TOOL_OK;
	int next, one;

	for (next = 0; !ret && next < s->req->num_images; next++) {
		if (flow_is_full(&s->flow))
			ret = pop(s);
		if (ret)
			break;
		one = prepare(s, next);
		if (!one)
			ret = push(s, next);
		else if (!bad)
			bad = one;
	}
	while (!ret && flow_in_flight(&s->flow))
		ret = pop(s);
	return ret ? ret : bad;
}

static int classify(struct classify_request *req)
{
	struct target_wish wish = { .device = req->device,
				    .height = req->pre.height,
				    .width = req->pre.width };
	struct session s = { .req = req };
	struct json j;
	int ret = target_open(&wish, &s.dev);

	if (ret)
		return ret;
	ret = open_ports(&s);
	if (!ret)
		ret = load_labels(&s);
	if (!ret)
		ret = allocate(&s);
	if (!ret && req->json) {
		s.json = &j;
		json_start(&j, stdout);
		json_array(&j, NULL);
	}
	if (!ret)
		ret = run_images(&s);
	if (s.json)
		json_end(&j);
	flow_free(&s.flow);
	labels_free(&s.labels);
	free(s.tensor);
	free(s.codes);
	free(s.values);
	srfpga_device_close(s.dev);
	return ret;
}

static int run(int argc, char **argv)
{
	struct classify_request req;
	int ret = parse(&req, argc, argv);

	return ret ? ret : classify(&req);
}

const struct tool_command classify_command = {
	.name = "classify", .help = help, .run = run,
};
