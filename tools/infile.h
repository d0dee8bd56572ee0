/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SRFPGA_INFILE_H
#define SRFPGA_INFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define INFILE_HEAD	16

/**
 * struct infile - an input, perhaps a pipe, whose first bytes can be looked at
 * @f: the stream, behind @head
 * @name: for messages
 * @head: its first bytes, @head_len of them, @head_pos already read
 */
struct infile {
	FILE *f;
	const char *name;
	uint8_t head[INFILE_HEAD];
	size_t head_len;
	size_t head_pos;
};

/** infile_open() - open @path ("-" is stdin) and look at its first bytes */
int infile_open(struct infile *in, const char *path);

/** infile_close() - safe on a zeroed or closed struct */
void infile_close(struct infile *in);

/** infile_starts_with() - compare the first bytes, whatever was read */
bool infile_starts_with(const struct infile *in, const void *magic, size_t len);

/** infile_read() - read up to @len bytes; fewer at the end or on an error */
size_t infile_read(struct infile *in, void *buf, size_t len);

/**
 * infile_slurp() - read all that is left into memory
 * @data: receives malloc()ed memory, the caller frees it
 * @len: receives its length
 *
 * Refuses more than 1 GiB.
 */
int infile_slurp(struct infile *in, uint8_t **data, size_t *len);

#endif /* SRFPGA_INFILE_H */
