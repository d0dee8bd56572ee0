#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Shows that a debug kernel and the check of its log see what they are for: one
# boot for each mistake of seeded.ko, and one without any. Speaks TAP.
#
#   seeded.sh debug|kcsan FOLDER  FOLDER below $O has seeded.ko, and gets the logs
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
kernel=$1 folder=$2
# A mistake and what the log must say of it.
debug_bugs=(
	'use-after-free=KASAN: .*use-after-free'
	'lock-order=possible circular locking dependency'
	'sleep-in-atomic=sleeping function called from invalid context'
	'unmap-size=DMA-API: .*different size'
	'leak=unreferenced object'
)
kcsan_bugs=('data-race=KCSAN: data-race in seed_')
case $kernel in
debug) bugs=('none=' "${debug_bugs[@]}") ;;
kcsan) bugs=('none=' "${kcsan_bugs[@]}") ;;
*) echo 'usage: seeded.sh debug|kcsan FOLDER' >&2; exit 2 ;;
esac

# plant BUG: the run's exit status and what it printed, as for any test's run.
plant()
{
	"$here/../vm/boot.sh" -k "$kernel" -d '' -t 900 -l "$folder/$1" -- \
		insmod "/build${folder#"$O"}/seeded.ko" "bug=$1" \
		> "$folder/$1.log" 2>&1
}

# 126 says that the command was well and the log is not.
caught()
{
	local status=0

	plant "$1" || status=$?
	if [ -z "$2" ]; then
		[ "$status" -eq 0 ]
	else
		[ "$status" -eq 126 ] && grep -qE "$2" "$folder/$1.log"
	fi
}

echo 'TAP version 13'
n=0
for entry in "${bugs[@]}"; do
	bug=${entry%%=*}
	n=$((n + 1))
	if caught "$bug" "${entry#*=}"; then
		echo "ok $n - $bug"
	else
		sed 's/^/# /' "$folder/$bug.log"
		echo "not ok $n - $bug"
	fi
done
echo "1..$n"
