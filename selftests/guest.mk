# SPDX-License-Identifier: GPL-2.0
# The tests that run in the guest: which kernels, which wiring, what counts.

# SERIES-WIRING: the interrupt is wired, or the driver has to poll. KIND sleep is
# a boot for system sleep alone, exact one in which instructions are counted,
# poison one in which memory is filled with patterns, bounce one in which devices
# only get copies of memory, bare one without reset lines, high one with memory
# above 4 GiB.
# Both kernels and both wirings; test-matrix has the rest.
GUEST_RUNS	?= 6.12-on 6.1-off 6.12-on-sleep 6.12-off-exact 6.12-on-poison \
		6.12-on-bounce 6.12-on-high
GUEST_TIMEOUT	?= 600
# Two accelerators that change every byte, one of them with many ports.
GUEST_PORTS	:= label=xor,ports=idma0:in:UINT8:64x64x3/odma0:out:UINT8:64x64x3
GUEST_PORTS1	:= label=many,ports=idma0:in:UINT8:16x16x3/idma1:in:INT4:8x9/wdma0:weights:INT8:5x8/odma0:out:UINT8:24x24x3/odma1:out:BIPOLAR:10x7

GUEST_MODULES	= $(patsubst %,$(O)/modules/%-arm64/srfpga.ko,$(sort \
		$(foreach r,$(GUEST_RUNS),$(firstword $(subst -, ,$(r))))))
guest_run	= O=$(abspath $(O)) TAPDIR=$(abspath $(TAPDIR)) \
		PORTS='$(GUEST_PORTS)' PORTS1='$(GUEST_PORTS1)' \
		selftests/guest/boot-run.sh $*$(1) $(GUEST_TIMEOUT)

#: check-guest        kselftests and CLI tests in the guest (GUEST_RUNS=)
.PHONY: check-guest
check-guest: guest-files kselftest $(GUEST_MODULES)
	@bad=0; for run in $(GUEST_RUNS); do \
		$(MAKE) --no-print-directory guest-run-$$run || bad=1; \
	done; exit $$bad

# The other pairs of kernel and wiring, the newest kernel that Debian has, and
# 32 bit as on a Zynq-7000.
MATRIX_RUNS	?= 6.12-off 6.1-on 6.1-off-sleep 6.12-on-exact \
		6.12-off-bare 6.1-on-bounce \
		newest-on newest-off 6.1-on-armhf 6.1-off-armhf
matrix_kernel	= $(firstword $(subst -, ,$(1)))-$(if \
		$(findstring armhf,$(1)),armhf,arm64)

#: test-matrix        the driver's tests on the newest and on 32-bit kernels, and
#:                    its warnings on all architectures
.PHONY: test-matrix check-matrix
test-matrix:
	@selftests/vm/deps.sh host-build guest guest32
	@rm -rf $(O)/test/matrix
	@$(TAP) part $(O)/test/matrix $(MAKE) --no-print-directory \
		TAPDIR=$(O)/test/matrix check-matrix; \
	$(TAP) summary $(O)/test/matrix

check-matrix: fpga-model kselftest $(sort $(foreach r,$(MATRIX_RUNS),\
		$(O)/modules/$(call matrix_kernel,$(r))/srfpga.ko))
	@bad=0; for kernel in $(SPARSE_KERNELS); do \
		$(TAP) check $(TAPDIR) check-kernel-sparse-$$kernel \
			$(MAKE) --no-print-directory \
			check-kernel-sparse-$$kernel || bad=1; \
	done; \
	for run in $(MATRIX_RUNS); do \
		$(MAKE) --no-print-directory guest-run-$$run || bad=1; \
	done; exit $$bad

#: check-unplug       unbind and bind with traffic (UNPLUG_CYCLES=1000)
UNPLUG_CYCLES	?= 1000
unplug_cycles	= cycles=env SRFPGA_CYCLES=$(UNPLUG_CYCLES) \
		/build/kselftest/unplug -t cycles
LONG_PROG	?= $(unplug_cycles)
.PHONY: check-unplug
check-unplug: fpga-model kselftest $(O)/modules/6.12-arm64/srfpga.ko
	@$(MAKE) --no-print-directory guest-run-6.12-on-long GUEST_TIMEOUT=3600

#: check-clients      hostile clients, in turn and at once (CLIENTS=10000)
CLIENTS		?= 10000
hostile_clients	= clients=env SRFPGA_CLIENTS=$(CLIENTS) /build/kselftest/hostile
.PHONY: check-clients
check-clients: fpga-model kselftest $(O)/modules/6.12-arm64/srfpga.ko
	@$(MAKE) --no-print-directory guest-run-6.12-on-long GUEST_TIMEOUT=5400 \
		LONG_PROG='$(hostile_clients)'

# One of them, of what is built: guest-run-6.12-on and so on.
guest-run-%-sleep: ; @$(call guest_run,-sleep) \
		$(KSELFTEST_ALONE:%=/build/kselftest/%)
guest-run-%-exact: ; @$(call guest_run,-exact) /build/kselftest/pipeline
guest-run-%-long: ; @$(call guest_run,-long) '$(LONG_PROG)'
guest-run-%-poison: ; @$(call guest_run,-poison) \
		$(patsubst %,/build/kselftest/%,poison buffer submit)
# Mappings of one buffer for two users have a copy each there.
guest-run-%-bounce: ; @$(call guest_run,-bounce) /build/kselftest/submit \
		'/build/kselftest/buffer -T passed_over_a_socket \
		-T attached_for_both_directions'
guest-run-%-bare: ; @$(call guest_run,-bare) \
		$(patsubst %,/build/kselftest/%,abi submit recovery unplug pm)
# The second accelerator reaches that memory and has its buffers there. It is no
# place for a camera of 32 bits.
guest-run-%-high: GUEST_PORTS1 := label=wide,ports=idma0:in:UINT8:32x32x3/odma0:out:UINT8:32x32x3,dma-address-bits=64,dma-coherent=on,timeout-ms=1500,pool-addr=0x120000000,pool-size=0x8000000
guest-run-%-high: ; @$(call guest_run,-high) \
		'/build/kselftest/node -T buffers_are_in_the_region' \
		$(call kselftest_wide,node,) $(call kselftest_wide,submit,) \
		$(call kselftest_wide,attach,-T vivid_fills_our_buffers)
guest-run-%-armhf: ; @$(call guest_run,-armhf) \
		$(KSELFTEST:%=/build/kselftest/compat/%)
guest-run-%: ; @$(call guest_run) $(KSELFTEST_PROGS) $(KSELFTEST_MORE_$*)
