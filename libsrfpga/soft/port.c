// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Frames at the ports: rows of codes packed from bit 0 up, each padded to
 * whole bytes. Must not know how the network computes.
 */
#include "graph.h"

enum { DTYPE_INT = 2, DTYPE_BIPOLAR = 3, DTYPE_TERNARY = 4 };

static uint32_t row_length(const struct srfpga_soft_port *p)
{
	return p->folded_shape[p->folded_rank - 1];
}

static uint64_t take_bits(const uint8_t *row, uint64_t at, uint32_t bits)
{
	uint64_t x = 0;

	if (at % 8 == 0 && bits % 8 == 0) {
		for (uint32_t i = 0; i < bits / 8; i++)
			x |= (uint64_t)row[at / 8 + i] << 8 * i;
		return x;
	}
	for (uint32_t i = 0; i < bits; i++)
		x |= (uint64_t)(row[(at + i) / 8] >> (at + i) % 8 & 1) << i;
	return x;
}

static void put_bits(uint8_t *row, uint64_t at, uint32_t bits, uint64_t x)
{
	if (at % 8 == 0 && bits % 8 == 0) {
		for (uint32_t i = 0; i < bits / 8; i++)
			row[at / 8 + i] = x >> 8 * i;
		return;
	}
	for (uint32_t i = 0; i < bits; i++) {
		uint8_t mask = (uint8_t)(1u << (at + i) % 8);

		if (x >> i & 1)
			row[(at + i) / 8] |= mask;
		else
			row[(at + i) / 8] &= (uint8_t)~mask;
	}
}

static int64_t decode(const struct srfpga_soft_port *p, uint64_t x)
{
	uint64_t sign = (uint64_t)1 << (p->bits - 1);

	if (p->dtype == DTYPE_BIPOLAR)
		return x ? 1 : -1;
	if (p->dtype == DTYPE_INT || p->dtype == DTYPE_TERNARY)
		return (int64_t)((x ^ sign) - sign);
	return (int64_t)x;
}

static uint64_t encode(const struct srfpga_soft_port *p, int64_t code)
{
	return p->dtype == DTYPE_BIPOLAR ? code > 0 : (uint64_t)code;
}

/* Codes that hardware could not produce are taken as the nearest one. */
static int64_t clamp(const struct soft_tensor *t, int64_t code)
{
	if (t->is_float)
		return code;
	if (code < t->min)
		return t->min;
	return code > t->max ? t->max : code;
}

void soft_port_read(const struct soft_port *port, const struct soft_tensor *t,
		    const void *frame, int64_t *codes)
{
	const struct srfpga_soft_port *p = &port->info;
	uint32_t row = row_length(p);
	uint64_t row_bytes = ((uint64_t)row * p->bits + 7) / 8;
	const uint8_t *bytes = frame;
	size_t n = soft_tensor_size(t);

	for (size_t i = 0; i < n; i++) {
		const uint8_t *r = bytes + i / row * row_bytes;
		uint64_t x = take_bits(r, i % row * p->bits, p->bits);

		codes[i] = clamp(t, decode(p, x));
	}
}

void soft_port_write(const struct soft_port *port, const struct soft_tensor *t,
		     const int64_t *codes, void *frame)
{
	const struct srfpga_soft_port *p = &port->info;
	uint32_t row = row_length(p);
	uint64_t row_bytes = ((uint64_t)row * p->bits + 7) / 8;
	size_t n = soft_tensor_size(t);
	uint8_t *bytes = frame;

	for (size_t i = 0; i < n; i += row) {
		uint8_t *r = bytes + i / row * row_bytes;

		r[row_bytes - 1] = 0;
		for (uint32_t j = 0; j < row; j++)
			put_bits(r, (uint64_t)j * p->bits, p->bits,
				 encode(p, codes[i + j]));
	}
}
