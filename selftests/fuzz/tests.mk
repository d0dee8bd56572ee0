# SPDX-License-Identifier: GPL-2.0
# The driver's fuzzer, for the guest; a short run is part of make test.

FUZZ_CALLS	?= 2000000
FUZZ_SEED	?= 1
FUZZ_SERIES	?= 6.12
# A debug kernel gets a share of the calls where one was built (make test-debug).
FUZZ_DEBUG	?= $(if $(wildcard $(CACHE)/kernel-debug-*/vmlinuz),debug)
FUZZ_SRCS	:= $(wildcard selftests/fuzz/*.c)
FUZZ_OBJS	:= $(FUZZ_SRCS:selftests/fuzz/%.c=$(O)/kselftest/fuzz-obj/%.o)

$(FUZZ_OBJS): $(O)/kselftest/fuzz-obj/%.o: selftests/fuzz/%.c \
		selftests/fuzz/fuzz.h $(KSELFTEST_HDRS) \
		$(KSELFTEST_TREE)/.complete \
		$(O)/kselftest/include/linux/srfpga.h
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(call deps,guest)
	$(Q)$(KSELFTEST_CROSS)gcc $(KSELFTEST_CFLAGS) -Iselftests -c -o $@ $<

$(O)/kselftest/fuzz: $(FUZZ_OBJS) $(KSELFTEST_LIB:%=$(O)/kselftest/obj/%.o)
	$(call say,LD,$@)
	$(Q)$(KSELFTEST_CROSS)gcc $(KSELFTEST_CFLAGS) -o $@ $^

#: fuzz-driver        fuzz the driver's calls in the guest (FUZZ_CALLS=2000000)
.PHONY: fuzz-driver
fuzz-driver: fpga-model $(O)/kselftest/fuzz $(O)/grants/$(FUZZ_SERIES)/grants.ko \
		$(patsubst %,$(O)/modules/%-arm64/srfpga.ko,\
		$(sort $(FUZZ_SERIES) $(FUZZ_DEBUG)))
	@O=$(abspath $(O)) selftests/fuzz/fuzz.sh $(FUZZ_SERIES) $(FUZZ_CALLS) \
		$(FUZZ_SEED) $(FUZZ_DEBUG)

# A taste of it with every make test, on the device with many ports.
kselftest: $(O)/kselftest/fuzz
KSELFTEST_MORE_6.12-on += 'fuzz=env SRFPGA_DEVICE=/dev/srfpga1 \
	/build/kselftest/fuzz -c 20000 -T 120'

CHECKS		+= check-fuzz-scripts
.PHONY: check-fuzz-scripts
check-fuzz-scripts:
	$(Q)$(call deps,static)
	$(Q)shellcheck selftests/fuzz/*.sh selftests/soak/*.sh
