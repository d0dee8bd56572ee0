/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The AVX512-VNNI tile: 8 pixels by 32 channels in zmm0..zmm15, written by
 * hand because compilers spill it. The pipelined form turns the previous
 * tile's accumulators into bytes between the multiplications: the
 * conversions then use the pipes that vpdpbusd leaves free.
 *
 * void soft_avx512_tile(const struct avx512_tile *t): t->acc = sums
 * void soft_avx512_tile_half(...): likewise for 4 pixels
 * void soft_avx512_tile_pipelined4/7/16(...): also t->acc (before) -> t->out;
 *	segments have at least 4, 7 or 16 groups
 */

#define T_SEG		0	/* const uint8_t *const * */
#define T_SEGMENTS	8
#define T_GROUPS	16
#define T_STRIDE	24
#define T_OFFSET	32
#define T_WEIGHTS	40
#define T_BIAS		48
#define T_ACC		56
#define T_LINE		64
#define T_OUT		72
#define T_PITCH		80

/* struct kernel_line; the second half of each is for channels 16 to 31 */
#define LINE_MUL	0
#define LINE_MUL_ODD	128
#define LINE_ADD_EVEN	256
#define LINE_ADD_ODD	384
#define LINE_SHIFT	512
#define LINE_MIN	896
#define LINE_MAX	960

/*
 * rdi t, rsi segment pointers, rdx segments left, rcx pixel stride, r10 three
 * strides, rax pixel 0, r11 pixel 4, r8 weights, r9 accumulators, r12 groups
 * left, rbx the previous tile's output, r13 its pitch, rbp the line
 */

.macro MAC a, b, t
	vpdpbusd %zmm28, %zmm\t, %zmm\a
	vpdpbusd %zmm29, %zmm\t, %zmm\b
.endm

.macro WEIGHTS
	vmovdqu64 (%r8), %zmm28
	vmovdqu64 64(%r8), %zmm29
.endm

/* One group of four input bytes, for 4 pixels. */
.macro HALF_GROUP
	WEIGHTS
	vpbroadcastd (%rax), %zmm30
	MAC 0, 1, 30
	vpbroadcastd (%rax, %rcx), %zmm31
	MAC 2, 3, 31
	vpbroadcastd (%rax, %rcx, 2), %zmm30
	MAC 4, 5, 30
	vpbroadcastd (%rax, %r10), %zmm31
	MAC 6, 7, 31
	add $128, %r8
	add $4, %rax
.endm

/*
 * One group of four input bytes, for all 8 pixels. The epilogue's macros go
 * between the multiplications.
 */
.macro GROUP e0, e1, e2, e3, e4, e5, e6, e7
	WEIGHTS
	vpbroadcastd (%rax), %zmm30
	\e0
	MAC 0, 1, 30
	vpbroadcastd (%rax, %rcx), %zmm31
	\e1
	MAC 2, 3, 31
	vpbroadcastd (%rax, %rcx, 2), %zmm30
	\e2
	MAC 4, 5, 30
	vpbroadcastd (%rax, %r10), %zmm31
	\e3
	MAC 6, 7, 31
	vpbroadcastd (%r11), %zmm30
	\e4
	MAC 8, 9, 30
	vpbroadcastd (%r11, %rcx), %zmm31
	\e5
	MAC 10, 11, 31
	vpbroadcastd (%r11, %rcx, 2), %zmm30
	\e6
	MAC 12, 13, 30
	vpbroadcastd (%r11, %r10), %zmm31
	\e7
	MAC 14, 15, 31
	add $128, %r8
	add $4, %rax
	add $4, %r11
.endm

/*
 * The line of one pixel of the previous tile, whose accumulators are at r9:
 * even lanes in zmm16 and zmm18, odd ones in zmm17 and zmm19. The words end
 * up in zmm\to, in the order 0 2 1 3.
 */
.macro LOAD_EVEN
	vmovdqa64 (%r9), %zmm16
	vmovdqa64 64(%r9), %zmm18
.endm
.macro LOAD_ODD
	vpsrlq $32, (%r9), %zmm17
	vpsrlq $32, 64(%r9), %zmm19
	add $128, %r9
.endm
.macro MUL_EVEN
	vpmuldq LINE_MUL(%rbp), %zmm16, %zmm16
	vpmuldq (LINE_MUL + 64)(%rbp), %zmm18, %zmm18
.endm
.macro MUL_ODD
	vpmuldq LINE_MUL_ODD(%rbp), %zmm17, %zmm17
	vpmuldq (LINE_MUL_ODD + 64)(%rbp), %zmm19, %zmm19
.endm
.macro ADD_EVEN
	vpaddq LINE_ADD_EVEN(%rbp), %zmm16, %zmm16
	vpaddq (LINE_ADD_EVEN + 64)(%rbp), %zmm18, %zmm18
.endm
.macro ADD_ODD
	vpaddq LINE_ADD_ODD(%rbp), %zmm17, %zmm17
	vpaddq (LINE_ADD_ODD + 64)(%rbp), %zmm19, %zmm19
.endm
.macro HIGH
	vshufps $0xdd, %zmm17, %zmm16, %zmm16
	vshufps $0xdd, %zmm19, %zmm18, %zmm18
.endm
.macro SHIFT
	vpsravd %zmm24, %zmm16, %zmm16
	vpsravd %zmm25, %zmm18, %zmm18
.endm
.macro WORDS to
	vpackssdw %zmm18, %zmm16, %zmm\to
.endm
.macro SHIFT_AND_WORDS to
	SHIFT
	WORDS \to
.endm

/* The words of two pixels to bytes, in order. */
.macro BYTES
	vpackuswb %zmm23, %zmm22, %zmm22
	vpermq %zmm22, %zmm20, %zmm22
	vpshufb %zmm27, %zmm22, %zmm22
.endm
.macro CLAMP
	vpmaxub %zmm21, %zmm22, %zmm22
	vpminub %zmm26, %zmm22, %zmm22
.endm
.macro STORE
	vmovdqu64 %ymm22, (%rbx)
	vextracti64x4 $1, %zmm22, (%rbx, %r13)
	lea (%rbx, %r13, 2), %rbx
.endm
.macro CLAMP_AND_STORE
	CLAMP
	STORE
.endm
.macro EVEN_HALF
	LOAD_EVEN
	MUL_EVEN
	ADD_EVEN
.endm
.macro ODD_HALF
	LOAD_ODD
	MUL_ODD
	ADD_ODD
.endm
.macro FINISH_WORDS to
	HIGH
	SHIFT_AND_WORDS \to
.endm

/* Two pixels of the previous tile within four groups, two, or one. */
.macro PAIR_IN_FOUR_GROUPS
	GROUP LOAD_EVEN, , LOAD_ODD, , MUL_EVEN, , MUL_ODD
	GROUP ADD_EVEN, , ADD_ODD, , HIGH, , "SHIFT_AND_WORDS 22"
	GROUP LOAD_EVEN, , LOAD_ODD, , MUL_EVEN, , MUL_ODD
	GROUP ADD_EVEN, , ADD_ODD, HIGH, , "SHIFT_AND_WORDS 23", BYTES, \
		CLAMP_AND_STORE
.endm
.macro PAIR_IN_TWO_GROUPS
	GROUP LOAD_EVEN, LOAD_ODD, MUL_EVEN, MUL_ODD, ADD_EVEN, ADD_ODD, \
		HIGH, "SHIFT_AND_WORDS 22"
	GROUP EVEN_HALF, LOAD_ODD, MUL_ODD, ADD_ODD, HIGH, \
		"SHIFT_AND_WORDS 23", BYTES, CLAMP_AND_STORE
.endm
.macro PAIR_IN_ONE_GROUP
	GROUP EVEN_HALF, ODD_HALF, HIGH, "SHIFT_AND_WORDS 22", EVEN_HALF, \
		ODD_HALF, "FINISH_WORDS 23"
	BYTES
	CLAMP_AND_STORE
.endm

.macro ENTER
	push %r12
	mov T_SEG(%rdi), %rsi
	mov T_SEGMENTS(%rdi), %rdx
	mov T_STRIDE(%rdi), %rcx
	mov T_WEIGHTS(%rdi), %r8
	mov T_BIAS(%rdi), %rax
	mov T_ACC(%rdi), %r9
	mov T_GROUPS(%rdi), %r12
	vmovdqu64 (%rax), %zmm0
	vmovdqu64 64(%rax), %zmm1
	.irp i, 2, 4, 6, 8, 10, 12, 14
	vmovdqa64 %zmm0, %zmm\i
	.endr
	.irp i, 3, 5, 7, 9, 11, 13, 15
	vmovdqa64 %zmm1, %zmm\i
	.endr
	lea (%rcx, %rcx, 2), %r10
.endm

.macro SEGMENT
	mov (%rsi), %rax
	add $8, %rsi
	add T_OFFSET(%rdi), %rax
	lea (%rax, %rcx, 4), %r11
.endm

/* The rest of the sums, from label 1 (next group) or 2 (next segment). */
.macro FINISH group=GROUP
	.p2align 5
1:	\group
	dec %r12
	jnz 1b
2:	dec %rdx
	jz 3f
	SEGMENT
	mov T_GROUPS(%rdi), %r12
	jmp 1b
3:
	.irp i, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	vmovdqa64 %zmm\i, (\i * 64)(%r9)
	.endr
	pop %r12
.endm

	.section .rodata
	.p2align 6
even_then_odd:
	.quad 0, 2, 4, 6, 1, 3, 5, 7
swap:
	.byte 0, 2, 1, 3, 4, 6, 5, 7, 8, 10, 9, 11, 12, 14, 13, 15

	.text
	.globl soft_avx512_tile
	.hidden soft_avx512_tile
	.type soft_avx512_tile, @function
	.p2align 6
soft_avx512_tile:
	ENTER
	SEGMENT
	FINISH
	vzeroupper
	ret
	.size soft_avx512_tile, . - soft_avx512_tile

	.globl soft_avx512_tile_half
	.hidden soft_avx512_tile_half
	.type soft_avx512_tile_half, @function
	.p2align 6
soft_avx512_tile_half:
	ENTER
	SEGMENT
	FINISH HALF_GROUP
	vzeroupper
	ret
	.size soft_avx512_tile_half, . - soft_avx512_tile_half

.macro PIPELINED name, groups, pair, last
	.globl \name
	.hidden \name
	.type \name, @function
	.p2align 6
\name:
	push %rbx
	push %rbp
	push %r13
	mov T_LINE(%rdi), %rbp
	mov T_OUT(%rdi), %rbx
	mov T_PITCH(%rdi), %r13
	vpermilps $0xd8, LINE_SHIFT(%rbp), %zmm24
	vpermilps $0xd8, (LINE_SHIFT + 64)(%rbp), %zmm25
	vbroadcasti32x4 swap(%rip), %zmm27
	vmovdqa64 LINE_MIN(%rbp), %zmm21
	vmovdqa64 LINE_MAX(%rbp), %zmm26
	vmovdqa64 even_then_odd(%rip), %zmm20
	ENTER
	SEGMENT
	.rept 3
	\pair
	.endr
	\last
	mov T_ACC(%rdi), %r9
	sub $\groups, %r12
	jz 2f
	FINISH
	pop %r13
	pop %rbp
	pop %rbx
	vzeroupper
	ret
	.size \name, . - \name
.endm

	PIPELINED soft_avx512_tile_pipelined4, 4, PAIR_IN_ONE_GROUP, \
		PAIR_IN_ONE_GROUP
	PIPELINED soft_avx512_tile_pipelined7, 7, PAIR_IN_TWO_GROUPS, \
		PAIR_IN_ONE_GROUP
	PIPELINED soft_avx512_tile_pipelined16, 16, PAIR_IN_FOUR_GROUPS, \
		PAIR_IN_FOUR_GROUPS

	.section .note.GNU-stack, "", @progbits
