#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# make fuzz-driver, on the host's side: the fuzzer in the guest, three quarters
# of the calls on one processor, where threads race by preemption and emulation
# is quick, the rest on two. Logs in $O/guest/fuzz-*.
#
#   fuzz.sh SERIES CALLS SEED
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
series=$1 calls=$2 seed=$3
many=idma0:in:UINT8:16x16x3/idma1:in:INT4:8x9/wdma0:weights:INT8:5x8
many=ports=$many/odma0:out:UINT8:24x24x3/odma1:out:BIPOLAR:10x7,label=many
limit=$((calls / 200 + 900))

# PROCESSORS CALLS SEED
fuzz()
{
	local out=$O/guest/fuzz-$1 status=0

	mkdir -p "$out"
	echo "-- Linux $series, $1 processor(s)"
	"$here/../vm/boot.sh" -k "$series" -s "$1" -t "$limit" -l "$out" \
		-d "$many,interrupt=on" \
		-r "modprobe -q vgem; modprobe -q udmabuf
			insmod /build/modules/$series-arm64/srfpga.ko \
				memory_limit_mib=48" \
		-- /build/kselftest/fuzz -c "$2" -s "$3" -T "$((limit - 60))" \
		> "$out/fuzz.tap" 2>&1 || status=$?
	cat "$out/fuzz.tap"
	! grep -qE '^(not ok|Bail out)' "$out/fuzz.tap" || status=1
	return $status
}

bad=0
fuzz 1 $((calls - calls / 4)) "$seed" || bad=1
fuzz 2 $((calls / 4)) $((seed + 1)) || bad=1
exit $bad
