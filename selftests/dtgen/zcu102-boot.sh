#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Boots a stock kernel on QEMU's xlnx-zcu102 machine with the FPGA model. The
# machine has no shares: what the guest needs is in its RAM disk, what it leaves
# comes back over a serial port.
#
#   zcu102-boot.sh SERIES FOLDER DTB [-d OPTIONS]... -- COMMAND...
# FOLDER, below $O, is the same folder below /build in the guest. Stdout and exit
# status as of vm/boot.sh. Environment: O
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
fetch=$top/selftests/vm/fetch.sh
series=$1 folder=$2 dtb=$3
inside=/build${folder#"$O"}
limit=300
shift 3
devices=()
while [ "$1" = -d ]; do
	devices+=(-device "srfpga-fpga,$2")
	shift 2
done
shift

die()
{
	echo "zcu102-boot.sh: $*" >&2
	exit 125
}

# Every library that FILE... needs, and what those need, from the sysroot.
libraries()
{
	local file name

	for file; do
		readelf -d "$file" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'
	done | sort -u | while read -r name; do
		[ ! -e "$root/lib/$name" ] || continue
		for file in "$sysroot"/{usr/,}lib/aarch64-linux-gnu/"$name"; do
			[ ! -e "$file" ] || break
		done
		# those of the build are beside what needs them
		[ -e "$file" ] || continue
		cp -L "$file" "$root/lib/"
		libraries "$root/lib/$name"
	done
}

ram_disk()
{
	local build=$root/build

	mkdir -p "$root"/{bin,dev,proc,sys,tmp,lib,host/selftests} \
		"$build/arm64" "$build/modules/$series-arm64" \
		"$root$(dirname "$inside")"
	cp "$busybox/bin/busybox" "$root/bin/"
	cp "$here/zcu102-init" "$root/init"
	cp -r "$top/selftests/dtgen" "$top/selftests/tools" "$root/host/selftests/"
	cp -L "$O"/arm64/{srfpga,libsrfpga.so.0,libsrfpga-soft.so.0} "$build/arm64/"
	cp "$O/modules/$series-arm64/srfpga.ko" "$build/modules/$series-arm64/"
	cp -r "$folder" "$root$inside"
	echo "$inside" > "$root/folder"
	printf '%s ' "$@" > "$root/command"
	libraries "$build"/arm64/*
	(cd "$root" && find . | cpio -o -H newc --quiet -R 0:0) > "$work/cpio"
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root
kernel=$("$fetch" kernel "$series" arm64) || die 'no kernel'
busybox=$("$fetch" busybox arm64) || die 'no busybox'
sysroot=$("$fetch" sysroot arm64) || die 'no sysroot'
ram_disk "$@"
mkdir "$folder/log"
# Its display has an audio output, which would look for one on the host.
QEMU_AUDIO_DRV=none timeout --foreground "$limit" qemu-system-aarch64 \
	-M xlnx-zcu102 -smp 4 -m 2048 -display none -nodefaults -no-reboot \
	-kernel "$kernel/vmlinuz" -initrd "$work/cpio" -dtb "$dtb" \
	-append 'console=ttyPS0 loglevel=5 panic=-1 cma=256M' \
	-serial "file:$folder/log/console.log" -serial "file:$work/tar" \
	-plugin "$O/srfpga-fpga.so" "${devices[@]}" \
	2> "$folder/log/model.log" < /dev/null || true
tar -x -C "$folder" -f "$work/tar" 2>&1 || {
	tail -n 60 "$folder/log/console.log" "$folder/log/model.log" >&2
	die 'the guest ended without a status'
}
cat "$folder/stdout"
cat "$folder/stderr" >&2
status=$(cat "$folder/status")
if grep -aE 'WARNING:|BUG:|Oops|[Cc]all trace:|Kernel panic|nobody cared' \
	"$folder/kernel.log" "$folder/log/console.log" ||
   grep violation "$folder/log/model.log"; then
	status=126
fi >&2
exit "$status"
