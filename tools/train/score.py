#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Score the shipped models with the software FPGA and the srfpga tool.

    score.py --srfpga BUILD/srfpga MODELS            compare with the cards
    score.py --srfpga BUILD/srfpga --write MODELS    write MODELS/measured.json

Prints TAP. Pictures that other variants of a network made (train.py leaves
them in DIR/pictures) are scored with --write --pictures DIR/pictures.
Needs NumPy, Pillow for super-resolution, and no PyTorch.
"""
import argparse
import json
import sys
from functools import lru_cache
from pathlib import Path

import numpy as np

sys.dont_write_bytecode = True
import cifar
import metrics
import ring_data
from tool import Tool

SEED = 1  # what the shipped models were trained with
SCORED = 30  # pictures of a test set at most
# Digits in the cards.
FORMAT = {
    "psnr_y": ".2f", "psnr_rgb": ".2f", "ssim_y": ".4f", "ssim_rgb": ".4f",
    "f1": ".4f", "accuracy": ".4f", "mae_um": ".2f", "rmse_um": ".2f",
    "top1": ".3f", "top3": ".3f",
}
# Another version of the picture library may decode a little differently.
TOLERANCE = {
    "psnr_y": 0.02, "psnr_rgb": 0.02, "ssim_y": 5e-4, "ssim_rgb": 5e-4,
    "f1": 2e-3, "accuracy": 2e-3, "mae_um": 0.05, "rmse_um": 0.05,
    "top1": 2e-3, "top3": 2e-3,
}


class Missing(Exception):
    """What a score needs and does not find."""


def f1(said, truth):
    """F1 of class 1."""
    return 2 * int((said & truth).sum()) / int(said.sum() + truth.sum())


# Both weight widths of a network see the same pictures.
ring_pictures = lru_cache(maxsize=1)(ring_data.held_back)


def ring(tool, path, _):
    """Ring pictures of the seed that training never saw."""
    task, size, _ = path.stem.rsplit("_", 2)
    regression = task == "ring_regressor"
    x, classes, diameter = ring_pictures(int(size), SEED, regression)
    codes = tool.run(path, x.transpose(0, 2, 3, 1))
    if not regression:
        said = codes.argmax(1)
        accuracy = float((said == classes).mean())
        return {"f1": f1(said, classes), "accuracy": accuracy}
    error = codes[:, 0] * ring_data.MICROMETRES - diameter
    return {
        "mae_um": float(np.abs(error).mean()),
        "rmse_um": float(np.sqrt((error**2).mean())),
    }


def resnet8(tool, path, data):
    """The held-back pictures of CIFAR-10."""
    _, (held, truth) = cifar.load(present(data / "train/cifar10_5k.npz"), SEED)
    codes = tool.run(path, held.transpose(0, 2, 3, 1))
    order = np.argsort(-codes.astype(int), axis=1, kind="stable")
    hit = order == truth[:, None]
    return {
        "top1": float(hit[:, 0].mean()),
        "top3": float(hit[:, :3].any(1).mean()),
    }


def present(path):
    if not path.exists():
        raise Missing(f"no {path.name} in ../shared/data")
    return path


def test_sets(data, name):
    """Both test sets of a model or variant: key -> [(name, low, high)]."""
    try:
        import sr_pairs
    except ImportError:
        raise Missing("no Pillow (python3-pil)") from None
    folders = {
        "bsds500_val": data / "train/bsds500/val", "images": data / "images"
    }
    jpeg = 90 if "jpeg90" in name else None
    return {
        name: sr_pairs.load_pairs(present(folder), jpeg, limit=SCORED)
        for name, folder in folders.items()
    }


def score_picture(tool, out, high):
    """What the tool says, which metrics.py has to agree with."""
    said, own = tool.compare(high, out, metrics.SHAVE), metrics.score(out, high)
    for key, value in own.items():
        if abs(said[key] - value) > 1e-6:
            raise RuntimeError(f"{key}: {said[key]} is not {value}")
    return said


def score_sets(tool, upscale, sets):
    """Mean scores of upscale(set, name, low) by set."""
    result = {}
    for key, pairs in sets.items():
        rows = [
            score_picture(tool, upscale(key, name, low), high)
            for name, low, high in pairs
        ]
        result[key] = {
            k: float(np.mean([r[k] for r in rows])) for k in rows[0]
        }
    return result


def lrsrn(tool, path, data):
    """Photographs made half as large, and larger again by the model."""
    return score_sets(
        tool, lambda key, name, low: tool.upscale(path, low),
        test_sets(data, path.stem),
    )


def bicubic(tool, path, data):
    """What no network made of them."""
    sets = test_sets(data, path.stem)
    import sr_pairs

    return score_sets(
        tool, lambda key, name, low: sr_pairs.upscale_bicubic(low), sets
    )


def folder(tool, path, data):
    """Pictures that somebody made larger: PATH/SET/NAME.png.

    A rehearsal makes only the first of each set.
    """
    sets = test_sets(data, path.name)
    for key, pairs in sets.items():
        made = len(list((path / key).iterdir()))
        sets[key] = pairs[:made]
    return score_sets(
        tool, lambda key, name, low: tool.read(path / key / f"{name}.png"),
        sets,
    )


SCORES = {
    "lrsrn": lrsrn, "resnet8": resnet8, "ring": ring, "bicubic": bicubic
}
# The file of whose card the row is in.
BICUBIC = {"bicubic": "lrsrn_x2", "bicubic_jpeg90": "lrsrn_x2_jpeg90"}


def measure(tool, path, data):
    for start, score in SCORES.items():
        if path.stem.startswith(start):
            return score(tool, path, data)
    raise RuntimeError(f"{path.stem}: no data to score it on")


def flat(scores, name=""):
    """{name of the figure: (metric, value)}, whatever the test sets."""
    figures = {}
    for key, value in scores.items():
        if isinstance(value, dict):
            figures |= flat(value, f"{key} ")
        else:
            figures[name + key] = key, value
    return figures


def groups(scores):
    """The parts of @scores that are one row of a table each."""
    if not any(isinstance(value, dict) for value in scores.values()):
        return [scores]
    return [row for value in scores.values() for row in groups(value)]


def rows_of(card):
    """The cells of every row of the card's tables."""
    return [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in card.splitlines() if line.startswith("|")
    ]


def text_of(scores):
    return ", ".join(
        f"{name} {value:{FORMAT[key]}}"
        for name, (key, value) in flat(scores).items()
    )


def card_of(path):
    """The card of a model: that of its name, or of its name's beginning."""
    name = BICUBIC.get(path.stem, path.stem)
    while name and not path.with_name(f"{name}.md").exists():
        name = name.rpartition("_")[0]
    return path.with_name(f"{name}.md").read_text()


def differences(path, got, wanted):
    """What @got, and the card, do not share with @wanted."""
    recorded = flat(wanted)
    for name, (key, value) in flat(got).items():
        if not abs(value - recorded[name][1]) <= TOLERANCE[key]:
            yield f"{name} is {value}, not {recorded[name][1]}"
    rows = rows_of(card_of(path))
    for group in groups(wanted):
        cells = {f"{value:{FORMAT[key]}}" for key, value in group.items()}
        if not any(cells <= set(row) for row in rows):
            yield f"no row of the card says {', '.join(sorted(cells))}"


def check(tool, models, data):
    """TAP: every model's score against its card; whether all are right."""
    wanted = json.loads((models / "measured.json").read_text())
    paths, good = sorted(models.glob("*.onnx")), True
    paths += [models / name for name in BICUBIC]
    print(f"TAP version 13\n1..{len(paths)}")
    for number, path in enumerate(paths, 1):
        try:
            got = measure(tool, path, data)
        except Missing as why:
            print(f"ok {number} - {path.stem} scores as its card says "
                  f"# SKIP {why}", flush=True)
            continue
        wrong = list(differences(path, got, wanted[path.stem]))
        good = good and not wrong
        print("".join(f"# {line}\n" for line in wrong), end="")
        print(f"{'not ' if wrong else ''}ok {number} - {path.stem} scores as "
              f"its card says: {text_of(got)}", flush=True)
    return good


def write(tool, models, data, pictures):
    """Measure everything and note it beside the models."""
    path = models / "measured.json"
    noted = json.loads(path.read_text()) if path.exists() else {}
    for model in sorted(models.glob("*.onnx")):
        noted[model.stem] = measure(tool, model, data)
        print(model.stem, text_of(noted[model.stem]), flush=True)
    for name in BICUBIC:
        noted[name] = measure(tool, models / name, data)
    for variant in sorted(pictures.iterdir()) if pictures else ():
        noted[variant.name] = folder(tool, variant, data)
        print(variant.name, text_of(noted[variant.name]), flush=True)
    path.write_text(json.dumps(noted, indent=1, sort_keys=True) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", type=Path)
    parser.add_argument("--srfpga", type=Path, required=True)
    parser.add_argument("--data", type=Path, help="default: ../shared/data")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--pictures", type=Path)
    o = parser.parse_args()
    data = o.data or Path(__file__).resolve().parents[3] / "shared/data"
    with Tool(o.srfpga) as tool:
        if o.write:
            write(tool, o.models, data, o.pictures)
        elif not check(tool, o.models, data):
            sys.exit(1)


if __name__ == "__main__":
    main()
