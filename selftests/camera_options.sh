#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# What srfpga camera refuses before a frame moves, on any machine. Speaks TAP.
set -u

# shellcheck source=SCRIPTDIR/tools/lib.sh
. "${SRCDIR:-$(cd "$(dirname "$0")/.." && pwd)}/selftests/tools/lib.sh"

"$srfpga" camera an-argument 2> err
! grep -q 'was built without' err || skip_all "$(cat err)"
model=soft:$SRCDIR/tools/models/lrsrn_x2.onnx

refused 'no frames' 2 '' "$srfpga" camera --frames 0
refused 'no rate' 2 '' "$srfpga" camera --fps 0
refused 'a time without a unit' 2 '' "$srfpga" camera --timeout 5
refused 'one side of a size' 2 '' "$srfpga" camera --size 640
refused 'a way to share that is none' 2 'neither import nor export' \
	"$srfpga" camera --share both
refused 'a format of seven letters' 2 'four letters' \
	"$srfpga" camera --format YUYVYUV
refused 'a format that cannot be converted' 2 'cannot be converted' \
	"$srfpga" camera --format H264
refused '--save without an end' 2 'needs --frames' "$srfpga" camera --save a
refused 'an argument' 2 'no arguments' "$srfpga" camera /dev/video0
refused 'a model that is not there' 3 'No such file' \
	"$srfpga" camera --null -d soft:nowhere.onnx
refused 'a camera that is not there' 3 'No such file' \
	"$srfpga" camera --null -d "$model" -s /dev/nothing
refused 'a camera that is none' 1 'not a video device' \
	"$srfpga" camera --null -d "$model" -s /dev/null
refused 'a screen that is none' 3 'no screen' \
	"$srfpga" camera --card /dev/null -d "$model"
done_testing
