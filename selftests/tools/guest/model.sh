#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# The tool on a device that computes a shipped model: model.sh DEVICE MODEL.onnx
# DEVICE is of the driver or soft:MODEL.onnx of the size of the expected output's
# input. What must come out lies beside the model, from the training framework.
# With BRIEF=1 only that is looked at, not every command.
# Speaks TAP; runs in the guest, on a board and on the host.
# shellcheck source-path=SCRIPTDIR source=../lib.sh
case $(uname -m) in
aarch64) arch=arm64 ;;
armv7l) arch=armhf ;;
*) arch=$(uname -m) ;;
esac
[ -n "${O:-}" ] || [ ! -x "/build/$arch/srfpga" ] || O=/build/$arch
SRCDIR=${SRCDIR:-$(cd "$(dirname "$0")/../../.." && pwd)}
. "$SRCDIR/selftests/tools/lib.sh"

device=$1 model=$2
net=$(basename "$model" .onnx)
golden=$(dirname "$model")/golden
node=
case $device in
soft:*) ;;
*) node=${device#/dev/} ;;
esac

works "$net: info" "$srfpga" info -d "$device"
cp stdout info
input=$(awk '$1 == "input" { print $4 }' info)
output=$(awk '$1 == "output" { print $4 }' info)
in=$golden/in_$input.npy want=$golden/$net.npy
if [ ! -r "$in" ] || [ ! -r "$want" ]; then
	bad "$net: input and expected output" "no $in, $want"
	done_testing
fi
h=${input%%x*} w=${input#*x}
c=${w#*x} w=${w%%x*}

# What FINN's driver does.
works "$net: run" "$srfpga" run -d "$device" --inputfile "$in" \
	--outputfile out.npy
same "$net: every bit is the expected one" out.npy "$want"

commands() {
	"$srfpga" run -q -d "$device" --batchsize 1 --inputfile "$in" \
		--outputfile one.npy
	same "$net: one frame a job" one.npy "$want"
	works "$net: throughput_test" "$srfpga" run -d "$device" \
		--exec_mode throughput_test --batchsize 4
	is "$net: its figures" "$(grep -c . stdout)" 12
	works "$net: verify" "$srfpga" verify -d "$device" --model "$model" \
		--frames 2 --rounds 2
	is "$net: equal to the software FPGA" "$(sed 's/[0-9]*//g' stdout)" \
		'equal:  frames'
	works "$net: bench" "$srfpga" bench -d "$device" --time 50ms \
		--batch 1,4 --depth 1,2 --csv
	is "$net: bench: points" "$(grep -c "$device" stdout)" 4
	[ -n "$node" ] || return
	works "$net: monitor" "$srfpga" monitor --count 1 --interval 100ms
	is "$net: monitor: this device" "$(grep -c "^$device " stdout)" 1
}
[ -n "${BRIEF:-}" ] || commands

# The first frame as a picture. (A .npy of version 1 has a header of 128 bytes
# for such short shapes.)
kind=P6
[ "$c" = 1 ] && kind=P5
{
	echo "$kind $w $h 255"
	tail -c +129 "$in" | head -c $((h * w * c))
} > frame.ppm

case $output in
*x*x*) # a picture: the frame is the picture
	works "$net: upscale" "$srfpga" upscale -d "$device" frame.ppm up.ppm
	tail -c +129 "$want" > a
	tail -c "$(wc -c < a)" up.ppm > b
	same "$net: the expected picture" a b
	done_testing
	;;
*x*) done_testing ;;
esac

# The numbers that come out, and which is the largest.
numbers() {
	case $(awk '$1 == "output" { print $3 }' info) in
	INT8) number=-td1 ;;
	UINT8) number=-tu1 ;;
	INT16) number=-td2 ;;
	INT32) number=-td4 ;;
	*) number= ;;
	esac
	step=$(sed -n 's/^  output .*scale //p' info)
	if [ -n "$number" ]; then
		works "$net: numbers" "$srfpga" classify -d "$device" --unit codes \
			--json frame.ppm
		tail -c +129 "$want" | od -An -v "$number" | tr -s ' ' '\n' |
			grep . | head -n "$output" |
			awk -v s="${step:-1}" '{ printf "%.6g\n", $1 * s }' > a
		awk '/\[/ { list = $0 ~ /values/; next } list && /[0-9]/ {
			printf "%.6g\n", $1 + 0 }' stdout > b
		same "$net: the expected numbers" a b
	fi
	if [ "$output" -gt 1 ]; then
		works "$net: classify" "$srfpga" classify -d "$device" --top 1 \
			frame.ppm
		best=$(awk '$1 > most || NR == 1 { most = $1; at = NR - 1 }
			END { print at }' a)
		is "$net: the expected class" "$(awk 'NR == 2 { print $1 }' stdout)" \
			"$best"
	fi
}
[ -n "${BRIEF:-}" ] || numbers

"$mkpic" rgb $((2 * w + 3)) $((h + 9)) photo.png
how='--top 99'
[ "$output" -gt 1 ] || how=--regression
# shellcheck disable=SC2086 # two words
works "$net: a photograph" "$srfpga" classify -d "$device" $how photo.png
[ -z "${KEEP:-}" ] || {
	cp photo.png "$KEEP/$net.png"
	cp stdout "$KEEP/$net.classes"
}
[ -n "${BRIEF:-}" ] || refused "$net: it does not upscale" 1 '' "$srfpga" \
	upscale -d "$device" frame.ppm out/up.ppm
done_testing
