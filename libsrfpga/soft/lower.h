/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From ONNX nodes to the integer graph: the state of one lowering and the
 * helpers that the operator families share.
 *
 * Each ONNX value is known as one of enum soft_value_kind. A quantised value
 * is an integer tensor plus the chain of real functions that was applied to it
 * since; a quantiser turns both into a requantisation.
 */
#ifndef SOFT_LOWER_H
#define SOFT_LOWER_H

#include "arena.h"
#include "chain.h"
#include "graph.h"
#include "onnx_file.h"

#define SOFT_MAX_ELEMENTS	(1u << 28)	/* of one tensor */
#define SOFT_MAX_NODES		16384u
#define SOFT_MAX_PORTS		64u

/**
 * struct soft_const - a tensor that is known at load
 * @type: TensorProto.DataType; 0: computed
 * @n: elements
 * @v: the values, row-major
 * @step: NULL, or for each element the scale of which it is a whole multiple
 * @readers: nodes that will read it and are not computed yet; outputs count
 */
struct soft_const {
	int32_t type;
	uint32_t rank;
	int64_t dims[SOFT_MAX_DIMS];
	size_t n;
	double *v;
	double *step;
	uint32_t readers;
};

enum soft_value_kind {
	SOFT_VALUE_UNKNOWN = 0,	/* behind something that was refused */
	SOFT_VALUE_CONST,
	SOFT_VALUE_INPUT,	/* the graph's float input, plus @chain */
	SOFT_VALUE_CODES,	/* @tensor's codes, plus @chain */
	SOFT_VALUE_FLOAT,	/* float @tensor: only movement may follow */
};

/**
 * struct soft_value - what is known of an ONNX value
 * @rank: dimensions as ONNX has them, the batch (always 1) included
 * @order: dimensions from the outermost to the innermost in memory
 * @uses: inputs of nodes and graph outputs that name it
 * @bipolar: every code is -1 or 1
 * @root: INPUT: the graph input that @chain starts from
 * @port: graph input: the tensor that its port feeds, -1 none yet
 */
struct soft_value {
	const char *name;
	enum soft_value_kind kind;
	uint32_t rank;
	int64_t dims[SOFT_MAX_DIMS];
	uint32_t order[SOFT_MAX_DIMS];
	struct soft_const *k;
	uint32_t tensor;
	struct soft_chain chain;
	uint32_t uses;
	bool bipolar;
	struct soft_value *root;
	int64_t port;
};

/**
 * struct soft_node - an ONNX node with its names resolved
 * @in: values, -1: not given
 */
struct soft_node {
	const char *op;
	const char *name;
	const SoftOnnx__Node *raw;
	uint32_t num_in, num_out;
	int32_t *in, *out;
};

/** struct soft_refusal - something that cannot be done exactly */
struct soft_refusal {
	struct soft_refusal *next;
	const char *node, *op;
	char *reason;
};

/**
 * struct soft_lower - the state of one lowering
 * @scratch: what is not needed once the graph is there
 * @arena: the graph's own
 * @num_named: values of the file itself, sorted by name
 * @budget: requantisation steps that may still be searched
 */
struct soft_lower {
	struct soft_arena *scratch;
	struct soft_arena *arena;
	const SoftOnnx__Graph *onnx;
	int64_t opset;
	uint32_t height, width;
	bool as_model;
	uint32_t num_inputs;

	uint32_t num_values, num_named;
	struct soft_value *values;
	uint32_t num_nodes;
	struct soft_node *nodes;

	struct soft_graph *graph;
	uint32_t room_tensors, room_ops, room_ports;
	uint64_t budget;

	struct soft_refusal *refusals, **last_refusal;
	uint32_t num_refusals;
	char *err;
	size_t err_len;
};

typedef int (*soft_handler)(struct soft_lower *l, const struct soft_node *n);

/* --- lower.c: order, dispatch ------------------------------------------- */

/** soft_lower_run() - fill @l->graph from @l->onnx; refusals are in the list
 * Return: 0 (also with refusals), or an error that ends it all.
 */
int soft_lower_run(struct soft_lower *l);

/** soft_fail() - "what" into the error text; returns @err */
int soft_fail(struct soft_lower *l, int err, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/** soft_refuse() - note that @n cannot be done; returns -EOPNOTSUPP */
int soft_refuse(struct soft_lower *l, const struct soft_node *n,
		const char *format, ...) __attribute__((format(printf, 3, 4)));

/* --- net.c: values and nodes -------------------------------------------- */

int soft_net_build(struct soft_lower *l);
/** soft_value_named() - a value of the file, or NULL */
struct soft_value *soft_value_named(struct soft_lower *l, const char *name);
/** soft_expand() - QLinearConv and the like as the nodes they stand for */
int soft_expand(struct soft_lower *l);
int soft_net_sort(struct soft_lower *l);
/** soft_hoist() - pointwise nodes before the movements that they follow */
int soft_hoist(struct soft_lower *l);

/* --- value.c ------------------------------------------------------------ */

/** soft_in() - input @i of @n, or NULL if it is not given */
struct soft_value *soft_in(struct soft_lower *l, const struct soft_node *n,
			   uint32_t i);
struct soft_value *soft_out(struct soft_lower *l, const struct soft_node *n,
			    uint32_t i);
/** soft_const_in() - a constant input, or NULL if not given or no constant */
const struct soft_const *soft_const_in(struct soft_lower *l,
				       const struct soft_node *n, uint32_t i);
/** soft_data_in() - input 0 as codes or the graph's input */
int soft_data_in(struct soft_lower *l, const struct soft_node *n, uint32_t i,
		 struct soft_value **out);
/** soft_codes_in() - input @i as codes; refuses the unquantised input */
int soft_codes_in(struct soft_lower *l, const struct soft_node *n, uint32_t i,
		  struct soft_value **out);
/** soft_value_hwc() - the tensor shape of a value with these dimensions */
void soft_value_hwc(const struct soft_value *v, uint32_t hwc[3]);
/** soft_value_elements() - product of all dimensions */
int64_t soft_value_elements(const struct soft_value *v);
/** soft_value_ordered() - memory order is @order but for dimensions of 1 */
bool soft_value_ordered(const struct soft_value *v, const uint32_t *order);
/** soft_value_reorder() - make @v's memory order @order, moving data if need
 * be; @v's channel moves with it
 */
int soft_value_reorder(struct soft_lower *l, const struct soft_node *n,
		       struct soft_value *v, const uint32_t *order);
/** soft_value_shape() - see @v's tensor as @hwc, without moving data */
int soft_value_shape(struct soft_lower *l, const struct soft_node *n,
		     struct soft_value *v, const uint32_t hwc[3]);
/** soft_value_dims() - set a shape with the memory order of ONNX */
void soft_value_dims(struct soft_value *v, uint32_t rank,
		     const int64_t *dims);
/** soft_value_image() - [N, C, H, W] or [N, C, L] with the channel innermost */
int soft_value_image(struct soft_lower *l, const struct soft_node *n,
		     struct soft_value *v);
/** soft_value_canonical() - memory order as ONNX has it */
int soft_value_canonical(struct soft_lower *l, const struct soft_node *n,
			 struct soft_value *v);
/** soft_value_hwc_axis() - which of h, w, c dimension @dim is; false if it
 * shares h with another
 */
bool soft_value_hwc_axis(const struct soft_value *v, uint32_t dim,
			 uint32_t *axis);
/** soft_value_settle() - clips of the chain done on the codes: affine after */
int soft_value_settle(struct soft_lower *l, const struct soft_node *n,
		      struct soft_value *v);
/** soft_value_plain() - likewise as far as possible, refusing nothing */
int soft_value_plain(struct soft_lower *l, const struct soft_node *n,
		     struct soft_value *v);
/** soft_value_uniform() - settled, one slope and an integer zero point for
 * all channels
 */
int soft_value_uniform(struct soft_lower *l, const struct soft_node *n,
		       struct soft_value *v, soft_quad *slope,
		       int64_t *zero_point);
/** soft_value_float() - becomes a float tensor */
int soft_value_float(struct soft_lower *l, const struct soft_node *n,
		     struct soft_value *v);
/** soft_value_param() - a constant broadcast over @v, as one quad for all or
 * one for each channel
 */
int soft_value_param(struct soft_lower *l, const struct soft_node *n,
		     struct soft_value *v, const struct soft_const *k,
		     uint32_t *channels, soft_quad **out);
/** soft_value_axis_param() - likewise, a vector along dimension @dim */
int soft_value_axis_param(struct soft_lower *l, const struct soft_node *n,
			  struct soft_value *v, const struct soft_const *k,
			  uint32_t dim, uint32_t *channels, soft_quad **out);
/** soft_value_last() - @dim last in memory, the others as they are */
int soft_value_last(struct soft_lower *l, const struct soft_node *n,
		    struct soft_value *v, uint32_t dim);
/** soft_value_inner() - make @dim the innermost dimension, the tensor's c */
int soft_value_inner(struct soft_lower *l, const struct soft_node *n,
		     struct soft_value *v, uint32_t dim);
/** soft_value_channel_dim() - the innermost ONNX dimension that is not 1 */
uint32_t soft_value_channel_dim(const struct soft_value *v);
/** soft_affine() - append p x + q with one p and q to @v's chain */
int soft_affine(struct soft_lower *l, const struct soft_node *n,
		struct soft_value *v, uint32_t channels, const soft_quad *p,
		const soft_quad *q);

/**
 * soft_common_slope() - (common.c) @slopes as whole @multiples of one number
 * Return: that number, 0 if there is none within 64 bits.
 */
soft_quad soft_common_slope(const soft_quad *slopes, uint32_t n,
			    int64_t *multiples);

/* --- build.c: the graph ------------------------------------------------- */

/** soft_add_tensor() - returns its index or a negative errno */
int64_t soft_add_tensor(struct soft_lower *l, const char *name,
			const uint32_t hwc[3], int64_t min, int64_t max);
/** soft_add_op() - returns it, zeroed but for these, or NULL */
struct soft_op *soft_add_op(struct soft_lower *l, const struct soft_node *n,
			    enum soft_op_kind kind, uint32_t num_inputs,
			    const uint32_t *inputs, uint32_t output);
/** soft_emit() - an operation on one tensor and its new output tensor, which
 * has the input's range unless the caller changes it; NULL: no memory
 */
struct soft_op *soft_emit(struct soft_lower *l, const struct soft_node *n,
			  enum soft_op_kind kind, uint32_t input,
			  const uint32_t hwc[3], const char *name,
			  uint32_t *output);
struct soft_tensor *soft_tensor_of(struct soft_lower *l,
				   const struct soft_value *v);
/** soft_tensor_range() - set a tensor's range, bits and signedness */
void soft_tensor_range(struct soft_tensor *t, int64_t min, int64_t max);
/** soft_finish() - fuse requantisations, drop what nobody reads */
int soft_finish(struct soft_lower *l);
/** soft_narrow_sums() - short multipliers for sums of short tensors (narrow.c) */
int soft_narrow_sums(struct soft_lower *l);

/* --- attr.c ------------------------------------------------------------- */

const SoftOnnx__Attribute *soft_attr(const struct soft_node *n,
				     const char *name);
int64_t soft_attr_int(const struct soft_node *n, const char *name,
		      int64_t fallback);
double soft_attr_float(const struct soft_node *n, const char *name,
		       double fallback);
/** soft_attr_is() - whether the string attribute equals @text; @fallback if
 * it is missing
 */
bool soft_attr_is(const struct soft_node *n, const char *name,
		  const char *text, bool fallback);
/** soft_ints_arg() - integers from an attribute or, from some opset on, an
 * input
 * Return: how many (0: not given), or a negative errno after soft_refuse().
 */
int soft_ints_arg(struct soft_lower *l, const struct soft_node *n,
		  const char *attr, uint32_t input, int64_t *out,
		  uint32_t room);
/** soft_axis() - a possibly negative axis of @rank; false if out of range */
bool soft_axis(int64_t axis, uint32_t rank, uint32_t *out);

/* --- const.c, fold.c, fold_move.c: constants ---------------------------- */

int soft_const_new(struct soft_lower *l, uint32_t rank, const int64_t *dims,
		   bool steps, struct soft_const **out);
int soft_const_from_tensor(struct soft_lower *l, const SoftOnnx__Tensor *t,
			   struct soft_const **out);
int soft_set_const(struct soft_lower *l, const struct soft_node *n,
		   uint32_t i, struct soft_const *k);
/** soft_type_range() - of a TensorProto.DataType of integers; else false */
bool soft_type_range(int64_t type, int64_t *min, int64_t *max);
/** soft_linear_range() - the type and codes of a QuantizeLinear; false if it is
 * no integer of 4, 8 or 16 bits
 */
bool soft_linear_range(struct soft_lower *l, const struct soft_node *n,
		       int64_t *type, int64_t *min, int64_t *max);
/** soft_const_at() - flat index in @k, broadcast to @dims, of element
 * @index of @dims
 */
size_t soft_const_at(const struct soft_const *k, uint32_t rank,
		     const int64_t *dims, size_t index);
/** soft_fold() - compute @n if all its inputs are constants
 * Return: 1 done, 0 not foldable, or an error.
 */
int soft_fold(struct soft_lower *l, const struct soft_node *n);
/** soft_fold_knows() - whether nodes of this type can be computed at load */
bool soft_fold_knows(const char *op);
soft_handler soft_fold_move(const char *op);
soft_handler soft_fold_quant(const char *op);

/* --- shape.c ------------------------------------------------------------ */

/** struct soft_ranges - of a slice; @size 0: nothing is left */
struct soft_ranges {
	int64_t start[SOFT_MAX_DIMS], step[SOFT_MAX_DIMS];
	int64_t size[SOFT_MAX_DIMS];
};

/** soft_perm() - Transpose's permutation; false if it is none */
bool soft_perm(const struct soft_node *n, uint32_t rank, uint32_t *perm);
/** soft_new_shape() - of Reshape, Flatten, Squeeze, Unsqueeze */
int soft_new_shape(struct soft_lower *l, const struct soft_node *n,
		   uint32_t rank, const int64_t *dims, uint32_t *new_rank,
		   int64_t *out);
int soft_slice_ranges(struct soft_lower *l, const struct soft_node *n,
		      uint32_t rank, const int64_t *dims,
		      struct soft_ranges *r);

/* --- geometry of windows (window.c) ---------------------------------- */

/**
 * struct soft_window - what slides over an image; [0] rows, [1] columns
 * @same: auto_pad; @before and @after follow from the input's size
 * @ceil: a last window may begin inside and end outside
 */
struct soft_window {
	uint32_t kernel[2], stride[2], dilation[2], before[2], after[2];
	bool same, upper, ceil;
};

/** soft_window_attr() - an attribute with an entry for each of @dims spatial
 * dimensions; 1D has h = 1
 */
int soft_window_attr(struct soft_lower *l, const struct soft_node *n,
		     const char *name, uint32_t dims, uint32_t fallback,
		     uint32_t least, uint32_t out[2]);
/** soft_same_pads() - @total on both sides, the odd one where auto_pad says */
void soft_same_pads(bool upper, uint32_t total, uint32_t *before,
		    uint32_t *after);
/** soft_window_read() - attributes but for the kernel and ceil_mode */
int soft_window_read(struct soft_lower *l, const struct soft_node *n,
		     uint32_t dims, struct soft_window *w);
/** soft_window_size() - output rows and columns; completes the pads */
int soft_window_size(struct soft_lower *l, const struct soft_node *n,
		     struct soft_window *w, const uint32_t in[2],
		     uint32_t out[2]);
/** soft_set_image() - @out's dimensions, of the same rank as @in's */
void soft_set_image(struct soft_value *out, const struct soft_value *in,
		    const uint32_t hwc[3]);

/* --- operator families -------------------------------------------------- */

/** soft_lower_sum() - Add, Sub, Sum of values that are not constant */
int soft_lower_sum(struct soft_lower *l, const struct soft_node *n);
/** soft_lower_product() - Mul of two such values */
int soft_lower_product(struct soft_lower *l, const struct soft_node *n);

int soft_lower_inputs(struct soft_lower *l);
int soft_lower_outputs(struct soft_lower *l);

/**
 * struct soft_quantiser - a rule and what its codes mean
 * @raw: the value that follows is the code itself, not what it means
 * @unclipped: the rule's range is only an upper bound
 * @scale: code q means scale * q + offset; arrays of @channels
 */
struct soft_quantiser {
	struct soft_rule rule;
	bool raw, unclipped;
	uint32_t channels;
	soft_quad *scale, *offset;
};

/** soft_rounding_mode() - of Quant and Trunc, in any case; false: not known */
bool soft_rounding_mode(const struct soft_node *n, enum soft_mode fallback,
			enum soft_mode *out);

/** soft_input_quantise() - a quantiser behind the graph's input decides what
 * the port carries; @v becomes codes. @done: they are @q's already
 */
int soft_input_quantise(struct soft_lower *l, const struct soft_node *n,
			struct soft_value *v, const struct soft_quantiser *q,
			bool *done);
/** soft_quantise() - output 0 of @n becomes q(@in) */
int soft_quantise(struct soft_lower *l, const struct soft_node *n,
		  const struct soft_value *in,
		  const struct soft_quantiser *q);
/** soft_copy_value() - what is known of @from, under @to's own name */
void soft_copy_value(struct soft_value *to, const struct soft_value *from);

/** soft_input_codes() - a value of the network's input, not quantised, as
 * codes: bytes that the model scales first, or a picture at a port
 */
int soft_input_codes(struct soft_lower *l, const struct soft_node *n,
		     struct soft_value *v);

soft_handler soft_find_conv(const char *op);
soft_handler soft_find_pool(const char *op);
soft_handler soft_find_pointwise(const char *op);
soft_handler soft_find_quant(const char *op);
soft_handler soft_find_move(const char *op);
soft_handler soft_find_slice(const char *op);
soft_handler soft_find_combine(const char *op);
soft_handler soft_find_head(const char *op);

#endif /* SOFT_LOWER_H */
