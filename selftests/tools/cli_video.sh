#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# srfpga upscale on video: formats are kept, frames are all there, memory does
# not grow, Ctrl-C leaves nothing behind. Speaks TAP.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
use_stub
stub net

"$mkpic" y4m-420 16 16 probe.y4m 1 ''
if "$srfpga" upscale -q -d soft:net probe.y4m probe.out 2>&1 |
   grep -q 'without libyuv'; then
	skip_all 'srfpga was built without libyuv'
fi

# bytes FORMAT WIDTH HEIGHT: of one frame
bytes() {
	case $1 in
	420) echo $(($2 * $3 + 2 * (($2 + 1) / 2) * (($3 + 1) / 2))) ;;
	422) echo $(($2 * $3 + 2 * (($2 + 1) / 2) * $3)) ;;
	444) echo $((3 * $2 * $3)) ;;
	esac
}

for format in 420 422 444; do
	for range in '' ' XCOLORRANGE=FULL'; do
		name="$format${range:+ full range}"
		"$mkpic" y4m-$format 31 17 in.y4m 7 \
			" F30000:1001 Ip A1:1$range"
		works "$name" "$srfpga" upscale -d soft:net in.y4m file.y4m
		header="YUV4MPEG2 W62 H34 C$format F30000:1001 Ip A1:1$range"
		is "$name: header" "$(head -n 1 file.y4m)" "$header"
		is "$name: size" "$(wc -c < file.y4m | tr -d ' ')" \
			$((${#header} + 1 + 7 * (6 + $(bytes $format 62 34))))
		"$srfpga" upscale -q -d soft:net - - < in.y4m > pipe.y4m
		same "$name: a pipe" pipe.y4m file.y4m
		"$srfpga" upscale -q -d soft:net,height=11,width=13 in.y4m \
			cut.y4m
		same "$name: cut into frames" cut.y4m file.y4m
	done
done

# A frame of a video has the bits of the same frame alone.
"$mkpic" y4m-444 31 17 in.y4m 3 ''
"$srfpga" upscale -q -d soft:net in.y4m all.y4m
frame=$((6 + $(bytes 444 31 17)))
out=$((6 + $(bytes 444 62 34)))
{ head -n 1 in.y4m; tail -c $frame in.y4m; } > last.y4m
"$srfpga" upscale -q -d soft:net last.y4m one.y4m
tail -c $out all.y4m > a
tail -c $out one.y4m > b
same 'the last frame alone' a b

# All jobs that were asked for are in flight, also where a frame takes several.
"$mkpic" y4m-420 16 16 in.y4m 20 ''
for jobs in 1 4 9; do
	for device in soft:net soft:net,height=13,width=16; do
		"$srfpga" upscale --json --jobs $jobs -d $device in.y4m \
			file.y4m > stats
		is "$jobs jobs on $device" "$(sed -n \
			's/.*"jobs_in_flight": //p' stats)" $jobs,
	done
done

# Memory after 10,000 frames is that after 1,000, in one run of the real thing.
# malloc() gives freed memory back, for a leak not to hide in it. (What a
# sanitiser holds back is not ours.)
model=$SRCDIR/tools/models/lrsrn_x2.onnx
slack=128
! grep -q __asan_init "$srfpga" || slack=2048
ASAN_OPTIONS=quarantine_size_mb=1${ASAN_OPTIONS:+:$ASAN_OPTIONS}
MALLOC_MMAP_THRESHOLD_=8192 MALLOC_TRIM_THRESHOLD_=0
export ASAN_OPTIONS MALLOC_MMAP_THRESHOLD_ MALLOC_TRIM_THRESHOLD_
resident() { # KiB
	sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$pid/status"
}
if [ -r "$model" ]; then
	"$mkpic" y4m-420 16 12 long.y4m 10000 ''
	frame=$((6 + $(bytes 420 32 24)))
	mkfifo in out.fifo
	LD_LIBRARY_PATH=$O "$srfpga" upscale -q -d "soft:$model,threads=2" - - \
		< in > out.fifo &
	pid=$!
	exec 3> in 4< out.fifo
	cat long.y4m >&3 &
	head -c $((1000 * frame)) <&4 > /dev/null
	few=$(resident)
	head -c $((8980 * frame)) <&4 > /dev/null
	many=$(resident)
	exec 3>&-
	rest=$(wc -c <&4)
	wait $pid
	status=$?
	exec 4<&-
	# The header of the stream is a part of the rest.
	if [ $status = 0 ] && [ $((rest / frame)) = 20 ] &&
	   [ "$((many - few))" -lt $slack ]; then
		ok 'memory is steady from 1,000 to 10,000 frames'
	else
		bad 'memory is steady from 1,000 to 10,000 frames' \
			"status $status, $few KiB, then $many KiB, $rest bytes"
	fi
	unset MALLOC_MMAP_THRESHOLD_ MALLOC_TRIM_THRESHOLD_
	echo "# $few KiB after 1,000 frames, $many KiB after 10,000"
else
	skip 'memory is steady from 1,000 to 10,000 frames' "no $model"
fi

# SIGTERM leaves nothing half done; Ctrl-C has its own test.
"$mkpic" y4m-420 64 48 head.y4m 20 ''
mkfifo pipe
"$srfpga" upscale -q -d soft:net pipe out/o.y4m &
pid=$!
exec 3> pipe
cat head.y4m >&3
while [ -z "$(ls out)" ]; do
	kill -0 $pid 2> /dev/null || break
done
is 'a temporary file grows' "$(find out -name 'o.y4m.*' | wc -l | tr -d ' ')" 1
kill -TERM $pid
wait $pid 2> /dev/null
is 'ended by the signal' $? 143
exec 3>&-
is 'nothing is left' "$(ls -A out)" ''
done_testing
