#!/bin/sh
# SPDX-License-Identifier: MIT
# Trains every shipped model, checks and scores it and writes its card.
# Must not know how: train.py and the others do.
set -eu

usage() {
	cat <<'EOF'
usage: all.sh SRFPGA DIR [OPTION]...
Trains all models into DIR with train.py OPTION..., two at a time and each on
one thread, then fills DIR/models with what tools/models holds of them. SRFPGA
is the tool that scores them. PYTHON= names the Python that has
requirements.txt. What each says is in DIR/MODEL.log.
  all.sh ../../build/srfpga /tmp/trained
  all.sh ../../build/srfpga /tmp/rehearsal --shorten 200    minutes, no result
EOF
	exit 2
}

[ $# -ge 2 ] || usage
srfpga=$(realpath "$1")
mkdir -p "$2/models"
dir=$(realpath "$2")
shift 2
cd "$(dirname "$0")"

run() {
	"${PYTHON:-python3}" -W ignore "$@"
}

train() {
	echo "$(date +%T) $1"
	run train.py "$@" --out "$dir" > "$dir/$1.log" 2>&1 ||
		{ cat "$dir/$1.log" >&2; return 1; }
}

# One variant from nothing, the others from its float network.
super_resolution() {
	train lrsrn_x2 "$@" || return
	for variant in jpeg90 int4 dpu; do
		train lrsrn_x2_$variant --start "$dir/lrsrn_x2.float.pt" \
			"$@" || return
	done
}

classifiers() {
	train resnet8 "$@" || return
	for size in 64 128 300; do
		train ring_classifier_$size "$@" || return
		train ring_regressor_$size "$@" || return
	done
}

super_resolution "$@" &
classifiers "$@" || { kill $!; exit 1; }
wait $!
cp "$dir"/*.onnx "$dir"/*.labels.txt ../models/sample.png "$dir/models"
run check_export.py --checkpoints "$dir" --srfpga "$srfpga" \
	"$dir"/models/*.onnx
run make_golden.py "$dir/models"
run score.py --srfpga "$srfpga" --write --pictures "$dir/pictures" \
	"$dir/models"
run cards.py "$dir" "$dir/models"
