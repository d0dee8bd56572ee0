/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How the fast executor runs a graph: depth first, row by row.
 *
 * Every tensor keeps only as many rows as its readers still need, in a ring.
 * A piece of work (struct exec_piece) is a strip of columns and a band of
 * rows of one frame, or a run of frames of a network of vectors; it asks the
 * outputs for their rows, and each operation asks its inputs for theirs.
 */
#ifndef SOFT_EXEC_PLAN_H
#define SOFT_EXEC_PLAN_H

#include "graph.h"
#include "kernel.h"

/** enum exec_store - how a row holds codes */
enum exec_store {
	EXEC_U8,	/* a byte: code - offset */
	EXEC_S32,	/* int32_t: the code, or the bits of a float */
	EXEC_S64,	/* int64_t: the code */
};

struct exec_op;
struct exec_piece;

/**
 * struct exec_tensor - a tensor as the executor holds it
 * @h: rows; a network of vectors has 1
 * @w: columns; a network of vectors has as many as frames in a piece
 * @c: channels
 * @store: see enum exec_store
 * @size: bytes of an element
 * @offset: code of the stored byte 0 (EXEC_U8)
 * @pad_left: pixels kept left of column 0, filled with @pad_byte
 * @pad_right: likewise on the right
 * @slack: pixels behind them that a kernel may read or write
 * @pad_rows: a row of pad pixels is needed
 * @padded: @pad_byte is decided
 * @pad_byte: see @pad_left
 * @ring: rows kept
 * @port: the input port that fills it, or -1
 * @producer: the operation that fills it, or NULL
 * @output: the output port that it is, or -1
 * @in_place: the frame of @output is written directly
 * @keep_all: the ring holds every row
 * @planes: rows in the ring are [c / 4][pixel][4]
 * @shuffled: block of the only reader, a DEPTH_TO_SPACE: channels are kept
 *	in its dcr order, whatever the graph says; 0: as in the graph
 */
struct exec_tensor {
	uint32_t h, w, c;
	enum exec_store store;
	uint32_t size;
	int64_t offset;
	uint32_t pad_left, pad_right;
	uint32_t slack;
	bool pad_rows;
	bool padded;
	uint8_t pad_byte;
	uint32_t ring;
	int port;
	const struct exec_op *producer;
	int output;
	bool in_place;
	bool keep_all;
	bool planes;
	uint32_t shuffled;
};

/**
 * struct exec_op - an operation, prepared
 * @op: its definition
 * @row: computes row @y of the output, the piece's columns
 * @whole: reads and writes whole tensors, in one go with the first row
 * @exact: @row writes no byte outside the piece's columns
 * @makes_planes: @row turns its output into planes by itself
 * @data: belongs to @row
 * @free_data: releases @data
 * @scratch: bytes of scratch that @row needs
 */
struct exec_op {
	const struct soft_op *op;
	void (*row)(struct exec_piece *p, const struct exec_op *op,
		    uint32_t y);
	bool whole;
	bool exact;
	bool makes_planes;
	void *data;
	void (*free_data)(void *data);
	size_t scratch;
};

/**
 * struct exec_plan - a graph, prepared
 * @vectors: every operation works on vectors: the columns are frames
 * @strips: columns may be cut
 * @bands: rows may be cut
 * @block: cuts are at multiples of it in the output
 * @scratch: bytes of scratch of a piece
 */
struct exec_plan {
	const struct soft_graph *graph;
	const struct soft_kernel *kernel;
	uint32_t threads;
	struct exec_tensor *tensors;
	struct exec_op *ops;
	bool vectors;
	bool strips;
	bool bands;
	uint32_t block;
	size_t scratch;
};

/**
 * struct exec_rows - a tensor within a piece
 * @x0: first column of the piece
 * @x1: behind the last
 * @y0: first row
 * @y1: behind the last
 * @next: the row to be produced next
 * @base: ring row 0 at column @x0
 * @pitch: bytes between ring rows
 * @ring: rows in the ring
 * @pad: a row of pad pixels at column @x0, or NULL
 * @plane: bytes between planes
 * @staging: what a producer writes, in pixel order, before it becomes planes
 */
struct exec_rows {
	uint32_t x0, x1;
	uint32_t y0, y1;
	uint32_t next;
	uint8_t *base;
	size_t pitch;
	uint32_t ring;
	uint8_t *pad;
	size_t plane;
	uint8_t *staging;
};

/**
 * struct exec_piece - work in progress on one thread
 * @rows: of each tensor
 * @frames: the frame of each port
 * @scratch: see struct exec_plan
 * @arena: memory of the rings
 * @next_idle: list of pieces that no run uses
 */
struct exec_piece {
	const struct exec_plan *plan;
	struct exec_rows *rows;
	uint8_t **frames;
	uint8_t *scratch;
	uint8_t *arena;
	size_t arena_size;
	struct exec_piece *next_idle;
};

/** struct exec_span - rows or columns lo..hi-1; empty if hi <= lo */
struct exec_span {
	int64_t lo, hi;
};

enum exec_axis { EXEC_Y, EXEC_X };

/** exec_span_needed() - what of input @i the outputs in @out read
 *
 * Return: not clipped to the input's size.
 */
struct exec_span exec_span_needed(const struct exec_plan *plan,
				  const struct exec_op *op, uint32_t i,
				  enum exec_axis axis, struct exec_span out);

/** exec_whole() - a kind that needs its inputs as a whole */
bool exec_whole(const struct soft_graph *graph, const struct soft_op *op);

/** exec_readers() - how often a tensor is an operation's input */
uint32_t exec_readers(const struct soft_graph *graph, uint32_t tensor);

/** exec_plan_create() - prepare a graph; -EOPNOTSUPP, -ENOMEM */
int exec_plan_create(const struct soft_graph *graph,
		     const struct soft_kernel *kernel, uint32_t threads,
		     struct exec_plan **out);

/** exec_plan_free() - release a plan; NULL is fine */
void exec_plan_free(struct exec_plan *plan);

/** exec_piece_create() - state for one thread at a time; NULL: -ENOMEM */
struct exec_piece *exec_piece_create(const struct exec_plan *plan);

/** exec_piece_free() - release it; NULL is fine */
void exec_piece_free(struct exec_piece *piece);

/** exec_piece_run() - compute a strip and band of one frame
 * @x: columns of the outputs (of the first output; others in proportion)
 *
 * Return: 0 or -ENOMEM.
 */
int exec_piece_run(struct exec_piece *piece, struct exec_span y,
		   struct exec_span x);

/** exec_piece_bytes() - what the rings of such a piece take */
size_t exec_piece_bytes(struct exec_piece *piece, struct exec_span y,
			struct exec_span x);

static inline uint8_t *exec_row(const struct exec_piece *p, uint32_t tensor,
				uint32_t y)
{
	const struct exec_rows *r = &p->rows[tensor];

	return r->base + (y % r->ring) * r->pitch;
}

/** exec_out() - where row @y of an operation's output is written */
static inline uint8_t *exec_out(const struct exec_piece *p, uint32_t tensor,
				uint32_t y)
{
	return p->plan->tensors[tensor].planes ? p->rows[tensor].staging :
						 exec_row(p, tensor, y);
}

#endif /* SOFT_EXEC_PLAN_H */
