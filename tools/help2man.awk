# SPDX-License-Identifier: LGPL-2.1-or-later
# Turns a help text of srfpga into a man page. -v page=NAME -v version=VERSION

function quote(s) {
	gsub(/\\/, "\\e", s)
	gsub(/-/, "\\-", s)
	return s ~ /^[.']/ ? "\\&" s : s
}

function heading(s) {
	print ".SH " toupper(s)
	section = s
}

# "  -d, --device DEV   text": the name is what stands before the wide gap.
function entry(line,    gap) {
	sub(/^ +/, "", line)
	gap = match(line, /   */) ? RSTART : length(line) + 1
	print ".TP"
	print ".B " quote(substr(line, 1, gap - 1))
	sub(/^ +/, "", line)
	line = substr(line, gap)
	sub(/^ +/, "", line)
	if (line != "")
		print quote(line)
}

NR == 1 {
	synopsis = $0
	sub(/^Usage: /, "", synopsis)
	next
}

NR == 2 {
	summary = $0
	sub(/\.$/, "", summary)
	print ".TH " toupper(page) " 1 \"\" \"srfpga " version "\" \"User Commands\""
	heading("Name")
	print quote(page) " \\- " quote(tolower(substr(summary, 1, 1)) \
		substr(summary, 2))
	heading("Synopsis")
	print ".B " quote(synopsis)
	section = "Start"
	next
}

/^[A-Z][a-z]+:$/ {
	if (section == "Examples")
		print ".EE"
	heading(substr($0, 1, length($0) - 1))
	if (section == "Examples")
		print ".EX"
	next
}

section == "Examples" {
	if ($0 != "") {
		sub(/^ +/, "")
		print quote($0)
		next
	}
	print ".EE"
	section = "Description"
	next
}

section == "Options" || section == "Commands" {
	if ($0 ~ /^   ? ? ? ?[^ ]/)
		entry($0)
	else if ($0 ~ /^ /) {
		sub(/^ +/, "")
		print quote($0)
	} else if ($0 == "") {
		section = "After"
		print ".PP"
	}
	next
}

section == "Start" && $0 != "" { heading("Description") }

$0 == "" {
	if (section != "Start")
		print ".PP"
	next
}

{ print quote($0) }

END {
	if (section == "Examples")
		print ".EE"
	if (page != "srfpga") {
		heading("Exit status")
		print "0 for success, 1 for a failure, 2 for a wrong command line,"
		print "3 where there is no such device."
	}
	heading("See also")
	if (page != "srfpga")
		print ".BR srfpga (1)"
	else
		for (i = 1; i <= split(commands, c, " "); i++)
			print ".BR srfpga\\-" c[i] " (1)"
}
