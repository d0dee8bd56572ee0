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

# Memory after many frames is that after few. (What a sanitiser holds back is
# not ours.)
ASAN_OPTIONS=quarantine_size_mb=1${ASAN_OPTIONS:+:$ASAN_OPTIONS}
export ASAN_OPTIONS
peak() { # FRAMES
	"$mkpic" y4m-420 32 24 long.y4m "$1" ''
	"$srfpga" upscale -q -d soft:net long.y4m - > /dev/null &
	pid=$!
	most=0
	while kill -0 $pid 2> /dev/null; do
		now=$(sed -n 's/^VmHWM:[^0-9]*\([0-9]*\).*/\1/p' /proc/$pid/status \
			2> /dev/null)
		[ "${now:-0}" -gt "$most" ] && most=$now
	done
	wait $pid || most=-1
	echo "$most"
}
few=$(peak 300)
many=$(peak 10000)
if [ "$few" -gt 0 ] && [ "$many" -gt 0 ] && [ "$many" -lt $((few + 1024)) ]; then
	ok 'memory is steady over 10,000 frames'
else
	bad 'memory is steady over 10,000 frames' "$few KiB, then $many KiB"
fi

# Ctrl-C leaves nothing half done. (A background job ignores SIGINT; SIGTERM
# goes the same way.)
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
