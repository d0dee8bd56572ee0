# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC2086,SC2154,SC2034
# Part of camera.sh: many frames leave no trace and never pause.

# What grows in a process or in the kernel if something is forgotten.
size() { sed -n 's/^VmRSS:[^0-9]*\([0-9]*\) kB/\1/p' /proc/$pid/status; }
files() { find /proc/$pid/fd -type l | wc -l; }
slab() { sed -n 's/^SUnreclaim:[^0-9]*\([0-9]*\) kB/\1/p' /proc/meminfo; }

for sink in null ${card:+display}; do
	buffers > $tmp/before
	slab0=$(slab)
	begin --$sink --frames "$frames"
	sleep 5
	size0=$(size) files0=$(files) shared0=$(buffers)
	while kill -0 $pid 2> /dev/null; do
		size1=$(size) files1=$(files) shared1=$(buffers)
		[ -n "$size1" ] && [ "$files1" -gt 0 ] &&
			last="$size1 $files1 $shared1"
		sleep 1
	done
	end
	echo "$last; at first: $size0 $files0 $shared0" >> $tmp/log
	is "$sink: $frames frames" $status 0
	number "$sink: as many as wanted" "$(figure frames_out)" == "$frames"
	number "$sink: no frame failed" "$(figure frames_failed)" == 0
	number "$sink: no byte copied" "$(figure cpu_bytes_copied)" == 0
	number "$sink: no stall" "$(figure longest_gap_ms)" '<' 3000
	# shellcheck disable=SC2086 # three words and more
	set -- $last
	number "$sink: the process does not grow" "$1" '<=' "$size0 + 64"
	is "$sink: as many files and buffers as at first" "${last#* }" \
		"$files0 $shared0"
	buffers | cmp $tmp/before - >> $tmp/log 2>&1
	is "$sink: no buffer stays behind" $? 0
	number "$sink: the kernel does not grow" "$(slab)" '<' "$slab0 + 4096"
done
