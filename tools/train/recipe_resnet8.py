# SPDX-License-Identifier: MIT
"""Recipe of resnet8: data, schedule, scores, export in both dialects."""
import time

import onnx
import torch
from torch.nn import functional as F

import check_export
import cifar
import cls_train
import export
import qdq
import resnet8

BATCH = 64
# Two legs: most of a long cosine, then a short one down to zero.
EXPLORE_STEPS, EXPLORE_STOP, EXPLORE_RATE = 14000, 9359, 4e-3
SETTLE_STEPS, SETTLE_RATE = 800, 1e-3
QUANT_STEPS, QUANT_RATE = 150, 3e-4
DECAY = 0.05


def loss_of(out, target):
    return F.cross_entropy(out, target, label_smoothing=0.1)


def top(net, x, target):
    """Top-1 and top-3 accuracy."""
    out = cls_train.predict(net, x)
    best = out.topk(3, dim=1).indices == target[:, None]
    return {
        "top1": float(best[:, 0].float().mean()),
        "top3": float(best.any(1).float().mean()),
    }


def float_network(options, batches, watch):
    """The float network: loaded, or trained in two legs."""
    net = resnet8.float_net().to(memory_format=torch.channels_last)
    if options.start:
        net.load_state_dict(torch.load(options.start))
        return net.eval()
    net = cls_train.fit(
        net, batches(options.seed), EXPLORE_STEPS // options.shorten,
        EXPLORE_RATE, loss_of, watch, EXPLORE_STOP // options.shorten,
        decay=DECAY, log=options.log,
    )
    net = cls_train.fit(
        net, batches(options.seed + 10), SETTLE_STEPS // options.shorten,
        SETTLE_RATE, loss_of, watch, decay=DECAY, log=options.log,
    )
    torch.save(net.state_dict(), options.out / "resnet8.float.pt")
    return net


def train(options):
    """From data to both files; returns what the card states."""
    torch.manual_seed(options.seed)
    (x, y), (held, truth) = cifar.load(
        options.data / "train" / "cifar10_5k.npz", options.seed
    )
    y, truth = torch.from_numpy(y), torch.from_numpy(truth)
    held = torch.from_numpy(held).float() / 255

    def batches(seed):
        return cls_train.Shuffled(x, y, BATCH, seed, cifar.augment)

    def watch(net):
        return f"held {top(net, held, truth)}"

    started = time.time()
    net = float_network(options, batches, watch)
    trained = time.time()
    quant = resnet8.transfer(net, resnet8.quant_net())
    feed = batches(options.seed)
    cls_train.observe(quant, feed)
    quant = cls_train.fit(
        quant, feed, QUANT_STEPS // options.shorten, QUANT_RATE, loss_of,
        watch, log=options.log,
    )
    export.snap(quant, held[:1])
    torch.save(quant.state_dict(), options.out / "resnet8.quant.pt")
    path = options.out / "resnet8.onnx"
    proto = export.export(
        quant, held[:1], path, doc="ResNet-8, INT8, RGB 32x32 in [0,1]"
    )
    onnx.save(qdq.convert(proto), options.out / "resnet8_qdq.onnx")
    labels = options.out / "resnet8.labels.txt"
    labels.write_text("\n".join(cifar.LABELS) + "\n")
    return {
        "seconds_float": round(trained - started),
        "seconds_quant": round(time.time() - trained),
        "float": top(net, held, truth),
        "int8": top(quant, held, truth),
        "round_trip": check_export.compare(quant, path, held[:40]),
    }


RECIPES = {"resnet8": train}
