// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * NumPy files: bytes as numpy.save() writes them, and damaged ones.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "npy.h"
#include "test.h"

/* numpy.save() of numpy.array([[1, -2, 300]], dtype=int16), NumPy 1.24 */
static const char int16_file[] =
	"\x93NUMPY\x01\x00v\x00{'descr': '<i2', 'fortran_order': False, "
	"'shape': (1, 3), }"
	"                             "
	"                             \n\x01\x00\xfe\xff\x2c\x01";

/* messages of refused files would only clutter the log */
static int parse(const char *file, size_t len, struct npy *npy)
{
	FILE *old = stderr;
	int ret;

	stderr = fopen("/dev/null", "w");
	ret = npy_parse("test", (const uint8_t *)file, len, npy);
	fclose(stderr);
	stderr = old;
	return ret;
}

static int parse_dict(const char *dict, size_t data)
{
	static char file[4096];
	struct npy npy;
	size_t n = strlen(dict);
	int ret;

	memcpy(file, "\x93NUMPY\x01\x00", 8);
	file[8] = (char)n;
	file[9] = (char)(n >> 8);
	memcpy(file + 10, dict, n);
	memset(file + 10 + n, 0, data);
	ret = parse(file, 10 + n + data, &npy);
	if (!ret)
		npy_free(&npy);
	return ret;
}

static void test_numpys_own(void)
{
	struct npy npy;

	if (!CHECK(!parse(int16_file, sizeof(int16_file) - 1, &npy)))
		return;
	CHECK_EQ(npy.kind, 'i');
	CHECK_EQ(npy.size, 2);
	CHECK_EQ(npy.rank, 2);
	CHECK_EQ(npy.shape[0], 1);
	CHECK_EQ(npy.shape[1], 3);
	CHECK_EQ(npy_get(&npy, 0), 1);
	CHECK_EQ(npy_get(&npy, 1), -2);
	CHECK_EQ(npy_get(&npy, 2), 300);
	npy_free(&npy);
}

static void test_written_as_numpy(void)
{
	int16_t values[] = { 1, -2, 300 };
	struct npy npy = { .kind = 'i', .size = 2, .rank = 2,
			   .shape = { 1, 3 }, .count = 3,
			   .data = (uint8_t *)values };
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);

	npy_write(f, &npy);
	fclose(f);
	CHECK_EQ(len, sizeof(int16_file) - 1);
	CHECK(!memcmp(text, int16_file, sizeof(int16_file) - 1));
	free(text);
}

static void test_headers(void)
{
	CHECK(!parse_dict("{'descr':'|u1','fortran_order':False,'shape':(4,)}",
			  4));
	CHECK(!parse_dict("{'shape': (), \"fortran_order\": False, "
			  "'descr': '<f8'}", 8));
	CHECK(!parse_dict("{'descr': '|b1', 'fortran_order': True, "
			  "'shape': (2,), }", 2));
	CHECK(!parse_dict("{'descr': '=i4', 'fortran_order': False, "
			  "'shape': (2, 0, 3), }", 0));
}

static void test_refused(void)
{
	static const struct {
		const char *dict;
		size_t data;
	} bad[] = {
		{ "", 0 },
		{ "{", 0 },
		{ "{}", 0 },
		{ "{'descr': '<f4', 'fortran_order': False}", 4 },
		{ "{'descr': '<f4', 'fortran_order': Maybe, 'shape': ()}", 4 },
		{ "{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}",
		  7 },
		{ "{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}",
		  9 },
		{ "{'descr': '>f4', 'fortran_order': False, 'shape': (1,)}",
		  4 },
		{ "{'descr': '<f4', 'fortran_order': True, 'shape': (1, 1)}",
		  4 },
		{ "{'descr': '<c8', 'fortran_order': False, 'shape': (1,)}",
		  8 },
		{ "{'descr': '<i3', 'fortran_order': False, 'shape': (1,)}",
		  3 },
		{ "{'descr': '|V4', 'fortran_order': False, 'shape': (1,)}",
		  4 },
		{ "{'descr': [('a', '<i4')], 'fortran_order': False, "
		  "'shape': (1,)}", 4 },
		{ "{'descr': '<u1', 'fortran_order': False, 'shape': "
		  "(4294967296, 4294967296, 4294967296)}", 0 },
		{ "{'descr': '<u8', 'fortran_order': False, 'shape': "
		  "(2305843009213693953,)}", 8 },
		{ "{'descr': '<u1', 'fortran_order': False, 'shape': "
		  "(1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1)}", 1 },
		{ "{'descr': '<u1', 'fortran_order': False, 'shape': (1,), "
		  "'more': 1}", 1 },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (!CHECK(parse_dict(bad[i].dict, bad[i].data)))
			printf("# %s\n", bad[i].dict);
}

static void test_truncated_anywhere(void)
{
	struct npy npy;

	for (size_t n = 0; n < sizeof(int16_file) - 1; n++)
		CHECK(parse(int16_file, n, &npy));
}

static const struct test tests[] = {
	{ "what numpy.save() wrote", test_numpys_own },
	{ "written as numpy.save() does", test_written_as_numpy },
	{ "other headers", test_headers },
	{ "refused headers", test_refused },
	{ "truncated anywhere", test_truncated_anywhere },
};

TEST_MAIN(tests)
