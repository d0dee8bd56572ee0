#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# --json of every command is what another program takes for JSON, whatever a
# file is called. Speaks TAP.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
command -v python3 > /dev/null || skip_all 'no python3'
use_stub

# Latin-1, a quote and a backslash: what a file may be called.
odd=$(printf 'caf\351 "%s' "\\")
mkdir "$odd"
stub "$odd/small" height 20 width 30
stub "$odd/scores" height 2 width 2 channels 1 scores 4
stub net
"$mkpic" rgb 61 47 "$odd/a.png"
"$mkpic" y4m-420 16 16 "$odd/in.y4m" 3 ''
npy '|u1' False '(5, 20, 30, 3)' 9000 "$odd/in.npy"

# json NAME EXPRESSION COMMAND...: its output, as j, makes EXPRESSION true.
json() {
	name=$1 expression=$2
	shift 2
	"$@" > stdout 2> err
	status=$?
	if [ $status != 0 ] || [ -s err ]; then
		bad "$name" "status $status: $(cat err)"
	elif ! python3 -m json.tool stdout > /dev/null 2> err; then
		bad "$name" "$(cat err)"
	elif [ "$(python3 -c "import json
j = json.load(open('stdout'))
print(bool($expression))" 2>&1)" != True ]; then
		bad "$name" "not so: $expression: $(head -n 30 stdout)"
	else
		ok "$name"
	fi
}

json info 'j["devices"][0]["clock_hz"] is None' \
	"$srfpga" info --json -d "soft:$odd/small"
json 'info: a size that is open' 'j["devices"][0]["open_size"] and
	j["devices"][0]["ports"][0]["shape"] == [None, None, 3]' \
	"$srfpga" info --json -d soft:net
json 'upscale: a picture' 'j["pictures"] == 1 and
	j["device"].startswith("soft:caf\ufffd \"\\")' \
	"$srfpga" upscale --json -d "soft:$odd/small" "$odd/a.png" "$odd/b.png"
if "$srfpga" upscale -d soft:net "$odd/in.y4m" "$odd/out.y4m" 2>&1 |
   grep -q 'without libyuv'; then
	skip 'upscale: a video' 'srfpga was built without libyuv'
else
	json 'upscale: a video' 'j["pictures"] == 3' "$srfpga" upscale --json \
		-d soft:net "$odd/in.y4m" "$odd/out.y4m"
fi
printf 'cat\ndog \351\n' > labels
json classify 'len(j) == 2 and
	{c.get("label") for c in j[1]["classes"]} == {"cat", "dog \ufffd", None}' \
	"$srfpga" classify --json -q -d "soft:$odd/scores" --shape 2x2x1 \
	--labels labels "$odd/a.png" "$odd/b.png"
json 'classify: an estimate' 'len(j[0]["values"]) == 4 and
	j[0]["unit"] == "km/h"' "$srfpga" classify --json \
	-d "soft:$odd/scores" --unit km/h "$odd/a.png"
json 'run: execute' 'j["frames"] == 5 and j["batch_size"] == 5 and
	j["jobs"] == 1 and j["outputs"] == [{"port": "output",
	"file": "caf\ufffd \"\\/out.npy", "shape": [5, 40, 60, 3]}]' \
	"$srfpga" run --json -d "soft:$odd/small,threads=1" --inputfile \
	"$odd/in.npy" --outputfile "$odd/out.npy"
json 'run: throughput_test' 'j["batch_size"] == 4' "$srfpga" run --json \
	-d "soft:$odd/small" --exec_mode throughput_test --batchsize 4
json bench 'len(j) == 2 and len(j[1]["points"]) == 4' "$srfpga" bench --json \
	-d "soft:$odd/small" -d "soft:$odd/scores" --time 5ms --batch 1,2 \
	--depth 1,2
json verify 'j["equal"] and j["frames"] == 27' "$srfpga" verify --json \
	-d "soft:$odd/small" --model "$odd/small" "$odd/a.png"
json compare 'j["psnr_rgb"] is None and j["ssim_rgb"] == 1' \
	"$srfpga" compare --json "$odd/a.png" "$odd/a.png"
json model 'j["radius"] == 3' "$srfpga" model --json "$odd/small"

d=sys/class/srfpga/srfpga0
mkdir -p $d proc
echo "$odd" > $d/label
SRFPGA_SYSFS=sys SRFPGA_PROC=proc json monitor \
	'len(j["devices"]) == 1 and j["devices"][0]["label"].startswith("caf")' \
	"$srfpga" monitor --json --count 1 --interval 1ms
is 'every command that has --json is here, but camera and dtgen' \
	"$(cd "$SRCDIR/tools/help" && grep -l -e '--json ' ./*.txt |
	sed 's/.*\///; s/\.txt//' | while read -r c; do
		grep -q "^json [\"']*$c" "$SRCDIR/selftests/tools/cli_json.sh" ||
			grep -q "^SRFPGA.*json $c" \
				"$SRCDIR/selftests/tools/cli_json.sh" ||
			echo "$c"
	done | tr '\n' ' ')" 'camera dtgen '
done_testing
