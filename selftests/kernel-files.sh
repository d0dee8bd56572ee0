#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Puts what of the kernel's sources the tests use into the cache, and prints the
# folder: its test framework (kselftest) and its style checkers, laid out as in
# its tree. Only these few files are unpacked from the distribution's package.
set -euo pipefail

SERIES=6.12
CACHE=${CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/srfpga}
here=$(cd "$(dirname "$0")" && pwd)
dest=$CACHE/kernel-files-$SERIES
wanted=(tools/testing/selftests/kselftest.h
	tools/testing/selftests/kselftest_harness.h
	tools/testing/selftests/kselftest_install.sh
	tools/testing/selftests/run_kselftest.sh
	tools/testing/selftests/lib.mk
	tools/testing/selftests/kselftest
	tools/scripts/Makefile.arch
	scripts/checkpatch.pl scripts/spelling.txt
	scripts/const_structs.checkpatch scripts/kernel-doc)

die()
{
	echo "kernel-files.sh: $*" >&2
	exit 1
}

# The package lists are the guest's: made when its first part is fetched.
from_package()
{
	local lists=$CACHE/apt/arm64/apt.conf

	[ -e "$lists" ] || CACHE=$CACHE "$here/vm/fetch.sh" busybox arm64 >&2
	mkdir "$work/deb"
	(cd "$work/deb" && APT_CONFIG=$lists apt-get -qq download \
		"linux-source-$SERIES" >&2) ||
		die "cannot download linux-source-$SERIES"
	dpkg-deb --fsys-tarfile "$work"/deb/*.deb |
		tar -xO --wildcards './usr/src/linux-source-*.tar.xz' |
		xz -dc | tar -C "$work" -x --strip-components=1 --wildcards \
			"${wanted[@]/#/*/}"
	rm -r "$work/deb"
}

if [ ! -e "$dest/.complete" ]; then
	mkdir -p "$CACHE"
	exec 9> "$CACHE/.lock-${dest##*/}"
	flock 9
fi
if [ ! -e "$dest/.complete" ]; then
	work=$(mktemp -d "$dest.XXXXXX")
	trap 'rm -rf "$work"' EXIT
	if [ -d "$CACHE/linux-source-$SERIES/src" ]; then
		tar -C "$CACHE/linux-source-$SERIES/src" -c "${wanted[@]}" |
			tar -C "$work" -x
	else
		from_package
	fi
	# Where "../kselftest.h" is looked up from by who is not in the tree.
	mkdir "$work/tools/testing/selftests/srfpga"
	touch "$work/.complete"
	chmod 755 "$work"
	mv -T "$work" "$dest"
fi
echo "$dest"
