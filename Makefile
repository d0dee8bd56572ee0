# SPDX-License-Identifier: GPL-2.0
# srfpga: the top level. Each room adds its part in its own build.mk.

MAKEFLAGS += --no-builtin-rules
.SUFFIXES:
.DELETE_ON_ERROR:

# Where everything lands; nothing is built inside the source folders.
O		?= build
VERSION		:= 0.1.0
CACHE		?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/srfpga
SRCDIR		:= $(CURDIR)
SHELL		:= /bin/bash

# make CROSS=aarch64-linux-gnu- SYSROOT=… O=build/arm64 userspace
CROSS		?=
SYSROOT		?=
ifeq ($(origin CC),default)
CC		:= $(CROSS)gcc
endif
ifeq ($(origin AR),default)
AR		:= $(CROSS)ar
endif
# On a bare machine this file is read once before anything is installed.
PKG_CONFIG	?= $(if $(shell command -v pkg-config),pkg-config,true)
ifneq ($(SYSROOT),)
PKG_CONFIG	:= PKG_CONFIG_SYSROOT_DIR=$(SYSROOT) \
		PKG_CONFIG_LIBDIR=$(SYSROOT)/usr/lib/$(CROSS:-=)/pkgconfig:$(SYSROOT)/usr/share/pkgconfig \
		pkg-config
SYSROOT_CFLAGS	:= -isystem $(SYSROOT)/usr/include -isystem $(SYSROOT)/usr/include/$(CROSS:-=)
SYSROOT_LDFLAGS	:= -L$(SYSROOT)/usr/lib/$(CROSS:-=) \
		-Wl,-rpath-link,$(SYSROOT)/usr/lib/$(CROSS:-=):$(SYSROOT)/lib/$(CROSS:-=)
endif

# make SANITIZE=address,undefined O=build/asan check-host
SANITIZE	?=
ifneq ($(SANITIZE),)
SANITIZE_FLAGS	:= -fsanitize=$(SANITIZE) -fno-omit-frame-pointer \
		-fno-sanitize-recover=all
endif

BASE_CFLAGS	= -std=gnu11 -O2 -g -fPIC -fvisibility=hidden -MMD -MP -pthread \
		-Wall -Wextra -Werror -Wshadow -Wstrict-prototypes \
		-Wmissing-prototypes -Wno-unused-parameter \
		-D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 \
		-DSRFPGA_VERSION='"$(VERSION)"' \
		-I$(SRCDIR)/kernel/include -I$(SRCDIR)/libsrfpga \
		$(SYSROOT_CFLAGS) $(SANITIZE_FLAGS)
BASE_LDFLAGS	= -pthread -Wl,--as-needed $(SYSROOT_LDFLAGS) $(SANITIZE_FLAGS)

Q		:= $(if $(V),,@)
say		= $(if $(V),,@printf '  %-7s %s\n' $(1) $(2))

PREFIX		?= /usr/local
DESTDIR		?=
BINDIR		?= $(PREFIX)/bin
LIBDIR		?= $(PREFIX)/lib
INCLUDEDIR	?= $(PREFIX)/include
DATADIR		?= $(PREFIX)/share
MANDIR		?= $(DATADIR)/man

# Filled by the rooms.
USERSPACE	:=
UNIT_TESTS	:=
UNIT_SCRIPTS	:=
CHECKS		:=
GUEST_CHECKS	:=
INSTALL_BINS	:=
INSTALL_LIBS	:=
INSTALL_HEADERS	:=
INSTALL_PCS	:=
INSTALL_MANS	:=
INSTALL_MODELS	:=

#: all                library, tools and software FPGA for this machine (the default)
.PHONY: all
all: userspace

include $(wildcard libsrfpga/build.mk libsrfpga/soft/build.mk tools/build.mk \
	tools/gst/build.mk tools/models/build.mk dts/build.mk kernel/build.mk \
	selftests/build.mk selftests/vm/build.mk)

.PHONY: userspace
userspace: $(USERSPACE)

$(O)/%.o: %.c
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(BASE_CFLAGS) $(OBJ_CFLAGS) $(CFLAGS) -c -o $@ $<

-include $(shell find $(O) -name '*.d' -not -path '*/modules/*' \
	-not -path '$(O)/*/asan/*' 2>/dev/null)

#: install            library, headers, tools, models, man pages (PREFIX=, DESTDIR=)
.PHONY: install
install: all
	install -d $(DESTDIR)$(BINDIR) $(DESTDIR)$(LIBDIR)/pkgconfig \
		$(DESTDIR)$(INCLUDEDIR) $(DESTDIR)$(DATADIR)/srfpga/models
	install -m 755 $(INSTALL_BINS) $(DESTDIR)$(BINDIR)
	cp -d $(INSTALL_LIBS) $(DESTDIR)$(LIBDIR)
	install -m 644 $(INSTALL_HEADERS) $(DESTDIR)$(INCLUDEDIR)
	install -D -m 644 kernel/include/uapi/srfpga.h \
		$(DESTDIR)$(INCLUDEDIR)/uapi/srfpga.h
	$(if $(INSTALL_PCS),install -m 644 $(INSTALL_PCS) $(DESTDIR)$(LIBDIR)/pkgconfig)
	$(if $(INSTALL_GST),install -D -m 755 -t $(DESTDIR)$(LIBDIR)/gstreamer-1.0 $(INSTALL_GST))
	$(if $(INSTALL_MODELS),install -m 644 $(INSTALL_MODELS) $(DESTDIR)$(DATADIR)/srfpga/models)
	for m in $(INSTALL_MANS); do \
		install -D -m 644 $$m $(DESTDIR)$(MANDIR)/man$${m##*.}/$${m##*/} || exit 1; \
	done

#: clean              remove everything that was built (downloads stay in the cache)
.PHONY: clean
clean:
	rm -rf $(O) demo

#: help               this list
.PHONY: help
help:
	@echo 'make [target] [O=build] [V=1] [NO_APT=1]'
	@sed -n 's/^#: /  /p' Makefile $(filter %.mk,$(MAKEFILE_LIST))
