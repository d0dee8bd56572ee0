/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The inner loops of the fast executor, one set an instruction set.
 *
 * A kernel multiplies unsigned bytes by small weights into 32-bit
 * accumulators, for a tile of 8 pixels by 32 output channels, and turns
 * accumulators into bytes along proven straight lines. It knows nothing of
 * graphs, rows or threads. All kernels give the same integers.
 */
#ifndef SOFT_KERNEL_H
#define SOFT_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "srfpga_soft.h"

#define KERNEL_PX	8	/* pixels of a tile */
#define KERNEL_OC	32	/* output channels of a tile */
#define KERNEL_ACC	(KERNEL_PX * KERNEL_OC)
#define KERNEL_SLACK	64	/* bytes a kernel may touch behind a row */
#define KERNEL_NARROW_PX	32	/* pixels of a narrow tile */
#define KERNEL_NARROW_OC	12	/* its output channels at most */
#define KERNEL_NARROW_LANES	16	/* of a kernel that reads no planes */
#define KERNEL_SPLIT		3	/* rows that its channels go to at most */

/**
 * struct kernel_line - accumulators to bytes, for a block of 32 channels
 *
 * byte = clamp((acc * mul + add) >> (32 + shift), min, max) with a 64-bit
 * product, 0 <= mul < 2^31; or, if @in_float, clamp(floor(acc * float_mul +
 * float_add), min, max), |acc| <= 2^24. Used only where exec_line.c has proven
 * it equal to the channel's requantisation.
 *
 * Vector units multiply even and odd 32-bit lanes separately: hence this
 * layout, which the assembly relies on. Use kernel_line_set().
 *
 * @mul: of each lane
 * @mul_odd: of lane i + 1 at every even i
 * @add_even: of lanes 0, 2, 4 ...
 * @add_odd: of lanes 1, 3, 5 ...
 * @shift: of each lane
 * @float_mul: of each lane
 * @float_add: of each lane
 * @in_float: for kernels that can
 */
struct kernel_line {
	int32_t mul[KERNEL_OC];
	int32_t mul_odd[KERNEL_OC];
	int64_t add_even[KERNEL_OC / 2];
	int64_t add_odd[KERNEL_OC / 2];
	int32_t shift[KERNEL_OC];
	float float_mul[KERNEL_OC];
	float float_add[KERNEL_OC];
	uint8_t min[64];
	uint8_t max[64];
	bool in_float;
} __attribute__((aligned(64)));

/** kernel_line_set() - the line of lane @i */
static inline void kernel_line_set(struct kernel_line *l, unsigned int i,
				   int32_t mul, int64_t add, int32_t shift)
{
	l->mul[i] = mul;
	if (i % 2) {
		l->mul_odd[i - 1] = mul;
		l->mul_odd[i] = 0;
		l->add_odd[i / 2] = add;
	} else {
		l->add_even[i / 2] = add;
	}
	l->shift[i] = shift;
}

/**
 * struct kernel_narrow - a convolution to KERNEL_NARROW_OC channels at most
 *
 * The input's rows are planes, [plane][pixel][4 channels], if the kernel makes
 * them.
 *
 * @channels: how many
 * @lanes: of a weight group: @channels for planes, else KERNEL_NARROW_LANES
 * @planes: input channels / 4
 * @taps: pixels of the input under one output pixel in each segment
 * @weights: [segments][groups][lanes][4]; planes: groups are [taps][planes]
 * @bias: of each channel
 * @line: of channel i in lane i
 * @rows: output rows: each gets as many of a pixel's channels
 * @split: for 16 pixels of each row, if several: the byte of the two quads of
 *	channels that a row has part in, [quad][pixel][4]
 * @order: for 4 pixels of each row: the byte of all quads, [quad][pixel][4]
 */
struct kernel_narrow {
	uint32_t channels;
	uint32_t lanes;
	uint32_t planes;
	uint32_t taps;
	int8_t *weights;
	int32_t bias[KERNEL_NARROW_LANES] __attribute__((aligned(64)));
	struct kernel_line line;
	uint32_t rows;
	uint8_t split[KERNEL_SPLIT][128];
	uint8_t order[KERNEL_SPLIT][64];
};

/** kernel_split_quad() - the first quad of channels that row @i has part in */
static inline uint32_t kernel_split_quad(const struct kernel_narrow *n,
					 uint32_t i)
{
	return i * (n->channels / n->rows) / 4;
}

/**
 * struct kernel_conv - a convolution as dot products over bytes
 * @segments: runs of consecutive bytes under one output pixel
 * @groups: groups of 4 bytes in each run
 * @pixel_stride: bytes between the runs of neighbouring output pixels
 * @blocks: blocks of KERNEL_OC output channels
 * @channels: output channels; the last block may be partly used
 * @weights: [blocks][segments * groups] weight groups, packed by the kernel
 * @weights_block: bytes of a block in @weights
 * @bias: [blocks][KERNEL_OC] in lane order
 * @line: [blocks], or NULL if the lines are not proven
 * @narrow: NULL, or what is computed instead
 */
struct kernel_conv {
	uint32_t segments;
	uint32_t groups;
	size_t pixel_stride;
	uint32_t blocks;
	uint32_t channels;
	uint8_t *weights;
	size_t weights_block;
	int32_t *bias;
	struct kernel_line *line;
	struct kernel_narrow *narrow;
};

#define KERNEL_WIDE_PX	4	/* pixels of a tile of wide codes */
#define KERNEL_WIDE_OC	16	/* its output channels */

#define KERNEL_GATHER_PX	16	/* pixels at a time */
#define KERNEL_GATHER_RUNS	8
#define KERNEL_GATHER_VECTORS	32	/* of 64 bytes of gathered pixels */

/**
 * struct kernel_gather - short runs of the input next to each other
 *
 * Byte j of gathered pixel p is byte j % bytes of run[j / bytes] + p *
 * from_stride; pixels are to_stride apart and what is left of them is 0.
 *
 * @index: for each byte of each vector where it is behind its run's start
 * @mask: which bytes of a vector are from a run
 */
struct kernel_gather {
	uint32_t runs;
	uint32_t bytes;
	size_t from_stride;
	size_t to_stride;
	uint8_t index[KERNEL_GATHER_VECTORS][64];
	uint64_t mask[KERNEL_GATHER_VECTORS][KERNEL_GATHER_RUNS];
};

/**
 * struct kernel_sum - two rows of bytes added to one
 *
 * byte = clamp((a * weight[0] + b * weight[1] + bias) >> shift, min, max)
 * within 32 bits, the same for all channels. The weights are split for
 * multipliers of 16 bits: weight = high * 256 + low, |low| <= 128, and the
 * bias is a multiple of 256.
 *
 * If @words, it is also clamp((((64 * (a + b) + offset) * mul >> 16) + add) >>
 * word_shift, min, max), within 16 bits, the product unsigned within 32.
 */
struct kernel_sum {
	int32_t weight[2];
	int32_t bias;
	int32_t shift;
	uint8_t min;
	uint8_t max;
	bool words;
	uint16_t offset;
	uint16_t mul;
	int16_t add;
	uint8_t word_shift;
};

#define KERNEL_SUM_BITS		8	/* of the low part of a weight */

/** kernel_sum_pair() - the high or low parts of both weights */
static inline int32_t kernel_sum_pair(const struct kernel_sum *s, bool high)
{
	uint32_t pair = 0;

	for (int i = 0; i < 2; i++) {
		int32_t upper = (s->weight[i] + (1 << (KERNEL_SUM_BITS - 1))) >>
				KERNEL_SUM_BITS;
		int32_t lower = s->weight[i] - (upper << KERNEL_SUM_BITS);

		pair |= ((uint32_t)(high ? upper : lower) & 0xffff) << 16 * i;
	}
	return pair;
}

/**
 * struct soft_kernel - the inner loops of one instruction set
 * @lanes: the channel within a block that lane i of a tile holds
 * @group_bytes: bytes of a packed weight group of KERNEL_OC lanes
 * @groups: how many weight groups there are for a run of some; what is added
 *	is zeros, and KERNEL_SLACK bytes at most are read behind a run. NULL:
 *	as many
 * @pack: put the four weights of @lane into a weight group
 * @tile: acc[px][lane] = bias + dot products of block @block; segment s of
 *	pixel p is at seg[s] + offset + p * pixel_stride
 * @line: accumulators of @px pixels to bytes; each pixel writes KERNEL_OC
 *	bytes at its @pitch, in channel order
 * @float_lines: it knows lines in float
 * @row: @px pixels of the full block @block along proven lines; writes whole
 *	tiles (up to KERNEL_PX - 1 pixels too many) and reads as many as a
 *	multiple of KERNEL_GATHER_PX. NULL: @tile and @line
 * @narrow: @px pixels of a narrow convolution to its rows @out; planes are
 *	@plane bytes apart. Reads up to KERNEL_NARROW_PX - 1 pixels too many,
 *	writes exactly. NULL: none
 * @splits: whether this CPU's @narrow can write several rows
 * @planes: turn a row of @px pixels of @c channels into planes; writes up to
 *	15 pixels too many. NULL: @narrow reads pixels, if it is there
 * @gather_fits: whether this CPU can do @gather; NULL: never
 * @gather: @px pixels, rounded up to KERNEL_GATHER_PX; reads 64 bytes of
 *	each run for as many
 * @sum: @bytes bytes, rounded up to 64, of a sum
 * @word_sums: it knows sums in words
 * @wide: acc[px][oc] += sum over i of x[px * stride + i] * w[i][oc], a tile of
 *	wide codes, within 64 bits
 * @wide_each: acc[i] += x[i] * w[i]
 */
struct soft_kernel {
	enum srfpga_soft_isa isa;
	const uint8_t *lanes;
	size_t group_bytes;
	uint32_t (*groups)(uint32_t groups);
	void (*pack)(void *group, unsigned int lane, const int8_t w[4]);
	void (*tile)(const struct kernel_conv *conv, uint32_t block,
		     const uint8_t *const *seg, size_t offset, int32_t *acc);
	void (*line)(const int32_t *acc, unsigned int px,
		     const struct kernel_line *line, uint8_t *out,
		     size_t pitch);
	bool float_lines;
	void (*row)(const struct kernel_conv *conv, uint32_t block,
		    const uint8_t *const *seg, uint32_t px, uint8_t *out,
		    size_t pitch);
	void (*narrow)(const struct kernel_conv *conv,
		       const uint8_t *const *seg, size_t plane, uint32_t px,
		       uint8_t *const *out);
	bool (*splits)(void);
	void (*planes)(const uint8_t *row, uint32_t c, uint32_t px,
		       uint8_t *out, size_t plane);
	bool (*gather_fits)(void);
	void (*gather)(const struct kernel_gather *g,
		       const uint8_t *const *run, uint32_t px, uint8_t *out);
	void (*sum)(const struct kernel_sum *sum, const uint8_t *a,
		    const uint8_t *b, uint8_t *out, size_t bytes);
	bool word_sums;
	void (*wide)(int64_t *acc, const int32_t *x, size_t stride, uint32_t n,
		     const int32_t *w);
	void (*wide_each)(int64_t *acc, const int32_t *x, const int32_t *w,
			  uint32_t n);
};

extern const struct soft_kernel soft_kernel_portable;
#ifdef __x86_64__
extern const struct soft_kernel soft_kernel_avx2;
extern const struct soft_kernel soft_kernel_avx512;
extern const struct soft_kernel soft_kernel_amx;
#endif
#ifdef __aarch64__
extern const struct soft_kernel soft_kernel_neon;
#endif

/** soft_kernel_get() - the kernel of an instruction set
 *
 * Return: NULL if this CPU, or this build, lacks it, or Linux refuses it.
 */
const struct soft_kernel *soft_kernel_get(enum srfpga_soft_isa isa);

#endif /* SOFT_KERNEL_H */
