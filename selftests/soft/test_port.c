// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Frames at the ports against FINN's packing, as its documents print it.
 * Knows port.c only.
 */
#include <stdio.h>
#include <string.h>

#include "soft/graph.h"

struct golden {
	const char *name;
	uint32_t dtype, bits, rows, row;
	int64_t codes[8];
	uint32_t size;
	uint8_t bytes[8];
};

static const struct golden cases[] = {
	{ "INT4 row", 2, 4, 1, 3, { 1, -2, 3 }, 2, { 0xe1, 0x03 } },
	{ "INT4 full row", 2, 4, 1, 4, { -1, -6, 4, 6 }, 2, { 0xaf, 0x64 } },
	{ "BIPOLAR row", 3, 1, 1, 3, { 1, -1, 1 }, 1, { 0x05 } },
	{ "INT9 row", 2, 9, 1, 3, { -1, 255, -256 }, 4,
	  { 0xff, 0xff, 0x01, 0x04 } },
	{ "INT5 one by one", 2, 5, 2, 1, { -1, 3 }, 2, { 0x1f, 0x03 } },
	{ "UINT8", 1, 8, 1, 3, { 0, 128, 255 }, 3, { 0, 128, 255 } },
	{ "TERNARY rows", 4, 2, 2, 3, { -1, 0, 1, 1, 1, -1 }, 2,
	  { 0x13, 0x35 } },
	{ "UINT16", 1, 16, 1, 2, { 1, 0xabcd }, 4, { 1, 0, 0xcd, 0xab } },
};

static void make(const struct golden *g, struct soft_port *p,
		 struct soft_tensor *t)
{
	*t = (struct soft_tensor){ .h = 1, .w = g->rows, .c = g->row,
				   .min = -65536, .max = 65536 };
	*p = (struct soft_port){ .info = { .dtype = g->dtype,
		.bits = g->bits, .normal_rank = 2, .folded_rank = 2,
		.normal_shape = { g->rows, g->row },
		.folded_shape = { g->rows, g->row },
		.frame_bytes = g->size } };
}

static bool check(const struct golden *g)
{
	struct soft_tensor t;
	struct soft_port p;
	uint8_t bytes[8];
	int64_t codes[8];

	make(g, &p, &t);
	memset(bytes, 0xff, sizeof(bytes));
	soft_port_write(&p, &t, g->codes, bytes);
	if (memcmp(bytes, g->bytes, g->size) || bytes[g->size < 7 ?
						      g->size : 7] != 0xff)
		return false;
	soft_port_read(&p, &t, g->bytes, codes);
	return !memcmp(codes, g->codes, g->rows * g->row * sizeof(*codes));
}

/* What hardware cannot send does not leave the tensor's range. */
static bool clamps(void)
{
	struct golden g = { "", 1, 8, 1, 2, { 0 }, 2, { 0 } };
	static const uint8_t frame[] = { 3, 200 };
	struct soft_tensor t;
	struct soft_port p;
	int64_t codes[2];

	make(&g, &p, &t);
	t.min = 5;
	t.max = 100;
	soft_port_read(&p, &t, frame, codes);
	return codes[0] == 5 && codes[1] == 100;
}

int main(void)
{
	unsigned int n = sizeof(cases) / sizeof(*cases), bad = 0;
	bool ok;

	printf("TAP version 13\n1..%u\n", n + 1);
	for (unsigned int i = 0; i < n; i++) {
		ok = check(&cases[i]);
		bad += !ok;
		printf("%sok %u - %s\n", ok ? "" : "not ", i + 1,
		       cases[i].name);
	}
	ok = clamps();
	printf("%sok %u - codes outside of the range are clamped\n",
	       ok ? "" : "not ", n + 1);
	return bad || !ok;
}
