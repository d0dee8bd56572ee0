# SPDX-License-Identifier: LGPL-2.1-or-later
# Bash completion of srfpga. Commands and options are read from its own help.

_srfpga_commands() {
	srfpga --help 2> /dev/null |
		sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p'
}

_srfpga_options() {
	srfpga "$1" --help 2> /dev/null | sed -n '/^Options:/,/^$/p' |
		grep -oE -- '(^| )--?[a-zA-Z][a-zA-Z_-]*'
}

_srfpga_devices() {
	compgen -G '/dev/srfpga*'
	echo soft:
}

_srfpga() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	local words=

	# "soft:MODEL" is cut at the colon: complete the model's file.
	if [ "$cur" = : ] || [ "$prev" = : ]; then
		mapfile -t COMPREPLY < <(compgen -f -X '!*.onnx' -- "${cur#:}")
		return
	fi
	case $prev in
	srfpga | help) words=$(_srfpga_commands) ;;
	-d | --device) words=$(_srfpga_devices) ;;
	--exec_mode) words='execute throughput_test' ;;
	*)
		case $cur in
		-*) words=$(_srfpga_options "${COMP_WORDS[1]}") ;;
		esac
		;;
	esac
	if [ -n "$words" ]; then
		mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
	else
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
	fi
}

complete -o filenames -F _srfpga srfpga
