# SPDX-License-Identifier: MIT
"""Synthetic pictures of an optical ring reflection, with their truth.

A picture covers FIELD micrometres whatever its size in pixels. The ring is a
Gaussian profile around an ellipse: a circle of the wanted diameter, seen at a
tilt. On it come uneven light, defocus, a background slope, an occluder that
hides a sector, stray blobs, shot and read noise, gain up to saturation.

A picture is *unreliable* when the generator's own settings say that its ring
cannot be measured: none there, too much of it hidden, too faint for its
noise, too far out of focus, or its glare fills the middle. The limits are
in LIMITS; settings on both sides of them are drawn, close to them too.
"""
import numpy as np

FIELD = 1280.0  # micrometres across the picture
MICROMETRES = 4.0  # of one code of the regressor's u8 output
DIAMETER = (280.0, 960.0)
# Pictures that training never sees: so many of each size, of another seed.
HELD_BACK = {64: 1000, 128: 1000, 300: 500}
HELD_SEED = 1000  # added to the seed of training
LIMITS = {"hidden": 0.45, "contrast": 1.6, "defocus": 0.11, "glare": 0.55}
DEFECTS = ("none", "absent", "hidden", "contrast", "defocus", "glare")
# Half of the pictures have no defect drawn on purpose.
ODDS = (0.5, 0.06, 0.12, 0.12, 0.1, 0.1)


def settings(count, rng):
    """Draw the settings of @count pictures: a dict of arrays."""
    kind = rng.choice(len(DEFECTS), count, p=ODDS)
    s = {
        "diameter": rng.uniform(*DIAMETER, count),
        "tilt": np.radians(rng.uniform(0, 35, count)),
        "axis": rng.uniform(0, np.pi, count),
        "width": rng.uniform(18, 45, count),
        "level": rng.uniform(70, 170, count),
        "floor": rng.uniform(8, 50, count),
        "slope": rng.uniform(-18, 18, (count, 2)),
        "uneven": rng.uniform(0, 0.45, (count, 2)),
        "uneven_at": rng.uniform(0, 2 * np.pi, (count, 2)),
        "hidden_at": rng.uniform(0, 2 * np.pi, count),
        "blobs": rng.integers(0, 4, count),
    }

    def draw(name, usual, bad):
        chosen = kind == DEFECTS.index(name)
        return np.where(chosen, rng.uniform(*bad, count), rng.uniform(*usual, count))

    s["hidden"] = draw("hidden", (0, 0.42), (0.4, 0.9))
    s["contrast"] = draw("contrast", (1.8, 12), (0.2, 1.8))
    s["defocus"] = draw("defocus", (0.0, 0.09), (0.1, 0.3))
    s["glare"] = draw("glare", (0.0, 0.4), (0.5, 1.4))
    s["present"] = kind != DEFECTS.index("absent")
    room = (FIELD - s["diameter"]) / 2 - 60
    s["centre"] = rng.uniform(-1, 1, (count, 2)) * np.minimum(room, 150)[:, None]
    return s


def reliable(s):
    """The truth of the classifier: 1 where the ring can be measured."""
    good = s["present"] & (s["hidden"] < LIMITS["hidden"])
    good &= s["contrast"] > LIMITS["contrast"]
    good &= s["defocus"] < LIMITS["defocus"]
    return (good & (s["glare"] < LIMITS["glare"])).astype(np.int64)


def render_one(s, i, size, rng):
    """One picture of @size x @size, u8."""
    at = ((np.arange(size) + 0.5) / size - 0.5) * FIELD
    x = at[None, :] - s["centre"][i, 0]
    y = at[:, None] - s["centre"][i, 1]
    cos, sin = np.cos(s["axis"][i]), np.sin(s["axis"][i])
    u, v = x * cos + y * sin, (y * cos - x * sin) / np.cos(s["tilt"][i])
    radius, angle = np.hypot(u, v), np.arctan2(y, x)
    light = ring(s, i, radius, angle) + glare(s, i, radius)
    light = light + s["floor"][i]
    slope = s["slope"][i]
    light += slope[0] * x / FIELD * 2 + slope[1] * y / FIELD * 2
    for _ in range(s["blobs"][i]):
        bx, by = rng.uniform(-FIELD / 2, FIELD / 2, 2)
        r2 = (x + s["centre"][i, 0] - bx) ** 2 + (y + s["centre"][i, 1] - by) ** 2
        light += rng.uniform(-50, 60) * np.exp(-r2 / (2 * rng.uniform(20, 70) ** 2))
    noise = s["level"][i] / s["contrast"][i] / 3
    grain = noise * np.sqrt(0.5 + np.clip(light, 0, None) / 255)
    light += rng.standard_normal(light.shape, np.float32) * grain
    return np.clip(np.rint(light), 0, 255).astype(np.uint8)


def ring(s, i, radius, angle):
    """Light of the ring itself; defocus widens its profile and dims it."""
    if not s["present"][i]:
        return np.zeros_like(radius)
    sharp = s["width"][i] / 2
    wide = np.hypot(sharp, s["defocus"][i] * s["diameter"][i])
    profile = np.exp(-((radius - s["diameter"][i] / 2) ** 2) / (2 * wide**2))
    light = s["level"][i] * profile * np.sqrt(sharp / wide)
    for k in range(2):
        wave = np.cos((k + 1) * angle - s["uneven_at"][i, k])
        light *= 1 - s["uneven"][i, k] * (0.5 + 0.5 * wave)
    away = np.abs((angle - s["hidden_at"][i] + np.pi) % (2 * np.pi) - np.pi)
    edge = (away - np.pi * s["hidden"][i]) / 0.06
    return light / (1 + np.exp(-np.clip(edge, -30, 30)))


def glare(s, i, radius):
    """A bright disc that fills the ring and saturates the sensor."""
    inside = np.exp(-((radius / (0.5 * s["diameter"][i])) ** 4))
    return 320 * s["glare"][i] ** 2 * inside


def generate(count, size, seed, only_reliable=False):
    """u8 Nx1xSxS pictures, their classes and diameters in micrometres."""
    rng = np.random.default_rng(seed)
    s = settings(count * (3 if only_reliable else 1), rng)
    truth = reliable(s)
    chosen = np.flatnonzero(truth)[:count] if only_reliable else range(count)
    pictures = np.stack([render_one(s, i, size, rng) for i in chosen])
    return pictures[:, None], truth[chosen], s["diameter"][chosen]


def held_back(size, seed, only_reliable=False):
    """What networks trained with @seed are scored on."""
    return generate(HELD_BACK[size], size, seed + HELD_SEED, only_reliable)
