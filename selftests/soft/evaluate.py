# SPDX-License-Identifier: LGPL-2.1-or-later
"""Evaluates an ONNX graph in float64 with numpy alone.

The independent yardstick of the software FPGA: every node in the words of
the operator's description, no folding, no integers. Where a quantiser meets
a value that lies on a rounding tie to within float64's own error, the two
neighbouring codes are both right; such values are counted in `ties`.
"""
import numpy as np

from evaluate_integer import IntegerOperators
from onnx_read import Model

TIE = 1e-9


def half_away(y):
    return np.sign(y) * np.floor(np.abs(y) + 0.5)


def half_toward(y):
    return np.sign(y) * np.ceil(np.abs(y) - 0.5)


ROUND = {
    "ROUND": np.rint, "HALF_EVEN": np.rint, "CEIL": np.ceil,
    "FLOOR": np.floor, "UP": lambda y: np.sign(y) * np.ceil(np.abs(y)),
    "DOWN": np.trunc, "ROUND_TO_ZERO": np.trunc, "HALF_UP": half_away,
    "HALF_DOWN": half_toward,
}


def windows(x, kernel, strides, dilations, pads, value):
    """[N, C, H, W] to [N, C, OH, OW, kh, kw]."""
    ph0, pw0, ph1, pw1 = pads
    x = np.pad(x, ((0, 0), (0, 0), (ph0, ph1), (pw0, pw1)),
               constant_values=value)
    reach = [(k - 1) * d + 1 for k, d in zip(kernel, dilations)]
    out = np.lib.stride_tricks.sliding_window_view(x, reach, axis=(2, 3))
    return out[:, :, ::strides[0], ::strides[1], ::dilations[0],
               ::dilations[1]]


def spatial(node, x, kernel):
    """Two-dimensional strides, dilations, pads; auto_pad resolved."""
    dims = len(kernel)
    strides = list(node.attr.get("strides", [1] * dims))
    dilations = list(node.attr.get("dilations", [1] * dims))
    pads = list(node.attr.get("pads", [0] * 2 * dims))
    auto = node.attr.get("auto_pad", "NOTSET")
    if auto != "NOTSET":
        pads = [0] * 2 * dims
    if auto.startswith("SAME"):
        for i in range(dims):
            size = x.shape[2 + i]
            steps = -(-size // strides[i])
            total = max(0, (steps - 1) * strides[i] +
                        (kernel[i] - 1) * dilations[i] + 1 - size)
            small, large = total // 2, total - total // 2
            upper = auto == "SAME_UPPER"
            pads[i] = small if upper else large
            pads[dims + i] = large if upper else small
    if dims == 1:
        strides, dilations = [1] + strides, [1] + dilations
        pads = [0, pads[0], 0, pads[1]]
    return strides, dilations, pads


def as_2d(x):
    return x[:, :, None, :] if x.ndim == 3 else x


class Evaluator(IntegerOperators):
    """run() returns the outputs; .values holds every tensor afterwards."""

    def __init__(self, path):
        self.model = Model(path)
        self.ties = 0

    def run(self, feeds):
        self.values = {k: np.asarray(v, np.float64)
                       for k, v in self.model.init.items()}
        self.values.update({k: np.asarray(v, np.float64)
                            for k, v in feeds.items()})
        for node in self.model.nodes:
            inputs = [self.values.get(i) if i else None for i in node.inputs]
            out = self.compute(node, inputs)
            if not isinstance(out, (list, tuple)):
                out = [out]
            for name, value in zip(node.outputs, out):
                self.values[name] = value
        return [self.values[o.name] for o in self.model.outputs]

    def compute(self, node, inputs):
        run = getattr(self, "op_" + node.op)
        if node.domain != "qonnx.custom_op.channels_last":
            return run(node, *inputs)
        out = run(node, np.moveaxis(inputs[0], -1, 1), *inputs[1:])
        return np.moveaxis(out, 1, -1)

    def kind(self, node, index):
        """ONNX element type of an initialiser or Constant."""
        if index >= len(node.inputs):
            return 2
        return self.model.kinds.get(node.inputs[index], 2)

    def count_ties(self, y, halves=True):
        place = y * 2 if halves else y
        near = np.abs(place - np.rint(place)) < TIE * np.maximum(1, abs(y))
        if halves:
            near &= np.rint(place) % 2 == 1
        self.ties += int(near.sum())

    # --- quantisers -------------------------------------------------------

    def op_Quant(self, node, x, scale, zero, bits):
        bits, attr = float(bits), node.attr
        is_signed, narrow = attr.get("signed", 1), attr.get("narrow", 0)
        if is_signed and bits == 1:
            return np.where(x >= 0, 1.0, -1.0) * scale
        low = -2 ** (bits - 1) + narrow if is_signed else 0
        high = 2 ** (bits - 1) - 1 if is_signed else 2 ** bits - 1 - narrow
        mode = attr.get("rounding_mode", "ROUND").upper()
        y = np.clip(x / scale + zero, low, high)
        self.count_ties(y, mode.startswith(("HALF", "ROUND")))
        return (ROUND[mode](y) - zero) * scale

    def op_BipolarQuant(self, node, x, scale):
        self.ties += int((np.abs(x) < TIE).sum())
        return np.where(x >= 0, scale, -scale)

    def op_Trunc(self, node, x, scale, zero, before, *after):
        mode = ROUND[node.attr.get("rounding_mode", "FLOOR").upper()]
        y = np.rint(x / scale + zero)
        if len(after) == 1:
            return (mode(y / 2 ** float(before - after[0])) - zero) * scale
        factor = 2.0 ** np.round(np.log2(after[0] / scale))
        signed = node.attr.get("signed", 1)
        narrow = node.attr.get("narrow", 0)
        top = 2.0 ** (after[-1] - signed)
        low, high = (narrow - top, top - 1) if signed else \
            (0, top - 1 - narrow)
        y = mode(np.clip(y / factor, low, high))
        return (y - zero / factor) * after[0]

    def op_MultiThreshold(self, node, x, thresholds):
        layout = node.attr.get("data_layout", "") or \
            {3: "NWC"}.get(x.ndim, "NC")
        axis = layout.index("C")
        y = np.moveaxis(x, axis, -1)
        t = np.broadcast_to(thresholds, (y.shape[-1], thresholds.shape[1]))
        count = np.zeros(y.shape)
        for i in range(t.shape[1]):
            count += y >= t[:, i]
            self.ties += int((np.abs(y - t[:, i]) <
                              TIE * np.maximum(1e-3, np.abs(y))).sum())
        return (node.attr.get("out_scale", 1.0) * np.moveaxis(count, -1, axis)
                + node.attr.get("out_bias", 0.0))

    @staticmethod
    def along(node, k, x):
        if k is None or k.size == 1:
            return 0.0 if k is None else k.ravel()[0]
        shape = [1] * x.ndim
        shape[node.attr.get("axis", 1)] = k.size
        return k.reshape(shape)

    def op_QuantizeLinear(self, node, x, scale, zero=None):
        kind = self.kind(node, 2) if zero is not None else \
            node.attr.get("output_dtype", 2) or 2
        bits = {2: 8, 3: 8, 4: 16, 5: 16, 21: 4, 22: 4}[kind]
        is_signed = kind in (3, 5, 22)
        low = -2 ** (bits - 1) if is_signed else 0
        high = low + 2 ** bits - 1
        y = x / self.along(node, scale, x)
        z = self.along(node, zero, x)
        self.count_ties(np.clip(y, low - z - 1, high - z + 1))
        return np.clip(np.rint(y) + z, low, high)

    def op_DequantizeLinear(self, node, x, scale, zero=None):
        return ((x - self.along(node, zero, x)) *
                self.along(node, scale, x))

    # --- linear -----------------------------------------------------------

    def op_Conv(self, node, x, w, bias=None):
        one = x.ndim == 3
        kernel = list(w.shape[2:])
        strides, dilations, pads = spatial(node, x, kernel)
        x, w = as_2d(x), as_2d(w)
        groups = node.attr.get("group", 1)
        win = windows(x, w.shape[2:], strides, dilations, pads, 0.0)
        xs = np.split(win, groups, axis=1)
        ws = np.split(w, groups, axis=0)
        out = np.concatenate([np.einsum("nchwyx,kcyx->nkhw", a, b,
                                        optimize=True)
                              for a, b in zip(xs, ws)], axis=1)
        if bias is not None:
            out = out + bias.reshape(1, -1, 1, 1)
        return out[:, :, 0] if one else out

    def op_ConvTranspose(self, node, x, w, bias=None):
        one = x.ndim == 3
        dims = x.ndim - 2
        extra = list(node.attr.get("output_padding", [0] * dims))
        strides = list(node.attr.get("strides", [1] * dims))
        dilations = list(node.attr.get("dilations", [1] * dims))
        pads = list(node.attr.get("pads", [0] * 2 * dims))
        if dims == 1:
            extra, strides, dilations = [0] + extra, [1] + strides, \
                [1] + dilations
            pads = [0, pads[0], 0, pads[1]]
        x, w = as_2d(x), as_2d(w)
        groups = node.attr.get("group", 1)
        kh, kw = w.shape[2:]
        full_h = (x.shape[2] - 1) * strides[0] + (kh - 1) * dilations[0] + 1
        full_w = (x.shape[3] - 1) * strides[1] + (kw - 1) * dilations[1] + 1
        out = np.zeros((x.shape[0], groups * w.shape[1],
                        full_h + extra[0], full_w + extra[1]))
        xs, ws = np.split(x, groups, 1), np.split(w, groups, 0)
        for y in range(kh):
            for z in range(kw):
                part = np.concatenate(
                    [np.einsum("nchw,ck->nkhw", a, b[:, :, y, z])
                     for a, b in zip(xs, ws)], axis=1)
                top, left = y * dilations[0], z * dilations[1]
                out[:, :, top:top + part.shape[2] * strides[0]:strides[0],
                    left:left + part.shape[3] * strides[1]:strides[1]] += part
        out = out[:, :, pads[0]:out.shape[2] - pads[2],
                  pads[1]:out.shape[3] - pads[3]]
        if bias is not None:
            out = out + bias.reshape(1, -1, 1, 1)
        return out[:, :, 0] if one else out

    def op_MatMul(self, node, a, b):
        return a @ b

    def op_Gemm(self, node, a, b, c=None):
        attr = node.attr
        a = a.T if attr.get("transA", 0) else a
        b = b.T if attr.get("transB", 0) else b
        out = attr.get("alpha", 1.0) * (a @ b)
        return out if c is None else out + attr.get("beta", 1.0) * c

    def op_BatchNormalization(self, node, x, gamma, beta, mean, var):
        shape = [1, -1] + [1] * (x.ndim - 2)
        epsilon = node.attr.get("epsilon", float(np.float32(1e-5)))
        p = gamma / np.sqrt(var + epsilon)
        return x * p.reshape(shape) + (beta - mean * p).reshape(shape)

    # --- pools ------------------------------------------------------------

    def pool(self, node, x, value):
        """Windows; the pads are @value, what ceil_mode adds changes nothing:
        -inf beside a maximum, 0 beside a sum."""
        kernel = list(node.attr["kernel_shape"])
        strides, dilations, pads = spatial(node, x, kernel)
        x = as_2d(x)
        kernel = [1] * (2 - len(kernel)) + kernel
        extra = [0, 0]
        if node.attr.get("ceil_mode", 0):
            for i in range(2):
                reach = (kernel[i] - 1) * dilations[i] + 1
                size = x.shape[2 + i] + pads[i]
                room = size + pads[2 + i] - reach
                if room % strides[i] and \
                        (room // strides[i] + 1) * strides[i] < size:
                    extra[i] = strides[i] - room % strides[i]
        x = np.pad(x, ((0, 0), (0, 0), (pads[0], pads[2]),
                       (pads[1], pads[3])), constant_values=value)
        return windows(x, kernel, strides, dilations, (0, 0, *extra),
                       min(value, 0.0))

    def op_MaxPool(self, node, x):
        out = self.pool(node, x, -np.inf).max((4, 5))
        return out[:, :, 0] if x.ndim == 3 else out

    def op_AveragePool(self, node, x):
        total = self.pool(node, x, 0.0).sum((4, 5))
        ones = self.pool(node, np.ones_like(x), float(
            node.attr.get("count_include_pad", 0))).sum((4, 5))
        out = total / ones
        return out[:, :, 0] if x.ndim == 3 else out

    def op_MaxPoolNHWC(self, node, x):
        return np.moveaxis(self.op_MaxPool(node, np.moveaxis(x, -1, 1)), 1,
                           -1)

    def op_QuantAvgPool2d(self, node, x):
        last = node.attr.get("data_layout", "NCHW") == "NHWC"
        x = np.moveaxis(x, -1, 1) if last else x
        k, s = node.attr["kernel"], node.attr["stride"]
        most = (2 ** node.attr["ibits"] - 1) * k * k
        shift = max(0, most.bit_length() - node.attr["obits"])
        rows, columns = ((n - k) // s + 1 for n in x.shape[2:])
        out = sum(x[:, :, i:i + s * (rows - 1) + 1:s,
                    j:j + s * (columns - 1) + 1:s]
                  for i in range(k) for j in range(k))
        out = np.floor(np.rint(out) / 2.0 ** shift)
        return np.moveaxis(out, 1, -1) if last else out

    def op_GlobalAveragePool(self, node, x):
        return x.mean(tuple(range(2, x.ndim)), keepdims=True)

    def op_GlobalMaxPool(self, node, x):
        return x.max(tuple(range(2, x.ndim)), keepdims=True)

    @staticmethod
    def reduce(node, function, axes):
        axes = node.attr.get("axes") if axes is None else axes
        return function(axis=tuple(int(a) for a in axes),
                        keepdims=bool(node.attr.get("keepdims", 1)))

    def op_ReduceMean(self, node, x, axes=None):
        return self.reduce(node, x.mean, axes)

    def op_ReduceSum(self, node, x, axes=None):
        return self.reduce(node, x.sum, axes)

    def op_ReduceMax(self, node, x, axes=None):
        return self.reduce(node, x.max, axes)

    # --- pointwise ---------------------------------------------------------

    def op_Relu(self, node, x):
        return np.maximum(x, 0)

    def op_Clip(self, node, x, low=None, high=None):
        low = node.attr.get("min", -np.inf) if low is None else low
        high = node.attr.get("max", np.inf) if high is None else high
        return np.minimum(np.maximum(x, low), high)

    def op_LeakyRelu(self, node, x):
        alpha = node.attr.get("alpha", float(np.float32(0.01)))
        return np.where(x < 0, alpha * x, x)

    def op_PRelu(self, node, x, slope):
        return np.where(x < 0, slope * x, x)

    def op_HardSigmoid(self, node, x):
        alpha = node.attr.get("alpha", float(np.float32(0.2)))
        return np.clip(alpha * x + node.attr.get("beta", 0.5), 0, 1)

    def op_HardSwish(self, node, x):
        return x * np.clip(x / 6 + 0.5, 0, 1)

    def op_Abs(self, node, x):
        return np.abs(x)

    def op_Neg(self, node, x):
        return -x

    def op_Sqrt(self, node, x):
        return np.sqrt(x)

    def op_Exp(self, node, x):
        return np.exp(x)

    def op_Reciprocal(self, node, x):
        return 1 / x

    def op_Floor(self, node, x):
        return np.floor(x)

    def op_Ceil(self, node, x):
        return np.ceil(x)

    def op_Round(self, node, x):
        return np.rint(x)

    def op_Sign(self, node, x):
        return np.sign(x)

    def op_Identity(self, node, x):
        return x

    def op_Dropout(self, node, x, *_):
        return x

    def op_Cast(self, node, x):
        return np.trunc(x) if node.attr["to"] in (6, 7) else x

    def op_Add(self, node, a, b):
        return a + b

    def op_Sub(self, node, a, b):
        return a - b

    def op_Mul(self, node, a, b):
        return a * b

    def op_Div(self, node, a, b):
        return a / b

    def op_Pow(self, node, a, b):
        return a ** b

    def op_Sum(self, node, *terms):
        return sum(terms[1:], terms[0])

    def op_Min(self, node, a, b):
        return np.minimum(a, b)

    def op_Max(self, node, a, b):
        return np.maximum(a, b)

    # --- movement -----------------------------------------------------------

    def op_Constant(self, node):
        for name in ("value", "value_float", "value_int", "value_floats",
                     "value_ints"):
            if name in node.attr:
                value = np.asarray(node.attr[name])
                kinds = {"u1": 2, "i1": 3, "u2": 4, "i2": 5}
                self.model.kinds[node.outputs[0]] = \
                    kinds.get(value.dtype.str[1:], 1)
                return value.astype(np.float64)
        raise ValueError("Constant")

    def op_ConstantOfShape(self, node, shape):
        value = node.attr.get("value", np.zeros(1))
        return np.full([int(i) for i in shape], float(np.ravel(value)[0]))

    def op_Shape(self, node, x):
        return np.array(x.shape[node.attr.get("start", 0):
                                node.attr.get("end", x.ndim)], np.float64)

    def op_Gather(self, node, x, at):
        return np.take(x, at.astype(int), axis=node.attr.get("axis", 0))

    def op_Transpose(self, node, x):
        return np.transpose(x, node.attr.get("perm"))

    def op_Reshape(self, node, x, shape):
        shape = [x.shape[i] if not s else int(s)
                 for i, s in enumerate(shape)]
        return x.reshape(shape)

    def op_Flatten(self, node, x):
        axis = node.attr.get("axis", 1)
        return x.reshape(int(np.prod(x.shape[:axis])), -1)

    @staticmethod
    def axes_of(node, axes):
        return tuple(int(a) for a in
                     (node.attr.get("axes", []) if axes is None else axes))

    def op_Squeeze(self, node, x, axes=None):
        return np.squeeze(x, self.axes_of(node, axes) or None)

    def op_Unsqueeze(self, node, x, axes=None):
        return np.expand_dims(x, self.axes_of(node, axes))

    def op_Concat(self, node, *parts):
        return np.concatenate(parts, axis=node.attr["axis"])

    def op_Slice(self, node, x, starts=None, ends=None, axes=None,
                 steps=None):
        starts = node.attr.get("starts") if starts is None else starts
        ends = node.attr.get("ends") if ends is None else ends
        axes = node.attr.get("axes") if axes is None else axes
        axes = range(len(starts)) if axes is None else axes
        steps = [1] * len(starts) if steps is None else steps
        cut = [slice(None)] * x.ndim
        for s, e, a, t in zip(starts, ends, axes, steps):
            s, e, t = (int(np.clip(v, -2 ** 62, 2 ** 62)) for v in (s, e, t))
            if t < 0 and e < -x.shape[int(a)]:
                e = None
            cut[int(a)] = slice(s, e, t)
        return x[tuple(cut)]

    def op_Split(self, node, x, sizes=None):
        sizes = node.attr.get("split") if sizes is None else sizes
        axis = node.attr.get("axis", 0)
        if sizes is None:
            n = len(node.outputs)
            step = -(-x.shape[axis] // n)
            return np.split(x, range(step, x.shape[axis], step), axis)
        return np.split(x, np.cumsum(sizes)[:-1].astype(int), axis)

    def op_Pad(self, node, x, pads=None, value=None, axes=None):
        pads = node.attr.get("pads") if pads is None else pads
        value = node.attr.get("value", 0.0) if value is None else float(value)
        n = len(pads) // 2
        axes = range(n) if axes is None else [int(a) for a in axes]
        around, kept = [(0, 0)] * x.ndim, [slice(None)] * x.ndim
        for i, a in enumerate(axes):
            before, after = int(pads[i]), int(pads[n + i])
            around[a] = max(before, 0), max(after, 0)
            kept[a] = slice(max(-before, 0),
                            x.shape[a] - max(-after, 0))
        mode = node.attr.get("mode", "constant")
        more = {"constant_values": value} if mode == "constant" else {}
        return np.pad(x[tuple(kept)], around, mode, **more)

    def places(self, node, size, new, scale):
        """Where each of @new outputs lies among @size inputs, nearest."""
        o = np.arange(new)
        mode = node.attr.get("coordinate_transformation_mode", "half_pixel")
        if self.model.opset < 11:
            mode = "asymmetric"
        x = {
            "half_pixel": (o + 0.5) / scale - 0.5,
            "half_pixel_symmetric": size / 2 * (1 - new / (scale * size)) +
            (o + 0.5) / scale - 0.5,
            "pytorch_half_pixel":
                (o + 0.5) / scale - 0.5 if new > 1 else 0 * o,
            "align_corners": o * (size - 1) / max(new - 1, 1),
            "asymmetric": o / scale,
            "tf_half_pixel_for_nn": (o + 0.5) / scale,
        }[mode]
        near = node.attr.get("nearest_mode", "round_prefer_floor")
        if self.model.opset < 11:
            near = "floor"
        x = np.round(x, 9)
        at = {"floor": np.floor(x), "ceil": np.ceil(x),
              "round_prefer_floor": np.ceil(x - 0.5),
              "round_prefer_ceil": np.floor(x + 0.5)}[near]
        return np.clip(at, 0, size - 1).astype(int)

    def op_Resize(self, node, x, roi=None, scales=None, sizes=None):
        if self.model.opset < 11:
            scales = roi
        axes = node.attr.get("axes", range(x.ndim))
        for i, axis in enumerate(axes):
            size = x.shape[axis]
            scale = sizes[i] / size if sizes is not None and sizes.size \
                else scales[i]
            x = np.take(x, self.places(node, size, int(size * scale), scale),
                        axis)
        return x

    def op_Upsample(self, node, x, scales=None):
        scales = node.attr.get("scales") if scales is None else scales
        return np.repeat(np.repeat(x, int(scales[2]), 2), int(scales[3]), 3)

    def op_DepthToSpace(self, node, x):
        b = node.attr["blocksize"]
        n, c, h, w = x.shape
        if node.attr.get("mode", "DCR") == "CRD":
            y = x.reshape(n, c // b ** 2, b, b, h, w)
            y = y.transpose(0, 1, 4, 2, 5, 3)
        else:
            y = x.reshape(n, b, b, c // b ** 2, h, w)
            y = y.transpose(0, 3, 4, 1, 5, 2)
        return y.reshape(n, c // b ** 2, h * b, w * b)

    def op_SpaceToDepth(self, node, x):
        b = node.attr["blocksize"]
        n, c, h, w = x.shape
        y = x.reshape(n, c, h // b, b, w // b, b).transpose(0, 3, 5, 1, 2, 4)
        return y.reshape(n, c * b ** 2, h // b, w // b)

    # --- heads --------------------------------------------------------------

    def order(self, node, x, axis):
        largest = node.attr.get("largest", 1)
        return np.argsort(-x if largest else x, axis=axis, kind="stable")

    def op_ArgMax(self, node, x):
        axis = node.attr.get("axis", 0)
        if node.attr.get("select_last_index", 0):
            last = x.shape[axis] - 1 - np.flip(x, axis).argmax(axis)
            return np.expand_dims(last, axis) \
                if node.attr.get("keepdims", 1) else last
        out = x.argmax(axis)
        return np.expand_dims(out, axis) \
            if node.attr.get("keepdims", 1) else out

    def op_ArgMin(self, node, x):
        out = x.argmin(node.attr.get("axis", 0))
        return np.expand_dims(out, node.attr.get("axis", 0)) \
            if node.attr.get("keepdims", 1) else out

    def op_TopK(self, node, x, k=None):
        k = int(node.attr["k"] if k is None else np.ravel(k)[0])
        axis = node.attr.get("axis", -1)
        at = np.take(self.order(node, x, axis), range(k), axis=axis)
        return np.take_along_axis(x, at, axis), at

    def op_Softmax(self, node, x):
        axis = node.attr.get("axis", -1 if self.model.opset >= 13 else 1)
        e = np.exp(x - x.max(axis, keepdims=True))
        return e / e.sum(axis, keepdims=True)
