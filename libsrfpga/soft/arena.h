/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Memory that lives and dies together, with an upper limit. */
#ifndef SOFT_ARENA_H
#define SOFT_ARENA_H

#include <stddef.h>

struct soft_arena;

/** soft_arena_new() - an arena that hands out at most @limit bytes; NULL if
 * there is no memory
 */
struct soft_arena *soft_arena_new(size_t limit);

/** soft_arena_free() - release everything; NULL is fine. */
void soft_arena_free(struct soft_arena *arena);

/** soft_alloc() - @n zeroed objects of @size bytes, aligned to 16; NULL if
 * memory or the limit is exhausted
 */
void *soft_alloc(struct soft_arena *arena, size_t n, size_t size);

/** soft_strdup() - a copy of @text */
char *soft_strdup(struct soft_arena *arena, const char *text);

/** soft_release() - give back what soft_alloc() returned, if it is large; small
 * objects, and NULL, stay until the end
 */
void soft_release(struct soft_arena *arena, void *p);

#endif /* SOFT_ARENA_H */
