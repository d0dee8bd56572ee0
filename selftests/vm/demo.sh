#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The whole stack on one picture: a guest loads srfpga.ko, the tool upscales the
# picture on the FPGA model behind it; the same picture goes through the
# software FPGA on the host; the results must have the same bits.
#
#   demo.sh [PICTURE]      everything is built (make demo); results in demo/
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
O=$(realpath -m "${O:-$top/build}")
export O
picture=$(realpath "${1:-$top/tools/models/sample.png}")
model=$top/tools/models/lrsrn_x2.onnx
series=${VM_SERIES:-6.12}
# The accelerator's frame is smaller than the picture: it has to be cut.
height=192 width=256
out=$top/demo
work=$O/demo

mkdir -p "$out" "$work"
rm -f "$work"/*.png "$out"/*
input=input.${picture##*.}
cp "$picture" "$work/$input"

echo "== guest: Linux $series (arm64), srfpga.ko, FPGA model at ${width}x$height"
cat > "$work/guest.sh" <<EOG
insmod /build/modules/$series-arm64/srfpga.ko || exit
cd /build/demo || exit
/build/arm64/srfpga info || exit
/build/arm64/srfpga upscale -q --stats -d /dev/srfpga0 $input guest.png
EOG
start=$(date +%s)
"$here/boot.sh" -k "$series" -l "$work/log" \
	-d "fabric=soft,model=$model,height=$height,width=$width" \
	-- sh /build/demo/guest.sh
echo "   ($(($(date +%s) - start)) s from power-on to power-off)"

echo "== host: the same picture through the software FPGA, in one piece"
"$O/srfpga" upscale -q --stats -d "soft:$model" "$picture" "$work/host.png"

cp "$work/guest.png" "$out/upscaled.png"
cp "$picture" "$out/$input"
if ! "$O/srfpga" compare "$work/guest.png" "$work/host.png" ||
   ! cmp "$work/guest.png" "$work/host.png"; then
	echo "demo.sh: the two results differ: $work/guest.png $work/host.png" >&2
	exit 1
fi
echo "bit-identical: demo/upscaled.png"
