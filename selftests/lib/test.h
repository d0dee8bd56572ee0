/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The unit tests' frame: a table of functions, TAP on stdout. A check that
 * fails is reported and the test goes on; CHECK_OR ends it.
 */
#ifndef SRFPGA_LIB_TEST_H
#define SRFPGA_LIB_TEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct test {
	const char *name;
	void (*run)(void);
};

/* check() - note a failure of the test that runs; returns @ok. */
bool check(bool ok, const char *file, int line, const char *what);
/* check_equal() - likewise for numbers, which it prints. */
bool check_equal(long long got, long long want, const char *file, int line,
		 const char *what);
/* skip() - the test that runs cannot run here; return after it. */
void skip(const char *why);
/* test_main() - run the table; the exit status. */
int test_main(const struct test *tests, size_t count);

/* test_random() - the same numbers in every run. */
uint64_t test_random(void);

#define CHECK(cond)	check(cond, __FILE__, __LINE__, #cond)
#define CHECK_EQ(got, want) \
	check_equal(got, want, __FILE__, __LINE__, #got " == " #want)

#define TEST_MAIN(tests)						\
	int main(void)							\
	{								\
		return test_main(tests, sizeof(tests) / sizeof(*(tests))); \
	}

#endif /* SRFPGA_LIB_TEST_H */
