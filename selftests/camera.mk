# SPDX-License-Identifier: GPL-2.0
# Camera to display without a copy: vivid, the FPGA model, a screen of QEMU's.

CAMERA_FRAMES	?= 50
# Of the part that looks for leaks.
LONG_FRAMES	?= 1000
CAMERA_SERIES	?= 6.12
# The last one leaves neither screen nor camera.
CAMERA_PARTS	?= flow usb convert display long stall away
CAMERA_TIMEOUT	?= 900
CAMERA_OUT	= $(abspath $(O))/guest/camera

# What is refused before a frame moves.
UNIT_SCRIPTS	+= selftests/camera_options.sh
CHECKS		+= check-camera-scripts
.PHONY: check-camera-scripts
check-camera-scripts:
	$(Q)$(call deps,static)
	$(Q)shellcheck -x -P SCRIPTDIR selftests/camera_options.sh \
		selftests/gst/*.sh

$(O)/kselftest/camera_fault: selftests/camera_fault.c selftests/testpeer.c \
		selftests/testpeer.h
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CROSS_arm64)gcc -O2 -Wall -Wextra -Werror -D_GNU_SOURCE -static \
		-Iselftests -o $@ $(filter %.c,$^)

#: test-camera        camera to display without a copy, in the guest (CAMERA_FRAMES=,
#                    LONG_FRAMES= with a look for leaks)
.PHONY: test-camera check-camera
test-camera:
	@selftests/vm/deps.sh host-build guest
	@rm -rf $(O)/test/camera
	@$(TAP) part $(O)/test/camera $(MAKE) --no-print-directory \
		TAPDIR=$(O)/test/camera check-camera; \
	$(TAP) summary $(O)/test/camera

# camera_run FOLDER,SERIES,NAME,PARTS
camera_run = rm -rf $(1); mkdir -p $(1) $(TAPDIR); \
	O=$(abspath $(O)) CAMERA_TIMEOUT=$(CAMERA_TIMEOUT) \
		selftests/guest/camera-run.sh $(2) $(CAMERA_FRAMES) $(LONG_FRAMES) $(1) $(4) \
		> $(1)/camera.log; \
	$(TAP) add $(TAPDIR) $(3) $(1)/camera.log

check-camera: guest-files $(O)/kselftest/camera_fault
	@$(call camera_run,$(CAMERA_OUT),$(CAMERA_SERIES),camera,$(CAMERA_PARTS))

# Part of test-debug: the same where the kernel checks itself, and vkms.
.PHONY: check-camera-debug
check-camera-debug: CAMERA_FRAMES = 20
check-camera-debug: CAMERA_TIMEOUT = 3600
check-camera-debug: guest-files $(O)/kselftest/camera_fault \
		$(O)/modules/debug-arm64/srfpga.ko
	@$(call camera_run,$(CAMERA_OUT)-debug,debug,\
		camera-debug,vkms $(filter-out long,$(CAMERA_PARTS)))

#: test-camera-long   the same with 1,000 frames to each sink, and more faults
.PHONY: test-camera-long
test-camera-long:
	@$(MAKE) --no-print-directory test-camera CAMERA_FRAMES=1000 \
		CAMERA_TIMEOUT=3600

#: camera-clip        a video of vivid's picture, upscaled: demo/camera.y4m, .png
.PHONY: camera-clip
camera-clip:
	@selftests/vm/deps.sh host-build guest
	@$(MAKE) -j$(JOBS) --no-print-directory guest-files \
		$(O)/kselftest/camera_fault
	@$(call camera_run,$(CAMERA_OUT)-clip,$(CAMERA_SERIES),clip,clip)
	@mkdir -p demo
	@cp $(CAMERA_OUT)-clip/camera.y4m demo/
	@cp $(CAMERA_OUT)-clip/camera_out.png demo/camera.png
	@echo "Look at demo/camera.png; demo/camera.y4m is the video."

# GStreamer of the guest's architecture, and an accelerator of a screen's size.
GST_PORTS	:= ports=idma0:in:UINT8:480x640x3/odma0:out:UINT8:480x640x3
GST_GUEST	= $(O)/gst-$(VM_ARCH)
#: test-camera-gst    v4l2src ! srfpgaupscale ! kmssink in the guest
.PHONY: test-camera-gst check-camera-gst
test-camera-gst:
	@selftests/vm/deps.sh host-build guest
	@rm -rf $(O)/test/camera-gst
	@$(TAP) part $(O)/test/camera-gst $(MAKE) --no-print-directory \
		TAPDIR=$(O)/test/camera-gst check-camera-gst; \
	$(TAP) summary $(O)/test/camera-gst

check-camera-gst: guest-files $(O)/kselftest/camera_fault
	@root=$$(selftests/gst/guest-root.sh) && \
	$(MAKE) --no-print-directory O=$(GST_GUEST) CROSS=$(CROSS_$(VM_ARCH)) \
		SYSROOT=$$root $(GST_GUEST)/gst/libgstsrfpga.so && \
	export CAMERA_SHARE=$$root && export CAMERA_FPGA=$(GST_PORTS) && \
	$(call camera_run,$(CAMERA_OUT)-gst,$(CAMERA_SERIES),camera-gst,gst)
