// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Packing, against values worked out by hand from FINN's rules and against a
 * packer that handles one bit at a time.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "srfpga.h"
#include "test.h"

static int pack_s32(const char *type, uint32_t rows, uint32_t elems,
		    const int32_t *values, uint8_t *packed, uint64_t *bad)
{
	const uint32_t shape[] = { rows, elems };
	struct srfpga_layout layout;
	int ret = srfpga_layout_init(&layout, type, shape, 2);

	return ret ? ret : srfpga_layout_pack(&layout, SRFPGA_ELEM_S32, values,
					      1, packed, bad);
}

struct vector {
	const char *type;
	uint32_t rows;
	uint32_t elems;
	int32_t values[12];
	size_t bytes;
	uint8_t packed[16];
};

/*
 * By hand: element i of a row at bit i × bits, two's complement, bipolar
 * (v + 1) / 2, each row padded to whole bytes.
 */
static const struct vector vectors[] = {
	/* 2 = 010, -3 = 101, 3 = 011, -4 = 100: 100 011 101 010 */
	{ "INT3", 1, 4, { 2, -3, 3, -4 }, 2, { 0xea, 0x08 } },
	/* e2 with 1, then 3 in the next byte */
	{ "INT4", 1, 3, { 1, -2, 3 }, 2, { 0xe1, 0x03 } },
	{ "INT4", 1, 4, { -1, -6, 4, 6 }, 2, { 0xaf, 0x64 } },
	{ "BIPOLAR", 1, 3, { 1, -1, 1 }, 1, { 0x05 } },
	/* two rows of 3 bits do not share a byte */
	{ "BIPOLAR", 2, 3, { 1, 1, -1, -1, -1, 1 }, 2, { 0x03, 0x04 } },
	/* 111111111 100000000: -1 and -256; 255 = 011111111 between them */
	{ "INT9", 1, 3, { -1, 255, -256 }, 4, { 0xff, 0xff, 0x01, 0x04 } },
	/* one element a row: a byte each, upper bits zero */
	{ "INT5", 4, 1, { -1, 15, -16, 1 }, 4, { 0x1f, 0x0f, 0x10, 0x01 } },
	/* -1 = 11, 0 = 00, 1 = 01: 01 00 11 */
	{ "TERNARY", 1, 3, { -1, 0, 1 }, 1, { 0x13 } },
	{ "BINARY", 1, 9, { 1, 0, 1, 1, 0, 0, 0, 1, 1 }, 2, { 0x8d, 0x01 } },
	{ "UINT2", 2, 5, { 3, 2, 1, 0, 3, 0, 1, 2, 3, 1 }, 4,
	  { 0x1b, 0x03, 0xe4, 0x01 } },
	/* 127 = 1111111, 1 = 0000001: 14 bits */
	{ "UINT7", 1, 2, { 127, 1 }, 2, { 0xff, 0x00 } },
	{ "UINT8", 2, 2, { 1, 2, 254, 255 }, 4, { 1, 2, 254, 255 } },
	{ "INT16", 1, 2, { -2, 258 }, 4, { 0xfe, 0xff, 0x02, 0x01 } },
	{ "INT24", 2, 1, { -2, 0x010203 }, 6,
	  { 0xfe, 0xff, 0xff, 0x03, 0x02, 0x01 } },
	{ "UINT12", 1, 3, { 0xabc, 0x123, 0xfff }, 5,
	  { 0xbc, 0x3a, 0x12, 0xff, 0x0f } },
	{ "INT32", 1, 1, { -2 }, 4, { 0xfe, 0xff, 0xff, 0xff } },
};

static void test_vectors(void)
{
	for (size_t i = 0; i < sizeof(vectors) / sizeof(*vectors); i++) {
		const struct vector *v = &vectors[i];
		const uint32_t shape[] = { v->rows, v->elems };
		struct srfpga_layout layout;
		int32_t back[12] = { 0 };
		uint8_t packed[16] = { 0 };

		CHECK_EQ(srfpga_layout_init(&layout, v->type, shape, 2), 0);
		CHECK_EQ(srfpga_layout_get_frame_bytes(&layout), v->bytes);
		CHECK_EQ(srfpga_layout_pack(&layout, SRFPGA_ELEM_S32,
					    v->values, 1, packed, NULL), 0);
		CHECK_EQ(memcmp(packed, v->packed, v->bytes), 0);
		CHECK_EQ(srfpga_layout_unpack(&layout, SRFPGA_ELEM_S32,
					      v->packed, 1, back), 0);
		CHECK_EQ(memcmp(back, v->values, sizeof(*back) * v->rows *
						 v->elems), 0);
	}
}

/* A float is its IEEE 754 word: 1.0 = 3f800000, -2.5 = c0200000. */
static void test_float(void)
{
	static const uint8_t want[] = { 0, 0, 0x80, 0x3f, 0, 0, 0x20, 0xc0 };
	static const float values[] = { 1.0f, -2.5f };
	const uint32_t shape[] = { 2 };
	struct srfpga_layout layout;
	uint8_t packed[8];
	float back[2];

	CHECK_EQ(srfpga_layout_init(&layout, "FLOAT32", shape, 1), 0);
	CHECK_EQ(srfpga_layout_pack(&layout, SRFPGA_ELEM_F32, values, 1,
				    packed, NULL), 0);
	CHECK_EQ(memcmp(packed, want, sizeof(want)), 0);
	CHECK_EQ(srfpga_layout_unpack(&layout, SRFPGA_ELEM_F32, packed, 1,
				      back), 0);
	CHECK(back[0] == 1.0f && back[1] == -2.5f);
	CHECK_EQ(srfpga_layout_pack(&layout, SRFPGA_ELEM_S32, values, 1,
				    packed, NULL), -EINVAL);
	CHECK_EQ(srfpga_layout_unpack(&layout, SRFPGA_ELEM_U32, packed, 1,
				      back), -EINVAL);
}

/* What only a model of ONNX has: the words as they are, in their own type. */
static void test_long(void)
{
	static const uint8_t want[] = { 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff,
					0xff, 0xff, 5, 0, 0, 0, 1, 0, 0, 0 };
	static const int64_t values[] = { -2, (1LL << 32) + 5 };
	const uint32_t shape[] = { 2 };
	struct srfpga_layout layout;
	uint8_t packed[16];
	int64_t back[2];

	CHECK_EQ(srfpga_layout_init(&layout, "INT64", shape, 1), 0);
	CHECK_EQ(srfpga_layout_pack(&layout, SRFPGA_ELEM_S64, values, 1,
				    packed, NULL), 0);
	CHECK_EQ(memcmp(packed, want, sizeof(want)), 0);
	CHECK_EQ(srfpga_layout_unpack(&layout, SRFPGA_ELEM_S64, packed, 1,
				      back), 0);
	CHECK_EQ(memcmp(back, values, sizeof(values)), 0);
	CHECK_EQ(srfpga_layout_pack(&layout, SRFPGA_ELEM_S32, values, 1,
				    packed, NULL), -EINVAL);
	CHECK_EQ(srfpga_layout_unpack(&layout, SRFPGA_ELEM_S32, packed, 1,
				      back), -EINVAL);
}

/* The rules once more, one bit at a time. */
static void slow_pack(const struct srfpga_layout *layout,
		      const int64_t *values, uint8_t *packed)
{
	const uint64_t row_bytes = (layout->row_elems * layout->bits + 7) / 8;

	memset(packed, 0, layout->rows * row_bytes);
	for (uint64_t r = 0; r < layout->rows; r++) {
		for (uint64_t i = 0; i < layout->row_elems; i++) {
			int64_t v = values[r * layout->row_elems + i];

			if (layout->dtype == SRFPGA_DTYPE_BIPOLAR)
				v = (v + 1) / 2;
			for (uint32_t b = 0; b < layout->bits; b++) {
				uint64_t bit = i * layout->bits + b;

				if (v >> b & 1)
					packed[r * row_bytes + bit / 8] |=
						1 << bit % 8;
			}
		}
	}
}

static void put(uint32_t elem, void *tensor, uint64_t i, int64_t v)
{
	switch (srfpga_elem_get_size(elem)) {
	case 1:
		((uint8_t *)tensor)[i] = v;
		break;
	case 2:
		((uint16_t *)tensor)[i] = v;
		break;
	default:
		((uint32_t *)tensor)[i] = v;
	}
}

static const int64_t elem_min[] = {
	0, 0, INT8_MIN, 0, INT16_MIN, 0, INT32_MIN
};
static const int64_t elem_max[] = {
	0, UINT8_MAX, INT8_MAX, UINT16_MAX, INT16_MAX, UINT32_MAX, INT32_MAX
};

/* Values that both the data type and the C type have. */
static int64_t random_value(const struct srfpga_layout *layout, uint32_t elem)
{
	int64_t min, max;

	srfpga_layout_get_range(layout, &min, &max);
	min = min > elem_min[elem] ? min : elem_min[elem];
	max = max < elem_max[elem] ? max : elem_max[elem];
	if (layout->dtype == SRFPGA_DTYPE_BIPOLAR)
		return min < 0 && test_random() & 1 ? -1 : 1;
	switch (test_random() % 8) {
	case 0:
		return min;
	case 1:
		return max;
	}
	return min + (int64_t)(test_random() % (uint64_t)(max - min + 1));
}

/*
 * Everything in memory of exactly its size, so that a sanitiser sees one byte
 * too far.
 */
static bool round_trip(const struct srfpga_layout *layout, uint32_t elem,
		       uint64_t frames)
{
	const uint64_t count = layout->rows * layout->row_elems;
	const uint64_t bytes = srfpga_layout_get_frame_bytes(layout);
	const size_t size = srfpga_elem_get_size(elem);
	int64_t min, max;
	int64_t *values = malloc(count * sizeof(*values));
	uint8_t *tensor = malloc(frames * count * size);
	uint8_t *back = malloc(frames * count * size);
	uint8_t *want = malloc(frames * bytes);
	uint8_t *got = malloc(frames * bytes);
	bool ok;

	for (uint64_t f = 0; f < frames; f++) {
		for (uint64_t i = 0; i < count; i++) {
			values[i] = random_value(layout, elem);
			put(elem, tensor, f * count + i, values[i]);
		}
		slow_pack(layout, values, want + f * bytes);
	}
	memset(got, 0xa5, frames * bytes);
	ok = !srfpga_layout_pack(layout, elem, tensor, frames, got, NULL) &&
	     !memcmp(got, want, frames * bytes);
	srfpga_layout_get_range(layout, &min, &max);
	if (min >= elem_min[elem] && max <= elem_max[elem])
		ok = ok &&
		     !srfpga_layout_unpack(layout, elem, got, frames, back) &&
		     !memcmp(back, tensor, frames * count * size);
	else
		ok = ok && srfpga_layout_unpack(layout, elem, got, frames,
						back) == -EINVAL;
	free(values);
	free(tensor);
	free(back);
	free(want);
	free(got);
	return ok;
}

/* Rows: shorter than a word, of whole words, around the stage's 1024. */
static const uint64_t shapes[][2] = {
	{ 1, 1 }, { 9, 1 }, { 17, 2 }, { 5, 3 }, { 4, 5 }, { 3, 7 }, { 6, 8 },
	{ 8, 2 }, { 43, 3 }, { 17, 4 }, { 29, 5 }, { 26, 6 }, { 31, 7 },
	{ 2, 9 }, { 7, 15 }, { 2, 40 }, { 3, 63 }, { 1, 257 }, { 1500, 1 },
	{ 600, 3 }, { 2, 1023 }, { 2, 1024 }, { 2, 1025 }, { 2, 2051 },
};

static void all_shapes(uint32_t dtype, uint32_t bits)
{
	for (size_t s = 0; s < sizeof(shapes) / sizeof(*shapes); s++) {
		const struct srfpga_layout layout = {
			.dtype = dtype,
			.bits = bits,
			.rows = shapes[s][0],
			.row_elems = shapes[s][1],
		};

		for (uint32_t e = SRFPGA_ELEM_U8; e <= SRFPGA_ELEM_S32; e++)
			if (!CHECK(round_trip(&layout, e, 1 + s % 3)))
				return;
	}
}

static void test_unsigned(void)
{
	for (uint32_t bits = 1; bits <= 32; bits++)
		all_shapes(SRFPGA_DTYPE_UINT, bits);
}

static void test_signed(void)
{
	for (uint32_t bits = 1; bits <= 32; bits++)
		all_shapes(SRFPGA_DTYPE_INT, bits);
}

static void test_special(void)
{
	all_shapes(SRFPGA_DTYPE_BIPOLAR, 1);
	all_shapes(SRFPGA_DTYPE_TERNARY, 2);
}

struct refusal {
	const char *type;
	int32_t value;
};

/* The first value beyond either end of the type. */
static const struct refusal refusals[] = {
	{ "UINT1", 2 }, { "UINT1", -1 }, { "UINT3", 8 }, { "UINT3", -1 },
	{ "UINT7", 128 }, { "UINT8", 256 }, { "UINT8", -1 }, { "UINT9", 512 },
	{ "UINT16", 65536 }, { "UINT16", -1 }, { "UINT24", 1 << 24 },
	{ "UINT32", -1 }, { "INT1", 1 }, { "INT1", -2 }, { "INT2", 2 },
	{ "INT2", -3 }, { "INT4", 8 }, { "INT4", -9 }, { "INT7", 64 },
	{ "INT7", -65 }, { "INT8", 128 }, { "INT8", -129 }, { "INT9", 256 },
	{ "INT9", -257 }, { "INT16", 32768 }, { "INT16", -32769 },
	{ "INT24", 1 << 23 }, { "INT24", -(1 << 23) - 1 }, { "BIPOLAR", 0 },
	{ "BIPOLAR", 2 }, { "BIPOLAR", 3 }, { "BIPOLAR", -2 },
	{ "BIPOLAR", -3 }, { "TERNARY", 2 }, { "TERNARY", -2 },
	{ "TERNARY", -3 }, { "BINARY", 2 }, { "BINARY", -1 },
};

/* Of the natural type, where no conversion would find it. */
static int pack_natural(const char *type, uint32_t elems,
			const int32_t *values, uint8_t *packed, uint64_t *bad)
{
	const uint32_t shape[] = { elems };
	struct srfpga_layout layout;
	uint8_t tensor[256];
	uint32_t elem;

	srfpga_layout_init(&layout, type, shape, 1);
	elem = srfpga_layout_get_elem(&layout);
	for (uint32_t i = 0; i < elems; i++) {
		if (values[i] < elem_min[elem] || values[i] > elem_max[elem])
			return -ERANGE;
		put(elem, tensor, i, values[i]);
	}
	return srfpga_layout_pack(&layout, elem, tensor, 1, packed, bad);
}

static void test_refusals(void)
{
	uint8_t packed[512];

	for (size_t i = 0; i < sizeof(refusals) / sizeof(*refusals); i++) {
		for (uint32_t at = 0; at < 29; at++) {
			int32_t values[29];
			uint64_t bad = at;

			for (uint32_t k = 0; k < 29; k++)
				values[k] = refusals[i].type[0] == 'I' ? 0 : 1;
			values[at] = refusals[i].value;
			CHECK_EQ(pack_natural(refusals[i].type, 29, values,
					      packed, &bad), -ERANGE);
			CHECK_EQ(bad, at);
			bad = ~0ULL;
			CHECK_EQ(pack_s32(refusals[i].type, 1, 29, values,
					  packed, &bad), -ERANGE);
			CHECK_EQ(bad, at);
			bad = ~0ULL;
			CHECK_EQ(pack_s32(refusals[i].type, 29, 1, values,
					  packed, &bad), -ERANGE);
			CHECK_EQ(bad, at);
		}
	}
}

/* Each of the 256 bytes is accepted exactly if the type has the value. */
static void every_byte(uint32_t dtype, uint32_t bits)
{
	const struct srfpga_layout layout = { dtype, bits, 1, 3 };
	const uint32_t elem = srfpga_layout_get_elem(&layout);
	int64_t min, max;

	srfpga_layout_get_range(&layout, &min, &max);
	for (int byte = 0; byte < 256; byte++) {
		int value = elem == SRFPGA_ELEM_S8 ? (int8_t)byte : byte;
		bool has = value >= min && value <= max &&
			   (value || dtype != SRFPGA_DTYPE_BIPOLAR);
		const uint8_t good = dtype == SRFPGA_DTYPE_INT ? 0 : 1;
		const uint8_t tensor[] = { good, byte, good };
		uint8_t packed[3];

		if (!CHECK_EQ(srfpga_layout_pack(&layout, elem, tensor, 1,
						 packed, NULL),
			      has ? 0 : -ERANGE))
			return;
	}
}

static void test_every_byte(void)
{
	for (uint32_t bits = 1; bits <= 8; bits++) {
		every_byte(SRFPGA_DTYPE_UINT, bits);
		every_byte(SRFPGA_DTYPE_INT, bits);
	}
	every_byte(SRFPGA_DTYPE_BIPOLAR, 1);
	every_byte(SRFPGA_DTYPE_TERNARY, 2);
}

static void test_bad_arguments(void)
{
	const struct srfpga_layout good = { SRFPGA_DTYPE_UINT, 4, 2, 2 };
	uint8_t tensor[4] = { 1, 2, 3, 4 }, packed[2];
	struct srfpga_layout layout;

	CHECK_EQ(srfpga_layout_pack(&good, SRFPGA_ELEM_F32, tensor, 1, packed,
				    NULL), -EINVAL);
	CHECK_EQ(srfpga_layout_pack(&good, 0, tensor, 1, packed, NULL),
		 -EINVAL);
	CHECK_EQ(srfpga_layout_pack(&good, 8, tensor, 1, packed, NULL),
		 -EINVAL);
	CHECK_EQ(srfpga_layout_unpack(&good, 8, packed, 1, tensor), -EINVAL);
	CHECK_EQ(srfpga_layout_pack(&good, SRFPGA_ELEM_U8, tensor, ~0ULL,
				    packed, NULL), -EINVAL);
	CHECK_EQ(srfpga_layout_pack(&good, SRFPGA_ELEM_U8, NULL, 0, NULL,
				    NULL), 0);
	layout = good;
	layout.bits = 33;
	CHECK_EQ(srfpga_layout_pack(&layout, SRFPGA_ELEM_U8, tensor, 1, packed,
				    NULL), -EINVAL);
	layout = good;
	layout.rows = 0;
	CHECK_EQ(srfpga_layout_unpack(&layout, SRFPGA_ELEM_U8, packed, 1,
				      tensor), -EINVAL);
	layout = good;
	layout.dtype = 6;
	CHECK_EQ(srfpga_layout_pack(&layout, SRFPGA_ELEM_U8, tensor, 1, packed,
				    NULL), -EINVAL);
}

static const struct test tests[] = {
	{ "vectors worked out by hand", test_vectors },
	{ "float", test_float },
	{ "64-bit integers", test_long },
	{ "unsigned types against the slow packer", test_unsigned },
	{ "signed types against the slow packer", test_signed },
	{ "bipolar and ternary against the slow packer", test_special },
	{ "values out of range are found", test_refusals },
	{ "every byte is accepted or refused", test_every_byte },
	{ "bad arguments", test_bad_arguments },
};

TEST_MAIN(tests)
