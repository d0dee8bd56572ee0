#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# The tool on one device: device.sh [DEVICE], /dev/srfpga0 or soft:MODEL of a
# fixed size. It must upscale pictures (RGB, 8 bit). Speaks TAP; runs in the
# guest and on a board, where what the driver shows is looked at too.
# shellcheck source-path=SCRIPTDIR source=../lib.sh
case $(uname -m) in
aarch64) arch=arm64 ;;
armv7l) arch=armhf ;;
*) arch=$(uname -m) ;;
esac
[ -n "${O:-}" ] || [ ! -x "/build/$arch/srfpga" ] || O=/build/$arch
SRCDIR=${SRCDIR:-$(cd "$(dirname "$0")/../../.." && pwd)}
. "$SRCDIR/selftests/tools/lib.sh"

device=${1:-${DEV:-/dev/srfpga0}}
node=
case $device in
soft:*) ;;
*)
	[ -c "$device" ] || skip_all "no $device"
	node=${device#/dev/}
	;;
esac

works 'info' "$srfpga" info -d "$device"
cp stdout info
input=$(awk '$1 == "input" { print $4 }' info)
output=$(awk '$1 == "output" { print $4 }' info)
[ -n "$input" ] || done_testing
h=${input%%x*} w=${input#*x}
c=${w#*x} w=${w%%x*}
oh=${output%%x*}
[ "$c $((oh % h))" = "3 0" ] ||
	skip_all "$device does not upscale pictures ($input to $output)"
factor=$((oh / h))
is 'info: it is ready' "$(sed -n 's/^  state *//p' info | head -n 1)" ready
works 'info: JSON' "$srfpga" info -d "$device" --json
is 'info: an engine' "$(grep -c '"engine": "finn"' stdout)" 1
if [ -n "$node" ]; then
	works 'info: all devices' "$srfpga" info
	is 'info: this one among them' "$(grep -c "^$device:" stdout)" 1
	before=$(cat "/sys/class/srfpga/$node/jobs")
fi

up() { # IN OUT [OPTION...]
	in=$1 out=$2
	shift 2
	"$srfpga" upscale -q -d "$device" "$@" "$in" "$out"
}

# A picture that takes several frames, in every format.
pw=$((w + w / 2 + 1)) ph=$((h + 7))
for kind in rgb rgb16 interlaced palette rgba grey greyalpha jpeg ppm; do
	"$mkpic" $kind $pw $ph $kind.in || exit 1
	works "$kind" up $kind.in $kind.png
done
up rgb.in rgb.ppm
is 'size' "$(head -c 20 rgb.ppm | sed -n 2p)" "$((pw * factor)) $((ph * factor))"
for kind in rgb16 interlaced palette ppm; do
	up $kind.in $kind.ppm
	same "$kind equals rgb" $kind.ppm rgb.ppm
done
[ -z "${KEEP:-}" ] || { cp rgb.in "$KEEP/picture.in"; cp rgb.ppm "$KEEP/picture.ppm"; }
# Another halo cuts elsewhere: the bits must be the same.
up rgb.in halo.ppm --halo 16
same 'cut elsewhere' halo.ppm rgb.ppm
up rgb.in halo.ppm --halo $((w / 4 < h / 4 ? w / 4 : h / 4))
same 'cut elsewhere again' halo.ppm rgb.ppm
for jobs in 1 3; do
	up rgb.in jobs.ppm --jobs $jobs
	same "$jobs frames in flight" jobs.ppm rgb.ppm
done
"$mkpic" rgb 5 3 tiny.in
works 'a tiny picture' up tiny.in tiny.png
"$srfpga" upscale -q --stats -d "$device" rgb.in s.png > stats
is 'no byte is copied between buffer and device' \
	"$(sed -n 's/.*copied, buffer to device *//p' stats)" 0
[ -z "$node" ] || is 'jobs were counted' \
	"$(($(cat "/sys/class/srfpga/$node/jobs") > before))" 1

"$mkpic" y4m-420 16 16 probe.y4m 1 ''
if up probe.y4m probe.out 2>&1 | grep -q 'without libyuv'; then
	skip 'video' 'srfpga was built without libyuv'
else
	"$mkpic" y4m-420 $((w - 3)) $((h - 2)) in.y4m 5 ' F25:1'
	works 'video' up in.y4m file.y4m
	up - - < in.y4m > pipe.y4m
	same 'video on a pipe' pipe.y4m file.y4m
fi

npy '|u1' False "(3, $h, $w, 3)" $((3 * h * w * 3)) in.npy
works 'run: three frames' "$srfpga" run -d "$device" --inputfile in.npy \
	--outputfile out.npy
number=${node#srfpga}
"$srfpga" run -q -d "${number:-$device}" --batchsize 1 --inputfile in.npy \
	--outputfile one.npy
same 'run: one by one' one.npy out.npy
works 'run: throughput_test' "$srfpga" run -d "$device" \
	--exec_mode throughput_test --batchsize 2
is 'run: figures' "$(grep -c . stdout)" 12
works 'bench' "$srfpga" bench -d "$device" --time 200ms --depth 1,2 --csv
is 'bench: points' "$(grep -c "$device" stdout)" 2
if [ -n "$node" ]; then
	works 'monitor' "$srfpga" monitor --count 1 --interval 200ms
	is 'monitor: this device' "$(grep -c "^$device " stdout)" 1
fi

model=${MODEL:-$SRCDIR/tools/models/lrsrn_x2.onnx}
if [ -r "$model" ]; then
	works 'verify: it computes what the model says' "$srfpga" verify \
		-d "$device" --model "$model" --frames 1 --rounds 2 rgb.in
	is 'verify: all frames' "$(cat stdout)" 'equal: 12 frames'
else
	skip 'verify: it computes what the model says' "no $model"
fi

refused 'no such device' 3 'No such' "$srfpga" upscale -d /dev/srfpga77 rgb.in \
	out/o.png
refused 'not such a device' 1 '' "$srfpga" upscale -d /dev/null rgb.in out/o.png
npy '|u1' False "(3, $h, $((w + 1)), 3)" $((3 * h * (w + 1) * 3)) wide.npy
refused 'a frame of the wrong size' 1 'does not fit' "$srfpga" run \
	-d "$device" --inputfile wide.npy --outputfile out/o.npy
# A guest that its host keeps waiting sees job and limit end at once.
# shellcheck disable=SC2317 # called through refused
too_short() {
	for _ in 1 2 3 4 5 6 7 8; do
		"$srfpga" upscale -d "$device" --timeout 1us rgb.in out/o.png ||
			return
		rm out/o.png
	done
}
refused 'a time that is too short' 1 'not finished in time' too_short

# Arrays that are not what the port takes.
array() { # NAME TEXT FILE [OPTION...]
	name=$1 text=$2 file=$3
	shift 3
	refused "run: $name" 1 "$text" "$srfpga" run -d "$device" "$@" \
		--inputfile "$file" --outputfile out/o.npy
}
n=$((h * w * 3))
npy '<f4' False "(1, $h, $w, 3)" $((4 * n - 4)) nan.npy
printf '\000\000\300\177' >> nan.npy
array 'NaN' "element $((n - 1)) is NaN" nan.npy
array 'NaN, quantised' "element $((n - 1)) is NaN" nan.npy --quantise
npy '<i2' False "(1, $h, $w, 3)" $((2 * n - 2)) large.npy
printf '\000\001' >> large.npy
array 'a value that is too large' 'is 256, but UINT8 holds 0 to 255' large.npy
npy '<f2' False "(1, $h, $w, 3)" $((2 * n)) half.npy
array 'half precision' "type '<f2' are not supported" half.npy
npy '|u1' True "(1, $h, $w, 3)" $n fortran.npy
array 'Fortran order' 'Fortran order' fortran.npy
array 'a batch that does not divide' \
	'3 frames do not divide into batches of 2' in.npy --batchsize 2

# What comes to the input is the same by different ways: red where a network
# that takes blue first sees blue, and the numbers of a prototxt.
flat() { # RED BLUE: a picture of one colour
	# shellcheck disable=SC2059 # octal bytes
	printf "$(printf '\\%03o\\000\\%03o' "$1" "$2")" > body
	while [ "$(wc -c < body)" -lt $n ]; do
		cat body body > twice
		mv twice body
	done
	printf 'P6 %d %d 255\n' "$w" "$h"
	head -c $n body
}
flat 200 40 > red.ppm
flat 40 200 > blue.ppm
seen() { # PICTURE [OPTION...]: the numbers that come out
	picture=$1
	shift
	"$srfpga" classify -d "$device" --regression "$@" "$picture" 2>&1 |
		tail -n +2 > "$picture.seen"
}
seen red.ppm
cp red.ppm.seen plain
is 'classify: numbers come out' "$(wc -l < plain | tr -d ' ')" \
	$((n * factor * factor))
seen blue.ppm --bgr
same 'classify: BGR' blue.ppm.seen plain
seen blue.ppm
if cmp -s blue.ppm.seen plain; then
	bad 'classify: the colours matter' 'they do not'
else
	ok 'classify: the colours matter'
fi
cat > net.prototxt <<'END'
model {
  name: "net"
  kernel { name: "net" mean: 20.0 mean: 0.0 mean: 10.0
    scale: 0.002 scale: 0.003 scale: 0.004 }
}
END
# What a step means hardware does not know.
step='--step 0.00392156862745'
# shellcheck disable=SC2086 # two words
seen red.ppm --bgr --mean 10,0,20 --scale 0.004,0.003,0.002 $step
cp red.ppm.seen plain
# shellcheck disable=SC2086
seen red.ppm --prototxt net.prototxt $step
same 'classify: a prototxt' red.ppm.seen plain
printf 'model { kernel { mean: 1 ' > broken.prototxt
refused 'classify: a prototxt without end' 1 'has no end' "$srfpga" classify \
	-d "$device" --prototxt broken.prototxt red.ppm

# Another network is not this one.
other=$SRCDIR/tools/models/lrsrn_x2_jpeg90.onnx
if [ -r "$other" ]; then
	"$srfpga" verify -q -d "$device" --model "$other" --frames 1 \
		--rounds 1 > text 2> err
	is 'verify: not what another model says' "$? $(cat err)" '1 '
	is 'verify: where' "$(sed -n 's/^first: round 1, frame [0-9]*.*: '\
'device [0-9]*, model [0-9]*$/there/p' text)" there
else
	skip 'verify: not what another model says' "no $other"
fi

if [ -c /dev/full ]; then
	refused 'run: a full disk' 1 'No space left' "$srfpga" run \
		-d "$device" --inputfile in.npy --outputfile /dev/full
	refused 'a full disk' 1 'No space left' "$srfpga" upscale -d "$device" \
		rgb.in /dev/full
else
	skip 'a full disk' 'no /dev/full'
fi
if mkdir small_disk && mount -t tmpfs -o size=8k tmpfs small_disk 2> err; then
	refused 'a disk that fills up' 1 'No space left' \
		up rgb.in small_disk/o.png
	is 'nothing stays on the full disk' "$(ls -A small_disk)" ''
	umount small_disk
else
	skip 'a disk that fills up' 'cannot mount a small one'
fi

# Ctrl-C in the middle of a video.
if [ ! -x "$foreground" ] || [ ! -s in.y4m ]; then
	skip 'Ctrl-C' "no $foreground, or srfpga was built without libyuv"
else
	mkfifo endless
	"$foreground" "$srfpga" upscale -q -d "$device" endless out/o.y4m 2> err &
	pid=$!
	exec 3> endless
	cat in.y4m >&3
	while [ -z "$(ls out)" ]; do
		kill -0 $pid 2> /dev/null || break
	done
	kill -INT $pid
	wait $pid 2> /dev/null
	is 'Ctrl-C: ended by the signal' "$? $(cat err)" '130 '
	exec 3>&-
	is 'Ctrl-C: nothing is left' "$(ls -A out)" ''
	works 'Ctrl-C: the device goes on' up tiny.in tiny.png
fi

# The device goes while a video runs.
[ -n "$node" ] || done_testing
driver=/sys/class/srfpga/$node/device/driver
if [ -w "$driver/unbind" ] && [ "$(id -u)" = 0 ]; then
	name=$(basename "$(readlink -f "/sys/class/srfpga/$node/device")")
	driver=$(readlink -f "$driver")
	"$mkpic" y4m-444 "$w" "$h" long.y4m 3 ''
	mkfifo pipe
	"$srfpga" upscale -q -d "$device" pipe out/o.y4m 2> err &
	pid=$!
	exec 3> pipe
	cat long.y4m >&3
	while [ -z "$(ls out)" ]; do
		kill -0 $pid 2> /dev/null || break
	done
	echo "$name" > "$driver/unbind"
	tail -c $((3 * (6 + 3 * w * h))) long.y4m >&3 2> /dev/null
	exec 3>&-
	wait $pid
	is 'the device disappears: status' $? 1
	is 'the device disappears: message' "$(grep -c '^srfpga: .*No such device' \
		err)" 1
	is 'the device disappears: nothing is left' "$(ls -A out)" ''
	echo "$name" > "$driver/bind"
	works 'the device is back' up tiny.in tiny.png
else
	skip 'the device disappears' 'cannot unbind the driver here'
fi
done_testing
