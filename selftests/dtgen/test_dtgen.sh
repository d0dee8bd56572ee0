#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# srfpga dtgen on sample builds: the overlays say what the builds say, damaged
# builds are refused with file and line and leave nothing behind. Speaks TAP.
set -u

SRCDIR=${SRCDIR:-$(cd "$(dirname "$0")/../.." && pwd)}
O=${O:-$SRCDIR/build}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
n=0

ok() { n=$((n + 1)); echo "ok $n - $1"; }
bad() { n=$((n + 1)); echo "not ok $n - $1"; echo "# $2"; }
is() { # NAME GOT WANTED
	if [ "$2" = "$3" ]; then ok "$1"; else bad "$1" "got '$2', not '$3'"; fi
}

for tool in python3 dtc fdtget; do
	command -v $tool > /dev/null && continue
	echo "1..0 # SKIP no $tool"
	exit 4
done
if "$O/srfpga" dtgen / 2>&1 | grep -q 'without libxml2'; then
	echo '1..0 # SKIP srfpga was built without libxml2'
	exit 4
fi

echo 'TAP version 13'
python3 "$SRCDIR/selftests/dtgen/make-builds.py" "$dir" || exit 1

# An overlay's node: fragment 1 (0 is the bitstream), or 2 if dtc made more.
get() { # TYPE BUILD NODE PROPERTY
	fdtget -t "$1" "$dir/$2.dtbo" \
		"/fragment@1/__overlay__/accelerator@$base$3" "$4" 2>&1
}

generate() { # BUILD BASE
	base=$2
	if "$O/srfpga" dtgen "$dir/$1" -o "$dir/$1.dtso" 2> "$dir/err" &&
	   dtc -q -@ -I dts -O dtb -o "$dir/$1.dtbo" "$dir/$1.dtso" 2> "$dir/err"
	then
		ok "$1: an overlay that compiles"
	else
		bad "$1: an overlay that compiles" "$(cat "$dir/err")"
	fi
}

generate sr a0000000
is 'sr: addresses' "$(get x sr '' reg)" \
	'0 a0000000 0 1000 0 a0001000 0 1000'
is 'sr: DMAs' "$(get s sr '' reg-names)" 'idma0 odma0'
is 'sr: no interrupt is wired' "$(get u sr '' interrupts | grep -c NOTFOUND)" 1
is 'sr: clock' "$(get u sr '' clocks | cut -d ' ' -f 2)" 71
is 'sr: bitstream' "$(fdtget "$dir/sr.dtbo" /fragment@0/__overlay__ \
	firmware-name)" finn-sr.bit.bin
is 'sr: input type' "$(get s sr /idma0 srfpga,data-type)" UINT8
is 'sr: input shape' "$(get u sr /idma0 srfpga,shape)" '128 128 3'
is 'sr: input folded' "$(get u sr /idma0 srfpga,folded-shape)" '128 128 1 3'
is 'sr: input bytes' "$(get u sr /idma0 srfpga,frame-bytes)" 49152
is 'sr: output shape' "$(get u sr /odma0 srfpga,shape)" '256 256 3'
is 'sr: output bytes' "$(get u sr /odma0 srfpga,frame-bytes)" 196608

generate wired a0000000
is 'wired: interrupts' "$(get u wired '' interrupts)" '0 89 4 0 90 4'
is 'wired: whose' "$(get s wired '' interrupt-names)" 'idma0 odma0'

generate zynq7 40000000
is 'zynq7: addresses' "$(get x zynq7 '' reg)" \
	'40000000 10000 40010000 10000'
is 'zynq7: interrupt' "$(get u zynq7 '' interrupts)" '0 29 4'
is 'zynq7: clock' "$(get u zynq7 '' clocks | cut -d ' ' -f 2)" 15
is 'zynq7: reset' "$(get u zynq7 '' resets | cut -d ' ' -f 2)" 512

generate multi a0000000
is 'multi: DMAs' "$(get s multi '' reg-names)" 'idma0 idma1 odma0 odma1 idma2'
is 'multi: the weights have an address' "$(get x multi '' reg |
	cut -d ' ' -f 17-20)" '0 a0002000 0 1000'
is 'multi: INT4 element by element' \
	"$(get u multi /idma0 srfpga,frame-bytes)" 4096
is 'multi: BIPOLAR in rows of 40' \
	"$(get u multi /idma1 srfpga,frame-bytes)" 75
is 'multi: INT9 in a row of 10' "$(get u multi /odma0 srfpga,frame-bytes)" 12
is 'multi: direction of the weights' \
	"$(get s multi /idma2 srfpga,direction)" weights
is 'multi: bytes of the weights' \
	"$(get u multi /idma2 srfpga,frame-bytes)" 576

mkdir "$dir/empty"
if command -v dt-validate > /dev/null &&
   dt-mk-schema -j -o "$dir/schema.json" "$SRCDIR/dts/bindings" 2> /dev/null
then
	for b in sr wired zynq7 multi; do
		dt-validate -s "$dir/schema.json" "$dir/$b.dtbo" 2>&1 |
			grep -F /dts/bindings/ > "$dir/err"
		is "$b: follows the binding" "$(cat "$dir/err")" ''
	done
fi

refused() { # BUILD MESSAGE
	"$O/srfpga" dtgen "$dir/bad/$1" -o "$dir/bad/$1/out" 2> "$dir/err"
	status=$?
	if [ $status != 1 ]; then
		bad "refused: $1" "exit status $status"
	elif ! grep -q "^srfpga: .*$2" "$dir/err"; then
		bad "refused: $1" "$(cat "$dir/err")"
	elif [ "$(wc -l < "$dir/err")" != 1 ]; then
		bad "refused: $1" 'more than one line'
	elif [ -n "$(find "$dir/bad/$1" -name '*out*')" ]; then
		bad "refused: $1" 'an output file was left'
	else
		ok "refused: $1"
	fi
}

refused code 'driver.py:19: only literals'
refused cut-driver 'driver.py:15: the file ends'
refused cut-hwh 'accel.hwh:17: is not XML'
refused folded-differs 'driver.py:8: input idma0: normal and folded shape'
refused no-address 'accel.hwh:27: odma0 has no valid address'
refused no-dict 'driver.py: holds no io_shape_dict'
refused no-folded 'driver.py:6: io_shape_dict has no ishape_folded'
refused no-odma 'accel.hwh:15: no address for odma0'
refused not-hwh 'accel.hwh: is not a hardware description'
refused odd-type 'driver.py:8: FIXED<8,4> is not a data type'
refused other-chip 'accel.hwh:3: SYSTEMINFO names neither'
refused other-clock 'accel.hwh:6: idma0: ap_clk is not one'
refused overlap 'accel.hwh:27: the windows of idma0 and odma0 overlap'
refused packed-differs 'driver.py:8: input idma0: the packed shape is 65536'
refused small-window 'accel.hwh:27: odma0: a window is at least 4 KiB'
refused too-many-dmas 'accel.hwh:33: 1 DMAs'
"$O/srfpga" dtgen "$dir/empty" 2> "$dir/err"
is 'refused: an empty folder' $? 1
"$O/srfpga" dtgen "$dir/nowhere" 2> "$dir/err"
is 'refused: no folder' $? 1
"$O/srfpga" dtgen 2> "$dir/err"
is 'usage: no argument' $? 2
echo "1..$n"
