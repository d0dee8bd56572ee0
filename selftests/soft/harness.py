# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs models with soft-run and compares them with the float64 evaluator."""
import os
import subprocess
import tempfile

import numpy as np

from evaluate import Evaluator

O = os.environ.get("O", "build")
SRCDIR = os.environ.get("SRCDIR", os.getcwd())
SHARED = os.path.join(SRCDIR, "..", "shared", "data")
RUN = os.path.join(O, "tests", "soft-run")
LAYERS = os.path.join(O, "tests", "soft-layers")
REFERENCE = 1


class Refused(Exception):
    pass


class Tap:
    """Prints TAP; the plan comes last."""

    def __init__(self):
        self.count = self.failed = 0
        print("TAP version 13")

    def result(self, ok, name, detail=""):
        self.count += 1
        self.failed += not ok
        if detail:
            print(f"# {detail}")
        print(f"{'ok' if ok else 'not ok'} {self.count} - {name}",
              flush=True)

    def skip(self, name, reason):
        self.count += 1
        print(f"ok {self.count} - {name} # SKIP {reason}", flush=True)

    def finish(self):
        print(f"1..{self.count}")
        return 1 if self.failed else 0


class Port:
    def __init__(self, line):
        words = line.split()
        self.output, self.dtype, self.bits = (int(w) for w in words[:3])
        self.scale, self.zero = float(words[3]), int(words[4])
        self.shape = [int(w) for w in words[5:]]

    def numpy_type(self):
        if self.dtype == 5:
            return np.float32
        sign = "u" if self.dtype == 1 else ""
        return np.dtype(f"{sign}int{self.bits}")


def soft_run(path, files=(), isa=REFERENCE, as_model=1, height=0, width=0):
    """Returns the ports; raises Refused with the reason."""
    done = subprocess.run(
        [RUN, path, str(isa), str(as_model), str(height), str(width),
         *files], capture_output=True, text=True, timeout=600)
    if done.returncode == 3:
        raise Refused(done.stderr.strip())
    if done.returncode:
        raise RuntimeError(f"{path}: {done.returncode} {done.stderr}")
    return [Port(line) for line in done.stdout.splitlines()]


def run_as_model(path, inputs, isa=REFERENCE, height=0, width=0):
    """ONNX tensors in, ONNX tensors (without the batch) out."""
    with tempfile.TemporaryDirectory() as folder:
        ports = soft_run(path, (), isa, 1, height, width)
        files = [os.path.join(folder, str(i)) for i in range(len(ports))]
        for array, file in zip(inputs, files):
            np.ascontiguousarray(array).tofile(file)
        soft_run(path, files, isa, 1, height, width)
        return [np.fromfile(f, p.numpy_type()).reshape(p.shape)
                for p, f in zip(ports, files) if p.output]


def run_codes(path, inputs, isa=REFERENCE, height=0, width=0):
    """Codes in hardware's layout; returns (ports, outputs)."""
    with tempfile.TemporaryDirectory() as folder:
        ports = soft_run(path, (), isa, 0, height, width)
        files = [os.path.join(folder, str(i)) for i in range(len(ports))]
        for array, file in zip(inputs, files):
            np.ascontiguousarray(array).tofile(file)
        soft_run(path, files, isa, 0, height, width)
        return ports, [np.fromfile(f, p.numpy_type()).reshape(p.shape)
                       for p, f in zip(ports, files) if p.output]


class Comparison:
    """A model's outputs against the evaluator's."""

    def __init__(self, path, inputs, **kwargs):
        got = run_as_model(path, inputs, **kwargs)
        evaluator = Evaluator(path)
        names = [i.name for i in evaluator.model.inputs]
        want = evaluator.run(dict(zip(names, inputs)))
        self.ties = evaluator.ties
        self.total = self.wrong = 0
        for g, w in zip(got, want):
            if g.size != w.size:
                raise Refused(f"{g.shape} instead of {w.shape}")
            limit = 2e-6 * np.maximum(np.abs(w.ravel()), 1e-3)
            self.wrong += int((np.abs(g.ravel() - w.ravel()) > limit).sum())
            self.total += w.size

    def __str__(self):
        return f"{self.wrong} of {self.total} differ, {self.ties} ties"
