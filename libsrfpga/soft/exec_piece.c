// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Runs one piece of work: finds the rows and columns that each tensor needs,
 * lays out the rings, then pulls row after row through the operations. Knows
 * no operation's arithmetic.
 */
#include "exec_port.h"

#include <stdlib.h>
#include <string.h>

static struct exec_span clip(struct exec_span s, uint32_t size)
{
	if (s.lo < 0)
		s.lo = 0;
	if (s.hi > size)
		s.hi = size;
	return s;
}

static void widen(uint32_t *lo, uint32_t *hi, struct exec_span s)
{
	if (s.hi <= s.lo)
		return;
	if (*lo == *hi) {
		*lo = s.lo;
		*hi = s.hi;
		return;
	}
	if (s.lo < *lo)
		*lo = s.lo;
	if (s.hi > *hi)
		*hi = s.hi;
}

/* Whole operations write everything; others write what was asked for. */
static void need_inputs(struct exec_piece *p, const struct exec_op *op)
{
	const struct exec_plan *plan = p->plan;
	struct exec_rows *out = &p->rows[op->op->output];
	const struct exec_tensor *t = &plan->tensors[op->op->output];

	if (out->y0 == out->y1 || out->x0 == out->x1)
		return;
	if (op->whole) {
		out->y0 = out->x0 = 0;
		out->y1 = t->h;
		out->x1 = t->w;
	}
	for (uint32_t i = 0; i < op->op->num_inputs; i++) {
		struct exec_rows *in = &p->rows[op->op->inputs[i]];
		const struct exec_tensor *s =
			&plan->tensors[op->op->inputs[i]];
		struct exec_span y = exec_span_needed(plan, op, i, EXEC_Y,
			(struct exec_span) { out->y0, out->y1 });
		struct exec_span x = exec_span_needed(plan, op, i, EXEC_X,
			(struct exec_span) { out->x0, out->x1 });

		widen(&in->y0, &in->y1, clip(y, s->h));
		widen(&in->x0, &in->x1, plan->vectors ? x : clip(x, s->w));
	}
}

static void find_ranges(struct exec_piece *p, struct exec_span y,
			struct exec_span x)
{
	const struct exec_plan *plan = p->plan;

	memset(p->rows, 0, plan->graph->num_tensors * sizeof(*p->rows));
	for (uint32_t t = 0; t < plan->graph->num_tensors; t++) {
		const struct exec_tensor *e = &plan->tensors[t];
		struct exec_span all_y = { 0, e->h }, all_x = { 0, e->w };

		if (e->output < 0)
			continue;
		widen(&p->rows[t].y0, &p->rows[t].y1,
		      plan->bands ? y : all_y);
		widen(&p->rows[t].x0, &p->rows[t].x1,
		      plan->strips || plan->vectors ? x : all_x);
	}
	for (uint32_t i = plan->graph->num_ops; i-- > 0;)
		need_inputs(p, &plan->ops[i]);
	for (uint32_t t = 0; t < plan->graph->num_tensors; t++)
		p->rows[t].next = p->rows[t].y0;
}

static void pull(struct exec_piece *p, uint32_t tensor, uint32_t upto,
		 bool compute);

static struct exec_span rows_needed(const struct exec_piece *p,
				    const struct exec_op *op, uint32_t i,
				    uint32_t y)
{
	struct exec_span s = exec_span_needed(p->plan, op, i, EXEC_Y,
		(struct exec_span) { y, (int64_t)y + 1 });

	return clip(s, p->plan->tensors[op->op->inputs[i]].h);
}

static void pull_inputs(struct exec_piece *p, const struct exec_op *op,
			uint32_t y, bool compute)
{
	for (uint32_t i = 0; i < op->op->num_inputs; i++) {
		struct exec_span s = rows_needed(p, op, i, y);

		if (s.lo < s.hi)
			pull(p, op->op->inputs[i], s.hi, compute);
	}
	if (compute)
		return;
	for (uint32_t i = 0; i < op->op->num_inputs; i++) {
		struct exec_span s = rows_needed(p, op, i, y);
		struct exec_rows *in = &p->rows[op->op->inputs[i]];

		if (s.lo < s.hi && in->next - s.lo > in->ring)
			in->ring = in->next - s.lo;
	}
}

static void pad_right(const struct exec_piece *p, uint32_t tensor, uint32_t y)
{
	const struct exec_tensor *t = &p->plan->tensors[tensor];
	const struct exec_rows *r = &p->rows[tensor];

	uint32_t planes = t->planes ? t->c / 4 : 1;
	uint32_t c = t->c / planes;
	uint8_t *end = exec_row(p, tensor, y) + (size_t)(r->x1 - r->x0) * c;

	if (!t->pad_right || r->x1 != t->w)
		return;
	for (uint32_t i = 0; i < planes; i++)
		memset(end + i * r->plane, t->pad_byte,
		       (size_t)t->pad_right * c);
}

static void produce(struct exec_piece *p, uint32_t tensor, uint32_t y)
{
	const struct exec_tensor *t = &p->plan->tensors[tensor];
	const struct exec_rows *r = &p->rows[tensor];

	if (t->producer)
		t->producer->row(p, t->producer, y);
	else
		exec_port_import(p, tensor, y);
	if (t->planes && !(t->producer && t->producer->makes_planes))
		p->plan->kernel->planes(r->staging, t->c, r->x1 - r->x0,
					exec_row(p, tensor, y), r->plane);
	pad_right(p, tensor, y);
	if (t->output >= 0 && !t->in_place)
		exec_port_export(p, tensor, y);
}

/*
 * Produces rows below @upto. Without @compute it only plays the same order
 * through, to learn how many rows each ring must hold.
 */
static void pull(struct exec_piece *p, uint32_t tensor, uint32_t upto,
		 bool compute)
{
	const struct exec_tensor *t = &p->plan->tensors[tensor];
	struct exec_rows *r = &p->rows[tensor];

	while (r->next < upto) {
		if (t->producer)
			pull_inputs(p, t->producer, r->next, compute);
		if (compute)
			produce(p, tensor, r->next);
		r->next++;
	}
}

/* All outputs advance together, so that no ring grows needlessly. */
static void pull_outputs(struct exec_piece *p, bool compute)
{
	const struct exec_plan *plan = p->plan;
	const struct soft_graph *g = plan->graph;
	uint32_t steps = 1;

	for (uint32_t t = 0; t < g->num_tensors; t++) {
		p->rows[t].next = p->rows[t].y0;
		if (plan->tensors[t].output >= 0 &&
		    p->rows[t].y1 - p->rows[t].y0 > steps)
			steps = p->rows[t].y1 - p->rows[t].y0;
	}
	for (uint32_t s = 1; s <= steps; s++) {
		for (uint32_t t = 0; t < g->num_tensors; t++) {
			uint64_t n = p->rows[t].y1 - p->rows[t].y0;

			if (plan->tensors[t].output >= 0)
				pull(p, t, p->rows[t].y0 + n * s / steps,
				     compute);
		}
	}
}

static size_t row_pixels(const struct exec_piece *p, uint32_t tensor)
{
	const struct exec_tensor *t = &p->plan->tensors[tensor];
	const struct exec_rows *r = &p->rows[tensor];

	return (size_t)(r->x1 - r->x0) + t->pad_left + t->pad_right + t->slack;
}

static size_t row_bytes(const struct exec_piece *p, uint32_t tensor)
{
	const struct exec_tensor *t = &p->plan->tensors[tensor];
	size_t bytes = row_pixels(p, tensor) * t->c * t->size + KERNEL_SLACK;

	bytes = (bytes + 63) & ~(size_t)63;
	/* A multiple of the page size would fight over a few cache sets. */
	return bytes % 4096 ? bytes : bytes + 64;
}

static size_t ring_bytes(const struct exec_piece *p, uint32_t tensor)
{
	const struct exec_tensor *t = &p->plan->tensors[tensor];

	if (t->in_place || p->rows[tensor].x0 == p->rows[tensor].x1)
		return 0;
	return row_bytes(p, tensor) *
	       (p->rows[tensor].ring + t->pad_rows + t->planes);
}

static void pad_left(const struct exec_tensor *t, const struct exec_rows *r,
		     uint8_t *row)
{
	uint32_t planes = t->planes ? t->c / 4 : 1;
	size_t left = (size_t)t->pad_left * (t->c / planes);

	for (uint32_t i = 0; i < planes; i++)
		memset(row + i * r->plane - left, t->pad_byte, left);
}

static void place(struct exec_piece *p, uint32_t tensor, uint8_t *memory)
{
	const struct exec_tensor *t = &p->plan->tensors[tensor];
	struct exec_rows *r = &p->rows[tensor];
	size_t left = (size_t)t->pad_left * (t->planes ? 4 : t->c * t->size);

	if (t->in_place) {
		r->ring = t->h;
		r->pitch = (size_t)t->w * t->c;
		r->base = p->frames[t->output] + (size_t)r->x0 * t->c;
		return;
	}
	r->pitch = row_bytes(p, tensor);
	r->plane = row_pixels(p, tensor) * 4;
	r->base = memory + left;
	for (uint32_t i = 0; t->pad_left && !r->x0 && i < r->ring; i++)
		pad_left(t, r, r->base + i * r->pitch);
	memory += r->ring * r->pitch;
	if (t->pad_rows) {
		memset(memory, t->pad_byte, r->pitch);
		r->pad = memory + left;
		memory += r->pitch;
	}
	if (t->planes)
		r->staging = memory;
}

static size_t all_rings(const struct exec_piece *p)
{
	size_t total = 0;

	for (uint32_t t = 0; t < p->plan->graph->num_tensors; t++)
		total += ring_bytes(p, t);
	return total;
}

static void plan_rings(struct exec_piece *p, struct exec_span y,
		       struct exec_span x)
{
	find_ranges(p, y, x);
	for (uint32_t t = 0; t < p->plan->graph->num_tensors; t++)
		p->rows[t].ring = p->plan->tensors[t].keep_all ?
				  p->plan->tensors[t].h : 1;
	pull_outputs(p, false);
}

size_t exec_piece_bytes(struct exec_piece *p, struct exec_span y,
			struct exec_span x)
{
	plan_rings(p, y, x);
	return all_rings(p);
}

static int reserve(struct exec_piece *p, size_t bytes)
{
	if (bytes <= p->arena_size)
		return 0;
	free(p->arena);
	p->arena_size = 0;
	p->arena = aligned_alloc(64, bytes);
	if (!p->arena)
		return -ENOMEM;
	p->arena_size = bytes;
	return 0;
}

static void lay_out(struct exec_piece *p)
{
	uint8_t *memory = p->arena;

	for (uint32_t t = 0; t < p->plan->graph->num_tensors; t++) {
		if (p->rows[t].x0 == p->rows[t].x1)
			continue;
		place(p, t, memory);
		memory += ring_bytes(p, t);
	}
}

int exec_piece_run(struct exec_piece *p, struct exec_span y,
		   struct exec_span x)
{
	int err;

	plan_rings(p, y, x);
	err = reserve(p, all_rings(p));
	if (err)
		return err;
	lay_out(p);
	pull_outputs(p, true);
	return 0;
}

struct exec_piece *exec_piece_create(const struct exec_plan *plan)
{
	struct exec_piece *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->plan = plan;
	p->rows = calloc(plan->graph->num_tensors, sizeof(*p->rows));
	p->frames = calloc(plan->graph->num_ports, sizeof(*p->frames));
	p->scratch = aligned_alloc(64, (plan->scratch + 127) & ~(size_t)63);
	if (p->rows && p->frames && p->scratch)
		return p;
	exec_piece_free(p);
	return NULL;
}

void exec_piece_free(struct exec_piece *p)
{
	if (!p)
		return;
	free(p->arena);
	free(p->scratch);
	free(p->frames);
	free(p->rows);
	free(p);
}
