// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Loops on registers alone: as many independent sums as hide the latency.
 * Must not touch memory.
 */
#include "peak.h"

#define SUMS	12

#ifdef __x86_64__
/* The assembler numbers registers: each instruction has its own sum. */
#define EACH(op, regs)							\
	op(regs, 0) op(regs, 1) op(regs, 2) op(regs, 3)			\
	op(regs, 4) op(regs, 5) op(regs, 6) op(regs, 7)			\
	op(regs, 8) op(regs, 9) op(regs, 10) op(regs, 11)

#define DOT(regs, n)	"vpdpbusd %%zmm14, %%zmm15, %%zmm" #n "\n\t"
#define MADD(regs, n)							\
	"vpmaddwd %%ymm14, %%ymm15, %%ymm12\n\t"			\
	"vpaddd %%ymm12, %%ymm" #n ", %%ymm" #n "\n\t"

#define REGISTERS							\
	"xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7",	\
	"xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm14", "xmm15"

static void dot_loop(long rounds)
{
	__asm__ volatile("1:\n\t" EACH(DOT, ) "dec %0\n\tjnz 1b\n\t"
			 "vzeroupper"
			 : "+r"(rounds) : : REGISTERS, "cc");
}

static void madd_loop(long rounds)
{
	__asm__ volatile("1:\n\t" EACH(MADD, ) "dec %0\n\tjnz 1b\n\t"
			 "vzeroupper"
			 : "+r"(rounds) : : REGISTERS, "cc");
}
#endif

double peak_macs(enum srfpga_soft_isa isa)
{
	if (isa == SRFPGA_SOFT_AVX512_VNNI)
		return SUMS * 64;
	return isa == SRFPGA_SOFT_AVX2 ? SUMS * 16 : 0;
}

void peak_loop(enum srfpga_soft_isa isa, long rounds)
{
#ifdef __x86_64__
	if (isa == SRFPGA_SOFT_AVX512_VNNI)
		dot_loop(rounds);
	else if (isa == SRFPGA_SOFT_AVX2)
		madd_loop(rounds);
#endif
}
