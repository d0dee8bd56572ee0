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


def is_sanitised(program):
    if not os.path.exists(program):
        return False
    with open(program, "rb") as f:
        return b"__asan_init" in f.read()


ASAN = is_sanitised(RUN)


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


def pack(codes, port):
    """FINN's packing: rows of the innermost dimension, from bit 0 up."""
    codes = (codes > 0).astype(np.int64) if port.dtype == 3 else codes
    rows = codes.reshape(-1, port.shape[-1])
    bits = rows[:, :, None] >> np.arange(port.bits) & 1
    return np.packbits(bits.reshape(len(rows), -1).astype(np.uint8), axis=1,
                       bitorder="little")


def unpack(data, port):
    row = port.shape[-1] * port.bits
    rows = np.frombuffer(data, np.uint8).reshape(-1, (row + 7) // 8)
    bits = np.unpackbits(rows, axis=1, bitorder="little")[:, :row]
    bits = bits.reshape(*port.shape, port.bits).astype(np.int64)
    codes = (bits << np.arange(port.bits)).sum(-1)
    if port.dtype == 3:
        return codes * 2 - 1
    if port.dtype in (2, 4):
        codes -= (codes >> (port.bits - 1)) << port.bits
    return codes


def random_codes(rng, port):
    if port.dtype == 3:
        return rng.choice([-1, 1], port.shape)
    low = {1: 0, 2: -2 ** (port.bits - 1), 4: -1}[port.dtype]
    high = {1: 2 ** port.bits, 2: -low, 4: 2}[port.dtype]
    return rng.integers(low, high, port.shape)


class PortComparison:
    """Packed codes at the ports, as hardware has them, against the
    evaluator on the real values that the ports declare."""

    def __init__(self, path, rng):
        self.total = self.wrong = self.ties = 0
        ports = soft_run(path, as_model=0)
        codes = [random_codes(rng, p) for p in ports if not p.output]
        got = self.run(path, ports, codes)
        evaluator = Evaluator(path)
        feeds = {i.name: self.real(c, p) for i, c, p in
                 zip(evaluator.model.inputs, codes, ports)}
        want = evaluator.run(feeds)
        self.ties = evaluator.ties
        for data, port, w in zip(got, ports[len(codes):], want):
            if port.dtype == 5:
                g = self.onnx_layout(np.frombuffer(data, np.float32)
                                     .reshape(port.shape))
            else:
                g = self.real(unpack(data, port), port)
            limit = 2e-6 * np.maximum(np.abs(w.ravel()), 1e-3)
            self.wrong += int((np.abs(g.ravel() - w.ravel()) > limit).sum())
            self.total += w.size

    @staticmethod
    def onnx_layout(x):
        return np.moveaxis(x, -1, 0)[None] if x.ndim == 3 else x[None]

    def real(self, codes, port):
        return self.onnx_layout((codes - port.zero) * port.scale)

    @staticmethod
    def run(path, ports, codes):
        with tempfile.TemporaryDirectory() as folder:
            files = [os.path.join(folder, str(i)) for i in range(len(ports))]
            for c, port, file in zip(codes, ports, files):
                pack(c, port).tofile(file)
            soft_run(path, files, as_model=0)
            out = []
            for port, file in zip(ports, files):
                with open(file, "rb") as f:
                    out += [f.read()] if port.output else []
            return out

    def __str__(self):
        return f"{self.wrong} of {self.total} differ, {self.ties} ties"


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
