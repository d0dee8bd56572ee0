#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The FPGA model against its register contract, in a guest without a driver:
# fpga-check.sh SERIES ARCH. Everything is built (make fpga-check).
# Environment: O, TAPDIR (where the counted TAP goes).
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
series=$1 arch=$2
O=$(realpath -m "${O:-build}")
export O
out=$O/vm/check-$series-$arch
tap=("$here/../tap.sh" add "${TAPDIR:-$out/tap}")
# Without clock and reset nodes no driver owns their page.
common=interrupt=all,clock=off,reset=off
two=idma0:in:UINT8:1000/odma0:out:UINT8:600
many=idma0:in:UINT8:96/idma1:in:UINT8:64/wdma0:weights:UINT8:32:reps=3
many=$many/odma0:out:UINT8:96/odma1:out:UINT8:48
programs=(fpga_smoke fpga_ports)

rm -rf "$out"
mkdir -p "$out"
commands='status=0'
for program in "${programs[@]}"; do
	commands+="; /build/$arch/$program > /build/vm/check-$series-$arch/$program.tap"
	commands+=' || status=1'
done
bad=0
# Counted time: a busy machine cannot make the guest late.
"$here/boot.sh" -i 0 -k "$series" -A "$arch" -v -l "$out" \
	-d "ports=$two,$common" -d "ports=$many,$common" \
	-- sh -c "$commands; exit \$status" || bad=1
for program in "${programs[@]}"; do
	[ -e "$out/$program.tap" ] ||
		echo 'Bail out! the guest did not get there' > "$out/$program.tap"
	"${tap[@]}" "$program-$series-$arch" "$out/$program.tap" || bad=1
done
exit $bad
