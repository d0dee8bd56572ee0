#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Fetches Debian packages of other architectures, and sources, into the cache.
# Nothing is installed and no archive's name is known here: the machine's own apt
# sources say where the archives are. Prints the folder that holds the result.
set -euo pipefail

CACHE=${CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/srfpga}
me=fetch.sh
here=$(cd "$(dirname "$0")" && pwd)

usage()
{
	cat <<'EOF'
usage: fetch.sh [--refresh] WHAT
  kernel SERIES ARCH   image and modules, e.g. kernel 6.12 arm64; SERIES newest:
                       the newest that Debian has at all; debug, kcsan: see
                       ../debug/kernel.sh
  headers SERIES ARCH  what builds a module for that kernel
  busybox ARCH         the static busybox of the guest
  sysroot ARCH         libraries to link against and to run with in the guest
  qemu-source          source of the installed qemu-system-arm
  linux-source SERIES  the kernel's source package, unpacked
What is there already is not looked up again, unless --refresh asks for it.
EOF
}

die()
{
	echo "$me: $*" >&2
	exit 1
}

# shellcheck source-path=SCRIPTDIR source=apt.bash
. "$here/apt.bash"

# resolve_in STATE SERIES: "package=version state" of the newest image of the series
# that the state has; fails without a word if it has none.
resolve_in()
{
	local state=$1 series=$2 arch=${1%.next} flavour meta found
	local wanted=${2//./\\.}

	[ "$series" != newest ] || wanted='[0-9]+'
	flavour=$(flavour "$arch")
	need_lists "$state"
	for meta in "linux-image-$series-$flavour" "linux-image-$flavour"; do
		found=$(private "$state" apt-cache show "$meta:$arch" \
			2>/dev/null | sed -n 's/^Depends: //p' |
			grep -oE "linux-image-${wanted}[.-][^ ]* \(= [^)]*" |
			sort -V | tail -n 1) || continue
		echo "${found/ (= /=} $state"
		return 0
	done
	return 1
}

# resolve SERIES ARCH: likewise, from whichever state has it.
resolve()
{
	if [ "$1" != newest ] && resolve_in "$2" "$1"; then
		return 0
	fi
	resolve_in "$2.next" "$1" ||
		die "no kernel of series $1 for $2 in any package list"
}

flavour()
{
	case $1 in
	arm64) echo arm64 ;;
	armhf) echo armmp ;;
	amd64) echo amd64 ;;
	*) die "$1: no kernel flavour known for it" ;;
	esac
}

# Absolute links of a package point outside the folder it was unpacked to.
relative_links()
{
	local link target

	find "$1" -type l -lname '/*' | while read -r link; do
		target=$(readlink "$link")
		ln -sfr "$1$target" "$link"
	done
}

# Where the parts of a package that is being made are put, until complete.
begin()
{
	work=$CACHE/$1.tmp.$$
	trap 'rm -rf "$work" "$work".*' EXIT
	rm -rf "$work"
	mkdir -p "$work"
}

# finish NAME STAMP: moves the finished folder into place.
finish()
{
	echo "$2" > "$work/.stamp"
	rm -rf "${CACHE:?}/$1.old"
	[ -e "$CACHE/$1" ] && mv "$CACHE/$1" "$CACHE/$1.old"
	mv "$work" "$CACHE/$1"
	rm -rf "${CACHE:?}/$1.old"
}

in_cache()
{
	[ -z "$refresh" ] && [ -e "$CACHE/$1/.stamp" ] &&
		{ [ $# -lt 2 ] || [ "$(cat "$CACHE/$1/.stamp")" = "$2" ]; }
}

# have NAME [STAMP]: is it in the cache, made from STAMP? If not, this process
# alone makes it: who comes second waits here and finds it.
have()
{
	local lock

	in_cache "$@" && return 0
	exec {lock}> "$CACHE/.lock-$1"
	flock "$lock"
	in_cache "$@"
}

# image_parts STATE ARCH PACKAGE VERSION: the packages that make up an image; in
# newer suites it is empty itself and depends on its parts.
image_parts()
{
	local part

	for part in "$3" $(private "$1" apt-cache show "$3:$2=$4" |
		sed -n 's/^Depends: //p' |
		grep -oE 'linux-(base|binary|modules)-[0-9][^ ,]*'); do
		echo "$part:$2=$4"
	done
}

fetch_kernel()
{
	local series=$1 arch=$2 name=kernel-$1-$2 package state

	have "$name" && return 0
	read -r package state <<< "$(resolve "$series" "$arch")"
	begin "$name"
	# shellcheck disable=SC2046 # a list of packages
	unpack "$state" "$work" $(image_parts "$state" "$arch" \
		"${package%%=*}" "${package#*=}")
	[ -d "$work/lib/modules" ] || ln -s usr/lib "$work/lib"
	(cd "$work" && ln -s "$(find . -name 'vmlinuz*' -type f)" vmlinuz)
	depmod -b "$work" "$(basename "$work"/lib/modules/*)"
	finish "$name" "$package $state"
}

# Prints "package=version state" of the image that headers are wanted for: the one
# that boots, if it is there, else what the headers are already for.
image_of_headers()
{
	local series=$1 arch=$2 folder

	for folder in kernel headers; do
		cat "$CACHE/$folder-$series-$arch/.stamp" 2>/dev/null && return 0
	done
	resolve "$series" "$arch"
}

# kbuild_version STATE PACKAGE VERSION: the version of the build tools to take. An
# archive may have the tools of this machine's architecture a revision ahead of the
# kernel of another; any revision of the same series builds its modules.
kbuild_version()
{
	local versions

	versions=$(private "$1" apt-cache madison "$2:$HOST_ARCH" |
		awk -F ' *[|] *' '{ print $2 }')
	[ -n "$versions" ] || die "$2: in no package list"
	if grep -Fqx "$3" <<< "$versions"; then
		echo "$3"
	else
		sort -V <<< "$versions" | tail -n 1
	fi
}

fetch_headers()
{
	local series=$1 arch=$2 name=headers-$1-$2 image package state release
	local version kbuild

	image=$(image_of_headers "$series" "$arch")
	have "$name" "$image" && return 0
	read -r package state <<< "$image"
	need_lists "$state"
	version=${package#*=}
	release=${package%%=*}
	release=${release#linux-image-}
	kbuild=$(private "$state" apt-cache show \
		"linux-headers-$release:$arch=$version" |
		sed -n 's/^Depends: //p' | grep -o 'linux-kbuild-[^ ,]*')
	kbuild+=:$HOST_ARCH=$(kbuild_version "$state" "$kbuild" "$version")
	begin "$name"
	unpack "$state" "$work" "linux-headers-$release:$arch=$version" \
		"linux-headers-${release%-*}-common=$version" "$kbuild"
	relocate_headers "$work/usr/src/linux-headers-$release"
	wrap_tools "$state" "$work/usr/src/linux-headers-$release/scripts"
	[ "$arch" != armhf ] || fix_modpost "$state" "$release" "$version"
	sed -i "s,$work/,$CACHE/$name/," "$work"/usr/src/*/Makefile
	ln -s "usr/src/linux-headers-$release" "$work/build"
	finish "$name" "$image"
}

# wrap_tools STATE SCRIPTS: the tools of a newer suite want that suite's libraries.
wrap_tools()
{
	local state=$1 libs=$work/libs scripts tool up found

	scripts=$(realpath "$2")
	found=$(ldd "$scripts"/mod/modpost* 2>&1) || true
	[[ $found == *GLIBC_*"not found"* ]] || return 0
	unpack "$state" "$libs" libc6 libelf1t64 zlib1g libzstd1
	(cd "$libs" && ln -s usr/lib/*-linux-gnu* all && ln -s all/ld-linux* ld.so)
	find "$scripts/.." -type f -perm -u+x | while read -r tool; do
		[ "$(head -c 4 "$tool" | tail -c 3)" = ELF ] || continue
		up=$(realpath --relative-to="${tool%/*}" "$libs")
		mv "$tool" "$tool.elf"
		wrapper "$up" "${tool##*/}.elf" > "$tool"
		chmod +x "$tool"
	done
	# What chooses among modposts by its own name does not find them any more.
	cp "$scripts/mod/modpost.real-lsb-64" "$scripts/mod/modpost"
}

# wrapper LIBS TOOL: a script that runs TOOL beside it with the libraries in LIBS.
wrapper()
{
	cat <<EOF
#!/bin/sh
libs=\${0%/*}/$1
exec "\$libs/ld.so" --library-path "\$libs/all" "\${0%/*}/$2" "\$@"
EOF
}

# The headers' makefile names the common one by its absolute path.
relocate_headers()
{
	sed -i "s,/usr/src/,$work/usr/src/," "$1/Makefile"
	relative_links "$work"
}

# fix_modpost STATE RELEASE VERSION: see modpost.sh.
fix_modpost()
{
	local source=$work.source

	unpack "$1" "$source" "linux-source-${3%%.*}.$(echo "$3" | cut -d. -f2)=$3"
	tar -C "$source" -xf "$source"/usr/src/linux-source-*.tar.xz \
		--strip-components=1 --wildcards '*/scripts/*'
	"$here/modpost.sh" "$work/usr/src/linux-headers-$2" "$source" arm \
		arm-linux-gnueabihf-
	rm -rf "$source"
}

fetch_busybox()
{
	local arch=$1 name=busybox-$1

	have "$name" && return 0
	need_lists "$arch"
	begin "$name"
	unpack "$arch" "$work" "busybox-static:$arch"
	[ -e "$work/bin/busybox" ] || ln -s usr/bin "$work/bin"
	finish "$name" busybox-static
}

# What the libraries and tools link against (-dev) and run with in the guest.
# libc's -dev is the cross compiler's own package, so it is not here.
sysroot_packages()
{
	echo libc6 libgcc-s1 libstdc++6 zlib1g zlib1g-dev libpng16-16 libpng-dev \
		libjpeg62-turbo libjpeg62-turbo-dev libprotobuf-c1 \
		libprotobuf-c-dev libyuv0 libyuv-dev libdrm2 libdrm-dev kmod libkmod2 liblzma5 libzstd1 libssl3 \
		libyuv0 libyuv-dev libdrm2 libdrm-dev
}

fetch_sysroot()
{
	local arch=$1 name=sysroot-$1 package
	local -a packages=()

	have "$name" "$(sysroot_packages)" && return 0
	need_lists "$arch"
	for package in $(sysroot_packages); do
		packages+=("$package:$arch")
	done
	begin "$name"
	unpack "$arch" "$work" "${packages[@]}"
	rm -rf "$work/usr/share/doc" "$work/usr/share/man"
	relative_links "$work"
	finish "$name" "$(sysroot_packages)"
}

# The plugin uses QEMU's internal interfaces: the source must be that of the
# binary, with the distribution's patches. A binary rebuild (+bN) changes nothing.
fetch_qemu_source()
{
	local name=qemu-source version

	version=$(dpkg-query -W -f '${source:Version}' qemu-system-arm \
		2>/dev/null) || die "qemu-system-arm is not installed"
	have "$name" "$version" && return 0
	need_lists source
	begin "$name"
	(cd "$work" && private source apt-get -qq source --download-only \
		"qemu=$version" >&2) || die "cannot download the source of qemu $version"
	dpkg-source --no-check -x "$work"/*.dsc "$work/src" >/dev/null
	rm -f "$work"/*.tar.* "$work"/*.dsc
	rm -rf "$work/src/roms"
	finish "$name" "$version"
}

fetch_linux_source()
{
	local series=$1 name=linux-source-$1

	have "$name" && return 0
	need_lists arm64
	begin "$name"
	unpack arm64 "$work" "linux-source-$series"
	tar -C "$work" -xf "$work"/usr/src/linux-source-*.tar.xz
	rm -rf "${work:?}/usr"
	mv "$work"/linux-source-* "$work/src"
	finish "$name" "linux-source-$series"
}

refresh=
if [ "${1-}" = --refresh ]; then
	refresh=1
	shift
fi
mkdir -p "$CACHE"
case ${1-}-${2-}/$# in
kernel-debug/3 | headers-debug/3 | kernel-kcsan/3 | headers-kcsan/3)
	exec "$here/../debug/kernel.sh" "$2" ;;
esac
case ${1-}/$# in
kernel/3) fetch_kernel "$2" "$3"; echo "$CACHE/kernel-$2-$3" ;;
headers/3) fetch_headers "$2" "$3"; echo "$CACHE/headers-$2-$3" ;;
busybox/2) fetch_busybox "$2"; echo "$CACHE/busybox-$2" ;;
sysroot/2) fetch_sysroot "$2"; echo "$CACHE/sysroot-$2" ;;
qemu-source/1) fetch_qemu_source; echo "$CACHE/qemu-source" ;;
linux-source/2) fetch_linux_source "$2"; echo "$CACHE/linux-source-$2" ;;
*) usage >&2; exit 2 ;;
esac
