# SPDX-License-Identifier: LGPL-2.1-or-later
# The srfpga tool, its man pages and bash completion, the shipped models.

# Video needs libyuv; without it everything else is built.
ifneq ($(wildcard $(SYSROOT)/usr/include/libyuv.h),)
TOOL_YUV	:= -lyuv
TOOL_WITHOUT	:= tools/yuv_none.c
else
TOOL_WITHOUT	:= tools/yuv.c
endif

# Reading a FINN build needs libxml2.
ifneq ($(shell $(PKG_CONFIG) --exists libxml-2.0 2>/dev/null && echo yes),)
TOOL_WITHOUT	+= tools/dtgen_none.c
TOOL_XML	= $(shell $(PKG_CONFIG) --libs libxml-2.0)
TOOL_XML_CFLAGS	= $(shell $(PKG_CONFIG) --cflags libxml-2.0)
else
TOOL_WITHOUT	+= tools/dtgen.c tools/dtgen_driver.c tools/dtgen_hwh.c \
		tools/dtgen_overlay.c
endif

# Screens need libdrm, conversions libyuv.
ifneq ($(and $(TOOL_YUV),$(shell $(PKG_CONFIG) --exists libdrm 2>/dev/null && echo yes)),)
TOOL_WITHOUT	+= tools/camera_none.c
TOOL_DRM	= $(shell $(PKG_CONFIG) --libs libdrm)
TOOL_DRM_CFLAGS	= $(shell $(PKG_CONFIG) --cflags libdrm)
else
TOOL_WITHOUT	+= $(filter-out tools/camera_none.c,\
		$(wildcard tools/camera*.c tools/kms*.c tools/v4l2.c))
endif

# Everything but the dispatcher, so that unit tests can link it.
TOOL_SRCS	:= $(filter-out tools/srfpga.c $(TOOL_WITHOUT),\
		$(wildcard tools/*.c))
TOOL_OBJS	:= $(TOOL_SRCS:%.c=$(O)/%.o)
TOOL_HELP	:= $(patsubst tools/help/%.txt,%,$(wildcard tools/help/*.txt))
TOOL_INCS	:= $(TOOL_HELP:%=$(O)/tools/help/%.inc)
TOOL_MODELS	:= $(notdir $(wildcard tools/models/*.onnx \
		tools/models/*.labels.txt))

TOOL_LIBS	= $(shell $(PKG_CONFIG) --libs libpng libjpeg) $(TOOL_YUV) $(TOOL_XML) $(TOOL_DRM) -lm -ldl

$(TOOL_OBJS) $(O)/tools/srfpga.o: OBJ_CFLAGS = -I$(O)/tools \
	-DSRFPGA_DATADIR='"$(DATADIR)"' $(TOOL_XML_CFLAGS) \
	$(TOOL_DRM_CFLAGS)
$(TOOL_OBJS) $(O)/tools/srfpga.o: | $(TOOL_INCS)

# A help text as a C string.
$(O)/tools/help/%.inc: tools/help/%.txt
	@mkdir -p $(@D)
	$(Q)sed 's/[\\"]/\\&/g; s/.*/"&\\n"/' $< > $@

$(O)/srfpga: $(O)/tools/srfpga.o $(TOOL_OBJS) $(O)/libsrfpga.so
	$(call say,LD,$@)
	$(Q)$(CC) $(BASE_LDFLAGS) $(LDFLAGS) -Wl,-rpath,'$$ORIGIN:$$ORIGIN/../lib' \
		-o $@ $(filter %.o,$^) -L$(O) -lsrfpga $(TOOL_LIBS)

# The tool finds the models beside itself.
$(O)/models/%: tools/models/%
	@mkdir -p $(@D)
	$(Q)cp $< $@

USERSPACE	+= $(O)/srfpga $(TOOL_MODELS:%=$(O)/models/%)
INSTALL_BINS	+= $(O)/srfpga
INSTALL_MODELS	+= $(TOOL_MODELS:%=tools/models/%)

# The man pages are the help texts in other clothes.
TOOL_COMMANDS	:= $(filter-out srfpga,$(TOOL_HELP))
TOOL_MANS	:= $(O)/man/srfpga.1 $(TOOL_COMMANDS:%=$(O)/man/srfpga-%.1)

$(O)/man/srfpga.1: tools/help/srfpga.txt tools/help2man.awk
	@mkdir -p $(@D)
	$(Q)awk -v page=srfpga -v version=$(VERSION) \
		-v commands='$(TOOL_COMMANDS)' -f tools/help2man.awk $< > $@

$(O)/man/srfpga-%.1: tools/help/%.txt tools/help2man.awk
	@mkdir -p $(@D)
	$(Q)awk -v page=srfpga-$* -v version=$(VERSION) \
		-f tools/help2man.awk $< > $@

USERSPACE	+= $(TOOL_MANS)
INSTALL_MANS	+= $(TOOL_MANS)

.PHONY: install-completion
install: install-completion
install-completion:
	install -D -m 644 tools/srfpga.bash \
		$(DESTDIR)$(DATADIR)/bash-completion/completions/srfpga

CHECKS		+= check-tools-lint
.PHONY: check-tools-lint
check-tools-lint: $(TOOL_INCS)
	$(Q)selftests/vm/deps.sh static
	$(Q)cppcheck -q --std=c11 --enable=warning,portability,performance \
		--error-exitcode=1 --suppress=missingIncludeSystem \
		-I$(O)/tools -Itools -Ikernel/include -Ilibsrfpga \
		$(wildcard tools/*.c) selftests/tools/*.c
	$(Q)for f in $(TOOL_SRCS) tools/srfpga.c; do \
		clang $(filter-out -MMD -MP,$(BASE_CFLAGS)) -I$(O)/tools \
			$(TOOL_XML_CFLAGS) $(TOOL_DRM_CFLAGS) -fsyntax-only \
			$$f || exit 1; \
	done
