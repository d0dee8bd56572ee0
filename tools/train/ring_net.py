# SPDX-License-Identifier: MIT
"""Small networks for ring pictures: reliable or not, and the diameter.

3x3 convolutions with 8 to 24 filters, each followed by a 2x2 maximum, down
to 4x4; then two fully connected layers. In larger pictures the first
convolution strides, so that size costs little.
"""
import torch
from torch import nn
from torch.nn import functional as F

import quant_layers as q
from resnet8 import ConvNorm
from ring_data import MICROMETRES

FILTERS = (8, 16, 24, 24)
FIRST = {64: (3, 1), 128: (3, 2), 300: (5, 4)}  # kernel and stride
HIDDEN = 16
FULL_SCALE = 255 * MICROMETRES  # of the regressor's u8 port


class RingNet(nn.Module):
    """The network over given layer factories: the same graph, float or not."""

    def __init__(self, size, outputs, conv, linear, last, relu, unit, output):
        super().__init__()
        widths = (1, *FILTERS)
        self.input = unit()
        shapes = (FIRST[size], *[(3, 1)] * len(FILTERS))
        self.convs = nn.ModuleList(
            conv(cin, cout, *shape)
            for cin, cout, shape in zip(widths, widths[1:], shapes)
        )
        self.acts = nn.ModuleList(relu() for _ in FILTERS)
        self.hidden = linear(widths[-1] * 16, HIDDEN)
        self.hidden_act = relu()
        self.last = last(HIDDEN, outputs)
        self.output = output()

    def forward(self, x):
        x = self.input(x)
        for conv, act in zip(self.convs, self.acts):
            x = F.max_pool2d(act(conv(x)), 2)
        x = self.hidden_act(self.hidden(x.flatten(1)))
        return q.plain(self.output(self.last(x)))


def float_net(size, outputs):
    return RingNet(
        size, outputs, ConvNorm, nn.Linear, nn.Linear, nn.ReLU, nn.Identity,
        nn.Identity,
    )


def quant_net(size, outputs, bits):
    """Two classes end in s8 scores, one number in a u8 share of full scale."""
    return RingNet(
        size, outputs,
        lambda *a: q.conv(*a, bits=bits),
        lambda *a: q.linear(*a, bits=bits),
        lambda *a: q.last_linear(*a, bits=bits),
        q.relu, q.unit, q.signed if outputs > 1 else q.unit,
    )


def in_micrometres(net):
    """Give a regressor's last layer and port their unit: code x 4 um."""
    with torch.no_grad():
        net.last.weight *= FULL_SCALE
        net.last.bias *= FULL_SCALE
    net.output = q.unit(q.U8Micrometres)
    return net.eval()
