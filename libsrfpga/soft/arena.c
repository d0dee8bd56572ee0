// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Memory that lives and dies together. A hostile file can make the loader ask
 * for a lot, so there is a limit; must not know what the memory is for.
 */
#include "arena.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_SIZE	(64u << 10)
#define ALIGN		16u

struct block {
	struct block *next;
	size_t size, used;
	bool alone;	/* one large object */
	_Alignas(ALIGN) unsigned char data[];
};

struct soft_arena {
	struct block *blocks;
	size_t used, limit;
};

struct soft_arena *soft_arena_new(size_t limit)
{
	struct soft_arena *arena = calloc(1, sizeof(*arena));

	if (arena)
		arena->limit = limit;
	return arena;
}

void soft_arena_free(struct soft_arena *arena)
{
	struct block *next;

	if (!arena)
		return;
	for (struct block *b = arena->blocks; b; b = next) {
		next = b->next;
		free(b);
	}
	free(arena);
}

/* Large objects get a block of their own behind the current one. */
static struct block *add_block(struct soft_arena *arena, size_t bytes)
{
	size_t size = bytes > BLOCK_SIZE / 4 ? bytes : BLOCK_SIZE;
	struct block *b = calloc(1, sizeof(*b) + size);

	if (!b)
		return NULL;
	b->size = size;
	b->alone = size == bytes;
	if (b->alone && arena->blocks) {
		b->next = arena->blocks->next;
		arena->blocks->next = b;
	} else {
		b->next = arena->blocks;
		arena->blocks = b;
	}
	return b;
}

void *soft_alloc(struct soft_arena *arena, size_t n, size_t size)
{
	struct block *b = arena->blocks;
	size_t bytes;
	void *p;

	if (__builtin_mul_overflow(n, size, &bytes) ||
	    bytes > arena->limit - arena->used)
		return NULL;
	bytes = (bytes + ALIGN) & ~(size_t)(ALIGN - 1);
	if (bytes > arena->limit - arena->used)
		return NULL;
	if (!b || bytes > b->size - b->used) {
		b = add_block(arena, bytes);
		if (!b)
			return NULL;
	}
	p = b->data + b->used;
	b->used += bytes;
	arena->used += bytes;
	return p;
}

void soft_release(struct soft_arena *arena, void *p)
{
	for (struct block *b = arena->blocks; b && b->next; b = b->next) {
		struct block *own = b->next;

		if (!own->alone || own->data != p)
			continue;
		arena->used -= own->used;
		b->next = own->next;
		free(own);
		return;
	}
}

char *soft_strdup(struct soft_arena *arena, const char *text)
{
	size_t len = strlen(text) + 1;
	char *copy = soft_alloc(arena, len, 1);

	return copy ? memcpy(copy, text, len) : NULL;
}
