# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC2086,SC2154,SC2034
# Part of camera.sh: what goes away midway is named, and nothing hangs.

away() { # NAME MESSAGE OPTIONS COMMAND...
	name=$1 message=$2 options=$3
	shift 3
	begin $options
	"$@" >> $tmp/log 2>&1
	end
	is "$name: ends with a failure" $status 1
	says "$name: says so" "$message"
	number "$name: the figures are printed" "$(figure frames_out)" '>' 0
}
device=$(basename "$(readlink /sys/class/srfpga/srfpga0/device)")
unbind() { echo "$device" > /sys/bus/platform/drivers/srfpga/unbind; }
unplug() { $fault control "$1" Disconnect 1; }
rebind() { echo "$device" > /sys/bus/platform/drivers/srfpga/bind; }

away 'accelerator unbound' 'the device is gone' --null unbind
grep -q '"engine_load": null' $tmp/json
is 'accelerator unbound: nobody knows its load' $? 0
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
	console > $tmp/console
	away 'accelerator unbound beside a screen' 'the device is gone' \
		--display unbind
	console_is_back 'accelerator unbound beside a screen'
	rebind
	take() { $fault screen $pid; }
	away 'screen taken' 'another program has taken the screen' --display take
	begin --display
	camera2=$pid
	timeout 20 $srfpga camera -d /dev/srfpga0 -s /dev/video1 --display -q \
		--frames 5 > $tmp/json2 2> $tmp/log2
	is 'a screen that is in use: exit status' $? 1
	kill -INT $camera2
	end
	cp $tmp/log2 $tmp/log
	says 'a screen that is in use: says so' 'another program'
	away 'camera unplugged beside a screen' 'the camera is gone' \
		'--display -s /dev/video1' unplug /dev/video1
	console_is_back 'camera unplugged beside a screen'
	connector=$(echo /sys/class/drm/"$card"-*/status)
	pull() { echo off > "$connector"; }
	away 'screen unplugged' 'the screen was unplugged' --display pull
	echo detect > "$connector"
	bus=$(readlink -f "/sys/class/drm/$card/device/driver")
	unit=$(basename "$(readlink "/sys/class/drm/$card/device")")
	remove() { echo "$unit" > "$bus/unbind"; }
	away 'display unbound' 'the display is gone' --display remove
	echo "$unit" > "$bus/bind"
else
	skip 'what goes away beside a screen' 'no screen'
fi
away 'camera unplugged' 'the camera is gone' --null unplug /dev/video0
