"""Which generators are built as OpenVINO graphs by ourselves, told from a folder's own files; imports no engine."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

from tasks.models.settings import read

ACTIVATIONS = ("gelu", "gelu_new", "gelu_pytorch_tanh", "relu", "silu", "swish")
"""transformers' names of the activations that the graphs know."""

READ = {"F32", "F16", "BF16", "I64"}
"""Number formats of safetensors that are read; I64 only holds position numbers, which graphs count themselves."""

BART = ("bart", "mbart", "pegasus")
LLAMA = ("llama", "mistral", "qwen2", "qwen3")
T5 = ("t5", "mt5")

STATIC = ("default", "linear", "llama3", "yarn")
"""Kinds of rotary positions whose frequencies do not depend on the length of the text."""


def built(folder: Path, kind: str) -> bool:
    """Whether the generator in a folder is one that `bart`, `llama` or `t5` builds."""
    config = read(folder, "config.json")
    match config.get("model_type"):
        case family if family in BART and kind == "seq2seq":
            fits = config.get("activation_function", "gelu") in ACTIVATIONS
        case family if family in T5 and kind == "seq2seq":
            fits = str(config.get("feed_forward_proj", "relu")).removeprefix("gated-") in ACTIVATIONS
        case family if family in LLAMA and kind == "instruct":
            fits = config.get("hidden_act", "silu") in ACTIVATIONS and _rotary(config) in STATIC and not _windowed(config)
        case _:
            fits = False
    return fits and "quantization_config" not in config and all(formats(path) <= READ for path in weights(folder))


def weights(folder: Path) -> list[Path]:
    """The safetensors that hold the network: those of the index, else the one."""
    shards = read(folder, "model.safetensors.index.json").get("weight_map", {})
    return [folder / name for name in sorted(set(shards.values())) or ["model.safetensors"] if (folder / name).is_file()]


def formats(path: Path) -> set[str]:
    """The number formats in a safetensors file, by its header."""
    with path.open("rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
    return {entry["dtype"] for name, entry in header.items() if name != "__metadata__"}


def _rotary(config: dict[str, Any]) -> str:
    rope = config.get("rope_parameters") or config.get("rope_scaling") or {}
    return str(rope.get("rope_type") or rope.get("type") or "default")


def _windowed(config: dict[str, Any]) -> bool:
    """Whether attention only looks back so far; Mistral's does unless its file says that it does not."""
    if config["model_type"] == "mistral":
        return config.get("sliding_window", 4096) is not None
    return bool(config.get("use_sliding_window"))
