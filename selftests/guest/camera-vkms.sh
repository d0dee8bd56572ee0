# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC2086,SC2154,SC2034
# Part of camera.sh: a screen that says which checksum its picture has, and that
# shows no format of the accelerator.

modprobe -q vkms
vkms=$(for c in /sys/class/drm/card?; do
	[ "$(basename "$(readlink -f "$c/device")")" = vkms ] && basename $c
done)
if [ -z "$vkms" ]; then
	skip 'vkms' 'this kernel has no vkms'
	return
fi
crc=/sys/kernel/debug/dri/${vkms#card}/crtc-0/crc
for picture in 4 20; do
	pattern $picture
	begin --card /dev/dri/$vkms --frames 100 --save "$dir/vkms$picture"
	cp $tmp/log "$dir/vkms$picture.log"
	echo auto > $crc/control
	timeout 30 head -n 5 $crc/data > "$dir/vkms$picture.crc"
	kill -0 $pid
	is "vkms$picture: five checksums while the video ran" \
		"$? $(wc -l < "$dir/vkms$picture.crc")" '0 5'
	end
	is "vkms$picture: the video went on" $status 0
	number "vkms$picture: says what was drawn" \
		"$(figure cpu_bytes_copied)" '>=' $((100 * 640 * 360 * 4))
done
