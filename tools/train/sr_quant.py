# SPDX-License-Identifier: MIT
"""LRSRN x2 (m4c32) as quantised for the accelerator, in deployed form."""
import torch
from torch import nn
from torch.nn import functional as F

import quant_layers as q
from sr_float import CHANNELS, MIDDLE, SCALE


class LrsrnQuant(nn.Module):
    """Six convolutions; the skip's two inputs share one quantiser.

    With one scale on both sides the addition is an integer addition of codes,
    and only its sum is requantised.
    """

    def __init__(self, bits=8):
        super().__init__()
        self.input = q.unit()
        self.head = q.conv(3, CHANNELS, bits=8)
        self.body = nn.ModuleList(
            q.conv(CHANNELS, CHANNELS, bits=bits) for _ in range(MIDDLE)
        )
        self.tail = q.conv(CHANNELS, 3 * SCALE * SCALE, bits=8)
        self.skip = q.relu()
        self.acts = nn.ModuleList(q.relu() for _ in range(MIDDLE - 1))
        self.sum = q.identity()
        self.output = q.unit()

    def load_fused(self, kernels):
        """Take the [(weight, bias)] of LrsrnTrain.fused()."""
        for layer, (weight, bias) in zip(
            [self.head, *self.body, self.tail], kernels
        ):
            layer.weight.data.copy_(weight)
            layer.bias.data.copy_(bias)

    def forward(self, x):
        first = self.skip(self.head(self.input(x)))
        y = first
        for layer, act in zip(self.body, [*self.acts, self.skip]):
            y = act(layer(y))
        y = self.sum(q.plain(y) + q.plain(first))
        y = F.pixel_shuffle(q.plain(self.tail(y)), SCALE)
        return q.plain(self.output(y))
