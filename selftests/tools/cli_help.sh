#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Every command has its help, man page and completion, and they agree with what
# it accepts. Speaks TAP.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

works '--help' "$srfpga" --help
commands=$(sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p' stdout)
is 'every command is in the list' "$(for c in $commands; do
	echo "$c.txt"; done | sort | tr '\n' ' ')" \
	"$(cd "$SRCDIR/tools/help" && echo *.txt | sed 's/ srfpga.txt//') "
works '--version' "$srfpga" --version
is 'version' "$(grep -c '^srfpga [0-9]' stdout)" 1
"$srfpga" > stdout 2> err
is 'no arguments' "$? $(wc -c < stdout | tr -d ' ')" '2 0'

for c in $commands; do
	works "$c: --help" "$srfpga" "$c" --help
	cp stdout help
	is "$c: usage first" "$(head -n 1 help | cut -c 1-$((14 + ${#c})))" \
		"Usage: srfpga $c"
	is "$c: what it is, in a line of its own" \
		"$(sed -n '2s/^[A-Z].*[^.]\.$/line/p; 3s/^$/nothing/p' help |
		tr '\n' ' ')" 'line nothing '
	is "$c: it has options" "$(grep -c '^Options:$' help)" 1
	is "$c: it has examples" "$(grep -c '^Examples:' help)" 1
	is "$c: at most 80 columns" "$(awk 'length > 80' help)" ''
	is "$c: --version" "$("$srfpga" "$c" --version)" \
		"$("$srfpga" --version)"
	works "$c: -h" "$srfpga" "$c" -h
	same "$c: srfpga help $c" stdout help
	case $c in
	camera | dtgen)
		"$srfpga" "$c" / 2>&1 | grep -q 'was built without' &&
			continue ;;
	esac
	# An option that the help names must not be unknown to the command.
	# shellcheck disable=SC2013
	for option in $(sed -n '/^Options:/,/^$/p' help |
			grep -oE '^  .{0,4}--[a-zA-Z_-]+' |
			grep -oE -- '--[a-zA-Z_-]+'); do
		"$srfpga" "$c" "$option" 2>&1 < /dev/null |
			grep -q 'unknown or ambiguous' &&
			bad "$c: $option" 'the command does not know it'
	done
	# And an option that the command knows must stand in the help.
	file=$SRCDIR/tools/$c.c
	[ -r "$file" ] || continue
	unnamed=
	# shellcheck disable=SC2013
	for option in $(sed -n 's/^	{ "\([a-zA-Z_-]*\)", [a-z]*_argument.*/\1/p' \
			"$file"); do
		grep -q -- "--$option" help || unnamed="$unnamed $option"
	done
	is "$c: all options are in the help" "$unnamed" ''
	[ -e "$O/man/srfpga-$c.1" ] || continue
	is "$c: man page" "$(head -n 1 "$O/man/srfpga-$c.1" | cut -d ' ' -f 1-3)" \
		".TH SRFPGA-$(echo "$c" | tr '[:lower:]' '[:upper:]') 1"
	if command -v man > /dev/null && command -v groff > /dev/null; then
		is "$c: man has nothing to complain about" "$(LC_ALL=C.UTF-8 \
			man -l --warnings -E UTF-8 -Tutf8 -Z \
			"$O/man/srfpga-$c.1" 2>&1 > /dev/null)" ''
	else
		skip "$c: man has nothing to complain about" 'no man'
	fi
done

if command -v bash > /dev/null && [ -r "$SRCDIR/tools/srfpga.bash" ]; then
	offered() { # WORD...: what bash offers for the last one
		PATH=$(dirname "$srfpga"):$PATH bash -c '
			. "$0"
			COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
			_srfpga
			echo "${COMPREPLY[*]}"' "$SRCDIR/tools/srfpga.bash" "$@"
	}
	is 'completion: a command' "$(offered srfpga up)" upscale
	is 'completion: help about a command' "$(offered srfpga help up)" \
		upscale
	for c in $commands; do
		is "completion: the options of $c" \
			"$(offered srfpga "$c" --hel)" --help
	done
	is 'completion: an option' "$(offered srfpga bench --ma)" --markdown
	is 'completion: a mode' "$(offered srfpga run --exec_mode ex)" execute
	: > file.onnx
	is 'completion: a model' "$(offered srfpga info -d soft : "fi")" file.onnx
else
	skip 'completion' 'no bash'
fi
done_testing
