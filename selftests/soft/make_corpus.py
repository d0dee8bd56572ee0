#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Writes the fuzzers' seeds: small networks that together have every
operator. `make_corpus.py FOLDER`"""
import os
import sys

sys.dont_write_bytecode = True
import test_files
import test_microsoft
import test_operators
import test_patterns
from networks import random_network
from published import NETWORKS

LIMIT = 6000        # bytes of a seed
SEEDS = 100         # random networks to choose from


def candidates(folder):
    """Writes one network after the other; yields where."""
    for seed in range(SEEDS):
        path = os.path.join(folder, f"network{seed}.onnx")
        random_network(seed, path)
        yield path
    for i, make in enumerate(NETWORKS.values()):
        path = os.path.join(folder, f"published{i}.onnx")
        make()[0].save(path)
        yield path
    for module in (test_microsoft, test_operators, test_patterns, test_files):
        for name in module.case.all:
            path = os.path.join(folder, f"{name}.onnx")
            module.case.write(name, path)
            yield path


def main(folder):
    kept, seen = 0, set()
    for path in candidates(folder):
        with open(path, "rb") as f:
            data = f.read()
        new = {word for word in WORDS
               if bytes([len(word)]) + word.encode() in data} - seen
        if len(data) <= LIMIT and new:
            seen |= new
            kept += 1
        else:
            os.unlink(path)
    print(f"{kept} networks, {len(seen)} of {len(WORDS)} words; without "
          f"{' '.join(w for w in WORDS if w not in seen)}")


WORDS = [
    "Quant", "BipolarQuant", "MultiThreshold", "Trunc", "QuantizeLinear",
    "DequantizeLinear", "QLinearConv", "QLinearMatMul", "ConvInteger",
    "MatMulInteger", "Conv", "ConvTranspose", "BatchNormalization", "Relu",
    "LeakyRelu", "Clip", "HardSigmoid", "HardSwish", "PRelu", "Abs",
    "MaxPool", "AveragePool", "GlobalAveragePool", "ReduceMean", "ReduceSum",
    "ReduceMax", "Add", "Sub", "Mul", "Concat", "Split", "Slice", "Pad",
    "Resize", "Upsample", "DepthToSpace", "SpaceToDepth", "Reshape",
    "Transpose", "Flatten", "Squeeze", "Shape", "MatMul", "Gemm", "ArgMax",
    "TopK", "Softmax", "Cast", "Constant", "Round", "Sign", "reflect",
    "MaxPoolNHWC", "QuantAvgPool2d", "qonnx.custom_op.channels_last",
    "com.microsoft", "QLinearAdd", "QLinearMul", "QLinearConcat",
    "QLinearLeakyRelu", "QLinearAveragePool", "QLinearGlobalAveragePool",
    "QGemm", "Im2Col", "XnorPopcountMatMul",
]

if __name__ == "__main__":
    main(sys.argv[1])
