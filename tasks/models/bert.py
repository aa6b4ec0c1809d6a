"""BERT as an OpenVINO graph, straight from its safetensors: no torch, no conversion, a tenth of a second to build.

The encoder and both of our shipped classifiers are BERT networks, stance with the head of `tasks.models.marked`, and a night should
not import torch for them. The graph is the one of Devlin et al. (2019), with the names of tensors that transformers gives them; the
tests hold it to transformers' own network.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
from openvino import opset13 as op

from tasks.models.families import READ, formats
from tasks.models.graph import Graph, activate, axes, index, inputs, join, masked, number, split
from tasks.models.settings import POOLED_MARKS, pooling, read

ACTIVATIONS = ("gelu", "gelu_new", "gelu_pytorch_tanh")
WEIGHTS = "model.safetensors"


def built(folder: Path) -> bool:
    """Whether this module can build the folder's network: BERT with absolute positions in one file of 16- or 32-bit numbers."""
    config = read(folder, "config.json")
    return (
        config.get("model_type") == "bert"
        and config.get("position_embedding_type", "absolute") == "absolute"
        and config.get("hidden_act", "gelu") in ACTIVATIONS
        and not config.get("is_decoder")
        and (folder / WEIGHTS).is_file()
        and formats(folder / WEIGHTS) <= READ
    )


def build(folder: Path, kind: str) -> ov.Model:
    """The network of a verified folder: ids, mask, types (each batch x width, int64) -> one array as `Network` says.

    Raises:
        Unusable: a tensor is missing or of another shape.
    """
    return Bert(folder, kind).graph()


class Bert(Graph):
    """The graph under construction; `tasks.models.quantised` builds on it."""

    def __init__(self, folder: Path, kind: str) -> None:
        super().__init__(folder, kind, "bert.")
        self.config = read(folder, "config.json")
        self.heads = int(self.config["num_attention_heads"])
        self.marks: list[list[int]] | None = self.config.get(POOLED_MARKS)
        self.epsilon = float(self.config.get("layer_norm_eps", 1e-12))

    def graph(self) -> ov.Model:
        """The whole network."""
        given = inputs(ids=(2, np.int64), mask=(2, np.int64), types=(2, np.int64))
        hidden, bias = self.begin(given["ids"], given["types"]), masked(given["mask"])
        for layer in range(int(self.config["num_hidden_layers"])):
            hidden = self.layer(f"encoder.layer.{layer}.", hidden, bias)
        return ov.Model([self.head(hidden, given["ids"], given["mask"])], list(given.values()), f"bert-{self.kind}")

    def begin(self, ids: Any, types: Any) -> Any:
        """What the first layer reads."""
        width = op.gather(op.shape_of(ids), index(1), index(0))
        places = op.range(index(0), width, index(1), "i64")
        words, kinds, where = (
            self.embed(some, f"embeddings.{name}_embeddings.weight")
            for name, some in (("word", ids), ("token_type", types), ("position", places))
        )
        return self.norm("embeddings.LayerNorm", op.add(op.add(words, kinds), where), self.epsilon)

    def layer(self, at: str, hidden: Any, bias: Any) -> Any:
        """One layer, whose tensors' names begin with `at`."""
        query, key, value = (split(self.linear(f"{at}attention.self.{n}", hidden), self.heads) for n in ("query", "key", "value"))
        mixed = self.linear(f"{at}attention.output.dense", join(op.scaled_dot_product_attention(query, key, value, bias)))
        hidden = self.norm(f"{at}attention.output.LayerNorm", op.add(mixed, hidden), self.epsilon)
        wide = activate(self.config.get("hidden_act", "gelu"), self.linear(f"{at}intermediate.dense", hidden))
        return self.norm(f"{at}output.LayerNorm", op.add(self.linear(f"{at}output.dense", wide), hidden), self.epsilon)

    def head(self, hidden: Any, ids: Any, mask: Any) -> Any:
        """What the network is asked for."""
        first = op.gather(hidden, index(0), index(1))
        if self.kind == "token":
            return self.linear("classifier", hidden)
        if self.kind == "pair" and self.marks is not None:
            seen = op.concat([first, *(_at_marks(hidden, ids, group, first) for group in self.marks)], -1)
            return self.linear("classifier", op.tanh(self.linear("dense", seen)))
        if self.kind == "pair":
            return self.linear("classifier", op.tanh(self.linear("pooler.dense", first)))
        if pooling(self.folder) == "mean":
            weight = op.unsqueeze(op.convert(mask, "f32"), axes(2))
            first = op.divide(op.reduce_sum(op.multiply(hidden, weight), axes(1)), op.reduce_sum(weight, axes(1)))
        return op.normalize_l2(first, axes(1), 1e-24, "max")


def _at_marks(hidden: Any, ids: Any, group: Sequence[int], otherwise: Any) -> Any:
    """As `tasks.models.marked.at_marks`: the mean at the group's tokens, `otherwise` where none of them stands."""
    at = [op.convert(op.equal(ids, index(token)), "f32") for token in group]
    weight = op.unsqueeze(reduce(op.add, at), axes(2))
    count = op.reduce_sum(weight, axes(1))
    mean = op.divide(op.reduce_sum(op.multiply(hidden, weight), axes(1)), op.maximum(count, number(1.0)))
    return op.select(op.greater(count, number(0.0)), mean, otherwise)
