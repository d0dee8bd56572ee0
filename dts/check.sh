#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Checks bindings, their examples and every overlay merged onto the mainline
# devicetree of its board; and that wrong nodes are refused. Speaks TAP.
#
#   check.sh OUT LINUX    OUT: a folder for what is built, LINUX: kernel sources
#
# Mainline has no PYNQ-Z2 and no Ultra96-V2: boards with the same SoC and the
# same labels stand in for them. The test bed's board is QEMU's.
# shellcheck source-path=SCRIPTDIR source=../selftests/tools/lib.sh
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
out=$(realpath "$1")
linux=$2
. "$here/../selftests/tools/lib.sh"

check() { # NAME LOG: an empty log is good
	if [ -s "$2" ]; then bad "$1" "$(cat "$2")"; else ok "$1"; fi
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
			bad "refused: $name" "the edit changed nothing: $script"
			continue
		fi
		dtc -q -@ -I dts -O dtb -o "$out/neg.dtb" "$out/neg.dts"
		validate "$out/neg.dtb" "$out/neg.log"
		if grep -q "$said" "$out/neg.log"; then
			ok "refused: $name"
		else
			bad "refused: $name" "not said: $said: $(cat "$out/neg.log")"
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
	addresses of 65 bits|s/srfpga,timeout-ms = <1000>/srfpga,dma-address-bits = <65>/|greater than the maximum
	addresses of 16 bits|s/srfpga,timeout-ms = <1000>/srfpga,dma-address-bits = <16>/|less than the minimum
	two resets|s/resets = <&zynqmp_reset 116>/resets = <\&zynqmp_reset 116>, <\&zynqmp_reset 117>/|too long
	another clock|s/clock-names = "axi"/clock-names = "fclk"/|was expected
	a name of a clock, but no clock|/ clocks = <&zynqmp_clk 71>/d|clocks
	an interrupt of no DMA|s/interrupt-names = "odma0"/interrupt-names = "done"/|does not match
	no addresses|/ reg = <0xa0000000/d|'reg' is a required
	no names of the addresses|/ reg-names = "idma0", "odma0"/d|'reg-names' is a required
	one DMA only|s/reg-names = "idma0", "odma0"/reg-names = "odma0"/|too short
	no data type|/srfpga,data-type = "UINT8"/d|srfpga,data-type
	no direction|/srfpga,direction = "input"/d|srfpga,direction
	a shape of nine dimensions|s/srfpga,shape = <540 960 3>/srfpga,shape = <1 1 1 1 1 1 540 960 3>/|too long
	a folded shape with a zero|s/srfpga,folded-shape = <540 960 1 3>/srfpga,folded-shape = <540 960 0 3>/|less than the minimum
	an unknown property of a port|s/srfpga,frame-bytes = <8>/&; srfpga,stride = <8>/|srfpga,stride
	weights read never|s/reps-per-frame = <4096>/reps-per-frame = <0>/|less than the minimum
	a label of 32 characters|s/label = "lrsrn_x2"/label = "lrsrn_x2_abcdefghijklmnopqrstuvw"/|does not match
	a tensor's label of 32 characters|s/label = "image"/label = "image_abcdefghijklmnopqrstuvwxyz"/|does not match
	two clocks|s/clocks = <&clkc 15>/clocks = <\&clkc 15>, <\&clkc 16>/|too long
	repetitions of data|s/"weights"/"input"/|reps-per-frame
	no output DMA|s/^            odma0 {/            odma1 {/|odma0
	END
}

base_of() { # OVERLAY: the mainline board that it is merged onto, BOARD[+CARD]
	case $1 in
	kv260-*) echo arm64 zynqmp-smk-k26-revA+zynqmp-sck-kv-g-revB ;;
	zcu102-*) echo arm64 zynqmp-zcu102-rev1.1 ;;
	ultra96v2-*) echo arm64 avnet-ultra96-rev1 ;;
	pynqz2-*) echo arm zynq-zybo-z7 ;;
	testbed-*) echo testbed virt-zynqmp ;;
	esac
}

# What QEMU's machine says of itself, with the labels of a ZynqMP.
testbed_board() { # DTB
	qemu-system-aarch64 -machine "virt,dumpdtb=$out/virt.dtb" \
		-cpu cortex-a53 -nodefaults -display none > "$out/build.log" 2>&1 &&
	build "$here/testbed/virt-zynqmp.dtso" "$out/labels.dtbo" \
		-I "$here/testbed" &&
	fdtoverlay -i "$out/virt.dtb" -o "$1" "$out/labels.dtbo" \
		> "$out/build.log" 2>&1
}

mainline() { # ARCH FILE DTB
	dts=$linux/arch/$1/boot/dts
	build "$dts/xilinx/$2" "$3" -I "$linux/include" -I "$dts" \
		-I "$dts/xilinx"
}

# A module and the card that carries it: the card is an overlay in Linux, too.
mainline_board() { # ARCH BOARD[+CARD] DTB
	mainline "$1" "${2%+*}.dts" "$3" || return
	case $2 in
	*+*)
		mv "$3" "$out/module.dtb" &&
		mainline "$1" "${2#*+}.dtso" "$out/card.dtbo" &&
		fdtoverlay -i "$out/module.dtb" -o "$3" "$out/card.dtbo" \
			> "$out/build.log" 2>&1
		;;
	esac
}

# Whether that board can be made here; why not.
board_missing() { # ARCH
	if [ "$1" = testbed ]; then
		command -v qemu-system-aarch64 > /dev/null ||
			echo 'no qemu-system-aarch64'
	elif [ ! -d "$linux/arch/$1/boot/dts/xilinx" ]; then
		echo "no kernel sources in $linux"
	fi
}

make_board() { # ARCH NAME: once
	[ ! -f "$out/$2.dtb" ] || return 0
	case $1 in
	testbed) testbed_board "$out/$2.dtb" ;;
	*) mainline_board "$1" "$2" "$out/$2.dtb" ;;
	esac
}

merge() { # OVERLAY ARCH BOARD
	if ! make_board "$2" "$3" ||
	   ! build "$here/overlays/$1.dtso" "$out/$1.dtbo" \
			-I "$here/overlays" ||
	   ! fdtoverlay -i "$out/$3.dtb" -o "$out/$1.dtb" "$out/$1.dtbo" \
			> "$out/build.log" 2>&1; then
		bad "$1 merges onto $3" "$(cat "$out/build.log")"
		return
	fi
	case $3 in
	*-sck-kv-g-revB)
		is "$1: the board is a module and its carrier card" \
			"$(fdtget "$out/$1.dtb" / model)" 'ZynqMP KV260 revB'
		;;
	esac
	validate "$out/$1.dtb" "$out/$1.log"
	check "$1 merges onto $3 and follows its binding" "$out/$1.log"
	# a node that the schema did not see would pass unnoticed
	dtc -q -I dtb -O dts "$out/$1.dtb" |
		sed 's/srfpga,direction = "output"/srfpga,direction = "out"/' |
		dtc -q -I dts -O dtb -o "$out/neg.dtb"
	validate "$out/neg.dtb" "$out/neg.log"
	is "$1: one wrong word in the merged tree is seen" \
		"$(grep -c "'out' is not one of" "$out/neg.log")" 1
}

# shellcheck disable=SC2046
overlay() { # OVERLAY
	set -- "$1" $(base_of "$1")
	if [ $# != 3 ]; then
		bad "$1 merges" 'no base board known for it'
		return
	fi
	why=$(board_missing "$2")
	if [ -n "$why" ]; then
		skip "$1 merges onto $3" "$why"
	else
		merge "$@"
	fi
}

for tool in dtc fdtoverlay cpp dt-validate; do
	command -v $tool > /dev/null || skip_all "no $tool"
done
rm -f "$out"/*.dtb
bindings
negatives
for o in "$here"/overlays/*.dtso; do
	overlay "$(basename "$o" .dtso)"
done
done_testing
