#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Checks bindings, their examples and every overlay merged onto the mainline
# devicetree of its board; and that wrong nodes are refused. Speaks TAP.
#
#   check.sh OUT LINUX    OUT: a folder for what is built, LINUX: kernel sources
#
# Mainline has no PYNQ-Z2 and no Ultra96-V2: boards with the same SoC and the
# same labels stand in for them.
set -u

here=$(cd "$(dirname "$0")" && pwd)
out=$1
linux=$2
mkdir -p "$out"
n=0

ok() { n=$((n + 1)); echo "ok $n - $1"; }
bad() { n=$((n + 1)); echo "not ok $n - $1"; sed 's/^/# /' "$2" 2>/dev/null; }
check() { # NAME LOG: an empty log is good
	if [ -s "$2" ]; then bad "$1" "$2"; else ok "$1"; fi
}

# The board's own nodes are not ours to judge: only what our schema says counts.
validate() { # DTB LOG
	dt-validate -s "$out/schema.json" "$1" > "$out/all.log" 2>&1
	grep -B 1 -F "$here/bindings/" "$out/all.log" | grep -v '^--' > "$2"
}

build() { # SOURCE DTB INCLUDE ...: preprocess and compile with labels kept
	src=$1 dtb=$2
	shift 2
	cpp -nostdinc -undef -D__DTS__ -x assembler-with-cpp "$@" "$src" \
		> "$out/cpp.dts" 2> "$out/build.log" || return 1
	dtc -q -@ -I dts -O dtb -o "$dtb" "$out/cpp.dts" 2> "$out/build.log"
}

bindings() {
	dt-doc-validate "$here"/bindings/*.yaml > "$out/doc.log" 2>&1
	# the folder of the kernel tree that a binding will live in is not ours
	sed -i '/relative path\/filename/d;/^\texpected: /d' "$out/doc.log"
	check 'bindings are valid schemas' "$out/doc.log"
	dt-mk-schema -j -o "$out/schema.json" "$here/bindings" \
		> "$out/mk.log" 2>&1
	check 'bindings make a schema' "$out/mk.log"
	dt-extract-example "$here/bindings/srfpga,finn.yaml" > "$out/ex.dts"
	dtc -q -@ -I dts -O dtb -o "$out/ex.dtb" "$out/ex.dts"
	validate "$out/ex.dtb" "$out/ex.log"
	check 'examples of srfpga,finn follow it' "$out/ex.log"
}

# One wrong thing each; sed scripts on the examples, and what must be said.
negatives() {
	while IFS='|' read -r name script said; do
		sed "$script" "$out/ex.dts" > "$out/neg.dts"
		if cmp -s "$out/ex.dts" "$out/neg.dts"; then
			echo "the edit changed nothing: $script" > "$out/neg.log"
			bad "refused: $name" "$out/neg.log"
			continue
		fi
		dtc -q -@ -I dts -O dtb -o "$out/neg.dtb" "$out/neg.dts"
		validate "$out/neg.dtb" "$out/neg.log"
		if grep -q "$said" "$out/neg.log"; then
			ok "refused: $name"
		else
			bad "refused: $name" "$out/neg.log"
		fi
	done <<-'END'
	an unknown property|s/srfpga,timeout-ms/srfpga,timeout/|srfpga,timeout
	an unknown direction|s/"input"/"in"/|is not one of
	an unknown data type|s/"UINT8"/"U8"/|does not match
	a data type of no bits|s/"UINT8"/"UINT0"/|does not match
	a data type of 33 bits|s/"UINT8"/"UINT33"/|does not match
	a DMA with a strange name|s/reg-names = "idma0"/reg-names = "dma0"/|does not match
	interrupts without names|/interrupt-names/d|interrupt-names
	no frame-bytes|/srfpga,frame-bytes = <1555200>/d|srfpga,frame-bytes
	no shape|/srfpga,shape = <540 960 3>/d|srfpga,shape
	a shape with a zero|s/srfpga,shape = <540 960 3>/srfpga,shape = <540 0 3>/|less than the minimum
	a frame of no bytes|s/frame-bytes = <8>/frame-bytes = <0>/|less than the minimum
	a timeout of nothing|s/timeout-ms = <1000>/timeout-ms = <0>/|less than the minimum
	addresses of 16 bits|s/srfpga,timeout-ms = <1000>/srfpga,dma-address-bits = <16>/|less than the minimum
	two clocks|s/clocks = <&clkc 15>/clocks = <\&clkc 15>, <\&clkc 16>/|too long
	repetitions of data|s/"weights"/"input"/|reps-per-frame
	no output DMA|s/^            odma0 {/            odma1 {/|odma0
	END
}

base_of() { # OVERLAY: the mainline board that it is merged onto
	case $1 in
	kv260-*) echo arm64 zynqmp-smk-k26-revA ;;
	zcu102-*) echo arm64 zynqmp-zcu102-rev1.1 ;;
	ultra96v2-*) echo arm64 avnet-ultra96-rev1 ;;
	pynqz2-*) echo arm zynq-zybo-z7 ;;
	esac
}

# shellcheck disable=SC2046
merge() { # OVERLAY
	set -- "$1" $(base_of "$1")
	dts=$linux/arch/$2/boot/dts
	if [ ! -f "$out/$3.dtb" ] &&
	   ! build "$dts/xilinx/$3.dts" "$out/$3.dtb" -I "$linux/include" \
			-I "$dts" -I "$dts/xilinx"; then
		bad "$1 merges onto $3" "$out/build.log"
		return
	fi
	if ! build "$here/overlays/$1.dtso" "$out/$1.dtbo" \
			-I "$here/overlays" ||
	   ! fdtoverlay -i "$out/$3.dtb" -o "$out/$1.dtb" "$out/$1.dtbo" \
			> "$out/build.log" 2>&1; then
		bad "$1 merges onto $3" "$out/build.log"
		return
	fi
	validate "$out/$1.dtb" "$out/$1.log"
	# a node that the schema did not see would pass unnoticed
	dtc -q -I dtb -O dts "$out/$1.dtb" | grep -q '"srfpga,finn"' ||
		echo 'the merged tree has no srfpga,finn' >> "$out/$1.log"
	check "$1 merges onto $3 and follows its binding" "$out/$1.log"
}

for tool in dtc fdtoverlay cpp dt-validate; do
	command -v $tool > /dev/null && continue
	echo "1..0 # SKIP no $tool"
	exit 4
done
echo 'TAP version 13'
bindings
negatives
for o in "$here"/overlays/*.dtso; do
	o=$(basename "$o" .dtso)
	if [ -z "$(base_of "$o")" ]; then
		echo "no base board known for it" > "$out/build.log"
		bad "$o merges" "$out/build.log"
	elif [ ! -d "$linux/arch/arm64/boot/dts/xilinx" ]; then
		n=$((n + 1))
		echo "ok $n - $o merges # SKIP no kernel sources in $linux"
	else
		merge "$o"
	fi
done
echo "1..$n"
