# SPDX-License-Identifier: MIT
"""Picture pairs for super-resolution x2, decoded once and kept in memory."""
import io
from pathlib import Path

import numpy as np
import torch
from PIL import Image

# A photograph shrunk a little is a sharper photograph with finer texture and
# without its own JPEG artefacts: cheap variety for a small training set.
SHRINK = (1.0, 0.85, 0.7, 0.55)


def crop_even(picture):
    """Crop a PIL picture to an even width and height."""
    w, h = picture.size
    return picture.crop((0, 0, w - w % 2, h - h % 2))


def degrade(picture, jpeg=None):
    """The low-resolution input: PIL bicubic, then JPEG quality @jpeg."""
    w, h = picture.size
    low = picture.resize((w // 2, h // 2), Image.BICUBIC)
    if jpeg is not None:
        buffer = io.BytesIO()
        low.save(buffer, "JPEG", quality=jpeg)
        low = Image.open(buffer).convert("RGB")
    return low


def upscale_bicubic(low):
    """u8 HxWx3 -> u8 2Hx2Wx3 by PIL bicubic: the bar to beat."""
    h, w, _ = low.shape
    picture = Image.fromarray(low).resize((2 * w, 2 * h), Image.BICUBIC)
    return np.asarray(picture)


def load_pairs(folder, jpeg=None, shrink=(1.0,), limit=None):
    """List of (name, low u8, high u8) of the pictures of @folder, sorted."""
    pairs = []
    names = sorted(
        p for p in Path(folder).iterdir() if p.suffix in (".jpg", ".png")
    )
    for path in names[:limit]:
        full = Image.open(path).convert("RGB")
        for factor in shrink:
            size = (round(full.width * factor), round(full.height * factor))
            high = full
            if factor != 1.0:
                high = full.resize(size, Image.LANCZOS)
            high = crop_even(high)
            low = degrade(high, jpeg)
            pairs.append((path.stem, np.asarray(low), np.asarray(high)))
    return pairs


class PatchSampler:
    """Random aligned patches with flips and quarter turns."""

    def __init__(self, pairs, patch, seed):
        self.pairs = pairs
        self.patch = patch
        self.rng = np.random.default_rng(seed)
        areas = np.array([low.shape[0] * low.shape[1] for _, low, _ in pairs])
        self.odds = areas / areas.sum()

    def _one(self, index):
        rng, n = self.rng, self.patch
        _, low, high = self.pairs[index]
        y = rng.integers(low.shape[0] - n + 1)
        x = rng.integers(low.shape[1] - n + 1)
        a = low[y : y + n, x : x + n]
        b = high[2 * y : 2 * (y + n), 2 * x : 2 * (x + n)]
        turn = int(rng.integers(4))
        a, b = np.rot90(a, turn), np.rot90(b, turn)
        if rng.integers(2):
            a, b = a[:, ::-1], b[:, ::-1]
        return a, b

    def batch(self, count):
        """Two float tensors in [0, 1], count x 3 x n x n and x 2n x 2n."""
        chosen = self.rng.choice(len(self.pairs), size=count, p=self.odds)
        low, high = zip(*(self._one(i) for i in chosen))
        return to_tensor(np.stack(low)), to_tensor(np.stack(high))


def to_tensor(batch):
    """u8 NxHxWx3 -> float32 Nx3xHxW in [0, 1]."""
    planes = np.ascontiguousarray(batch.transpose(0, 3, 1, 2))
    return torch.from_numpy(planes).float() / 255.0


def to_picture(tensor):
    """float 1x3xHxW in [0, 1] -> u8 HxWx3, rounded half to even."""
    codes = torch.round(tensor[0].clamp(0, 1) * 255).to(torch.uint8)
    return codes.permute(1, 2, 0).contiguous().numpy()
