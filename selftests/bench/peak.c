// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Loops of multiplications, with as many independent sums as hide the latency:
 * on registers alone, or with operands from the first-level cache. These are
 * not zero and not all the same: what does not change runs cooler and faster.
 */
#include "peak.h"

#include <stdint.h>

#define SUMS	12		/* of AVX2 */
#define WIDE_SUMS	16	/* of AVX512-VNNI: 8 pixels by 32 channels */
#define TILES	4		/* of sums: the other four are operands */
#define TILE_BYTES	1024

#ifdef __x86_64__
static uint8_t operands[TILES * TILE_BYTES] __attribute__((aligned(64)));

static void fill_operands(void)
{
	static bool full;

	if (full)
		return;
	full = true;
	for (size_t i = 0; i < sizeof(operands); i++)
		operands[i] = i * 2654435761u >> 16;
}

/* The assembler numbers registers: each instruction has its own sum. */
#define DOT(weights, pixel, sum)					\
	"vpdpbusd %%zmm" #weights ", %%zmm" #pixel ", %%zmm" #sum "\n\t"
#define WEIGHTS								\
	"vmovdqu64 (%1), %%zmm16\n\t"					\
	"vmovdqu64 64(%1), %%zmm17\n\t"
#define PIXEL(at, pixel)						\
	"vpbroadcastd 100*" #at "(%1), %%zmm" #pixel "\n\t"
#define DOTS(pixel, a, b)	DOT(16, pixel, a) DOT(17, pixel, b)
#define MADD(n)								\
	"vpmaddwd %%ymm14, %%ymm15, %%ymm12\n\t"			\
	"vpaddd %%ymm12, %%ymm" #n ", %%ymm" #n "\n\t"

#define REGISTERS							\
	"xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7",	\
	"xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15"

#define LOOP(before, body)						\
	__asm__ volatile(before "1:\n\t" body "dec %0\n\tjnz 1b\n\t"	\
			 "vzeroupper"					\
			 : "+r"(rounds) : "r"(operands)			\
			 : REGISTERS, "cc", "memory")

static void dot_loop(long rounds)
{
	LOOP(WEIGHTS PIXEL(1, 18) PIXEL(2, 19),
	     DOTS(18, 0, 1) DOTS(19, 2, 3) DOTS(18, 4, 5) DOTS(19, 6, 7)
	     DOTS(18, 8, 9) DOTS(19, 10, 11) DOTS(18, 12, 13)
	     DOTS(19, 14, 15));
}

/* As a convolution: weights for all pixels, each pixel for two of them. */
static void loaded_dot_loop(long rounds)
{
	LOOP(,
	     WEIGHTS
	     PIXEL(1, 18) DOTS(18, 0, 1) PIXEL(2, 19) DOTS(19, 2, 3)
	     PIXEL(3, 18) DOTS(18, 4, 5) PIXEL(4, 19) DOTS(19, 6, 7)
	     PIXEL(5, 18) DOTS(18, 8, 9) PIXEL(6, 19) DOTS(19, 10, 11)
	     PIXEL(7, 18) DOTS(18, 12, 13) PIXEL(8, 19) DOTS(19, 14, 15));
}

static void madd_loop(long rounds)
{
	LOOP("vmovdqu (%1), %%ymm14\n\tvmovdqu 32(%1), %%ymm15\n\t",
	     MADD(0) MADD(1) MADD(2) MADD(3) MADD(4) MADD(5)
	     MADD(6) MADD(7) MADD(8) MADD(9) MADD(10) MADD(11));
}

#define TILE_LOAD(tile)							\
	"tileloadd 1024*(" #tile "-4)(%1, %2), %%tmm" #tile "\n\t"
#define TILE_DOT(weights, pixels, sums)					\
	"tdpbusd %%tmm" #weights ", %%tmm" #pixels ", %%tmm" #sums "\n\t"
#define TILE_LOOP(before, body)						\
	__asm__ volatile(before "1:\n\t" body "dec %0\n\tjnz 1b"	\
			 : "+r"(rounds) : "r"(operands), "r"(64l)	\
			 : "cc", "memory")

static void configure_tiles(void)
{
	struct {
		uint8_t palette, start_row, reserved[14];
		uint16_t row_bytes[16];
		uint8_t rows[16];
	} __attribute__((aligned(64))) config = { .palette = 1 };

	for (int i = 0; i < 8; i++) {
		config.row_bytes[i] = 64;
		config.rows[i] = 16;
	}
	__asm__ volatile("ldtilecfg %0" : : "m"(config));
}

static void tile_loop(long rounds)
{
	TILE_LOOP(TILE_LOAD(4) TILE_LOAD(5) TILE_LOAD(6) TILE_LOAD(7),
		  TILE_DOT(6, 4, 0) TILE_DOT(7, 4, 1)
		  TILE_DOT(6, 5, 2) TILE_DOT(7, 5, 3));
}

/* As a matrix product: with four tiles of sums an operand serves two. */
static void loaded_tile_loop(long rounds)
{
	TILE_LOOP(,
		  TILE_LOAD(4) TILE_LOAD(6) TILE_DOT(6, 4, 0)
		  TILE_LOAD(7) TILE_DOT(7, 4, 1)
		  TILE_LOAD(5) TILE_DOT(6, 5, 2) TILE_DOT(7, 5, 3));
}

static void tiles(long rounds, bool loaded)
{
	configure_tiles();
	if (loaded)
		loaded_tile_loop(rounds);
	else
		tile_loop(rounds);
	__asm__ volatile("tilerelease");
}
#endif

double peak_macs(enum srfpga_soft_isa isa)
{
	if (isa == SRFPGA_SOFT_AMX_INT8)
		return TILES * 16 * 16 * 64;
	if (isa == SRFPGA_SOFT_AVX512_VNNI)
		return WIDE_SUMS * 64;
	return isa == SRFPGA_SOFT_AVX2 ? SUMS * 16 : 0;
}

void peak_loop(enum srfpga_soft_isa isa, bool loaded, long rounds)
{
#ifdef __x86_64__
	fill_operands();
	if (isa == SRFPGA_SOFT_AMX_INT8)
		tiles(rounds, loaded);
	else if (isa == SRFPGA_SOFT_AVX512_VNNI && loaded)
		loaded_dot_loop(rounds);
	else if (isa == SRFPGA_SOFT_AVX512_VNNI)
		dot_loop(rounds);
	else if (isa == SRFPGA_SOFT_AVX2)
		madd_loop(rounds);
#endif
}
