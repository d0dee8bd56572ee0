# SPDX-License-Identifier: GPL-2.0
# The interface as syzkaller knows it agrees with the header.

CHECKS		+= check-syz
.PHONY: check-syz
check-syz:
	$(Q)$(call deps,guest guest32)
	$(Q)for cc in $(CC) $(CROSS_arm64)gcc $(CROSS_armhf)gcc; do \
		python3 selftests/syz/check.py kernel/include/uapi/srfpga.h \
			selftests/syz/srfpga.txt \
			selftests/syz/srfpga.txt.const $$cc || exit 1; \
	done
