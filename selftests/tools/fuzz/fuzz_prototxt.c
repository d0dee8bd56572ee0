// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Fuzz target: configurations of the Vitis AI library.
 */
#include "fuzz.h"
#include "prototxt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct prototxt p;

	prototxt_parse("fuzz", (const char *)data, len, &p);
	return 0;
}
