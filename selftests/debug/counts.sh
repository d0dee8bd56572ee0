#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What a run on the debug kernel amounts to, from its logs.
#
#   counts.sh LOGDIR
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$1"

# Sum of the numbers before WORD in the lines "fail-nth ..." of all runs.
failures()
{
	cat ./*failnth*.tap 2>/dev/null |
		sed -n "s/^# fail-nth .* \([0-9]*\) $1.*/\1/p" |
		awk '{ n += $1 } END { print n + 0 }'
}

matching()
{
	cat /dev/null "${@:2}" 2>/dev/null | grep -cE "$1" || true
}

# Lines of the guests' logs that boot.sh found wrong.
reports()
{
	awk '/complains:$/ { inside = 1; next }
		/^(not )?ok / { inside = 0 }
		inside { n++ }
		END { print n + 0 }' ./*-boot.tap
}

echo "  reports in the logs of the runs: $(reports)"
echo "  KUnit: $(matching '^ok ' ./*-kunit.tap) of $(matching \
	'^(not )?ok ' ./*-kunit.tap) passed"
echo "  seeded bugs caught: $(matching '^ok .* - [^n]' ./*-seeded.tap) of $(matching \
	'^(not )?ok .* - [^n]' ./*-seeded.tap)"
echo "  fail-nth: $(failures failures:) failures injected: $(failures \
	ENOMEM) ended with ENOMEM, $(failures EFAULT) with EFAULT, $(failures \
	unharmed) did no harm"
echo "  fuzzer and soak:"
shopt -s nullglob
"$here/../fuzz/counts.sh" /dev/null ./*-fuzz.tap ./*-soak.tap || true
