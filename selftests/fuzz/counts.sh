#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Adds up what runs of the fuzzer and of the soak counted.
#
#   counts.sh LOG...
set -eu

exec awk '
function figure(name) { return name in sum ? sum[name] : 0 }
function list(names, n, i, name, text) {
	n = split(names, name, "/")
	for (i = 1; i <= n; i++)
		text = text (i > 1 ? ", " : "") name[i] " " figure(name[i])
	return text
}
{ sub(/\r$/, "") }
/^# [0-9]+ calls, / { calls += $2 }
/^# [0-9]+ submissions, [0-9]+ ended, / {
	submitted += $2; ended += $4; lost += $6; runs++
}
/^#   [^:]* +[0-9]+$/ {
	value = $NF
	$1 = $NF = ""
	gsub(/^ +| +$/, "")
	sum[$0] += value
}
END {
	if (!runs) {
		print "  no submissions were counted"
		exit 1
	}
	if (calls)
		print "  calls: " calls
	print "  faults injected: " list("hang/late/lost interrupt/spurious " \
		"interrupt/AXI error/short frame/dead reset")
	print "  endings: " list("good/ETIMEDOUT/EIO/ECANCELED/ENODEV/" \
		"error of an in-fence")
	print "  " submitted " submissions, " ended " ended, " lost " lost"
}' "$@"
