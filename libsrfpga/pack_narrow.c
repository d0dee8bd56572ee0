// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Packing of elements of 1 to 7 bits: eight of them at a time in the byte
 * lanes of a 64-bit word, with no branch on a value.
 */
#include <string.h>

#include "layout.h"
#include "pack_rows.h"

/* A byte in every lane. */
#define LANES(byte)	((uint8_t)(byte) * 0x0101010101010101ULL)

#define LOW8_OF_16	0x00ff00ff00ff00ffULL
#define LOW16_OF_32	0x0000ffff0000ffffULL
#define LOW32		0x00000000ffffffffULL

static uint64_t low_bits(unsigned int count)
{
	return count >= 64 ? ~0ULL : (1ULL << count) - 1;
}

static uint64_t load(const uint8_t *p)
{
	uint64_t word;

	memcpy(&word, p, sizeof(word));
	return word;
}

static void store(uint8_t *p, uint64_t word)
{
	memcpy(p, &word, sizeof(word));
}

static uint64_t load_part(const uint8_t *p, size_t bytes)
{
	uint64_t word = 0;

	for (size_t i = 0; i < bytes; i++)
		word |= (uint64_t)p[i] << (8 * i);
	return word;
}

static void store_part(uint8_t *p, uint64_t word, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		p[i] = word >> (8 * i);
}

/*
 * struct encoder - how lanes of values become lanes of codes
 * @zero: bits that must be 0 (unsigned)
 * @agree: bits that must equal the next higher one (a sign's copies)
 * @not_two: bits that may be 1 only where the next lower one is (ternary has
 *	no -2)
 * @one: bits that must be 1 (bipolar values are odd)
 * @flip: bits to invert, then
 * @shift: right by so many, then
 * @keep: bits of the code
 */
struct encoder {
	unsigned int bits;
	unsigned int shift;
	uint64_t zero;
	uint64_t agree;
	uint64_t not_two;
	uint64_t one;
	uint64_t flip;
	uint64_t keep;
};

static struct encoder encoder_of(const struct srfpga_layout *layout)
{
	const uint8_t mask = low_bits(layout->bits);
	struct encoder enc = { .bits = layout->bits, .keep = LANES(mask) };

	switch (layout->dtype) {
	case SRFPGA_DTYPE_UINT:
		enc.zero = LANES(~mask);
		break;
	case SRFPGA_DTYPE_INT:
		enc.agree = LANES(0x7f & ~(mask >> 1));
		break;
	case SRFPGA_DTYPE_TERNARY:
		enc.agree = LANES(0x7e);
		enc.not_two = LANES(0x02);
		break;
	case SRFPGA_DTYPE_BIPOLAR:
		/* -1 is ff, 1 is 01: the code is bit 1 inverted */
		enc.agree = LANES(0x7e);
		enc.one = LANES(0x01);
		enc.flip = ~0ULL;
		enc.shift = 1;
		break;
	}
	return enc;
}

static inline uint64_t encode(const struct encoder *enc, uint64_t x)
{
	return ((x ^ enc->flip) >> enc->shift) & enc->keep;
}

/* Not zero in lanes that hold a value out of range. */
static inline uint64_t faults(const struct encoder *enc, uint64_t x)
{
	return (x & enc->zero) | ((x ^ (x >> 1)) & enc->agree) |
	       (x & ~(x << 1) & enc->not_two) | (~x & enc->one);
}

/* Eight lanes of a code each to 8 × bits adjacent bits. */
static inline uint64_t gather(uint64_t x, unsigned int bits)
{
	/* One product puts lane i's only bit at bit 56 + i. */
	if (bits == 1)
		return (x * 0x0102040810204080ULL) >> 56;
	x = (x & LOW8_OF_16) | ((x & ~LOW8_OF_16) >> (8 - bits));
	x = (x & LOW16_OF_32) | ((x & ~LOW16_OF_32) >> (16 - 2 * bits));
	return (x & LOW32) | ((x & ~LOW32) >> (32 - 4 * bits));
}

/* The inverse; what lies above 8 × bits in @x is ignored. */
static inline uint64_t scatter(uint64_t x, unsigned int bits)
{
	const uint64_t lanes4 = low_bits(4 * bits);
	const uint64_t lanes2 = low_bits(2 * bits) * 0x0000000100000001ULL;
	const uint64_t lanes1 = low_bits(bits) * 0x0001000100010001ULL;

	x = (x & lanes4) | ((x & (lanes4 << 4 * bits)) << (32 - 4 * bits));
	x = (x & lanes2) | ((x & (lanes2 << 2 * bits)) << (16 - 2 * bits));
	return (x & lanes1) | ((x & (lanes1 << bits)) << (8 - bits));
}

/* Where each row is a single element, its byte is just the code. */
static bool pack_bytes(const struct encoder *enc, const uint8_t *src,
		       uint8_t *dst, uint64_t count)
{
	uint64_t bad = 0, lanes, x;

	for (; count >= 8; count -= 8, src += 8, dst += 8) {
		x = load(src);
		bad |= faults(enc, x);
		store(dst, encode(enc, x));
	}
	lanes = low_bits(8 * count);
	x = load_part(src, count);
	bad |= faults(enc, x) & lanes;
	store_part(dst, encode(enc, x), count);
	return !bad;
}

/*
 * struct span - what is left of a tensor and of its packed rows
 *
 * Reading and writing whole words is faster than the bytes that are meant. It
 * is allowed inside the memory: what is written too far is written again.
 */
struct span {
	const uint8_t *src;
	const uint8_t *src_end;
	uint8_t *dst;
	uint8_t *dst_end;
};

static inline uint64_t span_load(const struct span *s, size_t bytes)
{
	if (s->src_end - s->src >= 8)
		return load(s->src);
	return load_part(s->src, bytes);
}

static inline void span_store(const struct span *s, uint64_t word, size_t bytes)
{
	if (s->dst_end - s->dst >= 8)
		store(s->dst, word);
	else
		store_part(s->dst, word, bytes);
}

/* Sixty-four bits are one store instead of eight. */
static inline uint64_t pack_word(const struct encoder *enc, struct span *s)
{
	uint64_t bad = 0, word = 0, x;

	for (unsigned int i = 0; i < 64; i += 8, s->src += 8) {
		x = load(s->src);
		bad |= faults(enc, x);
		word |= gather(encode(enc, x), 1) << i;
	}
	store(s->dst, word);
	s->dst += 8;
	return bad;
}

static inline uint64_t pack_row(const struct encoder *enc, struct span *s,
				uint64_t elems, unsigned int bits)
{
	uint64_t bad = 0, lanes, x;

	for (; bits == 1 && elems >= 64; elems -= 64)
		bad |= pack_word(enc, s);
	for (; elems >= 8; elems -= 8, s->src += 8, s->dst += bits) {
		x = load(s->src);
		bad |= faults(enc, x);
		span_store(s, gather(encode(enc, x), bits), bits);
	}
	if (elems) {
		const size_t bytes = (elems * bits + 7) / 8;

		lanes = low_bits(8 * elems);
		x = span_load(s, elems);
		bad |= faults(enc, x) & lanes;
		span_store(s, gather(encode(enc, x) & lanes, bits), bytes);
		s->src += elems;
		s->dst += bytes;
	}
	return bad;
}

/* How many rows can be done with whole words, not to touch what lies behind. */
static uint64_t whole_words(const struct span *s, uint64_t rows,
			    size_t src_step, size_t dst_step)
{
	const uint64_t src = s->src_end - s->src, dst = s->dst_end - s->dst;
	uint64_t fit;

	if (src < 8 || dst < 8)
		return 0;
	fit = (src - 8) / src_step + 1;
	if (fit > (dst - 8) / dst_step + 1)
		fit = (dst - 8) / dst_step + 1;
	return fit < rows ? fit : rows;
}

/*
 * Rows that fit a word. Bytes that are written may be anything to the
 * compiler, also a struct: what the loop needs is in locals.
 */
static inline uint64_t pack_short(const struct encoder *encoder,
				  struct span *s, uint64_t rows,
				  uint64_t elems, unsigned int bits)
{
	const struct encoder enc = *encoder;
	const uint64_t lanes = low_bits(8 * elems);
	const size_t bytes = (elems * bits + 7) / 8;
	const uint8_t *src = s->src;
	uint8_t *dst = s->dst;
	uint64_t bad = 0, x;

	for (; rows; rows--, src += elems, dst += bytes) {
		x = load(src);
		bad |= faults(&enc, x) & lanes;
		store(dst, gather(encode(&enc, x) & lanes, bits));
	}
	s->src = src;
	s->dst = dst;
	return bad;
}

/*
 * Rows of a byte, eight at a time: first their elements without the gaps that
 * the bytes leave, then the gaps.
 */
static inline uint64_t pack_eights(const struct encoder *encoder,
				   struct span *s, uint64_t rows,
				   uint64_t elems, unsigned int bits)
{
	const struct encoder enc = *encoder;
	const unsigned int row_bits = elems * bits;
	const uint8_t *src = s->src;
	uint8_t *dst = s->dst;
	uint64_t bad = 0, x;

	for (; rows >= 8; rows -= 8, dst += 8) {
		uint64_t dense = 0;

		for (uint64_t i = 0; i < elems; i++, src += 8) {
			x = load(src);
			bad |= faults(&enc, x);
			dense |= gather(encode(&enc, x), bits) <<
				 (8 * bits * i);
		}
		store(dst, scatter(dense, row_bits));
	}
	s->src = src;
	s->dst = dst;
	return bad;
}

static inline __attribute__((always_inline)) uint64_t
pack_all(const struct encoder *enc, struct span *s, uint64_t rows,
	 uint64_t elems, unsigned int bits)
{
	uint64_t bad = 0, fast = 0;

	if (elems * bits < 8) {
		fast = rows / 8 * 8;
		bad = pack_eights(enc, s, fast, elems, bits);
	} else if (elems <= 8) {
		fast = whole_words(s, rows, elems, (elems * bits + 7) / 8);
		bad = pack_short(enc, s, fast, elems, bits);
	}
	for (; fast < rows; fast++)
		bad |= pack_row(enc, s, elems, bits);
	return bad;
}

/* A width that is known when this is compiled is twice as fast. */
static uint64_t pack_bits(const struct encoder *enc, struct span *s,
			  uint64_t rows, uint64_t elems)
{
	switch (enc->bits) {
	case 1:
		return pack_all(enc, s, rows, elems, 1);
	case 2:
		return pack_all(enc, s, rows, elems, 2);
	case 3:
		return pack_all(enc, s, rows, elems, 3);
	case 4:
		return pack_all(enc, s, rows, elems, 4);
	}
	return pack_all(enc, s, rows, elems, enc->bits);
}

bool pack_narrow(const struct srfpga_layout *layout, const uint8_t *src,
		 uint8_t *dst)
{
	const struct encoder enc = encoder_of(layout);
	const uint64_t elems = layout->row_elems;
	struct span s = {
		.src = src,
		.src_end = src + layout->rows * elems,
		.dst = dst,
		.dst_end = dst + layout->rows * layout_row_bytes(layout),
	};

	if (elems == 1)
		return pack_bytes(&enc, src, dst, layout->rows);
	return !pack_bits(&enc, &s, layout->rows, elems);
}

/*
 * struct decoder - how lanes of codes become lanes of values
 * @flip: bits to invert before the top bit of the code is looked at
 * @fill: what is set in a lane where that bit is 1
 * @base: what is set in every lane
 */
struct decoder {
	unsigned int bits;
	uint8_t fill;
	uint64_t flip;
	uint64_t base;
};

static struct decoder decoder_of(const struct srfpga_layout *layout)
{
	struct decoder dec = { .bits = layout->bits };

	switch (layout->dtype) {
	case SRFPGA_DTYPE_INT:
	case SRFPGA_DTYPE_TERNARY:
		dec.fill = ~low_bits(layout->bits);
		break;
	case SRFPGA_DTYPE_BIPOLAR:
		/* code 1 is 01, code 0 is ff */
		dec.flip = LANES(0x01);
		dec.fill = 0xfe;
		dec.base = LANES(0x01);
		break;
	}
	return dec;
}

static inline uint64_t decode(const struct decoder *dec, uint64_t x)
{
	const uint64_t top = ((x ^ dec->flip) >> (dec->bits - 1)) & LANES(0x01);

	return x | dec->base | (top * dec->fill);
}

static void unpack_bytes(const struct decoder *dec, const uint8_t *src,
			 uint8_t *dst, uint64_t count)
{
	const uint64_t keep = LANES(low_bits(dec->bits));

	for (; count >= 8; count -= 8, src += 8, dst += 8)
		store(dst, decode(dec, load(src) & keep));
	store_part(dst, decode(dec, load_part(src, count) & keep), count);
}

static inline void unpack_word(const struct decoder *dec, struct span *s)
{
	uint64_t word = load(s->src);

	for (unsigned int i = 0; i < 8; i++, s->dst += 8, word >>= 8)
		store(s->dst, decode(dec, scatter(word, 1)));
	s->src += 8;
}

static inline void unpack_row(const struct decoder *dec, struct span *s,
			      uint64_t elems, unsigned int bits)
{
	uint64_t x;

	for (; bits == 1 && elems >= 64; elems -= 64)
		unpack_word(dec, s);
	for (; elems >= 8; elems -= 8, s->src += bits, s->dst += 8) {
		x = span_load(s, bits);
		store(s->dst, decode(dec, scatter(x, bits)));
	}
	if (elems) {
		const size_t bytes = (elems * bits + 7) / 8;

		x = span_load(s, bytes);
		span_store(s, decode(dec, scatter(x, bits)), elems);
		s->src += bytes;
		s->dst += elems;
	}
}

static inline void unpack_short(const struct decoder *decoder,
				struct span *s, uint64_t rows, uint64_t elems,
				unsigned int bits)
{
	const struct decoder dec = *decoder;
	const size_t bytes = (elems * bits + 7) / 8;
	const uint8_t *src = s->src;
	uint8_t *dst = s->dst;

	for (; rows; rows--, src += bytes, dst += elems)
		store(dst, decode(&dec, scatter(load(src), bits)));
	s->src = src;
	s->dst = dst;
}

/* Rows of a byte, eight at a time; see pack_eights(). */
static inline void unpack_eights(const struct decoder *decoder,
				 struct span *s, uint64_t rows,
				 uint64_t elems, unsigned int bits)
{
	const struct decoder dec = *decoder;
	const unsigned int row_bits = elems * bits;
	const uint64_t keep = LANES(low_bits(row_bits));
	const uint8_t *src = s->src;
	uint8_t *dst = s->dst;

	for (; rows >= 8; rows -= 8, src += 8) {
		uint64_t dense = gather(load(src) & keep, row_bits);

		for (uint64_t i = 0; i < elems; i++, dst += 8)
			store(dst, decode(&dec, scatter(dense >> 8 * bits * i,
							bits)));
	}
	s->src = src;
	s->dst = dst;
}

static inline __attribute__((always_inline)) void
unpack_all(const struct decoder *dec, struct span *s, uint64_t rows,
	   uint64_t elems, unsigned int bits)
{
	uint64_t fast = 0;

	if (elems * bits < 8) {
		fast = rows / 8 * 8;
		unpack_eights(dec, s, fast, elems, bits);
	} else if (elems <= 8) {
		fast = whole_words(s, rows, (elems * bits + 7) / 8, elems);
		unpack_short(dec, s, fast, elems, bits);
	}
	for (; fast < rows; fast++)
		unpack_row(dec, s, elems, bits);
}

static void unpack_bits(const struct decoder *dec, struct span *s,
			uint64_t rows, uint64_t elems)
{
	switch (dec->bits) {
	case 1:
		unpack_all(dec, s, rows, elems, 1);
		break;
	case 2:
		unpack_all(dec, s, rows, elems, 2);
		break;
	case 3:
		unpack_all(dec, s, rows, elems, 3);
		break;
	case 4:
		unpack_all(dec, s, rows, elems, 4);
		break;
	default:
		unpack_all(dec, s, rows, elems, dec->bits);
	}
}

void unpack_narrow(const struct srfpga_layout *layout, const uint8_t *src,
		   uint8_t *dst)
{
	const struct decoder dec = decoder_of(layout);
	const uint64_t elems = layout->row_elems;
	struct span s = {
		.src = src,
		.src_end = src + layout->rows * layout_row_bytes(layout),
		.dst = dst,
		.dst_end = dst + layout->rows * elems,
	};

	if (elems == 1)
		unpack_bytes(&dec, src, dst, layout->rows);
	else
		unpack_bits(&dec, &s, layout->rows, elems);
}
