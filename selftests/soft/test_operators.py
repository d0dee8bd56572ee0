#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""One small network for each operator and variant that random networks do not
reach, against float64."""
import sys

import numpy as np

sys.dont_write_bytecode = True
from cases import Cases, check, conv, ints, real, rng, weights
from onnx_write import Writer

case = Cases()


# --- convolution ------------------------------------------------------------

@case()
def same_upper(w, x):
    return conv(w, x, auto_pad="SAME_UPPER", strides=[2, 2])


@case()
def same_lower(w, x):
    return conv(w, x, (5, 4, 2, 4), auto_pad="SAME_LOWER")


@case()
def valid(w, x):
    return conv(w, x, auto_pad="VALID", pads=[1, 1, 1, 1])


@case(shape=(1, 4, 15))
def conv_of_one_dimension(w, x):
    return conv(w, x, (6, 4, 3), pads=[2, 1], strides=[2], dilations=[2])


@case(shape=(1, 4, 15))
def conv_transpose_of_one_dimension(w, x):
    y = w.node("ConvTranspose", [x, weights(w, (4, 3, 4))], strides=[2],
               pads=[1, 1], output_padding=[1])
    return w.quant(y, 0.1, 8, True)


@case()
def conv_transpose_dilated(w, x):
    y = w.node("ConvTranspose", [x, weights(w, (4, 3, 3, 3))],
               strides=[2, 3], dilations=[2, 1], pads=[0, 1, 2, 0])
    return w.quant(y, 0.1, 8, True)


@case()
def matrix_of_integers(w, x):
    x = w.node("Flatten", [x])
    return w.quant(w.node("MatMul", [x, w.init(np.float32(
        rng().integers(-3, 4, (252, 10))))]), 0.2, 8, True)


@case()
def gemm_with_factors(w, x):
    x = w.node("Flatten", [x])
    y = w.node("Gemm", [x, weights(w, (10, 252)), real(w, rng().normal(
        0, 1, 10))], transB=1, alpha=0.5, beta=2.0)
    return w.quant(y, 0.05, 8, True)


@case()
def matmul_on_the_last_axis(w, x):
    return w.quant(w.node("MatMul", [x, weights(w, (7, 5))]), 0.05, 8, True)


@case()
def float_weights_of_one_step(w, x):
    k = np.float32(rng().integers(-5, 6, (5, 4, 3, 3))) * np.float32(0.125)
    return w.quant(w.node("Conv", [x, w.init(k)]), 0.1, 6, True)


# --- integer dialect ----------------------------------------------------------

@case(quantised=False)
def matmul_integer(w, x):
    s, z = real(w, 0.02), w.init(np.array(100, np.uint8))
    x = w.node("Flatten", [w.node("QuantizeLinear", [x, s, z])])
    k = w.init(rng().integers(-127, 128, (252, 6), np.int8))
    y = w.node("MatMulInteger", [x, k, z])
    y = w.node("Cast", [y], to=1)
    return w.node("Mul", [y, real(w, 0.5)])


@case(quantised=False)
def qlinear_matmul(w, x):
    s, z = real(w, 0.02), w.init(np.array(100, np.uint8))
    x = w.node("Flatten", [w.node("QuantizeLinear", [x, s, z])])
    k = w.init(rng().integers(-127, 128, (252, 6), np.int8))
    ks, kz = real(w, rng().uniform(0.01, 0.02, 6)), w.init(np.zeros(6, "i1"))
    ys, yz = real(w, 0.3), w.init(np.array(-3, np.int8))
    y = w.node("QLinearMatMul", [x, s, z, k, ks, kz, ys, yz])
    return w.node("DequantizeLinear", [y, ys, yz])


@case(quantised=False)
def qdq_weights(w, x):
    s, z = real(w, 0.02), w.init(np.array(0, np.int8))
    x = w.node("DequantizeLinear", [w.node("QuantizeLinear", [x, s, z]), s,
                                    z])
    k = w.init(np.float32(rng().normal(0, 1, (5, 4, 3, 3))))
    ks, kz = real(w, rng().uniform(0.01, 0.02, 5)), w.init(np.zeros(5, "i1"))
    k = w.node("QuantizeLinear", [k, ks, kz], axis=0)
    k = w.node("DequantizeLinear", [k, ks, kz], axis=0)
    y = w.node("Conv", [x, k])
    ys = real(w, 0.1)
    return w.node("DequantizeLinear", [w.node("QuantizeLinear", [y, ys, z]),
                                       ys, z])


def clipped(w, x, scale, bits, **attr):
    """Brevitas' QCDQ: eight bits on paper, fewer by a clip of the codes."""
    s, z = real(w, scale), w.init(np.zeros(np.shape(scale), np.int8))
    bound = 2 ** (bits - 1)
    q = w.node("QuantizeLinear", [x, s, z], **attr)
    q = w.node("Clip", [q, w.init(np.array(-bound, np.int8)),
                        w.init(np.array(bound - 1, np.int8))])
    return w.node("DequantizeLinear", [q, s, z], **attr)


@case(quantised=False)
def quantise_clip_dequantise(w, x):
    x = clipped(w, x, 0.2, 4)
    k = w.init(np.float32(rng().normal(0, 1, (5, 4, 3, 3))))
    k = clipped(w, k, rng().uniform(0.2, 0.4, 5), 4, axis=0)
    return clipped(w, w.node("Conv", [x, k]), 0.7, 3)


@case(quantised=False)
def clipped_table(w, x):
    y = w.quant(x, 0.1, 5, True)
    y = w.node("HardSwish", [y])
    return clipped(w, y, 0.1, 4)


# --- pools --------------------------------------------------------------------

@case()
def average_with_ceil(w, x):
    y = w.node("AveragePool", [x], kernel_shape=[3, 2], strides=[2, 2],
               ceil_mode=1)
    return w.quant(y, 0.03, 8, True)


@case()
def average_of_six(w, x):
    # Sums of six over six: exact halves, whose factor is no binary number.
    y = w.node("AveragePool", [x], kernel_shape=[3, 2], pads=[1, 1, 1, 0])
    return w.quant(y, 0.1, 8, True)


@case()
def average_counting_pads(w, x):
    y = w.node("AveragePool", [x], kernel_shape=[3, 3], pads=[1] * 4,
               count_include_pad=1)
    return w.quant(y, 0.03, 8, True)


@case()
def maximum_with_ceil(w, x):
    return w.node("MaxPool", [x], kernel_shape=[2, 3], strides=[2, 2],
                  ceil_mode=1, pads=[0, 1, 0, 1])


@case()
def maximum_dilated(w, x):
    return w.node("MaxPool", [x], kernel_shape=[2, 2], dilations=[3, 2])


@case()
def maximum_of_falling_channels(w, x):
    y = w.node("Conv", [x, weights(w, (4, 4, 3, 3))])
    p = [np.float32(v) for v in ([1, -2, 0.5, -1], [0, 1, 2, 3],
                                 [0, 0, 1, 1], [1, 2, 3, 4])]
    y = w.node("BatchNormalization", [y] + [w.init(v) for v in p])
    return w.node("MaxPool", [y], kernel_shape=[2, 2], strides=[2, 2])


@case(shape=(1, 4, 15))
def maximum_of_one_dimension(w, x):
    return w.node("MaxPool", [x], kernel_shape=[3], strides=[2], pads=[1, 0])


@case()
def global_maximum(w, x):
    return w.node("GlobalMaxPool", [x])


@case()
def mean_of_rows_and_columns(w, x):
    y = w.node("ReduceMean", [x], axes=[2, 3], keepdims=0)
    return w.quant(y, 0.01, 8, True)


@case()
def truncated_average(w, x):
    y = w.node("AveragePool", [x], kernel_shape=[2, 2], strides=[2, 2])
    y = w.node("Mul", [y, real(w, 4)])
    return w.node("Trunc", [y, real(w, 0.0213), real(w, 0), real(w, 10),
                            real(w, 8)], domain=w.qonnx,
                  rounding_mode="FLOOR")


# --- pointwise ------------------------------------------------------------------

@case()
def constants_on_the_left(w, x):
    y = w.node("Sub", [real(w, 1.5), x])
    y = w.node("Add", [real(w, 0.25), y])
    y = w.node("Mul", [real(w, -3), y])
    return w.quant(y, 0.11, 8, True)


@case()
def neg_div_min_max(w, x):
    y = w.node("Div", [w.node("Neg", [x]), real(w, 3)])
    y = w.node("Max", [w.node("Min", [y, real(w, 0.4)]), real(w, -0.3)])
    return w.quant(y, 0.013, 8, True)


@case(opset=9)
def clip_with_attributes(w, x):
    return w.quant(w.node("Clip", [x], min=-0.5, max=0.75), 0.03, 6, True)


@case()
def relu_without_quantiser(w, x):
    y = w.node("Relu", [w.node("Conv", [x, weights(w, (5, 4, 1, 1))])])
    return y


@case()
def channel_parameters(w, x):
    y = w.node("Mul", [x, real(w, [[[1.5]], [[-2]], [[0.1]], [[3]]])])
    y = w.node("Add", [y, real(w, [[[1]], [[2]], [[3]], [[-1]]])])
    return w.quant(y, 0.1, 8, True)


# --- several values --------------------------------------------------------------

@case()
def sum_of_three(w, x):
    return w.quant(w.node("Sum", [x, conv(w, x, (4, 4, 1, 1)), x]), 0.2, 8,
                   True)


@case()
def sum_of_two_scales(w, x):
    return w.quant(w.node("Add", [x, conv(w, x, (4, 4, 1, 1))]), 0.2, 8,
                   True)


@case()
def difference_of_two_scales(w, x):
    y = w.quant(w.node("Relu", [x]), 0.0111, 8, False)
    return w.quant(w.node("Sub", [x, y]), 0.0301, 8, True)


@case()
def product_of_two(w, x):
    return w.quant(w.node("Mul", [x, conv(w, x, (4, 4, 1, 1))]), 0.2, 8,
                   True)


@case()
def raw_sums(w, x):
    a = w.node("Conv", [x, weights(w, (3, 4, 3, 3))])
    b = w.node("Conv", [x, weights(w, (3, 4, 3, 3), 0.125)])
    return w.quant(w.node("Add", [a, b]), 0.2, 8, True)


@case()
def concat_of_rows(w, x):
    return w.node("Concat", [x, x], axis=2)


@case()
def split_in_three(w, x):
    parts = w.node("Split", [x, ints(w, 2, 3, 2)], 3, axis=3)
    return w.node("Concat", [parts[2], parts[0], parts[1]], axis=3)


# --- movement --------------------------------------------------------------------

@case(opset=10)
def slice_with_inputs(w, x):
    return w.node("Slice", [x, ints(w, 1, -2), ints(w, 100, -100),
                            ints(w, 1, 3), ints(w, 2, -3)])


@case(opset=9)
def slice_with_attributes(w, x):
    return w.node("Slice", [x], starts=[2, 1], ends=[-1, 6], axes=[2, 3])


@case(opset=9)
def upsample(w, x):
    return w.node("Upsample", [x, real(w, [1, 1, 2, 3])], mode="nearest")


@case()
def resize_by_sizes(w, x):
    return w.node("Resize", [x, "", "", ints(w, 1, 4, 18, 21)],
                  mode="nearest", nearest_mode="floor",
                  coordinate_transformation_mode="asymmetric")


@case()
def resize_half_pixel(w, x):
    return w.node("Resize", [x, "", real(w, [1, 1, 2, 2])], mode="nearest")


@case()
def pad_with_a_value(w, x):
    y = w.quant(x, 0.25, 8, True)
    return w.node("Pad", [y, ints(w, 0, 1, 2, 0, 0, 0, 1, 3), real(w, 0.5)])


@case(opset=9)
def pad_with_attributes(w, x):
    return w.node("Pad", [x], pads=[0, 0, 1, 2, 0, 0, 3, 0])


@case()
def squeeze_and_unsqueeze(w, x):
    y = w.node("GlobalAveragePool", [x])
    y = w.quant(w.node("Squeeze", [y, ints(w, 2, 3)]), 0.01, 8, True)
    y = w.node("Unsqueeze", [y, ints(w, 2, 3)])
    return conv(w, y, (3, 4, 1, 1))


@case()
def layout_of_finn(w, x):
    y = w.node("Transpose", [x], perm=[0, 2, 3, 1])
    t = np.sort(rng().normal(0, 1, (4, 7)), 1)
    y = w.node("MultiThreshold", [y, real(w, t)], out_scale=1.0,
               out_bias=-4.0, data_layout="NHWC",
               domain="finn.custom_op.general")
    return w.node("Transpose", [y], perm=[0, 3, 1, 2])


@case(shape=(1, 9, 7, 3), quantised=False)
def input_with_channels_last(w, x):
    y = w.node("Transpose", [w.quant(x, 0.02, 8, True)], perm=[0, 3, 1, 2])
    return conv(w, y, (5, 3, 3, 3))


@case()
def glue_of_shapes(w, x):
    y = w.node("GlobalAveragePool", [x])
    n = w.node("Gather", [w.node("Shape", [y]), w.init(np.array(0))], axis=0)
    n = w.node("Unsqueeze", [n, ints(w, 0)])
    shape = w.node("Concat", [n, ints(w, -1)], axis=0)
    return w.quant(w.node("Reshape", [y, shape]), 0.02, 8, True)


@case()
def constants_as_nodes(w, x):
    k = w.node("Constant", [], value=np.float32(
        rng().integers(-4, 5, (3, 4, 1, 1))))
    s = w.node("Constant", [], value=np.array(0.1, np.float32))
    zero = w.node("ConstantOfShape", [ints(w, 1)])
    bits = w.node("Constant", [], value=np.array(6, np.float32))
    return w.node("Quant", [w.node("Conv", [x, k]), s, zero, bits],
                  domain="onnx.brevitas", signed=1, narrow=0,
                  rounding_mode="ROUND")


@case()
def scaled_and_transposed_weights(w, x):
    x = w.node("Flatten", [x])
    k = w.node("Transpose", [weights(w, (6, 252))], perm=[1, 0])
    k = w.node("Mul", [k, real(w, 2)])
    return w.quant(w.node("MatMul", [x, k]), 0.3, 8, True)


# --- ends -------------------------------------------------------------------------

@case()
def last_of_equals(w, x):
    y = w.quant(x, 0.5, 2, True)
    return w.node("ArgMax", [y], axis=1, select_last_index=1), 7


@case()
def index_of_minimum(w, x):
    return w.node("ArgMin", [x], axis=3, keepdims=0), 7


@case()
def maximum_of_channels_of_different_scales(w, x):
    y = w.node("Mul", [x, real(w, [[[1.5]], [[-2]], [[0.1]], [[3]]])])
    return w.node("ArgMax", [y], axis=1), 7


@case()
def three_least(w, x):
    y = w.node("Flatten", [x])
    values, at = w.node("TopK", [y, ints(w, 3)], 2, largest=0)
    w.output(at, [1, 3], 7)
    return values


@case(opset=11)
def softmax_of_old(w, x):
    return w.node("Softmax", [w.node("Flatten", [x])])


@case()
def shuffle_of_different_scales(w, x):
    k = w.quant(w.init(np.float32(rng().normal(0, 1, (4, 4, 3, 3)))),
                np.float32([0.01, 0.02, 0.03, 0.04]).reshape(4, 1, 1, 1), 8,
                True)
    return w.node("DepthToSpace", [w.node("Conv", [x, k])], blocksize=2)


def two_inputs(tap, path):
    w = Writer()
    a = w.quant(w.input("a", [1, 3, 5, 4]), 0.1, 8, True)
    b = w.quant(w.input("b", [1, 3, 5, 4]), 0.2, 5, False)
    w.output(w.quant(w.node("Add", [a, b]), 0.15, 8, True), [1, 3, 5, 4])
    w.output(w.node("Concat", [a, b], axis=1), [1, 6, 5, 4])
    w.save(path)
    check(tap, "two_inputs", path,
          [np.float32(rng().normal(0, 1, (1, 3, 5, 4))) for _ in range(2)])


if __name__ == "__main__":
    sys.exit(case.run(two_inputs))
