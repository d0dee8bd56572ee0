# SPDX-License-Identifier: MIT
"""Float64 evaluation of an exported ONNX graph: slow, obvious, independent.

It follows the operator definitions and shares no code with the training
framework or with the software FPGA. Operators that the shipped models do
not use are refused by name.
"""
import numpy as np
from onnx import helper, numpy_helper


def round_even(x):
    return np.rint(x)


ROUNDING = {
    "ROUND": round_even,
    "CEIL": np.ceil,
    "FLOOR": np.floor,
}


def quant(x, scale, zero, bits, signed, narrow, rounding_mode):
    """QONNX Quant: divide, clip, round, and back to the value."""
    bits = int(bits)
    top = 2 ** (bits - 1) - 1 if signed else 2**bits - 1 - narrow
    bottom = -(2 ** (bits - 1)) + narrow if signed else 0
    code = np.clip(x / scale + zero, bottom, top)
    return (ROUNDING[rounding_mode](code) - zero) * scale


def windows(x, kernel, stride, pads, fill=0.0):
    """NxCxHxW -> NxCxOHxOWxKHxKW view of every window."""
    top, left, bottom, right = pads
    x = np.pad(
        x, ((0, 0), (0, 0), (top, bottom), (left, right)), constant_values=fill
    )
    view = np.lib.stride_tricks.sliding_window_view(x, kernel, axis=(2, 3))
    return view[:, :, :: stride[0], :: stride[1]]


def conv(x, weight, bias=None, **a):
    if a.get("group", 1) != 1 or set(a.get("dilations", [1])) != {1}:
        raise NotImplementedError("Conv with groups or dilation")
    view = windows(x, weight.shape[2:], a["strides"], a["pads"])
    out = np.tensordot(view, weight, axes=([1, 4, 5], [1, 2, 3]))
    out = out.transpose(0, 3, 1, 2)
    return out if bias is None else out + bias[:, None, None]


def max_pool(x, **a):
    view = windows(x, a["kernel_shape"], a["strides"], a["pads"], -np.inf)
    return view.max(axis=(4, 5))


def average_pool(x, **a):
    if any(a.get("pads", [0])):
        raise NotImplementedError("AveragePool with padding")
    view = windows(x, a["kernel_shape"], a["strides"], (0, 0, 0, 0))
    return view.mean(axis=(4, 5))


def depth_to_space(x, blocksize, mode="DCR"):
    n, c, h, w = x.shape
    b = blocksize
    if mode != "CRD":
        raise NotImplementedError(f"DepthToSpace mode {mode}")
    x = x.reshape(n, c // (b * b), b, b, h, w).transpose(0, 1, 4, 2, 5, 3)
    return x.reshape(n, c // (b * b), h * b, w * b)


def gemm(x, weight, bias=None, alpha=1.0, beta=1.0, transA=0, transB=0):
    x = x.T if transA else x
    out = alpha * (x @ (weight.T if transB else weight))
    return out if bias is None else out + beta * bias


def quantize_linear(x, scale, zero, axis=1):
    info = np.iinfo(zero.dtype)
    scale, zero = per_axis(scale, x, axis), per_axis(zero, x, axis)
    code = np.rint(x / scale) + zero.astype(np.float64)
    return np.clip(code, info.min, info.max).astype(info.dtype)


def dequantize_linear(x, scale, zero=None, axis=1):
    scale = per_axis(scale, x, axis)
    zero = 0.0 if zero is None else per_axis(zero, x, axis).astype(np.float64)
    return (x.astype(np.float64) - zero) * scale


def per_axis(v, x, axis):
    """Shape a scale or zero point so that it broadcasts along @axis of @x."""
    if v.size == 1:
        return v.reshape(())
    return v.reshape([-1 if i == axis else 1 for i in range(x.ndim)])


def reshape(x, shape, **_):
    shape = [x.shape[i] if s == 0 else int(s) for i, s in enumerate(shape)]
    return x.reshape(shape)


OPERATORS = {
    "Quant": quant,
    "Conv": conv,
    "Relu": lambda x: np.maximum(x, 0),
    "Add": np.add,
    "Mul": np.multiply,
    "MaxPool": max_pool,
    "AveragePool": average_pool,
    "GlobalAveragePool": lambda x: x.mean(axis=(2, 3), keepdims=True),
    "DepthToSpace": depth_to_space,
    "Gemm": gemm,
    "MatMul": np.matmul,
    "Transpose": lambda x, perm: x.transpose(perm),
    "Flatten": lambda x, axis=1: x.reshape(int(np.prod(x.shape[:axis])), -1),
    "Reshape": reshape,
    "QuantizeLinear": quantize_linear,
    "DequantizeLinear": dequantize_linear,
}


def attributes(node):
    values = {a.name: helper.get_attribute_value(a) for a in node.attribute}
    for key in ("ceil_mode", "allowzero", "storage_order", "auto_pad"):
        values.pop(key, None)
    return {
        k: v.decode() if isinstance(v, bytes) else v for k, v in values.items()
    }


def widen(array):
    """Float tensors in double precision; integers stay what they are."""
    return array.astype(np.float64) if array.dtype.kind == "f" else array


def constants(model):
    return {
        t.name: widen(numpy_helper.to_array(t)) for t in model.graph.initializer
    }


def probes(model):
    """Nodes that round an activation to codes, in graph order."""
    fixed = constants(model)
    kinds = ("Quant", "QuantizeLinear")
    return [
        node for node in model.graph.node
        if node.op_type in kinds and node.input[0] not in fixed
    ]


def run(model, x, tap=None):
    """Value of the first output for input @x.

    @tap, if given, is called as tap(node, inputs, value) after every node and
    returns the value to go on with.
    """
    values = constants(model)
    values[model.graph.input[0].name] = np.asarray(x, np.float64)
    for node in model.graph.node:
        if node.op_type not in OPERATORS:
            raise NotImplementedError(f"{node.op_type} ({node.name})")
        inputs = [values[name] for name in node.input if name]
        out = OPERATORS[node.op_type](*inputs, **attributes(node))
        values[node.output[0]] = tap(node, inputs, out) if tap else out
    return values[model.graph.output[0].name]
