#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Write inputs and expected outputs of every shipped model as npy codes.

    make_golden.py MODELS

For each MODELS/*.onnx: MODELS/golden/in_HxWxC.npy, frames as the port takes
them (uint8, N x H x W x C), and MODELS/golden/<model>.npy, the codes that the
float64 evaluation of the graph gives (NHWC or N x K). Whoever executes the
model in integers can check every bit of them without Python.
"""
import argparse
from pathlib import Path

import numpy as np
import onnx
from PIL import Image

import graph_eval
import ring_data

SEED = 77


def picture_crop(models):
    """A corner of the sample picture with lettering and gratings."""
    box = (360, 184, 400, 208)
    return np.asarray(Image.open(models / "sample.png").crop(box))[None]


def blocks(shape, count):
    """Coarse random blocks under noise, in every code from 0 to 255."""
    h, w, c = shape
    rng = np.random.default_rng(SEED)
    coarse = rng.integers(0, 256, (count, 5, 5, c))
    rows, columns = np.arange(h) * 5 // h, np.arange(w) * 5 // w
    frames = coarse[:, rows][:, :, columns]
    frames = frames + rng.integers(-30, 31, frames.shape)
    return np.clip(frames, 0, 255).astype(np.uint8)


def frames_for(model, models):
    """Input frames that suit @model's port."""
    dims = model.graph.input[0].type.tensor_type.shape.dim
    _, channels, height, width = (d.dim_value for d in dims)
    if height == 0:
        return picture_crop(models)
    if channels > 1:
        return blocks((height, width, channels), 4)
    count = max(2, 4 * 64 * 64 // (height * width))
    rings, _, _ = ring_data.generate(count, height, SEED, True)
    return rings.transpose(0, 2, 3, 1)


def expected(model, frames):
    """Output codes of @frames, channels last."""
    x = frames.transpose(0, 3, 1, 2) / 255
    last = {}

    def tap(node, inputs, value):
        """Keep the codes of the last rounding: those of the output port."""
        if node.op_type == "QuantizeLinear":
            last["kind"], last["code"] = value.dtype, value
        elif node.op_type == "Quant":
            signed = graph_eval.attributes(node)["signed"]
            last["kind"] = np.int8 if signed else np.uint8
            last["code"] = np.rint(value / inputs[1])
        return value

    codes = []
    for one in x:
        graph_eval.run(model, one[None], tap)
        codes.append(last["code"].astype(last["kind"]))
    codes = np.concatenate(codes)
    codes = codes.transpose(0, 2, 3, 1) if codes.ndim == 4 else codes
    return np.ascontiguousarray(codes)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", type=Path)
    models = parser.parse_args().models
    golden = models / "golden"
    golden.mkdir(exist_ok=True)
    for path in sorted(models.glob("*.onnx")):
        model = onnx.load(path)
        frames = np.ascontiguousarray(frames_for(model, models))
        shape = "x".join(str(n) for n in frames.shape[1:])
        np.save(golden / f"in_{shape}.npy", frames)
        codes = expected(model, frames)
        np.save(golden / f"{path.stem}.npy", codes)
        print(path.stem, frames.shape, codes.shape, codes.dtype)


if __name__ == "__main__":
    main()
