#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Configures the source of the installed QEMU just enough that its internal
# headers can be included, in the cache. Prints the folder of that build.
set -eu

here=$(dirname "$0")
source=$("$here/fetch.sh" qemu-source)
version=$(cat "$source/.stamp")
build=${source%/*}/qemu-build

if [ -e "$build/.stamp" ] && [ "$(cat "$build/.stamp")" = "$version" ]; then
	echo "$build"
	exit
fi
rm -rf "$build"
mkdir -p "$build"
cd "$build"
log=$build/configure.log
fail()
{
	tail -n 20 "$log" >&2
	echo "qemu-headers.sh: $1 failed, see $log" >&2
	exit 1
}
# The distribution's own python, meson and ninja.
PATH=/usr/sbin:/usr/bin:/sbin:/bin
# Newer ones find meson by themselves and do not know the option.
meson=
if grep -q -e --meson= "$source/src/configure"; then
	meson=--meson=/usr/bin/meson
fi
"$source/src/configure" --target-list=aarch64-softmmu \
	--without-default-features --without-default-devices \
	--enable-system --enable-tcg --enable-fdt=system --enable-plugins \
	--disable-docs --disable-tools --disable-guest-agent --disable-werror \
	--disable-install-blobs ${meson:+"$meson"} > "$log" 2>&1 ||
	fail configure
# One of the QAPI headers brings all of them.
/usr/bin/ninja qapi/qapi-builtin-types.h config-poison.h >> "$log" 2>&1 ||
	fail ninja
echo "$version" > .stamp
echo "$build"
