#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The NEON kernel against the reference: the random networks, built for arm64
# and run under qemu-user.

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
if ! make -s O="$out" CROSS=aarch64-linux-gnu- SYSROOT="$sysroot" "$test" \
		> "$O/neon.log" 2>&1; then
	sed 's/^/# /' "$O/neon.log"
	echo "1..1"
	echo "not ok 1 - the arm64 test builds"
	exit 1
fi
# Emulation is slow: a few networks of each kind.
SRFPGA_TEST_GRAPHS=${SRFPGA_TEST_GRAPHS:-10} \
	qemu-aarch64 -L "$sysroot" "$test" | tail -n +2
exit "${PIPESTATUS[0]}"
