#!/bin/sh
# SPDX-License-Identifier: MIT
# Trains every shipped model, checks and scores it and writes its card.
# Must not know how: train.py and the others do.
set -eu

usage() {
	cat <<'EOF'
usage: all.sh SRFPGA DIR [OPTION]...
Trains all models into DIR with train.py OPTION..., then fills DIR/models with
what tools/models holds of them. SRFPGA is the tool that scores them.
PYTHON= names the Python that has requirements.txt.
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

run train.py lrsrn_x2 --out "$dir" "$@"
for variant in jpeg90 int4 dpu; do
	run train.py lrsrn_x2_$variant --out "$dir" \
		--start "$dir/lrsrn_x2.float.pt" "$@"
done
run train.py resnet8 --out "$dir" "$@"
for size in 64 128 300; do
	run train.py ring_classifier_$size --out "$dir" "$@"
	run train.py ring_regressor_$size --out "$dir" "$@"
done
cp "$dir"/*.onnx "$dir"/*.labels.txt ../models/sample.png "$dir/models"
run check_export.py --checkpoints "$dir" --srfpga "$srfpga" \
	"$dir"/models/*.onnx
run make_golden.py "$dir/models"
run score.py --srfpga "$srfpga" --write --pictures "$dir/pictures" \
	"$dir/models"
run cards.py "$dir" "$dir/models"
