#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# One boot of the guest with all of its tests, on the host's side: counts what
# they said, and the kernel's own log as one test more.
#
#   boot-run.sh SERIES on|off SECONDS PROGRAM...
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
series=$1 wiring=$2 limit=$3
shift 3
run=$series-$wiring
out=$O/guest/$run
bad=0

rm -rf "$out"
mkdir -p "$out" "$TAPDIR"
echo "-- Linux $series, interrupt $wiring"
status=0
"$here/../vm/boot.sh" -k "$series" -t "$limit" -l "$out" \
	-d "$PORTS,interrupt=$wiring" -d "$PORTS,interrupt=$wiring" \
	-- /host/selftests/guest/run-kselftests.sh -o "/build/guest/$run" \
	-m "/build/modules/$series-arm64/srfpga.ko" "$@" \
	> "$out/run.log" 2>&1 || status=$?

for program; do
	name=$(basename "${program%% *}")
	[ -e "$out/$name.tap" ] ||
		echo 'Bail out! it was not run' > "$out/$name.tap"
	"$here/../tap.sh" add "$TAPDIR" "$run-$name" "$out/$name.tap" || bad=1
done
case $status in
0 | 1) verdict='ok 1 - the log of kernel and FPGA model is clean' ;;
*) verdict="not ok 1 - the guest ended with status $status" ;;
esac
if grep -q 'complains:$' "$out/run.log"; then
	verdict='not ok 1 - the log of kernel and FPGA model is clean'
fi
{ cat "$out/run.log"; echo "$verdict"; echo 1..1; } > "$out/boot.log"
"$here/../tap.sh" add "$TAPDIR" "$run-boot" "$out/boot.log" || bad=1
exit $bad
