// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Pieces of random graphs. Must not know which executor runs them.
 */
#include "fast_graph.h"

#include <stdlib.h>

enum { DTYPE_UINT = 1, DTYPE_INT = 2, DTYPE_FLOAT = 5 };

static uint64_t next_random(struct fast_graph *f)
{
	uint64_t z = f->random += 0x9e3779b97f4a7c15ULL;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

uint32_t fast_below(struct fast_graph *f, uint32_t n)
{
	return next_random(f) % n;
}

int64_t fast_between(struct fast_graph *f, int64_t lo, int64_t hi)
{
	return lo + (int64_t)(next_random(f) % ((uint64_t)(hi - lo) + 1));
}

void *fast_memory(struct fast_graph *f, size_t bytes)
{
	if (f->num_memory == f->max_memory) {
		f->max_memory = 2 * f->max_memory + 64;
		f->memory = realloc(f->memory,
				    f->max_memory * sizeof(*f->memory));
		if (!f->memory)
			abort();
	}
	f->memory[f->num_memory] = calloc(1, bytes ? bytes : 1);
	if (!f->memory[f->num_memory])
		abort();
	return f->memory[f->num_memory++];
}

void fast_graph_begin(struct fast_graph *f, uint64_t seed)
{
	*f = (struct fast_graph) { .random = seed };
	f->graph.tensors = fast_memory(f, FAST_MAX_TENSORS *
					  sizeof(*f->graph.tensors));
	f->graph.ops = fast_memory(f, FAST_MAX_TENSORS *
				      sizeof(*f->graph.ops));
	f->graph.ports = fast_memory(f, FAST_MAX_TENSORS *
					sizeof(*f->graph.ports));
}

void fast_graph_end(struct fast_graph *f)
{
	while (f->num_memory)
		free(f->memory[--f->num_memory]);
	free(f->memory);
}

static uint32_t bits_for(int64_t min, int64_t max)
{
	uint32_t bits = min < 0 ? 1 : 0;

	while (max >> bits || (min < 0 && (min >> (bits - 1)) < -1) ||
	       (min < 0 && max >> (bits - 1)))
		bits++;
	return bits ? bits : 1;
}

uint32_t fast_tensor(struct fast_graph *f, uint32_t h, uint32_t w, uint32_t c,
		     int64_t min, int64_t max)
{
	struct soft_tensor *t = &f->graph.tensors[f->graph.num_tensors];

	if (f->graph.num_tensors == FAST_MAX_TENSORS)
		abort();
	*t = (struct soft_tensor) {
		.name = "t", .h = h, .w = w, .c = c, .min = min, .max = max,
		.bits = bits_for(min, max), .is_signed = min < 0,
	};
	return f->graph.num_tensors++;
}

struct soft_op *fast_op(struct fast_graph *f, enum soft_op_kind kind,
			uint32_t n, uint32_t in0, uint32_t in1, uint32_t out)
{
	struct soft_op *op = &f->graph.ops[f->graph.num_ops++];

	op->kind = kind;
	op->name = "op";
	op->num_inputs = n;
	op->inputs = fast_memory(f, n * sizeof(*op->inputs));
	op->inputs[0] = in0;
	if (n > 1)
		op->inputs[1] = in1;
	op->output = out;
	op->acc_bits = 64;
	return op;
}

static bool bytes(const struct soft_tensor *t)
{
	return !t->is_float && (t->min < 0 ? t->min >= -128 && t->max < 128 :
					     t->max < 256);
}

void fast_port(struct fast_graph *f, uint32_t tensor, bool is_output)
{
	struct soft_port *port = &f->graph.ports[f->graph.num_ports++];
	const struct soft_tensor *t = &f->graph.tensors[tensor];
	uint64_t bits;

	port->tensor = tensor;
	port->info.is_output = is_output;
	port->info.dtype = t->is_float ? DTYPE_FLOAT :
			   t->is_signed ? DTYPE_INT : DTYPE_UINT;
	/* Half of the byte-sized ports are packed to fewer bits. */
	port->direct = bytes(t) && (t->bits == 8 || fast_below(f, 2));
	bits = port->direct ? 8 : t->is_float ? 32 : t->bits;
	port->info.bits = bits;
	port->info.folded_rank = port->info.normal_rank = 3;
	port->info.folded_shape[0] = port->info.normal_shape[0] = t->h;
	port->info.folded_shape[1] = port->info.normal_shape[1] = t->w;
	port->info.folded_shape[2] = port->info.normal_shape[2] = t->c;
	port->info.frame_bytes = (uint64_t)t->h * t->w *
				 ((bits * t->c + 7) / 8);
	if (!is_output)
		f->graph.num_inputs++;
}

/* --- requantisation ----------------------------------------------------- */

static int64_t *numbers(struct fast_graph *f, uint32_t n)
{
	return fast_memory(f, n * sizeof(int64_t));
}

/* Maps most of the accumulators into the codes, some beyond them. */
static void random_slopes(struct fast_graph *f, struct soft_requant *rq)
{
	double range = rq->acc_max - rq->acc_min + 1;
	double codes = rq->out_max - rq->out_min + 1;

	for (uint32_t c = 0; c < rq->channels; c++) {
		double slope = codes / range * fast_between(f, 50, 400) / 100;
		int shift = 0;

		while (slope < 1 << 28 && shift < 40) {
			slope *= 2;
			shift++;
		}
		if (slope > INT32_MAX)
			slope = 1;
		rq->multiplier[c] = fast_below(f, 20) ? slope :
				    fast_below(f, 2) ? -slope : 0;
		rq->shift[c] = shift;
		rq->bias[c] = (1ll << shift) / 2 +
			      fast_between(f, -2, 2) * (1ll << shift);
		if (fast_below(f, 2))
			rq->bias[c] += fast_between(f, 0, 1000);
	}
}

static void random_shifts(struct fast_graph *f, struct soft_requant *rq)
{
	for (uint32_t c = 0; c < rq->channels; c++) {
		int64_t codes = rq->out_max - rq->out_min + 1;

		while ((rq->acc_max - rq->acc_min) >> rq->shift[c] > codes)
			rq->shift[c]++;
		rq->shift[c] += fast_below(f, 2);
		rq->bias[c] = fast_between(f, -50, 50) +
			      ((1ll << rq->shift[c]) >> 1);
	}
}

static int by_value(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void random_thresholds(struct fast_graph *f, struct soft_requant *rq)
{
	uint32_t n = rq->out_max - rq->out_min;

	rq->num_thresholds = n;
	rq->thresholds = numbers(f, rq->channels * n);
	rq->values = fast_memory(f, rq->channels * (n + 1) *
				    sizeof(*rq->values));
	rq->monotone = fast_below(f, 3);
	for (uint32_t c = 0; c < rq->channels; c++) {
		int64_t *t = rq->thresholds + c * n;

		for (uint32_t i = 0; i < n; i++)
			t[i] = fast_between(f, rq->acc_min - 2,
					    rq->acc_max + 2);
		qsort(t, n, sizeof(*t), by_value);
		for (uint32_t i = 0; i <= n; i++)
			rq->values[c * (n + 1) + i] = rq->monotone ?
				rq->out_min + i :
				fast_between(f, rq->out_min, rq->out_max);
	}
}

static void random_table(struct fast_graph *f, struct soft_requant *rq)
{
	rq->table_min = rq->acc_min;
	rq->table_len = rq->acc_max - rq->acc_min + 1;
	rq->table = fast_memory(f, (size_t)rq->channels * rq->table_len *
				   sizeof(*rq->table));
	for (uint32_t i = 0; i < rq->channels * rq->table_len; i++)
		rq->table[i] = fast_between(f, rq->out_min, rq->out_max);
}

static const struct {
	int64_t min, max;
} code_ranges[] = {
	{ 0, 255 }, { 0, 255 }, { 0, 255 }, { -128, 127 }, { 0, 15 },
	{ -8, 7 }, { 0, 1 }, { -1, 1 }, { 0, 3 }, { 10, 200 }, { -512, 511 },
	{ 0, 65535 },
};

static enum soft_requant_kind random_kind(struct fast_graph *f, int64_t range,
					  int64_t codes)
{
	static const enum soft_requant_kind kinds[] = {
		SOFT_REQUANT_MULTIPLIER, SOFT_REQUANT_MULTIPLIER,
		SOFT_REQUANT_MULTIPLIER, SOFT_REQUANT_SHIFT, SOFT_REQUANT_CLIP,
		SOFT_REQUANT_THRESHOLDS, SOFT_REQUANT_TABLE,
	};
	enum soft_requant_kind kind = kinds[fast_below(f, 7)];

	if (kind == SOFT_REQUANT_TABLE && range > 4000)
		return SOFT_REQUANT_MULTIPLIER;
	if (kind == SOFT_REQUANT_THRESHOLDS && codes > 256)
		return SOFT_REQUANT_SHIFT;
	return kind;
}

struct soft_requant *fast_requant(struct fast_graph *f, uint32_t channels,
				  int64_t lo, int64_t hi, int64_t *min,
				  int64_t *max)
{
	uint32_t r = fast_below(f, sizeof(code_ranges) / sizeof(*code_ranges));
	struct soft_requant *rq = fast_memory(f, sizeof(*rq));

	rq->channels = fast_below(f, 3) ? channels : 1;
	rq->acc_min = lo;
	rq->acc_max = hi;
	rq->out_min = *min = code_ranges[r].min;
	rq->out_max = *max = code_ranges[r].max;
	rq->kind = random_kind(f, hi - lo, *max - *min);
	rq->rounding = fast_below(f, 4) ? SOFT_ROUND_FLOOR :
					  SOFT_ROUND_HALF_EVEN;
	rq->multiplier = numbers(f, rq->channels);
	rq->bias = numbers(f, rq->channels);
	rq->shift = fast_memory(f, rq->channels);
	if (rq->kind == SOFT_REQUANT_MULTIPLIER)
		random_slopes(f, rq);
	else if (rq->kind == SOFT_REQUANT_SHIFT)
		random_shifts(f, rq);
	else if (rq->kind == SOFT_REQUANT_THRESHOLDS)
		random_thresholds(f, rq);
	else if (rq->kind == SOFT_REQUANT_TABLE)
		random_table(f, rq);
	return rq;
}

/* --- convolutions ------------------------------------------------------- */

static void widen(int64_t a, int64_t b, int64_t *lo, int64_t *hi)
{
	*lo += a < b ? a : b;
	*hi += a < b ? b : a;
}

/* The range of a channel's accumulator, by intervals. */
static void channel_range(const struct soft_tensor *t,
			  const struct soft_conv *c, uint32_t k, size_t n,
			  int64_t *lo, int64_t *hi)
{
	int64_t min = t->min < c->pad_value ? t->min : c->pad_value;
	int64_t max = t->max > c->pad_value ? t->max : c->pad_value;

	*lo = *hi = c->bias ? c->bias[k] : 0;
	/* A transposed convolution leaves terms out: they count as 0. */
	if (min > c->zero_point)
		min = c->zero_point;
	if (max < c->zero_point)
		max = c->zero_point;
	for (size_t i = 0; i < n; i++)
		widen((min - c->zero_point) * c->weights[k * n + i],
		      (max - c->zero_point) * c->weights[k * n + i], lo, hi);
}

void fast_conv(struct fast_graph *f, uint32_t in, uint32_t out_c,
	       struct soft_conv *c, int64_t *lo, int64_t *hi)
{
	static const int limits[] = { 127, 127, 128, 7, 1, 2000 };
	const struct soft_tensor *t = &f->graph.tensors[in];
	size_t n = (size_t)c->kh * c->kw * (t->c / c->groups);
	int32_t limit = limits[fast_below(f, 6)];

	c->zero_point = fast_below(f, 2) ? 0 : fast_between(f, t->min, t->max);
	c->pad_value = fast_below(f, 4) ? c->zero_point : t->min;
	if (c->pad_value < t->min || c->pad_value > t->max)
		c->pad_value = t->min;
	c->weights = fast_memory(f, out_c * n * sizeof(*c->weights));
	if (fast_below(f, 4))
		c->bias = numbers(f, out_c);
	for (size_t i = 0; i < out_c * n; i++)
		c->weights[i] = fast_between(f, -limit, limit == 128 ? 127 :
							limit);
	c->weight_min = -limit;
	c->weight_max = limit == 128 ? 127 : limit;
	for (uint32_t k = 0; k < out_c; k++) {
		int64_t a, b;

		if (c->bias)
			c->bias[k] = fast_between(f, -3000, 3000);
		channel_range(t, c, k, n, &a, &b);
		*lo = k && *lo < a ? *lo : a;
		*hi = k && *hi > b ? *hi : b;
	}
}
