# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh disable=SC2034
# Sourced by the tests of the tool: TAP, scratch folder, the tool itself. Runs
# under busybox too. Environment: O (build folder), SRCDIR.

SRCDIR=${SRCDIR:-$(cd "$(dirname "$0")/../.." && pwd)}
O=${O:-$SRCDIR/build}
srfpga=${SRFPGA:-$O/srfpga}
mkpic=${MKPIC:-$O/tests/mkpic}
foreground=$O/tests/foreground
# A sanitiser's dlopen() does not see where the caller looks for libraries.
LD_LIBRARY_PATH=$O${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
export LD_LIBRARY_PATH

dir=$(mktemp -d)
trap 'cd /; rm -rf "$dir"' EXIT
mkdir "$dir/out"
cd "$dir" || exit 1
tests=0
failed=0

echo 'TAP version 13'

ok() {
	tests=$((tests + 1))
	echo "ok $tests - $1"
}

bad() { # NAME WHY
	tests=$((tests + 1))
	failed=1
	echo "not ok $tests - $1"
	echo "$2" | sed 's/^/# /'
}

skip() { # NAME WHY
	tests=$((tests + 1))
	echo "ok $tests - $1 # SKIP $2"
}

skip_all() {
	echo "1..0 # SKIP $1"
	exit 4
}

is() { # NAME GOT WANTED
	if [ "$2" = "$3" ]; then
		ok "$1"
	else
		bad "$1" "got '$2', not '$3'"
	fi
}

same() { # NAME FILE FILE
	if cmp "$2" "$3" > err 2>&1; then
		ok "$1"
	else
		bad "$1" "$(cat err)"
	fi
}

# The command succeeds and has nothing to say on stderr.
works() { # NAME COMMAND...
	name=$1
	shift
	"$@" > stdout 2> err
	status=$?
	if [ $status = 0 ] && [ ! -s err ]; then
		ok "$name"
	else
		bad "$name" "status $status: $(cat err)"
	fi
}

# The command fails with this status and one line "srfpga: …", and leaves
# nothing in out/. The text is a basic regular expression.
refused() { # NAME STATUS TEXT COMMAND...
	name=$1 wanted=$2 text=$3
	shift 3
	"$@" > stdout 2> err
	status=$?
	if [ $status != "$wanted" ]; then
		bad "$name" "status $status, not $wanted: $(cat err)"
	elif ! grep -q "^srfpga: .*: .*$text" err; then
		bad "$name" "$(cat err)"
	elif [ "$(wc -l < err)" != 1 ]; then
		bad "$name" "more than one line: $(cat err)"
	elif [ -n "$(ls -A out)" ]; then
		bad "$name" "left behind: $(ls -A out)"
		rm -rf out/* out/.[!.]*
	else
		ok "$name"
	fi
}

done_testing() {
	echo "1..$tests"
	exit $failed
}

# npy DESCR FORTRAN SHAPE BYTES FILE: an array of zeroes
npy() {
	{
		printf '\223NUMPY\001\000\166\000%-117s\n' \
			"{'descr': '$1', 'fortran_order': $2, 'shape': $3, }"
		head -c "$4" /dev/zero
	} > "$5"
}

# The stub of the software FPGA: stub FILE KEY VALUE ...
stub() {
	file=$1
	shift
	echo stub "$@" > "$file"
}

use_stub() {
	LD_LIBRARY_PATH=$O/tests/stub:$LD_LIBRARY_PATH
}
