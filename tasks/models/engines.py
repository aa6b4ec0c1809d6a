"""Which engine runs a model, in which number format, decided without importing any of them."""

from __future__ import annotations

import importlib.metadata
from dataclasses import dataclass

from tasks.config import ModelSpec


@dataclass(frozen=True)
class How:
    """How a model is run.

    Attributes:
        engine: torch, onnx-int8 or openvino.
        dtype: float32, bfloat16 or int8.
        release: the engine's release, since another one may round otherwise.
    """

    engine: str
    dtype: str
    release: str


def resolve(spec: ModelSpec) -> How:
    """The engine and number format for a spec; `auto` is what was measured to be fastest among those that agree (docs/models.md)."""
    engine = "torch" if spec.engine == "auto" else spec.engine
    dtype = "float32" if spec.dtype == "auto" else spec.dtype
    return How(engine, dtype, importlib.metadata.version({"onnx-int8": "onnxruntime"}.get(engine, engine)))
