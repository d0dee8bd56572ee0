# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC2086,SC2154,SC2034
# Part of camera.sh: what never comes to its end does not stop the video.

now() { sed 's/ .*//' /proc/uptime; }

# Until the tool says TEXT, or is gone.
until_says() { # TEXT
	for _ in $(seq 600); do
		grep -q "$1" $tmp/log && break
		kill -0 $pid 2> /dev/null || break
		sleep 0.1
	done
}

# From the first frame, two seconds before "started", to the last one.
to_the_end() { # NAME
	number "$1: frames come out to the end" \
		"$(figure seconds)" '>' "$stopped - $started - 1"
}

# The accelerator hangs in a frame: its fence signals with the time-out.
job_hangs() { # SINK
	begin "--$1" --timeout 3s
	started=$(now)
	devmem $hang 32 1
	until_says 'a frame was lost'
	sleep 2
	stopped=$(now)
	kill -INT $pid
	end
	is "$1, a job hangs: the video goes on" $status 0
	to_the_end "$1, a job hangs"
	says "$1, a job hangs: says so" 'a frame was lost: Connection timed out'
	number "$1, a job hangs: the lost frames are counted" \
		"$(figure frames_failed)" '>' 0

	# Long before the time-out.
	begin "--$1" --timeout 8s
	devmem $hang 32 1
	sleep 1
	kill -INT $pid
	end
	is "$1, a job hangs: Ctrl-C works" $status 0
}

# Somebody's fence on a buffer of the camera: the other buffers go on.
fence_hangs() { # SINK SHARE
	begin "--$1" --share "$2"
	started=$(now)
	$fault fence $pid 60 >> $tmp/log 2>&1 &
	thief=$!
	until_says 'does not signal'
	sleep 4
	stopped=$(now)
	kill -INT $pid
	end
	is "$1, $2, a fence never signals: Ctrl-C works" $status 0
	says "$1, $2, a fence never signals: says so" \
		'a fence on buffer . does not signal'
	number "$1, $2, a fence never signals: no stall" \
		"$(figure longest_gap_ms)" '<' 2500
	to_the_end "$1, $2, a fence never signals"
	kill $thief 2> /dev/null
	wait $thief
}

# What vivid exports is longer than vgem claims to take, a debug kernel says.
case $(uname -r) in
*debug*) theirs='import' ;;
*) theirs='export' ;;
esac
job_hangs null
fence_hangs null import
[ "$frames" -lt 1000 ] || fence_hangs null export
if [ -n "$card" ]; then
	job_hangs display
	fence_hangs display $theirs
	[ "$frames" -lt 1000 ] || fence_hangs display import
fi
