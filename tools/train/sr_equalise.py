# SPDX-License-Identifier: MIT
"""Rescale channels so that each makes use of its tensor's 8-bit codes.

A ReLU lets a positive factor through: what divides a channel's weights here
multiplies the next layer's. The network computes the same in floating point;
quantised with one scale a tensor, its small channels are no longer coarse.
"""
import torch
from torch.nn import functional as F

SMALLEST = 0.02  # of the largest channel: below that, none is stretched more


def activations(kernels, x):
    """What every convolution but the last hands on, and what the last gets."""
    (weight, bias), *body = kernels[:-1]
    first = F.relu(F.conv2d(x, weight, bias, padding=1))
    out = [first]
    for weight, bias in body:
        out.append(F.relu(F.conv2d(out[-1], weight, bias, padding=1)))
    return out, out[-1] + first


def forward(kernels, x):
    """The deployed network in floating point."""
    weight, bias = kernels[-1]
    y = F.conv2d(activations(kernels, x)[1], weight, bias, padding=1)
    return F.pixel_shuffle(y, 2)


def ranges(tensor):
    """Largest value of each channel, without the rarest ten thousandth."""
    rows = tensor.transpose(0, 1).flatten(1)
    return torch.stack([r.kthvalue(int(0.9999 * r.numel())).values for r in rows])


def factors(kernels, x):
    """Per convolution but the last: its channels' ranges, 1 for the largest.

    The first and the last but one are added, so they share theirs.
    """
    found = [ranges(t) for t in activations(kernels, x)[0]]
    found[0] = found[-1] = torch.maximum(found[0], found[-1])
    return [(r / r.max()).clamp(min=SMALLEST) for r in found]


def equalise(kernels, x):
    """[(weight, bias)] of the same network, equalised over pictures @x."""
    out, before = [], None
    after = [*factors(kernels, x), torch.ones(len(kernels[-1][1]))]
    for (weight, bias), part in zip(kernels, after):
        weight = weight / part[:, None, None, None]
        if before is not None:
            weight = weight * before[None, :, None, None]
        out.append((weight, bias / part))
        before = part
    return out
