/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Chance that can be repeated: the same seed, the same numbers.
 */
#ifndef SELFTESTS_TESTRAND_H
#define SELFTESTS_TESTRAND_H

#include <stdbool.h>
#include <stdint.h>

/** struct test_rand - a stream of numbers (splitmix64) */
struct test_rand {
	uint64_t state;
};

/** Stream number @stream of @seed. */
static inline struct test_rand rand_init(uint64_t seed, unsigned int stream)
{
	return (struct test_rand){ seed ^ (stream + 1) * 0xd1b54a32d192ed03ull };
}

static inline uint64_t rand_next(struct test_rand *r)
{
	uint64_t x = r->state += 0x9e3779b97f4a7c15ull;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ull;
	x = (x ^ x >> 27) * 0x94d049bb133111ebull;
	return x ^ x >> 31;
}

/** 0..@below-1; @below is small. */
static inline unsigned int rand_below(struct test_rand *r, unsigned int below)
{
	return rand_next(r) % below;
}

/** True once in @in times. */
static inline bool rand_once(struct test_rand *r, unsigned int in)
{
	return !rand_below(r, in);
}

#endif /* SELFTESTS_TESTRAND_H */
