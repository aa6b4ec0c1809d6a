"""What is refused before anything is loaded: files and settings through which a model's folder could run code or read elsewhere.

transformers honours some keys of its JSON files by importing code (`auto_map`), by fetching kernels, or by joining names to paths
unchecked (`get_checkpoint_shard_files` of 5.23). None of that is needed for the kinds we run, so their presence is a fault, also
under `trust_remote_code=False`.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tasks.errors import Unusable

PICKLED = frozenset(
    [
        ".bin",
        ".pt",
        ".pth",
        ".pkl",
        ".pickle",
        ".ckpt",
        ".h5",
        ".hdf5",
        ".msgpack",
        ".joblib",
        ".npy",
        ".npz",
        ".dill",
        ".tar",
        ".zip",
        ".gguf",
        ".pb",
        ".ot",
    ]
)
"""Weights that can carry code when read (pickle, Keras, …) or that we do not read."""

KNOWN = frozenset([".safetensors", ".json", ".txt", ".md", ".model", ".jinja", ".spm", ".vocab"])
PLAIN = frozenset({"LICENSE", "NOTICE", "README", ".gitattributes", ".gitignore"})
"""Suffixes and names of the files that a model needs; anything else is refused."""

HOOKS = frozenset(
    {
        "auto_map",
        "trust_remote_code",
        "_attn_implementation_internal",
        "custom_pipelines",
        "use_kernels",
        "kernel_config",
        "custom_generate",
    }
)
"""Keys that make transformers import code that is not its own."""

IMPLEMENTATIONS = ("attn_implementation", "_attn_implementation", "experts_implementation", "_experts_implementation")
"""Keys whose value may name a kernel repository (`owner/name`)."""

WORDLISTS = frozenset({"tokenizer.json", "vocab.json", "added_tokens.json"})
"""JSON files whose keys are words of the language, not settings."""


def refuse(folder: Path, files: Sequence[str]) -> None:
    """Raises `Unusable` with every fault of a model's folder; reads no weights and imports no engine."""
    faults = [fault for name in files for fault in _file(folder, name)]
    if not any(name.endswith(".safetensors") for name in files):
        faults.append("no .safetensors: weights must be safetensors; convert them where you trust them")
    if faults:
        shown = faults[:10] + ([f"… and {len(faults) - 10} more"] if len(faults) > 10 else [])
        raise Unusable(
            f"model folder {folder} is refused: " + "; ".join(shown) + ". Take them out where you trust the folder, and seal it anew"
        )


def _file(folder: Path, name: str) -> Iterator[str]:
    path = folder / name
    suffix = path.suffix.lower()
    if suffix in PICKLED:
        yield f"{name}: pickled or foreign weights"
    elif suffix == ".py":
        yield f"{name}: Python code"
    elif suffix not in KNOWN and path.name not in PLAIN:
        yield f"{name}: a kind of file that no model of ours needs"
    elif path.name == "adapter_config.json":
        yield f"{name}: an adapter loads its base model from elsewhere; merge it"
    elif suffix == ".safetensors":
        yield from _header(path, name)
    elif suffix == ".json" and path.name not in WORDLISTS:
        yield from _settings(path, name, folder)


def _header(path: Path, name: str) -> Iterator[str]:
    """A safetensors file begins with the length of a JSON header (8 bytes, little-endian), so no pickle can pass under its name."""
    size = path.stat().st_size
    with path.open("rb") as file:
        start = file.read(9)
    if len(start) < 9 or struct.unpack("<Q", start[:8])[0] > size - 8 or start[8:9] != b"{":
        yield f"{name}: is no safetensors file"


def _settings(path: Path, name: str, folder: Path) -> Iterator[str]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        yield f"{name}: can't be read as JSON ({type(error).__name__})"
        return
    if path.name.endswith(".index.json"):
        yield from _shards(value, name, path.parent)
        return
    for key, inner in _pairs(value):
        if key in HOOKS and inner not in (None, False, {}, []):
            yield f"{name}: {key} asks for code from elsewhere"
        elif key in IMPLEMENTATIONS and isinstance(inner, str) and "/" in inner:
            yield f"{name}: {key} = {inner!r:.60} names a kernel repository"
    if path.name == "modules.json" and folder == path.parent:
        yield from (f"{name}: module type {t!r:.60} is not of sentence_transformers" for t in _foreign(value))


def _shards(value: Any, name: str, folder: Path) -> Iterator[str]:
    shards = value.get("weight_map") if isinstance(value, dict) else None
    if not isinstance(shards, dict):
        yield f"{name}: no weight_map"
        return
    for shard in sorted({str(s) for s in shards.values()}):
        if Path(shard).name != shard or "\\" in shard or not shard.endswith(".safetensors"):
            yield f"{name}: shard {shard!r:.60} is no plain .safetensors name"
        elif not (folder / shard).is_file():
            yield f"{name}: shard {shard!r:.60} is missing"


def _foreign(modules: Any) -> Iterator[str]:
    for module in modules if isinstance(modules, list) else []:
        kind = str(module.get("type", "")) if isinstance(module, dict) else str(module)
        if not kind.startswith("sentence_transformers."):
            yield kind


def _pairs(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key, inner
            yield from _pairs(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _pairs(inner)
