#!/bin/sh
# SPDX-License-Identifier: MIT
# Batches of 400 and 600 ring pictures through srfpga run, as FINN's driver takes
# them: one job gives what as many jobs of one frame give, and the classes are
# those that the generator drew, nearly all of them.
# Needs O, the build folder, and SRCDIR; prints TAP.

models=$SRCDIR/tools/models
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

for python in python3 /usr/bin/python3 ''; do
	"$python" -c "import numpy" 2>/dev/null && break
done
[ -n "$python" ] || { echo "1..0 # SKIP no NumPy (python3-numpy)"; exit 4; }

echo "TAP version 13"
echo "1..6"
count=0
failed=0
check() { # NAME COMMAND...
	name=$1
	shift
	count=$((count + 1))
	if "$@" > "$work/why" 2>&1; then
		echo "ok $count - $name"
	else
		sed 's/^/# /' "$work/why"
		echo "not ok $count - $name"
		failed=1
	fi
}

run() { # BATCHSIZE MODEL OUTPUT
	"$O/srfpga" run -q -d "soft:$models/$2.onnx" --batchsize "$1" \
		--inputfile "$work/rings_64_$frames.npy" \
		--outputfile "$work/$3.npy"
}

# shellcheck disable=SC2317 # called through check
right() { # OUTPUT SHARE
	"$python" - "$work/$1.npy" "$work/rings_64_${frames}_class.npy" "$2" <<'EOF'
import sys
import numpy as np

scores, truth = np.load(sys.argv[1]), np.load(sys.argv[2])
share = (scores.argmax(1) == truth).mean()
print(scores.shape, share)
if scores.shape != (len(truth), 2) or share < float(sys.argv[3]):
    sys.exit(1)
EOF
}

for frames in 400 600; do
	"$python" "$SRCDIR/tools/train/make_rings.py" --count $frames \
		"$work" || exit 1
	check "$frames frames in one job" run $frames ring_classifier_64_w8 all
	run 1 ring_classifier_64_w8 each
	check "$frames frames, as in $frames jobs" \
		cmp "$work/all.npy" "$work/each.npy"
	check "$frames frames, classes of the generator" right all 0.9
done
exit $failed
