/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Real numbers with 113 bits of mantissa: a product of two float32 scales and
 * an accumulator is exact, so that a rounding tie is seen as one.
 */
#ifndef SOFT_QUAD_H
#define SOFT_QUAD_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

#if __LDBL_MANT_DIG__ == 113
typedef long double soft_quad;
#else
typedef __float128 soft_quad;
#endif

#define SOFT_QUAD_HUGE	((soft_quad)0x1p+1000)

static inline bool soft_quad_finite(soft_quad x)
{
	return x > -SOFT_QUAD_HUGE && x < SOFT_QUAD_HUGE;
}

static inline soft_quad soft_quad_abs(soft_quad x)
{
	return x < 0 ? -x : x;
}

/* Beyond 2^100 all that callers want to know is that it is far away. */
static inline soft_quad soft_quad_floor(soft_quad x)
{
	soft_quad whole;

	if (soft_quad_abs(x) >= (soft_quad)0x1p+100)
		return x;
	whole = (soft_quad)(__int128)x;
	return whole > x ? whole - 1 : whole;
}

/* Whether @x is a whole number, but for what rounding did to it. */
static inline bool soft_quad_whole(soft_quad x, soft_quad *out)
{
	*out = soft_quad_floor(x + (soft_quad)0.5);
	return soft_quad_abs(x - *out) <= (soft_quad)0x1p-70;
}

/* Newton's steps double the 53 correct bits of sqrt() twice. */
static inline soft_quad soft_quad_sqrt(soft_quad x)
{
	soft_quad root = sqrt((double)x);

	if (root <= 0)
		return root;
	root = (root + x / root) / 2;
	return (root + x / root) / 2;
}

#endif /* SOFT_QUAD_H */
