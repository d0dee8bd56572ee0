#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# In the guest: vivid as the camera, the FPGA model with the software FPGA as
# its fabric, cirrus as the screen. Speaks TAP. Frames that are to be compared
# are left in FOLDER as *_in.ppm and *_out.ppm: the host computes faster.
#
#   camera.sh MODULE FRAMES FOLDER
set -u

module=$1 frames=$2 dir=$3
srfpga=/build/arm64/srfpga
n=0

ok() { n=$((n + 1)); echo "ok $n - $1"; }
bad() { n=$((n + 1)); echo "not ok $n - $1"; sed 's/^/# /' "$dir/log"; }
skip() { n=$((n + 1)); echo "ok $n - $1 # SKIP $2"; }
status_is() { # NAME WANTED GOT
	if [ "$2" = "$3" ]; then ok "$1"; else
		echo "exit status $3, not $2" >> "$dir/log"
		bad "$1"
	fi
}
figure() { # NAME: of the last run's JSON
	sed -n "s/.*\"$1\": \([-0-9.e+]*\).*/\1/p" "$dir/json"
}
camera() { # OPTION...: a run with figures in $dir/json
	timeout 300 $srfpga camera -d /dev/srfpga0 --json "$@" \
		> "$dir/json" 2> "$dir/log"
	status=$?
}
busy() { cat /sys/class/srfpga/srfpga0/busy_ns; }

mkdir -p "$dir"
echo 'TAP version 13'
modprobe vivid n_devs=1 node_types=0x1 allocators=1 || exit 1
modprobe -q cirrus 2>/dev/null || modprobe -q cirrus-qemu 2>/dev/null
insmod "$module" || exit 1

for share in import export; do
	camera --null --frames "$frames" --share $share --save "$dir/$share"
	status_is "$share: $frames frames" 0 $status
	if [ "$(figure cpu_bytes_copied)" = 0 ] &&
	   [ "$(figure frames_out)" = "$frames" ] &&
	   [ "$(figure frames_failed)" = 0 ]
	then ok "$share: no byte copied, no frame failed"
	else bad "$share: no byte copied, no frame failed"; fi
done

camera --encode "$dir/out.y4m" --frames 3 -q
status_is 'encode: three frames' 0 $status
header=$(head -n 1 "$dir/out.y4m")
# a frame: its own line, then one byte of luma and half a byte of colour a pixel
if [ "${header#YUV4MPEG2 W640 H360 }" != "$header" ] &&
   [ "$(wc -c < "$dir/out.y4m")" = \
	$((${#header} + 1 + 3 * (6 + 640 * 360 * 3 / 2))) ]
then ok 'encode: a stream of three frames'
else bad 'encode: a stream of three frames'; fi

if [ -e /dev/dri/card0 ]; then
	camera --display --frames "$frames" --save "$dir/shown"
	status_is "display: $frames frames on the screen" 0 $status
	if [ "$(figure cpu_bytes_copied)" = 0 ]; then
		ok 'display: no byte copied'
	else
		bad 'display: no byte copied'
	fi
else
	skip 'display' 'no screen'
fi

# Two pipelines at once: the second camera is the software's own picture.
camera --null --frames "$frames" &
first=$!
timeout 300 $srfpga upscale -q -d /dev/srfpga0 "$dir/import_in.ppm" \
	"$dir/beside.ppm" 2> "$dir/log"
status_is 'beside a camera: a picture' 0 $?
cp "$dir/import_in.ppm" "$dir/beside_in.ppm"
mv "$dir/beside.ppm" "$dir/beside_out.ppm"
wait $first

# What goes away midway is named, and nothing hangs.
away() { # NAME MESSAGE COMMAND...
	name=$1 message=$2
	shift 2
	: > "$dir/log"
	timeout 60 $srfpga camera -d /dev/srfpga0 --null > "$dir/json" \
		2> "$dir/log" &
	pid=$!
	until grep -q ' to 640x360' "$dir/log" || ! kill -0 $pid; do
		sleep 1
	done
	sleep 2
	"$@" >> "$dir/log" 2>&1
	wait $pid
	status_is "$name: ends with a failure" 1 $?
	if grep -q "$message" "$dir/log"; then ok "$name: says so"
	else bad "$name: says so"; fi
}
device=$(basename "$(readlink /sys/class/srfpga/srfpga0/device)")
unbind() { echo "$device" > /sys/bus/platform/drivers/srfpga/unbind; }
away 'accelerator unbound' 'the device is gone' unbind
echo "$device" > /sys/bus/platform/drivers/srfpga/bind

# vivid's control number of "Disconnect", set through its own ioctl.
if [ -x /build/kselftest/vivid_disconnect ]; then
	away 'camera unplugged' 'the camera is gone' \
		/build/kselftest/vivid_disconnect /dev/video0
fi

timeout 20 $srfpga camera -d /dev/srfpga0 --null --frames 5 -q \
	-s /dev/nothing > "$dir/json" 2> "$dir/log"
status_is 'no such camera: exit status' 3 $?
timeout -s INT 3 $srfpga camera -d /dev/srfpga0 --null > "$dir/json" \
	2> "$dir/log"
if grep -q 'frames in' "$dir/json"; then ok 'Ctrl-C: the figures are printed'
else bad 'Ctrl-C: the figures are printed'; fi
[ "$(busy)" -gt 0 ] && ok 'the accelerator worked'
echo "1..$n"
