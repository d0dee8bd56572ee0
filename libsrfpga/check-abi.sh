#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# check-abi.sh LIBRARY SYMBOLS HEADER NM: the shared object exports what the
# list says and what the header declares, no more and no less.
set -eu

lib=$1 list=$2 header=$3 nm=$4
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

"$nm" -D --defined-only "$lib" | awk '$2 ~ /^[TWVBDR]$/ { print $3 }' |
	LC_ALL=C sort > "$dir/exported"
grep -v '^#' "$list" | LC_ALL=C sort > "$dir/listed"
if ! diff -u "$dir/listed" "$dir/exported"; then
	echo "$lib: exports differ from $list" >&2
	exit 1
fi

# Declarations only: comments away, then names that are followed by "(".
sed -e 's|/\*.*\*/||' -e '/\/\*/,/\*\//d' "$header" |
	grep -v 'static inline' | grep -o 'srfpga_[a-z_]*(' | tr -d '(' |
	grep -v '^srfpga_event_read$' | LC_ALL=C sort -u > "$dir/declared"
sed 's/@.*//' "$dir/listed" | LC_ALL=C sort -u > "$dir/names"
if ! diff -u "$dir/declared" "$dir/names"; then
	echo "$header: declares other functions than $list" >&2
	exit 1
fi

# Every declaration's documentation names it first.
missing=0
while read -r name; do
	grep -q "^/\*\* $name() - \|^ \* $name() - " "$header" && continue
	echo "$header: $name() is not documented" >&2
	missing=1
done < "$dir/declared"
exit $missing
