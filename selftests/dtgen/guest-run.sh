#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Overlays on a machine of QEMU's: those that dtgen writes of sample builds, and
# templates, merged with fdtoverlay and booted. The FPGA model is told by the
# builds what to be, not by the overlays.
#
#   guest-run.sh BOARD SERIES     BOARD: virt-zynqmp, virt-zynq7 or zcu102, or
#                                 zcu102-sr, -classifier: the board's templates
# Environment: O, TAPDIR
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
board=$1 series=$2
name=dtgen-$board-$series
out=$O/guest/$name
# The guest sees this as /build/guest/NAME/share: a folder for each accelerator.
share=$out/share
models=$top/tools/models
arch=arm64
[ "$board" != virt-zynq7 ] || arch=armhf
# Where a ZynqMP's fabric is, and the reset line that the templates name.
pl=addr=0xa0000000,reset-line=116
devices=() overlays=() jobs=()

# Preprocessed and compiled: compile SOURCE BLOB [CPP-OPTION...].
compile()
{
	local source=$1 blob=$2

	shift 2
	cpp -nostdinc -undef -D__DTS__ -x assembler-with-cpp "$@" "$source" |
		dtc -q -@ -I dts -O dtb -o "$blob" -
}

# generated BUILD: frames go through what dtgen makes of a sample build.
generated()
{
	local build=$out/builds/$1 label=finn-$1

	mkdir "$share/$label"
	"$O/srfpga" dtgen "$build" -o "$out/$label.dtso"
	compile "$out/$label.dtso" "$out/$label.dtbo"
	overlays+=("$out/$label.dtbo")
	devices+=(-d "devicetree=off,$(cat "$build/model.txt")")
	"$here/frames.py" make "$build" "$share/$label"
	cp "$build/interrupts.txt" "$share/$label/interrupts"
	cp -r "$build/driver/runtime_weights" "$share/$label/weights"
	jobs+=("frames:$label" "reset:$label")
}

# template OVERLAY LABEL JOB MODEL OPTIONS: a shipped overlay and a shipped model.
template()
{
	mkdir "$share/$2"
	cp "$models/$4" "$share/$2/model.onnx"
	compile "$top/dts/overlays/$1.dtso" "$out/$2.dtbo"
	overlays+=("$out/$2.dtbo")
	devices+=(-d "devicetree=off,fabric=soft,model=$models/$4,$5")
	jobs+=("$3:$2")
}

# Nodes that the driver must refuse, beside one that it must not.
wrong_nodes()
{
	mkdir "$share"/{wrong,right}
	"$here/wrong-nodes.sh" "$out/wrong.dtso" "$share/wrong/reasons"
	compile "$out/wrong.dtso" "$out/wrong.dtbo"
	overlays+=("$out/wrong.dtbo")
	devices+=(-d "devicetree=off,addr=0xa0030000,interrupt=off,ports=$1")
	jobs+=(wrong:wrong runs:right)
}

# A machine's own devicetree: QEMU writes it and ends before any kernel.
virt_tree()
{
	"$top/selftests/vm/boot.sh" -k "$series" -A "$arch" -d '' \
		-q -machine -q "dumpdtb=$out/machine.dtb" -- true \
		> "$out/machine.log" 2>&1 || true
	compile "$top/dts/testbed/$board.dtso" "$out/board.dtbo"
	fdtoverlay -i "$out/machine.dtb" -o "$out/board.dtb" "$out/board.dtbo"
}

# Linux has the board's; ours is without what needs firmware.
zcu102_tree()
{
	local linux dts

	linux=$("$top/selftests/vm/fetch.sh" linux-source 6.12)/src
	dts=$linux/arch/arm64/boot/dts
	compile "$top/dts/testbed/zcu102.dts" "$out/board.dtb" \
		-I "$linux/include" -I "$dts" -I "$dts/xilinx"
}

boot()
{
	local machine

	fdtoverlay -i "$out/board.dtb" -o "$out/merged.dtb" "${overlays[@]}"
	case $board in
	zcu102*) machine=("$here/zcu102-boot.sh" "$series" "$share"
		"$out/merged.dtb" "${devices[@]}") ;;
	*) machine=("$top/selftests/vm/boot.sh" -k "$series" -A "$arch"
		-l "$out/log" "${devices[@]}" -q -dtb -q "$out/merged.dtb") ;;
	esac
	"${machine[@]}" -- env "O=/build/$arch" CONTROL=0xa000f000 \
		sh /host/selftests/dtgen/guest.sh "/build/guest/$name/share" \
		"/build/modules/$series-$arch/srfpga.ko" "${jobs[@]}"
}

# FOLDER: the software FPGA on this machine gives the same bits. TAP.
soft_digest()
{
	"$O/srfpga" run -q -d "soft:$1/model.onnx" \
		--inputfile "$1/in0.npy" --outputfile "$1/soft.npy"
	sha256sum < "$1/soft.npy" > "$1/soft.sha256"
	verdict 'the bits of the software FPGA' \
		cmp "$1/out0.sha256" "$1/soft.sha256"
}

verdict() # TEXT COMMAND...: TAP of one test
{
	local text=$1

	shift
	if "$@"; then echo "ok 1 - $text"; else echo "not ok 1 - $text"; fi
	echo 1..1
}

rm -rf "$out"
mkdir -p "$share" "$TAPDIR"
bad=0 status=0
"$here/make-builds.py" "$out/builds"
case $board in
virt-zynqmp)
	generated multi
	template testbed-lrsrn-x2 lrsrn_x2 verify lrsrn_x2.onnx \
		addr=0xa0010000,irq=91,height=48,width=64
	template testbed-ring-classifier ring_classifier verify \
		ring_classifier_64_w8.onnx addr=0xa0020000,interrupt=off
	wrong_nodes idma0:in:UINT4:4x6@8x3/odma0:out:INT8:7
	virt_tree
	;;
virt-zynq7)
	generated zynq7-gp1
	jobs+=(long:finn-zynq7-gp1)
	virt_tree
	;;
zcu102)
	generated multi
	zcu102_tree
	;;
zcu102-classifier)
	template zcu102-ring-classifier ring_classifier verify \
		ring_classifier_64_w8.onnx "$pl,interrupt=off"
	zcu102_tree
	;;
zcu102-sr)
	template zcu102-lrsrn-x2 lrsrn_x2 digest lrsrn_x2.onnx \
		"$pl,irq=88,height=1080,width=1920"
	"$here/frames.py" picture 1080x1920 "$share/lrsrn_x2"
	zcu102_tree
	;;
*) echo "guest-run.sh: $board: no such board" >&2; exit 2 ;;
esac
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
			"$share/finn-$build" > "$out/$build.tap" 2>&1 || true
		add "$build" "$out/$build.tap"
		;;
	digest:*)
		soft_digest "$share/${job#digest:}" > "$out/digest.tap" 2>&1 || true
		add digest "$out/digest.tap"
		;;
	esac
done
exit $bad
