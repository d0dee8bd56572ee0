#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# The examples, run: on a software FPGA that inverts every byte, whose results
# are known, and on the shipped model if there is one.
set -u

: "${O:=build}" "${SRCDIR:=.}"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
examples=$O/examples
fake=$O/tests/fake
count=0
bad=0

# ok NAME STATUS: one line of TAP.
ok() {
	count=$((count + 1))
	if [ "$2" -eq 0 ]; then
		echo "ok $count - $1"
	else
		echo "not ok $count - $1"
		sed 's/^/# /' "$dir/log"
		bad=1
	fi
}

skip() {
	count=$((count + 1))
	echo "ok $count - $1 # SKIP $2"
}

# with_fake COMMAND...: with the fake in the place of the software FPGA.
with_fake() {
	LD_LIBRARY_PATH=$fake "$@" >"$dir/log" 2>&1
}

echo "TAP version 13"
echo "1..10"

printf 'P6\n3 2\n255\n\001\002\003\004\005\006\007\010\011\012\013\014\015\016\017\020\021\022' \
	>"$dir/in.ppm"
printf 'P6\n3 2\n255\n\376\375\374\373\372\371\370\367\366\365\364\363\362\361\360\357\356\355' \
	>"$dir/want.ppm"

with_fake "$examples/upscale" soft:a.onnx "$dir/in.ppm" "$dir/out.ppm" &&
	cmp "$dir/want.ppm" "$dir/out.ppm" >>"$dir/log" 2>&1
ok "upscale: a picture through a device" $?

with_fake "$examples/upscale" soft:a.onnx,width=4 "$dir/in.ppm" "$dir/no.ppm"
[ $? -eq 1 ] && grep -q 'not a PPM of 4 x 2' "$dir/log" &&
	[ ! -e "$dir/no.ppm" ]
ok "upscale: a picture of another size" $?

with_fake "$examples/upscale" soft:refused.onnx "$dir/in.ppm" "$dir/no.ppm"
[ $? -eq 3 ] && grep -qx 'refused.onnx: node 7 (Softmax)' "$dir/log"
ok "upscale: a model that is refused" $?

LD_LIBRARY_PATH=$fake/empty "$examples/upscale" soft:a.onnx a b \
	>"$dir/log" 2>&1
case $? in
3) grep -q 'libsrfpga-soft.so.0\|a.onnx' "$dir/log" ;;
*) false ;;
esac
ok "upscale: no software FPGA, or no model" $?

with_fake "$examples/camera" soft:a.onnx 10 && awk '$3 == "first" && $5 == 255 - 8 * n { n++ }
	END { exit n != 10 }' "$dir/log"
ok "camera: ten frames in order" $?

with_fake "$examples/events" soft:a.onnx 100 </dev/null &&
	grep -q '^100 frames, ' "$dir/log"
ok "events: a hundred frames" $?

with_fake "$examples/events" soft:a.onnx,height=x 1
[ $? -eq 3 ] && grep -q 'height=x' "$dir/log"
ok "events: a wrong option" $?

with_fake "$examples/events" soft:missing.onnx 1
[ $? -eq 3 ] && grep -qx 'missing.onnx: No such file' "$dir/log"
ok "events: the name of the file comes once" $?

model=$SRCDIR/tools/models/lrsrn_x2.onnx
if [ -e "$model" ] && [ -e "$O/libsrfpga-soft.so.0" ]; then
	dev=soft:$model,height=24,width=40
	{
		printf 'P6\n40 24\n255\n'
		head -c 2880 /dev/zero | tr '\0' '\200'
	} >"$dir/grey.ppm"
	LD_LIBRARY_PATH=$O "$examples/upscale" "$dev" "$dir/grey.ppm" \
		"$dir/big.ppm" >"$dir/log" 2>&1 &&
		[ "$(head -c 12 "$dir/big.ppm" | tr '\n' ' ')" = \
			"P6 80 48 255" ] &&
		[ "$(wc -c <"$dir/big.ppm")" -eq $((13 + 80 * 48 * 3)) ]
	ok "upscale: the shipped model" $?
	LD_LIBRARY_PATH=$O "$examples/camera" "$dev" 5 >"$dir/log" 2>&1
	ok "camera: the shipped model" $?
else
	skip "upscale: the shipped model" "no model or no software FPGA"
	skip "camera: the shipped model" "no model or no software FPGA"
fi
exit $bad
