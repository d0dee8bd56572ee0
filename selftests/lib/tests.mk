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
	$(Q)$(CC) -o $@ $^ $(BASE_LDFLAGS) $(LDFLAGS) $(LIBTEST_LDFLAGS) \
		-Wl,-rpath,'$$ORIGIN/..' -ldl -lm

$(O)/tests/lib_path: LIBTEST_LDFLAGS := -Wl,--wrap=malloc,--wrap=calloc \
	-Wl,--wrap=pthread_mutex_lock

.SECONDARY: $(LIBTEST_NAMES:%=$(O)/selftests/lib/test_%.o) $(LIBTEST_COMMON)

UNIT_TESTS += $(LIBTEST_BINS)

# In the guest the same calls meet the driver.
ifneq ($(CROSS),)
USERSPACE += $(O)/tests/lib_live
endif

$(O)/tests/bench_pack: $(O)/selftests/lib/bench_pack.o $(LIB_SO)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -o $@ $< $(BASE_LDFLAGS) $(LDFLAGS) -Wl,-rpath,'$$ORIGIN/..' \
		-L$(O) -lsrfpga

#: bench-pack         throughput of packing and unpacking on one core
.PHONY: bench-pack
bench-pack: $(O)/tests/bench_pack
	$(Q)$<

# What dlopen() finds in the place of the software FPGA.
LIBTEST_FAKE := $(O)/tests/fake/libsrfpga-soft.so.0

$(LIBTEST_FAKE): $(addprefix $(O)/selftests/lib/,fake_so.o fake_soft.o)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -shared -o $@ $^ $(BASE_LDFLAGS) $(LDFLAGS)

check-host: $(LIBTEST_FAKE)
UNIT_SCRIPTS += selftests/lib/examples.sh

# clang's libFuzzer; FUZZ_SECONDS=600 for a longer run.
FUZZ_SECONDS ?= 60

#: fuzz-lib           fuzz the library's parsing and packing (clang)
.PHONY: fuzz-lib
fuzz-lib: $(LIBTEST_FAKE)
	@mkdir -p $(O)/fuzz/lib-corpus
	$(Q)clang $(filter-out -MMD -MP,$(BASE_CFLAGS)) -O1 \
		-fsanitize=fuzzer,address,undefined \
		-fno-sanitize-recover=all -Wno-missing-prototypes \
		-o $(O)/fuzz/lib selftests/lib/fuzz_lib.c $(LIB_SRCS) -ldl
	$(Q)cd $(O)/fuzz && LD_LIBRARY_PATH=$(abspath $(O))/tests/fake \
		./lib -max_total_time=$(FUZZ_SECONDS) -max_len=4096 \
		-print_final_stats=1 lib-corpus
