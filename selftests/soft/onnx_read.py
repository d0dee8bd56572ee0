# SPDX-License-Identifier: LGPL-2.1-or-later
"""A small reader of ONNX files: protobuf by hand, numpy arrays out.

Written from the format's description, independently of the software FPGA's
own reader, so that the two can be compared.
"""
import struct

import numpy as np

DTYPES = {
    1: "<f4", 2: "u1", 3: "i1", 4: "<u2", 5: "<i2", 6: "<i4", 7: "<i8",
    9: "u1", 10: "<f2", 11: "<f8", 12: "<u4", 13: "<u8",
}


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
        shift += 7


def signed(value):
    return value - (1 << 64) if value >> 63 else value


def fields(data):
    """Yield (field number, wire type, value) of a message."""
    at = 0
    while at < len(data):
        key, at = varint(data, at)
        wire = key & 7
        if wire == 0:
            value, at = varint(data, at)
        elif wire == 1:
            value, at = data[at:at + 8], at + 8
        elif wire == 2:
            size, at = varint(data, at)
            value, at = data[at:at + size], at + size
        elif wire == 5:
            value, at = data[at:at + 4], at + 4
        else:
            raise ValueError(f"wire type {wire}")
        yield key >> 3, wire, value


def packed(wire, value, size, code):
    """Numbers of a repeated field, packed or one by one."""
    if wire == 0:
        return [signed(value)]
    if code is None:
        out, at = [], 0
        while at < len(value):
            x, at = varint(value, at)
            out.append(signed(x))
        return out
    return list(struct.unpack(f"<{len(value) // size}{code}", value))


def tensor(data):
    """Return (name, array, ONNX element type)."""
    dims, kind, raw, name, numbers = [], 1, None, "", []
    for field, wire, value in fields(data):
        if field == 1:
            dims += packed(wire, value, 0, None)
        elif field == 2:
            kind = value
        elif field == 4:
            numbers += packed(wire, value, 4, "f")
        elif field in (5, 7, 11):
            numbers += packed(wire, value, 0, None)
        elif field == 8:
            name = value.decode()
        elif field == 9:
            raw = value
        elif field == 10:
            numbers += packed(wire, value, 8, "d")
    if raw is not None and kind in (21, 22):
        pairs = np.frombuffer(raw, "u1")
        numbers = np.stack([pairs & 15, pairs >> 4], 1).ravel()
        numbers = numbers[:int(np.prod(dims))].astype("i2")
        array = np.where((kind == 22) & (numbers > 7), numbers - 16, numbers)
    elif raw is not None:
        array = np.frombuffer(raw, DTYPES[kind])
    elif kind in (21, 22):
        raise ValueError("int4 outside of raw_data")
    else:
        array = np.array(numbers).astype(DTYPES[kind])
    return name, array.reshape(dims), kind


def attribute(data):
    name, value, floats, ints = "", None, [], []
    for field, wire, v in fields(data):
        if field == 1:
            name = v.decode()
        elif field == 2:
            value = struct.unpack("<f", v)[0]
        elif field == 3:
            value = signed(v)
        elif field == 4:
            value = v.decode("latin1")
        elif field == 5:
            value = tensor(v)[1]
        elif field == 7:
            floats += packed(wire, v, 4, "f")
        elif field == 8:
            ints += packed(wire, v, 0, None)
    return name, floats or ints or (value if value is not None else [])


class Node:
    """inputs and outputs by name, attributes as a dictionary"""

    def __init__(self, data):
        self.inputs, self.outputs, self.attr = [], [], {}
        self.op = self.name = self.domain = ""
        for field, _, value in fields(data):
            if field == 1:
                self.inputs.append(value.decode())
            elif field == 2:
                self.outputs.append(value.decode())
            elif field == 3:
                self.name = value.decode()
            elif field == 4:
                self.op = value.decode()
            elif field == 5:
                name, v = attribute(value)
                self.attr[name] = v
            elif field == 7:
                self.domain = value.decode()


class ValueInfo:
    """name, element type, dims (a number, or a string if symbolic)"""

    def __init__(self, data):
        self.name, self.kind, self.dims = "", 0, []
        for field, _, value in fields(data):
            if field == 1:
                self.name = value.decode()
            elif field == 2:
                self.read_type(value)

    def read_type(self, data):
        for field, _, value in fields(data):
            if field != 1:
                continue
            for f, _, v in fields(value):
                if f == 1:
                    self.kind = v
                elif f == 2:
                    self.dims = [self.dim(d) for n, _, d in fields(v)
                                 if n == 1]

    @staticmethod
    def dim(data):
        out = "?"
        for field, _, value in fields(data):
            out = signed(value) if field == 1 else value.decode()
        return out


class Model:
    """nodes, initialisers {name: array}, inputs, outputs, opset"""

    def __init__(self, path):
        self.nodes, self.init, self.inputs, self.outputs = [], {}, [], []
        self.kinds, self.opset = {}, 1
        with open(path, "rb") as f:
            data = f.read()
        for field, _, value in fields(data):
            if field == 7:
                self.read_graph(value)
            elif field == 8:
                self.read_opset(value)
        self.inputs = [i for i in self.inputs if i.name not in self.init]

    def read_opset(self, data):
        got = {field: value for field, _, value in fields(data)}
        if not got.get(1):
            self.opset = got.get(2, 1)

    def read_graph(self, data):
        for field, _, value in fields(data):
            if field == 1:
                self.nodes.append(Node(value))
            elif field == 5:
                name, array, kind = tensor(value)
                self.init[name] = array
                self.kinds[name] = kind
            elif field == 11:
                self.inputs.append(ValueInfo(value))
            elif field == 12:
                self.outputs.append(ValueInfo(value))
