# SPDX-License-Identifier: LGPL-2.1-or-later
"""Networks with the structure of those that are published for QONNX and FINN:
the nodes that the exporters write, small and with random weights.

NETWORKS[name]() returns (writer, inputs): float frames as the model declares
them.
"""
import numpy as np

from onnx_write import Writer

FINN = "finn.custom_op.general"


class Net:
    """A chain; every block turns self.x into its output's name."""

    def __init__(self, shape, opset=11, kind=1):
        self.rng = np.random.default_rng(7)
        self.w = Writer(opset)
        self.shape = shape
        self.kind = kind
        self.x = self.w.input("global_in", shape, kind)

    def init(self, x, dtype=np.float32):
        return self.w.init(np.asarray(x, dtype))

    def node(self, op, *more, outputs=1, domain="", **attr):
        self.x = self.w.node(op, [self.x, *more], outputs, domain, **attr)
        return self

    def affine(self, op, value):
        return self.node(op, self.init(value))

    # --- quantisers -------------------------------------------------------

    def quant(self, scale, bits, signed=False, narrow=0, **kwargs):
        if bits == 1:
            return self.node("BipolarQuant", self.init(scale),
                             domain=self.w.qonnx)
        self.x = self.w.quant(self.x, scale, bits, signed, narrow, **kwargs)
        return self

    def weights(self, shape, bits, per_channel=False):
        w = self.init(self.rng.normal(0, 1, shape))
        if bits == 1:
            return self.w.node("BipolarQuant", [w, self.init(0.7)],
                               domain="onnx.brevitas")
        scale = 2.5 / 2 ** bits
        if per_channel:
            scale *= self.rng.uniform(0.5, 1, (shape[0],) + (1,) *
                                      (len(shape) - 1))
        return self.w.quant(w, np.float32(scale), bits, True, 1)

    def thresholds(self, channels, spread, bits=4, **attr):
        t = np.sort(np.round(self.rng.normal(0, spread,
                                             (channels, 2 ** bits - 1))), 1)
        return self.node("MultiThreshold", self.init(t), domain=FINN,
                         out_dtype=f"UINT{bits}", **attr)

    # --- layers -----------------------------------------------------------

    def norm(self, c, spread=1.0):
        draw = self.rng
        return self.node("BatchNormalization", *[self.init(v) for v in (
            draw.normal(0, 1, c), draw.normal(0, spread, c),
            draw.normal(0, spread, c), draw.uniform(0.3, 2, c) * spread ** 2)])

    def conv(self, c, k, size=(3, 3), pad=1, bits=4, stride=1, groups=1):
        d = len(size)
        w = self.weights((k, c // groups, *size), bits, bits > 1)
        pads = [pad * (s > 1) for s in size]
        return self.node("Conv", w, kernel_shape=list(size), pads=pads * 2,
                         strides=[stride] * d, group=groups)

    def dense(self, n, m, bits):
        w = self.w.node("Transpose", [self.weights((m, n), bits)],
                        perm=[1, 0])
        return self.node("MatMul", w)

    def activation(self, scale, bits):
        return self.node("Relu").quant(scale, bits)

    def flatten(self):
        """As PyTorch exports x.view(x.shape[0], -1)."""
        shape = self.w.node("Shape", [self.x])
        batch = self.w.node("Gather", [shape, self.init(0, np.int64)], axis=0)
        if self.w.opset < 13:
            batch = self.w.node("Unsqueeze", [batch], axes=[0])
        else:
            batch = self.w.node("Unsqueeze", [batch,
                                              self.init([0], np.int64)])
        whole = self.w.node("Concat", [batch, self.init([-1], np.int64)],
                            axis=0)
        return self.node("Reshape", whole)

    # --- ends -------------------------------------------------------------

    def scale_classes(self):
        """Brevitas' TensorNorm, unfolded."""
        return self.affine("Sub", 0.1234).affine("Div", 7.31) \
            .affine("Mul", 1.2).affine("Add", -0.3)

    def top1(self):
        self.node("TopK", self.init([1], np.int64), outputs=2, axis=-1,
                  largest=1, sorted=1)
        self.x = self.x[1]
        return self.done([1, 1], 7)

    def done(self, shape, kind=1):
        self.w.output(self.x, shape, kind)
        return self.w, [self.frame()]

    def frame(self):
        if self.kind == 2:
            return self.rng.integers(0, 256, self.shape).astype(np.uint8)
        return np.float32(self.rng.normal(0, 1, self.shape))


def tfc(weight_bits, bits, in_bits):
    n = Net([1, 1, 28, 28]).flatten().affine("Mul", 2).affine("Sub", 1)
    n.quant(0.5, in_bits, True, 1)
    for a, b in ((784, 64), (64, 64), (64, 64)):
        n.dense(a, b, weight_bits).norm(b, 8).quant(1.0, bits, True, 1)
    return n.dense(64, 10, weight_bits).scale_classes().done([1, 10])


def cnv(weight_bits, bits, classes):
    n = Net([1, 3, 32, 32]).affine("Mul", 2).affine("Sub", 1)
    n.quant(2 ** -7, 8, True, 1)
    c = 3
    for i, k in enumerate((16, 16, 32, 32, 32, 32)):
        n.conv(c, k, pad=0, bits=weight_bits).norm(k, 8)
        n.quant(1.0, bits, True, 1)
        if i in (1, 3):
            n.node("MaxPool", kernel_shape=[2, 2], strides=[2, 2])
        c = k
    n.flatten()
    for m in (64, 64):
        n.dense(c, m, weight_bits).norm(m, 8).quant(1.0, bits, True, 1)
        c = m
    n.dense(c, 10, weight_bits).scale_classes()
    return n.top1() if classes else n.done([1, 10])


def mobilenet(before, kind=1):
    n = Net([1, 3, 32, 32], kind=kind)
    before(n)
    n.conv(3, 8, bits=8, stride=2).norm(8).activation(0.05, 8)
    c = 8
    for k, stride in ((16, 1), (32, 2), (32, 1)):
        n.conv(c, c, stride=stride, groups=c).norm(c).activation(0.3, 4)
        n.conv(c, k, (1, 1)).norm(k, 2).activation(0.3, 4)
        c = k
    n.node("AveragePool", kernel_shape=[8, 8], strides=[8, 8])
    n.affine("Mul", 64)
    n.node("Trunc", *map(n.init, (0.3, 0, 10, 4)), domain=n.w.qonnx,
           rounding_mode="FLOOR").flatten()
    n.node("Gemm", n.weights((10, c), 4), n.init(n.rng.normal(0, 1, 10)),
           transB=1)
    return n.done([1, 10])


def bytes_scaled():
    """Bytes, which the model itself scales before its first layer."""
    w, _ = mobilenet(lambda n: n.affine("Div", 255))
    rng = np.random.default_rng(3)
    return w, [np.float32(rng.integers(0, 256, (1, 3, 32, 32)))]


def resnet(pool):
    n = Net([1, 3, 16, 16], opset=13).quant(2 ** -7, 8, True)
    n.conv(3, 8, bits=8).norm(8).activation(0.1, 4)
    c = 8
    for s in (1, 2):
        skip = n.x
        n.conv(c, c * s, stride=s).norm(c * s, 3).activation(0.1, 4)
        n.conv(c * s, c * s).norm(c * s, 3).quant(0.11, 4, True)
        y, n.x = n.x, skip
        if s == 2:
            n.conv(c, c * s, (1, 1), stride=2).norm(c * s)
            n.quant(0.11, 4, True)
        n.x, skip = y, n.x
        n.node("Add", skip).activation(0.12, 4)
        c *= s
    pool(n)
    bias = n.w.quant(n.init(n.rng.normal(0, 1, 10)), 0.001, 16, True)
    n.node("Gemm", n.weights((10, c), 8), bias, transB=1, alpha=1.0, beta=1.0)
    return n.done([1, 10])


def pool_mean(n):
    n.node("ReduceMean", axes=[2, 3], keepdims=0)


def pool_quant(n):
    n.node("GlobalAveragePool").quant(0.05, 8).node("Flatten", axis=1)


def pool_trunc(n):
    n.node("GlobalAveragePool").affine("Mul", 64)
    n.node("Trunc", *map(n.init, (0.12, 0, 10, 4)), domain="onnx.brevitas")
    n.flatten()


def pool_trunc2(n):
    """Version 2, which says the output's scale; of sums and of means."""
    n.node("AveragePool", kernel_shape=[8, 8], strides=[1, 1])
    n.node("Trunc", *map(n.init, (0.12, 0, 10, 0.48, 4)), domain=n.w.qonnx,
           rounding_mode="FLOOR", signed=0, narrow=0)
    n.node("Trunc", *map(n.init, (0.48, 0, 4, 0.96, 3)), domain=n.w.qonnx,
           rounding_mode="ROUND", signed=1, narrow=1).flatten()


def radio(shape, size, pool):
    """VGG10 on radio signals: convolutions along time."""
    n = Net(shape).quant(1 / 64, 8, True)
    c = 2
    for _ in range(5):
        n.conv(c, 16, size, bits=8).norm(16).activation(0.1, 8)
        n.node("MaxPool", kernel_shape=pool, strides=pool)
        c = 16
    n.node("Flatten", axis=1).dense(64, 24, 8).norm(24).activation(0.1, 8)
    n.dense(24, 24, 8)
    n.node("Add", n.w.quant(n.init(n.rng.normal(0, 1, 24)), 0.001, 16, True))
    return n.done([1, 24])


def jets():
    n = Net([1, 16]).quant(2 ** -10, 16, True)
    for a, b in ((16, 64), (64, 32), (32, 32)):
        bias = n.w.quant(n.init(n.rng.normal(0, 0.2, b)), 2 ** -12, 16, True)
        n.node("Gemm", n.weights((b, a), 6), bias, transB=1)
        n.activation(0.05, 6)
    n.node("Gemm", n.weights((5, 32), 6), n.init(n.rng.normal(0, 1, 5)),
           transB=1)
    return n.node("Softmax", axis=1).done([1, 5])


def keywords():
    n = Net([1, 490]).quant(0.5, 8, True)
    for a, b in ((490, 64), (64, 64)):
        n.dense(a, b, 3).norm(b, 30).activation(0.3, 4)
    return n.dense(64, 12, 3).affine("Add", n.rng.normal(0, 1, 12)).top1()


def keywords_finn():
    """Streamlined: integer weights, thresholds, the class inside."""
    n = Net([1, 490]).thresholds(1, 2, 8, out_bias=-128.0, out_scale=1.0)
    for a, b in ((490, 64), (64, 64)):
        n.node("MatMul", n.init(n.rng.integers(-3, 4, (a, b))))
        n.thresholds(b, 3000)
    n.node("MatMul", n.init(n.rng.integers(-3, 4, (64, 12))))
    return n.affine("Add", n.rng.normal(0, 1, 12)).top1()


def camera_finn():
    """Streamlined, channels last between the layers."""
    n = Net([1, 12, 12, 3], kind=2)
    n.node("MultiThreshold", n.init(np.arange(1, 256)[None]), domain=FINN,
           out_dtype="UINT8", data_layout="NHWC")
    n.node("Transpose", perm=[0, 3, 1, 2])
    n.node("Conv", n.init(n.rng.integers(-3, 4, (8, 3, 3, 3))),
           kernel_shape=[3, 3], pads=[1] * 4)
    n.node("Transpose", perm=[0, 2, 3, 1])
    n.thresholds(8, 900, out_bias=-8.0, data_layout="NHWC")
    n.node("Transpose", perm=[0, 3, 1, 2])
    n.node("MaxPool", kernel_shape=[2, 2], strides=[2, 2])
    n.node("Transpose", perm=[0, 2, 3, 1])
    n.node("Reshape", n.init([1, -1], np.int64))
    n.node("MatMul", n.init(n.rng.integers(-1, 2, (288, 10))))
    return n.affine("Mul", 0.0123).affine("Add", [[0.25] * 10]).done([1, 10])


def channels_last():
    """qonnx-to-channels-last: ONNX's operators in the other order."""
    last = "qonnx.custom_op.channels_last"
    n = Net([1, 12, 12, 3], kind=2).node("Cast", to=1)
    n.node("Conv", n.weights((8, 3, 3, 3), 4), domain=last,
           kernel_shape=[3, 3], pads=[1] * 4, strides=[1, 1])
    n.node("BatchNormalization", *[n.init(n.rng.uniform(0.5, 2, 8))
                                   for _ in range(4)], domain=last)
    n.activation(2.0, 4)
    n.node("MaxPool", domain=last, kernel_shape=[2, 2], strides=[2, 2],
           pads=[0] * 4)
    n.node("Reshape", n.init([1, -1], np.int64))
    return n.dense(288, 10, 2).done([1, 10])


def pools_finn():
    n = Net([1, 12, 12, 4]).thresholds(4, 1, data_layout="NHWC")
    n.node("MaxPoolNHWC", domain=FINN, kernel_shape=[2, 2], strides=[2, 2],
           pads=[0] * 4)
    n.node("QuantAvgPool2d", domain=FINN, kernel=3, stride=3, ibits=4,
           obits=4, signed=0, data_layout="NHWC")
    n.node("Transpose", perm=[0, 3, 1, 2])
    n.node("QuantAvgPool2d", domain=FINN, kernel=2, stride=1, ibits=4,
           obits=3, signed=0, data_layout="NCHW")
    return n.done([1, 4, 1, 1])


def detector():
    """Two scales joined; the last layer's channels split into anchors."""
    n = Net([1, 3, 16, 16], opset=13).quant(1 / 255, 8)
    n.conv(3, 16).node("LeakyRelu", alpha=0.1).quant(0.1, 4, True)
    fine = n.x
    n.node("MaxPool", kernel_shape=[2, 2], strides=[2, 2])
    n.conv(16, 16).node("LeakyRelu", alpha=0.1).quant(0.1, 4, True)
    n.node("Resize", "", n.init([1, 1, 2, 2]), mode="nearest",
           nearest_mode="floor", coordinate_transformation_mode="asymmetric")
    n.node("Concat", fine, axis=1)
    n.node("Conv", n.weights((18, 32, 1, 1), 8, True),
           n.init(n.rng.normal(0, 1, 18)), kernel_shape=[1, 1])
    n.node("Reshape", n.init([1, 3, 6, 16, 16], np.int64))
    return n.node("Transpose", perm=[0, 1, 3, 4, 2]).done([1, 3, 16, 16, 6])


NETWORKS = {
    "TFC 1W1A": lambda: tfc(1, 1, 1),
    "TFC 1W2A": lambda: tfc(1, 2, 2),
    "CNV 1W1A": lambda: cnv(1, 1, False),
    "CNV 1W2A": lambda: cnv(1, 2, False),
    "CNV 2W2A with TopK": lambda: cnv(2, 2, True),
    "MobileNet, quantised input":
        lambda: mobilenet(lambda n: n.quant(1 / 255, 8)),
    "MobileNet on uint8": lambda: mobilenet(lambda n: None, 2),
    "MobileNet on uint8, cast":
        lambda: mobilenet(lambda n: n.node("Cast", to=1), 2),
    "MobileNet on scaled bytes": bytes_scaled,
    "ResNet, ReduceMean": lambda: resnet(pool_mean),
    "ResNet, quantised mean": lambda: resnet(pool_quant),
    "ResNet, Trunc": lambda: resnet(pool_trunc),
    "ResNet, Trunc version 2": lambda: resnet(pool_trunc2),
    "VGG10 in 1D": lambda: radio([1, 2, 128], (3,), [2]),
    "VGG10 in 2D": lambda: radio([1, 2, 128, 1], (3, 1), [2, 1]),
    "jet tagging": jets,
    "keywords": keywords,
    "keywords, FINN": keywords_finn,
    "camera, FINN": camera_finn,
    "channels last": channels_last,
    "pools, FINN": pools_finn,
    "detector": detector,
}


def float_picture():
    """No quantiser and no scale in front of the first layer."""
    return mobilenet(lambda n: None)
