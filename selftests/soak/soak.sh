#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# make soak, on the host's side: one boot with two accelerators, one of them
# without its interrupt, both kept to the memory that is mapped for them.
# usage: soak.sh SERIES MINUTES SEED; logs in $O/guest/soak
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
series=$1 minutes=$2 seed=$3
out=$O/guest/soak
module=/build/modules/$series-arm64/srfpga.ko
one=ports=idma0:in:UINT8:32x32x3/odma0:out:UINT8:32x32x3,label=xor
many=idma0:in:UINT8:16x16x3/idma1:in:INT4:8x9/wdma0:weights:INT8:5x8
many=ports=$many/odma0:out:UINT8:24x24x3/odma1:out:BIPOLAR:10x7,label=many

rm -rf "$out"
mkdir -p "$out"
# A minute for the boot, and as much again for a busy machine. vivid says "wrong
# timeout value", with a trace, when its thread is late.
"$here/../vm/boot.sh" -k "$series" -t $((minutes * 120 + 300)) -l "$out" \
	-a 'Call trace:' -d "$many,interrupt=off" -d "$one,interrupt=on" \
	-r "modprobe -q vgem
		modprobe -q vivid n_devs=1 node_types=0x1 allocators=1
		insmod /build/grants/$series/grants.ko
		insmod $module" \
	-- env "SRFPGA_MODULE=$module" /build/kselftest/soak "$minutes" "$seed" |
	tee "$out/soak.tap"
"$here/../fuzz/counts.sh" "$out/soak.tap"
grep -q '^ok .* 0 lost' "$out/soak.tap"
! grep -qE '^(not ok|Bail out)' "$out/soak.tap"
