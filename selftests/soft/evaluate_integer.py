# SPDX-License-Identifier: LGPL-2.1-or-later
"""The evaluator's operators on codes: ONNX's own and com.microsoft's, in the
words of their descriptions."""
import numpy as np


class IntegerOperators:
    def op_ConvInteger(self, node, x, w, xz=None, wz=None):
        wz = 0.0 if wz is None else wz.reshape([-1] + [1] * (w.ndim - 1))
        return self.op_Conv(node, x - (0.0 if xz is None else xz), w - wz)

    def op_MatMulInteger(self, node, a, b, az=None, bz=None):
        return (a - (0.0 if az is None else az)) @ \
            (b - (0.0 if bz is None else bz))

    def requantise(self, node, real, scale, zero, kind):
        low = -128 if kind == 3 else 0
        y = real / scale
        self.count_ties(np.clip(y, low - zero - 1, low + 256 - zero))
        return np.clip(np.rint(y) + zero, low, low + 255)

    def op_QLinearConv(self, node, x, xs, xz, w, ws, wz, ys, yz, bias=None):
        col = [-1] + [1] * (w.ndim - 1)
        real = self.op_Conv(node, (x - xz) * xs,
                            (w - wz.reshape(col)) * ws.reshape(col),
                            None if bias is None else bias * xs * ws)
        return self.requantise(node, real, ys, yz, self.kind(node, 7))

    def op_QLinearMatMul(self, node, a, as_, az, b, bs, bz, ys, yz):
        real = ((a - az) * as_) @ ((b - bz) * bs)
        return self.requantise(node, real, ys, yz, self.kind(node, 7))

    # --- com.microsoft ------------------------------------------------------

    @staticmethod
    def real(codes, scale, zero):
        return (codes - (0.0 if zero is None else zero)) * scale

    def op_QLinearAdd(self, node, a, as_, az, b, bs, bz, ys, yz):
        return self.requantise(node, self.real(a, as_, az) +
                               self.real(b, bs, bz), ys, yz,
                               self.kind(node, 7))

    def op_QLinearMul(self, node, a, as_, az, b, bs, bz, ys, yz):
        return self.requantise(node, self.real(a, as_, az) *
                               self.real(b, bs, bz), ys, yz,
                               self.kind(node, 7))

    def op_QLinearConcat(self, node, ys, yz, *parts):
        real = [self.real(*parts[i:i + 3]) for i in range(0, len(parts), 3)]
        return self.requantise(node, np.concatenate(real, node.attr["axis"]),
                               ys, yz, self.kind(node, 1))

    def single(self, node, x, xs, xz, ys, yz, function):
        last = node.attr.get("channels_last", 0)
        x = np.moveaxis(x, -1, 1) if last else x
        y = self.requantise(node, function(node, self.real(x, xs, xz)), ys,
                            yz, self.kind(node, 4))
        return np.moveaxis(y, 1, -1) if last else y

    def op_QLinearGlobalAveragePool(self, node, *args):
        return self.single(node, *args, self.op_GlobalAveragePool)

    def op_QLinearAveragePool(self, node, *args):
        return self.single(node, *args, self.op_AveragePool)

    def op_QLinearLeakyRelu(self, node, *args):
        return self.single(node, *args, self.op_LeakyRelu)

    def op_QGemm(self, node, a, as_, az, b, bs, bz, c=None, ys=None,
                 yz=None):
        trans = node.attr.get("transB", 0)
        b = b.T if trans else b
        alpha = node.attr.get("alpha", 1.0)
        real = alpha * as_ * bs * ((a - az) @ (b - bz))
        real = real if c is None else real + c * alpha * as_ * bs
        return real if ys is None else \
            self.requantise(node, real, ys, yz, self.kind(node, 8))

    # --- FINN's -------------------------------------------------------------

    def op_Im2Col(self, node, x):
        """Rows of patches, NHWC: [kh, kw, c] innermost."""
        kh, kw = node.attr["kernel_size"]
        sh, sw = node.attr["stride"]
        dh, dw = node.attr.get("dilations", [1, 1])
        top, left, bottom, right = node.attr.get("pad_amount", [0] * 4)
        x = np.pad(x, ((0, 0), (top, bottom), (left, right), (0, 0)))
        rows = (x.shape[1] - (kh - 1) * dh - 1) // sh + 1
        columns = (x.shape[2] - (kw - 1) * dw - 1) // sw + 1
        return np.concatenate(
            [x[:, i * dh:i * dh + sh * (rows - 1) + 1:sh,
               j * dw:j * dw + sw * (columns - 1) + 1:sw]
             for i in range(kh) for j in range(kw)], axis=3)

    def op_XnorPopcountMatMul(self, node, a, b):
        """How many of the bits are equal."""
        return (a[..., :, None] == b).sum(-2).astype(float)
