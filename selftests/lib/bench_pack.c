// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Throughput of packing and unpacking on one core, as a table. Bytes are those
 * of the packed frame and of the tensor of natural type. The ratio is of the
 * slower direction, in packed bytes, to what the project promises: 1 GB/s for
 * UINT8, 500 MB/s for types of less than a byte; below 1 the exit status is 1.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "srfpga.h"

/* A round is shorter than a time slice: the best one was not disturbed. */
#define TENSOR_BYTES	(256u << 10)
#define ROUNDS		200

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec * 1e-9;
}

/* The best of some rounds: what the machine does when nothing disturbs. */
static double best_pack(const struct srfpga_layout *layout, uint32_t elem,
			const void *tensor, uint64_t frames, void *packed)
{
	double best = 1e9;

	for (int i = 0; i < ROUNDS; i++) {
		double start = now();

		if (srfpga_layout_pack(layout, elem, tensor, frames, packed,
				       NULL))
			abort();
		if (now() - start < best)
			best = now() - start;
	}
	return best;
}

static double best_unpack(const struct srfpga_layout *layout, uint32_t elem,
			  const void *packed, uint64_t frames, void *tensor)
{
	double best = 1e9;

	for (int i = 0; i < ROUNDS; i++) {
		double start = now();

		if (srfpga_layout_unpack(layout, elem, packed, frames, tensor))
			abort();
		if (now() - start < best)
			best = now() - start;
	}
	return best;
}

/* MB/s of packed bytes; 0: nothing is promised. */
static double promised(const struct srfpga_layout *layout)
{
	if (layout->bits < 8)
		return 500;
	return layout->bits == 8 ? 1000 : 0;
}

static bool broken;

static void print(const char *type, const struct srfpga_layout *layout,
		  double bytes, double elems, double pack, double unpack)
{
	double slower = bytes / (pack > unpack ? pack : unpack) / 1e6;

	printf("%-8s %5u %9.0f %9.0f %9.0f %9.0f", type,
	       (uint32_t)layout->row_elems, bytes / pack / 1e6,
	       elems / pack / 1e6, bytes / unpack / 1e6, elems / unpack / 1e6);
	if (promised(layout) > 0)
		printf(" %6.0f %8.2f", promised(layout),
		       slower / promised(layout));
	broken |= promised(layout) > 0 && slower < promised(layout);
	putchar('\n');
}

static void bench(const char *type, uint32_t row)
{
	struct srfpga_layout layout;
	uint64_t frames, elems, bytes;
	uint8_t *tensor, *packed;
	double pack, unpack;
	uint32_t elem;
	size_t size;

	if (srfpga_layout_init(&layout, type, &row, 1))
		abort();
	elem = srfpga_layout_get_elem(&layout);
	size = srfpga_elem_get_size(elem);
	elems = TENSOR_BYTES / size / row * row;
	frames = elems / row;
	bytes = srfpga_layout_get_frame_bytes(&layout) * frames;
	tensor = malloc(elems * size);
	packed = malloc(bytes);
	if (!tensor || !packed)
		abort();
	memset(packed, 0, bytes);
	for (uint64_t i = 0; i < elems * size; i++)
		tensor[i] = layout.dtype == SRFPGA_DTYPE_BIPOLAR ? 1 :
			    i % size ? 0 : i & 1;
	pack = best_pack(&layout, elem, tensor, frames, packed);
	unpack = best_unpack(&layout, elem, packed, frames, tensor);
	print(type, &layout, bytes, elems * size, pack, unpack);
	free(tensor);
	free(packed);
}

int main(void)
{
	static const char *const types[] = {
		"UINT8", "BINARY", "BIPOLAR", "UINT2", "TERNARY", "INT3",
		"UINT4", "INT4", "INT5", "INT7", "INT9", "UINT12", "INT16",
		"INT24", "INT32", "FLOAT32",
	};
	static const uint32_t rows[] = { 1, 3, 40, 64, 4096 };

	printf("type       row   pack MB/s           unpack MB/s         promised\n"
	       "                 packed    tensor    packed    tensor   MB/s    ratio\n");
	for (size_t t = 0; t < sizeof(types) / sizeof(*types); t++)
		for (size_t r = 0; r < sizeof(rows) / sizeof(*rows); r++)
			bench(types[t], rows[r]);
	puts(broken ? "slower than promised" : "as fast as promised");
	return broken;
}
