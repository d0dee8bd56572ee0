#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# seeds.sh MKPIC FOLDER: a first corpus for each fuzz target of the tool.
set -eu
mkpic=$1
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$2/npy" "$2/y4m" "$2/prototxt" "$2/picture" "$2/dtgen"
cd "$2"
for kind in grey grey16 rgb interlaced rgba greyalpha palette jpeg cmyk ppm \
	    ppm16 pgm plain; do
	"$mkpic" $kind 5 4 picture/$kind
done
for format in 420 422 444; do
	"$mkpic" y4m-$format 6 4 y4m/$format 2 ' F25:1 Ip A1:1 XCOLORRANGE=FULL'
done
for descr in '|u1 12' '<f4 48' '<i8 96'; do
	{
		printf '\223NUMPY\001\000\166\000%-117s\n' "{'descr': \
'${descr% *}', 'fortran_order': False, 'shape': (1, 2, 2, 3), }"
		head -c "${descr#* }" /dev/zero
	} > "npy/${descr#* }"
done
cat > prototxt/net <<'END'
model {
  name: "net"
  kernel { name: "net_0" mean: 104.0 mean: 107.0 mean: 123.0
    scale: [1.0, 0.5, 2e-1] }
  classification_param { top_k : 5 test_accuracy : false }
  is_tf: true # a comment
}
END
# driver.py, a NUL, the .hwh file
python3 "$here/../../dtgen/make-builds.py" builds
find builds -name driver.py | while read -r driver; do
	build=${driver%/driver.py}
	build=${build%/driver}
	{
		cat "$driver"
		printf '\0'
		find "$build" -name '*.hwh' -exec cat {} +
	} > "dtgen/$(basename "$build")"
done
rm -rf builds
