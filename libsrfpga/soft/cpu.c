// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Which kernels this build has and this CPU can run. Knows nothing of
 * graphs.
 */
#include "graph.h"
#include "kernel.h"

#ifdef __x86_64__
#include <asm/prctl.h>
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef ARCH_REQ_XCOMP_PERM
#define ARCH_REQ_XCOMP_PERM	0x1023	/* since Linux 5.16 */
#endif
#define XFEATURE_XTILEDATA	18
/* In EDX: AMX-TILE and AMX-INT8; compilers name the bits differently. */
#define CPUID_7_AMX		(3u << 24)

static bool has_avx512_vnni(void)
{
	return __builtin_cpu_supports("avx512f") &&
	       __builtin_cpu_supports("avx512bw") &&
	       __builtin_cpu_supports("avx512vl") &&
	       __builtin_cpu_supports("avx512dq") &&
	       __builtin_cpu_supports("avx512vnni");
}

/*
 * Linux lets a process use tiles if it asks, and if no thread's alternate
 * signal stack is too small for their state. Asking again is harmless.
 */
static bool has_amx_int8(void)
{
	unsigned int a, b, c, d;

	return has_avx512_vnni() && __builtin_cpu_supports("avx512vbmi") &&
	       __get_cpuid_count(7, 0, &a, &b, &c, &d) &&
	       (d & CPUID_7_AMX) == CPUID_7_AMX &&
	       !syscall(SYS_arch_prctl, ARCH_REQ_XCOMP_PERM,
			XFEATURE_XTILEDATA);
}

static const struct soft_kernel *kernel_x86(enum srfpga_soft_isa isa)
{
	__builtin_cpu_init();
	if (isa == SRFPGA_SOFT_AVX2 && __builtin_cpu_supports("avx2"))
		return &soft_kernel_avx2;
	if (isa == SRFPGA_SOFT_AVX512_VNNI && has_avx512_vnni())
		return &soft_kernel_avx512;
	if (isa == SRFPGA_SOFT_AMX_INT8 && has_amx_int8())
		return &soft_kernel_amx;
	return NULL;
}
#endif

const struct soft_kernel *soft_kernel_get(enum srfpga_soft_isa isa)
{
	if (isa == SRFPGA_SOFT_PORTABLE)
		return &soft_kernel_portable;
#ifdef __x86_64__
	return kernel_x86(isa);
#elif defined(__aarch64__)
	return isa == SRFPGA_SOFT_NEON ? &soft_kernel_neon : NULL;
#else
	return NULL;
#endif
}

enum srfpga_soft_isa soft_isa_best(void)
{
	static const enum srfpga_soft_isa order[] = {
		SRFPGA_SOFT_AMX_INT8, SRFPGA_SOFT_AVX512_VNNI,
		SRFPGA_SOFT_AVX2, SRFPGA_SOFT_NEON,
	};

	for (size_t i = 0; i < sizeof(order) / sizeof(*order); i++)
		if (soft_kernel_get(order[i]))
			return order[i];
	return SRFPGA_SOFT_PORTABLE;
}
