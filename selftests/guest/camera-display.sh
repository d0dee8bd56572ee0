# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC2086,SC2154,SC2034
# Part of camera.sh: frames on the screen, and the console after them.

if [ -z "$card" ]; then
	skip 'display' 'no screen'
	return
fi
console > $tmp/console
grep -q fbcon $tmp/console
is 'the console is on the screen' $? 0
camera --display --frames "$frames" --save "$dir/shown"
is "display: $frames frames on the screen" $status 0
number 'display: no byte copied' "$(figure cpu_bytes_copied)" == 0
number 'display: latency is known' "$(figure latency_ms_p50)" '>' 0
console_is_back 'display'

# Two still pictures, so that what the host sees is the last frame, too.
for picture in 4 20; do
	pattern $picture
	begin --display --frames 100 --save "$dir/still$picture"
	look still$picture
	end
	is "still$picture: the video went on" $status 0
done
$fault control /dev/video0 'OSD Text Mode' 0

begin --display
console | diff $tmp/console - > $tmp/log
is 'Ctrl-C: the console was away' $? 1
kill -INT $pid
end
is 'Ctrl-C: exit status' $status 0
console_is_back 'Ctrl-C'
begin --display
kill -KILL $pid
wait $pid
console_is_back 'killed'

camera --display --page-flips --frames 10
is 'page flips: ten frames' $status 0
says 'page flips: and no atomic commits' 'page flips'
console_is_back 'page flips'
camera --display --format YUYV --frames 10
is 'a camera that must be converted: ten frames' $status 0

# What no display can reach is drawn: here the frames of the software FPGA.
timeout 300 $srfpga camera --display --size 320x180 --frames 1 --json \
	-d soft:/host/tools/models/lrsrn_x2.onnx > $tmp/json 2> $tmp/log
is 'a soft device: a frame on the screen' $? 0
number 'a soft device: says what was drawn' "$(figure cpu_bytes_copied)" '>=' \
	$((640 * 360 * 4))

# The library's example, with fences that the screen waits for by itself.
example() { # CAMERA
	timeout 120 /build/arm64/examples/display "$1" /dev/srfpga0 \
		"/dev/dri/$card" 20 > $tmp/log 2>&1
	is "example, $1: 20 frames on the screen" $? 0
	console_is_back "example, $1"
}
example /dev/video0
# Caches that nobody settles cannot be seen here; that it is tried can.
trace=/sys/kernel/tracing
if echo 'p:settle dma_buf_end_cpu_access direction=%x1:s32' \
		2> /dev/null > $trace/kprobe_events; then
	echo > $trace/trace
	echo 1 > $trace/events/kprobes/settle/enable
	example /dev/video2
	echo 0 > $trace/events/kprobes/settle/enable
	# 1: DMA_TO_DEVICE; the screen's driver only reads.
	number 'example: the caches of each frame are settled' \
		"$(grep -c 'settle: .* direction=1' $trace/trace)" == 20
	echo > $trace/kprobe_events
else
	skip 'example: caches' 'this kernel has no probes'
fi
