// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Windows that slide over an image: strides, dilations, pads, the output's
 * size. Must not know what is done inside a window.
 */
#include "lower.h"

#include <string.h>

/* An attribute with an entry for each spatial dimension; 1D has h = 1. */
int soft_window_attr(struct soft_lower *l, const struct soft_node *n,
		     const char *name, uint32_t dims, uint32_t fallback,
		     uint32_t least, uint32_t out[2])
{
	const SoftOnnx__Attribute *a = soft_attr(n, name);

	out[0] = dims == 1 && least ? 1 : fallback;
	out[1] = fallback;
	if (!a)
		return 0;
	if (a->n_ints != dims)
		return soft_refuse(l, n, "%s has %zu entries", name,
				   a->n_ints);
	for (uint32_t i = 0; i < dims; i++) {
		if (a->ints[i] < least || a->ints[i] > 65535)
			return soft_refuse(l, n, "%s is out of range", name);
		out[2 - dims + i] = (uint32_t)a->ints[i];
	}
	return 0;
}

/* pads: begin of each dimension, then end of each. */
static int explicit_pads(struct soft_lower *l, const struct soft_node *n,
			 uint32_t dims, uint32_t before[2], uint32_t after[2])
{
	const SoftOnnx__Attribute *a = soft_attr(n, "pads");

	before[0] = before[1] = after[0] = after[1] = 0;
	if (!a)
		return 0;
	if (a->n_ints != 2 * dims)
		return soft_refuse(l, n, "pads has %zu entries", a->n_ints);
	for (uint32_t i = 0; i < 2 * dims; i++) {
		uint32_t d = 2 - dims + i % dims;

		if (a->ints[i] < 0 || a->ints[i] > 65535)
			return soft_refuse(l, n, "pads is out of range");
		(i < dims ? before : after)[d] = (uint32_t)a->ints[i];
	}
	return 0;
}

void soft_same_pads(bool upper, uint32_t total, uint32_t *before,
		    uint32_t *after)
{
	*before = upper ? total / 2 : total - total / 2;
	*after = total - *before;
}

int soft_window_read(struct soft_lower *l, const struct soft_node *n,
		     uint32_t dims, struct soft_window *w)
{
	int ret = soft_window_attr(l, n, "strides", dims, 1, 1, w->stride);

	if (!ret)
		ret = soft_window_attr(l, n, "dilations", dims, 1, 1, w->dilation);
	if (!ret)
		ret = explicit_pads(l, n, dims, w->before, w->after);
	if (ret)
		return ret;
	w->upper = soft_attr_is(n, "auto_pad", "SAME_UPPER", false);
	w->same = w->upper || soft_attr_is(n, "auto_pad", "SAME_LOWER", false);
	if (soft_attr_is(n, "auto_pad", "VALID", false)) {
		memset(w->before, 0, sizeof(w->before));
		memset(w->after, 0, sizeof(w->after));
	}
	return 0;
}

int soft_window_size(struct soft_lower *l, const struct soft_node *n,
		     struct soft_window *w, const uint32_t in[2],
		     uint32_t out[2])
{
	for (int d = 0; d < 2; d++) {
		int64_t reach = (int64_t)(w->kernel[d] - 1) * w->dilation[d] +
				1;
		int64_t room;

		if (w->same) {
			int64_t steps = (in[d] + w->stride[d] - 1) /
					w->stride[d];
			int64_t total = (steps - 1) * w->stride[d] + reach -
					in[d];

			soft_same_pads(w->upper, total > 0 ? (uint32_t)total : 0,
				  &w->before[d], &w->after[d]);
		}
		room = (int64_t)in[d] + w->before[d] + w->after[d] - reach;
		if (room < 0)
			return soft_refuse(l, n, "the window is larger than its input");
		out[d] = (uint32_t)(room / w->stride[d] + 1);
		if (!w->ceil || room % w->stride[d] == 0)
			continue;
		/* The last window must begin inside the input. */
		if ((int64_t)out[d] * w->stride[d] < (int64_t)in[d] +
		    w->before[d])
			out[d]++;
	}
	return 0;
}

/* Output dimensions of an image operation: N, C, [H,] W. */
void soft_set_image(struct soft_value *out, const struct soft_value *in,
		    const uint32_t hwc[3])
{
	out->dims[0] = 1;
	out->dims[1] = hwc[2];
	if (in->rank == 4)
		out->dims[2] = hwc[0];
	out->dims[in->rank - 1] = hwc[1];
}
