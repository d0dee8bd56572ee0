#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Operators of com.microsoft, which ONNX Runtime's quantiser writes, against
float64."""
import sys

import numpy as np

sys.dont_write_bytecode = True
from cases import Cases, ints, real, rng

MICROSOFT = "com.microsoft"
case = Cases()


class Scale:
    """A scale and a zero point, as two initialisers."""

    def __init__(self, w, scale, zero):
        self.w, self.both = w, [real(w, scale), w.init(zero)]

    def codes(self, x, **attr):
        return self.w.node("QuantizeLinear", [x, *self.both], **attr)

    def real(self, x, **attr):
        return self.w.node("DequantizeLinear", [x, *self.both], **attr)


def u8(w, scale, zero):
    return Scale(w, scale, np.array(zero, np.uint8))


def s8(w, scale, zero):
    return Scale(w, scale, np.array(zero, np.int8))


def q(w, op, inputs, **attr):
    return w.node(op, inputs, domain=MICROSOFT, **attr)


@case(quantised=False)
def add_of_two_scales(w, x):
    a, b, y = u8(w, 0.021, 100), u8(w, 0.013, 131), u8(w, 0.05, 117)
    return y.real(q(w, "QLinearAdd", [a.codes(x), *a.both, b.codes(x),
                                      *b.both, *y.both]))


@case(quantised=False)
def add_signed(w, x):
    a, y = s8(w, 0.021, -3), s8(w, 0.031, 5)
    codes = a.codes(x)
    return y.real(q(w, "QLinearAdd", [codes, *a.both, codes, *a.both,
                                      *y.both]))


@case(quantised=False)
def multiply(w, x):
    a, b, y = u8(w, 0.021, 100), u8(w, 0.013, 131), u8(w, 0.012, 60)
    return y.real(q(w, "QLinearMul", [a.codes(x), *a.both, b.codes(x),
                                      *b.both, *y.both]))


@case(quantised=False)
def multiply_by_each_channel(w, x):
    """Squeeze and excite: an average a channel scales it."""
    a, g, y = u8(w, 0.021, 100), u8(w, 0.004, 120), u8(w, 0.002, 128)
    codes = a.codes(x)
    mean = q(w, "QLinearGlobalAveragePool", [codes, *a.both, *g.both],
             channels_last=0)
    return y.real(q(w, "QLinearMul", [codes, *a.both, mean, *g.both,
                                      *y.both]))


@case(quantised=False)
def global_average(w, x):
    a, y = u8(w, 0.021, 100), u8(w, 0.0031, 117)
    return y.real(q(w, "QLinearGlobalAveragePool", [
        a.codes(x), *a.both, *y.both], channels_last=0))


@case(shape=(1, 9, 7, 4), quantised=False)
def global_average_of_channels_last(w, x):
    a, y = s8(w, 0.021, -9), s8(w, 0.0031, 17)
    return y.real(q(w, "QLinearGlobalAveragePool", [
        a.codes(x), *a.both, *y.both], channels_last=1))


@case(quantised=False)
def average(w, x):
    a, y = u8(w, 0.021, 100), u8(w, 0.011, 117)
    return y.real(q(w, "QLinearAveragePool", [
        a.codes(x), *a.both, *y.both], kernel_shape=[3, 2], strides=[2, 2],
        pads=[1, 0, 1, 1], count_include_pad=0))


@case(quantised=False)
def concat_of_two_scales(w, x):
    a, b, y = u8(w, 0.021, 100), u8(w, 0.013, 131), u8(w, 0.017, 117)
    return y.real(q(w, "QLinearConcat", [
        *y.both, a.codes(x), *a.both, b.codes(x), *b.both], axis=1))


@case(quantised=False)
def concat_of_rows(w, x):
    a, y = s8(w, 0.021, 3), s8(w, 0.017, -4)
    codes = a.codes(x)
    return y.real(q(w, "QLinearConcat", [
        *y.both, codes, *a.both, codes, *a.both], axis=2))


@case(quantised=False)
def leaky_relu(w, x):
    a, y = u8(w, 0.021, 100), u8(w, 0.013, 33)
    return y.real(q(w, "QLinearLeakyRelu", [a.codes(x), *a.both, *y.both],
                    alpha=0.15))


def gemm(w, x, y, bias=True, **attr):
    a = u8(w, 0.021, 100)
    x = a.codes(w.node("Flatten", [x]))
    shape = (5, 252) if attr.get("transB", 0) else (252, 5)
    k = w.init(rng().integers(-127, 128, shape, np.int8))
    c = w.init(rng().integers(-9999, 9999, 5).astype(np.int32))
    scales = [real(w, rng().uniform(0.01, 0.02, 5)),
              w.init(np.zeros(5, np.int8))]
    out = q(w, "QGemm", [x, *a.both, k, *scales, c if bias else "",
                         *(y.both if y else [])], **attr)
    return y.real(out) if y else out


@case(quantised=False)
def gemm_transposed(w, x):
    return gemm(w, x, u8(w, 0.5, 117), transB=1)


@case(quantised=False)
def gemm_with_alpha(w, x):
    return gemm(w, x, s8(w, 0.2, 17), alpha=0.375)


@case(quantised=False)
def gemm_without_a_bias(w, x):
    return gemm(w, x, u8(w, 0.5, 117), False, transB=1)


@case(quantised=False)
def gemm_to_real(w, x):
    return gemm(w, x, None, transB=1)


@case(quantised=False)
def matrix_and_constant_bias(w, x):
    """As the int8 ResNet of ONNX's model zoo ends."""
    a, m, y = u8(w, 0.021, 100), u8(w, 0.3, 120), u8(w, 0.25, 111)
    x = a.codes(w.node("Flatten", [x]))
    k = w.init(rng().integers(-127, 128, (252, 6), np.int8))
    x = w.node("QLinearMatMul", [x, *a.both, k, real(w, 0.01),
                                 w.init(np.array(0, np.int8)), *m.both])
    bias = w.init(rng().integers(0, 256, 6).astype(np.uint8))
    c = u8(w, 0.03, 90)
    return y.real(q(w, "QLinearAdd", [x, *m.both, bias, *c.both, *y.both]))


@case(quantised=False)
def sixteen_bits(w, x):
    a = Scale(w, 0.0003, np.array(30000, np.uint16))
    y = a.real(a.codes(x, domain=MICROSOFT), domain=MICROSOFT)
    y = w.node("MaxPool", [y], kernel_shape=[3, 3])
    b = Scale(w, 0.0004, np.array(-7, np.int16))
    return b.real(b.codes(y, domain=MICROSOFT), domain=MICROSOFT)


@case(quantised=False)
def residual_block(w, x):
    """As in the quantised ResNets of ONNX's model zoo."""
    a, b, y, g = (u8(w, 0.021, 100), u8(w, 0.05, 120), u8(w, 0.04, 0),
                  u8(w, 0.01, 0))
    codes = a.codes(x)
    k = w.init(rng().integers(-127, 128, (4, 4, 3, 3), np.int8))
    scales = [real(w, rng().uniform(0.001, 0.002, 4)),
              w.init(np.zeros(4, np.int8))]
    bias = w.init(rng().integers(-999, 999, 4).astype(np.int32))
    c = w.node("QLinearConv", [codes, *a.both, k, *scales, *b.both, bias],
               pads=[1] * 4)
    s = q(w, "QLinearAdd", [c, *b.both, codes, *a.both, *y.both])
    s = w.node("MaxPool", [s], kernel_shape=[2, 2], strides=[2, 2])
    s = q(w, "QLinearGlobalAveragePool", [s, *y.both, *g.both],
          channels_last=0)
    s = w.node("Reshape", [s, ints(w, 1, 4)])
    k = w.init(rng().integers(-127, 128, (10, 4), np.int8))
    return q(w, "QGemm", [s, *g.both, k, real(w, 0.01),
                          w.init(np.array(0, np.int8))], transB=1)


if __name__ == "__main__":
    sys.exit(case.run())
