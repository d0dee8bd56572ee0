# SPDX-License-Identifier: MIT
"""Recipes of the super-resolution models: data, schedule, scores, export."""
import time
from functools import partial

import torch
from PIL import Image

import check_export
import export
import metrics
import sr_data
import sr_equalise
import sr_pairs
import sr_train
from sr_float import LrsrnTrain
from sr_quant import LrsrnQuant

QUANT = {
    "lrsrn_x2": sr_train.QuantPlan(600, 2e-4),
    "lrsrn_x2_jpeg90": sr_train.QuantPlan(600, 2e-4),
    "lrsrn_x2_int4": sr_train.QuantPlan(
        1500, 2e-4, equalised=False, close=False
    ),
    "lrsrn_x2_dpu": sr_train.QuantPlan(600, 2e-4, close=False),
}
WATCH = 12  # held-back pictures that are scored while training
SCORED = 30  # held-back pictures of BSDS500 that are scored in the end
AXES = {"input": {2: "H", 3: "W"}, "output": {2: "H_out", 3: "W_out"}}


def folders(options):
    base = options.data / "train" / "bsds500"
    return base / "train", base / "val", options.data / "images"


def float_network(options, pairs, held, name, adapt):
    """The float network: loaded, or trained from nothing, then adapted.

    Its own checkpoint is what it will be: nothing is left to adapt.
    """
    path = options.out / f"{name}.float.pt"
    if options.start:
        net = LrsrnTrain()
        net.load_state_dict(torch.load(options.start))
        adapt = adapt and options.start.name != path.name
        plans = [sr_train.ADAPT] if adapt else []
    else:
        net, plans = None, [sr_train.EXPLORE, sr_train.SETTLE]
    for leg, plan in enumerate(plans):
        net = sr_train.fit_float(
            pairs, held, plan.shorter(options.shorten),
            options.seed + 10 * leg, path, net, options.log,
        )
    return net


def scores(upscale, options, name, jpeg):
    """Mean scores on both held-back sets; on a few pictures in a rehearsal.

    The pictures go to OUT/pictures/@name, where score.py finds them.
    """
    limit = 2 if options.shorten > 1 else SCORED
    _, val, images = folders(options)
    sets, result = {"bsds500_val": val, "images": images}, {}
    for key, folder in sets.items():
        out = options.out / "pictures" / name / key
        out.mkdir(parents=True, exist_ok=True)
        rows = []
        for stem, low, high in sr_pairs.load_pairs(folder, jpeg, limit=limit):
            large = upscale(low)
            Image.fromarray(large).save(out / f"{stem}.png")
            rows.append(metrics.score(large, high))
        result[key] = sr_train.mean(rows)
    return result


def train(options, name, jpeg=None, scheme="int8"):
    """One variant from data to file; returns what its card states."""
    started = time.time()
    train_set, val, _ = folders(options)
    pairs = sr_pairs.load_pairs(train_set, jpeg, sr_pairs.SHRINK)
    held = sr_pairs.load_pairs(val, jpeg, limit=WATCH)
    net = float_network(options, pairs, held, name, jpeg is not None)
    trained = time.time()
    kernels = net.fused()
    sample = sr_data.PatchSampler(pairs, 64, options.seed).batch(32)[0]
    plan = QUANT[name].shorter(options.shorten)
    quant = LrsrnQuant(scheme).load_fused(
        sr_equalise.equalise(kernels, sample) if plan.equalised else kernels
    )
    loss_of = (
        sr_train.Roundings(kernels) if plan.close else sr_train.original_error
    )
    quant = sr_train.fit_quant(
        quant, pairs, held, plan, options.seed, loss_of, options.log
    )
    export.snap(quant, sample[:1])
    torch.save(quant.state_dict(), options.out / f"{name}.quant.pt")
    result = {
        "seconds_float": round(trained - started),
        "seconds_quant": round(time.time() - trained),
    }
    if scheme == "int8":
        result["round_trip"] = write(quant, options, name, jpeg)
    return result | all_scores(options, net, quant, name, scheme, jpeg)


def all_scores(options, net, quant, name, scheme, jpeg):
    """The quantised network; beside INT8 also the float one."""
    if scheme != "int8":
        way = sr_train.model_upscale(quant)
        return {scheme: scores(way, options, name, jpeg)}
    return {
        way: scores(
            sr_train.model_upscale(model), options, f"{name}_{way}", jpeg
        )
        for way, model in (("int8", quant), ("float", net))
    }


def write(quant, options, name, jpeg):
    """Export and compare with what the framework computes."""
    kind = "clean bicubic" if jpeg is None else f"JPEG quality {jpeg}"
    path = options.out / f"{name}.onnx"
    low = sr_pairs.load_pairs(folders(options)[1], jpeg, limit=1)[0][1]
    x = sr_data.to_tensor(low[None, :96, :128])
    export.export(
        quant, x, path, AXES,
        f"LRSRN x2 m4c32, INT8, {kind} input, RGB in [0,1]",
    )
    return check_export.compare(quant, path, x)


RECIPES = {
    "lrsrn_x2": partial(train, name="lrsrn_x2"),
    "lrsrn_x2_jpeg90": partial(train, name="lrsrn_x2_jpeg90", jpeg=90),
    "lrsrn_x2_int4": partial(train, name="lrsrn_x2_int4", scheme="int4"),
    "lrsrn_x2_dpu": partial(train, name="lrsrn_x2_dpu", scheme="dpu"),
}
