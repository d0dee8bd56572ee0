# SPDX-License-Identifier: GPL-2.0
# Overlays: what dtgen writes of sample builds, on the host and booted.
UNIT_SCRIPTS	+= selftests/dtgen/test_dtgen.sh

# check-dtgen-BOARD-SERIES, of the boards in dts/testbed/.
dtgen_run	= O=$(abspath $(O)) TAPDIR=$(abspath $(TAPDIR)) \
		selftests/dtgen/guest-run.sh
.PHONY: check-dtgen check-dtgen-zynq7
test-guest: check-dtgen
check-dtgen: guest-files
	@$(dtgen_run) virt-zynqmp $(VM_SERIES)

# The tool is a 32-bit program there. (The software FPGA is for 64 bit.)
check-matrix: check-dtgen-zynq7
check-dtgen-zynq7: fpga-model userspace $(O)/modules/6.1-armhf/srfpga.ko
	@$(MAKE) -s --no-print-directory O=$(O)/armhf CROSS=$(CROSS_armhf) \
		SYSROOT=$$($(VM)/fetch.sh sysroot armhf) $(O)/armhf/srfpga
	@$(dtgen_run) virt-zynq7 6.1

CHECKS		+= check-dtgen-scripts
check-dtgen-scripts:
	$(Q)$(call deps,static)
	$(Q)shellcheck -x dts/check.sh selftests/dtgen/*.sh
