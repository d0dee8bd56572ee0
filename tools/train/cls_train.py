# SPDX-License-Identifier: MIT
"""Training of the small networks: classes or one number, float then integer."""
import copy
import time

import numpy as np
import torch

from sr_train import cosine


def predict(model, x, batch=500):
    """Outputs of @model in inference for all of @x."""
    model.eval()
    with torch.inference_mode():
        return torch.cat([model(part) for part in x.split(batch)])


def fit(model, batches, steps, rate, loss_of, watch=None, stop=None,
        every=500, decay=0.0, momentum=0.995, log=print):
    """Adam with one cosine over @steps of batches(); returns the average.

    With @stop it ends there, on the way down. The average covers buffers
    too: batch normalisation statistics.
    """
    stop = stop or steps
    average = copy.deepcopy(model)
    optimiser = torch.optim.AdamW(model.parameters(), rate, weight_decay=decay)
    started, seen = time.time(), 0.0
    for step in range(stop):
        for group in optimiser.param_groups:
            group["lr"] = cosine(step, steps, rate)
        model.train()
        x, target = batches()
        loss = loss_of(model(x), target)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        blend(average, model, 1 - min(momentum, (1 + step) / (10 + step)))
        seen += loss.item()
        if watch and ((step + 1) % every == 0 or step + 1 == stop):
            log(
                f"step {step + 1} loss {seen / every:.4f} "
                f"{watch(average)}, {time.time() - started:.0f} s"
            )
            seen = 0.0
    return average.eval()


def blend(average, model, part):
    """Move every floating tensor of @average a @part towards @model."""
    source = model.state_dict()
    with torch.no_grad():
        for name, mean in average.state_dict().items():
            if mean.dtype.is_floating_point:
                mean.lerp_(source[name], part)
            else:
                mean.copy_(source[name])


def observe(model, batches, count=70):
    """Let the activation quantisers see data before they learn."""
    model.train()
    with torch.no_grad():
        for _ in range(count):
            model(batches()[0])


def accuracy(out, target):
    return float((out.argmax(1) == target).float().mean())


class Shuffled:
    """Endless shuffled batches of arrays, changed by @augment."""

    def __init__(self, x, target, batch, seed, augment=None):
        self.x, self.target, self.batch = x, target, batch
        self.rng = np.random.default_rng(seed)
        self.augment = augment
        self.queue = np.empty(0, np.int64)

    def __call__(self):
        if len(self.queue) < self.batch:
            self.queue = self.rng.permutation(len(self.x))
        chosen, self.queue = np.split(self.queue, [self.batch])
        x = self.x[chosen]
        if self.augment:
            x = self.augment(x, self.rng)
        return torch.from_numpy(x).float() / 255, self.target[chosen]
