// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Runs convolutions over bytes on the kernels: finds the input under each
 * row, gathers it where it is scattered, chooses the epilogue. Knows no
 * instruction set.
 */
#include "exec_conv.h"

#include <string.h>

#include "exec_value.h"

/** struct target - where a part of the output channels goes */
struct target {
	const struct exec_plan *plan;
	const struct exec_op *op;
	const struct exec_tensor *t;
	uint8_t *out;		/* pixel 0, the part's first channel */
	uint32_t first;		/* position of that channel */
};

static void put_codes(const struct target *to, const struct kernel_conv *k,
		      uint32_t block, const int32_t *acc, uint32_t px)
{
	const struct conv *c = to->op->data;
	const uint8_t *lanes = to->plan->kernel->lanes;

	for (uint32_t i = 0; i < px * KERNEL_OC; i++) {
		uint32_t at = block * KERNEL_OC + lanes[i % KERNEL_OC];
		uint32_t channel;

		if (at >= k->channels)
			continue;
		channel = c->order[to->first + at];
		exec_put(to->t, to->out, i / KERNEL_OC * to->t->c + at,
			 soft_requantise(to->op->op->requant, channel,
					 acc[i] / conv_factor(to->op->op, c->scale,
							    channel)));
	}
}

static void put_bytes(const struct target *to, const struct kernel_conv *k,
		      uint32_t block, const int32_t *acc, uint32_t px)
{
	uint8_t bytes[KERNEL_PX * KERNEL_OC];
	uint32_t at = block * KERNEL_OC;
	uint32_t n = k->channels - at < KERNEL_OC ? k->channels - at :
						    KERNEL_OC;

	to->plan->kernel->line(acc, px, &k->line[block], bytes, KERNEL_OC);
	for (uint32_t i = 0; i < px; i++)
		memcpy(to->out + (size_t)i * to->t->c + at,
		       bytes + i * KERNEL_OC, n);
}

static void conv_tiles(struct target to, const struct kernel_conv *k,
		       uint32_t block, const uint8_t *const *seg, uint32_t px)
{
	int32_t acc[KERNEL_ACC] __attribute__((aligned(64)));
	size_t pitch = (size_t)to.t->c * to.t->size;

	for (uint32_t x = 0; x < px; x += KERNEL_PX) {
		uint32_t n = px - x < KERNEL_PX ? px - x : KERNEL_PX;

		to.plan->kernel->tile(k, block, seg, x * k->pixel_stride, acc);
		if (k->line)
			put_bytes(&to, k, block, acc, n);
		else
			put_codes(&to, k, block, acc, n);
		to.out += n * pitch;
	}
}

static void conv_part(const struct target *to, const struct kernel_conv *k,
		      const uint8_t *const *seg, uint32_t px)
{
	const struct soft_kernel *kernel = to->plan->kernel;

	for (uint32_t b = 0; b < k->blocks; b++) {
		if (kernel->row && k->line &&
		    (b + 1) * KERNEL_OC <= k->channels)
			kernel->row(k, b, seg, px, to->out + b * KERNEL_OC,
				    to->t->c);
		else
			conv_tiles(*to, k, b, seg, px);
	}
}

static void gather_any(const struct kernel_gather *g,
		       const uint8_t *const *run, uint32_t px, uint8_t *to)
{
	for (uint32_t x = 0; x < px; x++, to += g->to_stride)
		for (uint32_t i = 0; i < g->runs; i++)
			memcpy(to + i * g->bytes,
			       run[i] + x * g->from_stride, g->bytes);
}

static void gathered_part(struct exec_piece *p, struct target to,
			  const struct kernel_conv *k, const uint8_t **run,
			  uint32_t px)
{
	const struct conv *c = to.op->data;
	const uint8_t *dense = p->scratch;

	for (uint32_t x = 0; x < px; x += c->gather_px) {
		uint32_t n = px - x < c->gather_px ? px - x : c->gather_px;

		if (c->fast_gather)
			p->plan->kernel->gather(c->gathering, run, n,
						p->scratch);
		else
			gather_any(c->gathering, run, n, p->scratch);
		conv_part(&to, k, &dense, n);
		to.out += (size_t)n * to.t->c * to.t->size;
		for (uint32_t i = 0; i < c->runs; i++)
			run[i] += n * c->gathering->from_stride;
	}
}

/* The input's runs under the first pixel of output row @y. */
static void find_runs(const struct exec_piece *p, const struct exec_op *op,
		      uint32_t y, const uint8_t **run)
{
	const struct soft_conv *s = &op->op->conv;
	const struct conv *c = op->data;
	const struct exec_tensor *in = &p->plan->tensors[op->op->inputs[0]];
	const struct exec_rows *rows = &p->rows[op->op->inputs[0]];
	int64_t x = (int64_t)p->rows[op->op->output].x0 * s->stride_w -
		    s->pad_left - rows->x0;
	uint32_t in_row = c->runs / s->kh;

	for (uint32_t i = 0; i < c->runs; i++) {
		int64_t iy = (int64_t)y * s->stride_h +
			     (int64_t)(i / in_row) * s->dilation_h -
			     s->pad_top;
		const uint8_t *row = iy < 0 || iy >= in->h ? rows->pad :
				     exec_row(p, op->op->inputs[0], iy);

		run[i] = row + (x + (int64_t)(i % in_row) * s->dilation_w) *
			       (in->planes ? 4 : in->c);
	}
}

/* A row of few channels, or the rows of the pixel shuffle that reads it. */
static void narrow_row(struct exec_piece *p, const struct exec_op *op,
		       uint32_t y, const uint8_t *const *run)
{
	const struct conv *c = op->data;
	const struct kernel_conv *k = &c->parts[0];
	const struct exec_rows *rows = &p->rows[op->op->output];
	uint8_t *out[KERNEL_SPLIT] = { exec_out(p, op->op->output, y) };

	for (uint32_t i = 0; k->narrow->rows > 1 && i < k->narrow->rows; i++)
		out[i] = exec_row(p, c->split_to, y * k->narrow->rows + i);
	p->plan->kernel->narrow(k, run, p->rows[op->op->inputs[0]].plane,
				rows->x1 - rows->x0, out);
}

void conv_row(struct exec_piece *p, const struct exec_op *op,
		     uint32_t y)
{
	const struct conv *c = op->data;
	const struct exec_tensor *in = &p->plan->tensors[op->op->inputs[0]];
	const struct exec_rows *rows = &p->rows[op->op->output];
	const uint8_t *first[c->runs], *run[c->runs];
	struct target to = {
		.plan = p->plan,
		.op = op,
		.t = &p->plan->tensors[op->op->output],
		.out = exec_out(p, op->op->output, y),
	};

	find_runs(p, op, y, first);
	if (c->parts[0].narrow) {
		narrow_row(p, op, y, first);
		return;
	}
	for (uint32_t g = 0; g < c->num_parts; g++) {
		const struct kernel_conv *k = &c->parts[g];

		for (uint32_t i = 0; i < c->runs; i++)
			run[i] = first[i] + g * (in->c / c->num_parts);
		if (c->gather)
			gathered_part(p, to, k, run, rows->x1 - rows->x0);
		else
			conv_part(&to, k, run, rows->x1 - rows->x0);
		to.first += k->channels;
		to.out += k->channels * to.t->size;
	}
}
