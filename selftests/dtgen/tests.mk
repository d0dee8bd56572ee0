# SPDX-License-Identifier: GPL-2.0
# Overlays: what dtgen writes of sample builds, on the host and booted.
UNIT_SCRIPTS	+= selftests/dtgen/test_dtgen.sh

# On the boards of dts/testbed/.
dtgen_run	= O=$(abspath $(O)) TAPDIR=$(abspath $(TAPDIR)) \
		selftests/dtgen/guest-run.sh
.PHONY: check-dtgen check-dtgen-zynq7
GUEST_CHECKS	+= check-dtgen
check-dtgen: guest-files
	@$(dtgen_run) virt-zynqmp $(VM_SERIES)

# The tool is a 32-bit program there. (The software FPGA is for 64 bit.)
check-matrix: check-dtgen-zynq7
check-dtgen-zynq7: fpga-model userspace $(O)/modules/6.1-armhf/srfpga.ko
	@$(MAKE) -s --no-print-directory O=$(O)/armhf CROSS=$(CROSS_armhf) \
		SYSROOT=$$($(VM)/fetch.sh sysroot armhf) $(O)/armhf/srfpga
	@$(dtgen_run) virt-zynq7 6.1

# The board's own overlays and a build's, at the board's addresses.
#: test-zcu102        driver, info and frames on QEMU's ZCU102 machine
ZCU102_RUNS	:= zcu102 zcu102-sr zcu102-classifier
.PHONY: test-zcu102 check-zcu102
test-zcu102:
	@selftests/vm/deps.sh host-build guest
	@rm -rf $(O)/test/zcu102
	@$(TAP) part $(O)/test/zcu102 $(MAKE) --no-print-directory \
		TAPDIR=$(O)/test/zcu102 check-zcu102; \
	$(TAP) summary $(O)/test/zcu102

check-zcu102: guest-files
	@bad=0; for run in $(ZCU102_RUNS); do \
		$(dtgen_run) $$run $(VM_SERIES) || bad=1; \
	done; exit $$bad

CHECKS		+= check-dtgen-scripts
check-dtgen-scripts:
	$(Q)$(call deps,static)
	$(Q)shellcheck -x dts/check.sh selftests/dtgen/*.sh \
		selftests/dtgen/zcu102-init
