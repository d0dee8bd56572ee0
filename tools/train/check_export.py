#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Does an exported graph compute what the training framework computed?

    check_export.py [--checkpoints DIR] [--srfpga TOOL] MODEL.onnx...

holds the float64 evaluation of each graph (graph_eval.py) against

- the qonnx executor, or ONNX Runtime for the QuantizeLinear dialect;
- PyTorch's quantised forward, given the folder of <model>.quant.pt;
- the software FPGA, given the srfpga tool: bit for bit;
- the same model in the other dialect, if it is beside it: bit for bit.

The first two compute in float32, so a value within TIE of a rounding boundary
may fall to either side there. Every rounding of every layer is checked for
itself: the float64 evaluation goes on from the other's codes, so that one tie
does not hide what follows.
"""
import argparse
import sys
from pathlib import Path

import brevitas.nn as qnn
import numpy as np
import onnx
import torch

import graph_eval
import make_golden
from tool import Tool

TIE = 1e-3  # of a code


class Comparison:
    """Counts the codes that differ, and those that no tie explains."""

    def __init__(self):
        self.values = self.ties = self.wrong = 0

    def tap(self, model, theirs):
        """A tap for graph_eval.run; @theirs maps tensor names to values."""
        names = {node.output[0] for node in graph_eval.probes(model)}

        def look(node, inputs, ours):
            if node.output[0] not in names:
                return ours
            value = theirs[node.output[0]].reshape(ours.shape)
            self._count(inputs[0] / inputs[1], inputs[1], ours, value)
            return value.astype(ours.dtype)

        return look

    def _count(self, exact, scale, ours, value):
        step = scale if ours.dtype.kind == "f" else 1
        gap = np.rint(np.abs(ours.astype(float) - value) / step)
        near = np.abs(exact - np.floor(exact) - 0.5) < TIE
        self.values += gap.size
        self.ties += int(((gap == 1) & near).sum())
        self.wrong += int(((gap > 0) & ~((gap == 1) & near)).sum())

    def result(self):
        return {"codes": self.values, "ties": self.ties, "wrong": self.wrong}


def torch_codes(net, model, x):
    """Outputs of every activation quantiser of @net, by tensor name."""
    seen = []
    hooks = [
        module.register_forward_hook(lambda m, i, out: seen.append(out))
        for module in net.modules()
        if isinstance(module, (qnn.QuantReLU, qnn.QuantIdentity))
    ]
    with torch.inference_mode():
        net(x)
    for hook in hooks:
        hook.remove()
    names = [node.output[0] for node in graph_eval.probes(model)]
    if len(names) != len(seen):
        raise RuntimeError(f"{len(seen)} quantisers, {len(names)} in the graph")
    return {name: out.value.numpy() for name, out in zip(names, seen)}


def compare(net, path, x):
    """PyTorch's quantised forward of @net against the file at @path."""
    model, comparison = onnx.load(path), Comparison()
    for one in x.split(1):
        tap = comparison.tap(model, torch_codes(net, model, one))
        graph_eval.run(model, one.numpy(), tap)
    return comparison.result()


def executor(model, shape):
    """x -> every probed tensor, by somebody else's executor in float32."""
    names = [node.output[0] for node in graph_eval.probes(model)]
    if any(n.op_type == "QuantizeLinear" for n in model.graph.node):
        return onnxruntime_executor(model, names)
    from qonnx.core.modelwrapper import ModelWrapper
    from qonnx.core.onnx_exec import execute_onnx
    from qonnx.transformation.infer_shapes import InferShapes

    wrapper = ModelWrapper(model, make_deepcopy=True)
    wrapper.set_tensor_shape("input", shape)
    del wrapper.graph.output[0].type.tensor_type.shape.dim[:]
    wrapper = wrapper.transform(InferShapes())
    return lambda x: execute_onnx(wrapper, {"input": x}, True)


def onnxruntime_executor(model, names):
    """ONNX Runtime, without the fusions that would change the arithmetic."""
    import onnxruntime as ort

    extended = onnx.ModelProto()
    extended.CopyFrom(model)
    extended.graph.output.extend(onnx.ValueInfoProto(name=n) for n in names)
    options = ort.SessionOptions()
    options.graph_optimization_level = (
        ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    )
    session = ort.InferenceSession(extended.SerializeToString(), options)
    return lambda x: dict(zip(names, session.run(names, {"input": x})))


def compare_executor(model, x):
    """The other executor against the float64 evaluation."""
    comparison, execute = Comparison(), executor(model, [1, *x.shape[1:]])
    for one in np.split(x, len(x)):
        theirs = execute(one.astype(np.float32))
        graph_eval.run(model, one, comparison.tap(model, theirs))
    return comparison.result()


def network(name):
    """An untrained network of the shape that model @name has."""
    import resnet8
    import ring_net
    from sr_quant import LrsrnQuant

    if name.startswith("lrsrn"):
        return LrsrnQuant()
    if name.startswith("resnet8"):
        return resnet8.quant_net()
    task, size, bits = name.rsplit("_", 2)
    outputs = 2 if task == "ring_classifier" else 1
    net = ring_net.quant_net(int(size), outputs, int(bits[1:]))
    return net if outputs > 1 else ring_net.in_micrometres(net)


def random_input(model, seed=5, count=4):
    """Codes over 255 in the model's shape; 40 x 56 where it leaves it open."""
    dims = model.graph.input[0].type.tensor_type.shape.dim
    open_size = {2: 40, 3: 56}
    shape = [d.dim_value or open_size[i] for i, d in enumerate(dims)]
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (count, shape[1], 5, 5))
    y = np.arange(shape[2]) * 5 // shape[2]
    x = np.arange(shape[3]) * 5 // shape[3]
    smooth = coarse[:, :, y][:, :, :, x]
    noise = rng.integers(-30, 31, smooth.shape)
    return np.clip(smooth + noise, 0, 255) / 255


def exact(ours, theirs):
    """The result of a comparison that allows nothing."""
    wrong = int((ours != theirs).sum())
    return {"codes": ours.size, "ties": 0, "wrong": wrong}


def checks(path, x, options):
    """(with whom, result) of every comparison that can be made."""
    model = onnx.load(path)
    yield "executor", compare_executor(model, x)
    checkpoint = (options.checkpoints or Path()) / f"{path.stem}.quant.pt"
    if options.checkpoints and checkpoint.exists():
        net = network(path.stem)
        net.load_state_dict(torch.load(checkpoint))
        yield "torch", compare(net.eval(), path, torch.from_numpy(x).float())
    frames = np.rint(x * 255).astype(np.uint8).transpose(0, 2, 3, 1)
    codes = make_golden.expected(model, frames)
    if options.srfpga:
        with Tool(options.srfpga) as tool:
            yield "software FPGA", exact(codes, tool.run(path, frames))
    other = path.with_stem(f"{path.stem}_qdq")
    if other.exists():
        theirs = make_golden.expected(onnx.load(other), frames)
        yield other.stem, exact(codes, theirs)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", type=Path, nargs="+", metavar="MODEL.onnx")
    parser.add_argument("--checkpoints", type=Path, metavar="DIR")
    parser.add_argument("--srfpga", type=Path, metavar="TOOL")
    options = parser.parse_args()
    wrong = 0
    for path in options.models:
        x = random_input(onnx.load(path))
        for name, result in checks(path, x, options):
            print(path.stem, name, result, flush=True)
            wrong += result["wrong"]
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
