#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Writes networks for machines without Python: FOLDER [RANDOM], a few built
like published ones and RANDOM random ones; prints their paths."""
import os
import sys

sys.dont_write_bytecode = True
from networks import random_network
from published import NETWORKS

CHOSEN = ("TFC 1W2A", "MobileNet on uint8", "VGG10 in 1D",
          "channels last", "pools, FINN")


def main():
    folder, count = sys.argv[1], int((sys.argv[2:] or ["0"])[0])
    for i, name in enumerate(CHOSEN):
        path = os.path.join(folder, f"published{i}.onnx")
        NETWORKS[name]()[0].save(path)
        print(path)
    for seed in range(count):
        path = os.path.join(folder, f"random{seed}.onnx")
        random_network(seed, path)
        print(path)


if __name__ == "__main__":
    main()
