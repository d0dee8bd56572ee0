#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The tests of the tool in the guest, and the same picture on the host: the
# device must give the bits that the software FPGA gives for the whole picture.
# boot.sh SERIES MODEL; environment: O, TAPDIR.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../../.." && pwd)
series=$1 model=$2
out=$O/guest/tools

rm -rf "$out"
mkdir -p "$out" "$TAPDIR"
cat > "$out/run.sh" <<EOG
insmod /build/modules/$series-arm64/srfpga.ko || exit
KEEP=/build/guest/tools /host/selftests/tools/guest/device.sh \
	> /build/guest/tools/tools_device.tap 2>&1
EOG
status=0
"$top/selftests/vm/boot.sh" -k "$series" -t 600 -l "$out" \
	-d "fabric=soft,model=$model,height=48,width=64,interrupt=all" \
	-- sh /build/guest/tools/run.sh > "$out/run.log" 2>&1 || status=$?

{
	echo 'TAP version 13'
	case $status in
	0 | 1) echo 'ok 1 - the log of kernel and FPGA model is clean' ;;
	*)
		sed 's/^/# /' "$out/run.log"
		echo "not ok 1 - the guest ended with status $status"
		;;
	esac
	if "$O/srfpga" upscale -q -d "soft:$model" "$out/picture.in" \
		"$out/host.ppm" &&
	   cmp "$out/host.ppm" "$out/picture.ppm"; then
		echo 'ok 2 - the device has the bits of the whole picture'
	else
		echo 'not ok 2 - the device has the bits of the whole picture'
	fi
	echo 1..2
} > "$out/tools_boot.tap" 2>&1

bad=0
for name in tools_device tools_boot; do
	[ -e "$out/$name.tap" ] ||
		echo 'Bail out! it was not run' > "$out/$name.tap"
	"$top/selftests/tap.sh" add "$TAPDIR" "$name" "$out/$name.tap" || bad=1
done
exit $bad
