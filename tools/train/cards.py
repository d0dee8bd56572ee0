#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Write the cards and scores.json of the shipped models.

    cards.py RESULTS MODELS

RESULTS holds the <model>.json files that train.py wrote. Text that does not
come from a measurement is in card_text.py.
"""
import argparse
import json
from pathlib import Path

import card_text

SR_ROWS = (
    ("bicubic (PIL)", "lrsrn_x2", "bicubic"),
    ("float", "lrsrn_x2", "float"),
    ("INT8 (shipped)", "lrsrn_x2", "int8"),
    ("INT4 weights, u8 activations, compared", "lrsrn_x2_int4", "int4"),
    ("DPU: powers of two, s8, compared", "lrsrn_x2_dpu", "dpu"),
)
JPEG_ROWS = (
    ("bicubic (PIL)", "lrsrn_x2_jpeg90", "bicubic"),
    ("float", "lrsrn_x2_jpeg90", "float"),
    ("INT8 (shipped)", "lrsrn_x2_jpeg90", "int8"),
)
SETS = {
    "bsds500_val": "BSDS500 val, first 30",
    "images": "7 public-domain photographs",
}


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def sr_tables(results, rows):
    """One table a test set: PSNR and SSIM, Y and RGB."""
    text = ""
    for key, title in SETS.items():
        body = []
        for label, model, variant in rows:
            if model in results:
                s = results[model][variant][key]
                body.append([
                    label, f"{s['psnr_y']:.2f}", f"{s['psnr_rgb']:.2f}",
                    f"{s['ssim_y']:.4f}", f"{s['ssim_rgb']:.4f}",
                ])
        head = [title, "PSNR Y dB", "PSNR RGB dB", "SSIM Y", "SSIM RGB"]
        text += table(head, body) + "\n"
    return text


def sizes_of(results, task):
    """Names of the runs of @task, by input size."""
    names = [n for n in results if n.startswith(f"{task}_")]
    return sorted(names, key=lambda name: int(name.rsplit("_", 1)[1]))


def ring_table(results, task):
    """Scores by size and weight width."""
    keys = {"ring_classifier": ("f1", "accuracy"),
            "ring_regressor": ("mae_um", "rmse_um")}[task]
    digits = 4 if task == "ring_classifier" else 2
    rows = []
    for name in sizes_of(results, task):
        size = name.rsplit("_", 1)[1]
        for variant in ("float", "w8", "w4"):
            score = results[name][variant]
            values = [f"{score[key]:.{digits}f}" for key in keys]
            rows.append([f"{size}×{size}", variant, *values])
    return table(["input", "weights", *keys], rows)


def resnet_table(results):
    run = results["resnet8"]
    rows = [
        [name, f"{run[name]['top1']:.3f}", f"{run[name]['top3']:.3f}"]
        for name in ("float", "int8")
    ]
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


def cards(results):
    """File name: text, for every model that has results."""
    out = {}
    if "lrsrn_x2" in results:
        runs = ("lrsrn_x2", "lrsrn_x2_int4", "lrsrn_x2_dpu")
        out["lrsrn_x2"] = (
            card_text.LRSRN + sr_tables(results, SR_ROWS)
            + card_text.LRSRN_NOTES
        )
        if any(name in results for name in runs[1:]):
            out["lrsrn_x2"] += card_text.LRSRN_COMPARED
        out["lrsrn_x2"] += facts(results, *runs)
    if "lrsrn_x2_jpeg90" in results:
        out["lrsrn_x2_jpeg90"] = (
            card_text.JPEG90 + sr_tables(results, JPEG_ROWS)
            + facts(results, "lrsrn_x2_jpeg90")
        )
    if "resnet8" in results:
        out["resnet8"] = (
            card_text.RESNET8 + resnet_table(results) + "\n"
            + facts(results, "resnet8")
        )
    for task in ("ring_classifier", "ring_regressor"):
        runs = sizes_of(results, task)
        if runs:
            out[task] = (
                card_text.RINGS[task] + ring_table(results, task) + "\n"
                + facts(results, *runs)
            )
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
    for name, text in cards(results).items():
        (o.models / f"{name}.md").write_text(text + card_text.LICENCE)
    text = json.dumps(results, indent=1)
    (o.models / "scores.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
