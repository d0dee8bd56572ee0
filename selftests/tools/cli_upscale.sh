#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# srfpga upscale on every kind of picture: what goes in comes out right, cut or
# whole. Speaks TAP.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
use_stub
stub net
stub grey channels 1
stub triple factor 3 radius 1

up() { # DEVICE IN OUT
	"$srfpga" upscale -q -d "$1" "$2" "$3"
}

# The same scene in every format gives the same result.
for kind in rgb rgb16 interlaced palette rgba grey grey16 greyalpha jpeg \
	    ppm ppm16 plain pgm; do
	"$mkpic" $kind 61 47 $kind.in || exit 1
	works "$kind is read" up soft:net $kind.in $kind.png
done
up soft:net rgb.in rgb.ppm
for kind in rgb16 interlaced palette ppm ppm16 plain; do
	up soft:net $kind.in $kind.ppm
	same "$kind equals rgb" $kind.ppm rgb.ppm
done
up soft:net grey.in grey.pgm
for kind in grey16 pgm; do
	up soft:net $kind.in $kind.pgm
	same "$kind equals grey" $kind.pgm grey.pgm
done
# Alpha goes its own way: without it the picture is the same.
"$srfpga" upscale -q -d soft:net rgba.in rgba.ppm 2> /dev/null
same 'colours beneath alpha' rgba.ppm rgb.ppm
is 'size of the result' "$(head -c 10 rgb.ppm | sed -n 2p)" '122 94'
is 'size of the result, x3' "$(up soft:triple rgb.in - | "$srfpga" compare \
	- - 2>&1; up soft:triple rgb.in x3.ppm; head -c 11 x3.ppm | sed -n 2p)" \
	"$(printf 'srfpga: standard input: not a PNG, JPEG, PGM or PPM\n183 141')"
works 'standard input and output' sh -c \
	"'$srfpga' upscale -q -d soft:net - - < rgb.in > pipe.png"
same 'a pipe gets a PNG' pipe.png rgb.png
works 'JPEG is written' up soft:net rgb.in out.jpg
is 'a JPEG starts as one' "$(head -c 2 out.jpg | od -An -tx1 | tr -d ' ')" ffd8

# Cut into frames of any size, the bits are those of the whole picture.
for frame in 8x8 9x31 61x9 20x47 61x47 60x46 62x48 100x13 7x7; do
	w=${frame%x*} h=${frame#*x}
	up "soft:net,height=$h,width=$w" rgb.in cut.ppm
	# Frames larger than the picture see its border repeated.
	pw=61 ph=47
	[ "$w" -gt 61 ] && pw=$w
	[ "$h" -gt 47 ] && ph=$h
	"$mkpic" ppm "$pw" "$ph" larger.in 61 47
	up soft:net larger.in larger.ppm
	"$mkpic" crop 122 94 whole.ppm larger.ppm
	same "frames of $frame" cut.ppm whole.ppm
done
for jobs in 1 2 7; do
	"$srfpga" upscale -q -d soft:net,height=12,width=13 --jobs $jobs \
		rgb.in jobs.ppm
	same "$jobs frames in flight" jobs.ppm rgb.ppm
done
# A halo below the reach must show, or the test above proves nothing.
"$srfpga" upscale -q --halo 2 -d soft:net,height=12,width=13 rgb.in less.ppm
if cmp -s less.ppm rgb.ppm; then
	bad 'too small a halo changes the result' 'it does not'
else
	ok 'too small a halo changes the result'
fi

# A network of one channel sees the channels one after the other.
up soft:grey rgb.in channels.ppm
same 'one channel at a time' channels.ppm rgb.ppm
up soft:grey,height=10,width=11 rgb.in channels.ppm
same 'one channel at a time, cut' channels.ppm rgb.ppm

# A network that counts to 127 gets and gives codes to 127.
stub coarse steps 127 radius 0 factor 1
up soft:coarse rgb.in coarse.ppm
"$srfpga" compare rgb.in coarse.ppm > text
is 'other steps than 255' "$(sed -n 's/^largest *//p' text)" 1

# Small and awkward pictures.
for size in 1x1 1x9 9x1 2x3; do
	"$mkpic" rgb ${size%x*} ${size#*x} small.in
	works "a picture of $size" up soft:net small.in small.png
	works "a picture of $size in a larger frame" \
		up soft:net,height=16,width=16 small.in small2.png
done

# Figures.
"$srfpga" upscale -q --stats -d soft:net,height=20,width=20 rgb.in s.png > stats
is 'stats: frames' "$(sed -n 's/^device frames *//p' stats)" 12
is 'stats: bytes put into a frame' \
	"$(sed -n 's/.*pixels put into the buffer *//p' stats)" 1200
if [ -r /proc/self/io ]; then
	is 'stats: nothing is copied' \
		"$(sed -n 's/.*copied, buffer to device *//p' stats)" 0
else
	skip 'stats: nothing is copied' 'the kernel does not count I/O'
fi
"$srfpga" upscale -q --json -d soft:net rgb.in s.png > stats
is 'JSON: frames' "$(sed -n 's/.*"device_frames": //p' stats)" 1,
done_testing
