#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The camera's test on the host's side: boots the guest, looks at its screen when
# the guest says so, and compares what the accelerator made of the last frames with
# what the software FPGA makes of them.
#
#   camera-run.sh SERIES FRAMES LONG FOLDER PART...      FOLDER below $O
#
# LONG: frames of part "long". PART: camera-PART.sh. Environment: O; CAMERA_TIMEOUT for the boot, seconds;
# CAMERA_FPGA, the accelerator; CAMERA_SHARE, a folder that the guest sees as "gst".
set -euo pipefail

top=$(cd "$(dirname "$0")/../.." && pwd)
series=$1 frames=$2 long=$3 out=$4
shift 4
model=$top/tools/models/lrsrn_x2.onnx
status=0
monitor=$(mktemp -d)
watcher=
trap '[ -z "$watcher" ] || kill "$watcher" 2> /dev/null || true; rm -rf "$monitor"' EXIT
mkfifo "$monitor/qemu.in" "$monitor/qemu.out"

# The guest's screen as QEMU draws it, not as the guest believes it to be.
watch_screen()
{
	local mark name

	while sleep 0.2; do
		for mark in "$out"/*.look; do
			name=${mark%.look}
			[ -e "$mark" ] || continue
			[ ! -e "$name.screen" ] || continue
			echo "screendump $monitor/screen" > "$monitor/qemu.in"
			sleep 1
			mv "$monitor/screen" "$name.screen" || true
		done
	done
}
# A page flip of a screen without vblanks may end, and its state be freed, while
# the helper of the one before still reads that state: a race of Linux 6.12 that
# KASAN sees now and then. Lockdep is off after any such report.
flip_race='KASAN: .* in drm_atomic_helper_wait_for_vblanks'
allowed=()
[ "$series" != debug ] || allowed=(-a "$flip_race" -a 'debug_locks: +0')
share=()
# shellcheck disable=SC2054 # commas within one argument
[ -z "${CAMERA_SHARE-}" ] || share=(-m 1536
	-q -fsdev -q "local,id=gst,path=$CAMERA_SHARE,security_model=none"
	-q -device -q virtio-9p-device,fsdev=gst,mount_tag=gst)
watch_screen &
watcher=$!
"$top/selftests/vm/boot.sh" -k "$series" -t "$CAMERA_TIMEOUT" -c 256 -l "$out/boot" \
	-d "${CAMERA_FPGA:-fabric=soft,model=$model,height=180,width=320}" \
	-q -device -q cirrus-vga,romfile= \
	-q -monitor -q "pipe:$monitor/qemu" -a 'Call trace:' \
	"${allowed[@]}" "${share[@]}" -- sh /host/selftests/guest/camera.sh \
	"/build/modules/$series-arm64/srfpga.ko" "$frames" "$long" \
	"/build${out#"$O"}" "$@" > "$out/guest.log" 2>&1 || status=$?
kill "$watcher"; watcher=
grep -av '^1\.\.' "$out/guest.log" || true
n=$(grep -acE '^(not )?ok ' "$out/guest.log" || true)

result() { # STATUS NAME
	n=$((n + 1))
	[ "$1" = 0 ] || printf 'not '
	echo "ok $n - $2"
}

# A guest that broke off says how many tests there should have been.
result "$((status > 1))" "the guest ended well and its log is clean ($status)"
# A vivid that the host keeps waiting says "wrong timeout", with a stack; but for
# the race above no other stack may be there.
traces=0 vivids=0 flips=0
if [ -e "$out/boot/kernel.log" ]; then
	traces=$(grep -ac 'Call trace:' "$out/boot/kernel.log" || true)
	vivids=$(grep -a -A 12 'wrong timeout' "$out/boot/kernel.log" |
		grep -ac 'vivid_thread_vid_cap+' || true)
	flips=$(grep -acE "$flip_race" "$out/boot/kernel.log" || true)
fi
result "$((traces != vivids + flips))" \
	"no stack but vivid's own in the kernel's log"
# What each part leaves here; what it did not leave is compared, too, and fails.
# pictures: NAME_in.ppm and NAME_out.ppm; screens: NAME.screen; checksums: NAME.crc
pictures=() screens=() checksums=() video=
for part; do
	case $part in
	flow) pictures+=(import export video two0 two1 beside) video=1 ;;
	usb) pictures+=(usb-null usb-display) ;;
	convert) pictures+=(plain BGR3 XR24 YUYV UYVY NV12) ;;
	display)
		pictures+=(shown still4 still20)
		screens+=(still4 still20)
		;;
	vkms)
		pictures+=(vkms4 vkms20)
		checksums+=(vkms4 vkms20)
		;;
	gst) screens+=(gst) ;;
	esac
done
for name in "${pictures[@]}"; do
	same=0
	"$O/srfpga" upscale -q -d "soft:$model" "$out/${name}_in.ppm" \
		"$out/${name}_ref.ppm" || same=1
	cmp "$out/${name}_out.ppm" "$out/${name}_ref.ppm" || same=1
	result $same "$name: the bits of the software FPGA"
done
if [ -n "$video" ]; then
	same=0
	"$top/selftests/guest/camera_y4m.py" "$out/video.y4m" \
		"$out/video_out.ppm" 3 || same=1
	result $same 'the recorded video shows these bits'
fi
# shown NAME FILE [HOW]: what the screen showed was the last frame
shown()
{
	local same=0

	"$top/selftests/guest/camera_screen.py" "$out/$1_ref.ppm" "${@:2}" ||
		same=1
	result $same "$1: what the screen shows are these bits"
}
for name in "${screens[@]}"; do
	# shellcheck disable=SC2046 # a word or none
	shown "$name" "$out/$name.screen" \
		$(sed -n 's/.*order B, G, R.*/bgr/p' "$out/$name.log")
done
for name in "${checksums[@]}"; do
	shown "$name" "$out/$name.crc" "$(sed -n \
		's/.*display: [^ ]* \([0-9]*x[0-9]*\),.*/\1/p' "$out/$name.log")"
done
echo "1..$n"
