# SPDX-License-Identifier: LGPL-2.1-or-later
# The software FPGA: libsrfpga-soft.so.

SOFT_DIR := libsrfpga/soft
SOFT_SRCS := $(addprefix $(SOFT_DIR)/,\
	arena.c attr.c build.c chain.c common.c const.c derive.c describe.c \
	estimate.c expand.c expand_finn.c expand_microsoft.c fit.c fold.c \
	fold_move.c fold_quant.c hoist.c line.c lower.c lower_combine.c \
	lower_conv.c lower_head.c lower_input.c \
	lower_move.c lower_output.c lower_pointwise.c lower_pool.c \
	lower_quant.c lower_slice.c model.c narrow.c net.c onnx_file.c port.c \
	quantize.c radius.c reference.c reference_acc.c reference_head.c \
	reference_move.c requant.c settle.c shape.c steps.c value.c window.c)

# SOFT_FAST_OBJS
include $(SOFT_DIR)/fast.mk

SOFT_GEN := $(O)/libsrfpga/soft/onnx.pb-c
SOFT_OBJS := $(SOFT_SRCS:%.c=$(O)/%.o) $(SOFT_GEN).o
SOFT_SO := $(O)/libsrfpga-soft.so
SOFT_LIBS := $(shell $(PKG_CONFIG) --libs libprotobuf-c) -lm

# Floating point must mean the same on every machine: no fused multiply-add.
$(SOFT_OBJS): OBJ_CFLAGS := -ffp-contract=off -I$(O)/libsrfpga/soft \
	$(shell $(PKG_CONFIG) --cflags libprotobuf-c)
$(SOFT_SRCS:%.c=$(O)/%.o): $(SOFT_GEN).h

$(SOFT_GEN).c $(SOFT_GEN).h &: $(SOFT_DIR)/onnx.proto
	$(call say,PROTOC,$(SOFT_GEN).c)
	@mkdir -p $(@D)
	$(Q)protoc-c --proto_path=$(SOFT_DIR) --c_out=$(O)/$(SOFT_DIR) $<

$(SOFT_GEN).o: $(SOFT_GEN).c
	$(call say,CC,$@)
	$(Q)$(CC) $(BASE_CFLAGS) $(OBJ_CFLAGS) $(CFLAGS) -c -o $@ $<

$(O)/libsrfpga-soft.so.0: $(SOFT_OBJS) $(SOFT_FAST_OBJS) $(SOFT_DIR)/soft.map
	$(call say,LD,$@)
	$(Q)$(CC) -shared -o $@ $(SOFT_OBJS) $(SOFT_FAST_OBJS) \
		-Wl,-soname,libsrfpga-soft.so.0 \
		-Wl,--version-script=$(SOFT_DIR)/soft.map \
		$(if $(SANITIZE),,-Wl,-z,defs) \
		$(BASE_LDFLAGS) $(LDFLAGS) $(SOFT_LIBS)

$(SOFT_SO): $(O)/libsrfpga-soft.so.0
	$(Q)ln -sf libsrfpga-soft.so.0 $@

# What it proves at load takes integers of 128 bits, which compilers have for
# 64-bit machines alone; the library and the tools do without it elsewhere.
SOFT_HERE := $(if $(filter __SIZEOF_INT128__,\
	$(shell echo __SIZEOF_INT128__ | $(CC) -E -P - 2>/dev/null)),,yes)

USERSPACE += $(if $(SOFT_HERE),$(SOFT_SO))
INSTALL_LIBS += $(if $(SOFT_HERE),$(O)/libsrfpga-soft.so.0 $(SOFT_SO))
INSTALL_HEADERS += $(SOFT_DIR)/srfpga_soft.h

# Programs that the scripts in selftests/soft/ use; they see inside, so they
# link the objects.
SOFT_TOOLS := $(O)/tests/soft-run $(O)/tests/soft-layers
$(SOFT_TOOLS): $(O)/tests/soft-%: $(O)/selftests/soft/soft_%.o \
		$(SOFT_OBJS) $(SOFT_FAST_OBJS)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -o $@ $^ $(BASE_LDFLAGS) $(LDFLAGS) $(SOFT_LIBS)

SOFT_TESTS := $(O)/tests/test-soft-requant $(O)/tests/test-soft-port
$(SOFT_TESTS): $(O)/tests/test-soft-%: $(O)/selftests/soft/test_%.o \
		$(SOFT_OBJS) $(SOFT_FAST_OBJS)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -o $@ $^ $(BASE_LDFLAGS) $(LDFLAGS) $(SOFT_LIBS)
ifneq ($(SOFT_HERE),)
UNIT_TESTS += $(SOFT_TESTS)
UNIT_SCRIPTS += $(addprefix selftests/soft/,test_files.py \
	test_microsoft.py test_models.py test_networks.py test_operators.py \
	test_patterns.py test_published.py test_refusals.py)
check-host: $(SOFT_TOOLS)
endif

# Fuzzers are clang's; they build all they need below their own folder.
SOFT_FUZZ_CC := clang
FUZZ_SECONDS ?= 60
SOFT_FUZZ_O := $(O)/fuzz
SOFT_FUZZ_FLAGS := -fsanitize=fuzzer-no-link,address,undefined -O1 -g \
	-fno-sanitize-recover=all -fno-omit-frame-pointer
SOFT_FUZZERS := $(SOFT_FUZZ_O)/fuzz-load $(SOFT_FUZZ_O)/fuzz-run

SOFT_FUZZ_LIB := $(SOFT_FUZZ_O)/objects/soft-fuzz.a

$(SOFT_FUZZ_LIB): $(SOFT_SRCS) $(SOFT_GEN).c $(wildcard $(SOFT_DIR)/*)
	$(Q)$(MAKE) --no-print-directory O=$(SOFT_FUZZ_O)/objects \
		CC=$(SOFT_FUZZ_CC) CFLAGS='$(SOFT_FUZZ_FLAGS)' $@

$(SOFT_FUZZERS): $(SOFT_FUZZ_O)/fuzz-%: selftests/soft/fuzz_%.c \
		$(SOFT_FUZZ_LIB)
	$(call say,FUZZ,$@)
	$(Q)$(SOFT_FUZZ_CC) $(BASE_CFLAGS) -I$(O)/$(SOFT_DIR) \
		$(SOFT_FUZZ_FLAGS) -fsanitize=fuzzer -o $@ $< \
		$(SOFT_FUZZ_LIB) $(SOFT_LIBS)

$(O)/soft-fuzz.a: $(SOFT_OBJS) $(SOFT_FAST_OBJS)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

#: fuzz-soft          fuzz the model loader and the executors, FUZZ_SECONDS= each
.PHONY: fuzz-soft
fuzz-soft: $(SOFT_FUZZERS)
	@for t in load run; do \
		mkdir -p $(SOFT_FUZZ_O)/corpus-$$t && \
		(cd $(SOFT_FUZZ_O) && ./fuzz-$$t -max_total_time=$(FUZZ_SECONDS) \
			-rss_limit_mb=2048 -timeout=20 -max_len=65536 \
			-print_final_stats=1 \
			-dict=$(SRCDIR)/selftests/soft/onnx.dict corpus-$$t \
			$(SRCDIR)/selftests/soft/corpus) || exit 1; \
	done

# Packages that Debian does not have; not part of make test.
CROSS_VENV := $(CACHE)/cross-check
$(CROSS_VENV)/.done: selftests/soft/requirements.txt
	$(call say,VENV,$(CROSS_VENV))
	$(Q)python3 -m venv $(CROSS_VENV)
	$(Q)$(CROSS_VENV)/bin/pip install -q -r $<
	$(Q)touch $@

#: cross-check        compare the software FPGA with qonnx and onnxruntime (PyPI)
.PHONY: cross-check
cross-check: $(SOFT_TOOLS) $(CROSS_VENV)/.done
	$(Q)O=$(O) SRCDIR=$(SRCDIR) $(CROSS_VENV)/bin/python \
		selftests/soft/cross_check.py
