# SPDX-License-Identifier: LGPL-2.1-or-later
# Unit tests of the library: one program a noun, against its objects, so that
# they reach its insides; test_abi uses the shared object.

LIBTEST_NAMES := $(patsubst selftests/lib/test_%.c,%,\
		$(wildcard selftests/lib/test_*.c))
LIBTEST_BINS := $(LIBTEST_NAMES:%=$(O)/tests/lib_%)
LIBTEST_COMMON := $(addprefix $(O)/selftests/lib/,test.o fixture.o fake_soft.o)

$(O)/tests/lib_%: $(O)/selftests/lib/test_%.o $(LIBTEST_COMMON) $(LIB_OBJS)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -o $@ $^ $(BASE_LDFLAGS) $(LDFLAGS) \
		-Wl,-rpath,'$$ORIGIN/..' -ldl -lm

.SECONDARY: $(LIBTEST_NAMES:%=$(O)/selftests/lib/test_%.o) $(LIBTEST_COMMON)

UNIT_TESTS += $(LIBTEST_BINS)

$(O)/tests/bench_pack: $(O)/selftests/lib/bench_pack.o $(LIB_SO)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -o $@ $< $(BASE_LDFLAGS) $(LDFLAGS) -Wl,-rpath,'$$ORIGIN/..' \
		-L$(O) -lsrfpga

#: bench-pack         throughput of packing and unpacking on one core
.PHONY: bench-pack
bench-pack: $(O)/tests/bench_pack
	$(Q)$<
