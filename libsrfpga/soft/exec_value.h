/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Single elements of rows, whatever holds them.
 */
#ifndef SOFT_EXEC_VALUE_H
#define SOFT_EXEC_VALUE_H

#include "exec_plan.h"

/** exec_get() - the code of element @i of a row */
static inline int64_t exec_get(const struct exec_tensor *t, const void *row,
			       size_t i)
{
	if (t->store == EXEC_U8)
		return ((const uint8_t *)row)[i] + t->offset;
	if (t->store == EXEC_S32)
		return ((const int32_t *)row)[i];
	return ((const int64_t *)row)[i];
}

/** exec_put() - store a code, which lies within the tensor's bounds */
static inline void exec_put(const struct exec_tensor *t, void *row, size_t i,
			    int64_t code)
{
	if (t->store == EXEC_U8)
		((uint8_t *)row)[i] = code - t->offset;
	else if (t->store == EXEC_S32)
		((int32_t *)row)[i] = code;
	else
		((int64_t *)row)[i] = code;
}

/** exec_put_codes() - accumulators of @n channels from @first on, requantised
 * into pixel @pixel of a row; @acc is overwritten (exec_codes.c)
 */
void exec_put_codes(const struct soft_requant *rq, const struct exec_tensor *t,
		    uint8_t *row, size_t pixel, uint32_t first, uint32_t n,
		    int64_t *acc);

#endif /* SOFT_EXEC_VALUE_H */
