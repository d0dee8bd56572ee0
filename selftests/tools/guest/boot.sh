#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The tests of the tool in the guest, with an accelerator for each of them: one
# that upscales pictures, one for each shipped model, one that takes weights. The
# host then does the same in software: the bits must be the same.
# boot.sh SERIES MODELS, a folder; environment: O, TAPDIR.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../../.." && pwd)
series=$1 models=$2
out=$O/guest/tools
# The size of the expected outputs' input where a model leaves it open.
open=height=24,width=40
weights=idma0:in:UINT8:8/wdma0:weights:INT4:2x8/odma0:out:UINT8:8

# So many accelerators fit a boot: the model has 32 interrupts.
at_once=14

rm -rf "$out"
mkdir -p "$out" "$TAPDIR"
names=()
devices=("label=upscaler,fabric=soft,model=$models/lrsrn_x2.onnx,height=48,width=64,interrupt=all"
	"label=weights,ports=$weights")
for model in "$models"/*.onnx; do
	names+=("$(basename "$model" .onnx)")
	devices+=("label=${names[-1]},fabric=soft,model=$model,$open")
done

# Which device is which only the guest can see: by its label. Every command is
# tried on one model of a family, which is a name up to its first digit.
cat > "$out/run.sh" <<EOG
insmod /build/modules/$series-arm64/srfpga.ko || exit
here=/host/selftests/tools/guest
export KEEP=/build/guest/tools
bad=0 families=lrsrn_x
for node in /sys/class/srfpga/*; do
	label=\$(cat \$node/label)
	device=/dev/\${node##*/}
	case \$label in
	upscaler) set -- \$here/device.sh \$device ;;
	weights) set -- \$here/weights.sh \$device ;;
	*)
		set -- \$here/model.sh \$device /host/tools/models/\$label.onnx
		family=\${label%%[0-9]*}
		case " \$families " in
		*" \$family "*) set -- env BRIEF=1 "\$@" ;;
		esac
		families="\$families \$family"
		;;
	esac
	"\$@" > \$KEEP/tools_\$label.tap 2>&1 || bad=1
done
exit \$bad
EOG

tests=0
say() { # WHAT NAME
	tests=$((tests + 1))
	echo "$1 $tests - $2"
}

# boot DEVICE...: one guest, and its log as a test
boot() {
	local log status=0 options=()

	printf -v log '%s/boot%d' "$out" $((tests + 1))
	mkdir "$log"
	for device; do
		options+=(-d "$device")
	done
	"$top/selftests/vm/boot.sh" -k "$series" -t 1500 -l "$log" \
		"${options[@]}" -- sh /build/guest/tools/run.sh \
		> "$log/run.log" 2>&1 || status=$?
	case $status in
	0 | 1) say ok "$# accelerators: the log of kernel and model is clean" ;;
	*)
		sed 's/^/# /' "$log/run.log"
		say 'not ok' "$# accelerators: the guest ended with $status"
		;;
	esac
}

same_picture() {
	"$O/srfpga" upscale -q -d "soft:$models/lrsrn_x2.onnx" \
		"$out/picture.in" "$out/host.ppm" &&
		cmp "$out/host.ppm" "$out/picture.ppm"
}

# The device gives integers where the model knows what they mean.
same_classes() { # MODEL
	local file=$models/$1.onnx step how=(--top 99)

	[ "$(wc -l < "$out/$1.classes")" -gt 2 ] || how=(--regression)
	step=$("$O/srfpga" info -d "soft:$file" |
		sed -n 's/^  output .*scale \([^,]*\).*/\1/p')
	"$O/srfpga" classify -d "soft:$file" "${how[@]}" "$out/$1.png" |
		tail -n +2 > "$out/$1.host"
	tail -n +2 "$out/$1.classes" |
		awk -v s="$step" 'NF > 1 { $2 = sprintf("%.4f", $2 * s) }
			NF == 1 { $1 = sprintf("%g", $1 * s) }
			{ print " " $0 }' > "$out/$1.guest"
	diff <(tr -s ' ' < "$out/$1.host") <(tr -s ' ' < "$out/$1.guest")
}

{
	echo 'TAP version 13'
	for ((i = 0; i < ${#devices[@]}; i += at_once)); do
		boot "${devices[@]:i:at_once}"
	done
	if same_picture; then verdict=ok; else verdict='not ok'; fi
	say "$verdict" 'the device has the bits of the whole picture'
	for classes in "$out"/*.classes; do
		name=$(basename "$classes" .classes)
		if same_classes "$name"; then verdict=ok; else verdict='not ok'; fi
		say "$verdict" "$name: a photograph has the host's classes"
	done
	echo "1..$tests"
} > "$out/tools_boot.tap" 2>&1

bad=0
for name in upscaler weights "${names[@]}" boot; do
	name=tools_$name
	[ -e "$out/$name.tap" ] ||
		echo 'Bail out! it was not run' > "$out/$name.tap"
	"$top/selftests/tap.sh" add "$TAPDIR" "$name" "$out/$name.tap" || bad=1
done
exit $bad
