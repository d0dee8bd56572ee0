# SPDX-License-Identifier: MIT
"""LRSRN x2 (m4c32) as quantised for the accelerator, in deployed form."""
from functools import partial

from torch import nn
from torch.nn import functional as F

import quant_layers as q
from sr_float import CHANNELS, MIDDLE, SCALE

# name: (convolution, activation, picture port)
SCHEMES = {
    "int8": (q.conv, q.relu, q.identity, q.unit),
    "int4": (partial(q.conv, bits=4, weight_quant=q.S4Learned), q.relu, q.identity, q.unit),
    "dpu": (q.dpu_conv, q.dpu_relu, q.dpu_identity, q.dpu_identity),
}


class LrsrnQuant(nn.Module):
    """Six convolutions; the skip's two inputs share one quantiser.

    With one scale on both sides the addition is an integer addition of codes,
    and only its sum is requantised.
    """

    def __init__(self, scheme="int8"):
        super().__init__()
        conv, relu, identity, port = SCHEMES[scheme]
        self.input = port()
        self.head = conv(3, CHANNELS)
        self.body = nn.ModuleList(
            conv(CHANNELS, CHANNELS) for _ in range(MIDDLE)
        )
        self.tail = conv(CHANNELS, 3 * SCALE * SCALE)
        self.skip = relu()
        self.acts = nn.ModuleList(relu() for _ in range(MIDDLE - 1))
        self.sum = identity()
        self.output = port()

    def load_fused(self, kernels):
        """Take the [(weight, bias)] of LrsrnTrain.fused()."""
        for layer, (weight, bias) in zip(
            [self.head, *self.body, self.tail], kernels
        ):
            layer.weight.data.copy_(weight)
            layer.bias.data.copy_(bias)
        return self

    def forward(self, x):
        first = self.skip(self.head(self.input(x)))
        y = first
        for layer, act in zip(self.body, [*self.acts, self.skip]):
            y = act(layer(y))
        y = self.sum(q.plain(y) + q.plain(first))
        y = F.pixel_shuffle(q.plain(self.tail(y)), SCALE)
        return q.plain(self.output(y))
