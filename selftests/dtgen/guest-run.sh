#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Overlays on a machine of QEMU's: those that dtgen writes of sample builds, and
# templates, merged with fdtoverlay and booted. The FPGA model is told by the
# builds what to be, not by the overlays.
#
#   guest-run.sh BOARD SERIES     BOARD: virt-zynqmp, virt-zynq7
# Environment: O, TAPDIR
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
board=$1 series=$2
name=dtgen-$board-$series
out=$O/guest/$name
models=$top/tools/models
arch=arm64
[ "$board" != virt-zynq7 ] || arch=armhf
devices=() overlays=() jobs=()

# Preprocessed and compiled: compile SOURCE BLOB.
compile()
{
	cpp -nostdinc -undef -D__DTS__ -x assembler-with-cpp \
		-I "$(dirname "$1")" "$1" | dtc -q -@ -I dts -O dtb -o "$2" -
}

# generated BUILD: frames go through what dtgen makes of a sample build.
generated()
{
	local build=$out/builds/$1 label=finn-$1

	mkdir "$out/$label"
	"$O/srfpga" dtgen "$build" -o "$out/$label.dtso"
	compile "$out/$label.dtso" "$out/$label.dtbo"
	overlays+=("$out/$label.dtbo")
	devices+=(-d "devicetree=off,$(cat "$build/model.txt")")
	"$here/frames.py" make "$build" "$out/$label"
	cp "$build/interrupts.txt" "$out/$label/interrupts"
	cp -r "$build/driver/runtime_weights" "$out/$label/weights"
	jobs+=("frames:$label" "reset:$label")
}

# template OVERLAY LABEL MODEL OPTIONS: the shipped overlay and a shipped model.
template()
{
	mkdir "$out/$2"
	cp "$models/$3" "$out/$2/model.onnx"
	compile "$top/dts/overlays/$1.dtso" "$out/$2.dtbo"
	overlays+=("$out/$2.dtbo")
	devices+=(-d "devicetree=off,fabric=soft,model=$models/$3,$4")
	jobs+=("verify:$2")
}

# The machine's own devicetree: QEMU writes it and ends before any kernel.
machine_tree()
{
	"$top/selftests/vm/boot.sh" -k "$series" -A "$arch" -d '' \
		-q -machine -q "dumpdtb=$out/machine.dtb" -- true \
		> "$out/machine.log" 2>&1 || true
	compile "$top/dts/testbed/$board.dtso" "$out/board.dtbo"
	fdtoverlay -i "$out/machine.dtb" -o "$out/board.dtb" "$out/board.dtbo"
}

boot()
{
	fdtoverlay -i "$out/board.dtb" -o "$out/merged.dtb" "${overlays[@]}"
	"$top/selftests/vm/boot.sh" -k "$series" -A "$arch" -l "$out/log" \
		"${devices[@]}" -q -dtb -q "$out/merged.dtb" \
		-- env "O=/build/$arch" CONTROL=0xa000f000 \
		sh /host/selftests/dtgen/guest.sh "/build/guest/$name" \
		"/build/modules/$series-$arch/srfpga.ko" "${jobs[@]}"
}

verdict() # TEXT COMMAND...: TAP of one test
{
	local text=$1

	shift
	if "$@"; then echo "ok 1 - $text"; else echo "not ok 1 - $text"; fi
	echo 1..1
}

rm -rf "$out"
mkdir -p "$out" "$TAPDIR"
bad=0 status=0
"$here/make-builds.py" "$out/builds"
case $board in
virt-zynqmp)
	generated multi
	template testbed-lrsrn-x2 lrsrn_x2 lrsrn_x2.onnx \
		addr=0xa0010000,irq=91,height=48,width=64
	template testbed-ring-classifier ring_classifier \
		ring_classifier_64_w8.onnx addr=0xa0020000,interrupt=off
	;;
virt-zynq7) generated zynq7-gp1 ;;
*) echo "guest-run.sh: $board: no such board" >&2; exit 2 ;;
esac
machine_tree
boot > "$out/guest.tap" 2> "$out/boot.log" || status=$?
{ cat "$out/boot.log"
	verdict "the guest's log is clean ($status)" test "$status" -le 1
} > "$out/boot.tap"
add() { "$top/selftests/tap.sh" add "$TAPDIR" "$name-$1" "$2" || bad=1; }
add guest "$out/guest.tap"
add boot "$out/boot.tap"
for job in "${jobs[@]}"; do
	case $job in
	frames:*)
		build=${job#frames:finn-}
		"$here/frames.py" check "$out/builds/$build" \
			"$out/finn-$build" > "$out/$build.tap" 2>&1 || true
		add "$build" "$out/$build.tap"
		;;
	esac
done
exit $bad
