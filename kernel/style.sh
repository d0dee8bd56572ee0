#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Runs the kernel's checkpatch and kernel-doc over the driver. Fails on an error
# of the first and on any word of the second.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
scripts=$("$here/../selftests/kernel-files.sh")/scripts

cd "$here"
# A tree's own layout is not ours, and a driver out of the tree has versions.
ignore=LINUX_VERSION_CODE,CONSTANT_COMPARISON,FILE_PATH_CHANGES
status=0
errors=$(perl "$scripts/checkpatch.pl" --no-tree --strict --terse \
	--ignore "$ignore" -f ./*.[ch] include/uapi/*.h | grep ': ERROR:') && {
	echo "$errors"
	status=1
}
words=$(perl "$scripts/kernel-doc" -none -Wall ./*.[ch] \
	include/uapi/*.h 2>&1) || status=1
[ -z "$words" ] || {
	echo "$words"
	status=1
}
exit $status
