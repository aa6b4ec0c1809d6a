"""Which engine runs a model, in which number format, decided without importing any of them."""

from __future__ import annotations

import functools
import importlib.metadata
from dataclasses import dataclass
from pathlib import Path

from tasks.config import ModelSpec
from tasks.errors import Unusable
from tasks.models.families import built
from tasks.models.places import place

PACKAGES = {"torch": "torch", "openvino": "openvino", "onnx-int8": "onnxruntime"}
"""Engine -> the package that it needs."""

GENERATORS = ("seq2seq", "instruct")

QUANTISED = ("embedded:minilm",)
"""Encoders that run in 8 bits: those whose peaks are known (`tasks.models.quantised`)."""


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
    """The engine and number format for a spec; `auto` is what was measured to be fastest among those that agree (docs/models.md).

    Torch where there is a GPU, else OpenVINO where it is installed and runs the network, else torch. bfloat16 where the processor
    multiplies it by itself, else float32.

    Raises:
        Unusable: the engine is not installed, or does not run the kind, network or number format.
    """
    engine = spec.engine if spec.engine != "auto" else "openvino" if _on_openvino(spec) else "torch"
    release = _release(PACKAGES[engine])
    if not release:
        raise Unusable(f"model {spec.name!r}: engine {engine!r} needs the package {PACKAGES[engine]}; pip install {PACKAGES[engine]}")
    if spec.kind in GENERATORS and not _generates(spec, engine):
        raise Unusable(f"model {spec.name!r}: engine {engine!r} does not run this {spec.kind!r} network; want engine torch or auto")
    if engine == "onnx-int8":
        if spec.dtype != "auto":
            raise Unusable(f"model {spec.name!r}: engine 'onnx-int8' has its own number format; want dtype auto, have {spec.dtype!r}")
        return How(engine, "int8", release)
    quantised = engine == "openvino" and spec.kind == "encoder" and spec.name in QUANTISED
    if spec.dtype == "int8" and not (quantised or (engine == "openvino" and spec.kind in GENERATORS)):
        raise Unusable(
            f"model {spec.name!r}: dtype 'int8' is for generators and {', '.join(QUANTISED)} on OpenVINO;"
            " want auto, float32 or bfloat16"
        )
    auto = "bfloat16" if bfloat16() else "float32"
    return How(engine, spec.dtype if spec.dtype != "auto" else auto, release)


def _on_openvino(spec: ModelSpec) -> bool:
    if gpu() or not _release("openvino"):
        return False
    return spec.kind not in GENERATORS or built(place(spec), spec.kind)


def _generates(spec: ModelSpec, engine: str) -> bool:
    return engine == "torch" or (engine == "openvino" and built(place(spec), spec.kind))


@functools.cache
def bfloat16() -> bool:
    """Whether the processor (or a GPU) multiplies bfloat16 in hardware; elsewhere it would be slower than float32."""
    if gpu():
        return True
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace")
    except OSError:
        return False
    return " avx512_bf16" in flags or " amx_bf16" in flags


@functools.cache
def gpu() -> bool:
    """Whether torch will find an NVIDIA GPU: a driver, and a torch that is not built for the CPU alone."""
    return Path("/proc/driver/nvidia/version").exists() and "+cpu" not in _release("torch")


def _release(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return ""
