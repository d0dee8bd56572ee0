#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Fetches Debian packages of other architectures, and sources, into the cache.
# Nothing is installed and no archive's name is known here: the machine's own apt
# sources say where the archives are. Prints the folder that holds the result.
set -euo pipefail

CACHE=${CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/srfpga}
HOST_ARCH=$(dpkg --print-architecture)
# shellcheck disable=SC1091 # not part of the project
HOST_SUITE=$(. /etc/os-release && echo "$VERSION_CODENAME")
# Where the old kernel series lives, whatever this machine runs.
OLD_SUITE=bookworm
LIST_AGE_MINUTES=720
me=fetch.sh
here=$(cd "$(dirname "$0")" && pwd)

usage()
{
	cat <<'EOF'
usage: fetch.sh [--refresh] WHAT
  kernel SERIES ARCH   image and modules, e.g. kernel 6.12 arm64
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

# apt with the private state named by its first argument.
private()
{
	local state=$1
	shift
	APT_CONFIG=$CACHE/apt/$state/apt.conf "$@"
}

# Prints "label uri" of the Debian archives that apt knows of on this machine.
# The machine's own lists tell which source is Debian's; where it has none
# (a fresh image), they are read into a private state first.
debian_archives()
{
	local probe=$CACHE/apt/probe found
	# shellcheck disable=SC2016 # fields of apt-get, not of the shell
	local format='$(ORIGIN) $(LABEL) $(REPO_URI)'

	found=$(apt-get indextargets --format "$format" 'Created-By: Packages' |
		sed -n 's/^Debian //p' | sort -u)
	if [ -z "$found" ]; then
		mkdir -p "$probe/lists/partial" "$probe/cache/archives/partial"
		apt-get -qq -o Dir::State="$probe" -o Dir::Cache="$probe/cache" \
			-o APT::Sandbox::User=root update >&2 || true
		found=$(apt-get -o Dir::State="$probe" indextargets \
			--format "$format" 'Created-By: Packages' |
			sed -n 's/^Debian //p' | sort -u)
	fi
	[ -n "$found" ] || die "no Debian archive among this machine's apt sources"
	echo "$found"
}

# Prints the suites to read from the archive labelled $1.
suites()
{
	local suite

	for suite in $(printf '%s\n' "$HOST_SUITE" "$OLD_SUITE" | sort -u); do
		case $1 in
		Debian) echo "$suite" "$suite-updates" ;;
		Debian-Security) echo "$suite-security" ;;
		esac
	done
}

# write_sources TYPE...: a sources.list of the given line types on stdout.
write_sources()
{
	local label uri suite type ring=/usr/share/keyrings/debian-archive-keyring.gpg

	[ -e $ring ] && ring="[signed-by=$ring] " || ring=
	debian_archives | while read -r label uri; do
		for suite in $(suites "$label"); do
			for type; do
				echo "$type $ring$uri $suite main"
			done
		done
	done
}

# One state for each foreign architecture: apt drops all indexes of an archive
# when one of them does not match, as happens while a mirror is being updated.
apt_state()
{
	local state=$1 dir=$CACHE/apt/$1 arch
	local -a types=(deb)

	mkdir -p "$dir/lists/partial" "$dir/cache/archives/partial"
	[ "$state" = source ] && types=(deb-src)
	write_sources "${types[@]}" > "$dir/sources.list"
	: > "$dir/status"
	{
		echo "Dir::State \"$dir\";"
		echo "Dir::State::status \"$dir/status\";"
		echo "Dir::Cache \"$dir/cache\";"
		echo "Dir::Etc::sourcelist \"$dir/sources.list\";"
		echo "Dir::Etc::sourceparts \"/dev/null\";"
		echo "Dir::Etc::preferencesparts \"/dev/null\";"
		echo "APT::Architecture \"$HOST_ARCH\";"
		echo "#clear APT::Architectures;"
		for arch in "$HOST_ARCH" "$state"; do
			[ "$arch" = source ] || echo "APT::Architectures:: \"$arch\";"
		done
		echo 'APT::Sandbox::User "root"; Acquire::Languages "none";'
		echo 'Acquire::Retries "3";'
	} > "$dir/apt.conf"
	if ! private "$state" apt-get -qq update > "$dir/update.log" 2>&1; then
		echo "$me: going on without some package lists," \
			"see $dir/update.log" >&2
	fi
	touch "$dir/updated"
}

# Makes sure that state $1 has lists, of today.
need_lists()
{
	local updated=$CACHE/apt/$1/updated lock

	mkdir -p "$CACHE/apt"
	exec {lock}> "$CACHE/apt/.lock-$1"
	flock "$lock"
	[ -n "$(find "$updated" -mmin -$LIST_AGE_MINUTES 2>/dev/null)" ] ||
		apt_state "$1"
	exec {lock}>&-
}

# resolve STATE METAPACKAGE...: "package=version" that the first of the
# metapackages which exists depends on.
resolve_meta()
{
	local state=$1 meta depends
	shift

	for meta; do
		depends=$(private "$state" apt-cache show "$meta:$state" \
			2>/dev/null | sed -n 's/^Depends: //p' |
			grep -E "linux-(image|headers)-${series}[.-]" |
			head -n 1) || continue
		echo "$depends" | sed -E 's/^([^ ,]+) \(= ([^)]+)\).*/\1=\2/'
		return 0
	done
	die "no kernel of series $series for $state among the package lists"
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

# download STATE FOLDER PACKAGE...: packages unpacked into FOLDER.
unpack()
{
	local state=$1 folder=$2 debs=$2.debs deb
	shift 2

	mkdir -p "$folder" "$debs"
	(cd "$debs" && private "$state" apt-get -qq download "$@" >&2) ||
		die "cannot download $*"
	for deb in "$debs"/*.deb; do
		dpkg-deb -x "$deb" "$folder"
	done
	rm -rf "$debs"
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

fetch_kernel()
{
	local series=$1 arch=$2 name=kernel-$1-$2 flavour package

	have "$name" && return 0
	flavour=$(flavour "$arch")
	need_lists "$arch"
	package=$(resolve_meta "$arch" "linux-image-$series-$flavour" \
		"linux-image-$flavour")
	begin "$name"
	unpack "$arch" "$work" "${package%%=*}:$arch=${package#*=}"
	(cd "$work" && ln -s boot/vmlinuz-* vmlinuz)
	[ -d "$work/lib/modules" ] || ln -s usr/lib "$work/lib"
	depmod -b "$work" "$(basename "$work"/lib/modules/*)"
	finish "$name" "$package"
}

# Prints "package=version" of the image that headers of $1 $2 are wanted for: the
# one that boots, if it is there, else what the headers are already for.
image_of_headers()
{
	local series=$1 arch=$2 folder flavour

	for folder in kernel headers; do
		cat "$CACHE/$folder-$series-$arch/.stamp" 2>/dev/null && return 0
	done
	flavour=$(flavour "$arch")
	need_lists "$arch"
	resolve_meta "$arch" "linux-image-$series-$flavour" "linux-image-$flavour"
}

fetch_headers()
{
	local series=$1 arch=$2 name=headers-$1-$2 image release version kbuild

	image=$(image_of_headers "$series" "$arch")
	have "$name" "$image" && return 0
	need_lists "$arch"
	version=${image#*=}
	release=${image%%=*}
	release=${release#linux-image-}
	kbuild=$(private "$arch" apt-cache show \
		"linux-headers-$release:$arch=$version" |
		sed -n 's/^Depends: //p' | grep -o 'linux-kbuild-[^ ,]*')
	begin "$name"
	unpack "$arch" "$work" "linux-headers-$release:$arch=$version" \
		"linux-headers-${release%-*}-common=$version" \
		"$kbuild:$HOST_ARCH=$version"
	relocate_headers "$work/usr/src/linux-headers-$release"
	[ "$arch" != armhf ] || fix_modpost "$release" "$version"
	sed -i "s,$work/,$CACHE/$name/," "$work"/usr/src/*/Makefile
	ln -s "usr/src/linux-headers-$release" "$work/build"
	finish "$name" "$image"
}

# The headers' makefile names the common one by its absolute path.
relocate_headers()
{
	sed -i "s,/usr/src/,$work/usr/src/," "$1/Makefile"
	relative_links "$work"
}

# fix_modpost RELEASE VERSION: see modpost.sh.
fix_modpost()
{
	local source=$work.source tar=usr/src/linux-source-$series.tar.xz

	unpack "$arch" "$source" "linux-source-$series=$2"
	tar -C "$source" -xf "$source/$tar" --strip-components=1 \
		--wildcards '*/scripts/mod/*'
	"$here/modpost.sh" "$work/usr/src/linux-headers-$1" "$source" arm \
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
		libprotobuf-c-dev kmod libkmod2 liblzma5 libzstd1 libssl3
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
	dpkg-source --no-check -x "$work"/*.dsc "$work/src" >&2
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
case ${1-}/$# in
kernel/3) fetch_kernel "$2" "$3"; echo "$CACHE/kernel-$2-$3" ;;
headers/3) fetch_headers "$2" "$3"; echo "$CACHE/headers-$2-$3" ;;
busybox/2) fetch_busybox "$2"; echo "$CACHE/busybox-$2" ;;
sysroot/2) fetch_sysroot "$2"; echo "$CACHE/sysroot-$2" ;;
qemu-source/1) fetch_qemu_source; echo "$CACHE/qemu-source" ;;
linux-source/2) fetch_linux_source "$2"; echo "$CACHE/linux-source-$2" ;;
*) usage >&2; exit 2 ;;
esac
