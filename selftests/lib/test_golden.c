// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Packing against cases that were checked with FINN's own code, where the
 * project's shared data is at hand: a list of objects with the type, the
 * folded shape, the values and the bytes, as nested arrays.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "srfpga.h"
#include "test.h"

#define PATH	"../shared/data/golden_packing.json"

static char *read_file(const char *path)
{
	FILE *file = fopen(path, "r");
	char *text = NULL;
	size_t len = 0;

	if (!file)
		return NULL;
	if (getdelim(&text, &len, '\0', file) < 0) {
		free(text);
		text = NULL;
	}
	fclose(file);
	return text;
}

/* All numbers of the (nested) array behind "key" in @object. */
static size_t numbers(const char *object, const char *key, long *out,
		      size_t max)
{
	const char *p = strstr(object, key);
	size_t count = 0;
	int depth = 0;

	if (!p)
		return 0;
	p = strchr(p, '[');
	do {
		char *end;

		if (*p == '[' || *p == ']') {
			depth += *p++ == '[' ? 1 : -1;
			continue;
		}
		long value = strtol(p, &end, 10);

		if (end == p) {
			p++;
			continue;
		}
		if (count < max)
			out[count] = value;
		count++;
		p = end;
	} while (depth);
	return count <= max ? count : 0;
}

#define MAX_NUMBERS	8192

static void check_case(const char *object)
{
	static long values[MAX_NUMBERS], bytes[MAX_NUMBERS], shape[16];
	static int32_t tensor[MAX_NUMBERS], back[MAX_NUMBERS];
	static uint8_t packed[MAX_NUMBERS];
	struct srfpga_layout layout;
	uint32_t folded[16];
	size_t count, len, rank;
	char type[16] = "";

	if (!CHECK(sscanf(object, "{\"dtype\": \"%15[A-Z0-9]\"", type) == 1))
		return;
	rank = numbers(object, "\"folded\"", shape, 16);
	count = numbers(object, "\"values\"", values, MAX_NUMBERS);
	len = numbers(object, "\"bytes\"", bytes, MAX_NUMBERS);
	if (!CHECK(rank > 1 && count && len))
		return;
	for (size_t i = 0; i < rank; i++)
		folded[i] = shape[i];
	for (size_t i = 0; i < count; i++)
		tensor[i] = values[i];
	/* the first dimension is the batch */
	CHECK_EQ(srfpga_layout_init(&layout, type, folded + 1, rank - 1), 0);
	CHECK_EQ(layout.rows * layout.row_elems * folded[0], count);
	CHECK_EQ(srfpga_layout_get_frame_bytes(&layout) * folded[0], len);
	CHECK_EQ(srfpga_layout_pack(&layout, SRFPGA_ELEM_S32, tensor,
				    folded[0], packed, NULL), 0);
	for (size_t i = 0; i < len; i++)
		if (!CHECK_EQ(packed[i], bytes[i]))
			break;
	CHECK_EQ(srfpga_layout_unpack(&layout, SRFPGA_ELEM_S32, packed,
				      folded[0], back), 0);
	CHECK_EQ(memcmp(back, tensor, count * sizeof(*back)), 0);
}

static void test_golden(void)
{
	const char *dir = getenv("SRCDIR");
	char path[512], *text, *object;
	int cases = 0;

	snprintf(path, sizeof(path), "%s/" PATH, dir ? dir : ".");
	text = read_file(path);
	if (!text) {
		skip("no " PATH);
		return;
	}
	for (object = strchr(text, '{'); object;
	     object = strchr(object + 1, '{')) {
		check_case(object);
		cases++;
	}
	CHECK_EQ(cases, 20);
	free(text);
}

static const struct test tests[] = {
	{ "cases checked with FINN", test_golden },
};

TEST_MAIN(tests)
