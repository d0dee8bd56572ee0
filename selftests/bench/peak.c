// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Loops on registers alone: as many independent sums as hide the latency.
 * Must not touch memory.
 */
#include "peak.h"

#include <stdint.h>

#define SUMS	12
#define TILES	4		/* of sums: the other four are operands */

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

/* Tiles of 16 by 64 bytes that are not zero: zeros run cooler and faster. */
static void tile_loop(long rounds)
{
	struct {
		uint8_t palette, start_row, reserved[14];
		uint16_t row_bytes[16];
		uint8_t rows[16];
	} __attribute__((aligned(64))) config = { .palette = 1 };
	uint8_t operand[64];

	for (int i = 0; i < 8; i++) {
		config.row_bytes[i] = 64;
		config.rows[i] = 16;
	}
	for (int i = 0; i < 64; i++)
		operand[i] = i * 37;
	__asm__ volatile("ldtilecfg %0\n\t"
			 "tileloadd (%1, %2), %%tmm4\n\t"
			 "tileloadd (%1, %2), %%tmm5\n\t"
			 "tileloadd (%1, %2), %%tmm6\n\t"
			 "tileloadd (%1, %2), %%tmm7"
			 : : "m"(config), "r"(operand), "r"(0l) : "memory");
	__asm__ volatile("1:\n\t"
			 "tdpbusd %%tmm6, %%tmm4, %%tmm0\n\t"
			 "tdpbusd %%tmm7, %%tmm4, %%tmm1\n\t"
			 "tdpbusd %%tmm6, %%tmm5, %%tmm2\n\t"
			 "tdpbusd %%tmm7, %%tmm5, %%tmm3\n\t"
			 "dec %0\n\tjnz 1b\n\ttilerelease"
			 : "+r"(rounds) : : "cc");
}
#endif

double peak_macs(enum srfpga_soft_isa isa)
{
	if (isa == SRFPGA_SOFT_AMX_INT8)
		return TILES * 16 * 16 * 64;
	if (isa == SRFPGA_SOFT_AVX512_VNNI)
		return SUMS * 64;
	return isa == SRFPGA_SOFT_AVX2 ? SUMS * 16 : 0;
}

void peak_loop(enum srfpga_soft_isa isa, long rounds)
{
#ifdef __x86_64__
	if (isa == SRFPGA_SOFT_AMX_INT8)
		tile_loop(rounds);
	else if (isa == SRFPGA_SOFT_AVX512_VNNI)
		dot_loop(rounds);
	else if (isa == SRFPGA_SOFT_AVX2)
		madd_loop(rounds);
#endif
}
