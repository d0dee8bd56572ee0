#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Write a batch of ring pictures and their truth as npy files.

    make_rings.py --count 400 --size 64 DIR

writes DIR/rings_64_400.npy (uint8, N x S x S x 1, as `srfpga run` takes it),
..._class.npy (1 reliable, 0 not) and ..._diameter.npy (micrometres).
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
    o = parser.parse_args()
    x, classes, diameter = ring_data.generate(
        o.count, o.size, o.seed, o.reliable
    )
    base = f"rings_{o.size}_{o.count}"
    np.save(o.out / f"{base}.npy", x.transpose(0, 2, 3, 1))
    np.save(o.out / f"{base}_class.npy", classes)
    np.save(o.out / f"{base}_diameter.npy", diameter)


if __name__ == "__main__":
    main()
