# SPDX-License-Identifier: MIT
"""Brevitas layers whose arithmetic is exact in integers.

Activations are unsigned with zero point 0, weights signed and narrow with
one scale a channel, biases 32-bit integers at input scale x weight scale.
"""
import brevitas.nn as qnn
import torch
from brevitas.core.restrict_val import RestrictValueType
from brevitas.inject.enum import ScalingImplType
from brevitas.quant.fixed_point import (
    Int8ActPerTensorFixedPoint,
    Int8BiasPerTensorFixedPointInternalScaling,
    Int8WeightPerTensorFixedPoint,
)
from brevitas.quant.scaled_int import (
    Int8ActPerTensorFloat,
    Int8WeightPerChannelFloat,
    Int8WeightPerTensorFloat,
    Int32Bias,
    Uint8ActPerTensorFloat,
)

from ring_data import MICROMETRES

CODES = 255  # largest code of an 8-bit port


class U8Unit(Uint8ActPerTensorFloat):
    """u8 codes of [0, 1] at the fixed scale 1/255: what a picture holds."""

    scaling_impl_type = ScalingImplType.CONST
    scaling_init = 1.0
    restrict_scaling_type = RestrictValueType.FP


class U8Micrometres(U8Unit):
    """u8 codes of some micrometres each."""

    scaling_init = MICROMETRES * CODES


class U8Learned(Uint8ActPerTensorFloat):
    """u8 codes at a scale that starts from the data and is then learned."""

    collect_stats_steps = 64


class S8Learned(Int8ActPerTensorFloat):
    """s8 codes at a scale that starts from the data and is then learned."""

    collect_stats_steps = 64


class S4Learned(Int8WeightPerChannelFloat):
    """s4 weights, one scale a channel that is learned, too.

    With 15 codes, a scale that the largest weight dictates to the end leaves
    most of a channel's weights at 0.
    """

    bit_width = 4
    scaling_impl_type = ScalingImplType.PARAMETER_FROM_STATS


def unit(act_quant=U8Unit):
    """Quantiser of a port that carries picture samples."""
    return qnn.QuantIdentity(act_quant=act_quant, return_quant_tensor=True)


def relu(act_quant=U8Learned):
    """ReLU and its u8 quantiser."""
    return qnn.QuantReLU(act_quant=act_quant, return_quant_tensor=True)


def identity(act_quant=U8Learned):
    """u8 quantiser of a value that is already non-negative."""
    return qnn.QuantIdentity(act_quant=act_quant, return_quant_tensor=True)


def signed(act_quant=S8Learned):
    """s8 quantiser of a value of either sign."""
    return qnn.QuantIdentity(act_quant=act_quant, return_quant_tensor=True)


def conv(cin, cout, kernel=3, stride=1, bits=8,
         weight_quant=Int8WeightPerChannelFloat):
    """Convolution with quantised weights and an integer bias."""
    return qnn.QuantConv2d(
        cin, cout, kernel, stride=stride, padding=kernel // 2, bias=True,
        weight_quant=weight_quant, weight_bit_width=bits,
        bias_quant=Int32Bias,
    )


def linear(cin, cout, bits=8, weight_quant=Int8WeightPerChannelFloat):
    """Fully connected layer with quantised weights and an integer bias."""
    return qnn.QuantLinear(
        cin, cout, bias=True, weight_quant=weight_quant,
        weight_bit_width=bits, bias_quant=Int32Bias,
    )


def last_linear(cin, cout, bits=8):
    """Last layer: one weight scale, so that accumulators can be compared."""
    return linear(cin, cout, bits, weight_quant=Int8WeightPerTensorFloat)


class DpuAct(Int8ActPerTensorFixedPoint):
    """s8 codes at a power of two; the DPU rounds half up."""

    collect_stats_steps = 64
    float_to_int_impl_type = "DPU"


def dpu_conv(cin, cout, kernel=3):
    """Convolution as a DPU does it: powers of two a tensor, s8 bias."""
    return qnn.QuantConv2d(
        cin, cout, kernel, padding=kernel // 2, bias=True,
        weight_quant=Int8WeightPerTensorFixedPoint,
        bias_quant=Int8BiasPerTensorFixedPointInternalScaling,
    )


def dpu_relu():
    return qnn.QuantReLU(act_quant=DpuAct, return_quant_tensor=True)


def dpu_identity():
    return qnn.QuantIdentity(act_quant=DpuAct, return_quant_tensor=True)


def plain(x):
    """The float tensor of a quantised one."""
    return x if isinstance(x, torch.Tensor) else x.value
