// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Input files and pipes whose kind is told from their first bytes.
 * Must not know any format.
 */
#include "infile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tool.h"

#define SLURP_MAX	((size_t)1 << 30)

int infile_open(struct infile *in, const char *path)
{
	*in = (struct infile){ .name = path };
	if (!strcmp(path, "-")) {
		in->name = "standard input";
		in->f = stdin;
	} else {
		in->f = fopen(path, "rbe");
		if (!in->f)
			return tool_fail_errno(path, errno);
	}
	errno = 0;
	in->head_len = fread(in->head, 1, INFILE_HEAD, in->f);
	if (ferror(in->f)) {
		int err = errno;

		infile_close(in);
		return tool_fail_errno(path, err);
	}
	return TOOL_OK;
}

void infile_close(struct infile *in)
{
	if (in->f && in->f != stdin)
		fclose(in->f);
	in->f = NULL;
}

bool infile_starts_with(const struct infile *in, const void *magic, size_t len)
{
	return in->head_len >= len && !memcmp(in->head, magic, len);
}

size_t infile_read(struct infile *in, void *buf, size_t len)
{
	size_t left = in->head_len - in->head_pos;
	size_t n = left < len ? left : len;

	memcpy(buf, in->head + in->head_pos, n);
	in->head_pos += n;
	if (n < len)
		n += fread((uint8_t *)buf + n, 1, len - n, in->f);
	return n;
}

static int slurp_grow(uint8_t **data, size_t *cap)
{
	size_t want = *cap ? *cap * 2 : 1 << 16;
	uint8_t *more = realloc(*data, want);

	if (!more)
		return -ENOMEM;
	*data = more;
	*cap = want;
	return 0;
}

int infile_slurp(struct infile *in, uint8_t **data, size_t *len)
{
	size_t cap = 0;
	size_t n = 0;
	size_t got;

	*data = NULL;
	do {
		if (n == cap && slurp_grow(data, &cap)) {
			free(*data);
			return tool_fail_errno(in->name, ENOMEM);
		}
		got = infile_read(in, *data + n, cap - n);
		n += got;
	} while (got && n <= SLURP_MAX);
	if (ferror(in->f) || n > SLURP_MAX) {
		int err = ferror(in->f) ? EIO : EFBIG;

		free(*data);
		return tool_fail_errno(in->name, err);
	}
	*len = n;
	return TOOL_OK;
}
