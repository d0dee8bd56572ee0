#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# make bench-driver: how busy the driver keeps the accelerator, with the interrupt
# and without, and FINN's way beside it. Time in the guest is counted in
# instructions (1 ns each), so the figures do not depend on this machine.
# usage: bench-driver.sh SERIES; writes $O/bench-driver.json
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
series=$1
ports=ports=idma0:in:UINT8:32x32x3/odma0:out:UINT8:32x32x3
json=$O/bench-driver.json

# One boot; prints "key value" lines.
measure()
{
	"$here/../vm/boot.sh" -k "$series" -i 0 -t 600 \
		-d "$ports,label=bare,clock=off,reset=off" \
		-d "$ports,label=bench,interrupt=$1" \
		-r "insmod /build/modules/$series-arm64/srfpga.ko
			echo 4 > /proc/sys/vm/nr_hugepages" \
		-- /build/kselftest/benchdriver
}

wired=$(measure on)
polled=$(measure off)
value()
{
	awk -v key="$2" '$1 == key { print $2; found = 1 } END { exit !found }' \
		<<< "$1"
}
row()
{
	printf '%-28s %10s %10s %14s\n' "$@"
}

row 'busy (of the time)' interrupt timer "FINN's way"
for interval in 1ms 100us; do
	row "interval $interval" "$(value "$wired" busy_$interval)" \
		"$(value "$polled" busy_$interval)" \
		"$(value "$wired" userspace_busy_$interval)"
done
row 'submit to event' "$(value "$wired" submit_to_event_instructions)" \
	"$(value "$polled" submit_to_event_instructions)" instructions
{
	echo '{'
	awk '{ printf "  \"%s\": %s,\n", $1, $2 }' <<< "$wired"
	grep -v ^userspace <<< "$polled" |
		awk '{ printf "  \"%s_timer\": %s,\n", $1, $2 }'
	printf '  "latency_intervals": 4,\n  "kernel": "%s"\n}\n' "$series"
} > "$json.tmp"
mv "$json.tmp" "$json"
echo "$json"
