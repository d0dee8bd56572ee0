# SPDX-License-Identifier: MIT
"""Export of a trained Brevitas model to QONNX."""
import warnings

import onnx
from brevitas.export import export_qonnx


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
