# SPDX-License-Identifier: GPL-2.0
# The soak: hardware that lies for half an hour, and a ledger.

SOAK_MINUTES	?= 30
SOAK_SEED	?= 1
SOAK_SERIES	?= 6.12
SOAK_SRCS	:= $(wildcard selftests/soak/*.c)
SOAK_OBJS	:= $(SOAK_SRCS:selftests/soak/%.c=$(O)/kselftest/soak-obj/%.o)

$(SOAK_OBJS): $(O)/kselftest/soak-obj/%.o: selftests/soak/%.c \
		selftests/soak/soak.h $(KSELFTEST_HDRS) \
		$(KSELFTEST_TREE)/.complete \
		$(O)/kselftest/include/linux/srfpga.h
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(call deps,guest)
	$(Q)$(KSELFTEST_CROSS)gcc $(KSELFTEST_CFLAGS) -Iselftests -c -o $@ $<

$(O)/kselftest/soak: $(SOAK_OBJS) $(KSELFTEST_LIB:%=$(O)/kselftest/obj/%.o)
	$(call say,LD,$@)
	$(Q)$(KSELFTEST_CROSS)gcc $(KSELFTEST_CFLAGS) -o $@ $^

#: soak               lying hardware, eight clients, a camera (SOAK_MINUTES=30)
.PHONY: soak
soak: fpga-model $(O)/kselftest/soak $(O)/grants/$(SOAK_SERIES)/grants.ko \
		$(O)/modules/$(SOAK_SERIES)-arm64/srfpga.ko
	@O=$(abspath $(O)) selftests/soak/soak.sh $(SOAK_SERIES) \
		$(SOAK_MINUTES) $(SOAK_SEED)
