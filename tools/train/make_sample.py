#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Draw the sample picture of the demonstration: no photograph is shipped.

Everything that shows how well a picture is enlarged is in it: lettering,
gratings, thin wires, curves, brickwork, foliage, smooth gradients. Drawn at
four times the size and shrunk, so edges are properly band-limited.
"""
import argparse
import math

import numpy as np
from PIL import Image, ImageDraw

WIDTH, HEIGHT, OVER = 480, 320, 4
SEED = 7

# Strokes of a few capitals on a 4 x 6 grid, as polylines.
GLYPHS = {
    "S": [[(4, 1), (3, 0), (1, 0), (0, 1), (0, 2), (1, 3), (3, 3), (4, 4),
           (4, 5), (3, 6), (1, 6), (0, 5)]],
    "R": [[(0, 6), (0, 0), (3, 0), (4, 1), (4, 2), (3, 3), (0, 3)],
          [(2, 3), (4, 6)]],
    "F": [[(4, 0), (0, 0), (0, 6)], [(0, 3), (3, 3)]],
    "P": [[(0, 6), (0, 0), (3, 0), (4, 1), (4, 2), (3, 3), (0, 3)]],
    "G": [[(4, 1), (3, 0), (1, 0), (0, 1), (0, 5), (1, 6), (3, 6), (4, 5),
           (4, 3), (2, 3)]],
    "A": [[(0, 6), (0, 2), (2, 0), (4, 2), (4, 6)], [(0, 4), (4, 4)]],
    "X": [[(0, 0), (4, 6)], [(4, 0), (0, 6)]],
    "2": [[(0, 1), (1, 0), (3, 0), (4, 1), (4, 2), (0, 6), (4, 6)]],
    " ": [],
}


def scaled(points):
    return [(x * OVER, y * OVER) for x, y in points]


class Canvas:
    """A drawing surface in picture coordinates, OVER times as fine."""

    def __init__(self):
        self.rng = np.random.default_rng(SEED)
        self.image = Image.fromarray(self._sky())
        self.pen = ImageDraw.Draw(self.image)

    @staticmethod
    def _sky():
        y = np.linspace(0, 1, HEIGHT * OVER)[:, None, None]
        top, low = np.array([38, 70, 128.0]), np.array([250, 205, 160.0])
        rows = top + (low - top) * np.clip(y * 1.7, 0, 1) ** 1.3
        return np.broadcast_to(rows, (len(y), WIDTH * OVER, 3)).astype(np.uint8)

    def polygon(self, points, colour):
        self.pen.polygon(scaled(points), fill=colour)

    def line(self, points, colour, width):
        width = max(1, round(width * OVER))
        self.pen.line(scaled(points), fill=colour, width=width, joint="curve")

    def disc(self, x, y, r, colour):
        self.pen.ellipse(scaled([(x - r, y - r), (x + r, y + r)]), fill=colour)

    def text(self, x, y, text, size, colour, width):
        for letter in text:
            for stroke in GLYPHS[letter]:
                points = [(x + u * size, y + v * size) for u, v in stroke]
                self.line(points, colour, width)
            x += 5.6 * size

    def finish(self):
        return self.image.resize((WIDTH, HEIGHT), Image.LANCZOS)


def draw_sun(c):
    """A disc with a soft halo: a smooth gradient next to a sharp edge."""
    h, w = HEIGHT * OVER, WIDTH * OVER
    y, x = np.mgrid[0:h, 0:w] / OVER
    glow = np.exp(-np.hypot(x - 330, y - 80) / 60)[..., None]
    base = np.asarray(c.image).astype(float)
    lit = base + glow * (np.array([255, 236, 190]) - base)
    c.image.paste(Image.fromarray(lit.astype(np.uint8)))
    c.disc(330, 80, 21, (255, 246, 214))


def draw_hills(c):
    """Three ridges with ever finer outlines, and hatching on the nearest."""
    colours = [(120, 128, 158), (78, 98, 118), (46, 74, 70)]
    for depth, colour in enumerate(colours):
        x = np.arange(0, WIDTH + 1, 1.0)
        y = np.full_like(x, 168 + 26 * depth)
        for octave in range(1, 7):
            wave = 0.012 * 1.9**octave
            phase = c.rng.uniform(0, 2 * math.pi)
            y += 26 / 1.9**octave * np.sin(x * wave + phase)
        edge = list(zip(x, y))
        c.polygon(edge + [(WIDTH, HEIGHT), (0, HEIGHT)], colour)
    for start in range(-40, WIDTH, 7):
        tint = tuple(v + int(c.rng.integers(4, 16)) for v in colours[-1])
        c.line([(start, HEIGHT), (start + 55, 252)], tint, 0.8)


def draw_house(c):
    """Bricks, a striped roof, windows with glazing bars, a fence."""
    c.polygon([(40, 160), (190, 160), (190, 290), (40, 290)], (96, 60, 52))
    for row in range(26):
        for column in range(-1, 16):
            x, y = 40 + column * 10 + (row % 2) * 5, 160 + row * 5
            shade = c.rng.integers(-18, 18)
            x0, x1 = max(x + 0.7, 40), min(x + 9.4, 190)
            if x1 > x0:
                box = [(x0, y + 0.7), (x1, y + 0.7), (x1, y + 4.5), (x0, y + 4.5)]
                c.polygon(box, (166 + shade, 84 + shade, 66 + shade))
    c.polygon([(28, 162), (115, 104), (202, 162)], (58, 52, 60))
    for i in range(29):
        x = 31 + i * 6
        c.line([(115 + (x - 115) * 0.06, 107), (x, 161)], (98, 88, 96), 1.2)
    for x in (58, 142):
        c.polygon([(x, 182), (x + 30, 182), (x + 30, 222), (x, 222)], (236, 228, 208))
        c.polygon([(x + 3, 185), (x + 27, 185), (x + 27, 219), (x + 3, 219)], (60, 92, 124))
        c.line([(x + 15, 184), (x + 15, 220)], (236, 228, 208), 1.6)
        for bar in (196, 208):
            c.line([(x + 2, bar), (x + 28, bar)], (236, 228, 208), 1.2)
    c.polygon([(102, 236), (128, 236), (128, 290), (102, 290)], (44, 70, 58))
    c.disc(123, 265, 1.6, (232, 200, 90))
    for i in range(36):
        x = 206 + i * 4
        c.line([(x, 268), (x, 292)], (232, 226, 214), 1.4)
    for y in (273, 286):
        c.line([(204, y), (350, y)], (232, 226, 214), 1.2)


def draw_tree(c, x, y, levels, angle, length):
    """Branches by halving, leaves at the tips: foliage is the hard texture."""
    if levels == 0:
        for _ in range(9):
            dx, dy = c.rng.normal(0, 3.4, 2)
            green = int(c.rng.integers(70, 170))
            colour = (green // 2 + 20, green, 40 + green // 5)
            c.disc(x + dx, y + dy, c.rng.uniform(0.6, 1.5), colour)
        return
    x1, y1 = x + length * math.sin(angle), y - length * math.cos(angle)
    c.line([(x, y), (x1, y1)], (70, 50, 40), levels * 0.75)
    for turn in (-0.42, 0.38):
        bend = c.rng.normal(0, 0.12)
        draw_tree(c, x1, y1, levels - 1, angle + turn + bend, length * 0.79)


def draw_wires(c):
    """Thin sagging lines against the bright sky."""

    def height(x, i):
        return 58 + 9 * i - 24 * ((x - 230) / 240) ** 2

    for i in range(5):
        x = np.linspace(0, WIDTH, 60)
        c.line(list(zip(x, height(x, i))), (40, 44, 58), 0.7)
    for i in range(9):
        x = 60 + 17 * i + c.rng.uniform(-4, 4)
        c.disc(x, height(x, i % 5) - 1.8, 2.2, (26, 28, 38))


def draw_card(c):
    """A test card: lettering, a zone plate, gratings from coarse to fine."""
    c.polygon([(362, 186), (474, 186), (474, 312), (362, 312)], (246, 244, 236))
    c.text(369, 192, "SRFPGA", 2.9, (34, 40, 60), 1.9)
    c.text(369, 215, "X2 SRFPGA X2", 1.45, (150, 30, 40), 0.9)
    for i in range(15, 0, -1):
        radius = 26 * math.sqrt(i / 15)
        c.disc(394, 256, radius, (30, 30, 44) if i % 2 else (240, 240, 236))
    y = 229.0
    for pitch in (6, 5, 4, 3.2, 2.6):
        x = 426.0
        while x < 470:
            box = [(x, y), (x + pitch / 2, y), (x + pitch / 2, y + 9), (x, y + 9)]
            c.polygon(box, (36, 36, 48))
            x += pitch
        y += 11
    for i in range(12):
        turn = i * math.pi / 12
        dx, dy = 22 * math.cos(turn), 11 * math.sin(turn)
        c.line([(394 - dx, 298 - dy), (394 + dx, 298 + dy)], (20, 90, 120), 0.7)
    for i in range(22):
        hue = int(255 * i / 21)
        box = [(426 + 2 * i, 288), (428 + 2 * i, 288), (428 + 2 * i, 308), (426 + 2 * i, 308)]
        c.polygon(box, (hue, 120, 255 - hue))


def draw():
    c = Canvas()
    draw_sun(c)
    draw_hills(c)
    draw_wires(c)
    draw_house(c)
    draw_tree(c, 272, 282, 8, 0.05, 27)
    draw_card(c)
    return c.finish()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", help="PNG to write")
    draw().save(parser.parse_args().out, optimize=True)


if __name__ == "__main__":
    main()
