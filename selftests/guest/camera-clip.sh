# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC2086,SC2154,SC2034
# Part of camera.sh: a recorded video of vivid's test picture, made larger.

$fault control /dev/video0 'Horizontal Movement' 4
camera --encode "$dir/camera.y4m" --frames $frames --save "$dir/camera.png"
is "$frames frames were recorded" $status 0
cat $tmp/json
