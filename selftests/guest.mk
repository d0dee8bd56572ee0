# SPDX-License-Identifier: GPL-2.0
# The tests that run in the guest: which kernels, which wiring, what counts.

# SERIES-WIRING: the interrupt is wired, or the driver has to poll.
GUEST_RUNS	?= 6.12-on 6.12-off 6.1-on 6.1-off
GUEST_TIMEOUT	?= 400
# Two accelerators of 64x64 pixels that add a constant to every byte.
GUEST_PORTS	:= ports=idma0:in:UINT8:64x64x3/odma0:out:UINT8:64x64x3

#: check-guest        kselftests and CLI tests in the guest (GUEST_RUNS=)
.PHONY: check-guest
check-guest: guest-files kselftest \
		$(patsubst %,$(O)/modules/%-arm64/srfpga.ko,$(sort \
		$(foreach r,$(GUEST_RUNS),$(firstword $(subst -, ,$(r))))))
	@bad=0; for run in $(GUEST_RUNS); do \
		O=$(abspath $(O)) TAPDIR=$(abspath $(TAPDIR)) \
		PORTS='$(GUEST_PORTS)' selftests/guest/boot-run.sh \
			$${run%-*} $${run#*-} $(GUEST_TIMEOUT) \
			$(KSELFTEST:%=/build/kselftest/%) || bad=1; \
	done; exit $$bad
