"""BERT as an OpenVINO graph, straight from its safetensors: no torch, no conversion, a tenth of a second to build.

The encoder and both of our shipped classifiers are BERT networks, stance with the head of `tasks.models.marked`, and a night should
not import torch for them. The graph is the one of Devlin et al. (2019), with the names of tensors that transformers gives them; the
tests hold it to transformers' own network.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator, Sequence
from functools import reduce
from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
from openvino import opset13 as op
from safetensors import deserialize

from tasks.errors import Unusable
from tasks.models.networks import Floats
from tasks.models.settings import POOLED_MARKS, pooling, read

ACTIVATIONS = {"gelu": "erf", "gelu_new": "tanh", "gelu_pytorch_tanh": "tanh"}
"""transformers' name -> OpenVINO's approximation of GELU."""

WEIGHTS = "model.safetensors"
FORMATS = {"F32": np.float32, "F16": np.float16}


def built(folder: Path) -> bool:
    """Whether this module can build the folder's network: BERT with absolute positions in one file of 16- or 32-bit numbers."""
    config = read(folder, "config.json")
    return (
        config.get("model_type") == "bert"
        and config.get("position_embedding_type", "absolute") == "absolute"
        and config.get("hidden_act", "gelu") in ACTIVATIONS
        and not config.get("is_decoder")
        and (folder / WEIGHTS).is_file()
        and _formats(folder / WEIGHTS) <= {*FORMATS, "BF16", "I64"}
    )


def build(folder: Path, kind: str) -> ov.Model:
    """The network of a verified folder: ids, mask, types (each batch x width, int64) -> one array as `Network` says.

    Raises:
        Unusable: a tensor is missing or of another shape.
    """
    return _Bert(folder, kind).graph()


class _Bert:
    """The graph under construction."""

    def __init__(self, folder: Path, kind: str) -> None:
        self.folder, self.kind = folder, kind
        self.config = read(folder, "config.json")
        self.heads = int(self.config["num_attention_heads"])
        self.marks: list[list[int]] | None = self.config.get(POOLED_MARKS)
        self.tensors = {name.removeprefix("bert."): value for name, value in _tensors(folder / WEIGHTS)}

    def graph(self) -> ov.Model:
        inputs = [op.parameter([-1, -1], np.int64, name=name) for name in ("ids", "mask", "types")]
        ids, mask, types = inputs
        hidden = self.embed(ids, types)
        # 0 where a token stands, the lowest float where padding does: batch x 1 x 1 x width, added to the attention's scores.
        bias = op.multiply(op.subtract(op.convert(mask, "f32"), _number(1.0)), _number(float(np.finfo(np.float32).max)))
        bias = op.unsqueeze(bias, _axes(1, 2))
        for number in range(int(self.config["num_hidden_layers"])):
            hidden = self.layer(f"encoder.layer.{number}.", hidden, bias)
        return ov.Model([self.head(hidden, ids, mask)], inputs, f"bert-{self.kind}")

    def embed(self, ids: Any, types: Any) -> Any:
        width = op.gather(op.shape_of(ids), op.constant(np.int64(1)), op.constant(np.int64(0)))
        places = op.range(op.constant(np.int64(0)), width, op.constant(np.int64(1)), "i64")
        parts = [
            op.gather(self.constant(f"embeddings.{name}_embeddings.weight"), where, op.constant(np.int64(0)))
            for name, where in (("word", ids), ("token_type", types), ("position", places))
        ]
        return self.norm("embeddings.LayerNorm", op.add(op.add(parts[0], parts[1]), parts[2]))

    def layer(self, at: str, hidden: Any, bias: Any) -> Any:
        query, key, value = (self.split(self.linear(f"{at}attention.self.{name}", hidden)) for name in ("query", "key", "value"))
        mixed = op.transpose(op.scaled_dot_product_attention(query, key, value, bias), op.constant([0, 2, 1, 3]))
        joined = op.reshape(mixed, op.constant([0, 0, -1]), special_zero=True)
        hidden = self.norm(f"{at}attention.output.LayerNorm", op.add(self.linear(f"{at}attention.output.dense", joined), hidden))
        wide = op.gelu(self.linear(f"{at}intermediate.dense", hidden), ACTIVATIONS[self.config.get("hidden_act", "gelu")])
        return self.norm(f"{at}output.LayerNorm", op.add(self.linear(f"{at}output.dense", wide), hidden))

    def head(self, hidden: Any, ids: Any, mask: Any) -> Any:
        first = op.gather(hidden, op.constant(np.int64(0)), op.constant(np.int64(1)))
        if self.kind == "token":
            return self.linear("classifier", hidden)
        if self.kind == "pair" and self.marks is not None:
            seen = op.concat([first, *(_at_marks(hidden, ids, group, first) for group in self.marks)], -1)
            return self.linear("classifier", op.tanh(self.linear("dense", seen)))
        if self.kind == "pair":
            return self.linear("classifier", op.tanh(self.linear("pooler.dense", first)))
        if pooling(self.folder) == "mean":
            weight = op.unsqueeze(op.convert(mask, "f32"), _axes(2))
            first = op.divide(op.reduce_sum(op.multiply(hidden, weight), _axes(1)), op.reduce_sum(weight, _axes(1)))
        return op.normalize_l2(first, _axes(1), 1e-24, "max")

    def split(self, hidden: Any) -> Any:
        """Batch x width x d -> batch x heads x width x d / heads."""
        parted = op.reshape(hidden, op.constant([0, 0, self.heads, -1]), special_zero=True)
        return op.transpose(parted, op.constant([0, 2, 1, 3]))

    def linear(self, name: str, hidden: Any) -> Any:
        product = op.matmul(hidden, self.constant(f"{name}.weight"), False, True)
        return op.add(product, self.constant(f"{name}.bias"))

    def norm(self, name: str, hidden: Any) -> Any:
        even = op.mvn(hidden, _axes(-1), True, float(self.config.get("layer_norm_eps", 1e-12)), "inside_sqrt")
        return op.add(op.multiply(even, self.constant(f"{name}.weight")), self.constant(f"{name}.bias"))

    def constant(self, name: str) -> Any:
        if name not in self.tensors:
            raise Unusable(f"model folder {self.folder}: no weights for {name}: it was not trained as {self.kind!r}; want another")
        return op.constant(self.tensors[name])


def _at_marks(hidden: Any, ids: Any, group: Sequence[int], otherwise: Any) -> Any:
    """As `tasks.models.marked.at_marks`: the mean at the group's tokens, `otherwise` where none of them stands."""
    at = [op.convert(op.equal(ids, op.constant(np.int64(token))), "f32") for token in group]
    weight = op.unsqueeze(reduce(op.add, at), _axes(2))
    count = op.reduce_sum(weight, _axes(1))
    mean = op.divide(op.reduce_sum(op.multiply(hidden, weight), _axes(1)), op.maximum(count, _number(1.0)))
    return op.select(op.greater(count, _number(0.0)), mean, otherwise)


def _number(value: float) -> Any:
    return op.constant(np.float32(value))


def _axes(*axes: int) -> Any:
    return op.constant(np.array(axes, dtype=np.int64))


def _tensors(path: Path) -> Iterator[tuple[str, Floats]]:
    """Every tensor as float32; NumPy has no bfloat16, whose bits are the upper half of a float32."""
    for name, entry in deserialize(path.read_bytes()):  # type: ignore[no-untyped-call]
        if entry["dtype"] == "BF16":
            values = (np.frombuffer(entry["data"], np.uint16).astype(np.uint32) << 16).view(np.float32)
        elif entry["dtype"] in FORMATS:
            values = np.frombuffer(entry["data"], FORMATS[entry["dtype"]]).astype(np.float32)
        else:  # position numbers, which the graph counts itself
            continue
        yield name, values.reshape(entry["shape"])


def _formats(path: Path) -> set[str]:
    with path.open("rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
    return {entry["dtype"] for name, entry in header.items() if name != "__metadata__"}
