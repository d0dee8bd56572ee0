// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Runs a model on frames in files, for the scripts beside it:
 * soft-run MODEL ISA AS_MODEL HEIGHT WIDTH FILE... (inputs, then outputs).
 * Prints a line for each port. soft-run describe MODEL JSON prints what is
 * in it. Knows the public interface only.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "soft/srfpga_soft.h"

#define MAX_PORTS	16

static int read_frame(const char *path, void *frame, size_t size)
{
	FILE *f = fopen(path, "rb");
	size_t n = f ? fread(frame, 1, size, f) : 0;
	int more = f ? fgetc(f) : EOF;

	if (f)
		fclose(f);
	if (n == size && more == EOF)
		return 0;
	fprintf(stderr, "%s: not %zu bytes\n", path, size);
	return -EINVAL;
}

static int write_frame(const char *path, const void *frame, size_t size)
{
	FILE *f = fopen(path, "wb");
	size_t n = f ? fwrite(frame, 1, size, f) : 0;

	if (f && fclose(f))
		n = 0;
	return n == size ? 0 : -EIO;
}

static void show(const struct srfpga_soft_port *p)
{
	printf("%d %u %u %.17g %d", p->is_output, p->dtype, p->bits, p->scale,
	       p->zero_point);
	for (uint32_t d = 0; d < p->normal_rank; d++)
		printf(" %u", p->normal_shape[d]);
	printf("\n");
}

static int run(const struct srfpga_soft_model *m, char **files, int num)
{
	uint32_t ports = srfpga_soft_num_ports(m);
	struct srfpga_soft_port p[MAX_PORTS];
	void *frames[MAX_PORTS] = { NULL };
	int ret = 0;

	if (ports > MAX_PORTS || (num && (uint32_t)num != ports))
		return -EINVAL;
	for (uint32_t i = 0; !ret && i < ports; i++) {
		srfpga_soft_get_port(m, i, &p[i]);
		show(&p[i]);
		frames[i] = calloc(1, p[i].frame_bytes);
		if (!frames[i])
			ret = -ENOMEM;
		else if (num && !p[i].is_output)
			ret = read_frame(files[i], frames[i],
					 p[i].frame_bytes);
	}
	if (!ret && num)
		ret = srfpga_soft_run(m, frames, 1);
	for (uint32_t i = 0; i < ports; i++) {
		if (!ret && num && p[i].is_output)
			ret = write_frame(files[i], frames[i],
					  p[i].frame_bytes);
		free(frames[i]);
	}
	return ret;
}

/* 0 all can be executed, 3 something is refused, 1 no description. */
static int describe(const char *path, int json)
{
	char *text = NULL;
	int ret = srfpga_soft_describe(path, NULL, json, &text);

	if (text)
		fputs(text, stdout);
	free(text);
	return !ret ? 0 : ret == -EOPNOTSUPP ? 3 : 1;
}

int main(int argc, char **argv)
{
	struct srfpga_soft_options opt = { .size = sizeof(opt) };
	struct srfpga_soft_model *m;
	char err[512];
	int ret;

	if (argc == 4 && !strcmp(argv[1], "describe"))
		return describe(argv[2], atoi(argv[3]));
	if (argc < 6) {
		fprintf(stderr, "usage: %s model isa as-model height width files\n",
			argv[0]);
		return 2;
	}
	opt.isa = (enum srfpga_soft_isa)atoi(argv[2]);
	opt.as_model = (uint32_t)atoi(argv[3]);
	opt.height = (uint32_t)atoi(argv[4]);
	opt.width = (uint32_t)atoi(argv[5]);
	ret = srfpga_soft_load(argv[1], &opt, &m, err, sizeof(err));
	if (ret) {
		fprintf(stderr, "%s: %d\n", err, ret);
		return 3;
	}
	ret = run(m, argv + 6, argc - 6);
	srfpga_soft_free(m);
	return ret ? 1 : 0;
}
