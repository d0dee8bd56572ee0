// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Layouts: types by name, ranges, sizes.
 */
#include <errno.h>
#include <string.h>

#include "srfpga.h"
#include "test.h"

static const uint32_t shape[] = { 4, 5, 3 };

static struct srfpga_layout layout_of(const char *type)
{
	struct srfpga_layout layout = { 0 };

	CHECK_EQ(srfpga_layout_init(&layout, type, shape, 3), 0);
	return layout;
}

struct known {
	const char *type;
	uint32_t dtype;
	uint32_t bits;
	uint32_t elem;
	int64_t min;
	int64_t max;
	uint64_t frame_bytes;
};

/* Frame bytes of 20 rows of 3 elements. */
static const struct known known[] = {
	{ "UINT8", SRFPGA_DTYPE_UINT, 8, SRFPGA_ELEM_U8, 0, 255, 60 },
	{ "UINT1", SRFPGA_DTYPE_UINT, 1, SRFPGA_ELEM_U8, 0, 1, 20 },
	{ "BINARY", SRFPGA_DTYPE_UINT, 1, SRFPGA_ELEM_U8, 0, 1, 20 },
	{ "BIPOLAR", SRFPGA_DTYPE_BIPOLAR, 1, SRFPGA_ELEM_S8, -1, 1, 20 },
	{ "TERNARY", SRFPGA_DTYPE_TERNARY, 2, SRFPGA_ELEM_S8, -1, 1, 20 },
	{ "INT1", SRFPGA_DTYPE_INT, 1, SRFPGA_ELEM_S8, -1, 0, 20 },
	{ "INT4", SRFPGA_DTYPE_INT, 4, SRFPGA_ELEM_S8, -8, 7, 40 },
	{ "INT8", SRFPGA_DTYPE_INT, 8, SRFPGA_ELEM_S8, -128, 127, 60 },
	{ "INT9", SRFPGA_DTYPE_INT, 9, SRFPGA_ELEM_S16, -256, 255, 80 },
	{ "UINT9", SRFPGA_DTYPE_UINT, 9, SRFPGA_ELEM_U16, 0, 511, 80 },
	{ "UINT16", SRFPGA_DTYPE_UINT, 16, SRFPGA_ELEM_U16, 0, 65535, 120 },
	{ "INT17", SRFPGA_DTYPE_INT, 17, SRFPGA_ELEM_S32, -65536, 65535, 140 },
	{ "UINT32", SRFPGA_DTYPE_UINT, 32, SRFPGA_ELEM_U32, 0, 4294967295,
	  240 },
	{ "INT32", SRFPGA_DTYPE_INT, 32, SRFPGA_ELEM_S32, -2147483648,
	  2147483647, 240 },
	{ "INT64", SRFPGA_DTYPE_INT, 64, SRFPGA_ELEM_S64, INT64_MIN, INT64_MAX,
	  480 },
};

static void test_types(void)
{
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		const struct srfpga_layout layout = layout_of(known[i].type);
		int64_t min = 0, max = 0;

		CHECK_EQ(layout.dtype, known[i].dtype);
		CHECK_EQ(layout.bits, known[i].bits);
		CHECK_EQ(layout.rows, 20);
		CHECK_EQ(layout.row_elems, 3);
		CHECK_EQ(srfpga_layout_get_elem(&layout), known[i].elem);
		CHECK_EQ(srfpga_layout_get_frame_bytes(&layout),
			 known[i].frame_bytes);
		CHECK_EQ(srfpga_layout_get_range(&layout, &min, &max), 0);
		CHECK_EQ(min, known[i].min);
		CHECK_EQ(max, known[i].max);
	}
}

static void test_float(void)
{
	const struct srfpga_layout layout = layout_of("FLOAT32");
	int64_t min, max;

	CHECK_EQ(srfpga_layout_get_elem(&layout), SRFPGA_ELEM_F32);
	CHECK_EQ(srfpga_layout_get_frame_bytes(&layout), 240);
	CHECK_EQ(srfpga_layout_get_range(&layout, &min, &max), -EINVAL);
}

static void test_names(void)
{
	static const char *const names[] = {
		"UINT8", "INT4", "BINARY", "BIPOLAR", "TERNARY", "FLOAT32",
		"INT32", "UINT2", "INT64",
	};
	char name[SRFPGA_TYPE_NAME_LEN];

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const struct srfpga_layout layout = layout_of(names[i]);

		CHECK_EQ(srfpga_layout_get_type(&layout, name), 0);
		CHECK(!strcmp(name, names[i]));
	}
}

static void test_unknown_types(void)
{
	static const char *const names[] = {
		"", "UINT", "INT", "UINT0", "INT33", "UINT08", "INT4x", "int8",
		"UINT-4", "INT63", "INT65", "UINT64", "FLOAT16", "BIPOLAR1", "FIXED<8,4>", "UINT 8",
		"INT99999999999999999999",
	};
	struct srfpga_layout layout;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		CHECK_EQ(srfpga_layout_init(&layout, names[i], shape, 3),
			 -EINVAL);
}

static void test_shapes(void)
{
	static const uint32_t zero[] = { 3, 0, 2 };
	static const uint32_t huge[] = { 1u << 31, 1u << 31, 1u << 31, 2 };
	static const uint32_t limit[] = { 1u << 24, 1u << 24 };
	static const uint32_t beyond[] = { 1u << 24, (1u << 24) + 1 };
	uint32_t ones[SRFPGA_MAX_RANK + 1];
	struct srfpga_layout layout;

	for (int i = 0; i <= SRFPGA_MAX_RANK; i++)
		ones[i] = 1;
	CHECK_EQ(srfpga_layout_init(&layout, "UINT8", shape, 0), -EINVAL);
	CHECK_EQ(srfpga_layout_init(&layout, "UINT8", ones,
				    SRFPGA_MAX_RANK + 1), -EINVAL);
	CHECK_EQ(srfpga_layout_init(&layout, "UINT8", ones, SRFPGA_MAX_RANK),
		 0);
	CHECK_EQ(srfpga_layout_init(&layout, "UINT8", zero, 3), -EINVAL);
	CHECK_EQ(srfpga_layout_init(&layout, "UINT8", huge, 4), -EOVERFLOW);
	CHECK_EQ(srfpga_layout_init(&layout, "UINT32", limit, 2), 0);
	CHECK_EQ(srfpga_layout_get_frame_bytes(&layout), 1LL << 50);
	CHECK_EQ(srfpga_layout_init(&layout, "UINT1", beyond, 2), -EOVERFLOW);
}

static void test_wrong_layouts(void)
{
	static const struct srfpga_layout wrong[] = {
		{ 0, 8, 1, 1 },
		{ 6, 8, 1, 1 },
		{ SRFPGA_DTYPE_UINT, 0, 1, 1 },
		{ SRFPGA_DTYPE_INT, 33, 1, 1 },
		{ SRFPGA_DTYPE_UINT, 64, 1, 1 },
		{ SRFPGA_DTYPE_BIPOLAR, 2, 1, 1 },
		{ SRFPGA_DTYPE_TERNARY, 1, 1, 1 },
		{ SRFPGA_DTYPE_FLOAT, 16, 1, 1 },
		{ SRFPGA_DTYPE_UINT, 8, 0, 1 },
		{ SRFPGA_DTYPE_UINT, 8, 1, 0 },
		{ SRFPGA_DTYPE_UINT, 8, 1ULL << 63, 4 },
	};
	char name[SRFPGA_TYPE_NAME_LEN];
	int64_t min, max;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		CHECK_EQ(srfpga_layout_get_frame_bytes(&wrong[i]), 0);
		CHECK_EQ(srfpga_layout_get_elem(&wrong[i]), 0);
		CHECK_EQ(srfpga_layout_get_range(&wrong[i], &min, &max),
			 -EINVAL);
		CHECK_EQ(srfpga_layout_get_type(&wrong[i], name), -EINVAL);
	}
}

static void test_elem_sizes(void)
{
	static const size_t sizes[] = { 0, 1, 1, 2, 2, 4, 4, 4, 8, 0 };

	for (uint32_t elem = 0; elem < 10; elem++)
		CHECK_EQ(srfpga_elem_get_size(elem), sizes[elem]);
}

static const struct test tests[] = {
	{ "types: range, C type, frame bytes", test_types },
	{ "float", test_float },
	{ "names come back", test_names },
	{ "unknown types", test_unknown_types },
	{ "shapes", test_shapes },
	{ "wrong layouts", test_wrong_layouts },
	{ "sizes of C types", test_elem_sizes },
};

TEST_MAIN(tests)
