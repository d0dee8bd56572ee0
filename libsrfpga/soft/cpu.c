// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Which kernels this build has and this CPU can run. Knows nothing of
 * graphs.
 */
#include "graph.h"
#include "kernel.h"

#ifdef __x86_64__
static const struct soft_kernel *kernel_x86(enum srfpga_soft_isa isa)
{
	__builtin_cpu_init();
	if (isa == SRFPGA_SOFT_AVX2 && __builtin_cpu_supports("avx2"))
		return &soft_kernel_avx2;
	if (isa == SRFPGA_SOFT_AVX512_VNNI &&
	    __builtin_cpu_supports("avx512f") &&
	    __builtin_cpu_supports("avx512bw") &&
	    __builtin_cpu_supports("avx512vl") &&
	    __builtin_cpu_supports("avx512dq") &&
	    __builtin_cpu_supports("avx512vnni"))
		return &soft_kernel_avx512;
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
		SRFPGA_SOFT_AVX512_VNNI, SRFPGA_SOFT_AVX2, SRFPGA_SOFT_NEON,
	};

	for (size_t i = 0; i < sizeof(order) / sizeof(*order); i++)
		if (soft_kernel_get(order[i]))
			return order[i];
	return SRFPGA_SOFT_PORTABLE;
}
