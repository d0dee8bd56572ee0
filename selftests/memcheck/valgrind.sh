#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs the test program of its own name under valgrind, or the tool: any error,
# and memory that is lost at the end, fails it.
name=$(basename "$0")
program=$O/tests/$name
[ "$name" != srfpga ] || program=$O/srfpga
# Deep networks have deep stacks, and what is hidden is known by its last lines.
exec valgrind -q --error-exitcode=99 --leak-check=full --num-callers=60 \
	--errors-for-leak-kinds=definite,indirect --track-fds=no \
	--suppressions="$(dirname "$(readlink -f "$0")")/valgrind.supp" \
	"$program" "$@"
