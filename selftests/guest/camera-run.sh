#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The camera's test on the host's side: boots the guest, then compares what the
# accelerator made of the last frames with what the software FPGA makes of them.
#
#   camera-run.sh SERIES FRAMES FOLDER      FOLDER below $O
set -euo pipefail

top=$(cd "$(dirname "$0")/../.." && pwd)
series=$1 frames=$2 out=$3
model=$top/tools/models/lrsrn_x2.onnx
status=0

"$top/selftests/vm/boot.sh" -k "$series" -t 600 -c 256 -l "$out/boot" \
	-d "fabric=soft,model=$model,height=180,width=320" \
	-q -device -q cirrus-vga,romfile= \
	-- sh /host/selftests/guest/camera.sh \
	"/build/modules/$series-arm64/srfpga.ko" "$frames" \
	"/build${out#"$O"}" > "$out/guest.log" 2>&1 || status=$?
grep -v '^1\.\.' "$out/guest.log" || true
n=$(grep -cE '^(not )?ok ' "$out/guest.log" || true)

result() { # STATUS NAME
	n=$((n + 1))
	[ "$1" = 0 ] || printf 'not '
	echo "ok $n - $2"
}

# A guest that broke off says how many tests there should have been.
result "$((status > 1))" "the guest ended well and its log is clean ($status)"
found=0
for out_ppm in "$out"/*_out.ppm; do
	[ -e "$out_ppm" ] || continue
	name=$(basename "$out_ppm" _out.ppm)
	same=0
	"$O/srfpga" upscale -q -d "soft:$model" "$out/${name}_in.ppm" \
		"$out/${name}_ref.ppm" || same=1
	cmp "$out_ppm" "$out/${name}_ref.ppm" || same=1
	result $same "$name: the bits of the software FPGA"
	found=$((found + 1))
done
result "$((found < 3))" "$found frames were compared"
echo "1..$n"
