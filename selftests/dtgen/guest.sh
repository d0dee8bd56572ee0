#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# In the guest: the accelerators that the devicetree describes are there and
# compute. Speaks TAP; arrays stay for the host to compare.
#
#   guest.sh FOLDER MODULE JOB...     JOB: KIND:LABEL, in FOLDER/LABEL
#     frames   arrays in0.npy … to out0.npy …; info; interrupts as in the file
#     reset    a hang ends with a reset, and the next frames are right
#     long     a job of more nanoseconds than 32 bits hold
#     digest   one frame, in0.npy, to the digest of what comes, out0.sha256
#     runs     frames of it come to an end
#     wrong    no device: nodes that the driver refuses, as in the file reasons
#     verify   it computes what FOLDER/LABEL/model.onnx says
# Environment: CONTROL, the address of the FPGA model's control page
# shellcheck source-path=SCRIPTDIR source=../tools/lib.sh
SRCDIR=${SRCDIR:-$(cd "$(dirname "$0")/../.." && pwd)}
. "$SRCDIR/selftests/tools/lib.sh"

folder=$1 module=$2
shift 2
# Registers of the model's control page (fpga_ctl.h): a frame never leaves; the
# nanoseconds that frames are inside.
fault_hang=0x100 latency_lo=0x20 latency_hi=0x24

device_of() { # LABEL: /dev/srfpgaN
	for at in /sys/class/srfpga/*; do
		[ "$(cat "$at/label")" = "$1" ] && echo "/dev/${at##*/}"
	done
}

# shellcheck disable=SC2317 # called by works and refused
run_frames() { # LABEL DEVICE OUT [OPTION...]
	in=$folder/$1 dev=$2 to=$3 ins='' outs=''
	shift 3
	for file in "$in"/in*.npy; do
		ins="$ins $file"
	done
	n=$("$srfpga" info -d "$dev" | grep -c '^  output ')
	while [ "$n" -gt 0 ]; do
		n=$((n - 1))
		outs="$to/out$n.npy $outs"
	done
	[ ! -d "$in/weights" ] || set -- "$@" --runtime_weight_dir "$in/weights"
	# shellcheck disable=SC2086 # lists of files
	"$srfpga" run -q -d "$dev" "$@" --inputfile $ins --outputfile $outs
}

job_frames() { # LABEL DEVICE
	works "$1: info" "$srfpga" info -d "$2" --json
	cp stdout "$folder/$1/info.json"
	name=$(basename "$(readlink -f "/sys/class/srfpga/${2#/dev/}/device")")
	awk -v name="$name" '$NF ~ name { print $(NF - 2) }' /proc/interrupts |
		sort -n > wired
	same "$1: the driver has the interrupts of the fabric" wired \
		"$folder/$1/interrupts"
	works "$1: frames" run_frames "$1" "$2" "$folder/$1"
}

job_reset() {
	devmem $((CONTROL + fault_hang)) 32 1
	refused "$1: a frame that never leaves" 1 'not finished in time' \
		run_frames "$1" "$2" out --timeout 300ms
	is "$1: the reset was the right line" \
		"$(cat "/sys/class/srfpga/${2#/dev/}/state")" ready
	works "$1: frames after it" run_frames "$1" "$2" .
	for file in out*.npy; do
		same "$1: $file is as before" "$file" "$folder/$1/$file"
	done
}

latency() { # NANOSECONDS
	devmem $((CONTROL + latency_lo)) 32 $(($1 & 0xffffffff))
	devmem $((CONTROL + latency_hi)) 32 $(($1 >> 32))
}

job_long() {
	busy=$(cat "/sys/class/srfpga/${2#/dev/}/busy_ns")
	latency 5000000000
	works "$1: a job of 5 s or more" run_frames "$1" "$2" . --timeout 20s
	latency 0
	busy=$(($(cat "/sys/class/srfpga/${2#/dev/}/busy_ns") - busy))
	is "$1: it was counted" $((busy >= 5000000000)) 1
}

job_digest() {
	works "$1: one frame" run_frames "$1" "$2" . --timeout 100s
	sha256sum < out0.npy > "$folder/$1/out0.sha256"
}

job_verify() {
	works "$1: computes what the model says" "$srfpga" verify -q -d "$2" \
		--model "$folder/$1/model.onnx" --frames 1 --rounds 2
}

job_runs() {
	works "$1: frames" "$srfpga" run -q -d "$2" \
		--exec_mode throughput_test --batchsize 2
}

# Once, with the reason; whatever was accepted in spite of it would be a device.
job_wrong() {
	bus=/sys/bus/platform/devices
	dmesg | sed -n 's/.* srfpga [0-9a-f]*\.\(.*\): error -EINVAL: /\1|/p' > said
	while IFS='|' read -r node what reason; do
		is "refused: $what" "$(grep -cFx "$node|$reason" said)" 1
		is "no device: $what" \
			"$(find $bus/*."$node" $bus/*."$node"/driver 2> /dev/null)" \
			"$(echo $bus/*."$node")"
	done < "$folder/$1/reasons"
}

run_job() { # KIND LABEL DEVICE
	case $1 in
	frames) job_frames "$2" "$3" ;;
	reset) job_reset "$2" "$3" ;;
	long) job_long "$2" "$3" ;;
	digest) job_digest "$2" "$3" ;;
	runs) job_runs "$2" "$3" ;;
	verify) job_verify "$2" "$3" ;;
	*) bad "$2: a job for it" "$1 is none" ;;
	esac
}

insmod "$module" || skip_all 'the driver cannot be loaded'
for job; do
	label=${job#*:}
	if [ "$job" = wrong:wrong ]; then
		job_wrong wrong
		continue
	fi
	device=$(device_of "$label")
	if [ -c "$device" ]; then
		run_job "${job%%:*}" "$label" "$device"
	else
		bad "$label is there" "no device among $(ls /sys/class/srfpga)"
	fi
done
done_testing
