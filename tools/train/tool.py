# SPDX-License-Identifier: MIT
"""The srfpga tool as functions of arrays."""
import json
import subprocess
import tempfile
from pathlib import Path

import numpy as np


class Tool:
    """Runs the srfpga program at @path; its files go to a scratch folder."""

    def __init__(self, path):
        self.path = path.resolve()

    def __enter__(self):
        self.scratch = tempfile.TemporaryDirectory()
        self.dir = Path(self.scratch.name)
        return self

    def __exit__(self, *_):
        self.scratch.cleanup()

    def call(self, *arguments):
        """Its standard output; its own words where it fails."""
        done = subprocess.run(
            [self.path, *arguments], capture_output=True, text=True
        )
        if done.returncode:
            raise RuntimeError(done.stderr.strip())
        return done.stdout

    def run(self, model, frames):
        """Codes that @model gives for @frames, both N x port shape."""
        source, target = self.dir / "in.npy", self.dir / "out.npy"
        np.save(source, np.ascontiguousarray(frames))
        self.call(
            "run", "-q", "-d", f"soft:{model}", "--inputfile", source,
            "--outputfile", target,
        )
        return np.load(target)

    def upscale(self, model, picture):
        """u8 HxWx3 through a super-resolution model."""
        source, target = self.dir / "low.ppm", self.dir / "large.ppm"
        self.write(picture, source)
        self.call("upscale", "-q", "-d", f"soft:{model}", source, target)
        return self.read(target)

    def compare(self, a, b, shave):
        """PSNR and SSIM of two u8 HxWx3 pictures."""
        first, second = self.dir / "a.ppm", self.dir / "b.ppm"
        self.write(a, first)
        self.write(b, second)
        said = json.loads(
            self.call("compare", "--json", "--shave", str(shave), first, second)
        )
        keys = ("psnr_rgb", "psnr_y", "ssim_rgb", "ssim_y")
        return {key: said[key] for key in keys}

    @staticmethod
    def write(picture, path):
        from PIL import Image

        Image.fromarray(picture).save(path)

    @staticmethod
    def read(path):
        from PIL import Image

        return np.asarray(Image.open(path).convert("RGB"))
