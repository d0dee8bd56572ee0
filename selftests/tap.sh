#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Runs test programs that speak TAP and counts what they said.
#
#   tap.sh run LOGDIR SECONDS PROGRAM [ARG ...]   one program, its log kept
#   tap.sh add LOGDIR NAME FILE                   a log that was made elsewhere
#   tap.sh check LOGDIR NAME COMMAND [ARG ...]    good if it exits with 0
#   tap.sh part LOGDIR COMMAND [ARG ...]          runs of the above; that it fails
#                                                 without a failed test counts as one
#   tap.sh summary LOGDIR ...                     "N passed, N failed, N skipped"
#
# A program that crashes, runs out of time, breaks its plan or says nothing is
# one failure more. Exit status of a skipped program is 4, as in kselftest.
set -u

# passed failed skipped of a log; the wanted number of lines is in the plan
count() {
	awk '
	/^[ \t]/ { next }
	/^ok / {
		n++
		if (toupper($0) ~ /# *SKIP/) s++; else p++
	}
	/^not ok / { n++; f++ }
	/^1\.\.[0-9]+/ {
		planned = 1; split($1, a, "\\.\\."); plan = a[2] + 0
		if (plan == 0) s++
	}
	/^Bail out!/ { f++; bailed = 1 }
	END {
		if (!bailed && (!planned || (plan != n && plan != 0))) f++
		printf "%d %d %d\n", p, f, s
	}' "$1"
}

report() {
	printf '  %-44s %4d passed %s%s\n' "$1" "$2" \
		"$([ "$3" -gt 0 ] && echo "$3 FAILED ")" \
		"$([ "$4" -gt 0 ] && echo "$4 skipped")"
}

keep() { # LOGDIR NAME: count NAME.tap and remember the numbers
	set -- "$1" "$2" $(count "$1/$2.tap")
	echo "$3 $4 $5 $2" > "$1/$2.count"
	report "$2" "$3" "$4" "$5"
	if [ "$4" -gt 0 ]; then
		grep -n -B 12 -E '^(not ok|Bail out)|ERROR: |runtime error' \
			"$1/$2.tap" | tail -n 60
		echo "  (whole log: $1/$2.tap)"
		return 1
	fi
}

run() { # LOGDIR SECONDS PROGRAM [ARG ...]
	dir=$1 limit=$2
	shift 2
	name=$(basename "$1" | sed 's/\.[a-z]*$//')
	mkdir -p "$dir"
	timeout -k 10 "$limit" "$@" < /dev/null > "$dir/$name.tap" 2>&1
	status=$?
	case $status in
	0 | 1) ;;
	4) grep -q '^1\.\.' "$dir/$name.tap" ||
		echo '1..0 # SKIP' >> "$dir/$name.tap" ;;
	124 | 137) echo "Bail out! no end after $limit s" >> "$dir/$name.tap" ;;
	*) echo "Bail out! exit status $status" >> "$dir/$name.tap" ;;
	esac
	if [ $status = 1 ] && ! grep -q '^not ok' "$dir/$name.tap"; then
		echo 'Bail out! exit status 1' >> "$dir/$name.tap"
	fi
	keep "$dir" "$name"
}

case ${1-} in
run)
	shift
	run "$@"
	;;
add)
	mkdir -p "$2"
	cp "$4" "$2/$3.tap" || exit 1
	keep "$2" "$3"
	;;
check)
	dir=$2 name=$3
	shift 3
	mkdir -p "$dir"
	if "$@" < /dev/null > "$dir/$name.tap" 2>&1; then
		echo "ok 1 - $name" >> "$dir/$name.tap"
	else
		echo "not ok 1 - $name" >> "$dir/$name.tap"
	fi
	echo 1..1 >> "$dir/$name.tap"
	keep "$dir" "$name"
	;;
part)
	dir=$2
	shift 2
	mkdir -p "$dir"
	"$@" && exit 0
	cat "$dir"/*.count 2> /dev/null | awk '{ f += $2 } END { exit !f }' ||
		echo "0 1 0 $*" > "$dir/part.count"
	exit 1
	;;
summary)
	shift
	for dir; do
		cat "$dir"/*.count
	done | awk '
	{ p += $1; f += $2; s += $3 }
	END {
		printf "%d passed, %d failed, %d skipped\n", p, f, s
		exit (f > 0 || p == 0)
	}'
	;;
*)
	echo 'usage: tap.sh run|add|check|part|summary LOGDIR …' >&2
	exit 2
	;;
esac
