// SPDX-License-Identifier: GPL-2.0
/*
 * Programs: drawn at random with the calls in the proportion in which they are
 * interesting, and mutated. Must not run anything.
 */
#include <string.h>

#include "fuzz.h"

static const struct {
	const char *name;
	unsigned int weight;
} op_table[FUZZ_NUM_OPS] = {
	[OP_GET_INFO] = { "GET_INFO", 60 },
	[OP_GET_PORT] = { "GET_PORT", 60 },
	[OP_ALLOC] = { "ALLOC", 60 },
	[OP_ATTACH] = { "ATTACH", 140 },
	[OP_DETACH] = { "DETACH", 90 },
	[OP_SUBMIT] = { "SUBMIT", 260 },
	[OP_IOCTL] = { "any ioctl", 40 },
	[OP_READ] = { "read", 80 },
	[OP_POLL] = { "poll", 40 },
	[OP_OPEN] = { "open", 12 },
	[OP_CLOSE] = { "close", 6 },
	[OP_ODD] = { "other file op", 30 },
	[OP_SHOW] = { "sysfs, debugfs", 4 },
	[OP_BUF_CLOSE] = { "buffer: close", 12 },
	[OP_BUF_MAP] = { "buffer: mmap", 12 },
	[OP_BUF_SYNC] = { "buffer: sync", 20 },
	[OP_BUF_FOREIGN] = { "buffer: foreign", 8 },
	[OP_BUF_FENCE] = { "buffer: fences", 12 },
	[OP_FENCE_NEW] = { "fence: new", 16 },
	[OP_FENCE_SIGNAL] = { "fence: signal", 30 },
	[OP_FENCE_CLOSE] = { "fence: close", 10 },
	[OP_SCRIBBLE] = { "scribble", 30 },
	[OP_FORK] = { "fork", 1 },
	[OP_PAUSE] = { "pause", 10 },
};

const char *fuzz_op_name(enum fuzz_op op)
{
	return op_table[op].name;
}

static unsigned int draw_op(struct test_rand *r)
{
	static unsigned int sum;
	unsigned int op, all = 0, at;

	for (op = 0; !sum && op < FUZZ_NUM_OPS; op++)
		all += op_table[op].weight;
	if (!sum)
		sum = all;
	at = rand_below(r, sum);
	for (op = 0; at >= op_table[op].weight; op++)
		at -= op_table[op].weight;
	return op;
}

/** Numbers at which programs break. */
static uint64_t draw_value(struct test_rand *r)
{
	static const uint64_t edge[] = {
		0, 1, 2, 3, 4, 7, 8, 15, 16, 17, 31, 32, 63, 64, 65, 127, 128,
		255, 256, 257, 4095, 4096, 4097, 12288, 65535, 65536, 65537,
		1u << 20, 0x7fffffff, 0x80000000, 0xffffffc0, 0xffffffff,
		1ull << 32, (1ull << 32) + 64, 1ull << 40, INT64_MAX,
		1ull << 63, -4096ull, -64ull, UINT64_MAX,
	};
	uint64_t v = rand_next(r);

	switch (v >> 60) {
	case 0 ... 7:
		return edge[v % (sizeof(edge) / sizeof(edge[0]))];
	case 8 ... 12:
		return v & 0xff;
	case 13:
		return v & 0xffff;
	default:
		return v;
	}
}

static void draw_call(struct fuzz_call *c, struct test_rand *r)
{
	uint64_t bits = rand_next(r);

	memset(c, 0, sizeof(*c));
	c->op = draw_op(r);
	/* mostly the files and buffers that make a valid job */
	c->file = bits & 7 ? bits >> 3 & 1 : bits >> 3;
	c->slot[0] = bits >> 8 & 3 ? 0 : bits >> 10;
	c->slot[1] = bits >> 16 & 3 ? 0 : bits >> 18;
	c->how = bits >> 24 & 1 ? 1 + (bits >> 25 & 0x7f) : 0;
	c->where = bits >> 32 & 7 ? 0 : bits >> 35;
	c->field = bits >> 48;
	c->value = draw_value(r);
}

void prog_draw(struct fuzz_prog *prog, struct test_rand *r)
{
	unsigned int i;

	prog->len = 1 + rand_below(r, FUZZ_CALLS);
	for (i = 0; i < prog->len; i++)
		draw_call(&prog->call[i], r);
}

static void mutate_call(struct fuzz_call *c, struct test_rand *r)
{
	switch (rand_below(r, 6)) {
	case 0:
		c->file = rand_next(r);
		break;
	case 1:
		c->slot[rand_below(r, 2)] = rand_next(r);
		break;
	case 2:
		c->how = rand_next(r);
		break;
	case 3:
		c->field = rand_next(r);
		break;
	case 4:
		c->where = rand_next(r);
		break;
	default:
		c->value = rand_once(r, 2) ? draw_value(r) :
			   c->value + rand_below(r, 17) - 8;
	}
}

static void mutate_once(struct fuzz_prog *prog, const struct fuzz_prog *other,
			struct test_rand *r)
{
	unsigned int at = rand_below(r, prog->len);

	switch (rand_below(r, 6)) {
	case 0:
		draw_call(&prog->call[at], r);
		break;
	case 1:
		if (prog->len == FUZZ_CALLS)
			break;
		memmove(&prog->call[at + 1], &prog->call[at],
			(prog->len - at) * sizeof(prog->call[0]));
		prog->len++;
		if (rand_once(r, 2))
			draw_call(&prog->call[at], r);
		break;
	case 2:
		if (prog->len == 1)
			break;
		prog->len--;
		memmove(&prog->call[at], &prog->call[at + 1],
			(prog->len - at) * sizeof(prog->call[0]));
		break;
	case 3:
		prog->call[at] = other->call[rand_below(r, other->len)];
		break;
	default:
		mutate_call(&prog->call[at], r);
	}
}

void prog_mutate(struct fuzz_prog *prog, const struct fuzz_prog *other,
		 struct test_rand *r)
{
	unsigned int n = 1 + rand_below(r, 4);

	while (n--)
		mutate_once(prog, other, r);
}
