#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Published and shipped networks against float64."""
import json
import os
import resource
import subprocess
import sys

import numpy as np

sys.dont_write_bytecode = True
from evaluate import Evaluator
from harness import (ASAN, REFERENCE, RUN, SHARED, SRCDIR, Comparison, Tap,
                     run_codes, soft_run)

AUTO = 0


def picture(rng, path, height, width, isa, tap, name):
    """Random codes at the port against the evaluator's real numbers."""
    port = soft_run(path, as_model=0, height=height, width=width)[0]
    x = rng.integers(0, 256, port.shape, dtype=np.uint8)
    ports, (got,) = run_codes(path, [x], isa, height, width)
    evaluator = Evaluator(path)
    real = (x.astype(np.float64) * port.scale).transpose(2, 0, 1)[None]
    want = evaluator.run({evaluator.model.inputs[0].name: real})[0]
    want = want[0].transpose(1, 2, 0) / ports[1].scale
    wrong = int((np.rint(want) != got).sum())
    tap.result(wrong == 0 and got.std() > 1, name,
               f"{wrong} of {got.size} codes differ, {evaluator.ties} ties")


def digits(tap, model, frames):
    x = np.load(frames).reshape(-1, 28, 28, 1).astype(np.uint8)
    classes = []
    for isa in (REFERENCE, AUTO):
        classes.append([int(run_codes(model, [d], isa)[1][0].argmax())
                        for d in x])
    tap.result(classes == [[7, 2, 1, 0]] * 2, "TFC_2W2A: four digits",
               f"classes {classes}")
    c = Comparison(model, [np.float32(x[:1] / 255).reshape(1, 1, 28, 28)])
    tap.result(c.wrong == 0, "TFC_2W2A agrees with float64", str(c))


def facts(tap, path):
    """What the paper says of the network: 41,184 multiplications a pixel,
    six pixels' reach."""
    done = subprocess.run([RUN, "describe", path, "1"], capture_output=True,
                          text=True, timeout=60)
    found = json.loads(done.stdout)
    rows, columns, _ = found["ports"][0]["shape"]
    tap.result(found["macs"] == 41184 * rows * columns and
               found["weights"] == 41184 and found["radius"] == 6 and
               found["factor"] == 2 and not found["refused"],
               "lrsrn_x2 is what the paper describes")


def load_time(tap, path):
    """The best of some loads: a busy machine is no slow loader."""
    best = 1e9
    for _ in range(7):
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
        soft_run(path, height=1080, width=1920)
        after = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
        best = min(best, after - before)
    tap.result(best < 0.05 or ASAN, "lrsrn_x2 loads within 50 ms",
               f"{best * 1e3:.0f} ms of CPU time, the process included")


def main():
    tap = Tap()
    rng = np.random.default_rng(4)
    lrsrn = os.path.join(SRCDIR, "tools", "models", "lrsrn_x2.onnx")
    espcn = os.path.join(SHARED, "models", "espcn_nnresize_quant.onnx")
    tfc = os.path.join(SHARED, "models", "TFC_2W2A.onnx")
    facts(tap, lrsrn)
    load_time(tap, lrsrn)
    for isa, how in ((REFERENCE, "reference"), (AUTO, "fastest")):
        picture(rng, lrsrn, 37, 41, isa, tap, f"lrsrn_x2, {how}")
        if os.path.exists(espcn):
            picture(rng, espcn, 0, 0, isa, tap, f"espcn, {how}")
        else:
            tap.skip(f"espcn, {how}", "../shared/data is not there")
    if os.path.exists(tfc):
        digits(tap, tfc, os.path.join(SHARED, "models",
                                      "finn_tfc_input.npy"))
    else:
        tap.skip("TFC_2W2A", "../shared/data is not there")
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
