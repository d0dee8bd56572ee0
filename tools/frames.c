// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Frames that are made up: random, constant, edge values.
 * Must not know who wants them.
 */
#include "frames.h"

#include "tensor.h"

/**
 * struct value_range - what a port's elements may be
 * @bipolar: all but 0
 */
struct value_range {
	int64_t min;
	int64_t max;
	int bipolar;
};

static struct value_range get_range(const struct srfpga_port *port)
{
	/* Floating point: what pixels are. */
	struct value_range r = { .min = 0, .max = 1 };

	srfpga_layout_get_range(&port->layout, &r.min, &r.max);
	r.bipolar = port->layout.dtype == SRFPGA_DTYPE_BIPOLAR;
	return r;
}

/* splitmix64: small, and good enough to leave no value out. */
static uint64_t next_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

void frames_random(const struct srfpga_port *port, uint64_t seed, void *tensor,
		   uint64_t frames)
{
	struct value_range r = get_range(port);
	uint64_t span = (uint64_t)(r.max - r.min) + 1;
	uint64_t n = port->frame_elems * frames;
	uint64_t i;

	for (i = 0; i < n; i++) {
		uint64_t random = next_random(&seed) >> 16;

		if (r.bipolar)
			tensor_put(tensor, port->elem, i,
				   random & 1 ? 1 : -1);
		else if (port->elem == SRFPGA_ELEM_F32)
			tensor_put(tensor, port->elem, i,
				   (double)(random & 0xffff) / 65535);
		else
			tensor_put(tensor, port->elem, i,
				   (double)(r.min + (int64_t)(random % span)));
	}
}

void frames_constant(const struct srfpga_port *port, int64_t value,
		     void *tensor, uint64_t frames)
{
	struct value_range r = get_range(port);
	uint64_t n = port->frame_elems * frames;
	uint64_t i;

	if (value < r.min)
		value = r.min;
	if (value > r.max)
		value = r.max;
	if (r.bipolar && !value)
		value = 1;
	for (i = 0; i < n; i++)
		tensor_put(tensor, port->elem, i, (double)value);
}

void frames_edges(const struct srfpga_port *port, void *tensor,
		  uint64_t frames)
{
	struct value_range r = get_range(port);
	uint64_t n = port->frame_elems * frames;
	uint64_t row = port->layout.row_elems;
	uint64_t i;

	for (i = 0; i < n; i++)
		tensor_put(tensor, port->elem, i,
			   (double)((i + i / row) & 1 ? r.max : r.min));
}
