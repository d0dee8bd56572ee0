#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# srfpga run --runtime_weight_dir on a device with a weight DMA: weights.sh DEVICE
# DEVICE computes what the FPGA model's xor fabric does, with the ports idma0 and
# odma0, UINT8 of 8, and wdma0, INT4 of 2x8. Speaks TAP; runs in the guest.
# shellcheck source-path=SCRIPTDIR source=../lib.sh
[ -n "${O:-}" ] || O=/build/arm64
SRCDIR=${SRCDIR:-$(cd "$(dirname "$0")/../../.." && pwd)}
. "$SRCDIR/selftests/tools/lib.sh"
device=$1

# array DESCR SHAPE FILE NUMBER...: of single bytes
array() {
	descr=$1 shape=$2 file=$3
	shift 3
	npy "$descr" False "$shape" 0 "$file"
	for byte; do
		# shellcheck disable=SC2059
		printf "\\$(printf %03o $((byte & 255)))" >> "$file"
	done
}

# The fabric's rule for two frames: key ^ input ^ weights rotated left by 1.
expected() { # INPUT... (16), packed weights... (8)
	shift 16
	weights=$*
	for byte in $input; do
		# shellcheck disable=SC2086 # a list of numbers
		set -- $weights
		w=$1
		shift
		weights="$* $w"
		echo $((90 ^ byte ^ ((w << 1 | w >> 7) & 255)))
	done
}

input='0 1 2 3 4 5 6 7 255 254 128 64 32 16 8 4'
# shellcheck disable=SC2086 # lists of numbers
array '|u1' '(2, 8)' in.npy $input
codes='-8 7 1 2 3 -1 0 5 -2 -3 4 6 -7 -6 -5 -4'
packed=
# shellcheck disable=SC2086
set -- $codes
while [ $# -gt 0 ]; do
	packed="$packed $((($1 & 15) | ($2 & 15) << 4))"
	shift 2
done
mkdir w f runtime_weights
# shellcheck disable=SC2086
array '|i1' '(2, 8)' w/wdma0.npy $codes
# shellcheck disable=SC2086
array '|u1' '(8,)' f/wdma0.npy $packed
array '|u1' '(8,)' runtime_weights/wdma0.npy 0 0 0 0 0 0 0 0
# shellcheck disable=SC2086
want=$(expected $input $packed | tr '\n' ' ')

run() { # OPTION...
	"$srfpga" run -q -d "$device" --inputfile in.npy --outputfile out.npy \
		"$@" 2> err && tail -c 16 out.npy | od -An -v -tu1 |
		tr -s ' \n' ' ' | sed 's/^ //'
}
is 'weights as numbers' "$(run --runtime_weight_dir w)" "$want"
is "weights as FINN's build leaves them" "$(run --runtime_weight_dir f)" "$want"
is 'the same for every frame of a job and for every job' \
	"$(run --runtime_weight_dir w --batchsize 1)" "$want"
# shellcheck disable=SC2086
zero=$(expected $input 0 0 0 0 0 0 0 0 | tr '\n' ' ')
is 'FINN'\''s folder where none is given' "$(run)" "$zero"
works 'throughput_test' "$srfpga" run -d "$device" --runtime_weight_dir w \
	--exec_mode throughput_test --batchsize 4

weighted() { # NAME TEXT FOLDER
	refused "$1" 1 "$2" "$srfpga" run -d "$device" --inputfile in.npy \
		--outputfile out/o.npy --runtime_weight_dir "$3"
}
mkdir none dat large many short
weighted 'no file for the port' 'No such file' none
cp w/wdma0.npy dat
echo 00000001 > dat/0_0_MVAU.dat
weighted 'weights behind registers' 'not supported' dat
# shellcheck disable=SC2086
array '|i1' '(2, 8)' large/wdma0.npy 8 ${codes#-8 }
weighted 'a weight that does not fit' 'element 0 is 8, but INT4' large
# shellcheck disable=SC2086
array '|i1' '(2, 2, 8)' many/wdma0.npy $codes $codes
weighted 'two frames of weights' 'weights are one frame' many
array '|u1' '(7,)' short/wdma0.npy 1 2 3 4 5 6 7
weighted 'too few packed bytes' 'does not fit' short
done_testing
