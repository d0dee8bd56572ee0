#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Ways in which files say the same thing: element types and fields of tensors,
opsets, layouts, shapes; and names of nothing."""
import struct
import sys

import numpy as np

sys.dont_write_bytecode = True
from cases import Cases, check, conv, ints, real, rng, weights
from harness import Refused, run_as_model, run_codes, soft_run
from onnx_write import INT4, UINT4, Writer, blob, number, varint

case = Cases()


# --- quantisers of constants --------------------------------------------------

def linear(w, x, scale, zero):
    s, z = real(w, scale), w.init(zero)
    return w.node("DequantizeLinear", [w.node("QuantizeLinear", [x, s, z]),
                                       s, z])


def quantised_weights(w, x, scale, zero=None, **attr):
    """Weights far beyond the codes of a short type."""
    x = linear(w, x, 0.02, np.array(0, np.int8))
    k, s = real(w, rng().normal(0, 1, (5, 4, 3, 3))), real(w, scale)
    ends = [s] if zero is None else [s, zero]
    k = w.node("QuantizeLinear", [k, *ends], **attr)
    return w.quant(w.node("Conv", [x, w.node("DequantizeLinear",
                                             [k, *ends])]), 0.1, 8, True)


@case(opset=21, quantised=False)
def weights_of_int4(w, x):
    return quantised_weights(w, x, 0.1, w.init(np.array(-2), kind=INT4))


@case(opset=21, quantised=False)
def weights_of_uint4(w, x):
    return quantised_weights(w, x, 0.1, w.init(np.array(9), kind=UINT4))


@case(opset=21, quantised=False)
def weights_of_an_output_dtype(w, x):
    return quantised_weights(w, x, 0.02, output_dtype=3)


@case(opset=21, quantised=False)
def stored_int4(w, x):
    x = linear(w, x, 0.02, np.array(0, np.int8))
    k = w.init(rng().integers(-8, 8, (5, 4, 3, 3)), kind=INT4)
    k = w.node("DequantizeLinear", [k, real(w, 0.125)])
    return w.quant(w.node("Conv", [x, k]), 0.1, 8, True)


# --- shapes and layouts -------------------------------------------------------

@case(opset=18)
def part_of_a_shape(w, x):
    head = w.node("Shape", [x], start=0, end=1)
    shape = w.node("Concat", [head, ints(w, -1)], axis=0)
    return w.quant(w.node("Reshape", [x, shape]), 0.02, 8, True)


@case(opset=18)
def end_of_a_shape(w, x):
    tail = w.node("Shape", [x], start=-2, end=99)
    shape = w.node("Concat", [ints(w, 1, 2, 2), tail], axis=0)
    return w.node("Reshape", [x, shape])


def thresholds(w, rows):
    return real(w, np.sort(rng().normal(0, 1, (rows, 7)), 1))


@case(shape=(1, 6, 4))
def thresholds_of_three_dimensions(w, x):
    return w.node("MultiThreshold", [x, thresholds(w, 4)], domain=w.qonnx)


@case(shape=(1, 4, 4))
def thresholds_of_a_square(w, x):
    return w.node("MultiThreshold", [x, thresholds(w, 4)], domain=w.qonnx)


@case(shape=(1, 4, 6))
def thresholds_of_ncw(w, x):
    return w.node("MultiThreshold", [x, thresholds(w, 4)], domain=w.qonnx,
                  data_layout="NCW")


@case(shape=(1, 2, 6, 4))
def thresholds_of_nhwc(w, x):
    return w.node("MultiThreshold", [x, thresholds(w, 4)], domain=w.qonnx,
                  data_layout="NHWC")


@case(shape=(1, 6, 5, 4))
def convolved_with_channels_last(w, x):
    last = "qonnx.custom_op.channels_last"
    y = w.node("Conv", [x, weights(w, (3, 4, 3, 2))], domain=last,
               kernel_shape=[3, 2], pads=[1, 1, 1, 0])
    y = w.quant(y, 0.1, 4, True)
    return w.node("MaxPool", [y], domain=last, kernel_shape=[2, 2],
                  strides=[2, 2])


@case(shape=(1, 6, 5, 4))
def patches_times_a_matrix(w, x):
    y = w.node("Im2Col", [x], domain=w.qonnx, kernel_size=[3, 2],
               stride=[2, 1], pad_amount=[1, 0, 2, 1], dilations=[1, 2],
               input_shape="(1, 6, 5, 4)", pad_value=0, depthwise=0)
    y = w.node("MatMul", [y, weights(w, (24, 5))])
    return w.node("MultiThreshold", [y, thresholds(w, 5)], domain=w.qonnx,
                  data_layout="NHWC", out_dtype="UINT3")


@case(shape=(1, 24))
def equal_bits(w, x):
    bits = w.quant(x, 1.0, 1, False)
    k = real(w, rng().integers(0, 2, (24, 5)))
    y = w.node("XnorPopcountMatMul", [bits, k],
               domain="finn.custom_op.general")
    return w.node("MultiThreshold", [y, real(w, np.tile(
        np.arange(9, 16), (5, 1)))], domain=w.qonnx, out_dtype="UINT3")


# --- a picture, not quantised -------------------------------------------------

def white_picture(tap, path):
    """255 is 1, so that 27 ones and a bias make 28; with one more reader."""
    for name, inner in (("", lambda w, x: x),
                        (" behind Identity",
                         lambda w, x: w.node("Identity", [x]))):
        w = Writer()
        x = w.input("in", (1, 3, 6, 6))
        y = w.node("Conv", [inner(w, x), real(w, np.ones((1, 3, 3, 3))),
                            real(w, [1.0])])
        w.output(w.quant(y, 0.25, 8, False), ["N"])
        w.output(w.node("Relu", [w.node("MaxPool", [x], kernel_shape=[
            6, 6])]), ["N"])
        w.save(path)
        ports, out = run_codes(path, [np.full((6, 6, 3), 255, np.uint8)])
        tap.result((out[0] == 112).all() and out[0].size == 16 and
                   abs(ports[0].scale * 255 - 1) < 1e-15 and
                   abs(ports[2].scale * int(out[1].ravel()[0]) - 1) < 1e-15,
                   "white, convolved without a quantiser" + name,
                   f"{out[0].ravel()[:3]}, {ports[0].scale}")


# --- fields of tensors --------------------------------------------------------

def packed(kind):
    return lambda v: struct.pack(f"<{v.size}{kind}", *v)


def integers(v):
    return b"".join(varint(int(i)) for i in v)


def bfloat(v):
    return (np.float32(v).view(np.uint32) >> 16).astype(np.uint16)


FIELDS = {
    # name: (element type, field, bytes of whole numbers)
    "float_data": (1, 4, packed("f")),
    "float16 in raw_data": (10, 9, lambda v: np.float16(v).tobytes()),
    "float16 in int32_data": (10, 5, lambda v: integers(
        np.float16(v).view(np.uint16))),
    "bfloat16 in raw_data": (16, 9, lambda v: bfloat(v).tobytes()),
    "bfloat16 in int32_data": (16, 5, lambda v: integers(bfloat(v))),
    "double in raw_data": (11, 9, packed("d")),
    "double_data": (11, 10, packed("d")),
    "int8 in int32_data": (3, 5, integers),
    "int16 in int32_data": (5, 5, integers),
    "int32_data": (6, 5, integers),
    "int64_data": (7, 7, integers),
    "int4 in int32_data": (22, 5, lambda v: integers(
        (v[::2] & 15) | (v[1::2] & 15) << 4)),
    "uint64_data": (12, 11, lambda v: integers(np.abs(v))),
}
REALS = (1, 10, 11, 16)


def convolved(w, name, kind):
    x = w.quant(w.input("in", (1, 4, 6, 6)), 0.02, 8, True)
    k = name if kind in REALS else w.node("DequantizeLinear",
                                          [name, real(w, 1.0)])
    w.output(w.quant(w.node("Conv", [x, k]), 0.5, 8, True), ["N"])


def fields(tap, path):
    values = rng().integers(-7, 8, (5, 4, 3, 3))
    feed = [np.float32(rng().normal(0, 0.8, (1, 4, 6, 6)))]
    for name, (kind, field, write) in FIELDS.items():
        v = np.abs(values) if kind == 12 else values
        plain = Writer()
        convolved(plain, plain.init(np.float32(v)), 1)
        plain.save(path)
        want = run_as_model(path, feed)[0]
        w = Writer()
        w.parts.append(blob(5, b"".join(number(1, d) for d in v.shape) +
                            number(2, kind) + blob(8, "weights") +
                            blob(field, write(v.ravel()))))
        convolved(w, "weights", kind)
        w.save(path)
        got = run_as_model(path, feed)[0]
        tap.result((got == want).all() and len(np.unique(want)) > 20,
                   f"weights as {name}")


# --- names of nothing ---------------------------------------------------------

def refused(path):
    try:
        soft_run(path, as_model=0)
    except Refused as reason:
        return str(reason)
    return "accepted"


def dangling(tap, path):
    wrong = {
        "a weight": lambda w, x: w.node("Conv", [x, "nothing"]),
        "a bias": lambda w, x: w.node("Conv", [x, weights(w, (5, 4, 3, 3)),
                                               "nothing"]),
        "an input": lambda w, x: w.node("Relu", ["nothing"]),
        "an output": lambda w, x: "nothing",
    }
    for name, build in wrong.items():
        w = Writer()
        x = w.quant(w.input("in", (1, 4, 6, 6)), 0.02, 8, True)
        w.output(conv(w, x), ["N"])
        w.output(build(w, x), ["N"])
        w.save(path)
        text = refused(path)
        tap.result(text.endswith(": -22") and "nothing" in text,
                   f"{name} that does not exist", text)


# --- opsets -------------------------------------------------------------------

def opsets(tap, path):
    feed = [np.float32(rng().normal(0, 0.8, (1, 4, 6, 6)))]
    outputs = {}
    for opset in (0, 8, 9, 13, 24, 25, 1 << 40):
        w = Writer(opset)
        x = w.quant(w.input("in", (1, 4, 6, 6)), 0.02, 8, True)
        w.output(conv(w, x), ["N"])
        w.save(path)
        try:
            outputs[opset] = run_as_model(path, feed)[0]
        except Refused as reason:
            outputs[opset] = str(reason)
    same = all(np.array_equal(outputs[o], outputs[13]) for o in (9, 24))
    refused = all(f"opset {o} is not known: 9 to 24" in str(outputs[o])
                  for o in (0, 8, 25, 1 << 40))
    tap.result(same and refused and outputs[13].size == 80,
               "opsets 9 to 24, and no others", str(outputs[25]))


if __name__ == "__main__":
    sys.exit(case.run(white_picture, fields, dangling, opsets))
