#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs the test program of its own name under valgrind: any error, and memory
# that is lost at the end, fails it.
exec valgrind -q --error-exitcode=99 --leak-check=full \
	--errors-for-leak-kinds=definite,indirect --track-fds=no \
	--suppressions="$(dirname "$(readlink -f "$0")")/valgrind.supp" \
	"$O/tests/$(basename "$0")" "$@"
