#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What is refused, and how: one thing wrong with each file, the node named,
within little time and memory."""
import json
import os
import resource
import subprocess
import sys
import tempfile

import numpy as np

sys.dont_write_bytecode = True
from harness import ASAN, RUN, Tap
from onnx_write import INT4, Writer, blob, number

MEMORY = 256 << 20
SECONDS = 20

EINVAL, EOPNOTSUPP, E2BIG = 22, 95, 7


def limit():
    if not ASAN:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def load(path, isa="1"):
    """Returns (errno or 0, text)."""
    done = subprocess.run([RUN, path, isa, "0", "0", "0"],
                          capture_output=True, text=True, timeout=SECONDS,
                          preexec_fn=limit)
    if done.returncode not in (0, 3):
        return None, f"exit status {done.returncode} {done.stderr[-300:]}"
    text = done.stderr.strip()
    return (int(text.rsplit(": -", 1)[1]) if text else 0), text


def describe(path, as_json):
    done = subprocess.run([RUN, "describe", path, str(int(as_json))],
                          capture_output=True, text=True, timeout=SECONDS)
    return done.returncode, done.stdout


def small(build, dims=(1, 2, 6, 6), quantised=True):
    """A file whose middle is @build(writer, value)."""
    w = Writer()
    x = w.input("in", dims)
    if quantised:
        x = w.quant(x, 0.1, 8, True)
    x = build(w, x)
    w.output(x, ["N", "C", "H", "W"])
    return w


def weights(w, shape, kind=np.float32):
    return w.init(np.ones(shape, kind))


def conv(w, x, shape=(3, 2, 3, 3), **attr):
    return w.node("Conv", [x, weights(w, shape)], **attr)


REFUSED = {
    # name: (network, word in the reason)
    "an unknown operator": (
        lambda w, x: w.node("Erf", [x]), "operator is not supported"),
    "an unknown domain": (
        lambda w, x: w.node("Relu", [x], domain="com.example"),
        "not known in domain com.example"),
    "a table of com.microsoft": (
        lambda w, x: w.node("QLinearSigmoid", [x], domain="com.microsoft"),
        "not known in domain com.microsoft"),
    "weights that are not quantised": (
        lambda w, x: w.node("Conv", [x, w.init(np.float32(
            np.random.default_rng(1).normal(0, 1, (3, 2, 3, 3))))]),
        "weights are not quantised"),
    "weights for other channels": (
        lambda w, x: conv(w, x, (3, 4, 3, 3)), "weights for 4 channels"),
    "a kernel larger than the image": (
        lambda w, x: conv(w, x, (3, 2, 9, 9)), "larger than its input"),
    "negative pads": (
        lambda w, x: conv(w, x, pads=[-1, 0, 0, 0]), "pads is out of range"),
    "a stride of 0": (
        lambda w, x: conv(w, x, strides=[0, 1]), "strides is out of range"),
    "groups that do not divide": (
        lambda w, x: conv(w, x, group=3), "3 groups"),
    "a linear resize": (
        lambda w, x: w.node("Resize", [x, "", w.init(
            np.float32([1, 1, 2, 2]))], mode="linear"), "nearest"),
    "a function without a quantiser": (
        lambda w, x: conv(w, w.node("HardSwish", [x])),
        "needs a quantiser"),
    "a scale of 0": (
        lambda w, x: w.quant(x, 0.0, 8, True), "not positive"),
    "40 bits": (
        lambda w, x: w.quant(x, 0.1, 40, True), "bit width"),
    "an unknown rounding": (
        lambda w, x: w.quant(x, 0.1, 8, True, mode="DICE"),
        "rounding mode"),
    "thresholds that fall": (
        lambda w, x: w.node("MultiThreshold", [x, w.init(
            np.float32([[3, 2, 1]]))], domain=w.qonnx), "not ascending"),
    "a pad that goes round": (
        lambda w, x: w.node("Pad", [x, w.init(np.array([0] * 8))],
                            mode="wrap"), "other than constant"),
    "a mirror behind the edge": (
        lambda w, x: w.node("Pad", [x, w.init(np.array(
            [0, 0, 6, 0, 0, 0, 0, 0]))], mode="reflect"), "too large"),
    "a pad of -2^63": (
        lambda w, x: w.node("Pad", [x], pads=[0, 0, -2 ** 63, 0] + [0] * 4),
        "too large"),
    "an impossible reshape": (
        lambda w, x: w.node("Reshape", [x, w.init(np.array([5, -1]))]),
        "another size"),
    "block size 0": (
        lambda w, x: w.node("DepthToSpace", [x], blocksize=0),
        "block size 0"),
    "a changing divisor": (
        lambda w, x: w.node("Div", [x, x]), "divisor"),
}


def truncated(path, data):
    """Every length must end in an error or, at the very end, in success."""
    for size in list(range(0, len(data), 37)):
        with open(path, "wb") as f:
            f.write(data[:size])
        code, text = load(path)
        if code is None:
            return f"{size} bytes: {text}"
    return ""


def raw_model(*parts):
    return number(1, 8) + blob(7, b"".join(parts)) + \
        blob(8, blob(1, "") + number(2, 13))


def damaged():
    """name: (bytes, errno)"""
    good = small(lambda w, x: conv(w, x))
    io = good.parts[0]
    big = b"".join(number(1, d) for d in (1 << 40, 1 << 40))
    wrong = number(1, 4) + number(2, 1) + blob(8, "w") + blob(9, bytes(12))
    empty = Writer()
    empty.input("in", [1, 2, -6, 6])
    cycle = Writer()
    cycle.parts.append(io)
    for a, b in (("p", "q"), ("q", "p")):
        cycle.parts.append(blob(1, blob(1, a) + blob(2, b) +
                                blob(4, "Relu")))
    cycle.output("p", [1])
    many = blob(1, blob(4, "Relu")) * 20000
    huge = small(lambda w, x: w.node("ConstantOfShape", [w.init(
        np.array([1 << 20, 1 << 20]))]))
    lacking = small(lambda w, x: w.node("QLinearAdd", [x, x, x, x],
                                        domain="com.microsoft"))
    return {
        "a sum that lacks its scale": (raw_model(*lacking.parts), EINVAL),
        "an empty file": (b"", EINVAL),
        "text": (b"this is not ONNX\n" * 9, EINVAL),
        "no graph": (number(1, 8), EINVAL),
        "a tensor of 2^80 elements": (
            raw_model(io, blob(5, big + number(2, 1) + blob(8, "w"))), E2BIG),
        "a tensor with the wrong size": (
            raw_model(io, blob(5, wrong)), EINVAL),
        "a negative dimension": (raw_model(*empty.parts), EINVAL),
        "a cycle": (raw_model(*cycle.parts), EINVAL),
        "20000 nodes": (raw_model(io, many), E2BIG),
        "nothing in it": (raw_model(), EINVAL),
        "a constant of 2^40 elements": (raw_model(*huge.parts), E2BIG),
        "an input of 2^40 elements": (
            raw_model(*small(lambda w, x: x, (1, 1 << 20, 1 << 10, 1 << 10))
                      .parts), E2BIG),
    }


def test_refused(tap, path):
    for name, (build, word) in REFUSED.items():
        small(build).save(path)
        code, text = load(path)
        tap.result(code == EOPNOTSUPP and word in text, f"refused: {name}",
                   text)


def test_damaged(tap, path):
    for name, (data, want) in damaged().items():
        with open(path, "wb") as f:
            f.write(data)
        code, text = load(path)
        tap.result(code == want, f"damaged: {name}", text)


def test_all_at_once(tap, path):
    w = Writer()
    x = w.quant(w.input("in", [1, 2, 6, 6]), 0.1, 8, True)
    for op in ("Erf", "Gelu", "Tan"):
        w.output(w.node(op, [x]), [1, 2, 6, 6])
    w.output(conv(w, x), [1, 3, 4, 4])
    w.save(path)
    code, text = describe(path, True)
    found = json.loads(text)
    ops = [r["type"] for r in found["refused"]]
    tap.result(code == 3 and ops == ["Erf", "Gelu", "Tan"] and
               [p["name"] for p in found["ports"]][0] == "in",
               "JSON lists everything that is refused", str(ops))
    code, text = describe(path, False)
    tap.result(code == 3 and all(op in text for op in ops),
               "so does the table")


def wide_network(channels, bits, **attr):
    w = Writer()
    x = w.quant(w.input("in", (1, 4, 2, 2)), 2.0 ** -13, 16, True)
    random = np.random.default_rng(5)
    for inner in (4, channels, channels):
        k = w.quant(w.init(np.float32(random.normal(
            0, 0.1, (channels, inner, 1, 1)))), np.float32(random.uniform(
                1e-5, 2e-5, (channels, 1, 1, 1))), 16, True, True)
        x = w.quant(w.node("Conv", [x, k]), 1e-4, bits, True, **attr)
    w.output(x, [1, channels, 2, 2])
    return w


def test_many_steps(tap, path):
    wide_network(160, 16).save(path)
    code, text = load(path)
    tap.result(code == 0, "30 million steps of requantisation, proven", text)
    w = wide_network(160, 16, mode="FLOOR")
    w.output(w.node("Erf", ["in"]), [1])
    w.save(path)
    code, text = describe(path, True)
    found = [r["type"] + ": " + r["reason"] for r in
             json.loads(text)["refused"]]
    tap.result(code == 3 and len(found) == 2 and "too many steps" in
               " ".join(found) and "Erf" in " ".join(found),
               "too many steps to walk, and what else is refused",
               "; ".join(found))


def test_many_weights(tap, path):
    """4-bit weights through the nodes that exporters write, each a copy."""
    n = 2048
    w = Writer(21)
    s, z = w.init(np.float32(0.02)), w.init(np.array(0, np.int8))
    x = w.node("QuantizeLinear", [w.input("in", (1, n)), s, z])
    x = w.node("DequantizeLinear", [x, s, z])
    k = w.init(np.arange(n * n).reshape(n, n) % 15 - 7, kind=INT4)
    k = w.node("DequantizeLinear", [k, s])
    k = w.node("Transpose", [k], perm=[1, 0])
    w.output(w.quant(w.node("MatMul", [x, k]), 0.1, 8, True), [1, n])
    w.save(path)
    code, text = load(path)
    tap.result(code == 0 and os.path.getsize(path) < 3 << 20,
               "four million weights of 4 bits in 256 MiB", text)


def test_description(tap, path):
    small(lambda w, x: w.quant(conv(w, x), 0.5, 4, False)).save(path)
    code, text = describe(path, True)
    found = json.loads(text)
    layer = found["layers"][0]
    tap.result(code == 0 and found["macs"] == 4 * 4 * 3 * 2 * 9 and
               found["weights"] == 3 * 2 * 9 and layer["type"] == "UINT4" and
               layer["output"] == [4, 4, 3] and not found["refused"],
               "JSON of a small network", text.strip())


def main():
    tap = Tap()
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "model.onnx")
        tap.result(load(os.path.join(folder, "none"))[0] == 2,
                   "no such file")
        test_refused(tap, path)
        test_damaged(tap, path)
        test_all_at_once(tap, path)
        test_description(tap, path)
        test_many_weights(tap, path)
        test_many_steps(tap, path)
        good = small(lambda w, x: w.quant(conv(w, x), 0.5, 4, False))
        good.save(path)
        tap.result(load(path)[0] == 0, "the same without the mistake")
        codes = [load(path, isa)[0] for isa in ("5", "3", "4")]
        x86 = os.uname().machine == "x86_64"
        tap.result((codes[0] if x86 else codes[2]) == EOPNOTSUPP,
                   "instructions that this machine lacks", str(codes))
        with open(path, "rb") as f:
            data = f.read()
        bad = truncated(path, data)
        tap.result(not bad, "truncated at every 37th byte", bad)
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
