# SPDX-License-Identifier: MIT
"""Training of LRSRN x2 in floating point: patches, loss, schedule, scores."""
import copy
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch.nn import functional as F

import metrics
import sr_data
import sr_equalise
from sr_float import LrsrnTrain

BATCH = 16
PATCH = 32
CLIP = 0.1
AVERAGE = 0.999
SCALE_RATE = 10


class Plan(NamedTuple):
    """One leg of training: @stop steps of a cosine over @horizon steps.

    The last @squared of it minimises the squared error in float32; before
    that bfloat16 products are precise enough and take half the time.
    """

    horizon: int
    stop: int
    rate: float
    squared: float

    def shorter(self, times):
        return self._replace(
            horizon=self.horizon // times, stop=self.stop // times
        )


# From nothing at a high rate, then down to zero; ADAPT goes from a trained
# network to another kind of input.
EXPLORE = Plan(70000, 30000, 5e-4, 0.0)
SETTLE = Plan(12000, 12000, 3e-4, 0.2)
ADAPT = Plan(1000, 1000, 2e-4, 0.2)


class QuantPlan(NamedTuple):
    """Quantisation-aware training; @average is the decay of its mean.

    Weights of 4 bits do not bear being @equalised: it spreads them. What is not
    @close to the float network is not held to its picture: the error to the
    original counts.
    """

    steps: int
    rate: float
    equalised: bool = True
    average: float = 0.995
    close: bool = True

    def shorter(self, times):
        return self._replace(steps=max(1, self.steps // times))


def cosine(step, steps, top, floor=1e-6, warmup=200):
    """Learning rate at @step: short warm-up, then one half cosine."""
    if step < warmup:
        return top * (step + 1) / warmup
    part = (step - warmup) / max(1, steps - warmup)
    return floor + (top - floor) * 0.5 * (1 + np.cos(np.pi * part))


class Average:
    """Exponential moving average of a model's weights."""

    def __init__(self, model, decay=AVERAGE):
        self.model = copy.deepcopy(model)
        self.decay = decay

    def update(self, model, step):
        decay = min(self.decay, (1 + step) / (10 + step))
        with torch.no_grad():
            for mean, now in zip(self.model.parameters(), model.parameters()):
                mean.lerp_(now, 1 - decay)


def evaluate(upscale, pairs):
    """Mean scores over @pairs of upscale(u8 HxWx3) -> u8 2Hx2Wx3."""
    return mean([metrics.score(upscale(low), high) for _, low, high in pairs])


def mean(rows):
    """Of every figure over the pictures."""
    return {key: float(np.mean([r[key] for r in rows])) for key in rows[0]}


def model_upscale(model):
    """The u8 to u8 function that @model computes."""

    def upscale(low):
        with torch.inference_mode():
            return sr_data.to_picture(model(sr_data.to_tensor(low[None])))

    return upscale


def loss_of(out, target, squared):
    return F.mse_loss(out, target) if squared else F.l1_loss(out, target)


def fit_float(pairs, held, plan, seed, checkpoint, start=None, log=print):
    """Train from @start or from nothing; returns the averaged model.

    It is saved at @checkpoint now and then.
    """
    torch.manual_seed(seed)
    sampler = sr_data.PatchSampler(pairs, PATCH, seed)
    model = LrsrnTrain() if start is None else start
    average = Average(model)
    optimiser = torch.optim.Adam(model.parameters(), plan.rate)
    started, seen = time.time(), 0.0
    for step in range(plan.stop):
        for group in optimiser.param_groups:
            group["lr"] = cosine(step, plan.horizon, plan.rate)
        low, high = sampler.batch(BATCH)
        low = low.contiguous(memory_format=torch.channels_last)
        final = step >= plan.horizon * (1 - plan.squared)
        with torch.autocast("cpu", torch.bfloat16, enabled=not final):
            out = model(low).float()
        loss = loss_of(out, high, squared=final)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), CLIP)
        optimiser.step()
        average.update(model, step)
        seen += loss.item()
        if (step + 1) % 2000 == 0 or step + 1 == plan.stop:
            got = evaluate(model_upscale(average.model), held)
            log(
                f"step {step + 1} loss {seen / 2000:.6f} "
                f"Y {got['psnr_y']:.3f} dB, {time.time() - started:.0f} s"
            )
            seen = 0.0
            save(average.model, checkpoint)
    return average.model


def save(model, path):
    """Write the checkpoint in one piece: a reader never sees half of it."""
    temporary = Path(path).with_suffix(".tmp")
    torch.save(model.state_dict(), temporary)
    temporary.replace(path)


def calibrate(model, sampler, batches=70):
    """Let the activation quantisers see real data before they learn."""
    model.train()
    with torch.no_grad():
        for _ in range(batches):
            model(sampler.batch(BATCH)[0])


class Roundings:
    """Loss: what rounding adds to the error of the float network.

    Noise against the float network's picture, as a share of that picture's
    own error: in proportion to the decibels that rounding costs there, so
    that smooth patches count as they do in a mean of PSNRs.
    """

    FLOOR = 2 / 255**2  # of the error: the rest is rounding to u8 anyway

    def __init__(self, kernels):
        self.kernels = kernels

    def __call__(self, model, low, high):
        with torch.no_grad():
            wanted = sr_equalise.forward(self.kernels, low).clamp(0, 1)
            error = (wanted - high).square().mean((1, 2, 3)) + self.FLOOR
        noise = (model(low) - wanted).square().mean((1, 2, 3))
        return (noise / error).mean()


def original_error(model, low, high):
    """Loss: the squared error to the original."""
    return F.mse_loss(model(low), high)


def groups(model, rate):
    """Parameters of the optimiser: scales learn faster than weights."""
    named = list(model.named_parameters())
    scales = [p for name, p in named if "scaling" in name]
    others = [p for name, p in named if "scaling" not in name]
    return [{"params": others, "top": rate},
            {"params": scales, "top": SCALE_RATE * rate}]


def fit_quant(model, pairs, held, plan, seed, loss_of, log=print):
    """Quantisation-aware training of @model, one cosine."""
    torch.manual_seed(seed)
    sampler = sr_data.PatchSampler(pairs, PATCH, seed + 1)
    calibrate(model, sampler)
    average = Average(model, plan.average)
    optimiser = torch.optim.Adam(groups(model, plan.rate), plan.rate)
    started, seen = time.time(), 0.0
    for step in range(plan.steps):
        for group in optimiser.param_groups:
            group["lr"] = cosine(step, plan.steps, group["top"], warmup=50)
        loss = loss_of(model, *sampler.batch(BATCH))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        average.update(model, step)
        seen += loss.item()
        if (step + 1) % 200 == 0 or step + 1 == plan.steps:
            average.model.eval()
            got = evaluate(model_upscale(average.model), held)
            log(
                f"qat {step + 1} loss {seen / 200:.3e} "
                f"Y {got['psnr_y']:.3f} dB, {time.time() - started:.0f} s"
            )
            seen = 0.0
    return average.model.eval()
