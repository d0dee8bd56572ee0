#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# What the tool must refuse: one line that says what and why, the right exit
# status, no output file. Speaks TAP.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
use_stub
stub net
stub small height 20 width 30
stub gone fail 3 error 19
stub slow fail 1 error 110
stub scores height 2 width 2 scores 4
"$mkpic" rgb 61 47 good.png
"$mkpic" rgba 61 47 alpha.png
"$mkpic" jpeg 61 47 good.jpg
"$mkpic" cmyk 61 47 cmyk.jpg
"$mkpic" ppm 61 47 good.ppm

# refuse NAME STATUS TEXT DEVICE IN: an upscale to out/o.png
refuse() {
	refused "$1" "$2" "$3" "$srfpga" upscale -d "$4" "$5" out/o.png
}

refused 'no command' 2 'no such command' "$srfpga" frobnicate
refused 'unknown option' 2 'unknown or ambiguous option --frob' \
	"$srfpga" upscale --frob
refused 'unknown letter' 2 'unknown option -Z' "$srfpga" info -Z
refused 'missing value' 2 '-d needs a value' "$srfpga" info -d
refused 'one file' 2 'needs IN and OUT' "$srfpga" upscale good.png
refused 'a number that is none' 2 "'x' is not a number" \
	"$srfpga" upscale --halo x good.png out/o.png
refused 'a time without unit' 2 'not a duration' \
	"$srfpga" upscale --timeout 5 good.png out/o.png

refuse 'no such device' 3 'No such' /dev/srfpga77 good.png
refuse 'no such model' 3 'No such' soft:nowhere good.png
refuse 'a model that is none' 1 'not an ONNX file' soft:good.png good.png
# Who leaves the size open has to say it, and hears how.
for words in 'run --exec_mode throughput_test' 'verify --model net' \
	     'classify good.png'; do
	# shellcheck disable=SC2086 # a command line
	refused "no size: $words" 1 'say soft:net,height=H,width=W$' \
		"$srfpga" $words -d soft:net
done
"$srfpga" info -d soft:good.png,threads=1 > stdout 2> err
is 'a file is named once, as the user did' "$? $(cat err)" \
	'1 srfpga: soft:good.png,threads=1: not an ONNX file'
refuse 'a network that is no upscaling' 1 'is not a picture' soft:scores \
	good.png
refuse 'a frame that is all halo' 1 'too small for a halo of 3' \
	soft:net,height=6,width=6 good.png

# Without a device only what upscales may take the shipped model.
if [ -e /dev/srfpga0 ]; then
	skip 'no device' 'there is one'
else
	mkdir models
	cp small models/lrsrn_x2.onnx
	SRFPGA_MODELS=models
	export SRFPGA_MODELS
	for words in 'run --exec_mode throughput_test' bench 'classify good.png' \
		     'verify --model small' info; do
		# shellcheck disable=SC2086 # a command line
		refused "no device: $words" 3 'there is no /dev/srfpga' \
			"$srfpga" $words
	done
	"$srfpga" upscale good.png shipped.png 2> err
	is 'no device: upscale' "$? $(cat err)" "0 srfpga: device: \
soft:models/lrsrn_x2.onnx (software FPGA: there is no /dev/srfpga*)"
	unset SRFPGA_MODELS
fi

refuse 'no such picture' 1 'No such file' soft:net nowhere.png
refuse 'a folder' 1 'Is a directory' soft:net .
for f in good.png good.jpg good.ppm; do
	head -c $(($(wc -c < $f) * 2 / 3)) $f > cut.in
	refuse "truncated $f" 1 '' soft:net cut.in
	head -c 20 $f > cut.in
	refuse "the first bytes of $f" 1 '' soft:net cut.in
done
: > empty
refuse 'an empty file' 1 'not a PNG' soft:net empty
echo hello > text
refuse 'a text' 1 'not a PNG' soft:net text
refuse 'CMYK' 1 'CMYK' soft:net cmyk.jpg
{ head -c 60 good.png; printf 'xxxxxxxx'; tail -c +69 good.png; } > hurt.png
refuse 'a damaged PNG' 1 '' soft:net hurt.png
printf 'P6 20000 20000 255\n' > huge.ppm
refuse 'a picture of 20,000 x 20,000' 1 '20000x20000 pixels are more than' \
	soft:net huge.ppm
printf 'P6 0 5 255\n' > none.ppm
refuse 'a picture without pixels' 1 'empty' soft:net none.ppm
printf 'P6 4 4 70000\n' > deep.ppm
refuse 'a PPM of 17 bits' 1 'header' soft:net deep.ppm
printf 'P3 1 1 10 1 2 11\n' > over.ppm
refuse 'a sample above the maximum' 1 'above the maximum' soft:net over.ppm

refuse 'the device disappears midway' 1 'No such device' \
	soft:gone,height=16,width=16 good.png
refuse 'a job that takes too long' 1 'not finished in time' soft:slow good.png
refused 'no such folder' 1 'No such file' \
	"$srfpga" upscale -d soft:net good.png nowhere/o.png
refused 'a format that is not known' 2 'must end in' \
	"$srfpga" upscale -d soft:net good.png out/o.gif
refused 'colour into a PGM' 1 'grey' \
	"$srfpga" upscale -d soft:net good.png out/o.pgm
if [ -e /dev/full ]; then
	for words in 'upscale -q -d soft:net good.png -' '--help' '--version' \
		     'help info' 'info --help' 'run --version'; do
		# shellcheck disable=SC2086 # a command line
		"$srfpga" $words > /dev/full 2> err
		is "a full disk: $words" "$? $(cat err)" \
			'1 srfpga: standard output: No space left on device'
	done
	refused 'a full disk' 1 'No space left' \
		"$srfpga" upscale -d soft:net good.png /dev/full
fi
echo keep > out.png
"$srfpga" upscale -q -d soft:gone,height=16,width=16 good.png out.png 2> err
is 'a file that was there stays' "$(cat out.png)" keep
if mkdir small_disk && mount -t tmpfs -o size=8k tmpfs small_disk 2> err; then
	refused 'a disk that fills up' 1 'No space left' \
		"$srfpga" upscale -d soft:net good.png small_disk/o.png
	is 'nothing stays on the full disk' "$(ls -A small_disk)" ''
	umount small_disk
else
	skip 'a disk that fills up' 'cannot mount a small one'
fi

# Video.
video() { # NAME TEXT FILE
	refused "video: $1" 1 "$2" \
		"$srfpga" upscale -d soft:net "$3" out/o.y4m
}
"$mkpic" y4m-420 16 16 good.y4m 3 ''
head -c 900 good.y4m > cut.y4m
video 'ends within a frame' 'frame 2 ends after' cut.y4m
sed '1s/W16/W17/' good.y4m > lies.y4m
video 'a header that lies' 'frame 1 is not where a header of 17x16' lies.y4m
sed '1s/W16/W0/' good.y4m > zero.y4m
video 'no width' "size of '0'" zero.y4m
sed '1s/W16 //' good.y4m > none.y4m
video 'no size' 'has no size' none.y4m
sed '1s/C420/C420p10/' good.y4m > deep.y4m
video '10 bit' 'C420p10 is not supported' deep.y4m
sed '1s/W16 H16/W8192 H4097/' good.y4m > huge.y4m
video 'too large' 'too large' huge.y4m
head -c 300 /dev/zero | tr '\0' 'x' | sed 's/^/YUV4MPEG2 W4 H4 /' > long.y4m
video 'a header without end' 'not a YUV4MPEG2' long.y4m
"$mkpic" y4m-420 16 16 rate.y4m 3 ' F25'
video 'a frame rate that is none' "frame rate of '25'" rate.y4m
for name in o.png o.JPG o.ppm; do
	refused "video: into $name" 2 'is the name of a picture' \
		"$srfpga" upscale -d soft:net good.y4m out/$name
done
head -n 1 good.y4m > empty.y4m
video 'no frame' 'has no frame' empty.y4m
"$mkpic" y4m-444 16 16 gone.y4m 9 ''
refused 'video: the device disappears midway' 1 'No such device' \
	"$srfpga" upscale -d soft:gone gone.y4m out/o.y4m

# Arrays.
run() { # NAME STATUS TEXT FILE [OPTION...]
	name=$1 status=$2 text=$3 file=$4
	shift 4
	refused "run: $name" "$status" "$text" "$srfpga" run -d soft:small "$@" \
		--inputfile "$file" --outputfile out/o.npy
}
npy '|u1' False '(1, 20, 30, 3)' 1800 good.npy
npy '|u1' False '(1, 20, 31, 3)' 1860 wide.npy
run 'wrong shape' 1 'shape (1, 20, 31, 3) does not fit' wide.npy
npy '|u1' False '(1800,)' 1800 flat.npy
run 'wrong rank' 1 'shape (1800,) does not fit' flat.npy
npy '|u1' True '(1, 20, 30, 3)' 1800 fortran.npy
run 'Fortran order' 1 'Fortran order' fortran.npy
npy '>i4' False '(1, 20, 30, 3)' 7200 big.npy
run 'big endian' 1 'big endian' big.npy
npy '|O' False '(1, 20, 30, 3)' 1800 object.npy
run 'objects' 1 "type '|O' are not supported" object.npy
npy '<f2' False '(1, 20, 30, 3)' 3600 half.npy
run 'half precision' 1 "type '<f2' are not supported" half.npy
npy '|u1' False '(1, 20, 30, 3)' 1799 cut.npy
run 'truncated' 1 'truncated' cut.npy
npy '|u1' False '(1, 20, 30, 3)' 1801 more.npy
run 'bytes behind the array' 1 'behind the array' more.npy
npy '|u1' False '(18446744073709551615, 20, 30, 3)' 1800 many.npy
run 'an impossible shape' 1 'impossible\|truncated' many.npy
npy '|u1' False '(0, 20, 30, 3)' 0 nothing.npy
run 'no frame' 1 'holds no frame' nothing.npy
npy '|u1' False '(-1, 20, 30, 3)' 1800 minus.npy
run 'a negative size' 1 'not what NumPy writes' minus.npy
run 'not an array' 1 'not a .npy' good.png
npy '<f4' False '(1, 20, 30, 3)' 7196 nan.npy
printf '\000\000\300\177' >> nan.npy
run 'NaN' 1 'element 1799 is NaN' nan.npy
run 'NaN, quantised' 1 'element 1799 is NaN' nan.npy --quantise
npy '<i2' False '(1, 20, 30, 3)' 3598 large.npy
printf '\000\001' >> large.npy
run 'a value that is too large' 1 '1799 is 256, but UINT8 holds 0 to 255' \
	large.npy
npy '<f4' False '(1, 20, 30, 3)' 7196 fraction.npy
printf '\000\000\000\077' >> fraction.npy
run 'a fraction' 1 'is 0.5, but UINT8 holds whole numbers' fraction.npy
npy '|u1' False '(5, 20, 30, 3)' 9000 five.npy
run 'a batch that does not divide' 1 '5 frames do not divide into batches of 2' \
	five.npy --batchsize 2
if [ -e /dev/full ]; then
	refused 'run: a full disk' 1 'No space left' "$srfpga" run -d soft:small \
		--inputfile five.npy --outputfile /dev/full
	# shellcheck disable=SC2016 # for the inner shell
	refused 'data on a full disk' 1 'No space left' \
		sh -c '"$1" run -d soft:small --exec_mode throughput_test \
			> /dev/full' sh "$srfpga"
fi
run 'no such mode' 2 'neither execute nor' good.npy --exec_mode sing
run 'an argument too many' 2 'unexpected argument' good.npy -q more
refused 'run: two inputs' 2 'device has 1 such port, 2 files' "$srfpga" run \
	-d soft:small --inputfile good.npy good.npy --outputfile out/o.npy
refused 'run: no output' 2 'device has 1 such port, 0 files' "$srfpga" run \
	-d soft:small --inputfile good.npy
refused 'run: output folder missing' 1 'No such file' "$srfpga" run \
	-d soft:small --inputfile good.npy --outputfile nowhere/o.npy

# The rest.
"$mkpic" rgb 60 47 other.png
refused 'compare: sizes differ' 1 'is 61x47, but other.png is 60x47' \
	"$srfpga" compare other.png good.png
refused 'compare: nothing left' 1 'nothing is left' \
	"$srfpga" compare --shave 24 good.png good.png
refused 'model: not an ONNX' 1 'not an ONNX' "$srfpga" model good.png
refused 'model: refused' 1 'cannot be executed' "$srfpga" model gone
refused 'verify: other ports' 1 'is not like' "$srfpga" verify \
	-d soft:small --model scores
refused 'verify: no such model' 1 'No such file' "$srfpga" verify \
	-d soft:small --model nowhere.onnx
refused 'verify: an array of another shape' 1 'does not fit' "$srfpga" verify \
	-d soft:small --model small wide.npy
refused 'verify: a value that is too large' 1 'is 256, but UINT8' "$srfpga" \
	verify -d soft:small --model small large.npy
refused 'verify: no such array' 1 'No such file' "$srfpga" verify \
	-d soft:small --model small nowhere.npy
refused 'bench: depth 0' 2 'not within' "$srfpga" bench -d soft:small --depth 0
refused 'bench: an empty number' 2 "'' is not a number" "$srfpga" bench \
	-d soft:small --batch 1,,2
refused 'bench: nothing behind a comma' 2 "'' is not a number" "$srfpga" bench \
	-d soft:small --depth 1,
refused 'bench: two formats' 2 'exclude each other' "$srfpga" bench \
	-d soft:small --csv --time 5ms --json
refused 'bench: a plot that cannot be written' 1 'No such file' "$srfpga" bench \
	-d soft:small --time 100s --plot nowhere/plot.svg
refused 'bench: device gone' 1 'No such device' "$srfpga" bench \
	-d soft:gone,height=4,width=4 --time 10ms --plot out/plot.svg
refused 'classify: no shape' 1 'is not the port' "$srfpga" classify \
	-d soft:small --shape 5x5x1 good.png
printf 'model { kernel { mean: 1 ' > broken.prototxt
refused 'classify: prototxt without end' 1 'has no end' "$srfpga" classify \
	-d soft:small --prototxt broken.prototxt good.png
printf 'model {\n  kernel {\n    mean: one\n  }\n}\n' > word.prototxt
refused 'classify: prototxt with a word' 1 'line 3 is not understood' \
	"$srfpga" classify -d soft:small --prototxt word.prototxt good.png
refused 'classify: mean of two' 2 'neither one number nor' \
	"$srfpga" classify -d soft:small --mean 1,2 good.png
done_testing
