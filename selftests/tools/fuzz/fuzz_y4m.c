// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Fuzz target: YUV4MPEG2 streams, up to a few small frames.
 */
#include <stdlib.h>

#include "fuzz.h"
#include "y4m.h"

#define LARGEST	((size_t)1 << 16)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct infile in = { .name = "fuzz" };
	struct y4m y4m;
	uint8_t *planes;
	bool end = false;

	if (!len)
		return 0;
	in.f = fmemopen((void *)data, len, "r");
	if (!y4m_read_header(&in, &y4m) && y4m_frame_bytes(&y4m) <= LARGEST) {
		planes = malloc(y4m_frame_bytes(&y4m));
		for (uint64_t n = 0; !end; n++)
			if (y4m_read_frame(&in, &y4m, n, planes, &end))
				break;
		free(planes);
	}
	infile_close(&in);
	return 0;
}
