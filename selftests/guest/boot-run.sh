#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# One boot of the guest with its tests, on the host's side: counts what they
# said, and the kernel's own log as one test more.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)

usage()
{
	cat <<'TEXT'
usage: boot-run.sh RUN SECONDS PROGRAM...
  RUN      SERIES-WIRING[-KIND]: kernel series; interrupt wired: on, off, all
           KIND long: programs may take as long as the boot
           KIND exact: time is counted in instructions
           KIND poison: new memory holds patterns, not zeroes
           KIND bounce: devices get copies of memory, as if caches were not
           coherent
           KIND bare: the accelerators have no reset line
           KIND high: memory above 4 GiB (virt's begins at 1 GiB)
           KIND armhf: a 32-bit kernel
           KIND fail: allocations fail, for the kernel's own checks, too
           KIND sleep: the one program runs from memory and switches off
  SECONDS  limit of the whole boot
  PROGRAM  path in the guest with arguments, or NAME=COMMAND, as one word
Environment: O, TAPDIR; PORTS and PORTS1 describe the two accelerators.
TEXT
	exit 2
}

[ $# -ge 3 ] || usage
IFS=- read -r series wiring kind <<< "$1"
run=$1 limit=$2
shift 2
out=$O/guest/$run
arch=arm64
[ "$kind" != armhf ] || arch=armhf
module=/build/modules/$series-$arch/srfpga.ko
boot=("$here/../vm/boot.sh" -k "$series" -A "$arch" -t "$limit" -l "$out")
# The last one that is named becomes /dev/srfpga0.
options=interrupt=$wiring
[ "$kind" != bare ] || options+=,reset=off
boot+=(-d "$PORTS1,$options" -d "$PORTS,$options")
runner=(/host/selftests/guest/run-kselftests.sh -o "/build/guest/$run"
	-m "$module" -a memory_limit_mib=48)
case $series in
debug)
	runner+=(-t "$limit")
	# More mappings of one buffer than the checks can count are no mistake.
	boot+=(-a 'exceeded 7 overlapping mappings' -a 'Call trace:'
		-a 'WARNING: .* at add_dma_entry')
	[ "$kind" != fail ] || boot+=(-a 'tracking ENOMEM, dma-debug disabled')
	;;
# Only the driver is looked at; what others race about is not our business.
kcsan) runner+=(-t "$limit") boot+=(-a 'KCSAN: data-race in [^[]*$') ;;
esac

# The name of a program's log.
name_of()
{
	case ${1%% *} in
	*=*) echo "${1%%=*}" ;;
	*) basename "${1%% *}" ;;
	esac
}

rm -rf "$out"
mkdir -p "$out" "$TAPDIR"
echo "-- Linux $series, interrupt $wiring${kind:+, $kind}"
status=0
case $kind in
'' | armhf | fail | bare)
	"${boot[@]}" -- "${runner[@]}" "$@" > "$out/run.log" 2>&1 || status=$?
	;;
long)
	"${boot[@]}" -- "${runner[@]}" -t "$limit" "$@" \
		> "$out/run.log" 2>&1 || status=$?
	;;
exact)
	"${boot[@]}" -i 0 -- env SRFPGA_ICOUNT=1 "${runner[@]}" "$@" \
		> "$out/run.log" 2>&1 || status=$?
	;;
poison)
	"${boot[@]}" -x 'init_on_alloc=0 page_poison=1 slab_debug=FZPU' -- \
		"${runner[@]}" "$@" > "$out/run.log" 2>&1 || status=$?
	;;
bounce)
	"${boot[@]}" -x swiotlb=force -- "${runner[@]}" "$@" \
		> "$out/run.log" 2>&1 || status=$?
	;;
high)
	"${boot[@]}" -m 5120 -- "${runner[@]}" "$@" > "$out/run.log" 2>&1 ||
		status=$?
	;;
sleep)
	"${boot[@]}" -- /host/selftests/guest/run-sleep.sh "$module" "$1" \
		> "$out/run.log" 2>&1 || status=$?
	cp "$out/run.log" "$out/$(name_of "$1").tap"
	;;
*) usage ;;
esac

bad=0
for program; do
	name=$(name_of "$program")
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
{ grep -vE '^(not )?ok |^1\.\.' "$out/run.log" || true
	echo "$verdict"; echo 1..1; } > "$out/boot.log"
"$here/../tap.sh" add "$TAPDIR" "$run-boot" "$out/boot.log" || bad=1
exit $bad
