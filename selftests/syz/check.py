#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Whether srfpga.txt describes the interface as its header has it.

usage: check.py HEADER SRFPGA.TXT CONST COMPILER...

The compiler is asked: a program of static assertions says that every constant
has its value and that every field lies where the description puts it. Nothing
may be missing: every ioctl, every struct and every field of the header.
"""
import re
import subprocess
import sys

SIZES = {"int8": 1, "int16": 2, "int32": 4, "int64": 8, "fd": 4}
NOT_SRFPGA = {"srfpga_dma_buf_sync": "dma_buf_sync",
              "srfpga_export_sync_file": "dma_buf_export_sync_file",
              "srfpga_import_sync_file": "dma_buf_import_sync_file"}
HEADERS = ("stddef.h", "fcntl.h", "asm/unistd.h", "linux/dma-buf.h")
ARCHES = {"x86_64": "amd64", "aarch64": "arm64", "arm": "arm", "i686": "386",
          "riscv64": "riscv64"}


def die(why):
    sys.exit(f"check.py: {why}")


def split(args):
    """The comma separated arguments of a type, brackets respected."""
    parts, depth = [""], 0
    for c in args:
        depth += (c == "[") - (c == "]")
        if c == "," and not depth:
            parts.append("")
        else:
            parts[-1] += c
    return [p.strip() for p in parts]


class Description:
    def __init__(self, text):
        self.text = re.sub(r"#.*", "", text)
        self.resources = dict(re.findall(r"^resource (\w+)\[(\w+)\]",
                                         self.text, re.M))
        self.defines = dict(re.findall(r"^define (\w+)\s+(.+)$", self.text,
                                       re.M))
        self.structs = {}
        for name, body in re.findall(r"^(\w+) \{\n(.*?)^\}", self.text,
                                     re.M | re.S):
            self.structs[name] = [line.split(None, 1) for line in
                                  body.strip().splitlines()]
        self.consts = {}

    def size(self, kind):
        """Bytes of a type."""
        kind = re.sub(r"\s*\((in|out|inout)\)$", "", kind.strip())
        name, _, args = kind.partition("[")
        args = split(args.rstrip()[:-1]) if args else []
        if name in SIZES:
            return SIZES[name]
        if name in self.resources:
            return self.size(self.resources[name])
        if name in ("const", "flags", "len", "bytesize"):
            return self.size(args[1])
        if name == "ptr64":
            return 8
        if name == "array" and len(args) == 2:
            return self.size(args[0]) * self.value(args[1])
        return die(f"what is {kind}?")

    def value(self, text):
        return self.consts[text] if text in self.consts else int(text, 0)

    def names(self):
        """Every constant that the description uses."""
        used = set(self.defines)
        for cmd in re.findall(r"cmd const\[(\w+)\]", self.text):
            used.add(cmd)
        for values in re.findall(r"^\w+ = (.+)$", self.text, re.M):
            used.update(v for v in split(values) if v[0] != '"')
        used.update(re.findall(r"\bSRFPGA_\w+", self.text))
        used.update(re.findall(r"const\[(AT_\w+)\]", self.text))
        used.update("__NR_" + call for call in
                    re.findall(r"^(\w+)\$\w+\(", self.text, re.M))
        return {u for u in used if not u.startswith("ioctl$")}


def read_const(path, arch):
    """{name: value} for one architecture: "name = value, arch:arch:value"."""
    consts = {}
    with open(path, encoding="ascii") as f:
        lines = re.findall(r"^(\w+) = (.+)$", f.read(), re.M)
    for name, text in lines:
        if name == "arches":
            if arch not in split(text):
                die(f"{path} is not for {arch}")
            continue
        default, *others = split(text)
        for other in others:
            *arches, value = other.split(":")
            if arch in arches:
                default = value
        consts[name] = int(default, 0)
    return consts


def header_structs(text):
    """{struct: fields} of the header, in order."""
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    return {name: re.findall(r"(\w+)(?:\[\w+\])?;", body)
            for name, body in re.findall(r"^struct (\w+) \{(.*?)^\};", text,
                                         re.M | re.S)}


def compare_names(header, desc, consts):
    """What one has and the other has not."""
    for name, fields in header_structs(header).items():
        if name not in desc.structs:
            die(f"struct {name} is not described")
        got = [f[0] for f in desc.structs[name]]
        if got != fields:
            die(f"struct {name}: {got}, but the header has {fields}")
    for ioctl in re.findall(r"#define (SRFPGA_IOC_(?!MAGIC)\w+)", header):
        if f"ioctl${ioctl}(" not in desc.text:
            die(f"{ioctl} is not described")
    for flag in re.findall(
            r"#define (SRFPGA_(?:SUBMIT|ATTACH|PRIORITY)_\w+)", header):
        if flag not in desc.names():
            die(f"{flag} is not described")
    missing, odd = desc.names() - set(consts), set(consts) - desc.names()
    if missing or odd:
        die(f"constants: {missing} without a value, {odd} not used")


def assertions(desc, consts):
    for name, text in desc.defines.items():
        yield f"enum {{ {name} = {text} }};"
    for name, value in consts.items():
        yield (f"_Static_assert((unsigned long long)({name}) == {value}ull, "
               f'"{name}");')
    for name, fields in desc.structs.items():
        c_name, offset = NOT_SRFPGA.get(name, name), 0
        for field, kind in fields:
            yield (f"_Static_assert(offsetof(struct {c_name}, {field}) == "
                   f'{offset}, "{name}.{field}");')
            offset += desc.size(kind)
        yield (f"_Static_assert(sizeof(struct {c_name}) == {offset}, "
               f'"size of {name}");')


def main():
    header_path, desc_path, const_path, *compiler = sys.argv[1:]
    with open(header_path, encoding="utf-8") as f:
        header = f.read()
    with open(desc_path, encoding="utf-8") as f:
        desc = Description(f.read())
    machine = subprocess.run([*compiler, "-dumpmachine"], check=True, text=True,
                             capture_output=True).stdout
    arch = ARCHES[machine.split("-")[0]]
    desc.consts = consts = read_const(const_path, arch)
    compare_names(header, desc, consts)
    program = [f"#include <{h}>" for h in HEADERS]
    program += [f'#include "{header_path}"']
    program += list(assertions(desc, consts))
    subprocess.run([*compiler, "-fsyntax-only", "-x", "c", "-"],
                   input="\n".join(program) + "\n", text=True, check=True)
    print(f"{arch}: {len(consts)} constants, {len(desc.structs)} structs, "
          f"{sum(len(s) for s in desc.structs.values())} fields agree")


if __name__ == "__main__":
    try:
        main()
    except subprocess.CalledProcessError:
        die("the description and the header differ")
