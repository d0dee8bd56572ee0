#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Write the cards and scores.json of the shipped models.

    cards.py RESULTS MODELS

RESULTS holds the <model>.json files that train.py wrote, MODELS/measured.json
is from score.py. Text that no measurement gave is in card_text.py.
"""
import argparse
import json
from pathlib import Path

import card_text
from score import FORMAT

# Row of a table, and its name in measured.json.
SR_ROWS = (
    ("bicubic (PIL)", "bicubic"),
    ("float", "lrsrn_x2_float"),
    ("INT8 (shipped)", "lrsrn_x2"),
    ("INT4 weights, u8 activations, compared", "lrsrn_x2_int4"),
    ("DPU: powers of two, s8, compared", "lrsrn_x2_dpu"),
)
JPEG_ROWS = (
    ("bicubic (PIL)", "bicubic_jpeg90"),
    ("float", "lrsrn_x2_jpeg90_float"),
    ("INT8 (shipped)", "lrsrn_x2_jpeg90"),
)
SETS = {
    "bsds500_val": "BSDS500 val, first 30",
    "images": "7 public-domain photographs",
}


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def figures(score, keys):
    return [f"{score[key]:{FORMAT[key]}}" for key in keys]


def sr_tables(measured, rows):
    """One table a test set: PSNR and SSIM, Y and RGB."""
    keys, text = ("psnr_y", "psnr_rgb", "ssim_y", "ssim_rgb"), ""
    for key, title in SETS.items():
        body = [
            [label, *figures(measured[name][key], keys)]
            for label, name in rows if name in measured
        ]
        head = [title, "PSNR Y dB", "PSNR RGB dB", "SSIM Y", "SSIM RGB"]
        text += table(head, body) + "\n"
    return text


def sizes_of(results, task):
    """Names of the runs of @task, by input size."""
    names = [n for n in results if n.startswith(f"{task}_")]
    return sorted(names, key=lambda name: int(name.rsplit("_", 1)[1]))


RING_KEYS = {
    "ring_classifier": ("f1", "accuracy"),
    "ring_regressor": ("rmse_um", "mae_um"),
}
RING_HEADS = {
    "ring_classifier": ("F1", "accuracy"),
    "ring_regressor": ("RMSE µm", "MAE µm"),
}


def ring_table(results, measured, task):
    """Scores by size and weight width."""
    rows = []
    for name in sizes_of(results, task):
        size = name.rsplit("_", 1)[1]
        scores = {
            "float": results[name]["float"],
            "8 bit": measured[f"{name}_w8"],
            "4 bit": measured[f"{name}_w4"],
        }
        for variant, score in scores.items():
            values = figures(score, RING_KEYS[task])
            rows.append([f"{size}×{size}", variant, *values])
    return table(["input", "weights", *RING_HEADS[task]], rows)


def resnet_table(results, measured):
    keys = ("top1", "top3")
    scores = {
        "float": results["resnet8"]["float"],
        "INT8, `resnet8.onnx`": measured["resnet8"],
        "INT8, `resnet8_qdq.onnx`": measured["resnet8_qdq"],
    }
    rows = [[name, *figures(s, keys)] for name, s in scores.items()]
    return table(["resnet8", "top 1", "top 3"], rows)


def facts(results, *models):
    """Command, date, seed and time of each run, and the round trip."""
    text = card_text.TIMES + "| made by | date | seed | time, threads |\n|---|---|---|---|\n"
    for name in models:
        if name in results:
            r = results[name]["run"]
            start = r.get("start") or f"{name}.float.pt"
            other = not start.startswith(f"{name}.")
            start = f" --start DIR/{start}" if other else ""
            text += (
                f"| `train.py {name} --out DIR{start}` | {r['date']} | {r['seed']} "
                f"| {r['seconds'] / 60:.0f} min, {r['threads']} |\n"
            )
    return text


def losses(measured, name):
    """Decibels of Y between the float and the shipped network, by set."""
    return {
        key: measured[f"{name}_float"][key]["psnr_y"]
        - measured[name][key]["psnr_y"]
        for key in SETS
    }


def lrsrn_card(results, measured):
    runs = ("lrsrn_x2", "lrsrn_x2_int4", "lrsrn_x2_dpu")
    text = card_text.LRSRN + sr_tables(measured, SR_ROWS)
    text += card_text.LRSRN_NOTES.format(**losses(measured, "lrsrn_x2"))
    if any(name in results for name in runs[1:]):
        text += card_text.LRSRN_COMPARED
    return text + facts(results, *runs)


def jpeg_card(results, measured):
    return (
        card_text.JPEG90 + sr_tables(measured, JPEG_ROWS)
        + facts(results, "lrsrn_x2_jpeg90")
    )


def resnet_card(results, measured):
    return (
        card_text.RESNET8 + resnet_table(results, measured) + "\n"
        + facts(results, "resnet8")
    )


def ring_card(results, measured, task):
    return (
        card_text.RINGS[task] + ring_table(results, measured, task) + "\n"
        + facts(results, *sizes_of(results, task))
    )


def cards(results, measured):
    """File name: text, for every model that has results."""
    out = {}
    for name, card in (("lrsrn_x2", lrsrn_card), ("resnet8", resnet_card),
                       ("lrsrn_x2_jpeg90", jpeg_card)):
        if name in results:
            out[name] = card(results, measured)
    for task in RING_KEYS:
        if sizes_of(results, task):
            out[task] = ring_card(results, measured, task)
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("results", type=Path)
    parser.add_argument("models", type=Path)
    o = parser.parse_args()
    results = {
        path.stem: json.loads(path.read_text())
        for path in sorted(o.results.glob("*.json"))
    }
    measured = json.loads((o.models / "measured.json").read_text())
    for name, text in cards(results, measured).items():
        (o.models / f"{name}.md").write_text(text + card_text.LICENCE)
    text = json.dumps(results, indent=1)
    (o.models / "scores.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
