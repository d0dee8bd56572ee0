#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Runs the kernel's checkpatch and kernel-doc over the driver. Fails on an error
# of the first and on any word of the second.
set -euo pipefail

SERIES=6.12
CACHE=${CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/srfpga}
here=$(cd "$(dirname "$0")" && pwd)
tools=$CACHE/kernel-scripts-$SERIES
wanted=(scripts/checkpatch.pl scripts/spelling.txt
	scripts/const_structs.checkpatch scripts/kernel-doc)

# The package lists are the guest's: made when its first part is fetched.
from_package()
{
	local lists=$CACHE/apt/arm64/apt.conf

	[ -e "$lists" ] || CACHE=$CACHE "$here/../selftests/vm/fetch.sh" \
		busybox arm64 >&2
	mkdir "$work/deb"
	(cd "$work/deb" && APT_CONFIG=$lists apt-get -qq download \
		"linux-source-$SERIES" >&2)
	dpkg-deb --fsys-tarfile "$work"/deb/*.deb |
		tar -xO --wildcards './usr/src/linux-source-*.tar.xz' |
		xz -dc | tar -C "$work" -x --strip-components=1 --wildcards \
			"${wanted[@]/#/*/}"
	rm -r "$work/deb"
}

if [ ! -e "$tools" ]; then
	mkdir -p "$CACHE"
	work=$(mktemp -d "$tools.XXXXXX")
	trap 'rm -rf "$work"' EXIT
	if [ -d "$CACHE/linux-source-$SERIES/src" ]; then
		tar -C "$CACHE/linux-source-$SERIES/src" -c "${wanted[@]}" |
			tar -C "$work" -x
	else
		from_package
	fi
	mv -T "$work" "$tools" 2>/dev/null || [ -e "$tools" ]
fi

cd "$here"
# A tree's own layout is not ours, and a driver out of the tree has versions.
ignore=LINUX_VERSION_CODE,CONSTANT_COMPARISON,FILE_PATH_CHANGES
status=0
errors=$(perl "$tools/scripts/checkpatch.pl" --no-tree --strict --terse \
	--ignore "$ignore" -f ./*.[ch] include/uapi/*.h | grep ': ERROR:') && {
	echo "$errors"
	status=1
}
words=$(perl "$tools/scripts/kernel-doc" -none -Wall ./*.[ch] \
	include/uapi/*.h 2>&1) || status=1
[ -z "$words" ] || {
	echo "$words"
	status=1
}
exit $status
