#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Writes the fuzzers' seeds: small networks that together have every
operator. `make_corpus.py FOLDER`"""
import os
import sys

sys.dont_write_bytecode = True
from networks import random_network

LIMIT = 6000        # bytes of a seed
WANTED = 24


def main(folder):
    kept, seen, seed = 0, set(), 0
    while kept < WANTED and seed < 2000:
        path = os.path.join(folder, f"network{seed}.onnx")
        random_network(seed, path)
        with open(path, "rb") as f:
            data = f.read()
        new = {op for op in OPERATORS if op.encode() in data} - seen
        if len(data) <= LIMIT and new:
            seen |= new
            kept += 1
        else:
            os.unlink(path)
        seed += 1
    print(f"{kept} networks, {len(seen)} of {len(OPERATORS)} operators")


OPERATORS = [
    "Quant", "BipolarQuant", "MultiThreshold", "QuantizeLinear",
    "DequantizeLinear", "QLinearConv", "ConvInteger", "ConvTranspose",
    "BatchNormalization", "Relu", "LeakyRelu", "Clip", "HardSigmoid",
    "HardSwish", "PRelu", "Abs", "MaxPool", "AveragePool",
    "GlobalAveragePool", "Add", "Sub", "Mul", "Concat", "Split", "Slice",
    "Pad", "Resize", "DepthToSpace", "SpaceToDepth", "Reshape", "Transpose",
    "Flatten", "MatMul", "Gemm", "ArgMax", "TopK", "Softmax", "Cast",
]

if __name__ == "__main__":
    main(sys.argv[1])
