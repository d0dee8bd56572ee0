#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Write small sample FINN builds, whole and damaged, for the tests of dtgen.

The files have the form of those that FINN and Vivado write; the networks are
made up. Beside a whole build stands model.txt, the same hardware as options of
the FPGA model, so that it can be booted, and interrupts.txt, what it has wired
as numbers of the interrupt controller. Usage: make-builds.py OUT
"""
import pathlib
import struct
import sys


def driver(inputs, outputs, weights=0, named=True):
    """driver.py with io_shape_dict; a tensor is (dtype, normal, folded, packed)."""
    def types(ts):
        return ", ".join(f"DataType['{t[0]}']" for t in ts)

    def shapes(ts, i):
        return ", ".join(str(tuple(t[i])) for t in ts)

    names = "" if not named else (
        f'    "input_dma_name" : {["idma%d" % i for i in range(len(inputs))]},\n'
        f'    "output_dma_name" : {["odma%d" % i for i in range(len(outputs))]},\n'
        f'    "number_of_external_weights": {weights},\n'
        f'    "num_inputs" : {len(inputs)},\n'
        f'    "num_outputs" : {len(outputs)},\n')
    return (
        "import argparse\n"
        "from qonnx.core.datatype import DataType\n"
        "from driver_base import FINNExampleOverlay\n\n"
        "# dictionary describing the I/O of the accelerator\n"
        "io_shape_dict = {\n"
        "    # types of the tensors\n"
        f'    "idt" : [{types(inputs)}],\n'
        f'    "odt" : [{types(outputs)}],\n'
        f'    "ishape_normal" : [{shapes(inputs, 1)}],\n'
        f'    "oshape_normal" : [{shapes(outputs, 1)}],\n'
        f'    "ishape_folded" : [{shapes(inputs, 2)}],\n'
        f'    "oshape_folded" : [{shapes(outputs, 2)}],\n'
        f'    "ishape_packed" : [{shapes(inputs, 3)}],\n'
        f'    "oshape_packed" : [{shapes(outputs, 3)}],\n'
        f"{names}"
        "}\n\n"
        'if __name__ == "__main__":\n'
        "    raise SystemExit('this must never be executed')\n")


def hwh(dmas, arch="zynquplus", irqs=(), base=0xA0000000, size=0x1000, clock=0,
        reset=0, inner=""):
    """A hardware description with these DMAs; irqs go through one xlconcat.

    With inner, each DMA is a hierarchy that holds the block of that name. reset is
    that line of the processor, through a proc_sys_reset; None: a button of the board.
    """
    def instance(dma):
        return f"{dma}_{inner}" if inner else dma

    slash = f"/{inner}" if inner else ""
    zynq7 = arch == "zynq"
    ps = "processing_system7_0" if zynq7 else "zynq_ps"
    modtype = "processing_system7" if zynq7 else "zynq_ultra_ps_e"
    clk = f"FCLK_CLK{clock}" if zynq7 else f"pl_clk{clock}"
    resetn = f"FCLK_RESET{reset}_N" if zynq7 else f"pl_resetn{reset}"
    source = ("External_Ports", "button") if reset is None else (ps, resetn)
    pin = "IRQ_F2P" if zynq7 else "pl_ps_irq0"
    master = "M_AXI_GP0" if zynq7 else "M_AXI_HPM0_FPD"
    out = ['<?xml version="1.0" encoding="UTF-8" standalone="no" ?>',
           '<EDKSYSTEM EDWVERSION="1.2" TIMESTAMP="" VIVADOVERSION="2022.2">',
           f'  <SYSTEMINFO ARCH="{arch}" BOARD="" DEVICE="" NAME="top"/>',
           "  <EXTERNALPORTS/>", "  <MODULES>"]
    for d in dmas:
        out += [f'    <MODULE FULLNAME="/{d}{slash}" INSTANCE="{instance(d)}" '
                f'MODCLASS="PERIPHERAL" MODTYPE="{d}">', "      <PORTS>",
                f'        <PORT DIR="I" NAME="ap_clk" SIGIS="clk" SIGNAME="{ps}_{clk}">',
                "          <CONNECTIONS>",
                f'            <CONNECTION INSTANCE="{ps}" PORT="{clk}"/>',
                "          </CONNECTIONS>", "        </PORT>",
                '        <PORT DIR="I" NAME="ap_rst_n" POLARITY="ACTIVE_LOW" SIGIS="rst">',
                "          <CONNECTIONS>",
                '            <CONNECTION INSTANCE="rst_0" PORT="peripheral_aresetn"/>',
                "          </CONNECTIONS>", "        </PORT>"]
        if d in irqs:
            out += ['        <PORT DIR="O" NAME="interrupt" SIGIS="INTERRUPT">',
                    "          <CONNECTIONS>",
                    f'            <CONNECTION INSTANCE="xlconcat_0" PORT="In{irqs.index(d)}"/>',
                    "          </CONNECTIONS>", "        </PORT>"]
        out += ["      </PORTS>", "    </MODULE>"]
    out += ['    <MODULE FULLNAME="/rst_0" INSTANCE="rst_0" MODCLASS="PERIPHERAL" '
            'MODTYPE="proc_sys_reset">', "      <PORTS>",
            '        <PORT DIR="I" NAME="ext_reset_in" POLARITY="ACTIVE_LOW" SIGIS="rst">',
            "          <CONNECTIONS>",
            f'            <CONNECTION INSTANCE="{source[0]}" PORT="{source[1]}"/>',
            "          </CONNECTIONS>", "        </PORT>", "      </PORTS>",
            "    </MODULE>"]
    if irqs:
        out += ['    <MODULE FULLNAME="/xlconcat_0" INSTANCE="xlconcat_0" '
                'MODCLASS="PERIPHERAL" MODTYPE="xlconcat">', "      <PARAMETERS>"]
        out += [f'        <PARAMETER NAME="IN{i}_WIDTH" VALUE="1"/>'
                for i in range(len(irqs))]
        out += ["      </PARAMETERS>", "      <PORTS>",
                '        <PORT DIR="O" NAME="dout">', "          <CONNECTIONS>",
                f'            <CONNECTION INSTANCE="{ps}" PORT="{pin}"/>',
                "          </CONNECTIONS>", "        </PORT>",
                "      </PORTS>", "    </MODULE>"]
    out += [f'    <MODULE FULLNAME="/{ps}" INSTANCE="{ps}" '
            f'MODCLASS="PROCESSOR" MODTYPE="{modtype}">', "      <MEMORYMAP>"]
    for i, d in enumerate(dmas):
        out.append(
            f'        <MEMRANGE BASEVALUE="0x{base + i * size:08X}" '
            f'HIGHVALUE="0x{base + (i + 1) * size - 1:08X}" INSTANCE="{instance(d)}" '
            f'MASTERBUSINTERFACE="{master}" MEMTYPE="REGISTER" '
            f'SLAVEBUSINTERFACE="s_axi_control_0"/>')
    out += ["      </MEMORYMAP>", "    </MODULE>", "  </MODULES>",
            "</EDKSYSTEM>", ""]
    return "\n".join(out)


def interrupt_number(arch, line):
    """The shared peripheral interrupt of a line from the fabric (TRM)."""
    first, second = (29, 52) if arch == "zynq" else (89, 104)
    return first + line if line < 8 else second + line - 8


def model(dmas, wired, arch="zynquplus", base=0xA0000000, reset=0, **_):
    """The FPGA model's options; dmas: name -> port, wired: name -> interrupt."""
    options = {"addr": hex(base), "interrupt": "+".join(wired) or "off",
               "ports": "/".join(f"{n}:{p}" for n, p in dmas.items())}
    if reset is not None:
        options["reset-line"] = (512 if arch == "zynq" else 116) + reset
    firsts = {n - list(dmas).index(d) for d, n in wired.items()}
    if firsts:      # the model's interrupts are one after the other
        options["irq"] = firsts.pop()
        assert not firsts
    return ",".join(f"{k}={v}" for k, v in options.items()) + "\n"


def port(direction, tensor):
    """A port of the model: its text has no batch dimension."""
    def text(shape):
        return "x".join(str(n) for n in shape)

    dtype, normal, folded = tensor[:3]
    return f"{direction}:{dtype}:{text(normal[1:])}@{text(folded[1:])}"


def build(inputs, outputs, weights=None, **hw):
    """Files of a build and the weights, by DMA name.

    Weight DMAs take the numbers after the inputs, as FINN gives them.
    """
    weights = weights or {}
    dmas = {f"idma{i}": port("in", t) for i, t in enumerate(inputs)}
    for dma, shape in weights.items():
        dmas[dma] = port("weights", ("UINT8", (1,) + shape, (1,) + shape))
    dmas.update({f"odma{i}": port("out", t) for i, t in enumerate(outputs)})
    wired = {d: interrupt_number(hw.get("arch"), i)
             for i, d in enumerate(hw.get("irqs", ())) if d in dmas}
    return {"driver/driver.py": driver(inputs, outputs, weights=len(weights)),
            "bitfile/finn-NAME.hwh": hwh(list(dmas), **hw),
            "model.txt": model(dmas, wired, **hw),
            "interrupts.txt": "".join(f"{32 + n}\n" for n in wired.values()),
            }, weights


def npy(shape):
    """A uint8 array in which no two neighbours are equal."""
    head = ("{'descr': '|u1', 'fortran_order': False, 'shape': %s, }"
            % (tuple(shape),)).encode()
    head += b" " * (63 - (10 + len(head)) % 64) + b"\n"
    count = 1
    for n in shape:
        count *= n
    data = bytes((i * 167 + i // 256 + 13) % 256 for i in range(count))
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head + data


SR_IN = ("UINT8", (1, 128, 128, 3), (1, 128, 128, 1, 3), (1, 128, 128, 1, 3))
SR_OUT = ("UINT8", (1, 256, 256, 3), (1, 256, 256, 3, 1), (1, 256, 256, 3, 1))
INT4_IN = ("INT4", (1, 64, 64, 1), (1, 64, 64, 1, 1), (1, 64, 64, 1, 1))
BIPOLAR_IN = ("BIPOLAR", (1, 600), (1, 15, 40), (1, 15, 5))
LOGITS = ("INT9", (1, 1000), (1, 100, 10), (1, 100, 12))
LABELS = ("UINT16", (1, 5), (1, 5, 1), (1, 5, 2))

GOOD = {
    "sr": build([SR_IN], [SR_OUT]),
    "wired": build([SR_IN], [SR_OUT], irqs=["idma0", "odma0"]),
    "inner": build([SR_IN], [SR_OUT], irqs=["idma0", "odma0"], inner="dma_0"),
    "zynq7": build([SR_IN], [SR_OUT], arch="zynq", irqs=["odma0"],
                   base=0x40000000, size=0x10000, clock=2, reset=1),
    "button": build([SR_IN], [SR_OUT], reset=None),
    # M_AXI_GP1 and the second group of interrupts: free in QEMU's machine
    "zynq7-gp1": build([INT4_IN], [LOGITS], arch="zynq", base=0xA0000000,
                       irqs=["unused"] * 8 + ["odma0"], reset=1),
    "multi": build([INT4_IN, BIPOLAR_IN], [LOGITS, LABELS],
                   {"idma2": (1, 16, 36)}, irqs=["odma0", "odma1"], clock=1),
}

# name: (driver.py, hwh): one wrong thing each
BAD = {
    "no-dict": ("print('hello')\n", hwh(["idma0", "odma0"])),
    "code": (driver([SR_IN], [SR_OUT]).replace(
        '"num_inputs" : 1', '"num_inputs" : len(open("x"))'),
        hwh(["idma0", "odma0"])),
    "cut-driver": (driver([SR_IN], [SR_OUT])[:500], hwh(["idma0", "odma0"])),
    "no-folded": (driver([SR_IN], [SR_OUT]).replace("ishape_folded", "other"),
                  hwh(["idma0", "odma0"])),
    "packed-differs": (driver([SR_IN[:3] + ((1, 128, 128, 1, 4),)], [SR_OUT]),
                       hwh(["idma0", "odma0"])),
    "folded-differs": (driver([SR_IN[:2] + ((1, 128, 128, 1, 4),) + SR_IN[3:]],
                              [SR_OUT]), hwh(["idma0", "odma0"])),
    "odd-type": (driver([("FIXED<8,4>",) + SR_IN[1:]], [SR_OUT]),
                 hwh(["idma0", "odma0"])),
    "extra-shape": (driver([SR_IN], [SR_OUT]).replace(
        "(1, 256, 256, 3, 1)]", "(1, 256, 256, 3, 1), (1, 4)]"),
        hwh(["idma0", "odma0"])),
    "extra-name": (driver([SR_IN], [SR_OUT]).replace(
        "['idma0']", "['idma0', 'idma1']"), hwh(["idma0", "odma0"])),
    "same-name": (driver([SR_IN, SR_IN], [SR_OUT]).replace("'idma1'", "'idma0'"),
                  hwh(["idma0", "odma0"])),
    "no-ap-clk": (driver([SR_IN], [SR_OUT]), hwh(["idma0", "odma0"]).replace(
        'NAME="ap_clk"', 'NAME="clock"')),
    "no-such-line": (driver([SR_IN], [SR_OUT]),
                     hwh(["idma0", "odma0"], irqs=["unused"] * 16 + ["odma0"])),
    "two-clocks": (driver([SR_IN], [SR_OUT]), hwh(["idma0", "odma0"]).replace(
        'PORT="pl_clk0"', 'PORT="pl_clk1"', 1)),
    "cut-hwh": (driver([SR_IN], [SR_OUT]), hwh(["idma0", "odma0"])[:700]),
    "not-hwh": (driver([SR_IN], [SR_OUT]), "<PROJECT/>\n"),
    "no-odma": (driver([SR_IN], [SR_OUT]), hwh(["idma0"])),
    "too-many-dmas": (driver([SR_IN], [SR_OUT]),
                      hwh(["idma0", "idma1", "odma0"])),
    "overlap": (driver([SR_IN], [SR_OUT]),
                hwh(["idma0", "odma0"]).replace("0xA0000FFF", "0xA0001FFF")),
    "small-window": (driver([SR_IN], [SR_OUT]),
                     hwh(["idma0", "odma0"]).replace("0xA0001FFF", "0xA00010FF")),
    "no-address": (driver([SR_IN], [SR_OUT]),
                   hwh(["idma0", "odma0"]).replace("0xA0001000", "here")),
    # what stands in the file is not what an entity stands for
    "entity": (driver([SR_IN], [SR_OUT]), hwh(["idma0", "odma0"]).replace(
        "<EDKSYSTEM", '<!DOCTYPE EDKSYSTEM [\n<!ENTITY low "1000">\n]>\n<EDKSYSTEM',
        1).replace("0xA0001000", "0xA000&low;")),
    "other-dtd": (driver([SR_IN], [SR_OUT]), hwh(["idma0", "odma0"]).replace(
        "<EDKSYSTEM", '<!DOCTYPE EDKSYSTEM SYSTEM "other.dtd">\n<EDKSYSTEM', 1)),
    "other-chip": (driver([SR_IN], [SR_OUT]), hwh(["idma0", "odma0"], arch="versal")),
    "other-clock": (driver([SR_IN], [SR_OUT]),
                    hwh(["idma0", "odma0"]).replace('PORT="pl_clk0"', 'PORT="clk_out1"')),
}


def main():
    out = pathlib.Path(sys.argv[1])
    for name, (files, weights) in GOOD.items():
        d = out / name
        (d / "bitfile").mkdir(parents=True, exist_ok=True)
        (d / "driver" / "runtime_weights").mkdir(parents=True, exist_ok=True)
        for path, text in files.items():
            (d / path.replace("NAME", name)).write_text(text)
        for dma, shape in weights.items():
            (d / "driver" / "runtime_weights" / f"{dma}.npy").write_bytes(npy(shape))
    for name, (py, xml) in BAD.items():
        d = out / "bad" / name
        d.mkdir(parents=True, exist_ok=True)
        (d / "driver.py").write_text(py)
        (d / "accel.hwh").write_text(xml)


if __name__ == "__main__":
    main()
