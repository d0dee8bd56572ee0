#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Frames for a booted sample build, and what must have come of them.

Python reads the build's driver.py here, and the packing and the model's xor
fabric are written anew: nothing of dtgen, the library or the model is used.

  frames.py make BUILD DIR        DIR/in0.npy and so on
  frames.py check BUILD DIR       TAP: DIR/info.json against driver.py, and
                                  DIR/out0.npy and so on against the inputs
  frames.py picture HxW DIR       DIR/in0.npy: random pixels, RGB
"""
import json
import pathlib
import random
import struct
import sys
import types

FRAMES = 3
KEY = 0x5A      # of the fabric
NPY = {"|i1": "b", "|u1": "B", "<i2": "h", "<u2": "H", "<i4": "i", "<u4": "I"}


def io_shapes(build):
    """io_shape_dict, from the driver as Python sees it."""
    class AnyName(type):
        def __getitem__(cls, name):
            return name

    qonnx = types.ModuleType("qonnx.core.datatype")
    qonnx.DataType = AnyName("DataType", (), {})
    base = types.ModuleType("driver_base")
    base.FINNExampleOverlay = None
    for name in ("qonnx", "qonnx.core"):
        sys.modules[name] = types.ModuleType(name)
    sys.modules["qonnx.core.datatype"] = qonnx
    sys.modules["driver_base"] = base
    source = (build / "driver" / "driver.py").read_text()
    scope = {"__name__": "driver"}
    exec(compile(source, "driver.py", "exec"), scope)
    return scope["io_shape_dict"]


def tensors(build, way):
    """(type, normal, folded, packed) of each input ("i") or output ("o")."""
    d = io_shapes(build)
    return list(zip(d[way + "dt"], d[way + "shape_normal"],
                    d[way + "shape_folded"], d[way + "shape_packed"]))


def product(numbers):
    n = 1
    for i in numbers:
        n *= i
    return n


def load(path):
    """(shape, values) of an array of integers."""
    data = path.read_bytes()
    size = struct.unpack("<H", data[8:10])[0]
    head = eval(data[10:10 + size], {"__builtins__": {}})
    code = NPY[head["descr"]]
    body = data[10 + size:]
    return head["shape"], [v for v, in struct.iter_unpack("<" + code, body)]


def save(path, descr, shape, data):
    head = ("{'descr': '%s', 'fortran_order': False, 'shape': %s, }"
            % (descr, tuple(shape))).encode()
    head += b" " * (63 - (10 + len(head)) % 64) + b"\n"
    path.write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) +
                     head + data)


def bits_and_sign(dtype):
    if dtype == "BIPOLAR":
        return 1, False
    return int(dtype.lstrip("UINT")), dtype.startswith("INT")


def pack(dtype, row, values):
    """Frames as in memory: rows of codes from bit 0, each in whole bytes."""
    bits, _ = bits_and_sign(dtype)
    out = bytearray()
    for at in range(0, len(values), row):
        word = 0
        for i, v in enumerate(values[at:at + row]):
            code = (v + 1) // 2 if dtype == "BIPOLAR" else v % (1 << bits)
            word |= code << (i * bits)
        out += word.to_bytes((row * bits + 7) // 8, "little")
    return bytes(out)


def value_of(dtype, code):
    bits, signed = bits_and_sign(dtype)
    code %= 1 << bits
    if dtype == "BIPOLAR":
        return 2 * code - 1
    return code - (1 << bits) if signed and code >> (bits - 1) else code


def unpack(dtype, row, data):
    bits, _ = bits_and_sign(dtype)
    step = (row * bits + 7) // 8
    out = []
    for at in range(0, len(data), step):
        word = int.from_bytes(data[at:at + step], "little")
        out += [value_of(dtype, word >> (i * bits)) for i in range(row)]
    return out


def rotate(byte, by):
    return (byte << by % 8 | byte >> 8 - by % 8) & 0xFF


def fabric(sources, output, size):
    """Output byte i: key, number of the output, and every source's byte i."""
    out = bytearray(size)
    for i in range(size):
        out[i] = KEY ^ output
        for j, source in enumerate(sources):
            out[i] ^= rotate(source[i % len(source)], j)
    return bytes(out)


def make(build, out):
    for n, (dtype, normal, _, _) in enumerate(tensors(build, "i")):
        values = [value_of(dtype, i * 7919 + i // 5 + n)
                  for i in range(FRAMES * product(normal))]
        save(out / f"in{n}.npy", "<i4", (FRAMES,) + normal[1:],
             struct.pack(f"<{len(values)}i", *values))


def picture(size, out):
    shape = (1, *map(int, str(size).split("x")), 3)
    save(out / "in0.npy", "|u1", shape, random.Random(1).randbytes(product(shape)))


def expected(build, out):
    """What each output array must hold, computed from the input files."""
    ins = []
    for n, (dtype, _, folded, packed) in enumerate(tensors(build, "i")):
        data = pack(dtype, folded[-1], load(out / f"in{n}.npy")[1])
        size = product(packed)
        ins.append([data[f * size:(f + 1) * size] for f in range(FRAMES)])
    held = [bytes(data) for _, _, data in weights(build)]
    for n, (dtype, normal, folded, packed) in enumerate(tensors(build, "o")):
        values = []
        for f in range(FRAMES):
            data = fabric([i[f] for i in ins] + held, n, product(packed))
            values += unpack(dtype, folded[-1], data)
        yield (FRAMES,) + normal[1:], values


def weights(build):
    """(file, shape, bytes) of each array of external weights."""
    files = sorted((build / "driver" / "runtime_weights").glob("*.npy"))
    return [(file, *load(file)) for file in files]


def shapes_of(ports, role):
    return [(p["type"], tuple(p["shape"]), tuple(p["folded_shape"]),
             p["frame_bytes"]) for p in ports if p["role"] == role]


def check(build, out):
    ports = json.loads((out / "info.json").read_text())["devices"][0]["ports"]
    results = []
    for way, role in (("i", "input"), ("o", "output")):
        want = [(t, tuple(n[1:]), tuple(f[1:]), product(p))
                for t, n, f, p in tensors(build, way)]
        got = shapes_of(ports, role)
        results.append((f"{role} shapes are those of driver.py", got, want))
    # Packed bytes, whatever the elements are: the array as it stands in the file.
    want = [(file.stem, "UINT8", shape, shape, len(data))
            for file, shape, data in weights(build)]
    got = [(p["name"], p["type"], tuple(p["shape"]), tuple(p["folded_shape"]),
            p["frame_bytes"]) for p in ports if p["role"] == "weights"]
    results.append(("weights are those of runtime_weights", got, want))
    for n, want in enumerate(expected(build, out)):
        path = out / f"out{n}.npy"
        got = load(path) if path.exists() else "no file"
        results.append((f"output {n}: every bit of {FRAMES} frames", got, want))
    print("TAP version 13")
    for n, (name, got, want) in enumerate(results, 1):
        print(f"{'ok' if got == want else 'not ok'} {n} - {build.name}: {name}")
        if got != want:
            print(f"# got  {str(got)[:300]}\n# want {str(want)[:300]}")
    print(f"1..{len(results)}")
    return any(got != want for _, got, want in results)


if __name__ == "__main__":
    mode, what, work = sys.argv[1], *map(pathlib.Path, sys.argv[2:])
    modes = {"make": make, "check": check, "picture": picture}
    sys.exit(modes[mode](what, work))
