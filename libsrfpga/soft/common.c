// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The greatest real number of which others are whole multiples. Must not know
 * what they scale.
 */
#include "lower.h"

static __int128 absolute(__int128 x)
{
	return x < 0 ? -x : x;
}

static __int128 gcd(__int128 a, __int128 b)
{
	while (b) {
		__int128 r = a % b;

		a = b;
		b = r;
	}
	return a;
}

/* The exponent of the last bit of @x; 113 bits below the first at most. */
static int last_bit(soft_quad x)
{
	int e;

	frexp((double)x, &e);
	while (e > -900 && x * exp2(-e) != soft_quad_floor(x * exp2(-e)))
		e--;
	return e;
}

soft_quad soft_common_slope(const soft_quad *slopes, uint32_t n,
			    int64_t *multiples)
{
	int least = INT32_MAX;
	__int128 g = 0;
	soft_quad unit;

	for (uint32_t i = 0; i < n; i++) {
		int e;

		if (slopes[i] == 0)
			return 0;
		e = last_bit(soft_quad_abs(slopes[i]));
		least = e < least ? e : least;
	}
	unit = exp2(least);
	for (uint32_t i = 0; i < n; i++) {
		if (soft_quad_abs(slopes[i] / unit) >= (soft_quad)0x1p+99)
			return 0;
		g = gcd(g, absolute((__int128)(slopes[i] / unit)));
	}
	for (uint32_t i = 0; i < n; i++) {
		__int128 whole = (__int128)(slopes[i] / unit) / g;

		if (absolute(whole) > INT64_MAX)
			return 0;
		multiples[i] = (int64_t)whole;
	}
	return unit * (soft_quad)g;
}
