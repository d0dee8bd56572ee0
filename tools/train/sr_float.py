# SPDX-License-Identifier: MIT
"""LRSRN x2 (m4c32) in floating point, re-parameterised while training.

Every 3x3 convolution is trained as 3x3 -> wide -> 1x1 (plus identity) and
fused on each forward pass: the 1x1 acts on the kernel, not on the picture,
so training costs hardly more than the deployed network does.
"""
import torch
from torch import nn
from torch.nn import functional as F

CHANNELS = 32
MIDDLE = 4
SCALE = 2


class FusedConv(nn.Module):
    """A 3x3 convolution that is the product of a 3x3 and a 1x1 kernel."""

    def __init__(self, cin, cout, wide=256):
        super().__init__()
        first = nn.Conv2d(cin, wide, 3)
        second = nn.Conv2d(wide, cout, 1)
        self.k3, self.b3 = first.weight, first.bias
        self.k1, self.b1 = second.weight, second.bias
        self.register_buffer("extra", torch.zeros(cout, cin, 3, 3))

    def kernel(self):
        """Weight and bias of the one 3x3 convolution this block equals."""
        k1 = self.k1[:, :, 0, 0]
        weight = torch.einsum("om,mikl->oikl", k1, self.k3) + self.extra
        return weight, k1 @ self.b3 + self.b1

    def forward(self, x):
        weight, bias = self.kernel()
        return F.conv2d(x, weight, bias, padding=1)


def bilinear_taps():
    """12x3x3x3 kernel that is bilinear x2 upscaling before the shuffle."""
    taps = torch.zeros(3 * SCALE * SCALE, 3, 3, 3)
    near, far = torch.tensor([0.25, 0.75, 0.0]), torch.tensor([0.0, 0.75, 0.25])
    for c in range(3):
        for i, (v, h) in enumerate((v, h) for v in (near, far) for h in (near, far)):
            taps[4 * c + i, c] = torch.outer(v, h)
    return taps


class LrsrnTrain(nn.Module):
    """LRSRN that starts as bilinear interpolation and learns the rest."""

    def __init__(self):
        super().__init__()
        self.head = FusedConv(3, CHANNELS)
        self.body = nn.ModuleList(
            FusedConv(CHANNELS, CHANNELS) for _ in range(MIDDLE)
        )
        self.tail = FusedConv(CHANNELS, 3 * SCALE * SCALE)
        self._start_as_interpolation()

    def _start_as_interpolation(self):
        for c in range(3):
            self.head.extra[c, c, 1, 1] = 1.0
        for block in self.body:
            block.extra += torch.eye(CHANNELS)[:, :, None, None] * F.pad(
                torch.ones(1, 1), (1, 1, 1, 1)
            )
        # y0 and the body's output both carry the picture: half of each.
        self.tail.extra[:, :3] = bilinear_taps() / 2

    def forward(self, x):
        first = F.relu(self.head(x))
        y = first
        for block in self.body:
            y = F.relu(block(y))
        return F.pixel_shuffle(self.tail(y + first), SCALE)

    def fused(self):
        """The deployed form: [(weight, bias)] of the six convolutions."""
        blocks = [self.head, *self.body, self.tail]
        with torch.no_grad():
            return [tuple(t.clone() for t in b.kernel()) for b in blocks]
