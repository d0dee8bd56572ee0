#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""srfpga compare against the training's own PSNR and SSIM, which NumPy computes
in another way. Speaks TAP."""
import json
import os
import subprocess
import sys
import tempfile

try:
    import numpy as np
except ImportError:
    print("1..0 # SKIP no NumPy")
    sys.exit(4)

sys.dont_write_bytecode = True
SRCDIR = os.environ.get("SRCDIR", os.getcwd())
sys.path.insert(0, os.path.join(SRCDIR, "tools", "train"))
import metrics

O = os.path.abspath(os.environ.get("O", os.path.join(SRCDIR, "build")))
KEYS = ("psnr_rgb", "psnr_y", "ssim_rgb", "ssim_y")


def scene(rng, height, width):
    """Waves with noise: not equal anywhere, not foreign to each other."""
    y, x = np.mgrid[:height, :width]
    waves = [127 + 90 * np.sin(x / (5 + c) + y / (9 - c)) for c in range(3)]
    a = np.stack(waves, axis=-1)
    b = a + rng.normal(0, 1 + 6 * rng.random(), a.shape)
    return [np.clip(np.rint(v), 0, 255).astype(np.uint8) for v in (a, b)]


def write_ppm(path, picture):
    """A picture that the tool reads as it is."""
    height, width, _ = picture.shape
    with open(path, "wb") as f:
        f.write(b"P6\n%d %d\n255\n" % (width, height) + picture.tobytes())


def compare(folder, a, b, shave):
    """What the tool says."""
    names = [os.path.join(folder, n) for n in ("a.ppm", "b.ppm")]
    for name, picture in zip(names, (a, b)):
        write_ppm(name, picture)
    done = subprocess.run(
        [os.path.join(O, "srfpga"), "compare", "--json", "--shave", str(shave),
         *names], capture_output=True, check=True, timeout=60)
    return json.loads(done.stdout)


def main():
    rng = np.random.default_rng(20)
    bad = 0
    cases = [(40, 50, 2), (15, 15, 2), (64, 33, 4), (23, 70, 1)]
    print(f"TAP version 13\n1..{len(cases)}")
    with tempfile.TemporaryDirectory() as folder:
        for number, (height, width, shave) in enumerate(cases, 1):
            a, b = scene(rng, height, width)
            got = compare(folder, a, b, shave)
            want = metrics.score(a, b, shave)
            wrong = [f"{k}: {got[k]}, not {want[k]}" for k in KEYS
                     if not abs(got[k] - want[k]) < 1e-6 * abs(want[k])]
            bad += bool(wrong)
            print(f"{'not ' if wrong else ''}ok {number} - {width}x{height} "
                  f"without {shave} at the border")
            for line in wrong:
                print("#", line)
    return bool(bad)


sys.exit(main())
