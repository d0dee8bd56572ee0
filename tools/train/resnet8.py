# SPDX-License-Identifier: MIT
"""ResNet-8 for 32x32 pictures: three residual stages of 16, 32, 64 channels.

Float with batch normalisation for training; quantised, in deployed form with
the normalisation folded into the convolutions.
"""
import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils.fusion import fuse_conv_bn_eval

import quant_layers as q

WIDTHS = (16, 32, 64)
CLASSES = 10


class Block(nn.Module):
    """Two 3x3 convolutions and a shortcut, projected where it shrinks."""

    def __init__(self, cin, cout, stride, conv, relu, signed):
        super().__init__()
        self.first = conv(cin, cout, 3, stride)
        self.second = conv(cout, cout, 3, 1)
        self.short = conv(cin, cout, 1, stride) if stride > 1 else None
        self.act = relu()
        self.out = relu()
        # One quantiser for both inputs of the addition: it adds codes.
        self.shared = signed()

    def forward(self, x):
        y = self.second(self.act(self.first(x)))
        x = x if self.short is None else self.short(x)
        both = q.plain(self.shared(y)) + q.plain(self.shared(x))
        return self.out(both)


class ResNet8(nn.Module):
    """The network over given layer factories: the same graph, float or not."""

    def __init__(self, conv, linear, relu, signed, unit, pooled):
        super().__init__()
        self.input = unit()
        self.stem = conv(3, WIDTHS[0], 3, 1)
        self.stem_act = relu()
        self.blocks = nn.ModuleList(
            Block(cin, cout, stride, conv, relu, signed)
            for cin, cout, stride in zip((16, 16, 32), WIDTHS, (1, 2, 2))
        )
        self.pooled = pooled()
        self.classes = linear(WIDTHS[-1], CLASSES)
        self.output = signed()

    def forward(self, x):
        x = self.stem_act(self.stem(self.input(x)))
        for block in self.blocks:
            x = block(x)
        x = self.pooled(F.adaptive_avg_pool2d(q.plain(x), 1))
        return q.plain(self.output(self.classes(x.flatten(1))))


class ConvNorm(nn.Sequential):
    """Convolution and batch normalisation, which fuse() makes one."""

    def __init__(self, cin, cout, kernel, stride):
        super().__init__(
            nn.Conv2d(cin, cout, kernel, stride, kernel // 2, bias=False),
            nn.BatchNorm2d(cout),
        )

    def fuse(self):
        return fuse_conv_bn_eval(self[0].eval(), self[1].eval())


def float_net():
    return ResNet8(
        ConvNorm, nn.Linear, nn.ReLU, nn.Identity, nn.Identity, nn.Identity
    )


def quant_net():
    return ResNet8(q.conv, q.last_linear, q.relu, q.signed, q.unit, q.identity)


def transfer(source, target):
    """Load the float network's fused weights into the quantised one."""
    layers = dict(target.named_modules())
    for name, module in source.named_modules():
        if isinstance(module, ConvNorm):
            module = module.fuse()
        elif not isinstance(module, nn.Linear):
            continue
        with torch.no_grad():
            layers[name].weight.copy_(module.weight)
            layers[name].bias.copy_(module.bias)
    return target
