#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs every shipped model on the software FPGA and compares each bit with the
# expected output beside it, which a float64 evaluation of the graph gave.
# Needs O, the build folder, and SRCDIR; prints TAP.

models=$SRCDIR/tools/models
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

# The input of a model: all of one port shape share one.
input_of() {
	case $1 in
	lrsrn*) echo 24x40x3 ;;
	resnet8*) echo 32x32x3 ;;
	ring_*) side=${1#ring_*_}; side=${side%_w?}; echo "${side}x${side}x1" ;;
	esac
}

# SR models leave height and width open.
device_of() {
	case $1 in
	lrsrn*) echo "soft:$models/$1.onnx,height=24,width=40" ;;
	*) echo "soft:$models/$1.onnx" ;;
	esac
}

check() {
	"$O/srfpga" run -q -d "$(device_of "$1")" \
		--inputfile "$models/golden/in_$(input_of "$1").npy" \
		--outputfile "$work/$1.npy" &&
		cmp "$work/$1.npy" "$models/golden/$1.npy"
}

echo "TAP version 13"
set -- "$models"/*.onnx
echo "1..$#"
count=0
failed=0
for model; do
	name=$(basename "$model" .onnx)
	count=$((count + 1))
	if check "$name" >"$work/why" 2>&1; then
		echo "ok $count - $name gives the expected codes"
	else
		sed 's/^/# /' "$work/why"
		echo "not ok $count - $name gives the expected codes"
		failed=1
	fi
done
exit $failed
