#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Compares the last frame of a recorded video with the picture that it shows.

    camera_y4m.py VIDEO.y4m PICTURE.ppm FRAMES

Exits with 0 if the video has that many frames and luma and colours of the last
one are those of ITU-R BT.601, to within the rounding of 8 bits.
"""
import sys

from camera_screen import read

# Kr, Kg, Kb and the steps of luma and colour difference of BT.601
WEIGHTS = (0.299, 0.587, 0.114)
LUMA, BLUE, RED = 219 / 255, 224 / 255 / 1.772, 224 / 255 / 1.402


def main():
    width, height, rgb = read(sys.argv[2])
    with open(sys.argv[1], "rb") as file:
        header, _, frames = file.read().partition(b"\n")
    size = width * height * 3 // 2 + len(b"FRAME\n")
    if f"W{width} H{height} " not in header.decode():
        return f"{header}: not {width}x{height}"
    if len(frames) != size * int(sys.argv[3]):
        return f"{len(frames) / size} frames, not {sys.argv[3]}"
    planes = frames[-size + len(b"FRAME\n"):]
    colours = planes[width * height:]
    worst = [0, 0, 0]
    for y in range(0, height, 2):
        for x in range(0, width, 2):
            blue = red = 0
            for at in (y * width + x, y * width + x + 1,
                       (y + 1) * width + x, (y + 1) * width + x + 1):
                r, g, b = rgb[3 * at:3 * at + 3]
                luma = WEIGHTS[0] * r + WEIGHTS[1] * g + WEIGHTS[2] * b
                worst[0] = max(worst[0], abs(planes[at] - 16 - luma * LUMA))
                blue += (b - luma) / 4
                red += (r - luma) / 4
            at = y // 2 * (width // 2) + x // 2
            worst[1] = max(worst[1], abs(colours[at] - 128 - blue * BLUE))
            worst[2] = max(worst[2], abs(
                colours[at + len(colours) // 2] - 128 - red * RED))
    print(f"# largest differences: {worst[0]:.2f} {worst[1]:.2f} {worst[2]:.2f}")
    return max(worst) > 2 and "not the picture"


if __name__ == "__main__":
    sys.exit(main())
