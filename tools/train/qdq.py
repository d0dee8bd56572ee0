# SPDX-License-Identifier: MIT
"""Rewrite a QONNX graph of 8-bit ports in the QuantizeLinear dialect.

Constants become integer initialisers behind DequantizeLinear, activations a
QuantizeLinear / DequantizeLinear pair: the same numbers in other words.
"""
import numpy as np
import onnx
from onnx import helper, numpy_helper

import graph_eval

OPSET = 13


def integers(values, scale, bits, signed, narrow):
    """Codes of constant @values as QONNX Quant would round them."""
    value = graph_eval.quant(values, scale, 0, bits, signed, narrow, "ROUND")
    kind = np.int32 if bits == 32 else np.int8
    return np.rint(value / scale).astype(kind)


class Rewriter:
    """Builds the new graph node by node."""

    def __init__(self, model):
        self.model = model
        self.values = graph_eval.constants(model)
        self.nodes, self.tensors = [], {}

    def constant(self, name, array):
        self.tensors[name] = numpy_helper.from_array(array, name)
        return name

    def dequantize(self, codes, scale, zero, out, axis):
        self.nodes.append(
            helper.make_node(
                "DequantizeLinear", [codes, scale, zero], [out],
                name=f"{out}/dequantize", axis=axis,
            )
        )

    def quant(self, node):
        source, scale, zero, bits = node.input
        out = node.output[0]
        a = graph_eval.attributes(node)
        if self.values[zero].any() or a["rounding_mode"] != "ROUND":
            raise NotImplementedError(f"{node.name}: zero point or rounding")
        bits = int(self.values[bits])
        step = self.values[scale]
        flat = step.reshape(-1).astype(np.float32)
        flat = flat if flat.size > 1 else flat.reshape(())
        scale = self.constant(f"{out}/scale", flat)
        if source in self.values:
            codes = integers(
                self.values[source], step, bits, a["signed"], a["narrow"]
            )
            zero = np.zeros_like(flat, codes.dtype)
            zero = self.constant(f"{out}/zero", zero)
            codes = self.constant(f"{out}/codes", codes)
            self.dequantize(codes, scale, zero, out, 0)
            return
        if bits != 8 or a["narrow"]:
            raise NotImplementedError(f"{node.name}: not a full 8-bit range")
        kind = np.int8 if a["signed"] else np.uint8
        zero = self.constant(f"{out}/zero", np.array(0, kind))
        codes = f"{out}/codes"
        self.nodes.append(
            helper.make_node(
                "QuantizeLinear", [source, scale, zero], [codes],
                name=f"{out}/quantize",
            )
        )
        self.dequantize(codes, scale, zero, out, 1)

    def model_of(self):
        for node in self.model.graph.node:
            if node.op_type == "Quant":
                self.quant(node)
            else:
                self.nodes.append(node)
        used = {name for node in self.nodes for name in node.input}
        for t in self.model.graph.initializer:
            if t.name in used:
                self.tensors[t.name] = t
        old = self.model.graph
        graph = helper.make_graph(
            self.nodes, old.name, list(old.input), list(old.output),
            list(self.tensors.values()),
        )
        return helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", OPSET)],
            ir_version=8, producer_name=self.model.producer_name,
            doc_string=self.model.doc_string,
        )


def convert(model):
    """The ModelProto in the QuantizeLinear dialect, checked for form."""
    out = Rewriter(model).model_of()
    onnx.checker.check_model(out, full_check=True)
    return out
