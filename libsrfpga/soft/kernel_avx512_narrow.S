/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The AVX512-VNNI tile for few output channels: 16 pixels by 4, 8, 12 or 16
 * channels. A register holds 4 pixels by 4 channels, so that no lane idles;
 * its input comes from a permutation of 4 pixels of 32 bytes.
 *
 * void soft_avx512_narrow1/2/3/4(const struct avx512_tile *t): t->acc =
 *	sums, [channels / 4][quad of pixels][pixel][channel]; pixels are 32
 *	bytes apart and groups a multiple of 8. Offsets as in
 *	kernel_avx512_tile.S
 */

#define T_SEG		0
#define T_SEGMENTS	8
#define T_GROUPS	16
#define T_OFFSET	32
#define T_WEIGHTS	40
#define T_BIAS		48
#define T_ACC		56

	.section .rodata
	.p2align 6
/* Dword g of each of 4 pixels of 8 dwords, four times. */
spread:
	.irp g, 0, 1, 2, 3, 4, 5, 6, 7
	.irp px, 0, 8, 16, 24
	.long \px + \g, \px + \g, \px + \g, \px + \g
	.endr
	.endr

/*
 * rdi t, rsi segment pointers, rdx segments left, r12 runs of 8 groups left,
 * rax pixel 0, r8 weights, r11 spread; zmm0-15 sums [j * 4 + quad],
 * zmm16-23 input, zmm24-27 weights, zmm28 the spread input
 */

.macro WEIGHTS n, g
	vbroadcasti32x4 (\g * \n * 16)(%r8), %zmm24
	.if \n > 1
	vbroadcasti32x4 (\g * \n * 16 + 16)(%r8), %zmm25
	.endif
	.if \n > 2
	vbroadcasti32x4 (\g * \n * 16 + 32)(%r8), %zmm26
	.endif
	.if \n > 3
	vbroadcasti32x4 (\g * \n * 16 + 48)(%r8), %zmm27
	.endif
.endm

.macro QUAD n, g, low, high, s0, s1, s2, s3
	vmovdqa64 (\g * 64)(%r11), %zmm28
	vpermi2d %zmm\high, %zmm\low, %zmm28
	vpdpbusd %zmm24, %zmm28, %zmm\s0
	.if \n > 1
	vpdpbusd %zmm25, %zmm28, %zmm\s1
	.endif
	.if \n > 2
	vpdpbusd %zmm26, %zmm28, %zmm\s2
	.endif
	.if \n > 3
	vpdpbusd %zmm27, %zmm28, %zmm\s3
	.endif
.endm

.macro NARROW n
	.globl soft_avx512_narrow\n
	.hidden soft_avx512_narrow\n
	.type soft_avx512_narrow\n, @function
	.p2align 6
soft_avx512_narrow\n:
	push %r12
	mov T_SEG(%rdi), %rsi
	mov T_SEGMENTS(%rdi), %rdx
	mov T_WEIGHTS(%rdi), %r8
	mov T_BIAS(%rdi), %rax
	lea spread(%rip), %r11
	.irp i, 0, 1, 2, 3
	vbroadcasti32x4 (%rax), %zmm\i
	.endr
	.irp i, 4, 5, 6, 7
	vbroadcasti32x4 16(%rax), %zmm\i
	.endr
	.irp i, 8, 9, 10, 11
	vbroadcasti32x4 32(%rax), %zmm\i
	.endr
	.irp i, 12, 13, 14, 15
	vbroadcasti32x4 48(%rax), %zmm\i
	.endr
1:	mov (%rsi), %rax
	add $8, %rsi
	add T_OFFSET(%rdi), %rax
	mov T_GROUPS(%rdi), %r12
	shr $3, %r12
	.p2align 5
2:	vmovdqu64 (%rax), %zmm16
	vmovdqu64 64(%rax), %zmm17
	vmovdqu64 128(%rax), %zmm18
	vmovdqu64 192(%rax), %zmm19
	vmovdqu64 256(%rax), %zmm20
	vmovdqu64 320(%rax), %zmm21
	vmovdqu64 384(%rax), %zmm22
	vmovdqu64 448(%rax), %zmm23
	.irp g, 0, 1, 2, 3, 4, 5, 6, 7
	WEIGHTS \n, \g
	QUAD \n, \g, 16, 17, 0, 4, 8, 12
	QUAD \n, \g, 18, 19, 1, 5, 9, 13
	QUAD \n, \g, 20, 21, 2, 6, 10, 14
	QUAD \n, \g, 22, 23, 3, 7, 11, 15
	.endr
	add $(\n * 128), %r8
	add $32, %rax
	dec %r12
	jnz 2b
	dec %rdx
	jnz 1b
	mov T_ACC(%rdi), %rax
	.irp i, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	.if \i < 4 * \n
	vmovdqa64 %zmm\i, (\i * 64)(%rax)
	.endif
	.endr
	pop %r12
	vzeroupper
	ret
	.size soft_avx512_narrow\n, . - soft_avx512_narrow\n
.endm

	.text
	NARROW 1
	NARROW 2
	NARROW 3
	NARROW 4

	.section .note.GNU-stack, "", @progbits
