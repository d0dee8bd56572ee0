// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Fuzz target: pictures of every format, small ones.
 */
#include "fuzz.h"
#include "image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct infile in = { .name = "fuzz" };
	struct image img;

	if (!len)
		return 0;
	in.f = fmemopen((void *)data, len, "r");
	in.head_len = fread(in.head, 1, sizeof(in.head), in.f);
	if (!image_read(&in, &img))
		image_free(&img);
	infile_close(&in);
	return 0;
}
