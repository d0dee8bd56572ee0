// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Packing against cases that were computed with FINN's own code: those of
 * golden_packing.txt, and where the project's shared data is at hand the same
 * once more from there: a list of objects with the type, the folded shape, the
 * values and the bytes, as nested arrays.
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
#define MAX_RANK	16

/* struct golden - one case: what is packed, and the bytes that come out */
struct golden {
	char type[16];
	size_t rank;
	uint32_t folded[MAX_RANK];
	size_t count;
	int32_t values[MAX_NUMBERS];
	size_t len;
	uint8_t bytes[MAX_NUMBERS];
};

static void check_case(const struct golden *g)
{
	static int32_t back[MAX_NUMBERS];
	static uint8_t packed[MAX_NUMBERS];
	struct srfpga_layout layout;

	if (!CHECK(g->rank && g->count && g->len))
		return;
	CHECK_EQ(srfpga_layout_init(&layout, g->type, g->folded, g->rank), 0);
	CHECK_EQ(layout.rows * layout.row_elems, g->count);
	if (!CHECK_EQ(srfpga_layout_get_frame_bytes(&layout), g->len))
		return;
	CHECK_EQ(srfpga_layout_pack(&layout, SRFPGA_ELEM_S32, g->values, 1,
				    packed, NULL), 0);
	for (size_t i = 0; i < g->len; i++)
		if (!CHECK_EQ(packed[i], g->bytes[i]))
			break;
	CHECK_EQ(srfpga_layout_unpack(&layout, SRFPGA_ELEM_S32, packed, 1,
				      back), 0);
	CHECK_EQ(memcmp(back, g->values, g->count * sizeof(*back)), 0);
}

/* One case of the shared file; the first dimension is the batch, of one. */
static void check_object(const char *object)
{
	static long values[MAX_NUMBERS], bytes[MAX_NUMBERS], shape[MAX_RANK];
	static struct golden g;
	size_t rank = numbers(object, "\"folded\"", shape, MAX_RANK);

	if (!CHECK(sscanf(object, "{\"dtype\": \"%15[A-Z0-9]\"", g.type) == 1) ||
	    !CHECK(rank > 1 && shape[0] == 1))
		return;
	g.rank = rank - 1;
	g.count = numbers(object, "\"values\"", values, MAX_NUMBERS);
	g.len = numbers(object, "\"bytes\"", bytes, MAX_NUMBERS);
	for (size_t i = 0; i < g.rank; i++)
		g.folded[i] = shape[i + 1];
	for (size_t i = 0; i < g.count; i++)
		g.values[i] = values[i];
	for (size_t i = 0; i < g.len; i++)
		g.bytes[i] = bytes[i];
	check_case(&g);
}

static void take_shape(struct golden *g, const char *word)
{
	char *end = (char *)word;

	while (g->rank < MAX_RANK && *end) {
		g->folded[g->rank++] = strtoul(end, &end, 10);
		end += *end == 'x';
	}
}

static void take_bytes(struct golden *g, const char *word)
{
	unsigned int byte;

	for (; g->len < MAX_NUMBERS && sscanf(word, "%2x", &byte) == 1; word += 2)
		g->bytes[g->len++] = byte;
}

static void take_value(struct golden *g, const char *word, bool *same)
{
	if (!strcmp(word, "same"))
		*same = true;
	else if (g->count < MAX_NUMBERS)
		g->values[g->count++] = strtol(word, NULL, 10);
}

/* The next case of our own list; @word is its type, then that of the next. */
static bool next_case(FILE *file, struct golden *g, char *word)
{
	enum { SHAPE, VALUES, BYTES } part = SHAPE;
	bool same = false;
	int more;

	memset(g, 0, sizeof(*g));
	snprintf(g->type, sizeof(g->type), "%.15s", word);
	while ((more = fscanf(file, "%127s", word) == 1)) {
		if (!strcmp(word, "values"))
			part = VALUES;
		else if (!strcmp(word, "bytes"))
			part = BYTES;
		else if (part == SHAPE)
			take_shape(g, word);
		else if (part == VALUES)
			take_value(g, word, &same);
		else if (word[0] >= 'A' && word[0] <= 'Z')
			break;
		else
			take_bytes(g, word);
	}
	for (size_t i = 0; same && i < g->len; i++)
		g->values[g->count++] = g->bytes[i];
	return more;
}

static void test_cases(void)
{
	const char *dir = getenv("SRCDIR");
	static struct golden g;
	char path[512], word[128];
	int cases = 0;
	bool more;
	FILE *file;

	snprintf(path, sizeof(path), "%s/selftests/lib/golden_packing.txt",
		 dir ? dir : ".");
	file = fopen(path, "r");
	if (!CHECK(file))
		return;
	/* The comment is lines that start with #. */
	do {
		more = fscanf(file, "%127s", word) == 1;
		if (more && word[0] == '#' && fscanf(file, "%*[^\n]") == EOF)
			more = false;
	} while (more && word[0] == '#');
	while (more) {
		more = next_case(file, &g, word);
		check_case(&g);
		cases++;
	}
	CHECK_EQ(cases, 20);
	fclose(file);
}

static void test_shared(void)
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
		check_object(object);
		cases++;
	}
	CHECK_EQ(cases, 20);
	free(text);
}

static const struct test tests[] = {
	{ "what FINN packs", test_cases },
	{ "the project's shared data", test_shared },
};

TEST_MAIN(tests)
