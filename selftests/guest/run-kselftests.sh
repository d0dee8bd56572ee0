#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# Runs in the guest: loads the driver and what the tests want beside it, runs the
# tests one by one, leaves their TAP in a folder, prints a line for each.
set -u

usage()
{
	cat <<'TEXT'
usage: run-kselftests.sh [-m MODULE [-a ARGS]] [-o FOLDER] [-t SECONDS] PROGRAM...
  -m MODULE   the driver to load first
  -a ARGS     its parameters
  -o FOLDER   where NAME.tap goes (/tmp)
  -t SECONDS  limit of one program (600)
A program is a path with optional arguments, as one word, named as the file, or
NAME=COMMAND: "tests/abi -t name", "second=env SRFPGA_DEVICE=/dev/srfpga1 abi".
TEXT
}

module='' args='' out=/tmp limit=600
while getopts m:a:o:t:h option; do
	case $option in
	m) module=$OPTARG ;;
	a) args=$OPTARG ;;
	o) out=$OPTARG ;;
	t) limit=$OPTARG ;;
	h) usage; exit ;;
	*) usage >&2; exit 2 ;;
	esac
done
shift $((OPTIND - 1))

# The tests skip what is not there.
for peer in vgem "vivid n_devs=1 node_types=0x1 allocators=1" udmabuf; do
	# shellcheck disable=SC2086 # module and parameters
	modprobe -q $peer 2>/dev/null
done
[ ! -e /proc/sys/vm/nr_hugepages ] || echo 4 > /proc/sys/vm/nr_hugepages
if [ -n "$module" ]; then
	# shellcheck disable=SC2086 # several parameters
	insmod "$module" $args || exit 1
	export SRFPGA_MODULE="$module" SRFPGA_MODULE_ARGS="$args"
	export SRFPGA_RULES=/host/kernel/60-srfpga.rules
fi

# verdict LOG STATUS: "passed failed skipped" of one program
verdict()
{
	awk -v status="$2" '
	/^ok / { if (toupper($0) ~ /# *SKIP/) s++; else p++; n++ }
	/^not ok / { f++; n++ }
	/^1\.\./ { split($1, a, "\\.\\."); plan = a[2] + 0; planned = 1 }
	END {
		if (!planned || plan != n || (status > 1 && status != 4)) f++
		print p + 0, f + 0, s + 0
	}' "$1"
}

bad=0
mkdir -p "$out"
for program; do
	case ${program%% *} in
	*=*) name=${program%%=*} program=${program#*=} ;;
	*) name=$(basename "${program%% *}") ;;
	esac
	before=$(cut -d ' ' -f 1 /proc/uptime)
	echo "srfpga-test: $name" > /dev/kmsg
	# shellcheck disable=SC2086 # program and arguments
	timeout -k 5 "$limit" $program > "$out/$name.tap" 2>&1
	status=$?
	case $status in
	0 | 1 | 4) ;;
	*) echo "Bail out! exit status $status" >> "$out/$name.tap" ;;
	esac
	# shellcheck disable=SC2046 # three numbers
	set -- $(verdict "$out/$name.tap" $status)
	after=$(cut -d ' ' -f 1 /proc/uptime)
	printf '%-16s %4d passed %4d failed %4d skipped %6.1f s\n' "$name" \
		"$1" "$2" "$3" "$(echo "$after $before" | awk '{ print $1 - $2 }')"
	[ "$2" -eq 0 ] || { bad=1; grep -B 8 '^not ok' "$out/$name.tap"; }
done
exit $bad
