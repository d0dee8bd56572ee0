#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# modpost.sh HEADERS SOURCE ARCH CROSS: replaces the modpost of unpacked header
# packages by one that knows the target's size of long. The packages' own was
# compiled for the build machine and misreads device tables of 32-bit kernels.
# SOURCE holds scripts of the kernel's source.
set -euo pipefail

headers=$1 source=$2 arch=$3 cross=$4
top=$(mktemp -d)
trap 'rm -rf "$top"' EXIT
work=$top/scripts/mod
mkdir -p "$work"
cp "$source"/scripts/mod/* "$work/"
# modpost includes two headers of the kernel by their place in its tree.
ln -s "$(realpath "$headers"/../linux-headers-*-common/include)" "$top/include"

# The offsets of the device tables, as the target's compiler lays them out.
offsets()
{
	echo '/* devicetable-offsets.s -> numbers */'
	sed -nE 's/^.*\.ascii[[:space:]]*"->([A-Za-z0-9_]+) [#$]*([^ ]*) .*/#define \1 \2/p' \
		"$1"
}

mkdir "$work/target"
cp "$work/devicetable-offsets.c" "$work/empty.c" "$work/target/"
echo 'obj-m := empty.o' > "$work/target/Kbuild"
env -u MAKEFLAGS -u MAKELEVEL make -s -C "$headers" M="$work/target" \
	ARCH="$arch" CROSS_COMPILE="$cross" CC="${cross}gcc" \
	devicetable-offsets.s empty.o >&2
offsets "$work/target/devicetable-offsets.s" > "$work/devicetable-offsets.h"
grep -q OFF_of_device_id "$work/devicetable-offsets.h"

cd "$work"
sources=$(find . -maxdepth 1 -name '*.c' ! -name empty.c ! -name mk_elfconfig.c \
	! -name devicetable-offsets.c)
gcc -O2 -w -o mk_elfconfig mk_elfconfig.c
./mk_elfconfig < target/empty.o > elfconfig.h
# shellcheck disable=SC2086 # a list of file names
gcc -O2 -w -I "$source/scripts/include" -o modpost $sources
find "$headers/scripts/mod/" -name "modpost*" -type f \
	-exec cp modpost {} \;
