# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC2086,SC2154,SC2034
# Part of camera.sh: what goes away midway is named, and nothing hangs.

away() { # NAME MESSAGE SINK COMMAND...
	name=$1 message=$2 sink=$3
	shift 3
	begin "--$sink"
	"$@" >> $tmp/log 2>&1
	end
	is "$name: ends with a failure" $status 1
	says "$name: says so" "$message"
	number "$name: the figures are printed" "$(figure frames_out)" '>' 0
}
device=$(basename "$(readlink /sys/class/srfpga/srfpga0/device)")
unbind() { echo "$device" > /sys/bus/platform/drivers/srfpga/unbind; }
rebind() { echo "$device" > /sys/bus/platform/drivers/srfpga/bind; }

away 'accelerator unbound' 'the device is gone' null unbind
rebind

# A reader that has enough, as "| head" or a player's window.
fifo=/tmp/camera-fifo
mkfifo $fifo
head -c 1000000 $fifo > /dev/null &
begin --encode $fifo
end
is 'reader closed: ends with a failure' $status 1
says 'reader closed: says so' 'its reader has closed it'
# One that does not read at all must not keep Ctrl-C from working.
sh -c 'kill -STOP $$' < $fifo &
sleeper=$!
begin --encode $fifo
kill -INT $pid
end
number 'reader asleep: Ctrl-C works' $status '<' 2
kill -KILL $sleeper
rm $fifo

if [ -n "$card" ]; then
	take() { $fault screen $pid; }
	away 'screen taken' 'another program has taken the screen' display take
	begin --display
	camera2=$pid
	timeout 20 $srfpga camera -d /dev/srfpga0 -s /dev/video1 --display -q \
		--frames 5 > $tmp/json2 2> $tmp/log2
	is 'a screen that is in use: exit status' $? 1
	kill -INT $camera2
	end
	cp $tmp/log2 $tmp/log
	says 'a screen that is in use: says so' 'another program'
	connector=$(echo /sys/class/drm/"$card"-*/status)
	pull() { echo off > "$connector"; }
	away 'screen unplugged' 'the screen was unplugged' display pull
	echo detect > "$connector"
	bus=$(readlink -f "/sys/class/drm/$card/device/driver")
	unit=$(basename "$(readlink "/sys/class/drm/$card/device")")
	remove() { echo "$unit" > "$bus/unbind"; }
	away 'display unbound' 'the display is gone' display remove
	echo "$unit" > "$bus/bind"
else
	skip 'screen taken, unplugged, unbound' 'no screen'
fi

unplug() { $fault control /dev/video0 Disconnect 1; }
away 'camera unplugged' 'the camera is gone' null unplug
