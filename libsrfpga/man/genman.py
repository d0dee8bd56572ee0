#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Man pages from the documentation in srfpga.h, one for each group.

usage: genman.py HEADER VERSION OUTDIR

Every function also gets a page of its own name that includes its group's. A
function without a summary, a parameter or an errno that is not documented
ends the run with an error, so the pages cannot fall behind the header.
"""
import re
import sys
from pathlib import Path

# Title of a "DOC:" block, name and summary of its page.
PAGES = {
    "devices": ("srfpga_device", "open and describe accelerators"),
    "buffers": ("srfpga_buffer", "memory shared with an accelerator"),
    "submissions": ("srfpga_submission", "run jobs on an accelerator"),
    "events": ("srfpga_event", "learn how submissions have ended"),
    "one call": ("srfpga_run", "run frames and wait for the result"),
    "packing": ("srfpga_layout", "tensors to frames and back"),
}

BLOCK = re.compile(r"/\*\*(.*?)\*/\n", re.S)


class Item:
    """A documented function, struct, enum or macro."""

    def __init__(self, comment, code):
        lines = [re.sub(r"^ \* ?", "", l.rstrip())
                 for l in comment.strip("\n").split("\n")]
        lines = [l.strip() if i == 0 else l for i, l in enumerate(lines)]
        if not lines[0]:
            lines.pop(0)
        head = lines[0]
        self.name, _, self.summary = head.partition(" - ")
        if not self.summary:
            self.summary = head
        self.code = declaration(code)
        if self.code.startswith("#define"):
            self.name = self.code.split()[1]
        self.function = self.name.endswith("()")
        self.params, self.text = split_body(lines[1:])


def declaration(code):
    """The C text a comment stands before."""
    if code.startswith("#define"):
        return code.split("\n")[0]
    if code.startswith("static inline"):
        text = code[len("static inline "):code.index("\n{")]
        return text + ";"
    first = code[:code.index(";") + 1]
    if "{" in first:
        return code[:code.index("\n};") + 3]
    return first


def split_body(lines):
    """Parameters as (name, text), and the paragraphs as lists of lines."""
    params, text, para = [], [], []
    for line in lines + [""]:
        match = re.match(r"@(\w+(?:, @\w+)*):\s*(.*)", line)
        if match:
            params.append([match[1].replace("@", ""), match[2]])
        elif params and not text and not para and line.startswith("\t"):
            params[-1][1] += " " + line.strip()
        elif line.strip():
            para.append(line)
        elif para:
            text.append(para)
            para = []
    return params, text


def escape(text):
    """For troff; @name is a parameter."""
    text = text.replace("\\", "\\e").replace("-", "\\-")
    text = text.replace("\u00d7", "\\(mu")
    text = re.sub(r"@(\w+)", r"\\fI\1\\fP", text)
    text = re.sub(r"\b(srfpga_\w+)\(\)", r"\\fB\1\\fP()", text)
    return "\\&" + text if text[:1] in ".'" else text


def paragraph(lines):
    """A paragraph, a list of dashes, or a table of errors."""
    first = lines[0].startswith("- ")
    out, table = [] if first else [".PP"], False
    for line in lines:
        error = re.match(r"(-E[A-Z0-9]+(?:, -E[A-Z0-9]+)*)\t+(.*)", line)
        if error:
            out += [".TP", f".B {escape(error[1])}", escape(error[2])]
            table = True
        elif line.startswith("- "):
            out += [".IP \\(bu 2", escape(line[2:])]
        elif table and not line.startswith("\t"):
            out += [".PP", escape(line.strip())]
            table = False
        else:
            out.append(escape(line.strip()))
    return out


def synopsis(item):
    """A prototype as the header has it."""
    code = item.code.replace("\\", "\\e").expandtabs()
    return [".PP", ".nf"] + [f"\\fB{l}\\fP" for l in code.split("\n")] + [".fi"]


def describe(item):
    """One .SS section."""
    out = [f'.SS {escape(item.name)}', escape(item.summary[:1].upper() +
                                              item.summary[1:])]
    if not out[-1].endswith("."):
        out[-1] += "."
    if not item.function and not item.code.startswith("#define"):
        out += [".PP", ".nf"]
        out += [l.replace("\\", "\\e").expandtabs(4)
                for l in item.code.split("\n")]
        out += [".fi"]
    for name, text in item.params:
        out += [".TP", f".I {name}", escape(text)]
    for para in item.text:
        out += paragraph(para)
    return out


def verify(item):
    """What the style asks of a function's documentation."""
    if not item.function:
        return
    if item.name[:-2] + "(" not in item.code.replace("\n", " "):
        raise SystemExit(f"{item.name}: documentation of another function")
    args = item.code[item.code.index("(") + 1:item.code.rindex(")")]
    known = " ".join(name for name, _ in item.params) + " " + \
        " ".join(" ".join(p) for p in item.text)
    first = args.split(",")[0]
    for arg in args.split(","):
        name = re.findall(r"\w+", re.sub(r"\[\w*\]", "", arg))[-1]
        # the object itself needs no words; "Parameters as for" stands for all
        obvious = arg == first or name == "void" or "as for" in known
        if not obvious and not re.search(rf"\b{name}\b", known):
            raise SystemExit(f"{item.name}: {name} is not documented")
    returns = any(p[0].startswith("Return:") for p in item.text)
    if item.code.startswith("int ") and not returns:
        if not re.search(r"_get_fd|_free", item.name) and "as for" not in known and \
           "see srfpga" not in item.summary:
            raise SystemExit(f"{item.name}: no word on what it returns")


def page(name, summary, version, intro, items):
    functions = [i for i in items if i.function]
    out = ['.\\" SPDX-License-Identifier: LGPL-2.1-or-later',
           f'.TH {name} 3 "" "libsrfpga {version}" "libsrfpga"',
           ".nh", ".ad l",
           ".SH NAME", f"{name} \\- {summary}",
           ".SH SYNOPSIS", ".B #include <srfpga.h>"]
    for item in functions:
        out += synopsis(item)
    out += [".SH DESCRIPTION"]
    for i, para in enumerate(intro):
        out += paragraph(para)[i == 0:]
    for item in items:
        out += describe(item)
    out += [".SH SEE ALSO", ".BR libsrfpga (7)"]
    return "\n".join(out) + "\n"


def main(header, version, outdir):
    source = Path(header).read_text(encoding="utf-8")
    out = Path(outdir)
    out.mkdir(parents=True, exist_ok=True)
    groups, current = {}, None
    early = []
    for match in BLOCK.finditer(source):
        comment, code = match[1], source[match.end():].lstrip("\n")
        title = re.search(r"DOC: (.*)", comment)
        if title:
            current = title[1].strip()
            lines = [re.sub(r"^ \* ?", "", l) for l in comment.split("\n")]
            groups[current] = (split_body(lines[2:])[1], early)
            early = []
            continue
        item = Item(comment, code)
        verify(item)
        (groups[current][1] if current else early).append(item)
    if list(groups) != list(PAGES):
        raise SystemExit(f"{header}: groups {list(groups)}, not {list(PAGES)}")
    for title, (intro, items) in groups.items():
        name, summary = PAGES[title]
        (out / f"{name}.3").write_text(
            page(name, summary, version, intro, items), encoding="utf-8")
        for item in items:
            own = item.name[:-2]
            if item.function and own != name:
                (out / f"{own}.3").write_text(f".so man3/{name}.3\n",
                                              encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) != 4:
        raise SystemExit(__doc__)
    main(*sys.argv[1:])
