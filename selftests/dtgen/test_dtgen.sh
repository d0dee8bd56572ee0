#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# srfpga dtgen on sample builds: the overlays say what the builds say, damaged
# builds are refused with file and line and leave nothing behind. Speaks TAP.
# shellcheck source-path=SCRIPTDIR source=../tools/lib.sh
. "$(dirname "$0")/../tools/lib.sh"

for tool in python3 dtc fdtget; do
	command -v $tool > /dev/null || skip_all "no $tool"
done
if "$srfpga" dtgen / 2>&1 | grep -q 'without libxml2'; then
	skip_all 'srfpga was built without libxml2'
fi
python3 "$SRCDIR/selftests/dtgen/make-builds.py" . || exit 1

# An overlay's node: fragment 1 (0 is the bitstream), or 2 if dtc made more.
get() { # TYPE BUILD NODE PROPERTY
	fdtget -t "$1" "$2.dtbo" \
		"/fragment@1/__overlay__/accelerator@$base$3" "$4" 2>&1
}

generate() { # BUILD BASE
	base=$2
	if "$srfpga" dtgen "$1" -o "$1.dtso" 2> err &&
	   dtc -q -@ -I dts -O dtb -o "$1.dtbo" "$1.dtso" 2> err
	then
		ok "$1: an overlay that compiles"
	else
		bad "$1: an overlay that compiles" "$(cat err)"
	fi
}

generate sr a0000000
is 'sr: addresses' "$(get x sr '' reg)" \
	'0 a0000000 0 1000 0 a0001000 0 1000'
is 'sr: DMAs' "$(get s sr '' reg-names)" 'idma0 odma0'
is 'sr: no interrupt is wired' "$(get u sr '' interrupts | grep -c NOTFOUND)" 1
is 'sr: clock' "$(get u sr '' clocks | cut -d ' ' -f 2)" 71
is 'sr: reset' "$(get u sr '' resets | cut -d ' ' -f 2)" 116
is 'sr: bitstream' "$(fdtget sr.dtbo /fragment@0/__overlay__ \
	firmware-name)" finn-sr.bit.bin
is 'sr: input type' "$(get s sr /idma0 srfpga,data-type)" UINT8
is 'sr: input shape' "$(get u sr /idma0 srfpga,shape)" '128 128 3'
is 'sr: input folded' "$(get u sr /idma0 srfpga,folded-shape)" '128 128 1 3'
is 'sr: input bytes' "$(get u sr /idma0 srfpga,frame-bytes)" 49152
is 'sr: output shape' "$(get u sr /odma0 srfpga,shape)" '256 256 3'
is 'sr: output bytes' "$(get u sr /odma0 srfpga,frame-bytes)" 196608

works 'sr: JSON' "$srfpga" dtgen --json sr
is 'sr: what it says' "$(python3 -c 'import json
j = json.load(open("stdout"))
o = j["ports"][1]
print(j["label"], j["firmware"], j["overlay"], o["name"], o["role"], o["type"],
      o["shape"], o["frame_bytes"], hex(o["address"]), o["interrupt"])')" \
	'finn-sr finn-sr.bit.bin None odma0 output UINT8 [256, 256, 3] 196608 0xa0001000 None'
"$srfpga" dtgen --json -o - sr > sr.both 2> sr.json
same 'sr: the overlay is not mixed with JSON' sr.both sr.dtso
is 'sr: JSON beside it' "$(python3 -m json.tool sr.json | grep -c '"overlay": "-"')" 1

generate wired a0000000
is 'wired: interrupts' "$(get u wired '' interrupts)" '0 89 4 0 90 4'
is 'wired: whose' "$(get s wired '' interrupt-names)" 'idma0 odma0'

generate inner a0000000
sed 's/finn-inner/finn-wired/' inner.dtso > inner.wired
same 'inner: a block within a hierarchy is the same' inner.wired wired.dtso

generate zynq7 40000000
is 'zynq7: addresses' "$(get x zynq7 '' reg)" \
	'40000000 10000 40010000 10000'
is 'zynq7: interrupt' "$(get u zynq7 '' interrupts)" '0 29 4'
is 'zynq7: the third clock' "$(get u zynq7 '' clocks | cut -d ' ' -f 2)" 17
is 'zynq7: the second reset' "$(get u zynq7 '' resets | cut -d ' ' -f 2)" 513

generate zynq7-gp1 a0000000
is 'zynq7-gp1: an interrupt of the second group' \
	"$(get u zynq7-gp1 '' interrupts)" '0 52 4'

generate multi a0000000
is 'multi: the second clock' "$(get u multi '' clocks | cut -d ' ' -f 2)" 72
is 'multi: the first reset' "$(get u multi '' resets | cut -d ' ' -f 2)" 116
is 'multi: DMAs' "$(get s multi '' reg-names)" 'idma0 idma1 odma0 odma1 idma2'
is 'multi: the weights have an address' "$(get x multi '' reg |
	cut -d ' ' -f 17-20)" '0 a0002000 0 1000'
is 'multi: INT4 element by element' \
	"$(get u multi /idma0 srfpga,frame-bytes)" 4096
is 'multi: BIPOLAR in rows of 40' \
	"$(get u multi /idma1 srfpga,frame-bytes)" 75
is 'multi: INT9 in rows of 10' "$(get u multi /odma0 srfpga,frame-bytes)" 1200
is 'multi: direction of the weights' \
	"$(get s multi /idma2 srfpga,direction)" weights
is 'multi: bytes of the weights' \
	"$(get u multi /idma2 srfpga,frame-bytes)" 576

# Which line of the processor the DMAs' ap_rst_n come from, if one is for all.
rewired() { # BUILD SED-ADDRESS LINE: sr with some of them straight from a line
	cp -r sr "$1"
	sed -i "$2s/\"rst_0\" PORT=\"peri.*\"/\"zynq_ps\" PORT=\"$3\"/" \
		"$1/bitfile/finn-sr.hwh"
	generate "$1" a0000000
}

no_reset() { # BUILD
	is "$1: no reset" "$(get u "$1" '' resets | grep -c NOTFOUND)" 1
	is "$1: the overlay says why" "$(grep -c '\* No resets: ' "$1.dtso")" 1
}

rewired straight '' pl_resetn3
is 'straight: reset' "$(get u straight '' resets | cut -d ' ' -f 2)" 119
rewired two-resets '0,/peri/' pl_resetn1
no_reset two-resets
rewired no-line '' pl_resetn4
no_reset no-line
generate button a0000000
no_reset button
cp -r sr untimed
sed -i 's/proc_sys_reset/util_vector_logic/' untimed/bitfile/finn-sr.hwh
generate untimed a0000000
no_reset untimed

mkdir empty
missing='no dt-validate'
if command -v dt-validate > /dev/null; then
	missing=
	works 'a schema' dt-mk-schema -j -o schema.json "$SRCDIR/dts/bindings"
fi
for b in sr wired zynq7 zynq7-gp1 multi button; do
	if [ -n "$missing" ]; then
		skip "$b: follows the binding" "$missing"
		continue
	fi
	dt-validate -s schema.json "$b.dtbo" 2>&1 |
		grep -F /dts/bindings/ > err
	is "$b: follows the binding" "$(cat err)" ''
done

refuse() { # BUILD MESSAGE: FILE:LINE: WHY
	refused "$1: refused" 1 "${2#*: }" "$srfpga" dtgen "bad/$1" -o out/o.dtso
	is "$1: where and why" "$(grep -c "/$2" err)" 1
}

refuse code 'driver.py:19: only literals'
refuse cut-driver 'driver.py:15: the file ends'
refuse cut-hwh 'accel.hwh:16: is not XML'
refuse entity 'accel.hwh:2: declares a document type'
refuse extra-name 'driver.py:16: input_dma_name has more entries than idt'
refuse extra-shape 'driver.py:13: oshape_folded has more entries than odt'
refuse folded-differs 'driver.py:8: input idma0: normal and folded shape'
refuse no-address 'accel.hwh:46: odma0 has no valid address'
refuse no-ap-clk 'accel.hwh:5: no module idma0 with an ap_clk'
refuse no-dict 'driver.py: holds no io_shape_dict'
refuse no-folded 'driver.py:6: io_shape_dict has no ishape_folded'
refuse no-odma 'accel.hwh:29: no address for odma0'
refuse no-such-line 'accel.hwh:[0-9]*: odma0: interrupt line 16 does not'
refuse not-hwh 'accel.hwh: is not a hardware description'
refuse odd-type 'driver.py:8: FIXED<8,4> is not a data type'
refuse other-dtd 'accel.hwh:2: declares a document type'
refuse other-chip 'accel.hwh:3: SYSTEMINFO names neither'
refuse other-clock 'accel.hwh:6: idma0: ap_clk is not one'
refuse overlap 'accel.hwh:46: the windows of idma0 and odma0 overlap'
refuse packed-differs 'driver.py:8: input idma0: the packed shape is 65536'
refuse same-name 'driver.py:8: two tensors have a DMA called idma0'
refuse small-window 'accel.hwh:46: odma0: a window is at least 4 KiB'
refuse too-many-dmas 'accel.hwh:57: 1 DMAs'
refuse two-clocks 'accel.hwh:20: idma0 and odma0 have different clocks'

# Weights that are not there, or not packed.
cp -r multi bad/weights
rm bad/weights/driver/runtime_weights/idma2.npy
refuse weights 'idma2.npy: No such file'
npy '<i4' False '(1, 16, 36)' 2304 bad/weights/driver/runtime_weights/idma2.npy
refuse weights 'idma2.npy: is not packed weights'

# Cut anywhere, a build is refused, or what matters is there: the same overlay.
cut_anywhere() { # FILE STEP
	rm -rf cut
	cp -r multi cut
	"$srfpga" dtgen multi > whole
	at=0
	while [ $at -lt "$(wc -c < "multi/$1")" ]; do
		head -c $at "multi/$1" > "cut/$1"
		"$srfpga" dtgen cut -o out/o.dtso 2> err
		case $? in
		0) cmp -s out/o.dtso whole || echo "at $at another overlay" ;;
		1) [ "$(grep -c "^srfpga: cut/" err)" = "$(wc -l < err)" ] &&
			[ -z "$(ls out)" ] || echo "at $at: $(cat err)" ;;
		*) echo "at $at exit status other than 0 and 1: $(cat err)" ;;
		esac
		rm -f out/*
		at=$((at + $2))
	done > wrong
	is "$1 cut at every ${2}th byte" "$(cat wrong)" ''
}

cut_anywhere driver/driver.py 11
cut_anywhere bitfile/finn-multi.hwh 61
refused 'an empty folder' 1 'holds no driver.py' "$srfpga" dtgen empty
refused 'no folder' 1 'No such file' "$srfpga" dtgen nowhere
refused 'no argument' 2 'needs one folder' "$srfpga" dtgen
done_testing
