// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Quantisation: nearest, ties to even, limits, NaN. Expected values are those
 * of the definition, worked out by hand.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "srfpga.h"
#include "test.h"

static struct srfpga_layout layout_of(const char *type)
{
	const uint32_t shape[] = { 1 };
	struct srfpga_layout layout = { 0 };

	CHECK_EQ(srfpga_layout_init(&layout, type, shape, 1), 0);
	return layout;
}

static int64_t code(const char *type, double scale, int32_t zero, float real)
{
	const struct srfpga_layout layout = layout_of(type);
	uint32_t codes = 0;

	CHECK_EQ(srfpga_layout_quantise(&layout, scale, zero, &real, 1, &codes,
					NULL), 0);
	switch (srfpga_layout_get_elem(&layout)) {
	case SRFPGA_ELEM_S8:
		return (int8_t)codes;
	case SRFPGA_ELEM_S16:
		return (int16_t)codes;
	case SRFPGA_ELEM_S32:
		return (int32_t)codes;
	}
	return codes;
}

static void test_nearest_even(void)
{
	CHECK_EQ(code("UINT8", 1, 0, 0.5f), 0);
	CHECK_EQ(code("UINT8", 1, 0, 1.5f), 2);
	CHECK_EQ(code("UINT8", 1, 0, 2.5f), 2);
	CHECK_EQ(code("UINT8", 1, 0, 2.51f), 3);
	CHECK_EQ(code("INT8", 1, 0, -0.5f), 0);
	CHECK_EQ(code("INT8", 1, 0, -1.5f), -2);
	CHECK_EQ(code("INT8", 1, 0, -2.5f), -2);
	CHECK_EQ(code("INT16", 1, 0, 1000.5f), 1000);
	CHECK_EQ(code("INT32", 1, 0, -7.49f), -7);
}

static void test_limits(void)
{
	CHECK_EQ(code("UINT8", 1, 0, 255.5f), 255);
	CHECK_EQ(code("UINT8", 1, 0, -0.6f), 0);
	CHECK_EQ(code("UINT8", 1, 0, INFINITY), 255);
	CHECK_EQ(code("INT4", 1, 0, -INFINITY), -8);
	CHECK_EQ(code("INT4", 1, 0, 7.4f), 7);
	CHECK_EQ(code("INT4", 1, 0, 8.0f), 7);
	CHECK_EQ(code("TERNARY", 1, 0, 3.0f), 1);
	CHECK_EQ(code("TERNARY", 1, 0, -3.0f), -1);
	CHECK_EQ(code("UINT32", 1, 0, 1e30f), 4294967295);
	CHECK_EQ(code("INT32", 1, 0, -1e30f), -2147483648);
	CHECK_EQ(code("UINT16", 1, 0, 65535.4f), 65535);
}

static void test_scale(void)
{
	/* 0.3f / 0.1 = 3.0000001, 0.25 / 0.1 = 2.5 to even */
	CHECK_EQ(code("UINT8", 0.1, 0, 0.3f), 3);
	CHECK_EQ(code("UINT8", 0.1, 0, 0.25f), 2);
	CHECK_EQ(code("UINT8", 0.5, 128, -1.0f), 126);
	CHECK_EQ(code("INT8", 2, -5, 10.0f), 0);
}

static void test_bipolar(void)
{
	CHECK_EQ(code("BIPOLAR", 1, 0, 0.0f), 1);
	CHECK_EQ(code("BIPOLAR", 1, 0, -0.0f), 1);
	CHECK_EQ(code("BIPOLAR", 1, 0, -1e-30f), -1);
	CHECK_EQ(code("BIPOLAR", 1, 0, 5.0f), 1);
}

static void test_float(void)
{
	const struct srfpga_layout layout = layout_of("FLOAT32");
	const float real[] = { 1.5f, -INFINITY };
	float codes[2];

	CHECK_EQ(srfpga_layout_quantise(&layout, 0.5, 1, real, 2, codes, NULL),
		 0);
	CHECK(codes[0] == 4.0f && codes[1] == -INFINITY);
}

static void test_nan(void)
{
	static const char *const types[] = {
		"UINT8", "BIPOLAR", "TERNARY", "INT16", "UINT32", "FLOAT32",
	};
	float real[37], codes[37];

	for (size_t t = 0; t < sizeof(types) / sizeof(*types); t++) {
		const struct srfpga_layout layout = layout_of(types[t]);

		for (uint64_t at = 0; at < 37; at++) {
			uint64_t bad = ~0ULL;

			for (int i = 0; i < 37; i++)
				real[i] = 1.0f;
			real[at] = NAN;
			CHECK_EQ(srfpga_layout_quantise(&layout, 1, 0, real,
							37, codes, &bad),
				 -EDOM);
			CHECK_EQ(bad, at);
		}
	}
}

static void test_bad_arguments(void)
{
	const struct srfpga_layout wrong = { 0 };
	const struct srfpga_layout good = layout_of("UINT8");
	static const double scales[] = { 0, -1, NAN, INFINITY };
	float real = 1;
	uint8_t codes = 1;

	CHECK_EQ(srfpga_layout_quantise(&wrong, 1, 0, &real, 1, &codes, NULL),
		 -EINVAL);
	CHECK_EQ(srfpga_layout_dequantise(&wrong, 1, 0, &codes, 1, &real),
		 -EINVAL);
	for (size_t i = 0; i < sizeof(scales) / sizeof(*scales); i++) {
		CHECK_EQ(srfpga_layout_quantise(&good, scales[i], 0, &real, 1,
						&codes, NULL), -EINVAL);
		CHECK_EQ(srfpga_layout_dequantise(&good, scales[i], 0, &codes,
						  1, &real), -EINVAL);
	}
}

static void test_dequantise(void)
{
	const uint8_t codes[] = { 0, 128, 255 };
	const int8_t sign[] = { -1, 1 };
	const struct srfpga_layout u8 = layout_of("UINT8");
	const struct srfpga_layout bipolar = layout_of("BIPOLAR");
	float real[3];

	CHECK_EQ(srfpga_layout_dequantise(&u8, 0.5, 128, codes, 3, real), 0);
	CHECK(real[0] == -64.0f && real[1] == 0.0f && real[2] == 63.5f);
	CHECK_EQ(srfpga_layout_dequantise(&bipolar, 0.25, 0, sign, 2, real),
		 0);
	CHECK(real[0] == -0.25f && real[1] == 0.25f);
}

/* Every code survives the way to its real value and back. */
static void round_trip(const char *type, double scale, int32_t zero)
{
	const struct srfpga_layout layout = layout_of(type);
	int64_t min, max;

	srfpga_layout_get_range(&layout, &min, &max);
	for (int64_t v = min; v <= max; v++) {
		int16_t wide = v;
		float real;

		if (layout.dtype == SRFPGA_DTYPE_BIPOLAR && !v)
			continue;
		CHECK_EQ(srfpga_layout_dequantise(&layout, scale, zero, &wide,
						  1, &real), 0);
		if (!CHECK_EQ(code(type, scale, zero, real), v))
			return;
	}
}

static void test_round_trip(void)
{
	round_trip("UINT8", 0.1, 0);
	round_trip("INT8", 1.0 / 3, 7);
	round_trip("INT12", 0.013, -100);
	round_trip("TERNARY", 0.7, 0);
	round_trip("BIPOLAR", 0.3, 0);
	round_trip("UINT1", 2, 0);
}

static const struct test tests[] = {
	{ "nearest, ties to even", test_nearest_even },
	{ "limits of the type", test_limits },
	{ "scale and zero point", test_scale },
	{ "bipolar is the sign", test_bipolar },
	{ "float is not limited", test_float },
	{ "NaN is refused and found", test_nan },
	{ "bad arguments", test_bad_arguments },
	{ "dequantise", test_dequantise },
	{ "every code comes back", test_round_trip },
};

TEST_MAIN(tests)
