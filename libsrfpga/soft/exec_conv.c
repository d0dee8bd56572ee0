// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Prepares convolutions over bytes for the kernels: decides how the input is
 * read, packs the weights, fits the lines. Knows no instruction set.
 */
#include "exec_rows.h"

#include <stdlib.h>
#include <string.h>

#include "exec_conv.h"
#include "exec_line.h"

#define GATHER_BYTES	16384	/* of gathered input at a time: half an L1 */
#define MAX_RUNS	1024	/* of bytes under a pixel */
#define MIN_GROUPS	4	/* shorter runs are gathered into one */

static void narrow_free(struct kernel_narrow *narrow)
{
	if (narrow)
		free(narrow->weights);
	free(narrow);
}

static void conv_free(void *data)
{
	struct conv *c = data;

	if (!c)
		return;
	for (uint32_t i = 0; c->parts && i < c->num_parts; i++) {
		free(c->parts[i].weights);
		free(c->parts[i].bias);
		free(c->parts[i].line);
		narrow_free(c->parts[i].narrow);
	}
	free(c->gathering);
	free(c->parts);
	free(c->order);
	free(c);
}

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

	/* Depthwise: a tile would hold one channel of 32. */
	if (c->groups > 1 && c->groups == in->c && c->groups == out->c)
		return false;
	if (in->store != EXEC_U8 || op->op->acc_bits != 32 ||
	    c->kh * (uint64_t)c->kw > MAX_RUNS ||
	    c->weight_min < INT8_MIN || c->weight_max > INT8_MAX)
		return false;
	for (uint32_t k = 0; k < out->c; k++) {
		/* -128 has no negative. */
		if (c->weight_min == INT8_MIN && conv_factor(op->op, 0, k) < 0)
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
	if (kernel->groups)
		k->groups = kernel->groups(k->groups);
	k->pixel_stride = c->gather ? 4 * k->groups : stride;
	k->channels = channels;
	k->blocks = (channels + KERNEL_OC - 1) / KERNEL_OC;
	k->weights_block = (size_t)k->segments * k->groups *
			   kernel->group_bytes;
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

/* Weight groups before the one that byte @i of @n under a pixel is in. */
static size_t group_of(const struct kernel_conv *k, size_t n, size_t i)
{
	size_t run = n / k->segments;

	return i / run * k->groups + i % run / 4;
}

static void pack_channel(const struct soft_kernel *kernel,
			 const struct kernel_conv *k, uint32_t i,
			 const int32_t *weights, size_t n, int32_t factor)
{
	uint8_t *block = k->weights + i / KERNEL_OC * k->weights_block;

	for (size_t at = 0; at < n; at += 4) {
		int8_t w[4] = { 0 };

		for (size_t j = 0; j < 4 && at + j < n; j++)
			w[j] = weights[at + j] * factor;
		kernel->pack(block + group_of(k, n, at) * kernel->group_bytes,
			     i % KERNEL_OC, w);
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
			const struct conv *c, struct kernel_conv *conv)
{
	const struct soft_conv *s = &op->op->conv;
	const struct exec_tensor *in = &plan->tensors[op->op->inputs[0]];
	struct kernel_narrow *narrow = conv->narrow;
	size_t n = (size_t)s->kh * s->kw * in->c;

	for (uint32_t k = 0; k < narrow->channels; k++) {
		const int32_t *weights = s->weights + c->order[k] * n;
		int32_t factor = conv_factor(op->op, c->scale, c->order[k]);
		int8_t *to = narrow->weights + 4 * k;

		narrow->bias[k] = folded_bias(s, in, c->order[k], weights, n) *
				  factor;
		for (size_t j = 0; j < n; j++)
			to[group_of(conv, n, j) * narrow->lanes * 4 + j % 4] =
				weights[j] * factor;
	}
}

/*
 * Few channels, and an input that can be kept in planes for them alone where
 * the kernel wants those.
 */
static bool wants_narrow(const struct exec_plan *plan, const struct exec_op *op,
			 const struct conv *c)
{
	uint32_t tensor = op->op->inputs[0];

	if (!plan->kernel->narrow || plan->vectors || c->gather ||
	    plan->tensors[op->op->output].c > KERNEL_NARROW_OC ||
	    plan->tensors[op->op->output].store != EXEC_U8)
		return false;
	return !plan->kernel->planes ||
	       (plan->tensors[tensor].output < 0 &&
		!plan->tensors[tensor].keep_all &&
		op->op->conv.stride_w == 1 &&
		exec_readers(plan->graph, tensor) == 1);
}

/* For @px pixels of row @row: where its bytes are among those of quads. */
static void fill_order(const struct kernel_narrow *n, uint32_t row,
		       uint32_t first_quad, uint32_t px, uint8_t *order)
{
	uint32_t run = n->channels / n->rows;

	for (uint32_t i = 0; i < px * run; i++) {
		uint32_t channel = row * run + i % run;
		uint32_t quad = channel / 4 - first_quad;

		order[i] = (quad * px + i / run) * 4 + channel % 4;
	}
}

static int make_narrow(struct exec_plan *plan, const struct exec_op *op,
		       const struct conv *c, struct kernel_conv *k)
{
	struct exec_tensor *in = &plan->tensors[op->op->inputs[0]];
	struct kernel_narrow *narrow;
	size_t bytes;
	int err;

	narrow = aligned_alloc(64, sizeof(*narrow));
	k->narrow = narrow;
	if (!narrow)
		return -ENOMEM;
	memset(narrow, 0, sizeof(*narrow));
	narrow->channels = k->channels;
	narrow->lanes = plan->kernel->planes ? k->channels :
					       KERNEL_NARROW_LANES;
	narrow->rows = 1;
	narrow->planes = in->c / 4;
	narrow->taps = c->run_bytes / in->c;
	bytes = (size_t)k->segments * k->groups * narrow->lanes * 4;
	narrow->weights = aligned_alloc(64, (bytes + 63) & ~(size_t)63);
	if (!narrow->weights)
		return -ENOMEM;
	memset(narrow->weights, 0, bytes);
	pack_narrow(plan, op, c, k);
	fill_order(narrow, 0, 0, 4, narrow->order[0]);
	err = fit_narrow(plan, op, c, narrow);
	in->planes = !err && plan->kernel->planes;
	if (err != -EOPNOTSUPP)
		return err;
	narrow_free(narrow);
	k->narrow = NULL;
	return 0;
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
		factor = conv_factor(op->op, c->scale, channel);
		pack_channel(plan->kernel, k, i, s->weights + channel * n, n,
			     factor);
		k->bias[i] = folded_bias(s, in, channel,
					 s->weights + channel * n, n) * factor;
	}
	if (wants_narrow(plan, op, c)) {
		err = make_narrow(plan, op, c, k);
		if (err || k->narrow)
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

static void nothing_left(struct exec_piece *p, const struct exec_op *op,
			 uint32_t y)
{
	(void)p;
	(void)op;
	(void)y;
}

bool exec_conv_split(const struct exec_plan *plan, const struct exec_op *conv,
		     struct exec_op *shuffle)
{
	const struct soft_kernel *kernel = plan->kernel;
	uint32_t block = shuffle->op->shuffle.block;
	struct conv *c = conv->data;
	struct kernel_narrow *n;

	if (conv->row != conv_row || !c->parts[0].narrow)
		return false;
	n = c->parts[0].narrow;
	if (!kernel->splits || !kernel->splits() || block < 2 ||
	    block > KERNEL_SPLIT || n->channels % block)
		return false;
	n->rows = block;
	for (uint32_t i = 0; i < block; i++) {
		fill_order(n, i, kernel_split_quad(n, i), 16, n->split[i]);
		fill_order(n, i, 0, 4, n->order[i]);
	}
	c->split_to = shuffle->op->output;
	shuffle->row = nothing_left;
	return true;
}
