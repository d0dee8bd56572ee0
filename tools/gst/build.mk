# SPDX-License-Identifier: LGPL-2.1-or-later
# The GStreamer plugin, where GStreamer's headers are.

GST_PKGS	:= gstreamer-video-1.0 gstreamer-allocators-1.0
GST_SRCS	:= $(wildcard tools/gst/*.c)
GST_OBJS	:= $(GST_SRCS:%.c=$(O)/%.o)
GST_CFLAGS	= $(shell $(PKG_CONFIG) --cflags $(GST_PKGS))
GST_LIBS	= $(shell $(PKG_CONFIG) --libs $(GST_PKGS))

# Sanitised, it could not be loaded into a plain gst-launch.
ifeq ($(SANITIZE)$(shell $(PKG_CONFIG) --exists $(GST_PKGS) 2>/dev/null && echo yes),yes)
USERSPACE	+= $(O)/gst/libgstsrfpga.so
INSTALL_GST	:= $(O)/gst/libgstsrfpga.so
endif

# GLib's macros declare what a plugin need not use.
$(GST_OBJS): OBJ_CFLAGS = $(patsubst -I%,-isystem %,$(GST_CFLAGS)) \
	-Wno-missing-prototypes

$(O)/gst/libgstsrfpga.so: $(GST_OBJS) $(O)/libsrfpga.so
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -shared $(BASE_LDFLAGS) $(LDFLAGS) \
		-Wl,-rpath,'$$ORIGIN/..' -o $@ $(GST_OBJS) -L$(O) -lsrfpga \
		$(GST_LIBS)
