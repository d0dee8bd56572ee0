# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC2086,SC2154,SC2034
# Part of camera.sh: a camera whose driver writes frames with the CPU, into memory
# that is nowhere contiguous, as the drivers of USB cameras do.

usb=/dev/video2
pattern 4 $usb
for sink in null ${card:+display}; do
	camera -s $usb --$sink --frames 20 --save "$dir/usb-$sink"
	is "usb, $sink: 20 frames" $status 0
	says "usb, $sink: into our buffers" 'our dma-bufs, written by the camera'
	number "usb, $sink: no byte copied" "$(figure cpu_bytes_copied)" == 0
	number "usb, $sink: no frame failed" "$(figure frames_failed)" == 0
	number "usb, $sink: caches are looked after" \
		"$(figure cache_upkeep_ms)" '>' 0
done
camera -s $usb --null --frames 5 --share export
is 'usb, export: exit status' $status 1
says 'usb, export: says why' 'its buffers: scattered, and nobody looks after'
