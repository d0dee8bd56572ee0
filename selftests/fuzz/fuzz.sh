#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# make fuzz-driver, on the host's side: the fuzzer in the guest, most of the calls
# on one processor, where threads race by preemption and emulation is quick, the
# rest on two, half of these without an interrupt; a few on a debug kernel, which
# sees what others do not, while the others' model is kept to the memory that is
# mapped for it. Logs in $O/guest/fuzz-*.
#
#   fuzz.sh SERIES CALLS SEED [DEBUG-SERIES]
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
series=$1 calls=$2 seed=$3 debug=${4-}
many=idma0:in:UINT8:16x16x3/idma1:in:INT4:8x9/wdma0:weights:INT8:5x8
many=ports=$many/odma0:out:UINT8:24x24x3/odma1:out:BIPOLAR:10x7,label=many
logs=()

# NAME SERIES PROCESSORS INTERRUPT CALLS SEED
fuzz()
{
	local out=$O/guest/fuzz-$1 status=0 limit=$(($5 / 200 + 900)) allow=()
	local grants="insmod /build/grants/$2/grants.ko"

	if [ "$2" = debug ]; then
		limit=$(($5 / 20 + 900))
		grants=''
		# As in boot-run.sh: more mappings than it can count.
		allow=(-a 'exceeded 7 overlapping mappings' -a 'Call trace:'
			-a 'WARNING: .* at add_dma_entry')
		# The CMA heap synchronises in the direction that a user names.
		allow+=(-a 'syncs DMA memory with different direction'
			-a 'WARNING: .* at check_sync' -a 'DMA-API: Mapped at:')
	fi
	mkdir -p "$out"
	echo "-- Linux $2, $3 processor(s), interrupt $4"
	"$here/../vm/boot.sh" -k "$2" -s "$3" -t "$limit" -l "$out" \
		"${allow[@]}" -d "$many,interrupt=$4" \
		-r "modprobe -q vgem; modprobe -q udmabuf
			$grants
			insmod /build/modules/$2-arm64/srfpga.ko \
				memory_limit_mib=48" \
		-- /build/kselftest/fuzz -c "$5" -s "$6" -T "$((limit - 60))" \
		> "$out/fuzz.tap" 2>&1 || status=$?
	cat "$out/fuzz.tap"
	logs+=("$out/fuzz.tap")
	grep -q '^ok .* 0 lost' "$out/fuzz.tap" || status=1
	! grep -qE '^(not ok|Bail out)' "$out/fuzz.tap" || status=1
	return $status
}

bad=0
few=$((calls / 8)) least=0
[ -z "$debug" ] || least=$((calls / 20))
fuzz 1 "$series" 1 on $((calls - 2 * few - least)) "$seed" || bad=1
fuzz 2 "$series" 2 on $few $((seed + 1)) || bad=1
fuzz polled "$series" 2 off $few $((seed + 2)) || bad=1
[ -z "$debug" ] || fuzz debug "$debug" 2 on $least $((seed + 3)) || bad=1
echo "-- all"
"$here/counts.sh" "${logs[@]}" || bad=1
exit $bad
