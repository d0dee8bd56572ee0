# SPDX-License-Identifier: MIT
"""Recipes of the ring networks: three sizes, two weight widths, two tasks."""
import time
from functools import partial

import numpy as np
import torch
from torch.nn import functional as F

import check_export
import cls_train
import export
import resnet8
import ring_data
import ring_net

PICTURES = {64: 12000, 128: 8000, 300: 2500}
BATCH = 32
FLOAT_STEPS = {64: 3000, 128: 3000, 300: 1500}
QUANT_STEPS = {64: 500, 128: 500, 300: 200}
FLOAT_RATE, QUANT_RATE, DECAY = 4e-3, 1e-3, 0.01


def turn(x, rng):
    """Flips and transposition: a ring is a ring from every side."""
    if rng.integers(2):
        x = x[:, :, ::-1]
    if rng.integers(2):
        x = x[:, :, :, ::-1]
    if rng.integers(2):
        x = x.transpose(0, 1, 3, 2)
    return np.ascontiguousarray(x)


class Classifier:
    """Is the reflection reliable?"""

    name, outputs, only_reliable = "ring_classifier", 2, False
    labels = ("unreliable", "reliable")
    loss = staticmethod(F.cross_entropy)

    @staticmethod
    def target(classes, _):
        return torch.from_numpy(classes)

    @staticmethod
    def score(out, classes, _):
        said = out.argmax(1).numpy()
        hit = int((said & classes).sum())
        return {
            "f1": 2 * hit / int(said.sum() + classes.sum()),
            "accuracy": float((said == classes).mean()),
        }


class Regressor:
    """The diameter, of reliable pictures only."""

    name, outputs, only_reliable = "ring_regressor", 1, True
    loss = staticmethod(partial(F.smooth_l1_loss, beta=0.02))

    @staticmethod
    def target(_, diameter):
        share = diameter / ring_net.FULL_SCALE
        return torch.from_numpy(share).float()[:, None]

    @staticmethod
    def score(out, _, diameter):
        error = out[:, 0].numpy() * ring_net.FULL_SCALE - diameter
        return {
            "mae_um": float(np.abs(error).mean()),
            "rmse_um": float(np.sqrt((error**2).mean())),
        }


class Run:
    """One task at one size: its data and how it is scored."""

    def __init__(self, options, task, size):
        self.options, self.task, self.size = options, task, size
        x, *truth = ring_data.generate(
            PICTURES[size] // options.shorten, size, options.seed,
            task.only_reliable,
        )
        held, *self.truth = ring_data.held_back(
            size, options.seed, task.only_reliable
        )
        self.held = torch.from_numpy(held).float() / 255
        self.batches = cls_train.Shuffled(
            x, task.target(*truth), BATCH, options.seed, turn
        )

    def score(self, net):
        out = cls_train.predict(net, self.held, 100)
        return self.task.score(out, *self.truth)

    def fit(self, net, steps, rate, decay=0.0):
        return cls_train.fit(
            net, self.batches, steps // self.options.shorten, rate,
            self.task.loss, self.score, decay=decay, log=self.options.log,
        )

    def quantise(self, net, bits):
        """Quantisation-aware training and export; the scores of the file."""
        quant = ring_net.quant_net(self.size, self.task.outputs, bits)
        quant = resnet8.transfer(net, quant)
        cls_train.observe(quant, self.batches)
        quant = self.fit(quant, QUANT_STEPS[self.size], QUANT_RATE)
        score = self.score(quant)
        if self.task is Regressor:
            ring_net.in_micrometres(quant)
        name = f"{self.task.name}_{self.size}_w{bits}"
        path = self.options.out / f"{name}.onnx"
        export.snap(quant, self.held[:1])
        torch.save(quant.state_dict(), path.with_suffix(".quant.pt"))
        export.export(
            quant, self.held[:1], path,
            doc=f"{name}: grey {self.size}x{self.size} in [0,1], "
            f"{bits}-bit weights, u8 activations",
        )
        trip = check_export.compare(quant, path, self.held[:8])
        return {**score, "round_trip": trip}

    def float_network(self):
        """The float network: loaded, or trained from nothing."""
        net = ring_net.float_net(self.size, self.task.outputs)
        net = net.to(memory_format=torch.channels_last)
        if self.options.start:
            net.load_state_dict(torch.load(self.options.start))
            return net.eval()
        net = self.fit(net, FLOAT_STEPS[self.size], FLOAT_RATE, DECAY)
        name = f"{self.task.name}_{self.size}.float.pt"
        torch.save(net.state_dict(), self.options.out / name)
        return net

    def all(self):
        started = time.time()
        net = self.float_network()
        result = {"float": self.score(net)}
        for bits in (8, 4):
            result[f"w{bits}"] = self.quantise(net, bits)
        return {**result, "seconds": round(time.time() - started)}


def train(options, task, size):
    """One size of one task, at both weight widths."""
    torch.manual_seed(options.seed)
    if task is Classifier:
        labels = options.out / f"{task.name}.labels.txt"
        labels.write_text("\n".join(task.labels) + "\n")
    return Run(options, task, size).all()


RECIPES = {
    f"{task.name}_{size}": partial(train, task=task, size=size)
    for task in (Classifier, Regressor)
    for size in PICTURES
}
