# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC2086,SC2154,SC2034
# Part of camera.sh: frames arrive, nothing is copied, nothing stays behind.

buffers > $tmp/before

for share in import export; do
	camera --null --frames "$frames" --share $share --save "$dir/$share"
	is "$share: $frames frames" $status 0
	number "$share: no byte copied" "$(figure cpu_bytes_copied)" == 0
	number "$share: no frame failed" "$(figure frames_failed)" == 0
	number "$share: latency is known" "$(figure latency_ms_p50)" '>' 0
	number "$share: half of the frames take less than one in 20" \
		"$(figure latency_ms_p50)" '<=' "$(figure latency_ms_p95)"
	number "$share: the accelerator's load is known" \
		"$(figure engine_load)" '>' 0
	# vivid writes with the CPU: into our memory, or into its own.
	case $share in
	import)	number 'import: caches are looked after' \
			"$(figure cache_upkeep_ms)" '>' 0
		;;
	export)	number 'export: the camera looks after its caches' \
			"$(figure cache_upkeep_ms)" == 0
		;;
	esac
done

for how in '--share import' '--share export' '--format NV12'; do
	camera -s /dev/video1 --null --frames 5 $how
	is "planes, $how: five frames" $status 0
	number "planes, $how: no frame failed" "$(figure frames_failed)" == 0
done

# An accelerator for 5 frames a second: of 25, 20 are late and wait for nothing.
interval 200000000
for sink in null ${card:+display}; do
	camera --$sink --frames 10
	is "$sink, slow accelerator: ten frames" $status 0
	number "$sink, slow accelerator: late frames are dropped" \
		"$(figure frames_dropped) + $(figure frames_missed)" '>' 10
	number "$sink, slow accelerator: no delay builds up" \
		"$(figure latency_ms_p99)" '<' 2000
done
interval 0
no_buffer_left
is 'no buffer stays behind' $? 0

camera --encode "$dir/video.y4m" --frames 3 -q --save "$dir/video"
is 'encode: three frames' $status 0
header=$(head -n 1 "$dir/video.y4m")
# a frame: its own line, then one byte of luma and half a byte of colour a pixel
is 'encode: a stream of three frames of 640x360 at 25 frames/s' \
	"${header%% Ip*} $(wc -c < "$dir/video.y4m")" \
	"YUV4MPEG2 W640 H360 F25:1 $((${#header} + 1 + 3 * (6 + 640 * 540)))"
timeout 60 $srfpga camera -d /dev/srfpga0 --encode - --frames 3 -q \
	2> $tmp/log | tail -c +1 > $tmp/pipe.y4m
is 'encode to a pipe: nothing else gets into the stream' \
	"$(wc -c < $tmp/pipe.y4m)" "$(wc -c < "$dir/video.y4m")"
says 'encode to a pipe: the figures are on standard error' 'frames in, out'
rm $tmp/pipe.y4m

# Two cameras through one accelerator, each with a picture of its own.
pattern 4
pattern 20 /dev/video1
for camera in 0 1; do
	camera -s /dev/video$camera --null --frames 2 --save $tmp/alone$camera
	is "camera $camera alone: two frames" $status 0
done
cmp -s $tmp/alone0_in.ppm $tmp/alone1_in.ppm
is 'two cameras show two pictures' $? 1
$srfpga camera -d /dev/srfpga0 -s /dev/video1 --null --frames "$frames" -q \
	--json --save "$dir/two1" > $tmp/json2 2> $tmp/log2 &
second=$!
camera --null --frames "$frames" --save "$dir/two0"
wait $second
second=$?
cat $tmp/log2 >> $tmp/log
is 'two pipelines at once: both end well' "$status $second" '0 0'
number 'two pipelines at once: none starves' "$(figure longest_gap_ms)" '<' 5000
for camera in 0 1; do
	cmp $tmp/alone${camera}_in.ppm "$dir/two${camera}_in.ppm" > $tmp/log 2>&1
	is "two pipelines at once: camera $camera keeps its picture" $? 0
done
rm $tmp/alone*
$fault control /dev/video0 'OSD Text Mode' 0

# A camera beside somebody who sends single pictures.
begin --null --frames "$frames"
timeout 300 $srfpga upscale -q -d /dev/srfpga0 "$dir/import_in.ppm" \
	"$dir/beside.ppm" 2>> $tmp/log
is 'beside a camera: a picture' $? 0
cp "$dir/import_in.ppm" "$dir/beside_in.ppm"
mv "$dir/beside.ppm" "$dir/beside_out.ppm"
end
is 'beside a camera: the camera goes on' $status 0

camera --null --frames 5 -q -s /dev/nothing
is 'no such camera: exit status' $status 3
begin --null
camera2=$pid
timeout 20 $srfpga camera -d /dev/srfpga0 --null --frames 5 -q \
	> $tmp/json2 2> $tmp/log2
is 'a camera that is in use: exit status' $? 1
cp $tmp/log2 $tmp/log
says 'a camera that is in use: says so' 'another program'
kill -INT $camera2
end
is 'Ctrl-C: exit status' $status 0
number 'Ctrl-C: the figures are printed' "$(figure frames_out)" '>' 0
[ "$(busy)" -gt 0 ] && ok 'the accelerator worked'
