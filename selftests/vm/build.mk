# SPDX-License-Identifier: GPL-2.0
# The test bed: the FPGA model as a plugin of the installed QEMU, the driver built
# for the test kernels, what the guest needs. Downloads are in $(CACHE).

VM		:= selftests/vm
VM_SERIES	?= 6.12
VM_ARCH		?= arm64
# What `make modules` builds the driver for, besides the running kernel.
TEST_KERNELS	?= 6.12-arm64 6.1-arm64
export CACHE

# Installs what is missing of the sets $(1); silent and quick when nothing is.
deps		= $(VM)/deps.sh $(1)

# --- the FPGA model ---------------------------------------------------------

FPGA_SRCS	:= $(wildcard $(VM)/fpga/*.c)
FPGA_OBJS	:= $(FPGA_SRCS:%.c=$(O)/%.o)
QEMU_VERSION	:= $(O)/vm/qemu-version
QEMU_BUILD	= $(CACHE)/qemu-build
QEMU_SRC	= $(CACHE)/qemu-source/src
# The flags with which QEMU builds its own devices.
FPGA_CFLAGS	= -std=gnu11 -O2 -g -fPIC -MMD -MP -pthread -D_GNU_SOURCE \
		-fno-strict-aliasing -fwrapv \
		$(if $(filter x86_64,$(shell uname -m)),-mcx16) \
		-Wall -Wextra -Werror -Wstrict-prototypes \
		-Wno-unused-parameter -Wno-sign-compare \
		-I$(QEMU_BUILD) -I$(QEMU_BUILD)/qapi \
		-isystem $(QEMU_SRC)/linux-headers \
		-iquote $(QEMU_BUILD) -iquote $(QEMU_SRC) \
		-iquote $(QEMU_SRC)/include -I$(QEMU_SRC)/include \
		-Ilibsrfpga/soft \
		-DFPGA_QEMU_VERSION='"$(file <$(QEMU_VERSION))"' \
		$(shell pkg-config --cflags glib-2.0 pixman-1)

#: fpga-model         the FPGA model, a plugin of the installed QEMU
.PHONY: fpga-model
fpga-model: $(O)/srfpga-fpga.so

# The headers of the QEMU that is installed now: remade when that changes.
$(QEMU_VERSION): FORCE
	$(Q)$(call deps,guest)
	$(Q)build=$$($(VM)/qemu-headers.sh) && mkdir -p $(@D) && \
		{ cmp -s $$build/.stamp $@ || cp $$build/.stamp $@; }
.PHONY: FORCE
FORCE:

$(FPGA_OBJS): $(O)/%.o: %.c $(QEMU_VERSION)
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)gcc $(FPGA_CFLAGS) -c -o $@ $<

$(O)/srfpga-fpga.so: $(FPGA_OBJS)
	$(call say,LD,$@)
	$(Q)gcc -shared -pthread -o $@ $(FPGA_OBJS) -ldl

# --- the driver for the test kernels ----------------------------------------

DRIVER_SRCS	= Kbuild $(wildcard kernel/*.[ch] kernel/include/uapi/*.h)
CROSS_arm64	:= aarch64-linux-gnu-
CROSS_armhf	:= arm-linux-gnueabihf-
CROSS_amd64	:= $(if $(filter-out x86_64,$(shell uname -m)),x86_64-linux-gnu-)
KARCH_arm64	:= arm64
KARCH_armhf	:= arm
KARCH_amd64	:= x86
CROSS_MODULES	:= $(TEST_KERNELS:%=$(O)/modules/%/srfpga.ko)

# Kernels of newer suites expect a newer compiler than a stable suite has.
NEWEST_FLAGS	:= CONFIG_CC_HAS_MIN_FUNCTION_ALIGNMENT= \
		KCFLAGS=-Wno-attributes

#: modules-cross      srfpga.ko for the test kernels (TEST_KERNELS=)
.PHONY: modules modules-cross
modules: modules-cross
modules-cross: $(CROSS_MODULES)

# The make of the kernel in a folder, for an architecture, of modules in the
# target's folder. Our own variables (O=, V=) mean other things to it.
kernel_make = env -u MAKEFLAGS -u MAKELEVEL $(MAKE) -s -j2 -C $(1) \
	M=$(abspath $(@D)) ARCH=$(KARCH_$(2)) CROSS_COMPILE=$(CROSS_$(2)) \
	CC=$(CROSS_$(2))gcc CONFIG_DEBUG_INFO_BTF_MODULES=

# Built from a copy: a folder of the sources can hold the objects of one kernel
# only.
$(O)/modules/%/srfpga.ko: $(DRIVER_SRCS)
	$(call say,MODULE,$@)
	$(Q)$(call deps,guest $(if $(findstring armhf,$*),guest32))
	@mkdir -p $(@D)
	@cp -u --parents $(DRIVER_SRCS) $(@D)
	$(Q)headers=$$($(VM)/fetch.sh headers $(subst -, ,$*)) && \
	$(call kernel_make,$$headers/build,$(word 2,$(subst -, ,$*))) \
		$(NEWEST_FLAGS) modules

# --- the guest --------------------------------------------------------------

#: guest-files        all that the guest runs: model, driver, tools, for VM_SERIES
.PHONY: guest-files guest-userspace
guest-files: fpga-model guest-userspace userspace \
		$(O)/modules/$(VM_SERIES)-$(VM_ARCH)/srfpga.ko
	$(Q)$(VM)/fetch.sh kernel $(VM_SERIES) $(VM_ARCH) >/dev/null
	$(Q)$(VM)/fetch.sh busybox $(VM_ARCH) >/dev/null

guest-userspace:
	$(Q)$(call deps,guest)
	$(Q)sysroot=$$($(VM)/fetch.sh sysroot $(VM_ARCH)) && \
	$(MAKE) --no-print-directory O=$(O)/$(VM_ARCH) \
		CROSS=$(CROSS_$(VM_ARCH)) SYSROOT=$$sysroot userspace

#: fpga-check         the FPGA model against its register contract, no driver
FPGA_CHECKS	:= $(O)/$(VM_ARCH)/fpga_smoke $(O)/$(VM_ARCH)/fpga_ports
.PHONY: fpga-check
GUEST_CHECKS	+= fpga-check
fpga-check: $(FPGA_CHECKS) fpga-model
	$(Q)O=$(O) TAPDIR=$(TAPDIR) $(VM)/fpga-check.sh $(VM_SERIES) $(VM_ARCH)

$(FPGA_CHECKS): $(O)/$(VM_ARCH)/%: $(VM)/%.c $(VM)/fpga_guest.c \
		$(VM)/fpga_guest.h $(VM)/fpga/fpga_ctl.h
	$(call say,CC,$@)
	$(Q)$(call deps,guest $(if $(findstring armhf,$(VM_ARCH)),guest32))
	@mkdir -p $(@D)
	$(Q)$(CROSS_$(VM_ARCH))gcc -std=gnu11 -O2 -g -Wall -Wextra -Werror \
		-D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -static -o $@ \
		$< $(VM)/fpga_guest.c

#: vm                 a shell in the guest with the driver and the tools (VM_MODEL=)
VM_MODEL	?= tools/models/lrsrn_x2.onnx
VM_HEIGHT	?= 128
VM_WIDTH	?= 128
.PHONY: vm
vm: guest-files
	@echo 'The tools are in /build/$(VM_ARCH), the sources in /host; leave with exit.'
	$(Q)O=$(O) $(VM)/boot.sh -k $(VM_SERIES) \
		-d fabric=soft,model=$(VM_MODEL),height=$(VM_HEIGHT),width=$(VM_WIDTH) \
		-r 'insmod /build/modules/$(VM_SERIES)-$(VM_ARCH)/srfpga.ko'

CHECKS		+= check-vm-scripts check-vm-model
.PHONY: check-vm-scripts check-vm-model
check-vm-scripts:
	$(Q)$(call deps,static)
	$(Q)shellcheck -x $(VM)/*.sh $(VM)/apt.bash $(VM)/init
check-vm-model:
	$(Q)$(call deps,static)
	$(Q)cppcheck -q --enable=warning,portability --error-exitcode=1 \
		--suppress=missingInclude --suppress=unknownMacro \
		-I$(VM)/fpga $(VM)/fpga $(VM)/*.c
