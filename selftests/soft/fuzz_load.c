// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * libFuzzer: any bytes as an ONNX file, loaded and described. Knows the
 * loader's stages, no network.
 */
#include <stdint.h>
#include <stdlib.h>

#include "soft/model.h"

/* Requantisation steps: enough for 8 bits, and quick. */
#define BUDGET	(1u << 16)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void load(struct soft_lower *l, size_t size)
{
	char *text = NULL;

	if (!soft_lower_run(l))
		soft_describe_text(l, (size >> 1) & 1, &text);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct srfpga_soft_options opt = {
		.size = sizeof(opt), .height = 8, .width = 8, .threads = 1,
		.as_model = size & 1,
	};
	struct soft_onnx_file *file;
	struct soft_lower l;
	char err[128] = "";

	if (soft_onnx_parse(data, size, &file))
		return 0;
	if (!soft_lower_begin(&l, soft_onnx_model(file), &opt, size, err,
			      sizeof(err))) {
		l.budget = BUDGET;
		load(&l, size);
		soft_lower_end(&l);
	}
	soft_onnx_close(file);
	return 0;
}
