/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The machine's peak of 8-bit multiply-accumulates. */
#ifndef SRFPGA_BENCH_PEAK_H
#define SRFPGA_BENCH_PEAK_H

#include <stdbool.h>

#include "srfpga_soft.h"

/** peak_macs() - multiply-accumulates that peak_loop() does a round */
double peak_macs(enum srfpga_soft_isa isa);

/** peak_loop() - @rounds of the best multiplication
 * @loaded: load the operands from the first-level cache, as often as sums that
 *	fill the registers need them; not AVX2. Else registers alone
 */
void peak_loop(enum srfpga_soft_isa isa, bool loaded, long rounds);

#endif /* SRFPGA_BENCH_PEAK_H */
