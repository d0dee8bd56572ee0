// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * srfpga verify: a device against the software FPGA: command line and report.
 * Must not know how frames are made or compared.
 */
#include "verify.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "json.h"
#include "target.h"
#include "tool.h"

static const char help[] =
#include "help/verify.inc"
	;

enum {
	OPT_MODEL = 256, OPT_FRAMES, OPT_ROUNDS, OPT_SEED, OPT_TIMEOUT,
	OPT_JSON,
};

static const struct option options[] = {
	TOOL_OPTIONS,
	{ "device", required_argument, NULL, 'd' },
	{ "model", required_argument, NULL, OPT_MODEL },
	{ "frames", required_argument, NULL, OPT_FRAMES },
	{ "rounds", required_argument, NULL, OPT_ROUNDS },
	{ "seed", required_argument, NULL, OPT_SEED },
	{ "timeout", required_argument, NULL, OPT_TIMEOUT },
	{ "json", no_argument, NULL, OPT_JSON },
	{ 0 },
};

static int parse_option(struct verify_request *req, int c)
{
	uint64_t n = 0;
	int ret = TOOL_OK;

	switch (c) {
	case 'd':
		req->device = optarg;
		break;
	case OPT_MODEL:
		req->model = optarg;
		break;
	case OPT_FRAMES:
		ret = tool_parse_uint("--frames", optarg, 1, 100000, &n);
		req->frames = (uint32_t)n;
		break;
	case OPT_ROUNDS:
		ret = tool_parse_uint("--rounds", optarg, 1, 1000, &n);
		req->rounds = (uint32_t)n;
		break;
	case OPT_SEED:
		ret = tool_parse_uint("--seed", optarg, 0, UINT64_MAX,
				      &req->seed);
		break;
	case OPT_TIMEOUT:
		ret = tool_parse_time("--timeout", optarg, &req->timeout_ns);
		break;
	default:
		req->json = true;
	}
	return ret;
}

static int parse(struct verify_request *req, int argc, char **argv)
{
	int c, ret = TOOL_OK;

	*req = (struct verify_request){ .frames = 4, .rounds = 3, .seed = 1 };
	while (!ret && (c = tool_getopt(&verify_command, argc, argv,
					TOOL_SHORT "d:", options)) != -1)
		ret = parse_option(req, c);
	if (!ret && !req->model)
		ret = tool_usage("verify", "needs --model MODEL.onnx "
				 "(see srfpga verify --help)");
	req->inputs = argv + optind;
	req->num_inputs = argc - optind;
	return ret;
}

/* Both must have the same ports, or there is nothing to compare. */
static int check_ports(const struct srfpga_device *dev,
		       const struct srfpga_device *soft)
{
	const struct srfpga_device_info *a = srfpga_device_get_info(dev);
	const struct srfpga_device_info *b = srfpga_device_get_info(soft);
	uint32_t i;

	if (a->num_ports != b->num_ports)
		return tool_fail(b->path, "has %u ports, but %s has %u",
				 b->num_ports, a->path, a->num_ports);
	for (i = 0; i < a->num_ports; i++) {
		const struct srfpga_port *p = srfpga_device_get_port(dev, i);
		const struct srfpga_port *q = srfpga_device_get_port(soft, i);

		if (p->role != q->role ||
		    p->layout.dtype != q->layout.dtype ||
		    p->layout.bits != q->layout.bits ||
		    p->frame_elems != q->frame_elems)
			return tool_fail(b->path, "its port %s is not like "
					 "port %s of %s", q->name, p->name,
					 a->path);
	}
	return TOOL_OK;
}

/* The model at the size of the device's picture. */
static int open_model(const struct verify_request *req,
		      const struct srfpga_device *dev,
		      struct srfpga_device **soft)
{
	const struct srfpga_port *in = srfpga_device_get_port(dev, 0);
	struct target_wish wish = { 0 };
	char name[4096];
	int ret;

	snprintf(name, sizeof(name), "soft:%s", req->model);
	wish.device = name;
	if (in->normal_rank == 3) {
		wish.height = in->normal_shape[0];
		wish.width = in->normal_shape[1];
	}
	ret = target_open(&wish, soft);
	/* It is a file that is missing, not the device. */
	return ret == TOOL_NO_DEVICE ? TOOL_FAILURE : ret;
}

static void index_text(const struct srfpga_port *port, uint64_t element,
		       char *text, size_t len)
{
	uint64_t at[SRFPGA_MAX_RANK] = { 0 };
	size_t used = 0;
	uint32_t i;

	for (i = port->normal_rank; i-- > 0;) {
		at[i] = element % port->normal_shape[i];
		element /= port->normal_shape[i];
	}
	for (i = 0; i < port->normal_rank && used < len; i++)
		used += (size_t)snprintf(text + used, len - used,
					 "[%" PRIu64 "]", at[i]);
}

static void print_text(const struct srfpga_device *dev,
		       const struct verify_frames *frames,
		       const struct verify_result *r)
{
	const struct verify_difference *d = &r->first;
	const struct srfpga_port *port = srfpga_device_get_port(dev, d->port);
	char index[128];
	int i;

	if (!r->differs) {
		printf("equal: %" PRIu64 " frames\n", r->frames);
		return;
	}
	index_text(port, d->element, index, sizeof(index));
	printf("different: %" PRIu64 " of %" PRIu64 " frames, %" PRIu64
	       " elements\n", r->bad_frames, r->frames, r->elements);
	printf("first: round %u, frame %u (%s), %s%s: device %g, model %g\n",
	       d->round + 1, d->frame, frames->names[d->frame], port->name,
	       index, d->got, d->expected);
	if (r->late)
		printf("right the first time, wrong later: %" PRIu64
		       " frames\n", r->late);
	printf("size of the difference, elements:\n");
	for (i = 0; i < VERIFY_HISTOGRAM; i++)
		if (r->histogram[i])
			printf("  %s%d: %" PRIu64 "\n",
			       i == VERIFY_HISTOGRAM - 1 ? ">= " : "", i + 1,
			       r->histogram[i]);
}

static void print_json(const struct verify_request *req,
		       const struct srfpga_device *dev,
		       const struct verify_frames *frames,
		       const struct verify_result *r)
{
	const struct verify_difference *d = &r->first;
	struct json j;
	int i;

	json_start(&j, stdout);
	json_object(&j, NULL);
	json_string(&j, "device", srfpga_device_get_info(dev)->path);
	json_string(&j, "model", req->model);
	json_bool(&j, "equal", !r->differs);
	json_uint(&j, "frames", r->frames);
	json_uint(&j, "different_frames", r->bad_frames);
	json_uint(&j, "different_elements", r->elements);
	json_uint(&j, "right_then_wrong_frames", r->late);
	if (r->differs) {
		json_object(&j, "first");
		json_uint(&j, "round", d->round + 1);
		json_uint(&j, "frame", d->frame);
		json_string(&j, "input", frames->names[d->frame]);
		json_string(&j, "port",
			    srfpga_device_get_port(dev, d->port)->name);
		json_uint(&j, "element", d->element);
		json_real(&j, "device", d->got);
		json_real(&j, "model", d->expected);
		json_end(&j);
	}
	json_array(&j, "histogram");
	for (i = 0; i < VERIFY_HISTOGRAM; i++)
		json_uint(&j, NULL, r->histogram[i]);
	json_end(&j);
	json_end(&j);
}

static int verify(const struct verify_request *req, struct srfpga_device *dev,
		  struct srfpga_device *soft)
{
	struct verify_result result = { 0 };
	struct verify_frames frames = { 0 };
	int ret = check_ports(dev, soft);

	if (!ret)
		ret = verify_frames_make(req, dev, &frames);
	if (!ret)
		ret = verify_expect(soft, &frames);
	if (!ret)
		ret = verify_run(req, dev, &frames, &result);
	if (!ret) {
		if (req->json)
			print_json(req, dev, &frames, &result);
		else
			print_text(dev, &frames, &result);
		ret = result.differs ? TOOL_FAILURE : TOOL_OK;
	}
	verify_frames_free(&frames);
	return ret;
}

static int run(int argc, char **argv)
{
	struct srfpga_device *dev, *soft = NULL;
	struct target_wish wish = { 0 };
	struct verify_request req;
	int ret = parse(&req, argc, argv);

	if (ret)
		return ret;
	wish.device = req.device;
	ret = target_open(&wish, &dev);
	if (ret)
		return ret;
	ret = open_model(&req, dev, &soft);
	if (!ret)
		ret = verify(&req, dev, soft);
	srfpga_device_close(soft);
	srfpga_device_close(dev);
	return ret;
}

const struct tool_command verify_command = {
	.name = "verify", .help = help, .run = run,
};
