/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SRFPGA_TOOLS_FUZZ_H
#define SRFPGA_TOOLS_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/** libFuzzer's entry point, for every input that it makes up */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#endif /* SRFPGA_TOOLS_FUZZ_H */
