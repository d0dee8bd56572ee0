#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# GStreamer for the guest: what builds the plugin and what runs a pipeline from
# a camera to a screen. Prints the folder.
set -euo pipefail

export CACHE=${CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/srfpga}
vm=$(cd "$(dirname "$0")/../vm" && pwd)
arch=arm64
root=$CACHE/gstreamer-$arch
packages=(gstreamer1.0-tools gstreamer1.0-plugins-base gstreamer1.0-plugins-good
	gstreamer1.0-plugins-bad libgstreamer1.0-0 libgstreamer1.0-dev
	libgstreamer-plugins-base1.0-0 libgstreamer-plugins-base1.0-dev
	libglib2.0-0 libglib2.0-dev libgudev-1.0-0 libudev1 libffi8
	libpcre2-8-0 libmount1 libblkid1 libselinux1 libunwind8 libdw1
	libelf1 libcap2 liborc-0.4-0 libv4l-0 libv4lconvert0 libbz2-1.0)

die()
{
	echo "guest-root.sh: $*" >&2
	exit 1
}

# shellcheck source-path=SCRIPTDIR source=../vm/apt.bash
. "$vm/apt.bash"
sysroot=$("$vm/fetch.sh" sysroot $arch) || die "no sysroot"
stamp="${packages[*]} $(cat "$sysroot/.stamp")"
if [ "$(cat "$root/.stamp" 2> /dev/null)" != "$stamp" ]; then
	work=$root.tmp.$$
	trap 'rm -rf "$work" "$work".debs' EXIT
	cp -a "$sysroot" "$work"
	need_lists $arch
	unpack $arch "$work" "${packages[@]/%/:$arch}"
	rm -rf "$work"/usr/share/{doc,man,locale}
	# What only static linking needs is not here.
	sed -i '/^Requires.private/d' "$work"/usr/lib/*/pkgconfig/*.pc
	echo "$stamp" > "$work/.stamp"
	rm -rf "$root"
	mv "$work" "$root"
fi
echo "$root"
