#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Random networks: the reference executor against float64, and the fast
executors against the reference on every layer.

SOFT_SEED (default 0) is the first network, SOFT_NETWORKS (default 45,
fewer with sanitisers) how many there are.
"""
import os
import subprocess
import sys
import tempfile

import numpy as np

sys.dont_write_bytecode = True
from harness import ASAN, LAYERS, Comparison, PortComparison, Refused, Tap
from networks import random_network

SEED = int(os.environ.get("SOFT_SEED", "0"))
COUNT = int(os.environ.get("SOFT_NETWORKS", "15" if ASAN else "45"))
GROUP = 15


class Sums:
    def __init__(self):
        self.outputs = self.ties = self.tied = 0
        self.wrong, self.refused = [], []

    def add(self, seed, builder, path):
        x = np.float32(builder.rng.normal(0, 1.2, (1, *builder.in_shape)))
        if builder.exact:
            x = np.float32(np.round(x * 64) / 64)
        try:
            self.add_result(seed, builder, Comparison(path, [x]))
            # A port that feeds thresholds has no real value to compare.
            if not builder.opaque:
                self.add_result(seed, builder,
                                PortComparison(path, builder.rng))
        except Refused as reason:
            self.refused.append(f"network {seed}: {reason}")

    def add_result(self, seed, builder, c):
        self.outputs += c.total
        self.ties += c.ties
        # Where scales are powers of two float64 is exact, ties included.
        if c.wrong and c.ties and not builder.exact:
            self.tied += c.wrong
        elif c.wrong:
            self.wrong.append(f"network {seed}: {c}")


def group(tap, first, last, folder):
    sums, paths = Sums(), []
    for seed in range(first, last):
        path = os.path.join(folder, f"network{seed}.onnx")
        sums.add(seed, random_network(seed, path), path)
        paths.append(path)
    tap.result(not sums.wrong and not sums.refused,
               f"networks {first} to {last - 1} agree with float64",
               "; ".join(sums.wrong + sums.refused) or
               f"{sums.outputs} outputs, {sums.ties} on a tie, "
               f"{sums.tied} differ behind one")
    done = subprocess.run([LAYERS, "0", "0", str(first), *paths],
                          capture_output=True, text=True, timeout=1800)
    sys.stdout.write(done.stdout)
    tap.result(done.returncode == 0,
               f"networks {first} to {last - 1}: every layer, every executor",
               done.stderr.strip().replace("\n", "; "))


def main():
    tap = Tap()
    with tempfile.TemporaryDirectory() as folder:
        for first in range(SEED, SEED + COUNT, GROUP):
            group(tap, first, min(first + GROUP, SEED + COUNT), folder)
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
