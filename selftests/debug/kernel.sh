#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Builds a debug kernel for the guest from the distribution's kernel source, once
# for what its configuration and source are. Knows no test. Prints the folder:
# vmlinuz, lib/modules, build (what modules are built against), build.log.
#
#   kernel.sh debug|kcsan      the fragment of that name, on top of guest.config
set -euo pipefail

SERIES=6.12
export CACHE=${CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/srfpga}
here=$(cd "$(dirname "$0")" && pwd)
kind=${1-}
fragments=("$here/guest.config" "$here/$kind.config")
# Kept, so that a changed configuration compiles only what that changed.
work=$CACHE/kernel-$kind.work
flags=()
# Only modules, that is the driver, are watched for races: others' races are
# theirs, and an unwatched kernel is faster.
[ "$kind" != kcsan ] || flags=(KCSAN_SANITIZE=n)

die()
{
	echo "kernel.sh: $*" >&2
	exit 1
}

kmake()
{
	env -u MAKEFLAGS -u MAKELEVEL make -s -C "$source" O="$work" ARCH=arm64 \
		CROSS_COMPILE=aarch64-linux-gnu- "${flags[@]}" "$@"
}

# Options that others of the fragment do not allow are dropped without a word.
check_config()
{
	local line lost=

	while read -r line; do
		case $line in
		'' | '#'*) continue ;;
		*=n) ! grep -q "^${line%n}" "$work/.config" || lost+=" $line" ;;
		*) grep -qxF "$line" "$work/.config" || lost+=" $line" ;;
		esac
	done < "$work/fragment"
	[ -z "$lost" ] || { echo "not possible:$lost"; return 1; }
}

compile()
{
	cat "${fragments[@]}" > "$work/fragment"
	kmake KCONFIG_ALLCONFIG="$work/fragment" allnoconfig && check_config &&
		kmake -j"$(nproc)" Image modules
}

# All but the objects: what "make M=" of a module needs, a tenth of the size.
install_kernel()
{
	kmake INSTALL_MOD_PATH="$1" modules_install
	rm -f "$1"/lib/modules/*/{build,source}
	mkdir "$1/build"
	tar -C "$work" -c --exclude='*.o' --exclude='*.a' --exclude='*.ko' \
		--exclude='./vmlinux*' --exclude='./.tmp_*' --exclude='*.cmd' \
		--exclude='Image*' . | tar -C "$1/build" -x
	cp "$work/arch/arm64/boot/Image" "$1/vmlinuz"
	cp "$work/System.map" "$work/.config" "$1/"
	cp "$work.log" "$1/build.log"
}

case $kind/$# in
debug/1 | kcsan/1) ;;
*) die 'usage: kernel.sh debug|kcsan' ;;
esac
source=$("$here/../vm/fetch.sh" linux-source "$SERIES")/src
key=$(cat "${fragments[@]}" <(head -n 5 "$source/Makefile") | sha256sum)
result=$CACHE/kernel-$kind-${key:0:12}
if [ ! -e "$result" ]; then
	"$here/../vm/deps.sh" guest kernel
	mkdir -p "$work"
	exec {lock}> "$CACHE/.lock-kernel-$kind"
	flock "$lock"
fi
# Who came second finds it here.
if [ ! -e "$result" ]; then
	echo "kernel.sh: building the $kind kernel, once; log: $work.log" >&2
	compile > "$work.log" 2>&1 ||
		die "the build failed: $(tail -n 5 "$work.log")"
	new=$(mktemp -d "$result.XXXXXX")
	trap 'rm -rf "$new"' EXIT
	install_kernel "$new" >> "$work.log" 2>&1 ||
		die "the installation failed: $(tail -n 5 "$work.log")"
	chmod 755 "$new"
	mv -T "$new" "$result"
fi
echo "$result"
