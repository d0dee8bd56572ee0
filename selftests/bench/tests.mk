# SPDX-License-Identifier: LGPL-2.1-or-later
# The fast executor against the reference.

FAST_TESTS := $(patsubst selftests/soft/test_fast_%.c,$(O)/tests/soft_fast_%,\
		$(wildcard selftests/soft/test_fast_*.c))
FAST_COMMON := $(addprefix $(O)/selftests/,lib/test.o soft/fast_graph.o \
		soft/fast_random.o)

$(O)/selftests/soft/fast_%.o $(O)/selftests/soft/test_fast_%.o \
$(O)/selftests/bench/%.o: OBJ_CFLAGS := -Ilibsrfpga/soft

$(O)/tests/soft_fast_%: $(O)/selftests/soft/test_fast_%.o $(FAST_COMMON) \
		$(SOFT_OBJS) $(SOFT_FAST_OBJS)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -o $@ $^ $(FAST_LDFLAGS) $(BASE_LDFLAGS) $(LDFLAGS) \
		$(SOFT_LIBS)

$(O)/tests/soft_fast_guard: FAST_LDFLAGS := \
	-Wl,--wrap=aligned_alloc,--wrap=free

.SECONDARY: $(FAST_COMMON) $(FAST_TESTS:$(O)/tests/soft_fast_%=\
	$(O)/selftests/soft/test_fast_%.o)
UNIT_TESTS += $(FAST_TESTS)
UNIT_SCRIPTS += selftests/soft/fast_neon.sh

# oneDNN is compared with where Debian's libdnnl-dev is installed.
BENCH_SOFT := $(O)/tests/bench_soft
BENCH_OBJS := $(addprefix $(O)/selftests/bench/,bench_soft.o peak.o \
		peer_onednn.o peer_onnxruntime.o)
ifneq ($(and $(wildcard /usr/include/dnnl.h),$(if $(CROSS),,native)),)
$(O)/selftests/bench/peer_onednn.o: OBJ_CFLAGS := -Ilibsrfpga/soft \
	-DHAVE_DNNL -fopenmp
BENCH_LIBS := -ldnnl -lgomp
endif

$(BENCH_SOFT): $(BENCH_OBJS) $(SOFT_OBJS) $(SOFT_FAST_OBJS)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -o $@ $^ $(BASE_LDFLAGS) $(LDFLAGS) $(SOFT_LIBS) $(BENCH_LIBS)

# onnxruntime where PyPI is: without it that peer is not there.
BENCH_ORT := selftests/bench/peer_onnxruntime.py

#: bench              speed of the software FPGA beside the peak and its peers
.PHONY: bench bench-soft
bench: bench-soft
bench-soft: $(BENCH_SOFT)
	@$(MAKE) --no-print-directory $(CROSS_VENV)/.done > $(O)/bench-venv.log \
		2>&1 || true
	SRFPGA_BENCH_PYTHON=$$(ls $(CROSS_VENV)/.done > /dev/null 2>&1 && \
		echo $(CROSS_VENV)/bin/python) \
	SRFPGA_BENCH_ORT=$(BENCH_ORT) $< tools/models/lrsrn_x2.onnx \
		../shared/data/models $(O)/bench-soft.json
