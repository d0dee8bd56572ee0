# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC2086,SC2154,SC2034
# Part of camera.sh: many frames leave no trace and never pause.

# What grows in a process or in the kernel if something is forgotten.
size() { sed -n 's/^VmRSS:[^0-9]*\([0-9]*\) kB/\1/p' /proc/$pid/status; }
files() { find /proc/$pid/fd -type l 2> /dev/null | wc -l; }
slab() { sed -n 's/^SUnreclaim:[^0-9]*\([0-9]*\) kB/\1/p' /proc/meminfo; }

for sink in null ${card:+display}; do
	buffers > $tmp/before
	slab0=$(slab)
	begin --$sink --frames "$frames"
	sleep 5
	size0=$(size) files0=$(files) shared0=$(buffers)
	# The last look but one: the last one may see it on its way out.
	last='' now=''
	while kill -0 $pid 2> /dev/null; do
		last=$now
		now="$(size) $(files) $(buffers)"
		sleep 1
	done
	end
	echo "$last; at first: $size0 $files0 $shared0" >> $tmp/log
	is "$sink: $frames frames" $status 0
	number "$sink: as many as wanted" "$(figure frames_out)" == "$frames"
	number "$sink: no frame failed" "$(figure frames_failed)" == 0
	number "$sink: no byte copied" "$(figure cpu_bytes_copied)" == 0
	number "$sink: no stall" "$(figure longest_gap_ms)" '<' 3000
	set -- $last
	number "$sink: the process does not grow" "$1" '<=' "$size0 + 64"
	# Fences of frames under way come and go.
	number "$sink: no more files than at first" "$2" '<=' "$files0 + 4"
	is "$sink: as many buffers as at first" "${last#* * }" "$shared0"
	no_buffer_left
	is "$sink: no buffer stays behind" $? 0
	number "$sink: the kernel does not grow" "$(slab)" '<' "$slab0 + 4096"
done
