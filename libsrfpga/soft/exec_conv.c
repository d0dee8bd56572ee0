// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Convolutions over bytes on the kernels: packs the weights, gathers narrow
 * or strided inputs into dense rows, chooses the epilogue. Knows no
 * instruction set.
 */
#include "exec_rows.h"

#include <stdlib.h>
#include <string.h>

#include "exec_line.h"
#include "exec_value.h"

#define GATHER_BYTES	16384	/* of gathered input at a time: half an L1 */
#define MAX_RUNS	1024	/* of bytes under a pixel */
#define MIN_GROUPS	4	/* shorter runs are gathered into one */

/**
 * struct conv - a prepared convolution
 * @parts: one for each group of the convolution
 * @runs: consecutive bytes under a pixel, in a row of the kernel
 * @run_bytes: bytes of a run
 * @gather: the runs are copied next to each other first
 * @gather_px: pixels gathered at a time
 * @gathering: how, if @gather
 * @fast_gather: the kernel can do it
 * @scale: weights and accumulators are the definition's times 2^@scale, and
 *	times -1 where the requantisation's multiplier is negative
 * @order: position in the output's row to output channel
 */
struct conv {
	struct kernel_conv *parts;
	uint32_t num_parts;
	uint32_t runs;
	uint32_t run_bytes;
	bool gather;
	uint32_t gather_px;
	struct kernel_gather *gathering;
	bool fast_gather;
	unsigned int scale;
	uint32_t *order;
};

static void conv_free(void *data)
{
	struct conv *c = data;

	if (!c)
		return;
	for (uint32_t i = 0; c->parts && i < c->num_parts; i++) {
		free(c->parts[i].weights);
		free(c->parts[i].bias);
		free(c->parts[i].line);
		if (c->parts[i].narrow)
			free(c->parts[i].narrow->weights);
		free(c->parts[i].narrow);
	}
	free(c->gathering);
	free(c->parts);
	free(c->order);
	free(c);
}

/* What a channel's accumulator is multiplied by: a line must rise. */
static int32_t factor_of(const struct soft_op *op, unsigned int scale,
			 uint32_t channel)
{
	const struct soft_requant *rq = op->requant;
	uint32_t c = !rq || rq->channels == 1 ? 0 : channel;
	bool falls = rq && rq->kind == SOFT_REQUANT_MULTIPLIER &&
		     rq->multiplier[c] < 0;

	return falls ? -(1 << scale) : 1 << scale;
}

/* --- running ------------------------------------------------------------ */

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
					 acc[i] / factor_of(to->op->op, c->scale,
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

static void conv_row(struct exec_piece *p, const struct exec_op *op,
		     uint32_t y)
{
	const struct conv *c = op->data;
	const struct exec_tensor *in = &p->plan->tensors[op->op->inputs[0]];
	const struct exec_rows *rows = &p->rows[op->op->output];
	const struct kernel_conv *narrow = &c->parts[0];
	const uint8_t *first[c->runs], *run[c->runs];
	struct target to = {
		.plan = p->plan,
		.op = op,
		.t = &p->plan->tensors[op->op->output],
		.out = exec_out(p, op->op->output, y),
	};

	find_runs(p, op, y, first);
	if (in->planes) {
		p->plan->kernel->narrow(narrow, first,
					p->rows[op->op->inputs[0]].plane,
					rows->x1 - rows->x0, to.out, to.t->c);
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

/* --- preparing ---------------------------------------------------------- */

/*
 * A line shifts by 32 bits at least. Small weights leave room to make the
 * accumulators larger instead where the requantisation shifts by less.
 */
static unsigned int choose_scale(const struct soft_op *op)
{
	const struct soft_requant *rq = op->requant;
	int32_t most = op->conv.weight_max > -op->conv.weight_min ?
		       op->conv.weight_max : -op->conv.weight_min;
	int scale = 0;

	if (!rq || rq->kind != SOFT_REQUANT_MULTIPLIER)
		return 0;
	for (uint32_t c = 0; c < rq->channels; c++)
		if (32 - rq->shift[c] > scale)
			scale = 32 - rq->shift[c];
	if (scale > 6 || most << scale > INT8_MAX ||
	    rq->acc_min < INT16_MIN || rq->acc_max > INT16_MAX)
		return 0;
	return scale;
}

static bool fits(const struct exec_plan *plan, const struct exec_op *op)
{
	const struct soft_conv *c = &op->op->conv;
	const struct exec_tensor *in = &plan->tensors[op->op->inputs[0]];
	const struct exec_tensor *out = &plan->tensors[op->op->output];
	size_t n = (size_t)c->kh * c->kw * (in->c / c->groups);

	if (in->store != EXEC_U8 || op->op->acc_bits != 32 ||
	    c->kh * (uint64_t)c->kw > MAX_RUNS ||
	    c->weight_min < INT8_MIN || c->weight_max > INT8_MAX)
		return false;
	for (uint32_t k = 0; k < out->c; k++) {
		/* -128 has no negative. */
		if (c->weight_min == INT8_MIN && factor_of(op->op, 0, k) < 0)
			return false;
	}
	for (uint32_t k = 0; k < out->c; k++) {
		int64_t sum = 0, all = c->bias ? llabs(c->bias[k]) : 0;

		for (size_t i = 0; i < n; i++)
			sum += llabs(c->weights[k * n + i]);
		all += sum * (255 + llabs(in->offset - c->zero_point));
		if (all << choose_scale(op->op) > INT32_MAX)
			return false;
	}
	return true;
}

/* Columns read behind the last one of the input. */
static int64_t columns_behind(const struct exec_plan *plan,
			      const struct exec_op *op)
{
	struct exec_span all = { 0, plan->tensors[op->op->output].w };

	if (plan->vectors)
		return 0;
	return exec_span_needed(plan, op, 0, EXEC_X, all).hi -
	       plan->tensors[op->op->inputs[0]].w;
}

static int claim_padding(struct exec_plan *plan, const struct exec_op *op)
{
	const struct soft_conv *c = &op->op->conv;
	struct exec_tensor *in = &plan->tensors[op->op->inputs[0]];
	struct exec_span all = { 0, plan->tensors[op->op->output].h };
	int64_t byte = c->pad_value - in->offset;
	int64_t right = columns_behind(plan, op);
	bool below = exec_span_needed(plan, op, 0, EXEC_Y, all).hi > in->h;
	bool rows = !plan->vectors && (c->pad_top || below);

	if (KERNEL_NARROW_PX * c->stride_w > in->slack)
		in->slack = KERNEL_NARROW_PX * c->stride_w;
	if (!c->pad_left && right <= 0 && !rows)
		return 0;
	if (byte < 0 || byte > 255 || (in->padded && in->pad_byte != byte))
		return -EOPNOTSUPP;
	in->padded = true;
	in->pad_byte = byte;
	in->pad_rows |= rows;
	if (c->pad_left > in->pad_left)
		in->pad_left = c->pad_left;
	if (right > in->pad_right)
		in->pad_right = right;
	return 0;
}

static void choose_runs(const struct exec_tensor *in,
			const struct soft_conv *s, struct conv *c)
{
	uint32_t ic = in->c / s->groups;
	bool joined = s->groups == 1 && s->dilation_w == 1;

	c->num_parts = s->groups;
	c->runs = joined ? s->kh : s->kh * s->kw;
	c->run_bytes = joined ? s->kw * ic : ic;
	c->gather = s->groups > 1 || in->c % 4 ||
		    (c->runs > 1 && c->run_bytes < 4 * MIN_GROUPS);
}

static int alloc_part(const struct soft_kernel *kernel, const struct conv *c,
		      uint32_t channels, size_t stride, struct kernel_conv *k)
{
	uint32_t dense = (c->runs * c->run_bytes + 3) / 4;
	size_t lanes;

	k->segments = c->gather ? 1 : c->runs;
	k->groups = c->gather ? dense : c->run_bytes / 4;
	k->pixel_stride = c->gather ? 4 * dense : stride;
	k->channels = channels;
	k->blocks = (channels + KERNEL_OC - 1) / KERNEL_OC;
	k->weights_block = (size_t)dense * kernel->group_bytes;
	lanes = (size_t)k->blocks * KERNEL_OC;
	k->weights = aligned_alloc(64, k->blocks * k->weights_block);
	k->bias = aligned_alloc(64, lanes * sizeof(*k->bias));
	k->line = aligned_alloc(64, k->blocks * sizeof(*k->line));
	if (!k->weights || !k->bias || !k->line)
		return -ENOMEM;
	memset(k->weights, 0, k->blocks * k->weights_block);
	memset(k->bias, 0, lanes * sizeof(*k->bias));
	return 0;
}

static void pack_channel(const struct soft_kernel *kernel,
			 const struct kernel_conv *k, uint32_t i,
			 const int32_t *weights, size_t n, int32_t factor)
{
	uint8_t *group = k->weights + i / KERNEL_OC * k->weights_block;

	for (size_t at = 0; at < n; at += 4, group += kernel->group_bytes) {
		int8_t w[4] = { 0 };

		for (size_t j = 0; j < 4 && at + j < n; j++)
			w[j] = weights[at + j] * factor;
		kernel->pack(group, i % KERNEL_OC, w);
	}
}

/* acc = bias + sum of (byte + offset - zero_point) * w, the offsets folded. */
static int32_t folded_bias(const struct soft_conv *s,
			   const struct exec_tensor *in, uint32_t channel,
			   const int32_t *weights, size_t n)
{
	int64_t bias = s->bias ? s->bias[channel] : 0;

	for (size_t i = 0; i < n; i++)
		bias += (in->offset - s->zero_point) * weights[i];
	return bias;
}

static int fit_lines(const struct exec_plan *plan, const struct exec_op *op,
		     const struct conv *c, uint32_t first,
		     struct kernel_conv *k)
{
	const struct exec_tensor *out = &plan->tensors[op->op->output];
	const struct soft_tensor *t = &plan->graph->tensors[op->op->output];
	struct exec_span range = { t->min, t->max };
	int err = out->store == EXEC_U8 ? 0 : -EOPNOTSUPP;

	for (uint32_t b = 0; !err && b < k->blocks; b++) {
		uint32_t channel[KERNEL_OC];

		for (uint32_t i = 0; i < KERNEL_OC; i++) {
			uint32_t at = b * KERNEL_OC + plan->kernel->lanes[i];

			channel[i] = c->order[first +
				(at < k->channels ? at : 0)];
		}
		err = exec_line_fit(plan->kernel, op->op->requant, out, range,
				    channel, c->scale, &k->line[b]);
	}
	if (!err)
		return 0;
	free(k->line);
	k->line = NULL;
	return err == -ENOMEM ? err : 0;
}

static int fit_narrow(const struct exec_plan *plan, const struct exec_op *op,
		      const struct conv *c, struct kernel_narrow *narrow)
{
	const struct exec_tensor *out = &plan->tensors[op->op->output];
	const struct soft_tensor *t = &plan->graph->tensors[op->op->output];
	struct exec_span range = { t->min, t->max };
	uint32_t channel[KERNEL_OC];

	for (uint32_t i = 0; i < KERNEL_OC; i++)
		channel[i] = c->order[i < narrow->channels ? i : 0];
	return exec_line_fit(plan->kernel, op->op->requant, out, range,
			     channel, c->scale, &narrow->line);
}

static void pack_narrow(const struct exec_plan *plan, const struct exec_op *op,
			const struct conv *c, struct kernel_narrow *narrow)
{
	const struct soft_conv *s = &op->op->conv;
	const struct exec_tensor *in = &plan->tensors[op->op->inputs[0]];
	size_t n = (size_t)s->kh * s->kw * in->c;

	for (uint32_t k = 0; k < narrow->channels; k++) {
		const int32_t *weights = s->weights + c->order[k] * n;
		int32_t factor = factor_of(op->op, c->scale, c->order[k]);
		int8_t *to = narrow->weights + 4 * k;

		narrow->bias[k] = folded_bias(s, in, c->order[k], weights, n) *
				  factor;
		for (size_t j = 0; j < n; j++)
			to[j / 4 * narrow->channels * 4 + j % 4] =
				weights[j] * factor;
	}
}

/* Few channels, and an input that can be kept in planes for them alone. */
static bool wants_narrow(const struct exec_plan *plan, const struct exec_op *op,
			 const struct conv *c)
{
	uint32_t tensor = op->op->inputs[0];

	return plan->kernel->narrow && !plan->vectors && !c->gather &&
	       plan->tensors[op->op->output].c <= KERNEL_NARROW_OC &&
	       plan->tensors[op->op->output].store == EXEC_U8 &&
	       plan->tensors[tensor].output < 0 &&
	       !plan->tensors[tensor].keep_all &&
	       op->op->conv.stride_w == 1 &&
	       exec_readers(plan->graph, tensor) == 1;
}

static int make_narrow(struct exec_plan *plan, const struct exec_op *op,
		       const struct conv *c, struct kernel_conv *k)
{
	struct exec_tensor *in = &plan->tensors[op->op->inputs[0]];
	struct kernel_narrow *narrow;
	int err;

	narrow = aligned_alloc(64, sizeof(*narrow));
	k->narrow = narrow;
	if (!narrow)
		return -ENOMEM;
	memset(narrow, 0, sizeof(*narrow));
	narrow->channels = k->channels;
	narrow->planes = in->c / 4;
	narrow->taps = c->run_bytes / in->c;
	narrow->weights = calloc((size_t)c->runs * narrow->taps,
				 4 * narrow->planes * narrow->channels);
	if (!narrow->weights)
		return -ENOMEM;
	pack_narrow(plan, op, c, narrow);
	err = fit_narrow(plan, op, c, narrow);
	in->planes = !err;
	return err == -EOPNOTSUPP ? 0 : err;
}

static int prepare_part(struct exec_plan *plan, const struct exec_op *op,
			struct conv *c, uint32_t part)
{
	const struct soft_conv *s = &op->op->conv;
	const struct exec_tensor *in = &plan->tensors[op->op->inputs[0]];
	uint32_t channels = plan->tensors[op->op->output].c / s->groups;
	size_t n = (size_t)s->kh * s->kw * (in->c / s->groups);
	struct kernel_conv *k = &c->parts[part];
	int err = alloc_part(plan->kernel, c, channels,
			     (size_t)in->c * s->stride_w, k);

	if (err)
		return err;
	for (uint32_t i = 0; i < k->blocks * KERNEL_OC; i++) {
		uint32_t block = i / KERNEL_OC, lane = i % KERNEL_OC;
		uint32_t at = block * KERNEL_OC + plan->kernel->lanes[lane];
		uint32_t channel;
		int32_t factor;

		if (at >= channels)
			continue;
		channel = c->order[part * channels + at];
		factor = factor_of(op->op, c->scale, channel);
		pack_channel(plan->kernel, k, i, s->weights + channel * n, n,
			     factor);
		k->bias[i] = folded_bias(s, in, channel,
					 s->weights + channel * n, n) * factor;
	}
	if (wants_narrow(plan, op, c)) {
		err = make_narrow(plan, op, c, k);
		if (err || in->planes)
			return err;
	}
	return fit_lines(plan, op, c, part * channels, k);
}

/* dcr position p of a pixel shuffle's input is crd channel order[p]. */
static void choose_order(const struct exec_tensor *out, struct conv *c)
{
	uint32_t sub = out->shuffled ? out->shuffled * out->shuffled : 1;
	uint32_t colours = out->c / sub;

	for (uint32_t i = 0; i < out->c; i++)
		c->order[i] = i % colours * sub + i / colours;
}

static int allocate(const struct exec_plan *plan, const struct exec_op *op,
		    struct conv **out)
{
	struct conv *c = calloc(1, sizeof(*c));

	*out = c;
	if (!c)
		return -ENOMEM;
	choose_runs(&plan->tensors[op->op->inputs[0]], &op->op->conv, c);
	c->scale = choose_scale(op->op);
	c->parts = calloc(c->num_parts, sizeof(*c->parts));
	c->order = calloc(plan->tensors[op->op->output].c, sizeof(*c->order));
	return c->parts && c->order ? 0 : -ENOMEM;
}

/* Whether 16 pixels' bytes of each run lie within a vector. */
static bool gathers_fast(const struct soft_kernel *kernel,
			 const struct kernel_gather *g)
{
	return kernel->gather_fits && kernel->gather_fits() &&
	       g->runs <= KERNEL_GATHER_RUNS &&
	       g->to_stride / 4 <= KERNEL_GATHER_VECTORS &&
	       (KERNEL_GATHER_PX - 1) * g->from_stride + g->bytes <= 64;
}

static void index_gather(struct kernel_gather *g)
{
	for (size_t i = 0; i < KERNEL_GATHER_PX * g->to_stride; i++) {
		size_t px = i / g->to_stride, j = i % g->to_stride;
		uint32_t run = j / g->bytes;

		if (run >= g->runs)
			continue;
		g->index[i / 64][i % 64] = px * g->from_stride + j % g->bytes;
		g->mask[i / 64][run] |= 1ull << i % 64;
	}
}

static int prepare_gather(const struct exec_plan *plan, struct exec_op *op,
			  struct conv *c)
{
	const struct exec_tensor *in = &plan->tensors[op->op->inputs[0]];
	size_t stride = c->parts[0].pixel_stride;

	if (!c->gather)
		return 0;
	c->gathering = calloc(1, sizeof(*c->gathering));
	if (!c->gathering)
		return -ENOMEM;
	c->gathering->runs = c->runs;
	c->gathering->bytes = c->run_bytes;
	c->gathering->from_stride = (size_t)in->c * op->op->conv.stride_w;
	c->gathering->to_stride = stride;
	c->fast_gather = gathers_fast(plan->kernel, c->gathering);
	if (c->fast_gather)
		index_gather(c->gathering);
	c->gather_px = GATHER_BYTES / stride / KERNEL_GATHER_PX *
		       KERNEL_GATHER_PX;
	if (c->gather_px < KERNEL_GATHER_PX)
		c->gather_px = KERNEL_GATHER_PX;
	op->scratch = c->gather_px * stride + KERNEL_SLACK;
	return 0;
}

int exec_conv_prepare(struct exec_plan *plan, struct exec_op *op)
{
	struct conv *c;
	int err = 0;

	if (op->op->kind != SOFT_OP_CONV || !fits(plan, op) ||
	    claim_padding(plan, op))
		return -EOPNOTSUPP;
	err = allocate(plan, op, &c);
	if (!err)
		choose_order(&plan->tensors[op->op->output], c);
	for (uint32_t i = 0; !err && i < c->num_parts; i++)
		err = prepare_part(plan, op, c, i);
	if (!err)
		err = prepare_gather(plan, op, c);
	if (err) {
		conv_free(c);
		return err;
	}
	op->row = conv_row;
	op->data = c;
	op->free_data = conv_free;
	return 0;
}
