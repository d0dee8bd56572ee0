#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Ctrl-C in the middle of the work: the tool ends by the signal, what was there
# before is still there, and nothing half done lies beside it. Speaks TAP.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
use_stub
# So slow that nobody sees the end of it.
stub slow height 20 width 30 delay 2000
"$mkpic" rgb 61 47 a.png
npy '|u1' False '(9, 20, 30, 3)' 16200 in.npy

# interrupted NAME FILE COMMAND...: FILE is what it writes, in out/
interrupted() {
	name=$1 file=$2
	shift 2
	for old in '' before; do
		rm -f "$file"
		[ -z "$old" ] || echo $old > "$file"
		"$foreground" "$@" > stdout 2> err &
		pid=$!
		while ! ls "$file".* > /dev/null 2>&1; do
			kill -0 $pid 2> /dev/null || break
		done
		kill -INT $pid
		wait $pid 2> /dev/null
		is "$name${old:+ over a file}: ended by the signal" \
			"$? $(cat stdout err)" '130 '
		is "$name${old:+ over a file}: nothing is left" \
			"$(ls -A out) $([ ! -e "$file" ] || cat "$file")" \
			"${old:+${file#out/}} $old"
	done
	rm -f "$file"
}

interrupted 'a picture' out/o.png "$srfpga" upscale -d soft:slow a.png out/o.png
interrupted 'run' out/o.npy "$srfpga" run -d soft:slow --batchsize 1 \
	--inputfile in.npy --outputfile out/o.npy
interrupted 'bench' out/o.svg "$srfpga" bench -d soft:slow --plot out/o.svg
stub net
"$mkpic" y4m-420 16 16 in.y4m 9 ''
if "$srfpga" upscale -q -d soft:net in.y4m probe.y4m 2>&1 |
   grep -q 'without libyuv'; then
	skip 'a video' 'srfpga was built without libyuv'
else
	interrupted 'a video' out/o.y4m "$srfpga" upscale -d soft:slow in.y4m \
		out/o.y4m
fi
done_testing
