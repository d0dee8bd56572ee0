#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""onnxruntime on a super-resolution network in QONNX, as peer_onnxruntime.c
asks for it: MODEL int8|float HEIGHT WIDTH THREADS FRAMES.

FRAMES is a file with a frame in and a frame out, bytes, channels innermost.
Answers every line on standard input with one on standard output: "run"
computes, "frame" writes what came out. In between nothing runs.
"""
import os
import sys

import numpy as np
import onnxruntime

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "soft"))
from onnx_read import Model
from onnx_write import Writer

FLOAT, UINT8 = 1, 2


class Conversion:
    """The network with QuantizeLinear and DequantizeLinear around bytes, or
    in float, where of a quantiser only its range remains."""

    def __init__(self, path, int8, height, width):
        self.model, self.int8 = Model(path), int8
        self.w, self.k, self.at = Writer(17), dict(self.model.init), {}
        self.scale = {}
        source = self.model.inputs[0].name
        self.at[source] = self.w.input("in", [1, 3, height, width],
                                       UINT8 if int8 else FLOAT)
        self.first = source
        for node in self.model.nodes:
            self.add(node)
        self.w.output(self.at[self.model.outputs[0].name],
                      [1, 3, 2 * height, 2 * width],
                      UINT8 if int8 else FLOAT)

    def add(self, node):
        out = node.outputs[0]
        if node.op == "Constant":
            self.k[out] = node.attr["value"]
        elif node.op == "Quant" and node.inputs[0] in self.k:
            self.constant(node)
        elif node.op == "Quant":
            self.quantiser(node)
        elif node.op == "Conv":
            self.convolution(node)
        elif node.op == "DepthToSpace" and self.int8:
            self.at[out] = self.at[node.inputs[0]]
            self.shuffle = node
        elif node.op == "Relu" and not self.int8:
            # What the quantiser behind it clips is clipped once.
            self.at[out] = self.at[node.inputs[0]]
        else:
            self.at[out] = self.w.node(
                node.op, [self.at[i] for i in node.inputs], **node.attr)

    def constant(self, node):
        x, scale, _, bits = (self.k[i] for i in node.inputs)
        most = 2 ** (int(bits) - 1) - 1
        codes = np.clip(np.rint(x / scale), -most, most)
        self.k[node.outputs[0]] = codes * scale
        self.scale[node.outputs[0]] = scale

    def linear(self, op, x, scale, kind, **attr):
        zero = np.zeros(np.shape(scale), kind)
        return self.w.node(op, [x, self.w.init(np.float32(scale)),
                                self.w.init(zero)], **attr)

    def quantiser(self, node):
        x, out = node.inputs[0], node.outputs[0]
        scale = float(np.ravel(self.k[node.inputs[1]])[0])
        self.scale[out] = scale
        if not self.int8:
            self.at[out] = self.at[x] if x == self.first else self.w.node(
                "Clip", [self.at[x], self.w.init(np.float32(0)),
                         self.w.init(np.float32(255 * scale))])
            return
        y = self.at[x]
        if x != self.first:
            y = self.linear("QuantizeLinear", y, scale, np.uint8)
        if out == self.model.outputs[0].name:
            # The shuffle moves bytes, as any deployment would have it.
            self.at[out] = self.w.node("DepthToSpace", [y],
                                       **self.shuffle.attr)
        else:
            self.at[out] = self.linear("DequantizeLinear", y, scale,
                                       np.uint8)

    def convolution(self, node):
        x, w, b = node.inputs
        weights, bias = self.k[w], np.ravel(self.k[b])
        if self.int8:
            scale = np.ravel(self.scale[w])
            scale = np.broadcast_to(scale, weights.shape[:1])
            unit = scale * self.scale[x]
            codes = np.rint(weights / scale.reshape(-1, 1, 1, 1))
            inputs = [self.linear("DequantizeLinear",
                                  self.w.init(codes.astype(np.int8)), scale,
                                  np.int8, axis=0),
                      self.linear("DequantizeLinear", self.w.init(
                          np.rint(bias / unit).astype(np.int32)), unit,
                          np.int32, axis=0)]
        else:
            inputs = [self.w.init(np.float32(weights)),
                      self.w.init(np.float32(bias))]
        self.at[node.outputs[0]] = self.w.node(
            "Conv", [self.at[x], *inputs], **node.attr)


def session(path, threads):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    options.graph_optimization_level = \
        onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    # Its threads must not spin while others are measured.
    options.add_session_config_entry("session.force_spinning_stop", "1")
    return onnxruntime.InferenceSession(path, options,
                                        ["CPUExecutionProvider"])


def main():
    path, kind, height, width, threads, frames = sys.argv[1:]
    height, width, int8 = int(height), int(width), kind == "int8"
    data = np.memmap(frames, np.uint8, "r+")
    size = height * width * 3
    x = data[:size].reshape(1, height, width, 3).transpose(0, 3, 1, 2)
    x = np.ascontiguousarray(x) if int8 else np.float32(x) / np.float32(255)
    model = f"{frames}.{kind}.onnx"
    Conversion(path, int8, height, width).w.save(model)
    run = session(model, int(threads))
    os.unlink(model)
    y = None
    for line in sys.stdin:
        if line.strip() == "run":
            y = run.run(None, {"in": x})[0]
        else:
            out = y if int8 else np.rint(np.clip(y, 0, 1) * 255)
            data[size:] = out[0].transpose(1, 2, 0).astype(np.uint8).ravel()
        print("done", flush=True)


if __name__ == "__main__":
    main()
