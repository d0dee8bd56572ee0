# SPDX-License-Identifier: GPL-2.0
# The driver's tests on kernels that check themselves. The kernels are built
# here, once (see kernel.sh), and are as good as any other: boot.sh -k debug.

# SERIES-WIRING as in guest.mk.
DEBUG_RUNS	?= debug-on debug-off debug-on-fail debug-on-sleep
KCSAN_RUNS	?= kcsan-on kcsan-off
# Longest time of a boot with all its tests, seconds.
DEBUG_TIMEOUT	?= 5400
# Calls of the fuzzer and minutes of the soak among them.
DEBUG_CALLS	?= 20000
DEBUG_MINUTES	?= 2
DEBUG_DIR	= $(abspath $(O))/debug
# The soak is last: it loads the driver anew.
KSELFTEST_MORE_debug-on := $(call kselftest32,refuse submit) \
	'fuzz=env SRFPGA_DEVICE=/dev/srfpga1 /build/kselftest/fuzz \
	-c $(DEBUG_CALLS) -T 1500' \
	'soak=/build/kselftest/soak $(DEBUG_MINUTES)'
KSELFTEST_MORE_debug-off := $(call kselftest_ports,submit attach recovery)
# In a boot of its own: the kernel's checks do not survive it.
debug_progs	= $(filter-out %/failnth,$(KSELFTEST_PROGS))
# The second time with compat_ioctl and many ports.
FAILNTH_RUNS	:= /build/kselftest/failnth \
	'failnth32=env SRFPGA_DEVICE=/dev/srfpga1 SRFPGA_DEVICE1=/dev/srfpga0 \
	/build/kselftest/compat/failnth'
guest-run-%-fail: ; @$(call guest_run,-fail) $(FAILNTH_RUNS)
# What has more than one thread, or something that happens beside it.
KCSAN_PROGS	:= $(patsubst %,/build/kselftest/%,submit fence queue recovery \
		unplug pm clients observe buffer attach)

# Which folder of the cache the kernel is in: another one when it was rebuilt.
$(O)/debug/kernel-%: FORCE
	$(Q)$(call deps,guest)
	$(Q)mkdir -p $(@D); folder=$$(selftests/debug/kernel.sh $*) && \
		{ [ "$$folder" = "$$(cat $@ 2>/dev/null)" ] || \
		echo "$$folder" > $@; }
.PRECIOUS: $(O)/debug/kernel-%

# As for the other kernels, with the driver's own tests, its coverage, and the
# checks of undefined behaviour, for which the kernel has the handlers.
DEBUG_FLAGS	:= -fsanitize=shift,bounds-strict,bool,enum,integer-divide-by-zero
$(O)/modules/debug-arm64/srfpga.ko: $(O)/debug/kernel-debug
$(O)/modules/kcsan-arm64/srfpga.ko: $(O)/debug/kernel-kcsan
$(O)/modules/debug-arm64/srfpga.ko: export SRFPGA_KUNIT := y
$(O)/modules/debug-arm64/srfpga.ko: export KCOV_INSTRUMENT := y
$(O)/modules/debug-arm64/srfpga.ko: NEWEST_FLAGS := KCFLAGS='$(DEBUG_FLAGS)'

$(O)/debug/seeded-%/seeded.ko: selftests/debug/seeded.c selftests/debug/Kbuild \
		$(O)/debug/kernel-%
	$(call say,MODULE,$@)
	@mkdir -p $(@D)
	@cp selftests/debug/seeded.c selftests/debug/Kbuild $(@D)
	$(Q)$(call kernel_make,$$(cat $(O)/debug/kernel-$*)/build,arm64) modules
.PRECIOUS: $(O)/debug/seeded-%/seeded.ko

#: test-debug         the driver's tests with KASAN, lockdep, kmemleak, fail-nth
.PHONY: test-debug check-debug check-debug-kunit
test-debug:
	@selftests/vm/deps.sh host-build guest guest32
	@rm -rf $(O)/test/debug
	@$(TAP) part $(O)/test/debug $(MAKE) --no-print-directory \
		TAPDIR=$(O)/test/debug check-debug; \
	selftests/debug/counts.sh $(O)/test/debug; \
	$(TAP) summary $(O)/test/debug

check-debug: fpga-model kselftest $(O)/kselftest/soak \
		$(O)/modules/debug-arm64/srfpga.ko
	@bad=0; $(MAKE) --no-print-directory check-seeded-debug || bad=1; \
	for run in $(DEBUG_RUNS); do \
		$(MAKE) --no-print-directory GUEST_TIMEOUT=$(DEBUG_TIMEOUT) \
			KSELFTEST_PROGS='$(debug_progs)' guest-run-$$run || \
			bad=1; \
	done; \
	$(MAKE) --no-print-directory check-debug-kunit || bad=1; \
	$(MAKE) --no-print-directory check-camera-debug || bad=1; exit $$bad

# Of the log of the first run.
check-debug-kunit:
	@selftests/debug/kunit.sh $(O)/guest/$(firstword $(DEBUG_RUNS))/kernel.log \
		> $(DEBUG_DIR)/kunit.tap
	@$(TAP) add $(TAPDIR) debug-kunit $(DEBUG_DIR)/kunit.tap

check-seeded-%: $(O)/debug/seeded-%/seeded.ko
	@mkdir -p $(TAPDIR)
	@O=$(abspath $(O)) selftests/debug/seeded.sh $* $(DEBUG_DIR)/seeded-$* \
		> $(DEBUG_DIR)/seeded-$*.tap || true
	@$(TAP) add $(TAPDIR) $*-seeded $(DEBUG_DIR)/seeded-$*.tap

#: test-kcsan         the driver's tests with a kernel that looks for data races
.PHONY: test-kcsan check-kcsan
test-kcsan:
	@selftests/vm/deps.sh host-build guest
	@rm -rf $(O)/test/kcsan
	@$(TAP) part $(O)/test/kcsan $(MAKE) --no-print-directory \
		TAPDIR=$(O)/test/kcsan check-kcsan; \
	$(TAP) summary $(O)/test/kcsan

check-kcsan: fpga-model kselftest $(O)/modules/kcsan-arm64/srfpga.ko
	@bad=0; $(MAKE) --no-print-directory check-seeded-kcsan || bad=1; \
	for run in $(KCSAN_RUNS); do \
		$(MAKE) --no-print-directory GUEST_TIMEOUT=$(DEBUG_TIMEOUT) \
			KSELFTEST_PROGS='$(KCSAN_PROGS)' guest-run-$$run || \
			bad=1; \
	done; exit $$bad

CHECKS		+= check-debug-scripts
.PHONY: check-debug-scripts
check-debug-scripts:
	$(Q)$(call deps,static)
	$(Q)shellcheck selftests/debug/*.sh
