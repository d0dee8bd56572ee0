#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# An overlay of one right node for the driver and of wrong ones beside it, one
# wrong thing each, and what the driver must say of each.
#
#   wrong-nodes.sh OVERLAY REASONS
# A line of REASONS is NODE|WHAT IS WRONG|REASON.
set -eu

# "right", with the registers at 0xa0030000. 12 bits a row make 2 bytes.
right() {
	cat <<-'END'
	accelerator@a0030000 {
		compatible = "srfpga,finn";
		reg = <0x0 0xa0030000 0x0 0x1000>, <0x0 0xa0031000 0x0 0x1000>;
		reg-names = "idma0", "odma0";
		clocks = <&zynqmp_clk 71>;
		clock-names = "axi";
		label = "right";
		srfpga,dma-address-bits = <40>;
		srfpga,timeout-ms = <9000>;

		idma0 {
			srfpga,direction = "input";
			srfpga,data-type = "UINT4";
			srfpga,shape = <4 6>;
			srfpga,folded-shape = <8 3>;
			srfpga,frame-bytes = <16>;
		};

		odma0 {
			srfpga,direction = "output";
			srfpga,data-type = "INT8";
			srfpga,shape = <7>;
			srfpga,frame-bytes = <7>;
		};
	};
	END
}

wrong() { # REASONS: prints the nodes
	number=0
	while IFS='|' read -r what script reason; do
		number=$((number + 1))
		node=wrong-$number
		right > right.tmp
		sed "$script" right.tmp > wrong.tmp
		if cmp -s right.tmp wrong.tmp; then
			echo "wrong-nodes.sh: $what: nothing changed" >&2
			exit 1
		fi
		sed "s/^accelerator@/$node@/" wrong.tmp
		echo "$node|$what|$reason" | sed "s/|node:/|$node:/" >> "$1"
	done <<-'END'
	no direction|/"input"/d|idma0: srfpga,direction is missing
	an unknown direction|s/"input"/"in"/|idma0: srfpga,direction is unknown
	no data type|/"UINT4"/d|idma0: srfpga,data-type is missing
	an unknown data type|s/UINT4/U4/|idma0: srfpga,data-type is unknown
	a data type of unknown bits|s/UINT4/UINT/|idma0: srfpga,data-type is unknown
	a data type of no bits|s/UINT4/UINT0/|idma0: srfpga,data-type is unknown
	a data type of 33 bits|s/UINT4/INT33/|idma0: srfpga,data-type is unknown
	a data type of 2^32 + 4 bits|s/UINT4/UINT4294967300/|idma0: srfpga,data-type is unknown
	a data type with a zero in front|s/UINT4/UINT04/|idma0: srfpga,data-type is unknown
	a data type with a sign|s/UINT4/UINT+4/|idma0: srfpga,data-type is unknown
	a data type with a new line|s/UINT4/UINT4\\n/|idma0: srfpga,data-type is unknown
	a data type with more behind|s/UINT4/UINT4x/|idma0: srfpga,data-type is unknown
	no shape|/srfpga,shape = <4 6>/d|idma0: srfpga,shape is missing or too long
	nine dimensions|s/<4 6>/<1 1 1 1 1 1 1 4 6>/|idma0: srfpga,shape is missing or too long
	nine folded dimensions|s/<8 3>/<1 1 1 1 1 1 1 8 3>/|idma0: srfpga,folded-shape is too long
	a dimension of nothing|s/<4 6>/<4 0>/|idma0: the shapes are empty or differ in size
	a folded dimension of nothing|s/<8 3>/<8 0>/|idma0: the shapes are empty or differ in size
	more elements than can be counted|s/<4 6>/<0xffffffff 0xffffffff 2>/|idma0: the shapes are empty or differ in size
	shapes of different sizes|s/<8 3>/<8 4>/|idma0: the shapes are empty or differ in size
	no frame-bytes|/frame-bytes = <16>/d|idma0: srfpga,frame-bytes is missing
	frame-bytes without padding|s/<16>/<12>/|idma0: srfpga,frame-bytes contradicts shape and type
	repeated input|s/"input"/&; srfpga,reps-per-frame = <2>/|idma0: srfpga,reps-per-frame makes no sense
	weights read never|s/"input"/"weights"; srfpga,reps-per-frame = <0>/|idma0: srfpga,reps-per-frame makes no sense
	weights read 2^31 times|s/"input"/"weights"; srfpga,reps-per-frame = <0x80000000>/|idma0: srfpga,reps-per-frame makes no sense
	no input|s/"input"/"weights"/|node: none of the DMAs is an input
	no output|s/"output"/"input"/|node: none of the DMAs is an output
	no names|/reg-names/d|node: reg-names is missing or has too many entries
	17 names|s/reg-names = .*;/reg-names = "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p", "q";/|node: reg-names is missing or has too many entries
	a name of 32 characters|s/"idma0", /"idma0000000000000000000000000000", /|node: an entry of reg-names is too long
	the same name twice|s/"odma0"/"idma0"/|node: two entries of reg-names are the same
	a name without a node|s/"odma0"/"odma1"/|odma1: no node of that name
	a name without registers|s/, <0x0 0xa0031000 0x0 0x1000>//;s/a003/a004/|odma0: no registers
	addresses of 31 bits|s/<40>/<31>/|node: srfpga,dma-address-bits is not 32..64
	addresses of 65 bits|s/<40>/<65>/|node: srfpga,dma-address-bits is not 32..64
	no time at all|s/<9000>/<0>/|node: srfpga,timeout-ms is 0
	END
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
overlay=$(realpath "$1")
reasons=$(realpath "$2")
cd "$work"
: > "$reasons"
{
	printf '/dts-v1/;\n/plugin/;\n\n&amba {\n'
	printf '#address-cells = <2>;\n#size-cells = <2>;\n\n'
	wrong "$reasons"
	right
	echo '};'
} > "$overlay"
