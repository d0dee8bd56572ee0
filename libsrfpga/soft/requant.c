// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Requantisation: the definition that every executor must reproduce. Must not
 * know where a form comes from or who asks.
 */
#include "graph.h"

#include <string.h>

static int64_t clamp(__int128 x, int64_t low, int64_t high)
{
	if (x < low)
		return low;
	return x > high ? high : (int64_t)x;
}

static __int128 divide(__int128 v, unsigned int shift,
		       enum soft_rounding rounding)
{
	__int128 floor = v >> shift, rest, half;

	if (rounding == SOFT_ROUND_FLOOR || !shift)
		return floor;
	rest = v - floor * ((__int128)1 << shift);
	half = (__int128)1 << (shift - 1);
	return floor + (rest > half || (rest == half && (floor & 1)));
}

static int64_t scaled(const struct soft_requant *rq, uint32_t c, int64_t acc)
{
	int64_t m = rq->kind == SOFT_REQUANT_SHIFT ? 1 : rq->multiplier[c];
	__int128 bias = rq->bias[c];

	for (uint32_t i = 0; i < rq->num_ties; i++)
		if (rq->ties[i].acc == acc && rq->ties[i].channel == c)
			return rq->ties[i].code;
	if (rq->wide)
		bias *= (__int128)1 << SOFT_WIDE_BIAS;
	return clamp(divide((__int128)acc * m + bias, rq->shift[c],
			    rq->rounding), rq->out_min, rq->out_max);
}

static int64_t counted(const struct soft_requant *rq, uint32_t c, int64_t acc)
{
	const int64_t *t = rq->thresholds + (size_t)c * rq->num_thresholds;
	uint32_t low = 0, high = rq->num_thresholds;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (t[mid] <= acc)
			low = mid + 1;
		else
			high = mid;
	}
	return rq->values[(size_t)c * (rq->num_thresholds + 1) + low];
}

int64_t soft_requantise(const struct soft_requant *rq, uint32_t channel,
			int64_t acc)
{
	uint32_t c;

	if (!rq)
		return acc;
	c = rq->channels == 1 ? 0 : channel;
	switch (rq->kind) {
	case SOFT_REQUANT_CLIP:
		return clamp(acc, rq->out_min, rq->out_max);
	case SOFT_REQUANT_SHIFT:
	case SOFT_REQUANT_MULTIPLIER:
		return scaled(rq, c, acc);
	case SOFT_REQUANT_THRESHOLDS:
		return counted(rq, c, acc);
	case SOFT_REQUANT_TABLE:
		return rq->table[(size_t)c * rq->table_len +
				 (size_t)(acc - rq->table_min)];
	}
	return acc;
}

/*
 * The least accumulator in [low, acc_max + 1] whose code is >= @code; @near is
 * how far behind @low it probably is.
 */
static int64_t first_at(const struct soft_requant *rq, uint32_t channel,
			int64_t code, int64_t low, int64_t near)
{
	int64_t high = rq->acc_max + 1;

	for (; (uint64_t)near < (uint64_t)high - low; near *= 2) {
		if (soft_requantise(rq, channel, low + near) >= code) {
			high = low + near;
			break;
		}
		low += near + 1;
	}
	while (low < high) {
		int64_t mid = low + (int64_t)(((uint64_t)high - low) / 2);

		if (soft_requantise(rq, channel, mid) >= code)
			high = mid;
		else
			low = mid + 1;
	}
	return low;
}

/* Thresholds and tables may go up and down; the other kinds cannot. */
static bool rises(const struct soft_requant *rq, uint32_t c)
{
	const int32_t *v = rq->values;
	size_t n = (size_t)rq->num_thresholds + 1;

	switch (rq->kind) {
	case SOFT_REQUANT_MULTIPLIER:
		return rq->multiplier[c] >= 0;
	case SOFT_REQUANT_THRESHOLDS:
		break;
	case SOFT_REQUANT_TABLE:
		v = rq->table;
		n = rq->table_len;
		break;
	default:
		return true;
	}
	v += c * n;
	for (size_t i = 1; i < n; i++)
		if (v[i] < v[i - 1])
			return false;
	return true;
}

int soft_requant_steps(const struct soft_requant *rq, uint32_t channel,
		       int64_t *t)
{
	int64_t low = rq->acc_min, near = 1;

	if (!rises(rq, rq->channels == 1 ? 0 : channel))
		return -EINVAL;
	for (int64_t code = rq->out_min + 1; code <= rq->out_max; code++) {
		int64_t at = first_at(rq, channel, code, low, near);

		near = at - low + 1;
		low = at;
		t[code - rq->out_min - 1] = at;
	}
	return 0;
}

/* The build forbids contraction to fused operations. */
float soft_dequantise(const struct soft_dequant *d, uint32_t c, int64_t code)
{
	double x = d->slope[c] * (double)code;

	x += d->offset[c];
	x = x < 0 ? d->leak * x : x;
	x = x < d->low ? d->low : x;
	return (float)(x > d->high ? d->high : x);
}
