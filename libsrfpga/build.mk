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
