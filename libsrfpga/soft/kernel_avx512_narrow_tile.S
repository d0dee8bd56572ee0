/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The AVX512-VNNI tile for few output channels: 16 pixels by 4, 8, 12 or 16
 * channels. A register holds 4 pixels by 4 channels, so that no lane idles;
 * its input comes from planes of 4 channels, permuted.
 *
 * void soft_avx512_narrow1/2/3/4(const struct avx512_narrow *t): t->acc =
 *	sums, [channels / 4][quad of pixels][pixel][channel]
 */

#define N_SEG		0	/* const uint8_t *const * */
#define N_SEGMENTS	8
#define N_TAPS		16
#define N_PLANES	24
#define N_PLANE		32
#define N_OFFSET	40
#define N_WEIGHTS	48
#define N_BIAS		56
#define N_ACC		64

	.section .rodata
	.p2align 6
/* For each quad of pixels: each dword four times. */
spread:
	.irp px, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	.long \px, \px, \px, \px
	.endr

/*
 * rdi t, rsi segment pointers, rdx segments left, rcx plane, r12 taps left,
 * r10 planes left, rax plane 0, r11 this plane, r8 weights; zmm0-15 sums
 * [j * 4 + quad], zmm16-19 spread, zmm20 input, zmm24-27 weights
 */

.macro WEIGHTS n
	vbroadcasti32x4 (%r8), %zmm24
	.if \n > 1
	vbroadcasti32x4 16(%r8), %zmm25
	.endif
	.if \n > 2
	vbroadcasti32x4 32(%r8), %zmm26
	.endif
	.if \n > 3
	vbroadcasti32x4 48(%r8), %zmm27
	.endif
	add $(\n * 16), %r8
.endm

.macro QUAD n, order, in, s0, s1, s2, s3
	vpermd %zmm20, %zmm\order, %zmm\in
	vpdpbusd %zmm24, %zmm\in, %zmm\s0
	.if \n > 1
	vpdpbusd %zmm25, %zmm\in, %zmm\s1
	.endif
	.if \n > 2
	vpdpbusd %zmm26, %zmm\in, %zmm\s2
	.endif
	.if \n > 3
	vpdpbusd %zmm27, %zmm\in, %zmm\s3
	.endif
.endm

.macro START from, r0, r1, r2, r3
	vbroadcasti32x4 \from(%rax), %zmm\r0
	vmovdqa64 %zmm\r0, %zmm\r1
	vmovdqa64 %zmm\r0, %zmm\r2
	vmovdqa64 %zmm\r0, %zmm\r3
.endm

.macro NARROW n
	.globl soft_avx512_narrow\n
	.hidden soft_avx512_narrow\n
	.type soft_avx512_narrow\n, @function
	.p2align 6
soft_avx512_narrow\n:
	push %r12
	mov N_SEG(%rdi), %rsi
	mov N_SEGMENTS(%rdi), %rdx
	mov N_PLANE(%rdi), %rcx
	mov N_WEIGHTS(%rdi), %r8
	mov N_BIAS(%rdi), %rax
	vmovdqa64 spread(%rip), %zmm16
	vmovdqa64 (spread + 64)(%rip), %zmm17
	vmovdqa64 (spread + 128)(%rip), %zmm18
	vmovdqa64 (spread + 192)(%rip), %zmm19
	START 0, 0, 1, 2, 3
	START 16, 4, 5, 6, 7
	START 32, 8, 9, 10, 11
	START 48, 12, 13, 14, 15
1:	mov (%rsi), %rax
	add $8, %rsi
	add N_OFFSET(%rdi), %rax
	mov N_TAPS(%rdi), %r12
2:	mov %rax, %r11
	add $4, %rax
	mov N_PLANES(%rdi), %r10
	.p2align 5
3:	vmovdqu64 (%r11), %zmm20
	add %rcx, %r11
	WEIGHTS \n
	QUAD \n, 16, 28, 0, 4, 8, 12
	QUAD \n, 17, 29, 1, 5, 9, 13
	QUAD \n, 18, 30, 2, 6, 10, 14
	QUAD \n, 19, 31, 3, 7, 11, 15
	dec %r10
	jnz 3b
	dec %r12
	jnz 2b
	dec %rdx
	jnz 1b
	mov N_ACC(%rdi), %rax
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
