# SPDX-License-Identifier: MIT
"""Patches of picture pairs, and pictures as tensors."""
import numpy as np
import torch


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
