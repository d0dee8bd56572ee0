/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What most tests need: a device, a buffer in, a buffer out, a submission. */
#ifndef SRFPGA_LIB_FIXTURE_H
#define SRFPGA_LIB_FIXTURE_H

#include "fake_soft.h"
#include "test.h"

#define FIXTURE_BYTES	4096

struct fixture {
	struct srfpga_soft_model *model;
	struct srfpga_device *dev;
	struct srfpga_buffer *in;
	struct srfpga_buffer *out;
	uint8_t *in_addr;
	uint8_t *out_addr;
	struct srfpga_submission *sub;
};

/* fixture_open() - frames of 64 bytes, 64 of which fit the buffers. */
void fixture_open(struct fixture *f);
void fixture_close(struct fixture *f);

#endif /* SRFPGA_LIB_FIXTURE_H */
