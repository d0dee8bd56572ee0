// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Fuzz target (libFuzzer): device names, type names, packing of any layout in
 * memory of exactly its size. The fake software FPGA stands in for models.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "srfpga.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fuzz_name(const uint8_t *data, size_t size)
{
	char name[300] = "soft:", err[64];
	struct srfpga_device *dev;

	if (size > sizeof(name) - 6)
		return;
	memcpy(name + 5, data, size);
	name[5 + size] = '\0';
	if (!srfpga_device_open(name, &dev, err, sizeof(err)))
		srfpga_device_close(dev);
	else if (memchr(err, '\n', strlen(err)) && !strchr(name, '\n'))
		abort();
}

static void fuzz_type(const uint8_t *data, size_t size)
{
	char name[SRFPGA_TYPE_NAME_LEN], text[32] = "";
	uint32_t shape[SRFPGA_MAX_RANK];
	struct srfpga_layout layout;
	const size_t head = sizeof(shape) + 1;

	if (size < head || size - head >= sizeof(text))
		return;
	memcpy(shape, data + 1, sizeof(shape));
	memcpy(text, data + head, size - head);
	if (srfpga_layout_init(&layout, text, shape, data[0] % 10))
		return;
	/* what is understood comes back by the same name */
	if (srfpga_layout_get_type(&layout, name) ||
	    (strcmp(name, text) && strcmp(text, "UINT1")) ||
	    !srfpga_layout_get_frame_bytes(&layout))
		abort();
}

/* Unpacked and packed again, codes are the same but for the padding. */
static void fuzz_pack(const uint8_t *data, size_t size)
{
	struct srfpga_layout layout;
	uint8_t *packed, *tensor;
	uint64_t bytes, elems;
	uint32_t elem;

	if (size < 5)
		return;
	layout.dtype = data[0] % 7;
	layout.bits = data[1] % 35;
	layout.rows = data[2];
	layout.row_elems = data[3] | (data[4] & 7) << 8;
	bytes = srfpga_layout_get_frame_bytes(&layout);
	elem = srfpga_layout_get_elem(&layout);
	if (!bytes || bytes > size - 5)
		return;
	elems = layout.rows * layout.row_elems;
	packed = malloc(bytes);
	tensor = malloc(elems * srfpga_elem_get_size(elem));
	memcpy(packed, data + 5, bytes);
	if (srfpga_layout_unpack(&layout, elem, packed, 1, tensor))
		abort();
	if (srfpga_layout_pack(&layout, elem, tensor, 1, packed, NULL) &&
	    layout.dtype != SRFPGA_DTYPE_TERNARY)
		abort();
	free(packed);
	free(tensor);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	switch (data[0] % 3) {
	case 0:
		fuzz_name(data + 1, size - 1);
		break;
	case 1:
		fuzz_type(data + 1, size - 1);
		break;
	default:
		fuzz_pack(data + 1, size - 1);
	}
	return 0;
}
