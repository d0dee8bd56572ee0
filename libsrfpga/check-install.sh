#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# check-install.sh STAGE PREFIX CC: what "make install" put below STAGE is
# enough to build and run a program with nothing but pkg-config.
set -eu

stage=$1 prefix=$2 cc=$3
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
lib=$stage$prefix/lib

cat > "$dir/use.c" <<'EOF'
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <srfpga.h>

int main(void)
{
	const uint32_t shape[] = { 3 };
	const int8_t values[] = { 1, -2, 3 };
	struct srfpga_layout layout;
	struct srfpga_device *dev;
	unsigned char packed[2];
	char err[256];

	if (srfpga_layout_init(&layout, "INT4", shape, 1) ||
	    srfpga_layout_pack(&layout, SRFPGA_ELEM_S8, values, 1, packed,
			       NULL) ||
	    memcmp(packed, "\xe1\x03", 2))
		return 1;
	/* the software FPGA is found beside the library: no such model */
	if (srfpga_device_open("soft:/nonexistent.onnx", &dev, err,
			       sizeof(err)) != -ENOENT) {
		puts(err);
		return 1;
	}
	puts(srfpga_version_get());
	return 0;
}
EOF

export PKG_CONFIG_LIBDIR="$lib/pkgconfig" PKG_CONFIG_SYSROOT_DIR="$stage"
# shellcheck disable=SC2046 # a list of flags
$cc -Wall -Wextra -Werror -o "$dir/use" "$dir/use.c" \
	$(pkg-config --cflags --libs libsrfpga)
version=$(LD_LIBRARY_PATH=$lib "$dir/use")
if [ "$version" != "$(pkg-config --modversion libsrfpga)" ]; then
	echo "the library is $version, its .pc file is another one" >&2
	exit 1
fi

for page in libsrfpga.7 srfpga_device.3 srfpga_buffer_alloc.3; do
	[ -s "$stage$prefix/share/man/man${page##*.}/$page" ] || {
		echo "no man page $page" >&2
		exit 1
	}
done
soname=$(readelf -d "$lib/libsrfpga.so" |
	sed -n 's/.*SONAME.*\[\(.*\)\]/\1/p')
[ "$soname" = libsrfpga.so.0 ] || {
	echo "soname $soname" >&2
	exit 1
}
