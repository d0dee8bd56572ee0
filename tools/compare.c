// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * srfpga compare: how far two pictures are apart.
 * Must not know how that is computed.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "image.h"
#include "json.h"
#include "metrics.h"
#include "tool.h"

static const char help[] =
#include "help/compare.inc"
	;

enum { OPT_SHAVE = 256, OPT_DIFF, OPT_GAIN, OPT_JSON };

static const struct option options[] = {
	TOOL_OPTIONS,
	{ "shave", required_argument, NULL, OPT_SHAVE },
	{ "diff", required_argument, NULL, OPT_DIFF },
	{ "gain", required_argument, NULL, OPT_GAIN },
	{ "json", no_argument, NULL, OPT_JSON },
	{ 0 },
};

struct request {
	const char *a;
	const char *b;
	uint64_t shave;
	const char *diff;
	uint64_t gain;
	bool json;
};

static int parse(struct request *req, int argc, char **argv)
{
	int c, ret = TOOL_OK;

	*req = (struct request){ .gain = 8 };
	while (!ret && (c = tool_getopt(&compare_command, argc, argv,
					TOOL_SHORT, options)) != -1) {
		if (c == OPT_SHAVE)
			ret = tool_parse_uint("--shave", optarg, 0, 4096,
					      &req->shave);
		else if (c == OPT_GAIN)
			ret = tool_parse_uint("--gain", optarg, 1, 255,
					      &req->gain);
		else if (c == OPT_DIFF)
			req->diff = optarg;
		else
			req->json = true;
	}
	if (!ret && argc - optind != 2)
		ret = tool_usage("compare", "needs two pictures "
				 "(see srfpga compare --help)");
	if (!ret) {
		req->a = argv[optind];
		req->b = argv[optind + 1];
	}
	return ret;
}

static int load_rgb(const char *path, struct image *img)
{
	int ret = image_load(path, img);

	if (!ret) {
		image_drop_alpha(img);
		ret = image_grey_to_rgb(img);
	}
	return ret;
}

static int save_difference(const struct request *req, struct image *a,
			   const struct image *b)
{
	size_t n = 3 * (size_t)a->width * a->height;
	size_t i;

	for (i = 0; i < n; i++) {
		uint64_t d = (uint64_t)abs(a->pixels[i] - b->pixels[i]) *
			     req->gain;

		a->pixels[i] = d > 255 ? 255 : (uint8_t)d;
	}
	return image_save(req->diff, a);
}

/* Pictures smaller than the window have none. */
static void print_ssim(const char *name, double ssim)
{
	if (isnan(ssim))
		printf("%-17s n/a\n", name);
	else
		printf("%-17s %.6f\n", name, ssim);
}

static void print_text(const struct metrics *m)
{
	printf("PSNR RGB          %.4f dB\n", m->psnr_rgb);
	printf("PSNR Y            %.4f dB\n", m->psnr_y);
	print_ssim("SSIM RGB", m->ssim_rgb);
	print_ssim("SSIM Y", m->ssim_y);
	printf("different pixels  %" PRIu64 "\n", m->different);
	printf("largest           %u\n", m->largest);
}

static void print_json(const struct request *req, const struct metrics *m)
{
	struct json j;

	json_start(&j, stdout);
	json_object(&j, NULL);
	json_real(&j, "psnr_rgb", m->psnr_rgb);
	json_real(&j, "psnr_y", m->psnr_y);
	json_real(&j, "ssim_rgb", m->ssim_rgb);
	json_real(&j, "ssim_y", m->ssim_y);
	json_uint(&j, "shave", req->shave);
	json_uint(&j, "different_pixels", m->different);
	json_uint(&j, "largest_difference", m->largest);
	json_end(&j);
}

static int check_sizes(const struct request *req, const struct image *a,
		       const struct image *b)
{
	if (a->width != b->width || a->height != b->height)
		return tool_fail(req->b, "is %ux%u, but %s is %ux%u", b->width,
				 b->height, req->a, a->width, a->height);
	if (2 * req->shave >= a->width || 2 * req->shave >= a->height)
		return tool_fail("--shave", "nothing is left of %ux%u",
				 a->width, a->height);
	return TOOL_OK;
}

static int run(int argc, char **argv)
{
	struct image a = { 0 }, b = { 0 };
	struct request req;
	struct metrics m;
	int ret = parse(&req, argc, argv);

	if (!ret)
		ret = load_rgb(req.a, &a);
	if (!ret)
		ret = load_rgb(req.b, &b);
	if (!ret)
		ret = check_sizes(&req, &a, &b);
	if (!ret)
		ret = metrics_compare(&a, &b, (uint32_t)req.shave, &m);
	if (!ret && req.diff)
		ret = save_difference(&req, &a, &b);
	if (!ret && req.json)
		print_json(&req, &m);
	else if (!ret)
		print_text(&m);
	image_free(&a);
	image_free(&b);
	return ret;
}

const struct tool_command compare_command = {
	.name = "compare", .help = help, .run = run,
};
