#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The software FPGA beside qonnx's executor and onnxruntime.

Both compute in float32, so that a value within float32's error of a rounding
step may fall to the other side there; each differing output is traced to the
nearest quantiser that was that close. Needs packages from PyPI; not part of
`make test`.
"""
import os
import sys
import tempfile
import warnings

import numpy as np

sys.dont_write_bytecode = True
import test_files
import test_microsoft
import test_operators
import test_patterns
from evaluate import Evaluator
from harness import SHARED, SRCDIR, Refused, run_as_model
from networks import random_network
from onnx_read import Model
from published import NETWORKS as PUBLISHED

NETWORKS = int(os.environ.get("CROSS_NETWORKS", "30"))
warnings.simplefilter("ignore")


def with_qonnx(path, feeds):
    from qonnx.core.modelwrapper import ModelWrapper
    from qonnx.core.onnx_exec import execute_onnx
    from qonnx.transformation.infer_shapes import InferShapes
    from onnx.helper import make_opsetid

    model = ModelWrapper(path)
    for node in model.graph.node:
        if node.domain in ("onnx.brevitas", "finn.custom_op.general"):
            node.domain = "qonnx.custom_op.general"
    known = {o.domain for o in model.model.opset_import}
    if "qonnx.custom_op.general" not in known:
        model.model.opset_import.append(
            make_opsetid("qonnx.custom_op.general", 1))
    for tensor, shape in feeds.items():
        model.set_tensor_shape(tensor, list(shape.shape))
    model = model.transform(InferShapes())
    out = execute_onnx(model, feeds)
    return [out[o.name] for o in model.graph.output]


def with_onnxruntime(path, feeds):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.graph_optimization_level = \
        onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(path, options)
    return session.run(None, feeds)


def near_steps(path, feeds):
    """How many quantiser inputs lie within float32's error of a step."""
    import evaluate

    evaluate.TIE, saved = 1e-5, evaluate.TIE
    evaluator = Evaluator(path)
    evaluator.run(feeds)
    evaluate.TIE = saved
    return evaluator.ties


class Table:
    def __init__(self):
        self.bad = 0
        print(f"{'network':34} {'peer':12} {'outputs':>8} {'differ':>7}  "
              "reason")

    def row(self, name, peer, total, wrong, reason):
        print(f"{name[:34]:34} {peer:12} {total:8} {wrong:7}  {reason}",
              flush=True)


def check(table, name, path, feeds, peers):
    try:
        ours = run_as_model(path, list(feeds.values()), isa=0, **SIZE)
    except Refused as reason:
        table.row(name, "-", 0, 0, f"refused: {reason}")
        return
    for peer, run in peers:
        try:
            theirs = run(path, feeds)
        except Exception as reason:      # a peer's own limits are no result
            table.row(name, peer, 0, 0, "the peer cannot: " +
                      str(reason).strip().splitlines()[-1][:90])
            continue
        wrong = total = 0
        most = 0.0
        for a, b in zip(ours, theirs):
            a, b = np.ravel(a).astype(float), np.ravel(b).astype(float)
            limit = 1e-4 * max(float(np.abs(b).max(initial=0)), 1e-6)
            wrong += int((np.abs(a - b) > limit).sum())
            most = max(most, float(np.abs(a - b).max(initial=0)))
            total += b.size
        near = near_steps(path, feeds) if wrong else 0
        reason = ""
        if wrong:
            reason = f"by {most:.3g} at most; {near} values lie within " \
                "float32's error of a step"
            if not near:
                reason = "NOT EXPLAINED"
                table.bad += 1
        table.row(name, peer, total, wrong, reason)


SIZE = {}
PEERS = {"qonnx": with_qonnx, "onnxruntime": with_onnxruntime}


def peers(path):
    """onnxruntime runs ONNX's and its own dialect, qonnx the others."""
    standard = {"", "ai.onnx", "com.microsoft"}
    custom = {n.domain for n in Model(path).nodes} - standard
    name = "qonnx" if custom else "onnxruntime"
    return [(name, PEERS[name])]


def random_networks(table, path, rng):
    for seed in range(NETWORKS):
        builder = random_network(seed, path)
        x = np.float32(rng.normal(0, 1, (1, *builder.in_shape)))
        check(table, f"random {seed} ({builder.dialect})", path, {"in": x},
              peers(path))


def one_operator(table, path, rng):
    for module in (test_operators, test_microsoft, test_patterns, test_files):
        for name in module.case.all:
            shape = module.case.write(name, path)
            check(table, f"{module.__name__[5:]}: {name}", path,
                  {"in": np.float32(rng.normal(0, 0.8, shape))}, peers(path))


def published(table, path):
    for name, make in PUBLISHED.items():
        writer, inputs = make()
        writer.save(path)
        names = [i.name for i in Model(path).inputs]
        check(table, f"like {name}", path, dict(zip(names, inputs)),
              peers(path))


def shipped(table, rng):
    """Our own models, and those of the shared data, on random pictures."""
    ours = os.path.join(SRCDIR, "tools", "models")
    theirs = os.path.join(SHARED, "models")
    for folder, name in (
            (ours, "lrsrn_x2"), (ours, "lrsrn_x2_jpeg90"), (ours, "resnet8"),
            (ours, "resnet8_qdq"), (ours, "ring_classifier_64_w4"),
            (ours, "ring_classifier_64_w8"), (ours, "ring_regressor_64_w4"),
            (ours, "ring_regressor_64_w8"), (theirs, "espcn_nnresize_quant"),
            (theirs, "TFC_2W2A")):
        path = os.path.join(folder, name + ".onnx")
        if not os.path.exists(path):
            table.row(name, "-", 0, 0, "../shared/data is not there")
            continue
        put = Model(path).inputs[0]
        shape = [d if isinstance(d, int) else 1 if not i else 24
                 for i, d in enumerate(put.dims)]
        SIZE.update(height=24, width=24)
        x = rng.integers(0, 256, shape)
        x = x.astype(np.uint8) if put.kind == 2 else np.float32(x / 255)
        check(table, name, path, {put.name: x}, peers(path))
        SIZE.clear()


def main():
    table = Table()
    rng = np.random.default_rng(9)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "network.onnx")
        random_networks(table, path, rng)
        one_operator(table, path, rng)
        published(table, path)
    shipped(table, rng)
    return 1 if table.bad else 0


if __name__ == "__main__":
    sys.exit(main())
