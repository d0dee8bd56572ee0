// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Fuzz target: NumPy files, and their way into a port's tensor.
 */
#include <stdlib.h>

#include "fuzz.h"
#include "npy.h"
#include "tensor.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const struct srfpga_port port = {
		.name = "in", .elem = SRFPGA_ELEM_S8, .frame_elems = 12,
		.normal_rank = 3, .normal_shape = { 2, 2, 3 },
		.layout = { .dtype = SRFPGA_DTYPE_INT, .bits = 4, .rows = 4,
			    .row_elems = 3 },
		.scale = 0.5,
	};
	uint64_t frames;
	struct npy npy;
	void *tensor;

	if (npy_parse("fuzz", data, len, &npy))
		return 0;
	for (int form = TENSOR_CODES; form <= TENSOR_REAL; form++)
		if (!tensor_from_npy(&port, &npy, "fuzz", form, &tensor,
				     &frames))
			free(tensor);
	npy_free(&npy);
	return 0;
}
