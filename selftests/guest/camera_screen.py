#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Compares a frame that was sent to a screen with what the screen shows.

    camera_screen.py FRAME.ppm SCREEN.ppm [bgr]
    camera_screen.py FRAME.ppm CHECKSUMS WIDTHxHEIGHT

SCREEN.ppm: a picture of the whole screen. bgr: the frame was saved as it lies in
memory, blue first. CHECKSUMS: lines of vkms, "frame CRC", of a screen of that
size with the frame in its middle. Exits with 0 if every pixel, or every line,
is the same.
"""
import re
import sys
import zlib


def read(path):
    """Width, height and the bytes of a binary PPM of 8 bits."""
    with open(path, "rb") as file:
        data = file.read()
    header = re.match(rb"P6\s+(\d+)\s+(\d+)\s+255\s", data)
    width, height = int(header[1]), int(header[2])
    pixels = bytearray(data[header.end():])
    # A frame of few colours proves nothing.
    if len(pixels) != width * height * 3 or len(set(pixels)) < 8:
        sys.exit(f"{path} is no picture")
    return width, height, pixels


def vkms_row(pixels):
    """Red, green, blue of 8 bits as alpha, red, green, blue of 16 bits."""
    row = bytearray(b"\xff" * (len(pixels) // 3 * 8))
    for channel in range(3):
        for byte in range(2):
            row[2 + 2 * channel + byte::8] = pixels[channel::3]
    return row


def vkms_checksum(frame, screen_width, screen_height):
    """CRC-32 over all rows of the screen, which starts and ends uninverted."""
    width, height, pixels = frame
    left, above = (screen_width - width) // 2, (screen_height - height) // 2
    crc = 0xffffffff
    for y in range(screen_height):
        row = bytearray(screen_width * 3)
        if 0 <= y - above < height:
            at = (y - above) * width * 3
            row[left * 3:(left + width) * 3] = pixels[at:at + width * 3]
        crc = zlib.crc32(vkms_row(row), crc)
    return crc ^ 0xffffffff


def main():
    frame = read(sys.argv[1])
    how = sys.argv[3] if sys.argv[3:] else ""
    if how and how != "bgr":
        wanted = vkms_checksum(frame, *map(int, how.split("x")))
        with open(sys.argv[2], encoding="ascii") as file:
            found = {int(line.split()[1], 0) for line in file}
        return found != {wanted} and f"{sys.argv[2]}: not {wanted:#010x}"
    if how == "bgr":
        frame[2][0::3], frame[2][2::3] = frame[2][2::3], frame[2][0::3]
    return frame != read(sys.argv[2]) and f"{sys.argv[2]} differs"


if __name__ == "__main__":
    sys.exit(main())
