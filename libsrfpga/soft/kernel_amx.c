// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Rows of convolutions on AMX-INT8, by blocks of four tiles of sums: 32 pixels
 * by 32 channels, or 64 pixels by 16. The vector units turn one block's sums
 * into bytes while the tiles of the next are multiplied. Knows nothing of
 * graphs. Compiled for AVX512; entered only where CPU and kernel allow AMX.
 */
#include "kernel_amx.h"
#include "kernel_avx512.h"

#define TILE		16		/* rows of a tile, sums of a row */
#define SUMS		(TILE * TILE)
#define WIDE_BYTES	(4 * KERNEL_OC)	/* a group's weights, a pixel's sums */
#define NARROW_BYTES	(4 * TILE)	/* likewise */

_Static_assert(KERNEL_OC == 2 * TILE, "a group of weights is two tiles wide");
_Static_assert(KERNEL_NARROW_LANES == TILE, "a narrow one is as a tile");

/* Functions of @kind are compiled for each: it is constant. */
#define INLINE		static inline __attribute__((always_inline))

/** enum kind - of a row: the sum of what holds */
enum kind {
	WIDE = 0,
	NARROW = 1,	/* 64 pixels by 16 channels */
	IN_FLOAT = 2,	/* lines */
};

/*
 * Tiles 0 to 3 hold sums, 6 weights, the others pixels or weights. Compilers
 * know nothing of tiles: no other code may use them before release().
 */
#define LOAD(tile, from, stride)					\
	__asm__ volatile("tileloadd (%0, %1), %%tmm" #tile		\
			 : : "r"(from), "r"((size_t)(stride)) : "memory")
#define STORE(tile, to, stride)						\
	__asm__ volatile("tilestored %%tmm" #tile ", (%0, %1)"		\
			 : : "r"(to), "r"((size_t)(stride)) : "memory")
#define DOT(sums, pixels, weights)					\
	__asm__ volatile("tdpbusd %%tmm" #weights ", %%tmm" #pixels	\
			 ", %%tmm" #sums : : : "memory")

/*
 * A sum is complete long after its last multiplication began. So a block's
 * tiles are stored when the next block's first step needs them, one by one,
 * while the others are multiplied.
 */
#define START(first, tile, sums, bytes, bias) do {			\
	if (first) {							\
		STORE(tile, sums, bytes);				\
		LOAD(tile, bias, 0);					\
	}								\
} while (0)

/** struct config - the operand of ldtilecfg */
struct config {
	uint8_t palette;
	uint8_t start_row;
	uint8_t reserved[14];
	uint16_t row_bytes[16];
	uint8_t rows[16];
} __attribute__((aligned(64)));

_Static_assert(sizeof(struct config) == 64, "Intel's manual, LDTILECFG");

static void configure(uint32_t groups, bool narrow)
{
	struct config c = { .palette = 1 };

	for (int i = 0; i < 8; i++) {
		bool sums = i < 4, weights = i == 6 || (i == 7 && !narrow);

		c.rows[i] = weights ? groups : TILE;
		c.row_bytes[i] = 4 * (sums || weights ? TILE : groups);
	}
	__asm__ volatile("ldtilecfg %0" : : "m"(c));
}

/* To the initial state, which a change of context need not save. */
static void release(void)
{
	__asm__ volatile("tilerelease" : : : "memory");
}

/* A step multiplies up to 16 groups, in the same time if they are less. */
static uint32_t steps_for(uint32_t groups)
{
	return (groups + TILE - 1) / TILE;
}

uint32_t soft_amx_groups(uint32_t groups)
{
	uint32_t steps = steps_for(groups);

	return (groups + steps - 1) / steps * steps;
}

/** struct row - a row of a convolution
 * @groups: of a step
 * @steps: of a segment
 * @stride: bytes between pixels
 * @sums: of the block before, which become bytes
 * @x: its first pixel
 * @px: its pixels
 * @done: those that are bytes
 * @out: pixel 0 of each of @rows
 * @pitch: bytes of a pixel there
 */
struct row {
	const uint8_t *const *seg;
	uint32_t segments, groups, steps;
	size_t stride;
	const uint8_t *weights;
	const int32_t *bias;
	int32_t *sums;
	uint32_t x, px, done;
	uint32_t rows;
	uint8_t *const *out;
	size_t pitch;
};

/** struct step - where a block's multiplication is
 * @seg: the segment
 * @in: bytes behind its start
 * @of_segment: steps of the segment that are left
 * @left: of all
 */
struct step {
	const uint8_t *const *seg;
	size_t in;
	uint32_t of_segment, left;
	const uint8_t *weights;
};

INLINE struct step first_step(const struct row *r, size_t x)
{
	return (struct step) {
		.seg = r->seg,
		.in = x * r->stride,
		.of_segment = r->steps,
		.left = r->segments * r->steps,
		.weights = r->weights,
	};
}

INLINE void next_step(const struct row *r, struct step *s, size_t group_bytes)
{
	s->weights += r->groups * group_bytes;
	s->in += 4 * r->groups;
	s->left--;
	if (--s->of_segment)
		return;
	s->of_segment = r->steps;
	s->in -= 4 * (size_t)r->groups * r->steps;
	s->seg++;
}

/* Up to two tiles of pixels by two of channels. */
INLINE void multiply_wide(const struct row *r, const struct step *s,
			  uint32_t tiles, bool first)
{
	const uint8_t *in = *s->seg + s->in;
	int32_t *sums = r->sums, *more = sums + TILE * KERNEL_OC;

	LOAD(4, in, r->stride);
	LOAD(6, s->weights, WIDE_BYTES);
	START(first, 0, sums, WIDE_BYTES, r->bias);
	DOT(0, 4, 6);
	LOAD(7, s->weights + WIDE_BYTES / 2, WIDE_BYTES);
	START(first, 1, sums + TILE, WIDE_BYTES, r->bias + TILE);
	DOT(1, 4, 7);
	if (tiles > 1)
		LOAD(5, in + TILE * r->stride, r->stride);
	START(first, 2, more, WIDE_BYTES, r->bias);
	if (tiles > 1)
		DOT(2, 5, 6);
	START(first, 3, more + TILE, WIDE_BYTES, r->bias + TILE);
	if (tiles > 1)
		DOT(3, 5, 7);
}

/* Up to four tiles of pixels by one of channels. */
INLINE void multiply_narrow(const struct row *r, const struct step *s,
			    uint32_t tiles, bool first)
{
	const uint8_t *in = *s->seg + s->in;
	size_t next = TILE * r->stride;

	LOAD(6, s->weights, NARROW_BYTES);
	LOAD(4, in, r->stride);
	START(first, 0, r->sums, NARROW_BYTES, r->bias);
	DOT(0, 4, 6);
	if (tiles > 1)
		LOAD(5, in + next, r->stride);
	START(first, 1, r->sums + SUMS, NARROW_BYTES, r->bias);
	if (tiles > 1)
		DOT(1, 5, 6);
	if (tiles > 2)
		LOAD(7, in + 2 * next, r->stride);
	START(first, 2, r->sums + 2 * SUMS, NARROW_BYTES, r->bias);
	if (tiles > 2)
		DOT(2, 7, 6);
	if (tiles > 3)
		LOAD(4, in + 3 * next, r->stride);
	START(first, 3, r->sums + 3 * SUMS, NARROW_BYTES, r->bias);
	if (tiles > 3)
		DOT(3, 4, 6);
}

INLINE void multiply(const struct row *r, struct step *s, uint32_t tiles,
		     bool first, enum kind kind)
{
	if (kind & NARROW)
		multiply_narrow(r, s, tiles, first);
	else
		multiply_wide(r, s, tiles, first);
	next_step(r, s, kind & NARROW ? NARROW_BYTES : WIDE_BYTES);
}

/** struct lines - how sums become bytes
 * @line: lines in integers stay in memory
 * @order: of each row, see struct kernel_narrow
 *
 * The rest is kept in registers: tiles need every load that the CPU can do.
 */
struct lines {
	const struct kernel_line *line;
	__m512 mul[2], add[2];
	__m512i min, max;
	__m512i order[KERNEL_SPLIT];
};

INLINE struct lines load_lines(const struct kernel_line *l,
			       const struct kernel_narrow *n)
{
	struct lines to = {
		.line = l,
		.mul = { _mm512_load_ps(l->float_mul),
			 _mm512_load_ps(l->float_mul + TILE) },
		.add = { _mm512_load_ps(l->float_add),
			 _mm512_load_ps(l->float_add + TILE) },
		.min = _mm512_load_si512(l->min),
		.max = _mm512_load_si512(l->max),
	};

	for (uint32_t i = 0; n && i < KERNEL_SPLIT; i++)
		to.order[i] = _mm512_loadu_si512(n->order[i]);
	return to;
}

/* Of 16 sums in half @half of a block's lanes. */
INLINE __m512i codes(const struct lines *l, const int32_t *sums, int half,
		     enum kind kind)
{
	__m512i v = _mm512_load_si512(sums);

	if (kind & IN_FLOAT)
		return avx512_float_line(v, l->mul[half], l->add[half]);
	return avx512_line_of(v, l->line, half);
}

INLINE __m512i words(const struct lines *l, const int32_t *sums,
		     enum kind kind)
{
	return _mm512_packs_epi32(codes(l, sums, 0, kind),
				  codes(l, sums + TILE, 1, kind));
}

INLINE __m512i clamp(const struct lines *l, __m512i bytes)
{
	return _mm512_min_epu8(_mm512_max_epu8(bytes, l->min), l->max);
}

/* An even number of pixels. */
INLINE void wide_bytes(const struct row *r, const struct lines *l, uint32_t px,
		       enum kind kind)
{
	const __m512i order = _mm512_setr_epi64(0, 2, 4, 6, 1, 3, 5, 7);
	const int32_t *sums = r->sums + r->done * KERNEL_OC;
	uint8_t *out = *r->out + (size_t)(r->x + r->done) * r->pitch;

	for (; px; px -= 2, sums += 2 * KERNEL_OC, out += 2 * r->pitch) {
		__m512i v = _mm512_packus_epi16(
			words(l, sums, kind),
			words(l, sums + KERNEL_OC, kind));

		v = _mm512_permutexvar_epi64(order, clamp(l, v));
		_mm256_storeu_si256((void *)out, _mm512_castsi512_si256(v));
		_mm256_storeu_si256((void *)(out + r->pitch),
				    _mm512_extracti64x4_epi64(v, 1));
	}
}

/* Bytes of four pixels: quads of channels, in each the pixels. */
INLINE __m512i four_pixels(const struct lines *l, const int32_t *sums,
			   enum kind kind)
{
	__m512i v[4];

	for (int i = 0; i < 4; i++)
		v[i] = codes(l, sums + i * TILE, 0, kind);
	return clamp(l, _mm512_packus_epi16(_mm512_packs_epi32(v[0], v[1]),
					    _mm512_packs_epi32(v[2], v[3])));
}

INLINE void narrow_bytes(const struct row *r, const struct lines *l,
			 uint32_t px, enum kind kind)
{
	for (uint32_t i = 0; i < px; i += 4) {
		uint32_t bytes = (px - i < 4 ? px - i : 4) * r->pitch;
		size_t to = (size_t)(r->x + r->done + i) * r->pitch;
		__m512i v = four_pixels(l, r->sums + (r->done + i) * TILE,
					kind);

		for (uint32_t j = 0; j < KERNEL_SPLIT && j < r->rows; j++)
			_mm512_mask_storeu_epi8(r->out[j] + to,
				(1ull << bytes) - 1,
				_mm512_permutexvar_epi8(l->order[j], v));
	}
}

/* Up to @px pixels more of the block before. */
INLINE void to_bytes(struct row *r, const struct lines *l, uint32_t px,
		     enum kind kind)
{
	if (px > r->px - r->done)
		px = r->px - r->done;
	if (kind & NARROW)
		narrow_bytes(r, l, px, kind);
	else
		wide_bytes(r, l, px, kind);
	r->done += px;
}

/* The last block: none follows to store it. */
INLINE void finish(struct row *r, const struct lines *l, enum kind kind)
{
	bool narrow = kind & NARROW;
	size_t bytes = narrow ? NARROW_BYTES : WIDE_BYTES;
	size_t beside = narrow ? SUMS : TILE;
	size_t below = narrow ? 2 * SUMS : TILE * KERNEL_OC;

	STORE(0, r->sums, bytes);
	STORE(1, r->sums + beside, bytes);
	STORE(2, r->sums + below, bytes);
	STORE(3, r->sums + below + beside, bytes);
	to_bytes(r, l, r->px, kind);
}

INLINE void run(struct row row, const struct lines *l, uint32_t px,
		enum kind kind)
{
	bool narrow = kind & NARROW;
	uint32_t block = narrow ? 4 * TILE : 2 * TILE, unit = narrow ? 4 : 2;
	uint32_t steps = row.segments * row.steps;
	/* Pixels that become bytes during a step. */
	uint32_t share = (block / unit + steps - 1) / steps * unit;

	configure(row.groups, narrow);
	for (uint32_t x = 0; x < px; x += block) {
		uint32_t n = px - x < block ? px - x : block;
		uint32_t tiles = (n + TILE - 1) / TILE;
		struct step s = first_step(&row, x);

		multiply(&row, &s, tiles, true, kind);
		to_bytes(&row, l, share, kind);
		while (s.left) {
			multiply(&row, &s, tiles, false, kind);
			to_bytes(&row, l, share, kind);
		}
		row.x = x;
		row.px = narrow ? n : (n + 1) & ~1u;
		row.done = 0;
	}
	finish(&row, l, kind);
	release();
}

static struct row row_of(const struct kernel_conv *conv,
			 const uint8_t *const *seg, int32_t *sums)
{
	uint32_t steps = steps_for(conv->groups);

	return (struct row) {
		.seg = seg,
		.segments = conv->segments,
		.groups = conv->groups / steps,
		.steps = steps,
		.stride = conv->pixel_stride,
		.sums = sums,
	};
}

void soft_amx_row(const struct kernel_conv *conv, uint32_t block,
		  const uint8_t *const *seg, uint32_t px, uint8_t *out,
		  size_t pitch)
{
	int32_t sums[4 * SUMS] __attribute__((aligned(64)));
	struct lines l = load_lines(&conv->line[block], NULL);
	struct row r = row_of(conv, seg, sums);

	/* Not worth the configuration. */
	if (px <= KERNEL_PX / 2) {
		soft_kernel_avx512.row(conv, block, seg, px, out, pitch);
		return;
	}
	r.weights = conv->weights + block * conv->weights_block;
	r.bias = conv->bias + block * KERNEL_OC;
	r.rows = 1;
	r.out = &out;
	r.pitch = pitch;
	if (l.line->in_float)
		run(r, &l, px, IN_FLOAT);
	else
		run(r, &l, px, WIDE);
}

void soft_amx_narrow(const struct kernel_conv *conv,
		     const uint8_t *const *seg, size_t plane, uint32_t px,
		     uint8_t *const *out)
{
	const struct kernel_narrow *n = conv->narrow;
	int32_t sums[4 * SUMS] __attribute__((aligned(64)));
	struct lines l = load_lines(&n->line, n);
	struct row r = row_of(conv, seg, sums);

	(void)plane;
	r.weights = (const uint8_t *)n->weights;
	r.bias = n->bias;
	r.rows = n->rows;
	r.out = out;
	r.pitch = n->channels / n->rows;
	if (l.line->in_float)
		run(r, &l, px, NARROW | IN_FLOAT);
	else
		run(r, &l, px, NARROW);
}
