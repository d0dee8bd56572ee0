# SPDX-License-Identifier: MIT
"""Picture quality: PSNR and SSIM, RGB and Y, on u8 pictures.

Y is BT.601 in [16, 235], unrounded; the border (one scale) is shaved for Y
and SSIM as the super-resolution literature does it.
"""
import numpy as np

SHAVE = 2


def luma(rgb):
    """u8 HxWx3 -> float64 HxW in [16, 235]."""
    weights = np.array([65.481, 128.553, 24.966]) / 255.0
    return 16.0 + rgb.astype(np.float64) @ weights


def psnr(a, b):
    """PSNR in dB of two arrays on the 0..255 scale."""
    mse = np.mean((a.astype(np.float64) - b.astype(np.float64)) ** 2)
    return float("inf") if mse == 0 else 10.0 * np.log10(255.0**2 / mse)


def _blur(plane):
    taps = np.exp(-(np.arange(11) - 5) ** 2 / (2 * 1.5**2))
    taps /= taps.sum()
    h, w = plane.shape
    rows = sum(t * plane[i : h - 10 + i, :] for i, t in enumerate(taps))
    return sum(t * rows[:, i : w - 10 + i] for i, t in enumerate(taps))


def ssim(a, b):
    """SSIM of two planes: 11x11 Gaussian, sigma 1.5, valid region."""
    c1, c2 = 6.5025, 58.5225
    a, b = a.astype(np.float64), b.astype(np.float64)
    ma, mb = _blur(a), _blur(b)
    va = _blur(a * a) - ma * ma
    vb = _blur(b * b) - mb * mb
    cov = _blur(a * b) - ma * mb
    num = (2 * ma * mb + c1) * (2 * cov + c2)
    den = (ma * ma + mb * mb + c1) * (va + vb + c2)
    return float(np.mean(num / den))


def score(out, ref, shave=SHAVE):
    """Dict of psnr_rgb, psnr_y, ssim_rgb, ssim_y of two u8 HxWx3 pictures."""
    inner = (slice(shave, -shave), slice(shave, -shave))
    out, ref = out[inner], ref[inner]
    out_y, ref_y = luma(out), luma(ref)
    channels = [ssim(out[..., c], ref[..., c]) for c in range(3)]
    return {
        "psnr_rgb": psnr(out, ref),
        "psnr_y": psnr(out_y, ref_y),
        "ssim_rgb": float(np.mean(channels)),
        "ssim_y": ssim(out_y, ref_y),
    }
