#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# check-install.sh STAGE PREFIX CC CXX: what "make install" put below STAGE is
# enough to build and run a program in C and one in C++ with nothing but
# pkg-config.
set -eu

stage=$1 prefix=$2 cc=$3 cxx=$4
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

# Names that the C++ compiler decorates would not link.
cat > "$dir/use.cc" <<'EOF'
#include <cerrno>
#include <iostream>
#include <string>
#include <vector>
#include <srfpga.h>

int main()
{
	const uint32_t shape[] = { 5 };
	std::vector<uint8_t> values{ 2, 1, 0, 2, 1 }, packed(2), back(5);
	std::string why(256, '\0');
	srfpga_layout layout{};
	srfpga_device *dev = nullptr;
	srfpga_event event{};

	if (srfpga_layout_init(&layout, "UINT2", shape, 1) ||
	    srfpga_layout_pack(&layout, SRFPGA_ELEM_U8, values.data(), 1,
			       packed.data(), nullptr) ||
	    packed != std::vector<uint8_t>{ 0x86, 0x01 } ||
	    srfpga_layout_unpack(&layout, SRFPGA_ELEM_U8, packed.data(), 1,
				 back.data()) ||
	    back != values)
		return 1;
	if (srfpga_device_open("soft:/nonexistent.onnx", &dev, &why[0],
			       why.size()) != -ENOENT) {
		std::cout << why << std::endl;
		return 1;
	}
	/* the inline function of the header; there is no device to ask */
	if (dev && srfpga_event_read(dev, &event, 1, 0))
		return 1;
	std::cout << srfpga_version_get() << std::endl;
	return 0;
}
EOF

export PKG_CONFIG_LIBDIR="$lib/pkgconfig" PKG_CONFIG_SYSROOT_DIR="$stage"
# shellcheck disable=SC2046 # a list of flags
$cc -Wall -Wextra -Werror -o "$dir/use" "$dir/use.c" \
	$(pkg-config --cflags --libs libsrfpga)
# shellcheck disable=SC2046
$cxx -std=c++11 -Wall -Wextra -Werror -o "$dir/use++" "$dir/use.cc" \
	$(pkg-config --cflags --libs libsrfpga)
for program in use use++; do
	version=$(LD_LIBRARY_PATH=$lib "$dir/$program")
	if [ "$version" != "$(pkg-config --modversion libsrfpga)" ]; then
		echo "the library is $version, its .pc file is another one" >&2
		exit 1
	fi
done

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
