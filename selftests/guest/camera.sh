#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC2086,SC2034
# In the guest: vivid as the camera, the FPGA model with the software FPGA as
# its fabric, a screen if there is one. Speaks TAP. Frames that are to be compared
# are left in FOLDER as *_in.ppm and *_out.ppm: the host computes faster.
#
#   camera.sh MODULE FRAMES LONG FOLDER PART...
#
# LONG: frames of part "long". PART: camera-PART.sh, which shares the variables of
# this file; numbers of
# processes and statuses are written without quotes in all of them.
set -u

module=$1 frames=$2 long=$3 dir=$4
shift 4
here=/host/selftests/guest
srfpga=/build/arm64/srfpga
fault=/build/kselftest/camera_fault
# Several programs write to one log: not on a shared folder.
tmp=/tmp/camera
# The FPGA model's knob of frames that never end.
hang=0x0b00f100
n=0

ok() { n=$((n + 1)); echo "ok $n - $1"; }
bad() { n=$((n + 1)); echo "not ok $n - $1"; sed 's/^/# /' $tmp/log; }
skip() { n=$((n + 1)); echo "ok $n - $1 # SKIP $2"; }
is() { # NAME GOT WANTED
	if [ "$2" = "$3" ]; then ok "$1"; else
		echo "$2, not $3" >> $tmp/log
		bad "$1"
	fi
}
# NAME GOT OPERATOR WANTED: compares numbers
number() {
	if awk "BEGIN { exit !($2 $3 $4) }" 2> /dev/null; then ok "$1"; else
		echo "$2 is not $3 $4" >> $tmp/log
		cat $tmp/json >> $tmp/log
		bad "$1"
	fi
}
says() { # NAME TEXT
	if grep -q "$2" $tmp/log; then ok "$1"; else bad "$1"; fi
}
figure() { # NAME: of the last run's JSON
	sed -n "s/.*\"$1\": \([-0-9.e+]*\).*/\1/p" $tmp/json
}
camera() { # OPTION...: a run with figures in $tmp/json
	timeout 300 $srfpga camera -d /dev/srfpga0 --fps 25 --json "$@" \
		> $tmp/json 2> $tmp/log
	status=$?
}
begin() { # OPTION...: the same in the background, up to its first frames
	: > $tmp/log
	$srfpga camera -d /dev/srfpga0 --fps 25 --json "$@" \
		> $tmp/json 2>> $tmp/log &
	pid=$!
	until grep -q ' to 640x360' $tmp/log || ! kill -0 $pid; do
		sleep 0.2
	done 2> /dev/null
	sleep 2
}
end() { # status of what begin started; it has a minute
	for _ in $(seq 600); do
		kill -0 $pid 2> /dev/null || break
		sleep 0.1
	done
	if kill -KILL $pid 2> /dev/null; then
		echo 'it did not end within a minute' >> $tmp/log
	fi
	wait $pid
	status=$?
}
# dma-bufs that anybody holds
buffers() { grep '^Total .* objects' /sys/kernel/debug/dma_buf/bufinfo; }
# The same as in $tmp/before, or soon: a display lets go of its last frame later.
no_buffer_left() {
	for _ in $(seq 50); do
		buffers | cmp -s $tmp/before - && break
		sleep 0.1
	done
	buffers | diff $tmp/before - > $tmp/log
}
# Nanoseconds between two frames of the accelerator.
interval() {
	devmem 0x0b00f028 32 "$1"
	devmem 0x0b00f02c 32 0
}
busy() { cat /sys/class/srfpga/srfpga0/busy_ns; }
# The host looks at the screen while a picture stands on it.
look() { # NAME
	cp $tmp/log "$dir/$1.log"
	touch "$dir/$1.look"
	for _ in $(seq 100); do
		[ -e "$dir/$1.screen" ] && break
		sleep 0.1
	done
	kill -0 $pid && [ -e "$dir/$1.screen" ]
	is "$1: the host saw the screen while the video ran" $? 0
}
# What the screen shows, as the kernel tells it: framebuffers, modes, positions.
console() { grep -vE 'refcount|_changed' "/sys/kernel/debug/dri/${card#card}/state"; }
# The same as when $tmp/console was written?
console_is_back() { # NAME
	console | diff $tmp/console - > $tmp/log
	is "$1: the console is back" $? 0
}
pattern() { # NUMBER [VIDEO]: what vivid shows, without the running clock
	$fault control "${2-/dev/video0}" 'OSD Text Mode' 2
	$fault control "${2-/dev/video0}" 'Test Pattern' "$1"
}
# QEMU's VGA takes no mode before its BIOS has said that the screen has colours,
# which the kernel's driver relies on: MISC_OUTPUT, bit 0, in the second BAR.
vga_colour() {
	for unit in /sys/bus/pci/devices/*; do
		[ "$(cat "$unit/vendor" 2> /dev/null)" = 0x1013 ] || continue
		echo 1 > "$unit/enable"
		devmem $(($(sed -n '2s/ .*//p' "$unit/resource") + 2)) 8 1
	done
}

mkdir -p "$dir" $tmp
echo 'TAP version 13'
mount -t debugfs debugfs /sys/kernel/debug 2> /dev/null
# The second camera speaks the interface of drivers with several planes, the third
# has vmalloc() memory like those on a USB.
modprobe vivid n_devs=3 node_types=0x1,0x1,0x1 allocators=1,1,0 \
	multiplanar=1,2,1 || exit 1
modprobe -q vgem
vga_colour
modprobe -q cirrus-qemu || modprobe -q cirrus
insmod "$module" || exit 1
# The first card that has a screen.
card=$(for c in /sys/class/drm/card*-*; do
	[ -e "$c" ] && basename "$c" | sed 's/-.*//'
done | head -n 1)

for part; do
	# shellcheck disable=SC1090 # one of the files beside this one
	. "$here/camera-$part.sh"
done
echo "1..$n"
