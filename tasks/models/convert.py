"""From transformers' network to the file of another engine."""

from __future__ import annotations

import tempfile
from pathlib import Path

import torch

from tasks.errors import Unusable
from tasks.models.on_torch import wrapped

NAMES = ["ids", "mask", "types"]


def to_openvino(folder: Path, kind: str, path: Path) -> None:
    """Writes `path` (.xml) and its weights beside it, float32."""
    import openvino as ov

    with torch.inference_mode():
        model = ov.convert_model(wrapped(folder, kind), example_input=tuple(_example()))
    for tensor, name in zip(model.inputs, NAMES, strict=True):
        tensor.get_node().set_friendly_name(name)
        tensor.get_tensor().set_names({name})
    model.reshape({name: [-1, -1] for name in NAMES})
    ov.save_model(model, path, compress_to_fp16=False)


def to_onnx_int8(folder: Path, kind: str, path: Path) -> None:
    """Writes `path` (.onnx) with weights of 8 bits.

    Raises:
        Unusable: the package onnx, which only this needs, is not installed.
    """
    try:
        import onnx  # noqa: F401
        from onnxruntime.quantization import QuantType, quantize_dynamic
    except ImportError as error:
        raise Unusable(f"engine onnx-int8 needs the package onnx to convert {folder.name}; pip install onnx") from error
    with tempfile.TemporaryDirectory() as draft, torch.inference_mode():
        exact = str(Path(draft) / "exact.onnx")
        axes = {name: {0: "batch", 1: "width"} for name in NAMES}
        torch.onnx.export(wrapped(folder, kind), tuple(_example()), exact, input_names=NAMES, dynamic_axes=axes, dynamo=False)
        quantize_dynamic(exact, str(path), weight_type=QuantType.QInt8, per_channel=True)


def _example() -> list[torch.Tensor]:
    ids = torch.arange(32).reshape(2, 16) % 7 + 1
    return [ids, torch.ones_like(ids), torch.zeros_like(ids)]
