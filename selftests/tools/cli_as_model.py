#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""srfpga run --as-model: arrays exactly as the ONNX graph declares them, in
batches, through the tool, against the float64 evaluator."""
import glob
import os
import subprocess
import sys
import tempfile

import numpy as np

sys.dont_write_bytecode = True
SRCDIR = os.environ.get("SRCDIR", os.getcwd())
sys.path.insert(0, os.path.join(SRCDIR, "selftests", "soft"))
from evaluate import Evaluator
from harness import ASAN, O, SHARED, Tap
from networks import random_network
from onnx_write import Writer, blob

SRFPGA = os.path.abspath(os.path.join(O, "srfpga"))
KINDS = {1: "float32", 2: "uint8", 3: "int8", 6: "int32", 7: "int64"}
NETWORKS = 6 if ASAN else 18


def tool(folder, model, inputs, outputs, *options):
    """Runs the command; returns (the completed process, the arrays)."""
    names = [os.path.join(folder, f"in{i}.npy") for i in range(len(inputs))]
    out = [os.path.join(folder, f"out{i}.npy") for i in range(outputs)]
    for name, x in zip(names, inputs):
        np.save(name, x)
    for name in filter(os.path.exists, out):
        os.remove(name)
    env = dict(os.environ, LD_LIBRARY_PATH=os.path.abspath(O))
    done = subprocess.run(
        [SRFPGA, "run", "-q", "-d", model, "--as-model", *options,
         "--inputfile", *names, "--outputfile", *out],
        capture_output=True, text=True, timeout=600, env=env)
    return done, [np.load(o) for o in out if os.path.exists(o)]


class Replay:
    """One model, one batch; `wrong` tells what is not as the graph says."""

    def __init__(self, folder, path, inputs, *options):
        self.evaluator = Evaluator(path)
        model = self.evaluator.model
        done, self.got = tool(folder, "soft:" + path, inputs,
                              len(model.outputs), *options)
        self.wrong, self.outputs = [], 0
        if done.returncode:
            self.wrong.append(done.stderr.strip())
            return
        for info, got, want in zip(model.outputs, self.got,
                                   self.expect(model, inputs)):
            self.compare(info, got, want)

    def expect(self, model, inputs):
        """Frame by frame, as hardware would."""
        frames = []
        for i in range(len(inputs[0])):
            feeds = {port.name: x[i:i + 1]
                     for port, x in zip(model.inputs, inputs)}
            frames.append(self.evaluator.run(feeds))
        return [np.concatenate(f) for f in zip(*frames)]

    def compare(self, info, got, want):
        kind = KINDS[info.kind]
        if got.dtype != kind or got.shape != want.shape:
            self.wrong.append(f"{info.name} is {got.dtype}{got.shape}, not "
                              f"{kind}{want.shape}")
            return
        limit = 2e-6 * np.maximum(np.abs(want), 1e-3)
        far = int((np.abs(got - want) > limit).sum())
        self.outputs += got.size
        if far and not self.evaluator.ties:
            self.wrong.append(f"{far} of {got.size} of {info.name} differ")

    def detail(self):
        return "; ".join(self.wrong) or \
            f"{self.outputs} outputs, {self.evaluator.ties} on a tie"


def report(tap, name, replay, also=True):
    tap.result(not replay.wrong and also, name, replay.detail())


def published(tap, folder):
    tfc = os.path.join(SHARED, "models", "TFC_2W2A.onnx")
    if not os.path.exists(tfc):
        tap.skip("published models", "../shared/data is not there")
        return
    digits = np.load(os.path.join(SHARED, "models", "finn_tfc_input.npy"))
    replay = Replay(folder, tfc, [digits / np.float32(255)])
    classes = [y.argmax(1).tolist() for y in replay.got]
    report(tap, "TFC_2W2A: FINN's four digits", replay,
           classes == [[7, 2, 1, 0]])
    espcn = os.path.join(SHARED, "models", "espcn_nnresize_quant.onnx")
    x = np.random.default_rng(5).random((2, 3, 128, 128), np.float32)
    report(tap, "espcn, two frames", Replay(folder, espcn, [x]))


def shipped(tap, folder):
    rng = np.random.default_rng(6)
    for path in sorted(glob.glob(os.path.join(SRCDIR, "tools", "models",
                                              "*.onnx"))):
        dims = Evaluator(path).model.inputs[0].dims[1:]
        dims = [d if isinstance(d, int) else 11 + 4 * i
                for i, d in enumerate(dims)]
        x = rng.random((2, *dims), np.float32)
        report(tap, os.path.basename(path), Replay(folder, path, [x]))


def random_networks(tap, folder):
    wrong, outputs = [], 0
    for seed in range(NETWORKS):
        path = os.path.join(folder, "random.onnx")
        builder = random_network(seed, path)
        x = builder.rng.normal(0, 1.2, (3, *builder.in_shape))
        if builder.exact:
            x = np.round(x * 64) / 64
        replay = Replay(folder, path, [np.float32(x)])
        outputs += replay.outputs
        wrong += [f"network {seed}: {w}" for w in replay.wrong]
    tap.result(not wrong, f"{NETWORKS} random networks",
               "; ".join(wrong) or f"{outputs} outputs")


def two_inputs(path):
    """A picture of real numbers and one of 8-bit integers; a picture and the
    brightest channel of each pixel."""
    w = Writer(opset=17)
    a, b = w.input("a", [1, 3, 6, 9]), w.input("b", [1, 3, 6, 9], 3)
    step, zero = w.init(np.float32(0.05)), w.init(np.array(7, np.int8))
    b = w.node("DequantizeLinear", [b, step, zero])
    a = w.node("DequantizeLinear", [w.node("QuantizeLinear", [a, step, zero]),
                                    step, zero])
    k = np.random.default_rng(7).integers(-9, 10, (5, 3, 3, 3))
    k = w.init(np.float32(k) * np.float32(0.25))
    s = w.node("Conv", [w.node("Add", [a, b]), k], pads=[1] * 4,
               kernel_shape=[3, 3])
    w.output(w.quant(s, 0.5, 8, True), [1, 5, 6, 9])
    w.output(w.node("ArgMax", [s], axis=1, keepdims=1), [1, 1, 6, 9], 7)
    w.save(path)


def several_ports(tap, folder):
    path = os.path.join(folder, "two.onnx")
    two_inputs(path)
    rng = np.random.default_rng(8)
    a = np.float32(rng.normal(0, 3, (4, 3, 6, 9)))
    b = rng.integers(-128, 128, a.shape, np.int8)
    whole = Replay(folder, path, [a, b])
    report(tap, "two inputs, two outputs, each of its own type", whole)
    same = Replay(folder, path, [a, b], "--batchsize", "1")
    tap.result(len(same.got) == 2 and
               all(np.array_equal(x, y)
                   for x, y in zip(same.got, whole.got)),
               "one frame at a time gives the same")
    done, got = tool(folder, "soft:" + path, [a, b[:3]], 2)
    tap.result(done.returncode == 1 and "3 frames" in done.stderr and not got,
               "inputs of different length are refused",
               done.stderr.strip())
    done, got = tool(folder, "soft:" + path, [a], 2)
    tap.result(done.returncode == 2 and "--inputfile" in done.stderr,
               "a missing input is refused", done.stderr.strip())


def layouts(tap, folder):
    """Channels behind columns, sizes left open; no batch at all."""
    w = Writer()
    x = w.input("x", ["N", "H", "W", 3])
    w.output(w.quant(x, 0.1, 6, True), ["N", "H", "W", 3])
    path = os.path.join(folder, "last.onnx")
    w.save(path)
    rng = np.random.default_rng(9)
    x = np.float32(rng.normal(0, 1, (2, 5, 8, 3)))
    report(tap, "channels last", Replay(folder, path, [x]))
    w = Writer()
    w.output(w.quant(w.input("x", [7]), 0.1, 6, True), [7])
    path = os.path.join(folder, "vector.onnx")
    w.save(path)
    x = np.float32(rng.normal(0, 1, 7))
    (want,) = Evaluator(path).run({"x": x})
    done, got = tool(folder, "soft:" + path, [x], 1)
    tap.result(len(got) == 1 and got[0].shape == (7,) and
               np.allclose(got[0], want), "a vector without a batch",
               done.stderr.strip())


def annotated(tap, folder):
    """FINN's graphs say only in an annotation that the input is integers."""
    w = Writer()
    x = w.input("x", [1, 12])
    note = blob(1, x) + blob(2, blob(1, "finn_datatype") + blob(2, "UINT4"))
    w.parts.append(blob(14, note))
    k = np.random.default_rng(10).integers(-1, 2, (12, 5))
    y = w.node("MatMul", [x, w.init(np.float32(k))])
    t = np.sort(np.random.default_rng(11).integers(-20, 20, (5, 3)), 1)
    y = w.node("MultiThreshold", [y, w.init(np.float32(t))],
               domain="finn.custom_op.general", out_dtype="UINT2")
    w.output(y, [1, 5])
    path = os.path.join(folder, "finn.onnx")
    w.save(path)
    x = np.float32(np.random.default_rng(12).integers(0, 16, (6, 12)))
    report(tap, "an input that FINN annotates", Replay(folder, path, [x]))


def refusals(tap, folder):
    path = os.path.join(folder, "two.onnx")
    a = np.zeros((1, 3, 6, 9), np.float32)
    b = np.zeros(a.shape, np.int8)
    nan = a.copy()
    nan[0, 1, 2, 3] = np.nan
    half = b.astype(np.float64)
    half[0, 0, 0, 5] = 0.5
    cases = [
        ("NaN", [nan, b], "element 75 is NaN"),
        ("a fraction for an integer input", [a, half], "element 5 is 0.5"),
        ("channels at the wrong end", [a.transpose(0, 2, 3, 1), b],
         "(1, 6, 9, 3) does not fit port a, which takes (batch, 3, 6, 9)"),
    ]
    for name, inputs, text in cases:
        done, got = tool(folder, "soft:" + path, inputs, 2)
        tap.result(done.returncode == 1 and text in done.stderr and not got,
                   f"{name} is refused", done.stderr.strip())
    done, got = tool(folder, "/dev/null", [a, b], 2)
    tap.result(done.returncode == 2 and "soft:" in done.stderr,
               "hardware is refused", done.stderr.strip())


def main():
    tap = Tap()
    with tempfile.TemporaryDirectory() as folder:
        for part in (published, shipped, random_networks, several_ports,
                     layouts, annotated, refusals):
            part(tap, folder)
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
