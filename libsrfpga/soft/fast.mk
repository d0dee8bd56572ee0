# SPDX-License-Identifier: LGPL-2.1-or-later
# The fast executor. Its kernels are compiled for the instructions that they
# use and entered only where the CPU has them.

SOFT_FAST_OBJS := $(addprefix $(O)/libsrfpga/soft/, \
	cpu.o pool.o exec_bytes.o exec_codes.o exec_conv.o exec_conv_run.o \
	exec_fast.o exec_line.o exec_piece.o exec_plan.o exec_pool.o exec_port.o \
	exec_rows.o exec_span.o exec_sum.o exec_wide.o kernel_portable.o)

$(O)/libsrfpga/soft/kernel_portable.o: OBJ_CFLAGS := -O3
$(O)/libsrfpga/soft/exec_pool.o $(O)/libsrfpga/soft/exec_wide.o \
$(O)/libsrfpga/soft/exec_codes.o: OBJ_CFLAGS := -O3
# DEQUANT rounds after each step: no fused multiply-add.
$(O)/libsrfpga/soft/exec_rows.o: OBJ_CFLAGS := -ffp-contract=off

SOFT_MACHINE := $(shell $(CC) -dumpmachine 2>/dev/null)
ifneq ($(filter x86_64-%,$(SOFT_MACHINE)),)
SOFT_FAST_OBJS += $(addprefix $(O)/libsrfpga/soft/, kernel_amx.o \
	kernel_avx2.o kernel_avx512.o kernel_avx512_gather.o \
	kernel_avx512_narrow.o kernel_avx512_narrow_tile.o \
	kernel_avx512_row.o kernel_avx512_tile.o)
$(O)/libsrfpga/soft/kernel_avx2.o: OBJ_CFLAGS := -O3 -mavx2
$(O)/libsrfpga/soft/kernel_avx512.o \
$(O)/libsrfpga/soft/kernel_avx512_narrow.o: OBJ_CFLAGS := \
	-O3 -mavx512f -mavx512bw -mavx512vl -mavx512dq -mavx512vnni
$(O)/libsrfpga/soft/kernel_amx.o: OBJ_CFLAGS := -O3 -mavx512f -mavx512bw \
	-mavx512vl -mavx512dq -mavx512vbmi -mamx-tile -mamx-int8
$(O)/libsrfpga/soft/kernel_avx512_gather.o: OBJ_CFLAGS := \
	-O3 -mavx512f -mavx512bw -mavx512vl -mavx512dq -mavx512vbmi
endif
ifneq ($(filter aarch64-%,$(SOFT_MACHINE)),)
SOFT_FAST_OBJS += $(O)/libsrfpga/soft/kernel_neon.o
$(O)/libsrfpga/soft/kernel_neon.o: OBJ_CFLAGS := -O3
endif

$(O)/libsrfpga/soft/%.o: libsrfpga/soft/%.S
	$(call say,AS,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -c -o $@ $<
