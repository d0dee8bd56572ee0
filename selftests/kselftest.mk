# SPDX-License-Identifier: GPL-2.0
# The driver's tests, built for the guest as they would be in a kernel tree, and
# a check that they can be dropped into one.

KSELFTEST	:= abi refuse submit buffer attach fence queue recovery grant \
		unplug pm observe clients hostile poison pipeline \
		failnth
# Runs alone: the guest's shares do not survive it.
KSELFTEST_ALONE	:= sleep
# Has a boot of its own, with memory above 4 GiB.
KSELFTEST_HIGH	:= node
# Measures instead of testing.
KSELFTEST_EXTRA	:= benchdriver
KSELFTEST_ALL	:= $(KSELFTEST) $(KSELFTEST_ALONE) $(KSELFTEST_HIGH) \
		$(KSELFTEST_EXTRA)
KSELFTEST_LIB	:= testbed testdev testfault testload testmodel testpeer testutil
KSELFTEST_HDRS	:= $(wildcard selftests/test*.h) \
		selftests/vm/fpga/fpga_ctl.h kernel/include/uapi/srfpga.h
KSELFTEST_ARCH	?= arm64
KSELFTEST_CROSS	= $(CROSS_$(KSELFTEST_ARCH))
# The kernel's test framework, laid out like a kernel tree.
KSELFTEST_TREE	:= $(CACHE)/kernel-files-6.12
KSELFTEST_DIR	:= $(KSELFTEST_TREE)/tools/testing/selftests
KSELFTEST_CFLAGS = -std=gnu11 -O2 -g -Wall -Wextra -Werror -Wshadow \
		-Wstrict-prototypes -Wno-unused-parameter -Wno-sign-compare \
		-D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -pthread -static \
		-I$(O)/kselftest/include -isystem $(KSELFTEST_DIR)/srfpga
KSELFTEST_BINS	:= $(KSELFTEST_ALL:%=$(O)/kselftest/%)
KSELFTEST_BINS32 := $(KSELFTEST:%=$(O)/kselftest/compat/%)

#: kselftest          the driver's tests, for the guest (64 and 32 bit)
.PHONY: kselftest
kselftest: $(KSELFTEST_BINS) $(KSELFTEST_BINS32)

$(KSELFTEST_TREE)/.complete:
	$(call say,FETCH,$(KSELFTEST_TREE))
	$(Q)$(call deps,guest)
	$(Q)selftests/kernel-files.sh >/dev/null

# A kernel tree has it there after "make headers".
$(O)/kselftest/include/linux/srfpga.h: kernel/include/uapi/srfpga.h
	@mkdir -p $(@D)
	@ln -sf $(SRCDIR)/$< $@

# kselftest_rules FOLDER,COMPILER,DEPS: programs in FOLDER, their common part once.
define kselftest_rules
$(1)/obj/%.o: selftests/%.c $(KSELFTEST_HDRS) $(KSELFTEST_TREE)/.complete \
		$(O)/kselftest/include/linux/srfpga.h
	$$(call say,CC,$$@)
	@mkdir -p $$(@D)
	$$(Q)$$(call deps,$(3))
	$$(Q)$(2) $$(KSELFTEST_CFLAGS) -c -o $$@ $$<

$(KSELFTEST_ALL:%=$(1)/%): $(1)/%: $(1)/obj/%.o $(KSELFTEST_LIB:%=$(1)/obj/%.o)
	$$(call say,LD,$$@)
	$$(Q)$(2) $$(KSELFTEST_CFLAGS) -o $$@ $$^
endef
$(eval $(call kselftest_rules,$(O)/kselftest,$$(KSELFTEST_CROSS)gcc,guest))
# 32-bit programs on the 64-bit kernel: compat_ioctl.
$(eval $(call kselftest_rules,$(O)/kselftest/compat,arm-linux-gnueabihf-gcc,\
	guest guest32))
.PRECIOUS: $(O)/kselftest/obj/%.o $(O)/kselftest/compat/obj/%.o

# The folder as it is, in a tree, built and installed by lib.mk alone.
KSELFTEST_STAGE	= $(abspath $(O))/kselftest-tree
CHECKS		+= check-kselftest-tree
check-kselftest-tree: $(KSELFTEST_TREE)/.complete
	$(Q)$(call deps,guest)
	$(Q)rm -rf $(KSELFTEST_STAGE); \
	mkdir -p $(KSELFTEST_STAGE)/usr/include/linux && \
	cp -r $(KSELFTEST_TREE)/tools $(KSELFTEST_STAGE) && \
	cp kernel/include/uapi/srfpga.h $(KSELFTEST_STAGE)/usr/include/linux && \
	stage=$(KSELFTEST_STAGE)/tools/testing/selftests/srfpga && \
	(cd selftests && cp --parents *.[ch] Makefile config settings \
		vm/fpga/fpga_ctl.h $$stage) && \
	$(MAKE) -s -C $$stage OUTPUT=$$stage CC=$(KSELFTEST_CROSS)gcc \
		USERCFLAGS='-Werror -O0' all emit_tests COLLECTION=srfpga | \
	grep -c '^srfpga:' | grep -qx $(words $(KSELFTEST) $(KSELFTEST_ALONE) $(KSELFTEST_HIGH))

# --- what the guest runs, see guest.mk ---------------------------------------

KSELFTEST_PROGS	:= $(KSELFTEST:%=/build/kselftest/%)
# The same tests as 32-bit programs, and on the device with many ports.
kselftest32	= $(foreach t,$(1),'$(t)32=/build/kselftest/compat/$(t)')
kselftest_ports	= $(foreach t,$(1),'$(t)-ports=env \
	SRFPGA_DEVICE=/dev/srfpga1 /build/kselftest/$(t)')
# Test $(1) with arguments $(2) on the device that reaches memory above 4 GiB.
kselftest_wide	= '$(1)-wide=env SRFPGA_DEVICE=/dev/srfpga1 \
	SRFPGA_DEVICE1=/dev/srfpga0 /build/kselftest/$(1) $(2)'
KSELFTEST_MORE_6.12-on := $(call kselftest32,abi refuse submit buffer fence)
KSELFTEST_MORE_6.1-on := $(call kselftest32,abi submit)
KSELFTEST_MORE_6.12-off := $(call kselftest_ports,abi submit buffer attach \
	recovery grant unplug)
KSELFTEST_MORE_6.1-off := $(call kselftest_ports,submit attach)

#: bench-driver       utilisation of the accelerator through the driver
BENCH_SERIES	?= 6.12
.PHONY: bench-driver
bench-driver: fpga-model kselftest $(O)/modules/$(BENCH_SERIES)-arm64/srfpga.ko
	@O=$(abspath $(O)) selftests/guest/bench-driver.sh $(BENCH_SERIES)

CHECKS		+= check-guest-scripts
check-guest-scripts:
	$(Q)$(call deps,static)
	$(Q)shellcheck selftests/guest/*.sh selftests/kernel-files.sh
