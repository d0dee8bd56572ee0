#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# The other commands of srfpga: run, verify, bench, classify, compare, model,
# info, monitor. Speaks TAP.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
use_stub
stub net
stub small height 20 width 30
stub wrong height 20 width 30 wrong 1
stub later height 20 width 30 wrong 9
stub scores height 2 width 2 channels 1 scores 4
stub nibbles height 2 width 2 channels 1 scores 3 bits 4
"$mkpic" rgb 61 47 a.png

# run: arrays through the device.
npy '|u1' False '(5, 20, 30, 3)' 9000 in.npy
works 'run: five frames' "$srfpga" run -d soft:small --inputfile in.npy \
	--outputfile out.npy
is 'run: size of the result' "$(wc -c < out.npy | tr -d ' ')" $((128 + 36000))
is 'run: its header' "$(head -c 80 out.npy | tail -c +11)" \
	"{'descr': '|u1', 'fortran_order': False, 'shape': (5, 40, 60, 3), }   "
for batch in 1 5; do
	"$srfpga" run -q -d soft:small --batchsize $batch --inputfile in.npy \
		--outputfile batch.npy
	same "run: batches of $batch" batch.npy out.npy
done
npy '<f4' False '(20, 30, 3)' 7200 in.npy
works 'run: one frame of whole floats' "$srfpga" run -d soft:small \
	--inputfile in.npy --outputfile one.npy
is 'run: a batch of one comes out' \
	"$(head -c 128 one.npy | grep -ac '(1, 40, 60, 3)')" 1
npy '|u1' False '(1, 2, 2, 1)' 0 in.npy
printf '\011\376\007\003' >> in.npy
"$srfpga" run -q -d soft:nibbles --inputfile in.npy --outputfile n.npy
is 'run: INT4 rows are unpacked' "$(tail -c 3 n.npy | od -An -tu1 | tr -s ' ')" \
	' 9 14 7'
npy '<f4' False '(1, 2, 2, 1)' 12 in.npy
printf '\000\000\200\077' >> in.npy
"$srfpga" run -q -d soft:scores --quantise --inputfile in.npy --outputfile m.npy
is 'run: real numbers in, real numbers out' \
	"$(tail -c 16 m.npy | od -An -tf4 | tr -s ' ')" ' 0 0 0 127.5'
refused 'run: of two meanings one' 2 'exclude each other' "$srfpga" run \
	-d soft:scores --quantise --as-model --inputfile in.npy \
	--outputfile out/m.npy
npy '|u1' False '(1, 9, 8, 3)' 216 in.npy
works 'run: the array says how large pictures are' "$srfpga" run -d soft:net \
	--inputfile in.npy --outputfile o.npy
is 'run: so large is the result' "$(head -c 128 o.npy |
	grep -ac '(1, 18, 16, 3)')" 1
works 'run: --size' "$srfpga" run -d soft:net --exec_mode throughput_test \
	--size 8x9
works 'bench: --size' "$srfpga" bench -d soft:net --time 5ms --size 8x9
is 'bench: the size is in the name' "$(head -n 1 stdout)" \
	'soft:net,height=9,width=8'
works 'run: throughput_test' "$srfpga" run -d soft:small \
	--exec_mode throughput_test --batchsize 3
is 'run: the figures of nw_metrics.txt' \
	"$(sed 's/[,{}]/\n/g' nw_metrics.txt | sed -n "s/^ *'\(.*\)': .*/\1/p" |
	tr '\n' ' ')" "runtime[ms] throughput[images/s] \
DRAM_in_bandwidth[MB/s] DRAM_out_bandwidth[MB/s] fclk[mhz] batch_size \
fold_input[ms] pack_input[ms] copy_input_data_to_device[ms] \
copy_output_data_from_device[ms] unpack_output[ms] unfold_output[ms] "
is 'run: they are printed too' "$(grep -c . stdout)" 12
is 'run: the batch' "$(sed -n 's/^batch_size *//p' stdout)" 3

# verify: a device that is right, wrong, and wrong later.
works 'verify: equal' "$srfpga" verify -d soft:small --model small a.png
is 'verify: how many' "$(cat stdout)" 'equal: 27 frames'
"$srfpga" verify -q -d soft:wrong --model small > text
is 'verify: different' $? 1
is 'verify: all of them' "$(head -n 1 text)" \
	'different: 24 of 24 frames, 24 elements'
is 'verify: the first one' "$(sed -n 2p text)" \
	'first: round 1, frame 0 (zero), output[39][59][2]: device 1, model 3'
"$srfpga" verify -q -d soft:later --model small --rounds 2 > text
is 'verify: right first, wrong later' "$(grep -c \
	'^right the first time, wrong later: 8 frames' text)" 1
is 'verify: in the second round' "$(grep -c '^first: round 2, frame 0' text)" 1
"$srfpga" verify -q -d soft:wrong --model small --json --rounds 1 > text
is 'verify: JSON' "$(sed -n 's/.*"different_frames": //p' text)" 8,

npy '|u1' False '(5, 20, 30, 3)' 9000 in.npy
works 'verify: an array and a picture' "$srfpga" verify -d soft:small \
	--model small --rounds 1 in.npy a.png
is 'verify: with the array'\''s frames' "$(cat stdout)" 'equal: 14 frames'
# A device that is wrong from the tenth frame on: the second one of the array.
stub tenth height 20 width 30 wrong 10
"$srfpga" verify -q -d soft:tenth --model small --rounds 1 in.npy > text
is 'verify: which frame of the array' "$? $(sed -n 2p text)" '1 first: round 1,'\
' frame 9 (in.npy, 1), output[39][59][2]: device 1, model 3'
# The network of vectors takes no picture, but an array.
stub flat_ height 2 width 2 channels 4 scores 4
npy '|u1' False '(3, 2, 2, 4)' 48 flat.npy
works 'verify: what is no picture' "$srfpga" verify -d soft:flat_ \
	--model flat_ --rounds 1 flat.npy
"$srfpga" verify -q -d soft:small,threads=1 --model small --json > text
is 'verify: JSON names both' "$(sed -n 's/.*"\(device\|model\)": //p' text |
	tr '\n' ' ')" '"soft:small,threads=1", "small", '

# classify: the stub's scores are half of its input's first pixels.
printf 'P2 2 2 255 10 30 20 40\n' > four.pgm
printf 'cat\ndog\nbird\nfish\n' > labels
works 'classify' "$srfpga" classify -d soft:scores --labels labels --top 2 \
	four.pgm
is 'classify: the best two' "$(tail -n +2 stdout | tr -s ' ')" \
	"$(printf ' 3 20.0000 fish\n 1 15.0000 dog')"
cp scores scores_2x2.onnx
cp labels scores.labels.txt
"$srfpga" classify -d soft:scores_2x2.onnx,threads=1 --top 1 four.pgm > text
is 'classify: names beside the model' "$(tail -n 1 text | tr -s ' ')" \
	' 3 20.0000 fish'
"$srfpga" classify -d soft:scores --unit km/h four.pgm > text
is 'classify: numbers with a unit' "$(tail -n +2 text | tr '\n' ' ')" \
	'  5 km/h   15 km/h   10 km/h   20 km/h '
"$srfpga" classify -d soft:scores --mean 10 --scale 0.0078431372549 --unit V \
	four.pgm > text
is 'classify: mean and scale' "$(tail -n +2 text | tr '\n' ' ' | tr -s ' ')" \
	' 0 V 20 V 10 V 30 V '
cat > net.prototxt <<'END'
model {
  name: "net"  # a comment
  kernel { name: "net_0" mean: 10.0 mean: 10.0 mean: 10.0
    scale: 0.0078431372549 scale: 0.0078431372549 scale: 0.0078431372549 }
  kernel { name: "net_1" mean: 99.0 }
  model_type : CLASSIFICATION
  classification_param { top_k : 1 test_accuracy : false }
  is_tf: true
}
END
"$srfpga" classify -d soft:scores --prototxt net.prototxt four.pgm > text
is 'classify: prototxt' "$(tail -n +2 text | tr -s ' ')" ' 3 30.0000'
"$srfpga" classify -d soft:scores --indices --top 1 four.pgm > text
is 'classify: numbers of classes' "$(tail -n +2 text | tr -d ' ')" 10
"$srfpga" classify -d soft:scores --softmax --json four.pgm four.pgm > text
is 'classify: two pictures' "$(grep -c '"image": "four.pgm"' text)" 2

stub single height 2 width 2 channels 1 scores 1
works 'classify: one number with a scale' "$srfpga" classify -d soft:single \
	four.pgm
is 'classify: is an estimate' "$(tail -n +2 stdout)" '  5'
"$srfpga" classify -d soft:single --indices four.pgm > text
is 'classify: unless the user knows better' "$(tail -n +2 text | tr -d ' ')" 10
stub minus height 2 width 2 channels 1 scores 2 signed 1
printf 'P2 2 2 255 200 3 0 0\n' > minus.pgm
"$srfpga" classify -d soft:minus --indices --labels labels minus.pgm > text
is 'classify: a number that is none of a class' \
	"$(tail -n +2 text | tr -s ' ' | tr '\n' ' ')" ' -56  3 fish '
echo none > bad.pgm
"$srfpga" classify -d soft:scores --top 1 four.pgm bad.pgm four.pgm four.pgm \
	> text 2> err
is 'classify: a bad picture' "$? $(grep -c '^srfpga: bad.pgm: ' err)" '1 1'
is 'classify: the others have their results' \
	"$(grep -c '^four.pgm' text) $(grep -c '^      3' text)" '3 3'
"$srfpga" classify -d soft:scores --json four.pgm bad.pgm four.pgm > text 2> err
is 'classify: in JSON, too' "$? $(grep -c '"image"' text) $(tail -n 1 text)" \
	'1 2 ]'
head -n 2 labels > two
"$srfpga" classify -d soft:scores --labels two four.pgm > text 2> err
is 'classify: fewer names than classes' "$? $(cat err)" '0 srfpga: --labels: '\
'2 names for 4 classes: the last ones have none'
refused 'classify: probabilities of numbers' 2 'is for scores' "$srfpga" \
	classify -d soft:scores --softmax --unit km/h four.pgm

# bench: every point of the sweep, in every format.
bench() {
	"$srfpga" bench -q -d soft:small -d soft:scores --time 10ms \
		--batch 1,2 --depth 1,3 "$@" > text
}
bench --csv --plot plot.svg
is 'bench: CSV lines' "$(grep -c . text)" 9
is 'bench: CSV columns' "$(tr -d '0-9a-z_.:"\n-' < text | tr -s , ,)" ,
is 'bench: points' "$(tail -n +2 text | cut -d, -f2,3 | tr '\n' ' ')" \
	'1,1 1,3 2,1 2,3 1,1 1,3 2,1 2,3 '
is 'bench: the percentiles are in order' "$(tail -n +2 text | awk -F, '
	$5 > $6 || $6 > $7 || $7 > $8 || $8 > $9 || $4 < 10 { n++ }
	END { print n + 0 }')" 0
is 'bench: the plot has every point' "$(grep -c '<circle' plot.svg)" 8
bench --markdown
is 'bench: the table of all devices' "$(grep -c '^| soft:' text)" 10
bench --json
is 'bench: JSON' "$(grep -c '"throughput_fps"' text)" 2
is 'bench: no sensor' "$(grep -c '"power_w": null' text)" 10
echo 3500000 > power
SRFPGA_POWER=power bench --json
is 'bench: a sensor of 3.5 W' "$(grep -c '"power_w": 3.5' text)" 10
is 'bench: nothing more than idle' "$(grep -c '"power_delta_w": 0' text)" 2

# compare
printf 'P6 2 2 255\n%s' '000000000000' > black.ppm
printf 'P6 2 2 255\n%s' '000000000010' > spot.ppm
works 'compare: equal' "$srfpga" compare black.ppm black.ppm
is 'compare: infinite' "$(sed -n 's/PSNR RGB *//p' stdout)" 'inf dB'
works 'compare: different' "$srfpga" compare --diff diff.ppm --gain 9 \
	black.ppm spot.ppm
# One of 12 samples is 1 off: 10 log10(255^2 * 12).
is 'compare: PSNR' "$(sed -n 's/PSNR RGB *//p' stdout)" '58.9226 dB'
is 'compare: one pixel' "$(sed -n 's/different pixels *//p' stdout)" 1
is 'compare: difference picture' "$(tail -c 12 diff.ppm | od -An -tu1 |
	tr -s ' ')" ' 0 0 0 0 0 0 0 0 0 0 9 0'

# model, info
works 'model' "$srfpga" model small
is 'model: says what the software FPGA says' "$(cat stdout)" 'radius 3'
works 'info' "$srfpga" info -d soft:small
is 'info: input' "$(sed -n 's/^  input *input *//p' stdout)" \
	'UINT8    20x30x3 folded 20x30x3, 1800 bytes, scale 0.00392156863'
works 'info: JSON' "$srfpga" info -d soft:small --json
is 'info: JSON has the ports' "$(grep -c '"frame_bytes"' stdout)" 2
works 'info: a model of any size' "$srfpga" info -d soft:net
is 'info: how the size is given' "$(sed -n 's/^  size *//p' stdout)" \
	'open: soft:net,height=H,width=W'
is 'info: what depends on it' "$(sed -n 's/^  input *input *//p' stdout)" \
	'UINT8    ?x?x3 folded ?x?x3, scale 0.00392156863'
# shellcheck disable=SC2046 # words
works 'info: more devices than a board has' "$srfpga" info \
	$(seq 20 | sed 's/.*/-d soft:small/')
is 'info: all of them' "$(grep -c '^soft:small' stdout)" 20
mkdir -p sys/class/hwmon/hwmon0
echo ina260_u14 > sys/class/hwmon/hwmon0/name
echo 4250000 > sys/class/hwmon/hwmon0/power1_input
echo 51250 > sys/class/hwmon/hwmon0/temp1_input
echo die > sys/class/hwmon/hwmon0/temp1_label
SRFPGA_SYSFS=sys "$srfpga" info -d soft:small > text
is 'info: power' "$(sed -n 's/^  ina260_u14 *power1 *//p' text)" '4.250 W'
is 'info: temperature' "$(sed -n 's/^  ina260_u14 *die *//p' text)" '51.250 °C'
SRFPGA_SYSFS=sys bench --json
is 'bench: the board has a sensor' "$(grep -c '"power_w": 4.25' text)" 10

SRFPGA_SYSFS=sys bench --csv --sensor ina260_u14/power1
is 'bench: a sensor by its name' "$(tail -n +2 text | cut -d , -f 12 |
	sort -u)" 4.250000
mkdir sys/class/hwmon/hwmon1
echo ina226_vccint > sys/class/hwmon/hwmon1/name
echo 1500000 > sys/class/hwmon/hwmon1/power2_input
echo core > sys/class/hwmon/hwmon1/power2_label
for name in ina226_vccint ina226_vccint/core; do
	SRFPGA_SYSFS=sys bench --csv --sensor $name
	is "bench: $name" "$(tail -n +2 text | cut -d , -f 12 | sort -u)" \
		1.500000
done
for name in ina226 ina226_vccint/power2 ina226_vccint/core2; do
	refused "bench: no sensor $name" 1 \
		'there is ina260_u14/power1, ina226_vccint/core$' env \
		SRFPGA_SYSFS=sys "$srfpga" bench -d soft:small --sensor $name
done
rm -r sys/class/hwmon/hwmon0
SRFPGA_SYSFS=sys "$srfpga" bench -d soft:small --time 5ms > text 2> err
is 'bench: which sensors there are' "$(cat err)" \
	'srfpga: power: n/a: no ina260; --sensor takes ina226_vccint/core'

# A device's name is what a file is called.
cp small 'a|"b'
"$srfpga" bench -q -d 'soft:a|"b' --time 5ms --depth 1 --csv > text
is 'bench: a quote in CSV' "$(sed -n '2s/,.*//p' text)" '"soft:a|""b"'
"$srfpga" bench -q -d 'soft:a|"b' --time 5ms --depth 1 --markdown > text
is 'bench: a bar in Markdown' "$(grep -cF '| soft:a\|"b | ' text)" 2

# monitor: counters that move between two looks.
d=sys/class/srfpga/srfpga0
mkdir -p $d proc/42/fdinfo
for pair in label=net state=ready jobs=10 frames=10 failed=1 busy_ns=0; do
	echo "${pair#*=}" > "$d/${pair%%=*}"
done
echo worker > proc/42/comm
printf '%s\n' 'drm-driver:	srfpga' 'drm-client-id:	7' \
	'drm-engine-fabric:	1000 ns' 'drm-total-memory:	64 KiB' \
	'srfpga-device:	0' 'srfpga-jobs:	3' 'srfpga-queued:	2' \
	> proc/42/fdinfo/5
(sleep 1; echo 60 > $d/jobs; echo 1000000000 > $d/busy_ns) &
SRFPGA_SYSFS=sys SRFPGA_PROC=proc "$srfpga" monitor --json --count 1 \
	--interval 2s > text
wait
number() {
	sed -n "s/.*\"$1\": //p" text | tr -d , | head -n 1 |
		awk '{ printf "%.0f", $1 }'
}
is 'monitor: jobs a second' "$(number jobs_per_s | awk '{ print ($1 > 15 && $1 <= 26) }')" 1
is 'monitor: half of the time busy' "$(number load | awk '{ print $1 <= 1 }')" 1
is 'monitor: queued' "$(number queued)" 2
is 'monitor: client' "$(sed -n 's/.*"name": //p' text)" '"worker",'
for n in $(seq 1 19); do
	cp -r $d sys/class/srfpga/srfpga"$n"
done
SRFPGA_SYSFS=sys "$srfpga" monitor --count 1 --interval 1ms > text
is 'monitor: more devices than a board has' "$(grep -c '^/dev/' text)" 20
refused 'monitor: no device' 3 'no /dev/srfpga' \
	env SRFPGA_SYSFS=proc "$srfpga" monitor
done_testing
