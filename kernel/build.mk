# SPDX-License-Identifier: GPL-2.0
# The driver for the running kernel, and what the kernel's own tools say about
# it. The test kernels' modules are built by selftests/vm.

KDIR		?= /lib/modules/$(shell uname -r)/build
KERNEL_SRCS	:= Kbuild $(wildcard kernel/*.[ch] kernel/include/uapi/*.h)
UDEVDIR		?= /etc/udev/rules.d

#: modules            srfpga.ko for the running kernel (KDIR=) and the test kernels
.PHONY: modules modules-native
ifneq ($(wildcard $(KDIR)/Makefile),)
modules: modules-native
endif
modules-native: $(O)/modules/native/srfpga.ko

# Built from a copy, like the others: the sources stay clean.
$(O)/modules/native/srfpga.ko: $(KERNEL_SRCS)
	$(call say,MODULE,$@)
	@mkdir -p $(@D)
	@cp -u --parents $(KERNEL_SRCS) $(@D)
	$(Q)env -u MAKEFLAGS -u MAKELEVEL $(MAKE) -s -j2 -C $(KDIR) \
		M=$(abspath $(@D)) modules

#: install-driver     srfpga.ko and its udev rule, for the running kernel
.PHONY: install-driver
install-driver: modules-native
	env -u MAKEFLAGS -u MAKELEVEL $(MAKE) -C $(KDIR) \
		M=$(abspath $(O))/modules/native modules_install
	install -D -m 644 kernel/60-srfpga.rules \
		$(DESTDIR)$(UDEVDIR)/60-srfpga.rules

# Warnings of gcc at W=1 and of sparse, on each test kernel; test-matrix has the
# other architectures. The newest kernel's headers come without what sparse needs.
SPARSE_KERNELS	:= $(foreach s,6.12 6.1,$(foreach a,arm64 armhf amd64,$(s)-$(a))) \
		newest-arm64
CHECKS		+= check-kernel-sparse
check-kernel-sparse:
	$(Q)$(MAKE) --no-print-directory $(TEST_KERNELS:%=check-kernel-sparse-%)

check-kernel-sparse-%: $(KERNEL_SRCS)
	$(Q)selftests/vm/deps.sh guest static \
		$(if $(findstring armhf,$*),guest32)
	$(Q)rm -rf $(O)/sparse/$* && mkdir -p $(O)/sparse/$*
	@cp --parents $(KERNEL_SRCS) $(O)/sparse/$*
	$(Q)headers=$$(selftests/vm/fetch.sh headers $(subst -, ,$*)) && \
	env -u MAKEFLAGS -u MAKELEVEL $(MAKE) -s -j2 -C $$headers/build \
		M=$(abspath $(O))/sparse/$* \
		W=1 $(if $(filter newest-%,$*),,C=2) \
		ARCH=$(KARCH_$(word 2,$(subst -, ,$*))) \
		CROSS_COMPILE=$(CROSS_$(word 2,$(subst -, ,$*))) \
		CC=$(CROSS_$(word 2,$(subst -, ,$*)))gcc \
		CONFIG_DEBUG_INFO_BTF_MODULES= \
		$(if $(filter newest-%,$*),$(NEWEST_FLAGS)) modules \
		2> $(O)/sparse/$*.log >&2; status=$$?; \
	grep -E 'srfpga.*(warning|error)' $(O)/sparse/$*.log >&2 && status=1; \
	exit $$status

CHECKS		+= check-kernel-style
check-kernel-style:
	$(Q)CACHE=$(CACHE) kernel/style.sh
