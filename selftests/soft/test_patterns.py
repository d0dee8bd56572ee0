#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Patterns of real networks that are exact although they do not look it: ways
of saying the same, tails of super-resolution, reductions, against float64."""
import sys

import numpy as np

sys.dont_write_bytecode = True
from cases import Cases, check, conv, ints, real, rng, weights
from harness import Refused, soft_run
from onnx_write import Writer

case = Cases()


# --- rounding -----------------------------------------------------------------

@case()
def rounding_in_lower_case(w, x):
    k = w.quant(real(w, rng().normal(0, 1, (5, 4, 3, 3))), 0.3, 4, True,
                mode="ceil")
    return w.quant(w.node("Conv", [x, k]), 0.1, 4, True, mode="floor")


# --- resize -------------------------------------------------------------------

def resize(w, x, factors=(1, 1, 2, 2), **attr):
    return w.node("Resize", [x, "", real(w, factors)], mode="nearest", **attr)


@case()
def resize_from_the_beginning(w, x):
    return resize(w, x, coordinate_transformation_mode="asymmetric")


@case()
def resize_of_old_tensorflow(w, x):
    return resize(w, x, (1, 1, 3, 2), nearest_mode="floor",
                  coordinate_transformation_mode="tf_half_pixel_for_nn")


@case()
def resize_of_pytorch(w, x):
    return resize(w, x, (1, 1, 3, 4),
                  coordinate_transformation_mode="pytorch_half_pixel")


@case(opset=19)
def resize_symmetric(w, x):
    return resize(w, x, nearest_mode="round_prefer_ceil",
                  coordinate_transformation_mode="half_pixel_symmetric")


@case(opset=18)
def resize_of_two_axes(w, x):
    return resize(w, x, (3, 2), axes=[-1, 2], nearest_mode="floor",
                  coordinate_transformation_mode="asymmetric")


@case(shape=(1, 2, 2, 3), opset=18)
def resize_to_corners(w, x):
    # Of two elements, three times: 0, .2, .4, .6, .8, 1 of the way.
    return resize(w, x, (3, 1), axes=[2, 3],
                  coordinate_transformation_mode="align_corners")


def resize_refused(tap, path):
    """Elements that are not repeated f times each."""
    wrong = {
        "asymmetric, rounded, by 3": ((1, 1, 3, 3), {
            "coordinate_transformation_mode": "asymmetric"}),
        "half a pixel, floor": ((1, 1, 2, 2), {
            "nearest_mode": "floor",
            "coordinate_transformation_mode": "half_pixel"}),
        "corners, by 3": ((1, 1, 3, 3), {
            "coordinate_transformation_mode": "align_corners"}),
        "cropped": ((1, 1, 2, 2), {
            "coordinate_transformation_mode": "tf_crop_and_resize"}),
    }
    for name, (factors, attr) in wrong.items():
        w = Writer()
        x = w.quant(w.input("in", (1, 2, 5, 5)), 0.02, 8, True)
        w.output(resize(w, x, factors, **attr), ["N"])
        w.save(path)
        try:
            text = str(soft_run(path, as_model=0))
        except Refused as reason:
            text = str(reason)
        tap.result("repeats elements" in text and text.endswith("-95"),
                   f"resize refused: {name}", text)


# --- reductions ---------------------------------------------------------------

@case()
def mean_of_negative_axes(w, x):
    return w.quant(w.node("ReduceMean", [x], axes=[-1, -2], keepdims=1),
                   0.01, 8, True)


@case(shape=(1, 9, 7, 4))
def mean_with_channels_last(w, x):
    return w.quant(w.node("ReduceMean", [x], axes=[1, 2], keepdims=0), 0.01,
                   8, True)


@case()
def mean_of_a_transposed_image(w, x):
    y = w.node("Transpose", [conv(w, x)], perm=[0, 2, 3, 1])
    y = w.node("ReduceMean", [y], axes=[1, 2], keepdims=1)
    return w.quant(w.node("MatMul", [y, weights(w, (5, 3))]), 0.01, 8, True)


@case(shape=(1, 4, 15))
def mean_of_one_dimension(w, x):
    return w.quant(w.node("ReduceMean", [x], axes=[2], keepdims=0), 0.01, 8,
                   True)


@case()
def sum_of_rows_and_columns(w, x):
    y = w.node("Add", [x, real(w, 0.3)])
    return w.quant(w.node("ReduceSum", [y, ints(w, 2, 3)], keepdims=0), 0.25,
                   8, True)


@case(shape=(1, 9, 7, 4))
def maximum_with_channels_last(w, x):
    y = w.node("Mul", [x, real(w, [0.5, -1, 2, -0.25])])
    return w.node("ReduceMax", [y], axes=[1, 2], keepdims=0)


@case()
def average_of_pads_with_ceil(w, x):
    y = w.node("AveragePool", [x], kernel_shape=[3, 4], strides=[2, 3],
               pads=[1, 2, 1, 0], ceil_mode=1, count_include_pad=1)
    return w.quant(y, 0.02, 8, True)


@case(shape=(1, 4, 8, 8))
def average_that_would_begin_in_pads(w, x):
    y = w.node("AveragePool", [w.node("Relu", [x])], kernel_shape=[3, 2],
               strides=[3, 4], pads=[1, 0, 1, 1], ceil_mode=1,
               count_include_pad=1)
    return w.quant(y, 0.02, 8, True, zero=3.0)


# --- pads ---------------------------------------------------------------------

@case()
def pad_with_a_later_code(w, x):
    y = w.node("Pad", [x, ints(w, 0, 0, 1, 2, 0, 0, 0, 1), real(w, 0.5)])
    return w.quant(w.node("Relu", [y]), 0.03, 8, False)


@case(quantised=False)
def pad_before_the_first_quantiser(w, x):
    y = w.node("Pad", [x, ints(w, 0, 0, 1, 1, 0, 0, 1, 1)])
    return conv(w, w.quant(y, 0.05, 8, True))


@case(quantised=False)
def pad_before_a_linear_quantiser(w, x):
    s, z = real(w, 0.02), w.init(np.array(100, np.uint8))
    y = w.node("Pad", [x, ints(w, 0, 0, 1, 1, 0, 0, 1, 1), real(w, -9.0)])
    y = w.node("DequantizeLinear", [w.node("QuantizeLinear", [y, s, z]), s,
                                    z])
    return conv(w, y)


@case()
def pad_of_channels_of_different_scales(w, x):
    k = w.quant(real(w, rng().normal(0, 1, (4, 4, 3, 3))), np.float32(
        [0.01, 0.02, 0.03, 0.04]).reshape(4, 1, 1, 1), 8, True)
    y = w.node("Pad", [w.node("Conv", [x, k]), ints(w, 0, 0, 2, 1, 0, 0, 1,
                                                    0), real(w, 0.75)])
    return w.quant(y, 0.07, 8, True)


@case(opset=18)
def negative_pads(w, x):
    return w.node("Pad", [x, ints(w, -1, 2, -2, 0), "", ints(w, 2, 3)])


@case()
def edge_pads(w, x):
    return conv(w, w.node("Pad", [x, ints(w, 0, 0, 1, 2, 0, 0, 3, 0)],
                          mode="edge"))


@case()
def reflected_pads(w, x):
    return conv(w, w.node("Pad", [x, ints(w, 0, 0, 2, 1, 0, 0, 1, 3)],
                          mode="reflect"))


@case()
def reflected_pads_before_a_quantiser(w, x):
    y = w.node("Pad", [biased(w, x), ints(w, 0, 0, 1, 1, 0, 0, 1, 1)],
               mode="reflect")
    return w.quant(y, 0.1, 6, True)


# --- ends in float ------------------------------------------------------------

def biased(w, x, channels=4):
    return w.node("Conv", [x, weights(w, (channels, 4, 3, 3)), real(
        w, rng().normal(0, 1, channels))])


@case()
def clipped_and_scaled(w, x):
    y = w.node("Clip", [biased(w, x), real(w, 0), real(w, 1)])
    return w.node("Mul", [y, real(w, 255)])


@case()
def clipped_scaled_and_clipped(w, x):
    y = w.node("Relu", [biased(w, x)])
    y = w.node("Add", [w.node("Mul", [y, real(w, 2)]), real(w, -0.5)])
    return w.node("Clip", [y, real(w, -0.25), real(w, 3)])


@case()
def shuffled_clipped_and_scaled(w, x):
    k = w.quant(real(w, rng().normal(0, 1, (4, 4, 3, 3))), np.float32(
        [0.01, 0.02, 0.03, 0.04]).reshape(4, 1, 1, 1), 8, True)
    y = w.node("DepthToSpace", [w.node("Conv", [x, k])], blocksize=2,
               mode="CRD")
    y = w.node("Clip", [y, real(w, 0), real(w, 1)])
    return w.node("Mul", [y, real(w, 255)])


@case()
def leaky_at_the_end(w, x):
    return w.node("LeakyRelu", [biased(w, x)], alpha=0.2)


@case()
def leaky_scaled_and_clipped(w, x):
    y = w.node("LeakyRelu", [biased(w, x)], alpha=0.125)
    y = w.node("Add", [w.node("Div", [y, real(w, 0.5)]), real(w, 0.0)])
    return w.node("Clip", [y, real(w, -0.1), real(w, 2)])


@case()
def distance_at_the_end(w, x):
    return w.node("Abs", [biased(w, x)])


# --- constants ----------------------------------------------------------------

def by_hand(w, x, function):
    k = w.node("Div", [real(w, rng().normal(0, 1, (5, 4, 3, 3))),
                       real(w, 0.1)])
    k = w.node("Clip", [w.node(function, [k]), real(w, -7), real(w, 7)])
    k = w.node("Mul", [k, real(w, 0.1)])
    return w.quant(w.node("Conv", [x, k]), 0.1, 8, True)


@case()
def weights_quantised_by_hand(w, x):
    return by_hand(w, x, "Round")


@case()
def weights_floored_by_hand(w, x):
    return by_hand(w, x, "Floor")


@case()
def weights_of_signs(w, x):
    k = w.node("Sign", [real(w, rng().normal(0, 1, (5, 4, 3, 3)))])
    k = w.node("Mul", [k, real(w, rng().uniform(0.1, 1, (5, 1, 1, 1)))])
    return w.quant(w.node("Conv", [x, k]), 0.1, 8, True)


# --- channels of different scales ---------------------------------------------

@case()
def concat_of_doubled_scales(w, x):
    a = w.quant(x, 0.3, 4, True)
    b = w.quant(w.node("Relu", [x]), 0.15, 4, False)
    return conv(w, w.node("Concat", [a, b], axis=1), (5, 8, 3, 3),
                pads=[1] * 4)


@case()
def channels_of_multiple_scales(w, x):
    scales = np.float32([0.125, -0.375, 0.25, 0.5]).reshape(1, 4, 1, 1)
    y = w.node("Mul", [w.quant(x, 0.1, 5, True), w.init(scales)])
    return conv(w, y, pads=[1] * 4)


@case()
def groups_of_multiple_scales(w, x):
    scales = np.float32([0.1, 0.2, 0.7, 0.35]).reshape(1, 4, 1, 1)
    y = w.node("Mul", [w.quant(x, 0.25, 5, True, zero=3.0), w.init(scales)])
    return conv(w, y, (6, 2, 3, 3), group=2, pads=[1] * 4)


@case()
def transposed_of_multiple_scales(w, x):
    scales = np.float32([0.1, 0.2, 0.4, 0.2]).reshape(1, 4, 1, 1)
    y = w.node("Mul", [w.quant(x, 0.25, 5, True), w.init(scales)])
    y = w.node("ConvTranspose", [y, weights(w, (4, 3, 3, 3))],
               strides=[2, 2])
    return w.quant(y, 0.1, 8, True)


@case()
def one_channel_added_to_all(w, x):
    y = w.quant(w.node("Conv", [x, weights(w, (1, 4, 1, 1))]), 0.05, 8, True)
    return w.quant(w.node("Add", [x, y]), 0.05, 8, True)


@case()
def all_channels_times_one(w, x):
    y = w.quant(w.node("Conv", [x, weights(w, (1, 4, 1, 1))]), 0.05, 8, True)
    return w.quant(w.node("Mul", [y, x]), 0.05, 8, True)


# --- heads, matrices ----------------------------------------------------------

@case()
def best_in_any_order(w, x):
    # Of one there is but one order.
    return w.node("TopK", [w.node("Flatten", [x]), ints(w, 1)], 2,
                  sorted=0)[1], 7


@case(shape=(1, 16))
def matrix_of_three_dimensions(w, x):
    return w.quant(w.node("MatMul", [x, weights(w, (1, 16, 5))]), 0.05, 8,
                   True)


if __name__ == "__main__":
    sys.exit(case.run(resize_refused))
