/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the packing files share of layouts and element types. */
#ifndef SRFPGA_LAYOUT_H
#define SRFPGA_LAYOUT_H

#include "internal.h"

/* layout_ok() - whether a caller's layout can be computed with. */
bool layout_ok(const struct srfpga_layout *layout);

/* layout_row_bytes() - bytes of one row. */
uint64_t layout_row_bytes(const struct srfpga_layout *layout);

/* struct value_range - the least and the greatest value of a type */
struct value_range {
	int64_t min;
	int64_t max;
};

/* layout_range() - of a layout that is no floating point one. */
struct value_range layout_range(const struct srfpga_layout *layout);

#endif /* SRFPGA_LAYOUT_H */
