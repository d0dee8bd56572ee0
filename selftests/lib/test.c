// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The unit tests' frame. Knows nothing of the library.
 */
#include <stdio.h>

#include "test.h"

static int failures;
static const char *skipped;

bool check(bool ok, const char *file, int line, const char *what)
{
	if (!ok) {
		printf("# %s:%d: not true: %s\n", file, line, what);
		failures++;
	}
	return ok;
}

bool check_equal(long long got, long long want, const char *file, int line,
		 const char *what)
{
	if (got != want) {
		printf("# %s:%d: %s: %lld, not %lld\n", file, line, what, got,
		       want);
		failures++;
	}
	return got == want;
}

void skip(const char *why)
{
	skipped = why;
}

int test_main(const struct test *tests, size_t count)
{
	int bad = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("TAP version 13\n1..%zu\n", count);
	for (size_t i = 0; i < count; i++) {
		failures = 0;
		skipped = NULL;
		tests[i].run();
		bad += failures != 0;
		printf("%s %zu - %s%s%s\n", failures ? "not ok" : "ok", i + 1,
		       tests[i].name, skipped ? " # SKIP " : "",
		       skipped ? skipped : "");
	}
	return bad != 0;
}

/* SplitMix64 */
uint64_t test_random(void)
{
	static uint64_t state = 20260101;
	uint64_t z = state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}
