# SPDX-License-Identifier: MIT
"""The parts of the model cards that are not measured."""

LRSRN = """# lrsrn_x2: super-resolution ×2, clean bicubic input

LRSRN m4c32 (Gankhuyag et al., CVPRW 2023) in deployed form: six 3×3
convolutions, 32 channels, 41,356 parameters, 41,184 multiplications per
low-resolution pixel, receptive radius 6 pixels. `lrsrn_x2.onnx` is QONNX as
Brevitas exports it.

- **In**: 1×3×H×W, RGB in [0,1], H and W open; quantised to u8 at 1/255, so a
  frame is RGB24 as a camera gives it. **Out**: 1×3×2H×2W, u8 at 1/255.
- **Numbers**: activations u8 with one scale a tensor, weights s8 in
  [−127,127] with one scale a channel, biases s32 at input × weight scale. The
  skip's two inputs share one scale, so the addition is one of codes.
- **Data**: BSDS500 `train`, 200 photographs, also shrunk to 85, 70 and 55 %;
  low resolution by PIL's bicubic. BSDS500 `val` and the seven photographs
  are held back; the first twelve of `val` were watched while training.
- **Recipe**: each convolution is trained as 3×3 → 256 → 1×1 (+ identity) and
  fused at every step. Starts as bilinear interpolation. Batch 16 of 32×32,
  flips and turns, Adam 5e-4, gradient clip 0.1, averaged weights: 30,000 steps
  of L1 (bfloat16 products), 12,000 more down to rate zero with the last fifth
  in squared error. Then channels are equalised, so that each makes use of its
  tensor's codes, and 600 steps at 2e-4 of quantisation-aware training with
  learned activation scales lessen what rounding adds to the float network's
  error, patch by patch.
- PSNR is on u8 with a border of 2 shaved, SSIM with the usual 11×11 window;
  every figure is the mean over pictures.

"""

LRSRN_NOTES = """INT8 costs {bsds500_val:.2f} dB on the first set and {images:.2f} dB on the second,
whose smoother pictures show a rounding more. The paper trains on DIV2K: four
times the photographs and many times the steps.

The shipped rows are the software FPGA's pictures, the others PyTorch's; the
figures are what `srfpga compare --shave 2` says.

"""

LRSRN_COMPARED = """Rows that end in *compared* are trained from the same float network, on the
squared error to the original, and are not shipped. The DPU row has as many
quantisation-aware steps as INT8's, and 7 bits for every non-negative value, as
that hardware's signed bytes have. The INT4 row has 1,500, learned weight
scales, and channels that were not equalised: that spreads weights which have
4 bits.

"""

TIMES = """Times are wall-clock minutes of one thread on two cores that were busy with other
work. The models of 2026-11-20 were trained one by one, resnet8's two legs each
from the checkpoint before it; `all.sh` trains them all, two at a time.

"""

JPEG90 = """# lrsrn_x2_jpeg90: super-resolution ×2, JPEG quality 90 input

The network, port types and numbers of [lrsrn_x2](lrsrn_x2.md), for the
paper's degradation: PIL bicubic, then JPEG quality 90. Made from lrsrn_x2's
float network by 1,000 more steps on such pairs and the same
quantisation-aware training. Use it for pictures that come out of a camera's
JPEG encoder.

"""

RESNET8 = """# resnet8: ten classes, 32×32

Three residual stages of 16, 32 and 64 channels, global average, ten classes.
`resnet8.onnx` is QONNX, `resnet8_qdq.onnx` the same numbers as QuantizeLinear
and DequantizeLinear, `resnet8.labels.txt` the names, one a line.

- **In**: 1×3×32×32, RGB in [0,1], u8 at 1/255. **Out**: ten s8 scores.
- **Numbers**: u8 after every ReLU; both inputs of a residual addition are s8
  at one shared scale; weights s8, one scale a channel (one a tensor in the
  last layer); biases s32.
- **Data**: 5,085 labelled pictures of CIFAR-10, 500 of them held back at
  random: one thousandth of accuracy is half a picture. CIFAR-10 has 50,000 for
  training; a network that saw them all would be better.
- **Recipe**: shifts, mirroring, light, blotting; batch 64, label smoothing
  0.1, averaged weights; AdamW, 9,359 steps of a cosine from 4e-3 over 14,000,
  then 800 from 1e-3 down to zero; batch normalisation folded; 150 steps of
  quantisation-aware training at 3e-4.

"""

_RING_DATA = """
- **In**: 1×1×S×S grey in [0,1], u8 at 1/255; S is 64, 128 or 300.
- **Network**: four 3×3 convolutions with 8, 16, 24, 24 filters, ReLU, 2×2
  maximum, down to 4×4; 16 hidden neurons. The first convolution has stride 2 at
  128×128; at 300×300 it is 5×5 with stride 4. u8 activations; every weight at 8
  or at 4 bits.
- **Data**: synthetic, from `tools/train/ring_data.py`: a field of 1,280 µm,
  rings of 280 to 960 µm, tilt to 35°, uneven light, defocus, occluded sectors,
  blobs, background slope, shot and read noise, glare up to saturation. Trained
  on 12,000 pictures of 64×64, 8,000 of 128×128, 2,500 of 300×300; 1,000 (500 of
  300×300) of another seed are held back. No sensor data was
  seen: figures published for real sensors (F1 0.87; 34.77 µm at 8 bit and
  54.69 µm at 4 bit, 64×64) are a comparison only.
- **Recipe**: flips and transposition, batch 32, AdamW 4e-3, averaged weights;
  batch normalisation folded; quantisation-aware training at 1e-3 from the one
  float network for both widths. 3,000 and 500 steps (300×300: 1,500 and 200):
  more would still help.
- **Batches**: `make_rings.py --size S --count 400 DIR` (and 600) writes
  `DIR/rings_S_400.npy` for `srfpga run --inputfile`, and the truth.

"""

RINGS = {
    "ring_classifier": """# ring_classifier: is a ring reflection reliable?

`ring_classifier_S_wB.onnx`: two s8 scores, unreliable and reliable
(`ring_classifier.labels.txt`). A picture is unreliable when the generator
hid more than 45 % of the ring, drew it too faint for its noise, too far out of
focus, over-lit or not at all.
""" + _RING_DATA,
    "ring_regressor": """# ring_regressor: the diameter of a ring reflection

`ring_regressor_S_wB.onnx`: one u8 code of 4 µm each. The model knows its
scale: `srfpga classify -d soft:ring_regressor_64_w8.onnx --unit µm ring.png`
prints micrometres. Diameter is the larger axis of the tilted ring. Trained and
scored on reliable pictures only.
""" + _RING_DATA,
}

LICENCE = """
The networks were trained by this project from nothing; no other weights were
used. Photographs (BSDS500, CIFAR-10) are offered for research and are not
shipped; whether a network trained on them may be used commercially is for
the user to judge. The weights themselves carry the project's MIT licence.
"""
