# SPDX-License-Identifier: MIT
"""Export of a trained Brevitas model to QONNX."""
import warnings

import brevitas.nn as qnn
import onnx
import torch
from brevitas.export import export_qonnx


def snap(model, example):
    """Move weights and biases to the values that they are quantised to.

    Some lie so close to the middle between two codes that float32 here and
    float64 elsewhere would round them differently.
    """
    layers = [
        layer for layer in model.modules()
        if isinstance(layer, (qnn.QuantConv2d, qnn.QuantLinear))
    ]
    found, hooks = {}, []
    for layer in layers:
        for parameter, proxy in (
            (layer.weight, layer.weight_quant), (layer.bias, layer.bias_quant)
        ):
            hooks.append(proxy.register_forward_hook(
                lambda _, given, out, p=parameter: found.update({p: out.value})
            ))
    with torch.no_grad():
        model.eval()(example)
        for parameter, value in found.items():
            parameter.copy_(value)
    for hook in hooks:
        hook.remove()
    return model


def export(model, example, path, axes=None, doc=""):
    """Write @model as QONNX to @path and return the ModelProto.

    @axes maps "input" and "output" to {dimension: symbolic name}.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        proto = export_qonnx(
            model, args=example, export_path=None, dynamo=False,
            opset_version=17, input_names=["input"], output_names=["output"],
            dynamic_axes=axes, keep_initializers_as_inputs=False,
        )
    proto.doc_string = doc
    onnx.save(proto, path)
    return proto
