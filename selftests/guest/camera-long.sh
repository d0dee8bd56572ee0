# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC2086,SC2154,SC2034
# Part of camera.sh: many frames leave no trace and never pause.

# What grows in a process or in the kernel if something is forgotten.
size() { sed -n 's/^VmRSS:[^0-9]*\([0-9]*\) kB/\1/p' /proc/$pid/status; }
files() { find /proc/$pid/fd -type l 2> /dev/null | wc -l; }
slab() { sed -n 's/^SUnreclaim:[^0-9]*\([0-9]*\) kB/\1/p' /proc/meminfo; }

sinks=null
[ "$frames" -lt 1000 ] || sinks="null ${card:+display}"
for sink in $sinks; do
	buffers > $tmp/before
	slab0=$(slab)
	begin --$sink --frames "$long" --fps 60
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
	is "$sink: $long frames" $status 0
	number "$sink: as many as wanted" "$(figure frames_out)" == "$long"
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
	grown=$(($(slab) - slab0))
	number "$sink: the kernel does not grow" $grown '<' 4096
	echo "# $sink: $(figure seconds) s, longest gap $(figure longest_gap_ms) ms"
	echo "# memory of the process, files, buffers: at first $size0 kB, $files0," \
		"$shared0; at last $1 kB, $2, ${last#* * }; kernel $grown kB more"
done
