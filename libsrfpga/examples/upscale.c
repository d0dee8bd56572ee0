// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * One picture through a device in one call:
 *
 *	examples/upscale soft:lrsrn_x2.onnx,height=64,width=96 in.ppm out.ppm
 *
 * The picture is a binary PPM of exactly the device's frame. The tool "srfpga
 * upscale" takes any size and format; this shows the shortest way.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <srfpga.h>

/* Returns the pixels of a PPM of this size, or NULL. */
static unsigned char *read_ppm(const char *path, unsigned int width,
			       unsigned int height)
{
	const size_t bytes = (size_t)width * height * 3;
	FILE *file = fopen(path, "rb");
	unsigned int w, h, max;
	unsigned char *pixels;

	if (!file) {
		perror(path);
		return NULL;
	}
	pixels = malloc(bytes);
	if (!pixels || fscanf(file, "P6 %u %u %u", &w, &h, &max) != 3 ||
	    fgetc(file) == EOF || w != width || h != height || max != 255 ||
	    fread(pixels, 1, bytes, file) != bytes) {
		fprintf(stderr, "%s: not a PPM of %u x %u\n", path, width,
			height);
		free(pixels);
		pixels = NULL;
	}
	fclose(file);
	return pixels;
}

static int write_ppm(const char *path, const unsigned char *pixels,
		     unsigned int width, unsigned int height)
{
	FILE *file = fopen(path, "wb");

	if (!file) {
		perror(path);
		return 1;
	}
	fprintf(file, "P6\n%u %u\n255\n", width, height);
	fwrite(pixels, 3, (size_t)width * height, file);
	if (ferror(file) | fclose(file)) {
		perror(path);
		return 1;
	}
	return 0;
}

static int is_image(const struct srfpga_port *port)
{
	return port && port->normal_rank == 3 && port->normal_shape[2] == 3 &&
	       port->elem == SRFPGA_ELEM_U8;
}

static int upscale(struct srfpga_device *dev, const char *in_path,
		   const char *out_path)
{
	const struct srfpga_port *in = srfpga_device_get_port(dev, 0);
	const struct srfpga_port *out = srfpga_device_get_port(dev, 1);
	unsigned char *from, *to;
	int ret;

	if (!is_image(in) || !is_image(out)) {
		fprintf(stderr, "not a device from a picture to a picture\n");
		return 1;
	}
	from = read_ppm(in_path, in->normal_shape[1], in->normal_shape[0]);
	to = malloc(out->frame_elems);
	if (!from || !to) {
		free(from);
		free(to);
		return 1;
	}
	ret = srfpga_run(dev, (const void *[]){ from }, (void *[]){ to }, 1);
	if (ret)
		fprintf(stderr, "run: %s\n", strerror(-ret));
	else
		ret = write_ppm(out_path, to, out->normal_shape[1],
				out->normal_shape[0]);
	free(from);
	free(to);
	return ret != 0;
}

int main(int argc, char **argv)
{
	struct srfpga_device *dev;
	char err[256];
	int ret;

	if (argc != 4) {
		fprintf(stderr, "usage: %s DEVICE IN.ppm OUT.ppm\n", argv[0]);
		return 2;
	}
	if (srfpga_device_open(argv[1], &dev, err, sizeof(err))) {
		fprintf(stderr, "%s\n", err);
		return 3;
	}
	ret = upscale(dev, argv[2], argv[3]);
	srfpga_device_close(dev);
	return ret;
}
