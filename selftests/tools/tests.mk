# SPDX-License-Identifier: LGPL-2.1-or-later
# Tests of the tool: unit tests against its objects, and scripts that run it.

TOOLTEST_VIDEO	:= camera_share kms
TOOLTEST_NAMES	:= $(patsubst selftests/tools/test_%.c,%,\
		$(wildcard selftests/tools/test_*.c))
# Where there is no libdrm, there is nothing of it to test.
ifeq ($(filter tools/camera_none.c,$(TOOL_WITHOUT)),)
TOOLTEST_NAMES	:= $(filter-out $(TOOLTEST_VIDEO),$(TOOLTEST_NAMES))
endif
TOOLTEST_BINS	:= $(TOOLTEST_NAMES:%=$(O)/tests/tools_%)
TOOLTEST_HELPERS := $(O)/tests/mkpic $(O)/tests/foreground \
		$(O)/tests/stub/libsrfpga-soft.so.0

$(TOOLTEST_NAMES:%=$(O)/selftests/tools/test_%.o): \
	OBJ_CFLAGS = -Itools -Iselftests/lib $(TOOL_DRM_CFLAGS)

$(O)/tests/tools_%: $(O)/selftests/tools/test_%.o \
		$(O)/selftests/lib/test.o $(TOOL_OBJS) $(O)/libsrfpga.so
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -o $@ $(filter %.o,$^) $(BASE_LDFLAGS) $(LDFLAGS) \
		$(TOOLTEST_LDFLAGS) -Wl,-rpath,'$$ORIGIN/..' -L$(O) -lsrfpga \
		$(TOOL_LIBS)

# It looks at how much memory is asked for.
$(O)/tests/tools_bounded: TOOLTEST_LDFLAGS := -Wl,--wrap=malloc,--wrap=calloc
# It plays the camera.
$(O)/tests/tools_camera_share: TOOLTEST_LDFLAGS := -Wl,--wrap=v4l2_request \
	-Wl,--wrap=v4l2_try_import,--wrap=v4l2_export_is_virtual

$(O)/tests/mkpic: $(O)/selftests/tools/mkpic.o
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -o $@ $< $(BASE_LDFLAGS) $(LDFLAGS) \
		$(shell $(PKG_CONFIG) --libs libpng libjpeg)

$(O)/tests/foreground: $(O)/selftests/tools/foreground.o
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -o $@ $< $(BASE_LDFLAGS) $(LDFLAGS)

$(O)/tests/stub/libsrfpga-soft.so.0: $(O)/selftests/tools/stub_soft.o
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -shared -o $@ $< -Wl,-soname,libsrfpga-soft.so.0 \
		$(BASE_LDFLAGS) $(LDFLAGS)

.SECONDARY: $(TOOLTEST_NAMES:%=$(O)/selftests/tools/test_%.o)

UNIT_TESTS	+= $(TOOLTEST_BINS)
check-host: $(TOOLTEST_HELPERS)
UNIT_SCRIPTS	+= $(wildcard selftests/tools/cli_*.sh) \
		   $(wildcard selftests/tools/cli_*.py)

# The guest makes its own pictures, and its own Ctrl-C.
ifneq ($(CROSS),)
USERSPACE	+= $(O)/tests/mkpic $(O)/tests/foreground
endif

#: check-guest-tools  the tool on a device of the driver, in the guest
.PHONY: check-guest-tools
check-guest: check-guest-tools
check-guest-tools: guest-files
	@O=$(abspath $(O)) TAPDIR=$(abspath $(TAPDIR)) \
		selftests/tools/guest/boot.sh $(VM_SERIES) \
		$(abspath tools/models)

CHECKS		+= check-tools-scripts
.PHONY: check-tools-scripts
check-tools-scripts:
	$(Q)selftests/vm/deps.sh static
	$(Q)shellcheck -x -P SCRIPTDIR selftests/tools/*.sh \
		selftests/tools/guest/*.sh tools/models/*.sh tools/srfpga.bash

# Fuzzing: everything that reads files from strangers.
FUZZ_TOOL_SRCS	:= $(addprefix tools/,npy.c tensor.c y4m.c prototxt.c infile.c \
		outfile.c tool.c image.c image_jpeg.c image_png.c image_pnm.c)
FUZZ_TOOLS	:= npy y4m prototxt picture
# Where a FINN build can be read.
ifneq ($(TOOL_XML),)
FUZZ_TOOL_SRCS	+= $(addprefix tools/dtgen_,driver.c hwh.c overlay.c)
FUZZ_TOOLS	+= dtgen
fuzz-tools-dtgen: FUZZ_MAX_LEN := 16384
endif
FUZZ_MAX_LEN	:= 4096
FUZZ_SECONDS	?= 60
FUZZ_FLAGS	= -max_total_time=$(FUZZ_SECONDS) -timeout=10 -rss_limit_mb=2500 \
		-max_len=$(FUZZ_MAX_LEN) -print_final_stats=1 -close_fd_mask=2

#: fuzz-tools         fuzz what the tool reads: npy, y4m, prototxt, pictures, FINN
#                    builds (FUZZ_SECONDS= each)
.PHONY: fuzz-tools $(FUZZ_TOOLS:%=fuzz-tools-%)
fuzz-tools: $(FUZZ_TOOLS:%=fuzz-tools-%)

$(FUZZ_TOOLS:%=fuzz-tools-%): fuzz-tools-%: $(O)/tests/mkpic \
		$(O)/libsrfpga.so
	@mkdir -p $(O)/fuzz
	$(Q)selftests/tools/fuzz/seeds.sh $(abspath $(O))/tests/mkpic \
		$(O)/fuzz/tools
	$(Q)clang -fsanitize=fuzzer,address,undefined \
		-fno-sanitize-recover=undefined -std=gnu11 -O1 -g -D_GNU_SOURCE \
		-Ikernel/include -Ilibsrfpga -Itools $(TOOL_XML_CFLAGS) \
		-o $(O)/fuzz/tools-$* selftests/tools/fuzz/fuzz_$*.c \
		$(FUZZ_TOOL_SRCS) -L$(O) -lsrfpga $(TOOL_LIBS) \
		-Wl,-rpath,$(abspath $(O))
	$(Q)cd $(O)/fuzz && nice ./tools-$* $(FUZZ_FLAGS) \
		-artifact_prefix=tools-$*- tools/$*
