#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The GStreamer elements on the software FPGA: the same bits as srfpga upscale,
# with and without a copy; what cannot be negotiated is refused. Speaks TAP.
set -u

SRCDIR=${SRCDIR:-$(cd "$(dirname "$0")/../.." && pwd)}
O=${O:-$SRCDIR/build}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
export GST_PLUGIN_PATH="$O/gst" GST_REGISTRY="$dir/registry"
export LD_LIBRARY_PATH="$O"
model=$SRCDIR/tools/models/lrsrn_x2.onnx
n=0

ok() { n=$((n + 1)); echo "ok $n - $1"; }
bad() { n=$((n + 1)); echo "not ok $n - $1"; sed 's/^/# /' "$2"; }
check() { # NAME: by the status of the last command
	if [ "$status" = 0 ]; then ok "$1"; else bad "$1" "$dir/log"; fi
}
launch() {
	timeout 120 gst-launch-1.0 "$@" > "$dir/log" 2>&1
	status=$?
}

[ -e "$O/gst/libgstsrfpga.so" ] ||
	{ echo '1..0 # SKIP no GStreamer headers when it was built'; exit 4; }
command -v gst-launch-1.0 > /dev/null ||
	{ echo '1..0 # SKIP no gst-launch-1.0'; exit 4; }
gst-inspect-1.0 videotestsrc > /dev/null 2>&1 ||
	{ echo '1..0 # SKIP no videotestsrc'; exit 4; }

echo 'TAP version 13'
for element in srfpgaupscale srfpgaclassify; do
	gst-inspect-1.0 $element > "$dir/log" 2>&1
	status=$?
	check "$element is found"
done

# two_frames WIDTH HEIGHT ELEMENT...: the second one in $dir/in1.rgb, and
# larger, as the last elements wrote it, in $dir/out1
two_frames() {
	width=$1 height=$2
	shift 2
	launch -q videotestsrc num-buffers=2 pattern=smpte ! \
		"video/x-raw,format=RGB,width=$width,height=$height" ! \
		tee name=t t. ! queue ! multifilesink location="$dir/in%d.rgb" \
		t. ! queue ! srfpgaupscale device="soft:$model" "$@" ! \
		multifilesink location="$dir/out%d"
	check "${width}x$height${*:+ $*}: the pipeline runs"
}
# reference WIDTH HEIGHT: what the tool makes of $dir/in1.rgb, in $dir/ref.ppm
reference() {
	# rows of a raw frame are padded to 4 bytes, those of the device are not
	stride=$((($1 * 3 + 3) / 4 * 4))
	{ echo "P6 $1 $2 255"
	  if [ $stride = $(($1 * 3)) ]; then cat "$dir/in1.rgb"; else
		row=0
		while [ $row -lt "$2" ]; do
			tail -c +$((row * stride + 1)) "$dir/in1.rgb" |
				head -c $(($1 * 3))
			row=$((row + 1))
		done
	  fi; } > "$dir/in.ppm"
	"$O/srfpga" upscale -q -d "soft:$model" "$dir/in.ppm" "$dir/ref.ppm" \
		> "$dir/log" 2>&1
}
same() { # WIDTH HEIGHT
	two_frames "$1" "$2"
	reference "$1" "$2" && tail -c $(($1 * $2 * 12)) "$dir/ref.ppm" |
		cmp - "$dir/out1" >> "$dir/log" 2>&1
	status=$?
	check "$1x$2: the same bits as srfpga upscale"
}
same 64 48
same 50 30

if gst-inspect-1.0 pngenc > /dev/null 2>&1; then
	two_frames 160 120 ! pngenc
	mv "$dir/out1" "$dir/out.png"
	reference 160 120 && "$O/srfpga" compare --json "$dir/ref.ppm" \
		"$dir/out.png" > "$dir/json" 2>> "$dir/log" &&
		grep -q '"different_pixels": 0,' "$dir/json"
	status=$?
	check 'a PNG shows what srfpga upscale makes'
else
	n=$((n + 1))
	echo "ok $n - pngenc # SKIP no such element"
fi

# An element tells at its end how many frames it had to copy.
told() {
	sed -n 's/.* \([0-9]*\) frames without a copy, \([0-9]*\) copied.*/\1 \2/p' \
		"$dir/log"
}
copies() {
	GST_DEBUG=srfpga:4 launch -q "$@" \
		srfpgaupscale device="soft:$model" ! fakesink
	told
}
set -- "$(copies videotestsrc num-buffers=5 ! \
	video/x-raw,format=RGB,width=64,height=48 !)"
if [ "$1" = '5 0' ]; then ok 'upstream writes into the device: no copies'
else bad "no copies: got '$1'" "$dir/log"; fi
set -- "$(copies videotestsrc num-buffers=5 ! \
	video/x-raw,format=RGB,width=50,height=30 !)"
if [ "$1" = '0 5' ]; then ok 'padded rows are copied'
else bad "padded rows: got '$1'" "$dir/log"; fi

launch -q videotestsrc num-buffers=1 ! video/x-raw,format=RGB,width=64,height=48 ! \
	srfpgaupscale device=soft:/nowhere.onnx ! fakesink
if [ $status != 0 ] && grep -q nowhere.onnx "$dir/log"; then
	ok 'a model that is not there is named'
else
	bad 'a model that is not there is named' "$dir/log"
fi
launch -q videotestsrc num-buffers=1 ! video/x-raw,format=RGB,width=64,height=48 ! \
	srfpgaupscale device="soft:$model" ! \
	video/x-raw,width=100,height=100 ! fakesink
if [ $status != 0 ]; then ok 'another size than twice is refused'
else bad 'another size than twice is refused' "$dir/log"; fi
# srfpgaclassify: what each buffer carries is what srfpga classify says.
resnet=$SRCDIR/tools/models/resnet8.onnx
names=$SRCDIR/tools/models/resnet8.labels.txt
small=video/x-raw,format=RGB,width=32,height=32
classes() { # PATTERN OPTION...
	pattern=$1
	shift
	timeout 120 "$O/tests/gst_classes" "videotestsrc num-buffers=2 \
		pattern=$pattern ! $small ! tee name=t t. ! queue ! \
		multifilesink location=$dir/c%d.rgb t. ! queue ! \
		srfpgaclassify device=soft:$resnet $* ! fakesink name=sink" \
		> "$dir/classes" 2> "$dir/log"
	status=$?
}
# The element has the scores in single precision.
rounded() { awk '{ printf "%s %s %.6g\n", $1, $2, $3 }'; }
for pattern in smpte circular ball; do
	classes $pattern labels="$names"
	{ echo 'P6 32 32 255'; cat "$dir/c1.rgb"; } > "$dir/c1.ppm"
	"$O/srfpga" classify --json --top 1 -d "soft:$resnet" \
		--labels "$names" "$dir/c1.ppm" 2>> "$dir/log" |
		sed -n 's/.*"\(index\|score\|label\)": "*\([^",]*\).*/\1 \2/p' |
		sort | cut -d ' ' -f 2 | paste -sd ' ' | rounded > "$dir/wanted"
	[ "$status" = 0 ] && [ "$(wc -l < "$dir/classes")" = 2 ] &&
		tail -n 1 "$dir/classes" | rounded |
			diff "$dir/wanted" - >> "$dir/log"
	status=$?
	check "srfpgaclassify, $pattern: the class of srfpga classify"
done
# Where a camera's driver says how its rows lie, and where nobody says it.
for name in meta plain; do
	GST_DEBUG=srfpga:4 timeout 120 "$O/tests/gst_classes" "videotestsrc \
		num-buffers=5 ! $small ! identity name=$name ! \
		srfpgaclassify device=soft:$resnet ! fakesink name=sink" \
		> "$dir/classes" 2> "$dir/log"
	[ "$(told)" = '5 0' ] && [ "$(grep -c ' ' "$dir/classes")" = 5 ]
	status=$?
	check "srfpgaclassify, rows $name: no copies"
done
classes smpte
sed 's/ .*//' "$dir/classes" > "$dir/index"
cut -d ' ' -f 2 "$dir/classes" | diff "$dir/index" - > "$dir/log"
status=$?
check 'srfpgaclassify without labels: the number stands for the name'
launch -m videotestsrc num-buffers=1 ! $small ! \
	srfpgaclassify device="soft:$resnet" ! fakesink
if [ $status = 0 ] && grep -q 'srfpga-class, index=.*score=' "$dir/log"; then
	ok 'srfpgaclassify posts a message a frame'
else
	bad 'srfpgaclassify posts a message a frame' "$dir/log"
fi
launch -q videotestsrc num-buffers=1 ! \
	video/x-raw,format=RGB,width=64,height=64 ! \
	srfpgaclassify device="soft:$resnet" ! fakesink
if [ $status != 0 ]; then ok 'srfpgaclassify refuses another size'
else bad 'srfpgaclassify refuses another size' "$dir/log"; fi
launch -q videotestsrc num-buffers=1 ! $small ! \
	srfpgaclassify device="soft:$resnet" labels=/nowhere ! fakesink
if [ $status != 0 ] && grep -q /nowhere "$dir/log"; then
	ok 'labels that are not there are named'
else
	bad 'labels that are not there are named' "$dir/log"
fi
echo "1..$n"
