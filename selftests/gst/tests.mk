# SPDX-License-Identifier: GPL-2.0
# The GStreamer elements on the software FPGA, where GStreamer is.
# A sanitised plugin is not built.
ifeq ($(SANITIZE),)
UNIT_SCRIPTS	+= selftests/gst/test_gst.sh
endif

ifneq ($(INSTALL_GST),)
USERSPACE	+= $(O)/tests/gst_classes
endif

$(O)/selftests/gst/classes.o: OBJ_CFLAGS = \
	$(patsubst -I%,-isystem %,$(GST_CFLAGS))
$(O)/tests/gst_classes: $(O)/selftests/gst/classes.o
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(BASE_LDFLAGS) $(LDFLAGS) -o $@ $< $(GST_LIBS)
