/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A row of AVX512-VNNI tiles, 8 pixels by 32 channels in zmm0..zmm15, along
 * lines in float. The first and last few groups of a tile are done for pixels
 * 0-3 and then for pixels 4-7: so one half's sums become bytes, in the pipes
 * that vpdpbusd leaves free, while the other half's multiplications go on.
 * Nothing of a tile passes through memory but its bytes.
 *
 * void soft_avx512_row2/3/4(const struct avx512_row *r): 2, 3 or 4 groups at
 *	the front and 2, 4 or 4 at the end; groups >= both together, or as
 *	either if there are several segments
 */

#define R_SEG		0	/* const uint8_t *const * */
#define R_SEGMENTS	8
#define R_GROUPS	16
#define R_STRIDE	24
#define R_WEIGHTS	32
#define R_BIAS		40
#define R_LINE		48
#define R_OUT		56
#define R_PITCH		64
#define R_TILES		72

/* struct kernel_line; the second half of each is for channels 16 to 31 */
#define LINE_MUL	640
#define LINE_ADD	768
#define LINE_MIN	896
#define LINE_MAX	960

/*
 * rdi r, rsi segment pointers, rdx segments left, rcx pixel stride, r10 three
 * strides, rax pixel 0, r11 pixel 4, r8 weights, r12 groups left, rbx output,
 * r13 its pitch, rbp three pitches, r14 tiles left, r15 the tile's first byte;
 * zmm16 and zmm17 mul, zmm18 and zmm19 add, zmm20 order of quadwords, zmm21
 * min, zmm22 max, zmm28 and zmm29 weights, zmm30 and zmm31 input
 */

.macro WEIGHTS group
	vmovdqu64 (\group * 128)(%r8), %zmm28
	vmovdqu64 (\group * 128 + 64)(%r8), %zmm29
.endm

.macro MAC a, b, in
	vpdpbusd %zmm28, %zmm\in, %zmm\a
	vpdpbusd %zmm29, %zmm\in, %zmm\b
.endm

/* One group of four input bytes, for all 8 pixels. */
.macro GROUP
	WEIGHTS 0
	vpbroadcastd (%rax), %zmm30
	vpbroadcastd (%rax, %rcx), %zmm31
	MAC 0, 1, 30
	vpbroadcastd (%rax, %rcx, 2), %zmm30
	MAC 2, 3, 31
	vpbroadcastd (%rax, %r10), %zmm31
	MAC 4, 5, 30
	vpbroadcastd (%r11), %zmm30
	MAC 6, 7, 31
	vpbroadcastd (%r11, %rcx), %zmm31
	MAC 8, 9, 30
	vpbroadcastd (%r11, %rcx, 2), %zmm30
	MAC 10, 11, 31
	vpbroadcastd (%r11, %r10), %zmm31
	MAC 12, 13, 30
	MAC 14, 15, 31
	add $128, %r8
	add $4, %rax
	add $4, %r11
.endm

/*
 * Step \n of 16 that turn the sums of four pixels into bytes. The line is
 * rounded down twice, which is exact; the words of two pixels are packed into
 * one register and put in order.
 */
.macro TO_FLOAT a, b
	vcvtdq2ps %zmm\a, %zmm\a
	vcvtdq2ps %zmm\b, %zmm\b
.endm
.macro LINE a, b
	vfmadd213ps {rd-sae}, %zmm18, %zmm16, %zmm\a
	vfmadd213ps {rd-sae}, %zmm19, %zmm17, %zmm\b
.endm
.macro FLOOR a, b
	vcvtps2dq {rd-sae}, %zmm\a, %zmm\a
	vcvtps2dq {rd-sae}, %zmm\b, %zmm\b
.endm
.macro BYTES a, b
	vpackuswb %zmm\b, %zmm\a, %zmm\a
	vpermq %zmm\a, %zmm20, %zmm\a
.endm
.macro CLAMP a
	vpmaxub %zmm21, %zmm\a, %zmm\a
	vpminub %zmm22, %zmm\a, %zmm\a
.endm
.macro STEP n, a, b, c, d, e, f, g, h
	.if \n == 0
	TO_FLOAT \a, \b
	.elseif \n == 1
	TO_FLOAT \c, \d
	.elseif \n == 2
	LINE \a, \b
	.elseif \n == 3
	TO_FLOAT \e, \f
	.elseif \n == 4
	LINE \c, \d
	.elseif \n == 5
	FLOOR \a, \b
	TO_FLOAT \g, \h
	.elseif \n == 6
	LINE \e, \f
	.elseif \n == 7
	FLOOR \c, \d
	.elseif \n == 8
	vpackssdw %zmm\b, %zmm\a, %zmm\a
	LINE \g, \h
	.elseif \n == 9
	vpackssdw %zmm\d, %zmm\c, %zmm\c
	FLOOR \e, \f
	.elseif \n == 10
	BYTES \a, \c
	.elseif \n == 11
	FLOOR \g, \h
	.elseif \n == 12
	vpackssdw %zmm\f, %zmm\e, %zmm\e
	CLAMP \a
	.elseif \n == 13
	vpackssdw %zmm\h, %zmm\g, %zmm\g
	vmovdqu64 %ymm\a, (%rbx)
	vextracti64x4 $1, %zmm\a, (%rbx, %r13)
	.elseif \n == 14
	BYTES \e, \g
	.elseif \n == 15
	CLAMP \e
	vmovdqu64 %ymm\e, (%rbx, %r13, 2)
	vextracti64x4 $1, %zmm\e, (%rbx, %rbp)
	lea (%rbx, %r13, 4), %rbx
	.endif
.endm
.macro LOW_STEP n
	STEP \n, 0, 1, 2, 3, 4, 5, 6, 7
.endm
.macro HIGH_STEP n
	STEP \n, 8, 9, 10, 11, 12, 13, 14, 15
.endm
.macro NO_STEP n
.endm

/* Those of the 16 steps that belong into one of several places. */
.macro STEPS step, place, places
	.set n, 0
	.rept 16
	.if n * (\places) / 16 == (\place)
	\step n
	.endif
	.set n, n + 1
	.endr
.endm

/* Some groups for four pixels, and the other four's steps in between. */
.macro HALF pixel, groups, step, a, b, c, d, e, f, g, h
	.set group, 0
	.rept \groups
	WEIGHTS group
	vpbroadcastd (group * 4)(\pixel), %zmm30
	vpbroadcastd (group * 4)(\pixel, %rcx), %zmm31
	MAC \a, \b, 30
	STEPS \step, group*4, \groups*4
	vpbroadcastd (group * 4)(\pixel, %rcx, 2), %zmm30
	MAC \c, \d, 31
	STEPS \step, group*4+1, \groups*4
	vpbroadcastd (group * 4)(\pixel, %r10), %zmm31
	MAC \e, \f, 30
	STEPS \step, group*4+2, \groups*4
	MAC \g, \h, 31
	STEPS \step, group*4+3, \groups*4
	.set group, group + 1
	.endr
.endm
.macro LOW_HALF groups, step
	HALF %rax, \groups, \step, 0, 1, 2, 3, 4, 5, 6, 7
.endm
.macro HIGH_HALF groups, step
	HALF %r11, \groups, \step, 8, 9, 10, 11, 12, 13, 14, 15
.endm

.macro START_LOW
	vmovdqa64 (%r9), %zmm0
	vmovdqa64 64(%r9), %zmm1
	.irp i, 2, 4, 6
	vmovdqa64 %zmm0, %zmm\i
	.endr
	.irp i, 3, 5, 7
	vmovdqa64 %zmm1, %zmm\i
	.endr
.endm
.macro START_HIGH
	vmovdqa64 (%r9), %zmm8
	vmovdqa64 64(%r9), %zmm9
	.irp i, 10, 12, 14
	vmovdqa64 %zmm8, %zmm\i
	.endr
	.irp i, 11, 13, 15
	vmovdqa64 %zmm9, %zmm\i
	.endr
.endm

.macro SEGMENT
	mov (%rsi), %rax
	add $8, %rsi
	add %r15, %rax
	lea (%rax, %rcx, 4), %r11
.endm
.macro TILE
	mov R_SEG(%rdi), %rsi
	mov R_SEGMENTS(%rdi), %rdx
	mov R_WEIGHTS(%rdi), %r8
	SEGMENT
	START_LOW
.endm

	.section .rodata
	.p2align 6
even_then_odd:
	.quad 0, 2, 4, 6, 1, 3, 5, 7

.macro ROW name, first, last
	.globl \name
	.hidden \name
	.type \name, @function
	.p2align 6
\name:
	push %rbx
	push %rbp
	push %r12
	push %r13
	push %r14
	push %r15
	mov R_STRIDE(%rdi), %rcx
	mov R_BIAS(%rdi), %r9
	mov R_LINE(%rdi), %rbp
	mov R_OUT(%rdi), %rbx
	mov R_PITCH(%rdi), %r13
	mov R_TILES(%rdi), %r14
	xor %r15d, %r15d
	lea (%rcx, %rcx, 2), %r10
	vmovaps LINE_MUL(%rbp), %zmm16
	vmovaps (LINE_MUL + 64)(%rbp), %zmm17
	vmovaps LINE_ADD(%rbp), %zmm18
	vmovaps (LINE_ADD + 64)(%rbp), %zmm19
	vmovdqa64 even_then_odd(%rip), %zmm20
	vmovdqa64 LINE_MIN(%rbp), %zmm21
	vmovdqa64 LINE_MAX(%rbp), %zmm22
	lea (%r13, %r13, 2), %rbp
	TILE
	LOW_HALF \first, NO_STEP
	jmp 2f
	.p2align 5
1:	TILE
	LOW_HALF \first, HIGH_STEP
2:	START_HIGH
	HIGH_HALF \first, NO_STEP
	add $(\first * 128), %r8
	add $(\first * 4), %rax
	add $(\first * 4), %r11
	mov R_GROUPS(%rdi), %r12
	sub $\first, %r12
3:	dec %rdx
	jnz 4f
	sub $\last, %r12
	jz 6f
	.p2align 5
4:	GROUP
	dec %r12
	jnz 4b
	test %rdx, %rdx
	jz 6f
	SEGMENT
	mov R_GROUPS(%rdi), %r12
	jmp 3b
6:	LOW_HALF \last, NO_STEP
	HIGH_HALF \last, LOW_STEP
	lea (%r15, %rcx, 8), %r15
	dec %r14
	jnz 1b
	STEPS HIGH_STEP, 0, 1
	pop %r15
	pop %r14
	pop %r13
	pop %r12
	pop %rbp
	pop %rbx
	vzeroupper
	ret
	.size \name, . - \name
.endm

	.text
	ROW soft_avx512_row2, 2, 2
	ROW soft_avx512_row3, 3, 4
	ROW soft_avx512_row4, 4, 4

	.section .note.GNU-stack, "", @progbits
