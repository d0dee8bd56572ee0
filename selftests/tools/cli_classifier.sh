#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# What the guest tries on a device that classifies, on a shipped model in software.
SRCDIR=${SRCDIR:-$(cd "$(dirname "$0")/../.." && pwd)}
O=${O:-$SRCDIR/build}
model=$SRCDIR/tools/models/resnet8.onnx
export SRCDIR O
if [ ! -r "$model" ]; then
	echo "1..0 # SKIP no $model"
	exit 4
fi
exec "$SRCDIR/selftests/tools/guest/model.sh" "soft:$model" "$model"
