# SPDX-License-Identifier: MIT
"""CIFAR-10 subset: split and augmentation."""
import numpy as np

LABELS = (
    "airplane automobile bird cat deer dog frog horse ship truck".split()
)
HELD_BACK = 500


def load(path, seed):
    """(train x, train y), (held x, held y): u8 Nx3x32x32 and int64."""
    data = np.load(path)
    order = np.random.default_rng(seed).permutation(len(data["x"]))
    held, train = order[:HELD_BACK], order[HELD_BACK:]
    y = data["t"].astype(np.int64)
    return (data["x"][train], y[train]), (data["x"][held], y[held])


def augment(x, rng):
    """Shift by up to 4 pixels, mirror, change the light, blot out a square."""
    padded = np.pad(x, ((0, 0), (0, 0), (4, 4), (4, 4)), mode="reflect")
    out = np.empty_like(x)
    for i in range(len(x)):
        dy, dx = rng.integers(0, 9, 2)
        one = padded[i, :, dy : dy + 32, dx : dx + 32]
        one = one[:, :, ::-1] if rng.integers(2) else one
        gain = rng.uniform(0.8, 1.2, (3, 1, 1)) * rng.uniform(0.85, 1.15)
        out[i] = np.clip(one * gain, 0, 255)
        cy, cx = rng.integers(0, 32, 2)
        out[i, :, max(cy - 4, 0) : cy + 4, max(cx - 4, 0) : cx + 4] = 120
    return out
