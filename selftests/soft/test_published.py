#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Networks built like published ones: the reference executor against float64,
the fast executors against the reference on every layer."""
import os
import subprocess
import sys
import tempfile

import numpy as np

sys.dont_write_bytecode = True
from harness import LAYERS, Comparison, PortComparison, Refused, Tap
from published import NETWORKS, float_picture


def agrees(tap, name, path, make):
    writer, inputs = make()
    writer.save(path)
    try:
        c = Comparison(path, inputs)
        tap.result(not c.wrong and c.total, name, str(c))
    except Refused as reason:
        tap.result(False, name, str(reason))


def picture_without_quantiser(tap, path):
    """A port carries bytes, which are exact; any float is not."""
    writer, inputs = float_picture()
    writer.save(path)
    try:
        Comparison(path, inputs)
        reason = "accepted"
    except Refused as refusal:
        reason = str(refusal)
    tap.result("declare it uint8" in reason,
               "floats without a quantiser are refused", reason)
    c = PortComparison(path, np.random.default_rng(5))
    tap.result(not c.wrong, "bytes of the same picture are not", str(c))


def main():
    tap = Tap()
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for i, (name, make) in enumerate(NETWORKS.items()):
            paths.append(os.path.join(folder, f"{i}.onnx"))
            agrees(tap, name, paths[-1], make)
        picture_without_quantiser(tap, os.path.join(folder, "float.onnx"))
        done = subprocess.run([LAYERS, "0", "0", "1", *paths],
                              capture_output=True, text=True, timeout=1800)
        sys.stdout.write(done.stdout)
        tap.result(done.returncode == 0, "every layer, every executor",
                   done.stderr.strip().replace("\n", "; "))
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
