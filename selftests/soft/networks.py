# SPDX-License-Identifier: LGPL-2.1-or-later
"""Random quantised networks, of every operator that the software FPGA has.

Each is a pure function of its seed. The standard deviation of each value is
estimated while the network is built, so that quantisers are neither saturated
nor idle.
"""
import numpy as np

from onnx_write import Writer

MODES = ["ROUND", "CEIL", "FLOOR", "UP", "DOWN", "HALF_UP", "HALF_DOWN"]


class Builder:
    """A chain of blocks; self.x is the current value, self.shape its
    [C, H, W], self.std its spread, self.scale its quantiser's scale."""

    def __init__(self, seed, dialect):
        self.rng = np.random.default_rng(seed)
        opsets = [13, 17, 21, 21] if dialect == "qdq" else [11, 13, 17]
        self.w = Writer(opset=int(self.rng.choice(opsets)))
        self.dialect = dialect
        self.exact = self.rng.random() < 0.3    # scales are powers of two
        self.std = 1.0

    def pick(self, *options):
        return options[self.rng.integers(len(options))]

    def real(self, x):
        """A scale near @x: a power of two, or any float32."""
        if self.exact:
            return float(2.0 ** np.round(np.log2(x)))
        return float(np.float32(x * self.rng.uniform(0.7, 1.4)))

    # --- quantisers -------------------------------------------------------

    def quantise(self, positive=False):
        if self.dialect == "qdq":
            return self.quantise_linear()
        if self.dialect == "finn" and self.rng.random() < 0.7:
            return self.multi_threshold()
        bits = int(self.pick(1, 2, 3, 4, 4, 5, 8, 8, 8, 10, 12, 16))
        signed = not positive and self.rng.random() < 0.7
        scale = self.real(4 * self.std / 2 ** bits)
        if bits == 1 and signed:
            self.x = self.w.node("BipolarQuant",
                                 [self.x, self.w.init(np.float32(scale))],
                                 domain=self.w.qonnx)
        else:
            narrow = bits > 1 and self.rng.random() < 0.3
            mode = "ROUND" if self.rng.random() < 0.6 else self.pick(*MODES)
            zero = 0.0 if self.rng.random() < 0.8 else \
                float(self.rng.integers(0, 2 ** bits // 2 + 1))
            self.x = self.w.quant(self.x, scale, bits, signed, narrow, mode,
                                  zero)
        self.scale, self.std = scale, max(self.std, scale)

    def quantise_linear(self):
        kinds = ["uint8", "int8", "int8"]
        if self.w.opset >= 21:
            kinds += ["int16", "uint16"]
        kind = self.pick(*kinds)
        bits = 16 if "16" in kind else 8
        scale = self.real(5 * self.std / 2 ** bits)
        zero = {"uint8": 128, "uint16": 32768}.get(kind, 0)
        if self.rng.random() < 0.3:
            zero += int(self.rng.integers(-20, 20))
        s = self.w.init(np.float32(scale))
        z = self.w.init(np.array(zero, kind))
        q = self.w.node("QuantizeLinear", [self.x, s, z])
        self.x = self.w.node("DequantizeLinear", [q, s, z])
        self.scale = scale

    def multi_threshold(self):
        bits = int(self.pick(1, 2, 3, 4, 8))
        n = 2 ** bits - 1
        rows = int(self.pick(1, self.shape[0]))
        t = np.sort(self.rng.normal(0, self.std, (rows, n)), 1)
        if self.exact:
            t = np.round(t * 64) / 64
        scale, bias = self.pick((1.0, 0.0), (1.0, -(2.0 ** (bits - 1))),
                                (0.5, 0.0))
        if bits == 1:
            scale, bias = 2.0, -1.0
        self.x = self.w.node(
            "MultiThreshold", [self.x, self.w.init(t.astype(np.float32))],
            domain="finn.custom_op.general", out_scale=scale, out_bias=bias,
            out_dtype="INT8")
        self.scale, self.std = scale, scale * 2 ** bits / 4

    # --- weights ----------------------------------------------------------

    def weights(self, shape, out_axis=0):
        """Returns the name of a quantised constant; per channel or not."""
        bits = int(self.pick(1, 2, 3, 4, 8, 8, 8, 12, 16))
        w = self.rng.normal(0, 1, shape)
        per = [1] * len(shape)
        if self.rng.random() < 0.6:
            per[out_axis] = shape[out_axis]
        scale = np.array([self.real(3 / 2 ** bits)
                          for _ in range(int(np.prod(per)))])
        scale = scale.reshape(per).astype(np.float32)
        if self.dialect == "qdq":
            q = np.clip(np.rint(w / 3 * 127), -127, 127).astype(np.int8)
            flat = scale.ravel() * np.float32(2.0 ** (bits - 8))
            flat = flat if flat.size > 1 else flat[0]
            kw = {"axis": out_axis} if np.size(flat) > 1 else {}
            return self.w.node("DequantizeLinear", [
                self.w.init(q), self.w.init(np.float32(flat)),
                self.w.init(np.zeros(np.shape(flat), np.int8))], **kw)
        if bits == 1:
            return self.w.node("BipolarQuant", [
                self.w.init(w.astype(np.float32)), self.w.init(scale)],
                domain="onnx.brevitas")
        return self.w.quant(self.w.init(w.astype(np.float32)), scale, bits,
                            True, True)

    def bias(self, n):
        b = self.rng.normal(0, self.std / 2, n)
        if self.exact:
            b = np.round(b * 256) / 256
        return self.w.init(b.astype(np.float32))

    # --- blocks -----------------------------------------------------------

    def conv(self):
        c, h, w = self.shape
        kh, kw = (int(self.pick(1, 2, 3, 3, 5)) for _ in range(2))
        dil = [int(self.pick(1, 1, 1, 2)) for _ in range(2)]
        pads = [int(self.rng.integers(0, 3)) for _ in range(4)]
        stride = [int(self.pick(1, 1, 1, 2, 3)) for _ in range(2)]
        out_h = (h + pads[0] + pads[2] - (kh - 1) * dil[0] - 1) // stride[0]
        out_w = (w + pads[1] + pads[3] - (kw - 1) * dil[1] - 1) // stride[1]
        if out_h < 0 or out_w < 0:
            return
        groups = int(self.pick(*[g for g in (1, 1, 2, c) if c % g == 0]))
        k = groups * int(self.rng.integers(1, 5)) * \
            (1 if groups > 4 else int(self.pick(1, 3, 8)))
        inputs = [self.x, self.weights((k, c // groups, kh, kw))]
        self.std *= np.sqrt(c // groups * kh * kw)
        if self.rng.random() < 0.6:
            inputs.append(self.bias(k))
        self.x = self.w.node("Conv", inputs, group=groups, strides=stride,
                             dilations=dil, pads=pads, kernel_shape=[kh, kw])
        self.shape = (k, out_h + 1, out_w + 1)
        self.finish_linear()

    def integer(self):
        """QLinearConv, ConvInteger or QLinearMatMul between quantisers."""
        c, h, w = self.shape
        k = int(self.rng.integers(1, 9))
        kind = self.pick("uint8", "int8")
        low = 0 if kind == "uint8" else -128
        zero = lambda: self.w.init(np.array(
            low + int(self.rng.integers(90, 160)), kind))
        xs, xz = self.w.init(np.float32(self.real(5 * self.std / 256))), zero()
        x = self.w.node("QuantizeLinear", [self.x, xs, xz])
        wq = self.w.init(self.rng.integers(-127, 128, (k, c, 3, 3), np.int8))
        wz = self.w.init(np.array(int(self.rng.integers(-3, 4)), np.int8))
        self.shape = (k, h, w)
        if self.rng.random() < 0.4:
            y = self.w.node("ConvInteger", [x, wq, xz, wz], pads=[1] * 4,
                            kernel_shape=[3, 3])
            y = self.w.node("Cast", [y], to=1)
            f = self.real(self.std / 5000)
            self.x = self.w.node("Mul", [y, self.w.init(np.float32(f))])
            self.std *= 3 * np.sqrt(c)
            self.quantise()
            return
        per = self.rng.random() < 0.5
        ws = np.float32([self.real(0.01) for _ in range(k if per else 1)])
        ws = self.w.init(ws if per else ws[0])
        self.std *= 0.7 * 3 * np.sqrt(c)
        ys, yz = self.w.init(np.float32(self.real(5 * self.std / 256))), zero()
        b = self.w.init(self.rng.integers(-999, 999, k).astype(np.int32))
        if per:
            wz = self.w.init(np.zeros(k, np.int8))
        y = self.w.node("QLinearConv", [x, xs, xz, wq, ws, wz, ys, yz, b],
                        pads=[1] * 4, kernel_shape=[3, 3])
        self.x = self.w.node("DequantizeLinear", [y, ys, yz])

    def conv_transpose(self):
        c, h, w = self.shape
        k, s, p = self.pick((2, 2, 0), (3, 2, 1), (4, 2, 1), (3, 1, 1))
        extra = int(self.rng.integers(0, s))
        out = int(self.rng.integers(1, 9))
        groups = int(self.pick(*[g for g in (1, 2) if c % g == 0]))
        if (h - 1) * s + k - 2 * p + extra < 1 or \
                (w - 1) * s + k - 2 * p + extra < 1 or h * w > 600:
            return
        self.x = self.w.node(
            "ConvTranspose", [self.x, self.weights((c, out, k, k), 1)
                              if groups == 1 and self.dialect != "qdq" else
                              self.plain((c, out, k, k))],
            group=groups, strides=[s, s], pads=[p] * 4, kernel_shape=[k, k],
            output_padding=[extra, extra])
        self.std *= np.sqrt(c * k)
        self.shape = (out * groups, (h - 1) * s + k - 2 * p + extra,
                      (w - 1) * s + k - 2 * p + extra)
        self.finish_linear()

    def plain(self, shape):
        """Integer weights without a quantiser, as FINN leaves them."""
        return self.w.init(self.rng.integers(-7, 8, shape)
                           .astype(np.float32))

    def finish_linear(self):
        c = self.shape[0]
        if not self.exact and self.rng.random() < 0.4:
            p = [self.rng.normal(0, 1, c), self.rng.normal(0, self.std, c),
                 self.rng.normal(0, self.std, c),
                 self.rng.uniform(0.1, 2, c)]
            self.x = self.w.node("BatchNormalization", [self.x] + [
                self.w.init(v.astype(np.float32)) for v in p])
        self.activation()

    def activation(self):
        r, x = self.rng.random(), self.x
        positive = r < 0.4
        if r < 0.4:
            x = self.w.node("Relu", [x])
        elif r < 0.47:
            x = self.w.node("LeakyRelu", [x], alpha=self.pick(0.25, 0.01))
        elif r < 0.54:
            x = self.w.node("Clip", [
                x, self.w.init(np.float32(-self.std)),
                self.w.init(np.float32(self.std))])
        elif r < 0.58 and not self.exact:
            x = self.w.node("HardSigmoid", [x])
            self.std = 0.3
        elif r < 0.64 and not self.exact:
            x = self.w.node("HardSwish", [x])
        elif r < 0.68:
            slope = self.rng.integers(-4, 4, (self.shape[0], 1, 1)) / 8
            x = self.w.node("PRelu", [x,
                                      self.w.init(slope.astype("float32"))])
        elif r < 0.72:
            x = self.w.node("Abs", [x])
        self.x = x
        if r < 0.54 and self.rng.random() < 0.2 and self.shape[1] > 3:
            self.max_pool()
        self.quantise(positive)

    def max_pool(self):
        c, h, w = self.shape
        k, s = (2, 2) if self.rng.random() < 0.7 else (3, 2)
        if h < k or w < k:
            return
        p = int(k == 3)
        self.x = self.w.node("MaxPool", [self.x], kernel_shape=[k, k],
                             strides=[s, s], pads=[p] * 4)
        self.shape = (c, (h + 2 * p - k) // s + 1, (w + 2 * p - k) // s + 1)

    def average_pool(self):
        c, h, w = self.shape
        k = int(self.pick(2, 3))
        p = int(k == 3 and self.rng.random() < 0.5)
        if h < k or w < k:
            return
        self.x = self.w.node("AveragePool", [self.x], kernel_shape=[k, k],
                             strides=[2, 2], pads=[p] * 4,
                             count_include_pad=int(self.rng.random() < 0.3))
        self.shape = (c, (h + 2 * p - k) // 2 + 1, (w + 2 * p - k) // 2 + 1)
        self.quantise()

    def residual(self):
        x, shape, std = self.x, self.shape, self.std
        c = shape[0]
        self.x = self.w.node("Conv", [self.x, self.weights((c, c, 3, 3))],
                             pads=[1] * 4, kernel_shape=[3, 3])
        self.std *= np.sqrt(9 * c)
        self.quantise()
        op = self.pick("Add", "Add", "Sub", "Mul")
        self.std = self.std * std if op == "Mul" else self.std + std
        self.x = self.w.node(op, [self.x, x])
        self.quantise()

    def concat(self):
        c, h, w = self.shape
        x, std = self.x, self.std
        k = int(self.rng.integers(1, 6))
        self.x = self.w.node("Conv", [x, self.weights((k, c, 1, 1))],
                             kernel_shape=[1, 1])
        self.std *= np.sqrt(c)
        self.shape = (k, h, w)
        self.quantise()
        self.x = self.w.node("Concat", [self.x, x], axis=1)
        self.shape, self.std = (c + k, h, w), max(std, self.std)
        self.quantise()

    def split(self):
        c, h, w = self.shape
        if c < 2:
            return
        first = int(self.rng.integers(1, c))
        sizes = np.array([first, c - first])
        if self.w.opset >= 13:
            parts = self.w.node("Split", [self.x, self.w.init(sizes)], 2,
                                axis=1)
        else:
            parts = self.w.node("Split", [self.x], 2, axis=1, split=list(sizes))
        self.x = self.w.node("Concat", [parts[1], parts[0]], axis=1)

    def slice(self):
        c, h, w = self.shape
        if h < 4 or w < 4:
            return
        step = int(self.pick(1, 2, -1))
        start, end = (1, h) if step > 0 else (-1, -h + 1)
        rows = len(range(h)[slice(start, end, step)])
        self.x = self.w.node("Slice", [self.x] + [
            self.w.init(np.array([v])) for v in (start, end, 2, step)])
        self.shape = (c, rows, w)

    def pad(self):
        c, h, w = self.shape
        p = [0, 0] + [int(v) for v in self.rng.integers(0, 3, 2)]
        q = [0, 0] + [int(v) for v in self.rng.integers(0, 3, 2)]
        self.x = self.w.node("Pad", [self.x, self.w.init(np.array(p + q))])
        self.shape = (c, h + p[2] + q[2], w + p[3] + q[3])

    def resize(self):
        c, h, w = self.shape
        if h * w > 400:
            return
        f = int(self.pick(2, 3))
        roi = "" if self.w.opset >= 13 else self.w.init(np.float32([]))
        self.x = self.w.node(
            "Resize", [self.x, roi, self.w.init(np.float32([1, 1, f, f]))],
            mode="nearest", nearest_mode="floor",
            coordinate_transformation_mode="asymmetric")
        self.shape = (c, h * f, w * f)

    def depth_to_space(self):
        c, h, w = self.shape
        if h * w > 600:
            return
        out = int(self.rng.integers(1, 5))
        weights = self.plain if self.dialect == "finn" else self.weights
        self.x = self.w.node("Conv", [self.x, weights((4 * out, c, 3, 3))],
                             pads=[1] * 4, kernel_shape=[3, 3])
        self.x = self.w.node("DepthToSpace", [self.x], blocksize=2,
                             mode=self.pick("CRD", "DCR"))
        self.shape, self.std = (out, 2 * h, 2 * w), self.std * 3 * c ** 0.5
        self.quantise()

    def space_to_depth(self):
        c, h, w = self.shape
        if h % 2 or w % 2 or c > 16:
            return
        self.x = self.w.node("SpaceToDepth", [self.x], blocksize=2)
        self.shape = (4 * c, h // 2, w // 2)

    def shuffle(self):
        """Channel shuffle: reshape, transpose, reshape."""
        c, h, w = self.shape
        if c % 2:
            return
        a = self.w.init(np.array([1, 2, c // 2, h, w]))
        b = self.w.init(np.array([1, c, h, w]))
        self.x = self.w.node("Reshape", [self.x, a])
        self.x = self.w.node("Transpose", [self.x], perm=[0, 2, 1, 3, 4])
        self.x = self.w.node("Reshape", [self.x, b])

    def gate(self):
        """Squeeze and excite: a channel's factor from its mean."""
        c = self.shape[0]
        x, std = self.x, self.std
        self.x = self.w.node("GlobalAveragePool", [self.x])
        self.quantise()
        self.x = self.w.node("Conv", [self.x, self.weights((c, c, 1, 1))],
                             kernel_shape=[1, 1])
        self.x = self.w.node("HardSigmoid", [self.x], alpha=0.125)
        self.std = 0.3
        self.quantise(True)
        self.x = self.w.node("Mul", [x, self.x])
        self.std = std * 0.5
        self.quantise()

    # --- ends -------------------------------------------------------------

    def classifier(self):
        c, h, w = self.shape
        if self.rng.random() < 0.5:
            self.x = self.w.node("GlobalAveragePool", [self.x])
            self.quantise()
            h = w = 1
        self.x = self.w.node("Flatten", [self.x])
        n, m = c * h * w, int(self.rng.integers(2, 12))
        self.shape = (n, 1, 1)
        if self.rng.random() < 0.5:
            self.x = self.w.node("MatMul", [self.x,
                                            self.weights((n, m), 1)])
        else:
            self.x = self.w.node("Gemm", [
                self.x, self.weights((m, n)), self.bias(m)], transB=1)
        self.std *= np.sqrt(n)
        self.shape, kind = (m, 1, 1), 1
        end = self.rng.random()
        if end < 0.4:
            self.quantise()
        elif end < 0.6:
            kind, dims = 7, [1, 1]
            self.x = self.w.node("ArgMax", [self.x], axis=1)
        elif end < 0.7:
            self.x = self.w.node("Softmax", [self.x], axis=1)
        elif end < 0.8:
            k = self.w.init(np.array([min(m, 3)]))
            values, at = self.w.node("TopK", [self.x, k], 2, axis=1)
            self.w.output(values, [1, min(m, 3)])
            self.x, kind = at, 7
        self.w.output(self.x, [1, m], kind)

    BLOCKS = ["conv"] * 5 + [
        "conv_transpose", "average_pool", "residual", "residual", "concat",
        "split", "slice", "pad", "resize", "depth_to_space",
        "space_to_depth", "shuffle", "gate", "max_pool", "integer",
    ]

    def build(self):
        c, h, w = (int(self.rng.integers(1, 7)),
                   int(self.rng.integers(5, 21)),
                   int(self.rng.integers(5, 21)))
        self.x = self.w.input("in", [1, c, h, w])
        self.shape = self.in_shape = (c, h, w)
        self.quantise()
        self.opaque = self.x.startswith("multithreshold")
        for _ in range(int(self.rng.integers(1, 6))):
            getattr(self, self.pick(*self.BLOCKS))()
        if self.rng.random() < 0.4:
            self.classifier()
        else:
            if self.rng.random() < 0.3:
                self.conv()
            self.w.output(self.x, [1, *self.shape])
        return self


def random_network(seed, path):
    """Writes one; returns the builder (in_shape, exact, opaque, rng)."""
    dialect = ("qonnx", "qdq", "finn")[seed % 3]
    builder = Builder(seed, dialect).build()
    builder.w.save(path)
    return builder
