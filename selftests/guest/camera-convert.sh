# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC2086,SC2154,SC2034
# Part of camera.sh: cameras that do not speak the accelerator's format.

bytes=$((5 * 320 * 180 * 3))
pattern 4
camera --null --frames 5 --save "$dir/plain"
is 'RGB: a picture to compare with' $status 0
# BGR and XRGB are other orders of the same bytes, the others lose colours.
for format in BGR3 XR24 YUYV UYVY NV12; do
	camera --null --frames 5 --format $format --save "$dir/$format"
	is "$format: five frames" $status 0
	number "$format: says how many bytes were converted" \
		"$(figure cpu_bytes_copied)" '>=' $bytes
	number "$format: says how long it took" "$(figure convert_ms)" '>' 0
	$srfpga compare --json "$dir/plain_in.ppm" "$dir/${format}_in.ppm" \
		> $tmp/json 2>> $tmp/log
	case $format in
	BGR3 | XR24)
		number "$format: the same picture" \
			"$(figure different_pixels)" == 0
		;;
	*)
		number "$format: nearly the same picture" \
			"$(figure psnr_y)" '>' 35
		;;
	esac
done
camera --null --frames 5 --format H264 -q
is 'a format that cannot be converted: exit status' $status 2
