"""A spec to a model that is ready to run, once per process."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from tasks.config import ModelSpec
from tasks.errors import Unusable
from tasks.models.encoder import Encoder
from tasks.models.engines import GENERATORS, How, resolve
from tasks.models.networks import Network
from tasks.models.pair import PairClassifier
from tasks.models.settings import independent, labels, longest, read
from tasks.models.token import TokenClassifier
from tasks.models.verified import Folder, verify
from tasks.models.words import Tokenizer

if TYPE_CHECKING:
    from tasks.models.generator import Generator

Model = TypeVar("Model")

_loaded: dict[tuple[str, str, How, int], Any] = {}
_lock = threading.Lock()


def load_encoder(spec: ModelSpec) -> Encoder:
    """A sentence encoder; the same object for the same files and settings.

    Raises:
        Unusable: the spec is of another kind, or as `verify`.
    """

    def build(folder: Folder, how: How) -> Encoder:
        width = int(read(folder.path, "config.json")["hidden_size"])
        return Encoder(_network(folder, spec, how), _tokenizer(folder, spec), width)

    return _once(spec, "encoder", build)


def load_pair(spec: ModelSpec) -> PairClassifier:
    """A sequence-pair classifier; as `load_encoder`."""

    def build(folder: Folder, how: How) -> PairClassifier:
        names, single = labels(folder.path), independent(folder.path)
        return PairClassifier(_network(folder, spec, how), _tokenizer(folder, spec), names, single)

    return _once(spec, "pair", build)


def load_token(spec: ModelSpec) -> TokenClassifier:
    """A token classifier; as `load_encoder`."""

    def build(folder: Folder, how: How) -> TokenClassifier:
        return TokenClassifier(_network(folder, spec, how), _tokenizer(folder, spec), labels(folder.path))

    return _once(spec, "token", build)


def load_generator(spec: ModelSpec) -> Generator:
    """A generator of either kind, seq2seq or instruct; as `load_encoder`."""

    def build(folder: Folder, how: How) -> Generator:
        from tasks.models.generator import Generator  # torch takes seconds to import

        return Generator(folder, spec, how)

    return _once(spec, spec.kind if spec.kind in GENERATORS else "seq2seq", build)


def _once(spec: ModelSpec, kind: str, build: Callable[[Folder, How], Model]) -> Model:
    if spec.kind != kind:
        raise Unusable(f"model {spec.name!r} is of kind {spec.kind!r}; this step wants kind {kind!r}")
    folder, how = verify(spec), resolve(spec)
    os.environ["HF_HUB_OFFLINE"] = "1"  # before any import of transformers: a night never asks a hub
    key = (kind, folder.digest, how, spec.max_tokens)
    with _lock:
        if key not in _loaded:
            _loaded[key] = build(folder, how)
        model: Model = _loaded[key]
        return model


def _network(folder: Folder, spec: ModelSpec, how: How) -> Network:
    # Each engine takes 0.2 to 3 seconds to import, so only the one that is used is.
    match how.engine:
        case "openvino":
            from tasks.models.on_openvino import OpenVinoNetwork

            return OpenVinoNetwork(folder, spec.kind, how)
        case "onnx-int8":
            from tasks.models.on_onnx import OnnxNetwork

            return OnnxNetwork(folder, spec.kind, how)
        case _:
            from tasks.models.on_torch import TorchNetwork

            return TorchNetwork(folder.path, spec.kind, how.dtype)


def _tokenizer(folder: Folder, spec: ModelSpec) -> Tokenizer:
    return Tokenizer(folder.path, longest(folder.path, spec))
