/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The AVX512-VNNI tile for few output channels: 32 pixels by 1 to 12
 * channels. A lane is a pixel, so that no lane idles whatever the number of
 * channels; each weight is broadcast for two registers of pixels.
 *
 * void soft_avx512_narrow_<channels>(const struct avx512_narrow *t): t->acc =
 *	sums, [channel][pixel]
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

/*
 * rdi t, rsi segment pointers, rdx segments left, rcx plane, r9 taps left,
 * r10 planes left, rax plane 0, r11 this plane, r8 weights; zmm0-23 sums,
 * zmm24 and zmm25 input, zmm26 and zmm27 weights
 */

/* Calls op channel, low sum, high sum, a weight register for each channel. */
.macro EACH n, op
	\op 0, 0, 1, 26
	.if \n > 1
	\op 1, 2, 3, 27
	.endif
	.if \n > 2
	\op 2, 4, 5, 26
	.endif
	.if \n > 3
	\op 3, 6, 7, 27
	.endif
	.if \n > 4
	\op 4, 8, 9, 26
	.endif
	.if \n > 5
	\op 5, 10, 11, 27
	.endif
	.if \n > 6
	\op 6, 12, 13, 26
	.endif
	.if \n > 7
	\op 7, 14, 15, 27
	.endif
	.if \n > 8
	\op 8, 16, 17, 26
	.endif
	.if \n > 9
	\op 9, 18, 19, 27
	.endif
	.if \n > 10
	\op 10, 20, 21, 26
	.endif
	.if \n > 11
	\op 11, 22, 23, 27
	.endif
.endm

.macro START o, a, b, w
	vpbroadcastd (\o * 4)(%rax), %zmm\a
	vmovdqa64 %zmm\a, %zmm\b
.endm

.macro MAC o, a, b, w
	vpbroadcastd (\o * 4)(%r8), %zmm\w
	vpdpbusd %zmm\w, %zmm24, %zmm\a
	vpdpbusd %zmm\w, %zmm25, %zmm\b
.endm

.macro STORE o, a, b, w
	vmovdqa64 %zmm\a, (\o * 128)(%rax)
	vmovdqa64 %zmm\b, (\o * 128 + 64)(%rax)
.endm

.macro NARROW n
	.globl soft_avx512_narrow_\n
	.hidden soft_avx512_narrow_\n
	.type soft_avx512_narrow_\n, @function
	.p2align 6
soft_avx512_narrow_\n:
	mov N_SEG(%rdi), %rsi
	mov N_SEGMENTS(%rdi), %rdx
	mov N_PLANE(%rdi), %rcx
	mov N_WEIGHTS(%rdi), %r8
	mov N_BIAS(%rdi), %rax
	EACH \n, START
1:	mov (%rsi), %rax
	add $8, %rsi
	add N_OFFSET(%rdi), %rax
	mov N_TAPS(%rdi), %r9
2:	mov %rax, %r11
	add $4, %rax
	mov N_PLANES(%rdi), %r10
	.p2align 5
3:	vmovdqu64 (%r11), %zmm24
	vmovdqu64 64(%r11), %zmm25
	add %rcx, %r11
	EACH \n, MAC
	add $(\n * 4), %r8
	dec %r10
	jnz 3b
	dec %r9
	jnz 2b
	dec %rdx
	jnz 1b
	mov N_ACC(%rdi), %rax
	EACH \n, STORE
	vzeroupper
	ret
	.size soft_avx512_narrow_\n, . - soft_avx512_narrow_\n
.endm

	.text
	.irp n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12
	NARROW \n
	.endr

	.section .note.GNU-stack, "", @progbits
