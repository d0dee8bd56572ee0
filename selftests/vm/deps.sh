#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Installs the Debian packages that a part of the build needs, by named set.
# Knows packages only: nothing is built, configured or fetched to the cache here.
set -eu

usage()
{
	cat <<'EOF'
usage: deps.sh SET...
Installs what is missing of the named sets with apt-get, as root or through sudo.
Sets:
  host-build  compiler and libraries of the library and the tools
  guest       cross compilers, QEMU and what the FPGA model needs
  guest32     what the 32-bit guest needs on top
  static      static checkers
  tests       what some tests need and skip without
  docs        what builds the documentation
  memcheck    valgrind
  kernel      what compiles a kernel, beside guest
  fuzz        clang with what libFuzzer and the sanitisers link
NO_APT=1 installs nothing: it lists what is missing and fails.
EOF
}

# Prints the packages of set $1.
packages()
{
	case $1 in
	host-build)
		echo gcc libc6-dev make pkg-config zlib1g-dev libpng-dev \
			libjpeg62-turbo-dev libprotobuf-c-dev \
			protobuf-c-compiler libyuv-dev libdrm-dev libxml2-dev \
			python3
		;;
	guest)
		echo qemu-system-arm gcc libc6-dev make pkg-config \
			gcc-aarch64-linux-gnu libc6-dev-arm64-cross \
			meson ninja-build python3 libglib2.0-dev \
			libpixman-1-dev libfdt-dev dpkg-dev cpio xz-utils \
			device-tree-compiler debian-archive-keyring kmod zstd
		;;
	guest32)
		echo gcc-arm-linux-gnueabihf libc6-dev-armhf-cross
		;;
	static)
		echo sparse shellcheck cppcheck clang
		;;
	tests)
		echo python3-numpy python3-pil dt-schema qemu-user \
			libgstreamer1.0-dev libgstreamer-plugins-base1.0-dev \
			gstreamer1.0-tools gstreamer1.0-plugins-base \
			gstreamer1.0-plugins-good
		;;
	docs)
		echo man-db groff
		;;
	memcheck)
		echo valgrind util-linux
		;;
	fuzz)
		# named after the version that "clang" stands for
		version=$(apt-cache depends clang 2>/dev/null |
			sed -n 's/.*Depends: clang-\([0-9]*\)$/\1/p')
		echo clang "libclang-rt-${version:-14}-dev"
		;;
	kernel)
		echo flex bison bc
		;;
	*)
		echo "deps.sh: $1: no such set" >&2
		return 2
		;;
	esac
}

# Prints those of the packages given that are not installed.
missing()
{
	installed=" $(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" \
		2>/dev/null | sed -n 's/^installed //p' | tr '\n' ' ') "
	for package; do
		case $installed in
		*" $package "*) ;;
		*) echo "$package" ;;
		esac
	done
}

as_root()
{
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		echo "deps.sh: neither root nor sudo: run as root: $*" >&2
		return 1
	fi
}

# Lists may be absent (a fresh machine) or old: update when the first try fails.
install_packages()
{
	set -- env DEBIAN_FRONTEND=noninteractive apt-get \
		-o DPkg::Lock::Timeout=600 install -qq -y \
		--no-install-recommends "$@"
	as_root "$@" >/dev/null && return 0
	as_root apt-get -o DPkg::Lock::Timeout=600 -qq update
	as_root "$@" >/dev/null
}

case ${1-} in
'') usage >&2; exit 2 ;;
-h | --help) usage; exit ;;
esac
command -v dpkg-query >/dev/null ||
	{ echo "deps.sh: no dpkg: this needs a Debian machine" >&2; exit 1; }
wanted=
for set; do
	wanted="$wanted $(packages "$set")"
done
# shellcheck disable=SC2086 # a list of package names
todo=$(missing $wanted | sort -u | tr '\n' ' ')
[ -n "$todo" ] || exit 0
if [ "${NO_APT-}" = 1 ]; then
	echo "deps.sh: missing and NO_APT=1 forbids installing: $todo" >&2
	exit 1
fi
echo "deps.sh: installing: $todo" >&2
# shellcheck disable=SC2086
install_packages $todo
