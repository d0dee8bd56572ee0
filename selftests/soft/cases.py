# SPDX-License-Identifier: LGPL-2.1-or-later
"""Small networks of one operator each, run and compared with float64."""
import os
import subprocess
import tempfile

import numpy as np

from harness import LAYERS, Comparison, Refused, Tap
from onnx_write import Writer


def rng():
    return np.random.default_rng(11)


def weights(w, shape, scale=0.05):
    values = np.float32(rng().normal(0, 1, shape))
    return w.quant(w.init(values), np.float32(scale), 8, True, True)


def conv(w, x, shape=(5, 4, 3, 3), **attr):
    return w.quant(w.node("Conv", [x, weights(w, shape)], **attr), 0.07, 8,
                   True)


def ints(w, *values):
    return w.init(np.array(values, np.int64))


def real(w, value):
    return w.init(np.float32(value))


def check(tap, name, path, inputs):
    try:
        c = Comparison(path, inputs)
    except Refused as reason:
        tap.result(False, name, str(reason))
        return
    done = subprocess.run([LAYERS, "0", "0", "1", path],
                          capture_output=True, text=True, timeout=600)
    tap.result(c.wrong == 0 and c.total > 0 and done.returncode == 0, name,
               f"{c}; {done.stdout.strip()[2:]}")


class Cases:
    """Functions (writer, value) that return the output's name, and its ONNX
    element type if that is not float."""

    def __init__(self):
        self.all = {}

    def __call__(self, shape=(1, 4, 9, 7), opset=13, quantised=True):
        def add(function):
            self.all[function.__name__] = (function, shape, opset, quantised)
            return function
        return add

    def write(self, name, path):
        """Returns the shape of the network's only input, "in"."""
        build, shape, opset, quantised = self.all[name]
        w = Writer(opset)
        x = w.input("in", shape)
        x = w.quant(x, 0.0213, 8, True) if quantised else x
        out = build(w, x)
        out, kind = (out, 1) if isinstance(out, str) else out
        w.output(out, ["N", "C"], kind)
        w.save(path)
        return shape

    def run(self, *more):
        """Each of @more: called with the Tap and a path to write to."""
        tap = Tap()
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "model.onnx")
            for name in self.all:
                shape = self.write(name, path)
                check(tap, name, path,
                      [np.float32(rng().normal(0, 0.8, shape))])
            for test in more:
                test(tap, path)
        return tap.finish()
