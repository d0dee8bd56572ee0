#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Train, quantise, score and export one of the shipped models.

    train.py lrsrn_x2 --out DIR

writes DIR/<model>.onnx, DIR/<model>.json (scores, times, versions) and, to
check the export or to go on from, DIR/<model>.float.pt and .quant.pt.
"""
import argparse
import json
import platform
import time
from datetime import date
from importlib.metadata import version
from pathlib import Path

import torch

import recipe_resnet8
import recipe_ring
import recipe_sr

RECIPES = {
    **recipe_sr.RECIPES,
    **recipe_resnet8.RECIPES,
    **recipe_ring.RECIPES,
}
DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
PACKAGES = ("torch", "brevitas", "qonnx", "onnx", "numpy", "pillow")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", choices=sorted(RECIPES))
    parser.add_argument("--out", type=Path, required=True, help="folder")
    parser.add_argument("--data", type=Path, default=DATA, help="data folder")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument(
        "--start", type=Path, metavar="FLOAT.pt",
        help="go on from this float checkpoint instead of training one",
    )
    parser.add_argument(
        "--shorten", type=int, default=1, metavar="N",
        help="train N times shorter: a rehearsal, not a result",
    )
    return parser.parse_args()


def log(text):
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)


def main():
    options = arguments()
    options.out.mkdir(parents=True, exist_ok=True)
    options.log = log
    torch.set_num_threads(options.threads)
    started = time.time()
    result = RECIPES[options.model](options)
    result["run"] = {
        "model": options.model,
        "seed": options.seed,
        "threads": options.threads,
        "start": options.start.name if options.start else None,
        "shortened": options.shorten,
        "date": date.today().isoformat(),
        "seconds": round(time.time() - started),
        "python": platform.python_version(),
        **{name: version(name) for name in PACKAGES},
    }
    path = options.out / f"{options.model}.json"
    path.write_text(json.dumps(result, indent=1) + "\n")
    log(f"wrote {path}")


if __name__ == "__main__":
    main()
