# SPDX-License-Identifier: LGPL-2.1-or-later
# libsrfpga: the library, its examples, its tests.

LIB_SRCS := $(addprefix libsrfpga/,\
	backend_kernel.c buffer.c device.c enumerate.c event.c fence.c \
	layout.c pack.c pack_narrow.c pack_wide.c quantise.c run.c \
	soft_device.c soft_memory.c soft_open.c soft_queue.c soft_worker.c \
	submission.c wait.c)
LIB_OBJS := $(LIB_SRCS:%.c=$(O)/%.o)
LIB_SO := $(O)/libsrfpga.so

# The loops over elements are written to be vectorised.
$(addprefix $(O)/libsrfpga/,pack.o pack_narrow.o pack_wide.o quantise.o): \
	OBJ_CFLAGS := -O3

# $ORIGIN: the software FPGA lies beside the library, installed or not.
$(O)/libsrfpga.so.0: $(LIB_OBJS) libsrfpga/libsrfpga.map
	$(call say,LD,$@)
	$(Q)$(CC) -shared -o $@ $(LIB_OBJS) -Wl,-soname,libsrfpga.so.0 \
		-Wl,--version-script=libsrfpga/libsrfpga.map \
		-Wl,-rpath,'$$ORIGIN' -Wl,--enable-new-dtags \
		$(if $(SANITIZE),,-Wl,-z,defs) \
		$(BASE_LDFLAGS) $(LDFLAGS) -ldl

$(LIB_SO): $(O)/libsrfpga.so.0
	$(Q)ln -sf libsrfpga.so.0 $@

USERSPACE += $(LIB_SO)
INSTALL_LIBS += $(O)/libsrfpga.so.0 $(LIB_SO)
INSTALL_HEADERS += libsrfpga/srfpga.h

# Made anew each time, changed only if it differs: PREFIX may be another one.
.PHONY: lib-pc
lib-pc:
$(O)/libsrfpga.pc: libsrfpga/libsrfpga.pc.in lib-pc
	@mkdir -p $(@D)
	@sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@LIBDIR@|$(LIBDIR)|' \
		-e 's|@INCLUDEDIR@|$(INCLUDEDIR)|' \
		-e 's|@VERSION@|$(VERSION)|' $< > $@.new
	@cmp -s $@.new $@ && rm $@.new || mv $@.new $@

USERSPACE += $(O)/libsrfpga.pc
INSTALL_PCS += $(O)/libsrfpga.pc

# Man pages come from the header's documentation: one a group, and one a
# function that points to it.
LIB_MAN_GROUPS := srfpga_device srfpga_buffer srfpga_submission srfpga_event \
	srfpga_layout
LIB_MANS := $(sort $(patsubst %,$(O)/man/%.3,$(LIB_MAN_GROUPS) \
	srfpga_event_read \
	$(shell sed -n 's/^\(srfpga_[a-z_]*\)@.*/\1/p' \
		libsrfpga/libsrfpga.symbols)))

$(LIB_MANS) &: libsrfpga/srfpga.h libsrfpga/man/genman.py
	$(call say,MAN,$(O)/man)
	$(Q)python3 libsrfpga/man/genman.py libsrfpga/srfpga.h $(VERSION) \
		$(O)/man

# A machine without Python builds and installs everything else.
ifneq ($(shell command -v python3),)
USERSPACE += $(LIB_MANS)
INSTALL_MANS += $(LIB_MANS)
endif
INSTALL_MANS += libsrfpga/man/libsrfpga.7

LIB_EXAMPLES := $(patsubst libsrfpga/examples/%.c,$(O)/examples/%,\
		$(wildcard libsrfpga/examples/*.c))

# One of them shows frames on a screen.
ifeq ($(shell $(PKG_CONFIG) --exists libdrm 2>/dev/null && echo yes),)
LIB_EXAMPLES := $(filter-out %/display,$(LIB_EXAMPLES))
endif
$(O)/libsrfpga/examples/display.o: OBJ_CFLAGS = \
	$(shell $(PKG_CONFIG) --cflags libdrm)
$(O)/examples/display: EXAMPLE_LIBS = $(shell $(PKG_CONFIG) --libs libdrm)

$(LIB_EXAMPLES): $(O)/examples/%: $(O)/libsrfpga/examples/%.o $(LIB_SO)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -o $@ $< $(BASE_LDFLAGS) $(LDFLAGS) -Wl,-rpath,'$$ORIGIN/..' \
		-L$(O) -lsrfpga $(EXAMPLE_LIBS)

.SECONDARY: $(LIB_EXAMPLES:$(O)/%=$(O)/libsrfpga/%.o)

USERSPACE += $(LIB_EXAMPLES)

.PHONY: check-lib-abi
check-lib-abi: $(O)/libsrfpga.so.0
	$(call say,CHECK,$@)
	$(Q)libsrfpga/check-abi.sh $< libsrfpga/libsrfpga.symbols \
		libsrfpga/srfpga.h $(CROSS)nm

# As installed, from C and C++, in the strictest dialects.
.PHONY: check-lib-header
check-lib-header:
	$(call say,CHECK,$@)
	$(Q)$(call deps,static)
	@rm -rf $(O)/header && mkdir -p $(O)/header/uapi
	@cp libsrfpga/srfpga.h $(O)/header
	@cp kernel/include/uapi/srfpga.h $(O)/header/uapi
	@echo '#include <srfpga.h>' > $(O)/header/use.c
	$(Q)for how in "$(CC) -std=c99 -x c" "$(CC) -std=c17 -x c" \
			"clang -std=c11 -x c" "clang++ -std=c++11 -x c++" \
			"clang++ -std=c++20 -x c++"; do \
		$$how -Wall -Wextra -Wpedantic -Werror -fsyntax-only \
			$(SYSROOT_CFLAGS) -I$(O)/header $(O)/header/use.c || exit 1; \
	done

.PHONY: check-lib-man
check-lib-man: $(LIB_MANS)
	$(call say,CHECK,$@)
	$(Q)$(call deps,docs)
	$(Q)for page in $(LIB_MAN_GROUPS:%=$(O)/man/%.3) \
			$(O)/man/srfpga_run.3 libsrfpga/man/libsrfpga.7; do \
		said=$$(groff -t -man -ww -z -Tutf8 $$page 2>&1); \
		[ -z "$$said" ] || { echo "$$page: $$said"; exit 1; }; \
	done

.PHONY: check-lib-install
check-lib-install:
	$(call say,CHECK,$@)
	$(Q)$(call deps,static)
	@rm -rf $(O)/staging
	$(Q)$(MAKE) --no-print-directory install DESTDIR=$(abspath $(O))/staging \
		PREFIX=/opt/srfpga >/dev/null
	$(Q)libsrfpga/check-install.sh $(abspath $(O))/staging /opt/srfpga \
		"$(CC)" clang++

CHECKS += check-lib-abi check-lib-header check-lib-man check-lib-install
