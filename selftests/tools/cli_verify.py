#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""srfpga verify with arrays for a network of two inputs, one for each."""
import json
import os
import subprocess
import sys
import tempfile

import numpy as np

sys.dont_write_bytecode = True
SRCDIR = os.environ.get("SRCDIR", os.getcwd())
sys.path.insert(0, os.path.join(SRCDIR, "selftests", "tools"))
from cli_as_model import SRFPGA, two_inputs
from harness import O, Tap


def verify(model, *files):
    """The arrays through the model, against itself; 4 + 1 frames are made up."""
    env = dict(os.environ, LD_LIBRARY_PATH=os.path.abspath(O))
    return subprocess.run(
        [SRFPGA, "verify", "-q", "-d", "soft:" + model, "--model", model,
         "--frames", "1", "--rounds", "1", "--json", *files],
        capture_output=True, text=True, timeout=600, env=env)


def main():
    tap = Tap()
    rng = np.random.default_rng(30)
    with tempfile.TemporaryDirectory() as folder:
        model = os.path.join(folder, "two.onnx")
        two_inputs(model)
        names = {}
        for name, frames in (("a4", 4), ("b4", 4), ("a2", 2), ("b2", 2)):
            names[name] = os.path.join(folder, name + ".npy")
            np.save(names[name], rng.integers(-128, 128, (frames, 6, 9, 3),
                                              np.int8))
        for files, frames in ((["a4", "b4"], 9), (["a4", "b4", "a2", "b2"], 11)):
            done = verify(model, *[names[f] for f in files])
            said = json.loads(done.stdout) if done.stdout else {}
            tap.result(done.returncode == 0 and said.get("equal") and
                       said.get("frames") == frames, " ".join(files),
                       done.stderr.strip())
        for files, text in ((["a4"], "an array for port b has to follow"),
                            (["a4", "b4", "a2"], "has to follow"),
                            (["a4", "b2"], "2 frames, but the array before "
                                           "has 4")):
            done = verify(model, *[names[f] for f in files])
            tap.result(done.returncode == 1 and text in done.stderr and
                       not done.stdout, f"{' '.join(files)}: refused",
                       done.stderr.strip())
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
