/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the AMX-INT8 kernel does by itself; the rest is AVX512-VNNI's.
 */
#ifndef SOFT_KERNEL_AMX_H
#define SOFT_KERNEL_AMX_H

#include "kernel.h"

uint32_t soft_amx_groups(uint32_t groups);
void soft_amx_row(const struct kernel_conv *conv, uint32_t block,
		  const uint8_t *const *seg, uint32_t px, uint8_t *out,
		  size_t pitch);
void soft_amx_narrow(const struct kernel_conv *conv,
		     const uint8_t *const *seg, size_t plane, uint32_t px,
		     uint8_t *const *out);

#endif /* SOFT_KERNEL_AMX_H */
