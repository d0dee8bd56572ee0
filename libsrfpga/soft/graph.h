/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The integer graph: what the lowering produces and every executor consumes.
 *
 * It owns the meaning of each operation; the definitions below are exact and
 * an executor may compute them in any way that gives the same integers. It
 * knows neither ONNX nor instruction sets.
 *
 * A graph computes one frame. Every tensor is a dense array of integers
 * ("codes"), [h][w][c] with the channel innermost and no batch dimension; a
 * vector has h = w = 1, so a fully connected layer is a 1x1 SOFT_OP_CONV on
 * such a tensor. Operations are stored in an order in which each input is
 * produced before it is used; every tensor has exactly one producer (an
 * operation or an input port).
 *
 * An operation first forms an integer accumulator for each output element,
 * as defined beside its parameters, then applies its requantisation (none:
 * the accumulator is the code). Unless said otherwise the channel of a
 * requantisation is the output's channel.
 */
#ifndef SOFT_GRAPH_H
#define SOFT_GRAPH_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "srfpga_soft.h"

#define SOFT_MAX_INPUTS		64	/* of one operation */
#define SOFT_MAX_DIMS		8
#define SOFT_WIDE_BIAS		32	/* see struct soft_requant */

/**
 * struct soft_tensor - an array of codes between two operations
 * @name: the ONNX tensor that it stands for; never NULL
 * @h: rows
 * @w: columns
 * @c: channels; the innermost dimension
 * @min: no code is below; proven by the lowering, or enforced by a clip
 * @max: no code is above
 * @bits: bits that hold @min..@max
 * @is_signed: @min is negative
 * @is_float: the elements are float, not codes (only behind SOFT_OP_DEQUANT
 *	and SOFT_OP_SOFTMAX, before SOFT_OP_QUANTIZE)
 * @scale: the real value is scale * (code - zero_point); for people and
 *	ports only, 0 where it differs between channels
 * @zero_point: see @scale
 */
struct soft_tensor {
	char *name;
	uint32_t h, w, c;
	int64_t min, max;
	uint32_t bits;
	bool is_signed;
	bool is_float;
	double scale;
	int64_t zero_point;
};

/** enum soft_requant_kind - how an accumulator becomes a code */
enum soft_requant_kind {
	/* clamp(acc) */
	SOFT_REQUANT_CLIP = 0,
	/* clamp(round((acc + bias[c]) / 2^shift[c])) */
	SOFT_REQUANT_SHIFT,
	/* clamp(round((acc * multiplier[c] + bias[c]) / 2^shift[c])) */
	SOFT_REQUANT_MULTIPLIER,
	/* n = how many thresholds[c][0..num) are <= acc; values[c][n] */
	SOFT_REQUANT_THRESHOLDS,
	/* table[c][acc - table_min] */
	SOFT_REQUANT_TABLE,
};

/**
 * enum soft_rounding - of the division by 2^shift
 *
 * FLOOR is an arithmetic shift right: the bias then holds the rounding
 * constant already, and the lowering has *proven* the form equal to the
 * model's own rule at every accumulator in acc_min..acc_max. HALF_EVEN rounds
 * to nearest and an exact half to the even code; it is used only where FLOOR
 * cannot express the model's ties.
 */
enum soft_rounding {
	SOFT_ROUND_FLOOR = 0,
	SOFT_ROUND_HALF_EVEN,
};

#define SOFT_MAX_TIES		64

/** struct soft_tie - an accumulator whose code no line has beside the others */
struct soft_tie {
	uint32_t channel;
	int64_t acc;
	int64_t code;
};

/**
 * struct soft_requant - from accumulator to code
 * @kind: see enum soft_requant_kind; parameters of other kinds are NULL or 0
 * @rounding: of SHIFT and MULTIPLIER
 * @channels: entries c of each parameter array; 1: the same for all channels
 * @acc_min: accumulators are never below
 * @acc_max: accumulators are never above
 * @out_min: clamp() of CLIP, SHIFT and MULTIPLIER; bounds of the others
 * @out_max: see @out_min
 * @wide: MULTIPLIER needs a 128-bit intermediate, which is acc * multiplier +
 *	bias * 2^SOFT_WIDE_BIAS. If false, then |multiplier| < 2^31 and acc *
 *	multiplier + bias fits an int64_t for every accumulator in
 *	acc_min..acc_max
 * @num_ties: entries of @ties, only if wide
 * @ties: what goes before the formula
 * @multiplier: [channels]; may be negative or zero
 * @bias: [channels]
 * @shift: [channels], 0..62; if wide 0..94
 * @num_thresholds: thresholds of a channel
 * @thresholds: [channels][num_thresholds], ascending within a channel;
 *	INT64_MAX fills up channels that have fewer
 * @values: [channels][num_thresholds + 1]
 * @monotone: values[c][] is base + n or base - n in every channel
 * @table_min: the accumulator of the table's first entry
 * @table_len: entries of a channel
 * @table: [channels][table_len]; covers acc_min..acc_max
 */
struct soft_requant {
	enum soft_requant_kind kind;
	enum soft_rounding rounding;
	uint32_t channels;
	int64_t acc_min, acc_max;
	int64_t out_min, out_max;
	bool wide;
	uint32_t num_ties;
	struct soft_tie *ties;
	int64_t *multiplier;
	int64_t *bias;
	uint8_t *shift;
	uint32_t num_thresholds;
	int64_t *thresholds;
	int32_t *values;
	bool monotone;
	int64_t table_min;
	uint32_t table_len;
	int32_t *table;
};

enum soft_op_kind {
	SOFT_OP_CONV = 0,
	SOFT_OP_CONV_TRANSPOSE,
	SOFT_OP_MAX_POOL,
	SOFT_OP_SUM_POOL,
	SOFT_OP_ADD,
	SOFT_OP_MUL,
	SOFT_OP_REQUANT,	/* acc = in[0][y][x][k] */
	SOFT_OP_CONCAT,
	SOFT_OP_SLICE,
	SOFT_OP_PAD,
	SOFT_OP_RESIZE,
	SOFT_OP_DEPTH_TO_SPACE,
	SOFT_OP_SPACE_TO_DEPTH,
	SOFT_OP_PERMUTE,
	SOFT_OP_RESHAPE,	/* the same elements in the same order */
	SOFT_OP_ARGMAX,
	SOFT_OP_TOPK,
	SOFT_OP_DEQUANT,
	SOFT_OP_QUANTIZE,
	SOFT_OP_SOFTMAX,
	SOFT_OP_KINDS
};

/**
 * struct soft_conv - SOFT_OP_CONV and SOFT_OP_CONV_TRANSPOSE
 *
 * With ic = in.c / groups, oc = out.c / groups and g = k / oc:
 *
 * CONV: acc[y][x][k] = bias[k] + sum over ky, kx, i of
 *	(in[y * stride_h + ky * dilation_h - pad_top]
 *	   [x * stride_w + kx * dilation_w - pad_left][g * ic + i]
 *	 - zero_point) * weights[k][ky][kx][i],
 * where an input outside the tensor is pad_value.
 *
 * CONV_TRANSPOSE: the same sum over those ky, kx, i for which
 *	y + pad_top - ky * dilation_h = stride_h * iy with 0 <= iy < in.h
 * and likewise in x, of (in[iy][ix][g * ic + i] - zero_point) *
 * weights[k][ky][kx][i]; pad_value is not used.
 *
 * @weights: [out.c][kh][kw][ic]
 * @bias: [out.c], or NULL for none
 * @weight_min: least weight
 * @weight_max: greatest weight
 */
struct soft_conv {
	uint32_t kh, kw;
	uint32_t stride_h, stride_w;
	uint32_t dilation_h, dilation_w;
	uint32_t pad_top, pad_left, pad_bottom, pad_right;
	uint32_t groups;
	int64_t pad_value;
	int64_t zero_point;
	int32_t *weights;
	int64_t *bias;
	int32_t weight_min, weight_max;
};

/**
 * struct soft_pool - SOFT_OP_MAX_POOL and SOFT_OP_SUM_POOL
 *
 * Over the window's n elements that lie inside the input:
 * MAX_POOL: acc = the greatest; SUM_POOL: acc = (sum of (in - zero_point)) *
 * common / n, where common is a multiple of every n that occurs, or 0: the
 * sum alone.
 */
struct soft_pool {
	uint32_t kh, kw;
	uint32_t stride_h, stride_w;
	uint32_t dilation_h, dilation_w;
	uint32_t pad_top, pad_left, pad_bottom, pad_right;
	int64_t zero_point;
	int64_t common;
};

/**
 * struct soft_add - SOFT_OP_ADD
 *
 * acc = bias[k] + sum over inputs j of multiplier[j][k] * in[j][y][x][k].
 * An input with h = w = 1 is used at every y, x; one with c = 1 at every k.
 *
 * @channels: entries of each array; 1: the same for all channels
 * @multiplier: for each input [channels]
 * @bias: [channels]
 */
struct soft_add {
	uint32_t channels;
	int64_t *multiplier[SOFT_MAX_INPUTS];
	int64_t *bias;
};

/**
 * struct soft_mul - SOFT_OP_MUL: acc = (in[0] - zero_point[0]) *
 * (in[1] - zero_point[1]), broadcast as in SOFT_OP_ADD
 */
struct soft_mul {
	int64_t zero_point[2];
};

/** struct soft_concat - SOFT_OP_CONCAT; @axis: 0 h, 1 w, 2 c */
struct soft_concat {
	uint32_t axis;
};

/** struct soft_slice - out[i] = in[start + step * i] on each of h, w, c */
struct soft_slice {
	uint32_t start[3];
	int32_t step[3];
};

/** struct soft_pad - @value around the input; sizes for h, w, c */
struct soft_pad {
	uint32_t before[3], after[3];
	int64_t value;
};

/** struct soft_resize - nearest: out[y][x] = in[y / factor_h][x / factor_w] */
struct soft_resize {
	uint32_t factor_h, factor_w;
};

/**
 * struct soft_shuffle - SOFT_OP_DEPTH_TO_SPACE and SOFT_OP_SPACE_TO_DEPTH
 *
 * With r = block, DEPTH_TO_SPACE: out[r * y + dy][r * x + dx][k] =
 *	crd: in[y][x][k * r * r + dy * r + dx]
 *	else (dcr): in[y][x][(dy * r + dx) * out.c + k]
 * SPACE_TO_DEPTH is the inverse with the same two orders.
 */
struct soft_shuffle {
	uint32_t block;
	bool crd;
};

/**
 * struct soft_permute - the input seen as dims[0..rank), transposed so that
 * output dimension i is input dimension perm[i], seen as the output's h, w, c
 */
struct soft_permute {
	uint32_t rank;
	uint32_t dims[SOFT_MAX_DIMS];
	uint32_t perm[SOFT_MAX_DIMS];
};

/**
 * struct soft_topk - SOFT_OP_ARGMAX and SOFT_OP_TOPK along the channel
 * @k: how many; 1 for ARGMAX
 * @largest: greatest first; else least first
 * @last: of equals the last index first; else the first
 *
 * ARGMAX: out[y][x][i] is the index of the i-th; TOPK: its code (or float).
 */
struct soft_topk {
	uint32_t k;
	bool largest;
	bool last;
};

/**
 * struct soft_dequant - SOFT_OP_DEQUANT: codes to float
 *
 * x = slope[k] * in + offset[k]; out = (float)min(max(x < 0 ? leak * x : x,
 * low), high), in double, every step rounded by itself (no fused
 * multiply-add).
 */
struct soft_dequant {
	uint32_t channels;
	double *slope;
	double *offset;
	double leak;
	double low, high;
};

/** soft_dequantise() - the definition (requant.c) */
float soft_dequantise(const struct soft_dequant *d, uint32_t c, int64_t code);

struct soft_arena;
struct soft_quantize;	/* SOFT_OP_QUANTIZE, see quantize.h */

/**
 * struct soft_op - one operation
 * @kind: which of the union is valid
 * @name: the ONNX node that it comes from; never NULL
 * @num_inputs: entries of @inputs
 * @inputs: indices of tensors
 * @output: index of a tensor
 * @acc_bits: 32: the accumulator and every partial sum, in any order of
 *	summation and without @conv.zero_point being subtracted first, fit
 *	int32_t; else 64
 * @requant: NULL: the accumulator is the code
 */
struct soft_op {
	enum soft_op_kind kind;
	char *name;
	uint32_t num_inputs;
	uint32_t *inputs;
	uint32_t output;
	uint32_t acc_bits;
	struct soft_requant *requant;
	union {
		struct soft_conv conv;
		struct soft_pool pool;
		struct soft_add add;
		struct soft_mul mul;
		struct soft_concat concat;
		struct soft_slice slice;
		struct soft_pad pad;
		struct soft_resize resize;
		struct soft_shuffle shuffle;
		struct soft_permute permute;
		struct soft_topk topk;
		struct soft_dequant dequant;
		struct soft_quantize *quantize;
	};
};

/**
 * struct soft_port - where a tensor meets the outside
 * @info: as the user sees it
 * @tensor: which tensor
 * @direct: one byte an element, the bytes are the codes themselves (uint8_t
 *	or int8_t by the tensor's is_signed), in [h][w][c] order: a frame can
 *	be used in place, without soft_port_read() / soft_port_write()
 */
struct soft_port {
	struct srfpga_soft_port info;
	uint32_t tensor;
	bool direct;
};

/**
 * struct soft_graph - a network
 * @num_ports: entries of @ports
 * @num_inputs: how many of them are inputs; these come first
 * @arena: holds everything that the graph points to
 */
struct soft_graph {
	struct soft_arena *arena;
	uint32_t num_tensors;
	struct soft_tensor *tensors;
	uint32_t num_ops;
	struct soft_op *ops;
	uint32_t num_ports;
	uint32_t num_inputs;
	struct soft_port *ports;
};

/** soft_graph_free() - release a graph and all it points to; NULL is fine. */
void soft_graph_free(struct soft_graph *graph);

/** soft_tensor_size() - elements of a tensor */
static inline size_t soft_tensor_size(const struct soft_tensor *t)
{
	return (size_t)t->h * t->w * t->c;
}

/* --- requantisation (requant.c): the definition ------------------------- */

/** soft_requantise() - the code of accumulator @acc in channel @channel;
 * @rq may be NULL: @acc itself
 */
int64_t soft_requantise(const struct soft_requant *rq, uint32_t channel,
			int64_t acc);

/**
 * soft_requant_steps() - where a requantisation changes, for proofs
 * @rq: any kind
 * @channel: 0..out channels - 1
 * @t: receives, for each code k in @rq->out_min + 1 .. @rq->out_max, at
 *	t[k - out_min - 1] the least accumulator in acc_min..acc_max whose
 *	code is >= k, or acc_max + 1 if there is none
 *
 * Lets an executor prove a form of its own (a float multiply, say) equal to
 * the definition: two non-decreasing functions with the same steps are the
 * same function on acc_min..acc_max.
 *
 * Return: 0, or -EINVAL if the function is not non-decreasing in @channel.
 */
int soft_requant_steps(const struct soft_requant *rq, uint32_t channel,
		       int64_t *t);

/* --- ports (port.c) ----------------------------------------------------- */

/** soft_port_read() - unpack a frame to codes in [h][w][c] order; for a float
 * port each code is the bit pattern of the float
 */
void soft_port_read(const struct soft_port *port, const struct soft_tensor *t,
		    const void *frame, int64_t *codes);

/** soft_port_write() - the way back */
void soft_port_write(const struct soft_port *port, const struct soft_tensor *t,
		     const int64_t *codes, void *frame);

/* --- executors ---------------------------------------------------------- */

/**
 * struct soft_exec_options - what a user asked for
 * @threads: >= 1, already resolved
 * @isa: never AUTO or REFERENCE for the fast executor: resolved to PORTABLE,
 *	AVX2, AVX512_VNNI, AMX_INT8 or NEON by soft_isa_best(), or as the user
 *	forced it
 */
struct soft_exec_options {
	uint32_t threads;
	enum srfpga_soft_isa isa;
};

/**
 * struct soft_executor_ops - a way to run a graph
 * @name: for messages
 * @create: prepare; the graph outlives the state and does not change.
 *	Return 0 and *state, -EOPNOTSUPP if the graph is not covered (the
 *	reference executor then takes over) or this CPU lacks opt->isa,
 *	-ENOMEM
 * @run: @buffers holds, in port order, the address of @frames consecutive
 *	frames (info.frame_bytes apart); may be called by several threads at
 *	the same time. Return 0 or -ENOMEM
 * @destroy: release; never called while a run is in progress
 */
struct soft_executor_ops {
	const char *name;
	int (*create)(const struct soft_graph *graph,
		      const struct soft_exec_options *opt, void **state);
	int (*run)(void *state, void *const *buffers, uint32_t frames);
	void (*destroy)(void *state);
};

/** Slow and obvious (reference.c). */
extern const struct soft_executor_ops soft_reference_executor;

/** Strips, threads, vectors (exec_fast.c). */
extern const struct soft_executor_ops soft_fast_executor;

/** soft_isa_best() - the fastest that this CPU has (exec_fast.c) */
enum srfpga_soft_isa soft_isa_best(void);

/**
 * soft_reference_run() - one frame of every port through the reference
 * @graph: the network
 * @buffers: in port order one frame each
 * @tensors: NULL, or an array of num_tensors pointers, all NULL, that
 *	receives each tensor's codes; release each with free()
 *
 * For tests that compare an executor layer by layer.
 *
 * Return: 0 or -ENOMEM.
 */
int soft_reference_run(const struct soft_graph *graph, void *const *buffers,
		       int64_t **tensors);

/** soft_graph_radius() - srfpga_soft_radius() of a graph (radius.c) */
int soft_graph_radius(const struct soft_graph *g, uint32_t *radius,
		      uint32_t *factor);

/**
 * soft_model_graph() - the graph behind a loaded model (not exported by the
 * shared object; unit tests and benchmarks link the objects)
 */
const struct soft_graph *soft_model_graph(const struct srfpga_soft_model *m);

#endif /* SOFT_GRAPH_H */
