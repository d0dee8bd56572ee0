// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Moves rows between port frames and rings. Knows layouts, no operations.
 */
#include "exec_port.h"

#include <string.h>

#include "exec_value.h"

void exec_port_prepare(struct exec_plan *plan)
{
	const struct soft_graph *g = plan->graph;

	for (uint32_t i = 0; i < g->num_ports; i++) {
		const struct soft_port *port = &g->ports[i];
		struct exec_tensor *t = &plan->tensors[port->tensor];
		size_t bytes = soft_tensor_size(&g->tensors[port->tensor]) *
			       sizeof(int64_t);

		if (i < g->num_inputs)
			t->port = i;
		else
			t->output = i;
		if (port->direct)
			continue;
		plan->strips = false;
		plan->bands = false;
		t->keep_all = !plan->vectors;
		if (bytes > plan->scratch)
			plan->scratch = bytes;
	}
}

/* Codes that hardware could not produce are taken as the nearest one. */
static void bytes_in(const struct exec_tensor *t, const struct soft_tensor *s,
		     const uint8_t *from, uint8_t *to, size_t n)
{
	if (t->store == EXEC_U8 && s->min == 0 && s->max == UINT8_MAX) {
		memcpy(to, from, n);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		int64_t code = s->is_signed ? (int8_t)from[i] : from[i];

		code = code < s->min ? s->min : code;
		exec_put(t, to, i, code > s->max ? s->max : code);
	}
}

static void bytes_out(const struct exec_tensor *t, const uint8_t *from,
		      uint8_t *to, size_t n)
{
	if (t->store == EXEC_U8 && t->offset == 0) {
		memcpy(to, from, n);
		return;
	}
	for (size_t i = 0; i < n; i++)
		to[i] = exec_get(t, from, i);
}

static void codes_in(const struct exec_tensor *t, const int64_t *from,
		     uint8_t *to, size_t n)
{
	for (size_t i = 0; i < n; i++)
		exec_put(t, to, i, from[i]);
}

static void codes_out(const struct exec_tensor *t, const uint8_t *from,
		      int64_t *to, size_t n)
{
	for (size_t i = 0; i < n; i++)
		to[i] = exec_get(t, from, i);
}

/* A column of a network of vectors is a frame. */
static void import_vectors(struct exec_piece *p, uint32_t tensor)
{
	const struct exec_tensor *t = &p->plan->tensors[tensor];
	const struct soft_graph *g = p->plan->graph;
	const struct soft_port *port = &g->ports[t->port];
	const struct exec_rows *r = &p->rows[tensor];
	uint8_t *to = r->base;

	for (uint32_t x = r->x0; x < r->x1; x++) {
		const uint8_t *frame = p->frames[t->port] +
				       x * port->info.frame_bytes;

		if (port->direct) {
			bytes_in(t, &g->tensors[tensor], frame, to, t->c);
		} else {
			soft_port_read(port, &g->tensors[tensor], frame,
				       (int64_t *)p->scratch);
			codes_in(t, (int64_t *)p->scratch, to, t->c);
		}
		to += (size_t)t->c * t->size;
	}
}

static void export_vectors(struct exec_piece *p, uint32_t tensor)
{
	const struct exec_tensor *t = &p->plan->tensors[tensor];
	const struct soft_graph *g = p->plan->graph;
	const struct soft_port *port = &g->ports[t->output];
	const struct exec_rows *r = &p->rows[tensor];
	const uint8_t *from = r->base;

	for (uint32_t x = r->x0; x < r->x1; x++) {
		uint8_t *frame = p->frames[t->output] +
				 x * port->info.frame_bytes;

		if (port->direct) {
			bytes_out(t, from, frame, t->c);
		} else {
			codes_out(t, from, (int64_t *)p->scratch, t->c);
			soft_port_write(port, &g->tensors[tensor],
					(int64_t *)p->scratch, frame);
		}
		from += (size_t)t->c * t->size;
	}
}

static void import_frame(struct exec_piece *p, uint32_t tensor)
{
	const struct exec_tensor *t = &p->plan->tensors[tensor];
	const struct soft_graph *g = p->plan->graph;
	const struct exec_rows *r = &p->rows[tensor];
	const int64_t *codes = (const int64_t *)p->scratch;

	soft_port_read(&g->ports[t->port], &g->tensors[tensor],
		       p->frames[t->port], (int64_t *)p->scratch);
	for (uint32_t y = r->y0; y < r->y1; y++)
		codes_in(t, codes + ((size_t)y * t->w + r->x0) * t->c,
			 exec_row(p, tensor, y),
			 (size_t)(r->x1 - r->x0) * t->c);
}

static void export_frame(struct exec_piece *p, uint32_t tensor)
{
	const struct exec_tensor *t = &p->plan->tensors[tensor];
	const struct soft_graph *g = p->plan->graph;
	int64_t *codes = (int64_t *)p->scratch;
	size_t n = (size_t)t->w * t->c;

	for (uint32_t y = 0; y < t->h; y++)
		codes_out(t, exec_row(p, tensor, y), codes + y * n, n);
	soft_port_write(&g->ports[t->output], &g->tensors[tensor], codes,
			p->frames[t->output]);
}

void exec_port_import(struct exec_piece *p, uint32_t tensor, uint32_t y)
{
	const struct exec_tensor *t = &p->plan->tensors[tensor];
	const struct soft_graph *g = p->plan->graph;
	const struct exec_rows *r = &p->rows[tensor];

	if (p->plan->vectors)
		import_vectors(p, tensor);
	else if (g->ports[t->port].direct)
		bytes_in(t, &g->tensors[tensor],
			 p->frames[t->port] +
				 ((size_t)y * t->w + r->x0) * t->c,
			 exec_out(p, tensor, y),
			 (size_t)(r->x1 - r->x0) * t->c);
	else if (y == r->y0)
		import_frame(p, tensor);
}

void exec_port_export(struct exec_piece *p, uint32_t tensor, uint32_t y)
{
	const struct exec_tensor *t = &p->plan->tensors[tensor];
	const struct exec_rows *r = &p->rows[tensor];

	if (p->plan->vectors)
		export_vectors(p, tensor);
	else if (p->plan->graph->ports[t->output].direct)
		bytes_out(t, exec_row(p, tensor, y),
			  p->frames[t->output] +
				  ((size_t)y * t->w + r->x0) * t->c,
			  (size_t)(r->x1 - r->x0) * t->c);
	else if (y == t->h - 1)
		export_frame(p, tensor);
}
