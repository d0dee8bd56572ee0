// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Fuzz target: a FINN build: driver.py, a NUL, the .hwh file; and the overlay
 * that is made of them, which must not contain what could end a string in it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dtgen.h"
#include "fuzz.h"
#include "tool.h"

/** A file of these bytes; its path is to be freed, and closes with @fd. */
static char *file_of(const uint8_t *data, size_t len, int *fd)
{
	char *path;

	*fd = memfd_create("fuzz", MFD_CLOEXEC);
	if (*fd < 0 || write(*fd, data, len) != (ssize_t)len ||
	    asprintf(&path, "/proc/self/fd/%d", *fd) < 0)
		abort();
	return path;
}

/** Quotes come in pairs on each line of the source. */
static void check_overlay(const char *text)
{
	unsigned int quotes = 0;

	for (; *text; text++) {
		quotes += *text == '"';
		if (*text == '\n' && quotes % 2)
			abort();
	}
}

static void write_overlay(struct dtgen_build *b)
{
	FILE *out;
	char *text = NULL;
	size_t len;

	/* the shape of external weights is in a file of theirs */
	for (unsigned int i = 0; i < b->num_ports; i++)
		if (b->ports[i].role == DTGEN_WEIGHTS)
			b->ports[i].normal = b->ports[i].folded =
				(struct dtgen_shape){ 1, { 16 } };
	out = open_memstream(&text, &len);
	dtgen_write(b, "fuzz.bit.bin", "fuzz", out);
	fclose(out);
	check_overlay(text);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const uint8_t *nul = memchr(data, 0, len);
	size_t first = nul ? (size_t)(nul - data) : len;
	struct dtgen_build b = { 0 };
	int driver, hwh;

	b.driver = file_of(data, first, &driver);
	b.hwh = file_of(data + first + !!nul, len - first - !!nul, &hwh);
	if (dtgen_read_driver(&b) == TOOL_OK && dtgen_read_hwh(&b) == TOOL_OK)
		write_overlay(&b);
	free(b.driver);
	free(b.hwh);
	close(driver);
	close(hwh);
	return 0;
}
