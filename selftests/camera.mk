# SPDX-License-Identifier: GPL-2.0
# Camera to display without a copy: vivid, the FPGA model, a screen of QEMU's.

CAMERA_FRAMES	?= 100
CAMERA_SERIES	?= 6.12
CAMERA_OUT	= $(abspath $(O))/guest/camera

$(O)/kselftest/vivid_disconnect: selftests/vivid_disconnect.c
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CROSS_arm64)gcc -O2 -Wall -Wextra -Werror -static -o $@ $<

#: test-camera        camera to display without a copy, in the guest (CAMERA_FRAMES=)
.PHONY: test-camera check-camera
test-camera:
	@selftests/vm/deps.sh host-build guest
	@rm -rf $(O)/test/camera
	@$(TAP) part $(O)/test/camera $(MAKE) --no-print-directory \
		TAPDIR=$(O)/test/camera check-camera; \
	$(TAP) summary $(O)/test/camera

check-camera: guest-files $(O)/kselftest/vivid_disconnect
	@rm -rf $(CAMERA_OUT); mkdir -p $(CAMERA_OUT) $(TAPDIR)
	@O=$(abspath $(O)) selftests/guest/camera-run.sh $(CAMERA_SERIES) \
		$(CAMERA_FRAMES) $(CAMERA_OUT) > $(CAMERA_OUT)/camera.log; \
	$(TAP) add $(TAPDIR) camera $(CAMERA_OUT)/camera.log
