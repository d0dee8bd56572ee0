# SPDX-License-Identifier: LGPL-2.1-or-later
"""A small writer of ONNX files: protobuf by hand."""
import struct

import numpy as np

KINDS = {
    "float32": 1, "uint8": 2, "int8": 3, "uint16": 4, "int16": 5,
    "int32": 6, "int64": 7, "float16": 10, "float64": 11, "uint32": 12,
    "uint64": 13,
}
UINT4, INT4 = 21, 22


def varint(x):
    x &= (1 << 64) - 1
    out = bytearray()
    while x > 127:
        out.append(x & 127 | 128)
        x >>= 7
    out.append(x)
    return bytes(out)


def number(field, x):
    return varint(field << 3) + varint(x)


def blob(field, data):
    if isinstance(data, str):
        data = data.encode()
    return varint(field << 3 | 2) + varint(len(data)) + data


def nibbles(array):
    """Two elements a byte, the first in the low half."""
    flat = np.asarray(array).astype(np.int64).ravel() & 15
    flat = np.append(flat, np.zeros(flat.size % 2, np.int64))
    return (flat[::2] | flat[1::2] << 4).astype(np.uint8).tobytes()


def tensor(name, array, kind=None):
    """@kind: UINT4 or INT4 for whole numbers that fit."""
    array = np.asarray(array)
    out = b"".join(number(1, d) for d in array.shape)
    data = nibbles(array) if kind in (UINT4, INT4) else \
        array.astype(array.dtype.newbyteorder("<")).tobytes()
    kind = KINDS[array.dtype.name] if kind is None else kind
    return out + number(2, kind) + blob(8, name) + blob(9, data)


def attribute(name, value):
    out = blob(1, name)
    if isinstance(value, float):
        return out + varint(2 << 3 | 5) + struct.pack("<f", value) + \
            number(20, 1)
    if isinstance(value, (int, np.integer)):
        return out + number(3, int(value)) + number(20, 2)
    if isinstance(value, str):
        return out + blob(4, value) + number(20, 3)
    if isinstance(value, np.ndarray):
        return out + blob(5, tensor("", value)) + number(20, 4)
    return out + b"".join(number(8, int(v)) for v in value) + number(20, 7)


def value_info(name, kind, dims):
    shape = b"".join(blob(1, blob(2, d) if isinstance(d, str) else
                          number(1, d)) for d in dims)
    return blob(1, name) + blob(2, blob(1, number(1, kind) + blob(2, shape)))


class Writer:
    """Collects a graph; node() returns the name of its first output."""

    def __init__(self, opset=13):
        self.parts, self.opset, self.count = [], opset, 0
        self.qonnx = "qonnx.custom_op.general"
        self.domains = {self.qonnx}

    def name(self, stem):
        self.count += 1
        return f"{stem}{self.count}"

    def input(self, name, dims, kind=1):
        self.parts.append(blob(11, value_info(name, kind, dims)))
        return name

    def output(self, name, dims, kind=1):
        self.parts.append(blob(12, value_info(name, kind, dims)))

    def init(self, array, stem="k", kind=None):
        name = self.name(stem)
        self.parts.append(blob(5, tensor(name, array, kind)))
        return name

    def node(self, op, inputs, outputs=1, domain="", **attr):
        names = [self.name(op.lower() + "_out") for _ in range(outputs)]
        body = b"".join(blob(1, i) for i in inputs)
        body += b"".join(blob(2, o) for o in names)
        body += blob(3, self.name(op)) + blob(4, op)
        body += b"".join(blob(5, attribute(k, v)) for k, v in attr.items())
        if domain:
            body += blob(7, domain)
            self.domains.add(domain)
        self.parts.append(blob(1, body))
        return names[0] if outputs == 1 else names

    def quant(self, x, scale, bits, signed, narrow=0, mode="ROUND", zero=0.0):
        return self.node(
            "Quant", [x, self.init(np.float32(scale)),
                      self.init(np.float32(zero)),
                      self.init(np.float32(bits))], domain=self.qonnx,
            signed=int(signed), narrow=int(narrow), rounding_mode=mode)

    def save(self, path):
        graph = b"".join(self.parts) + blob(2, "test")
        domains = [("", self.opset)] + [
            (d, 1) for d in sorted(self.domains)]
        opsets = b"".join(blob(8, blob(1, d) + number(2, v))
                          for d, v in domains)
        with open(path, "wb") as f:
            version = 10 if self.opset >= 21 else 8
            f.write(number(1, version) + blob(7, graph) + opsets)
