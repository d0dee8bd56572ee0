#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The NEON kernel against the reference under qemu-user, built for arm64: random
# graphs, and every layer of networks in files.

cache=${XDG_CACHE_HOME:-$HOME/.cache}/srfpga
sysroot=$cache/sysroot-arm64
out=$O/neon
test=$out/tests/soft_fast_random

skip() {
	echo "1..0 # SKIP $1"
	exit 0
}

echo "TAP version 13"
[[ $O == */asan ]] && skip "the plain build runs it"
command -v qemu-aarch64 > /dev/null || skip "no qemu-aarch64 (qemu-user)"
command -v aarch64-linux-gnu-gcc > /dev/null || skip "no aarch64-linux-gnu-gcc"
[[ -e $sysroot/usr/include/protobuf-c ]] || skip "no arm64 sysroot in the cache"

cd "$SRCDIR" || exit 1
layers=$out/tests/soft-layers
if ! make -s -j"$(nproc)" O="$out" CROSS=aarch64-linux-gnu- SYSROOT="$sysroot" "$test" \
		"$layers" > "$O/neon.log" 2>&1; then
	sed 's/^/# /' "$O/neon.log"
	echo "1..1"
	echo "not ok 1 - the arm64 tests build"
	exit 1
fi
run=(qemu-aarch64 -L "$sysroot")
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT

# Emulation is slow: a few networks of each kind.
SRFPGA_TEST_GRAPHS=${SRFPGA_TEST_GRAPHS:-10} "${run[@]}" "$test" \
	> "$folder/graphs"
bad=$?
grep -v -e '^TAP' -e '^1\.\.' "$folder/graphs"
number=$(($(grep -c -E '^(not )?ok' "$folder/graphs") + 1))

name="every layer of networks in files"
if mapfile -t files < <(python3 selftests/soft/write_networks.py "$folder" 3) &&
		((${#files[@]})); then
	if "${run[@]}" "$layers" 0 0 1 "${files[@]}"; then
		echo "ok $number - $name"
	else
		echo "not ok $number - $name"
		bad=1
	fi
else
	echo "ok $number - $name # SKIP no numpy"
fi
echo "1..$number"
exit "$bad"
