# SPDX-License-Identifier: GPL-2.0
# A module of the guest that tells the model which memory is mapped for it, and
# loads where the kernel has kprobes: Debian's do, those that check themselves
# do not.

$(O)/grants/%/grants.ko: selftests/grants/grants.c selftests/grants/Kbuild \
		selftests/vm/fpga/fpga_ctl.h
	$(call say,MODULE,$@)
	$(Q)$(call deps,guest)
	@mkdir -p $(@D)
	@cp $^ $(@D)
	$(Q)headers=$$(selftests/vm/fetch.sh headers $* arm64) && \
	$(call kernel_make,$$headers/build,arm64) modules
.PRECIOUS: $(O)/grants/%/grants.ko
