# SPDX-License-Identifier: MIT
"""Picture pairs for super-resolution x2: how they are made (no PyTorch)."""
import io
from pathlib import Path

import numpy as np
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
