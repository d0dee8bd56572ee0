#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Write a batch of ring pictures and their truth as npy files.

    make_rings.py --count 400 --size 64 DIR

writes DIR/rings_64_400.npy (uint8, N x S x S x 1, as `srfpga run` takes it),
..._class.npy (1 reliable, 0 not) and ..._diameter.npy (micrometres). With
--pgm also one picture each, as `srfpga classify` takes them:

    srfpga classify -d soft:ring_regressor_64_w8.onnx --unit µm DIR/*.pgm
"""
import argparse
from pathlib import Path

import numpy as np

import ring_data


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--count", type=int, default=400)
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--seed", type=int, default=2001)
    parser.add_argument(
        "--reliable", action="store_true", help="for the regressor"
    )
    parser.add_argument("--pgm", action="store_true", help="pictures, too")
    o = parser.parse_args()
    x, classes, diameter = ring_data.generate(
        o.count, o.size, o.seed, o.reliable
    )
    base = f"rings_{o.size}_{o.count}"
    o.out.mkdir(parents=True, exist_ok=True)
    np.save(o.out / f"{base}.npy", x.transpose(0, 2, 3, 1))
    np.save(o.out / f"{base}_class.npy", classes)
    np.save(o.out / f"{base}_diameter.npy", diameter)
    for number, picture in enumerate(x[:, 0] if o.pgm else ()):
        head = f"P5 {o.size} {o.size} 255\n".encode()
        path = o.out / f"{base}_{number:04}.pgm"
        path.write_bytes(head + picture.tobytes())


if __name__ == "__main__":
    main()
