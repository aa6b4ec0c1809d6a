"""OpenVINO graphs straight from safetensors: the tensors of a folder, and the parts that transformers' networks share.

Built this way a network needs no torch and no conversion. Names of tensors are those that transformers gives them; the tests hold every
family to transformers' own network.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
from openvino import opset13 as op
from safetensors import deserialize

from tasks.errors import Unusable
from tasks.models.families import weights
from tasks.models.networks import Floats

FORMATS = {"F32": np.float32, "F16": np.float16}
MASKED = np.float32(-1e30)
"""Added to an attention score that must not count: e to its power is 0 in every format, and no format makes it infinite."""


class Graph:
    """A graph under construction.

    Attributes:
        tensors: name -> values; `prefix` is taken off the names.
        eight: whether the weights of products are kept in 8 bits, one scale a row.
        sinks: the states' ends, which a model is given beside its results.
    """

    def __init__(self, folder: Path, kind: str, prefix: str = "", eight: bool = False) -> None:
        self.folder, self.kind, self.eight = folder, kind, eight
        self.sinks: list[Any] = []
        self.tensors = {name.removeprefix(prefix): value for name, value in _tensors(folder)}

    def take(self, *names: str) -> Floats:
        """The first of these tensors that is there: networks whose ends share a tensor save it under any of its names.

        Raises:
            Unusable: none is there.
        """
        for name in names:
            if name in self.tensors:
                return self.tensors[name]
        raise Unusable(f"model folder {self.folder}: no weights for {names[0]}: it was not trained as {self.kind!r}; want another")

    def constant(self, *names: str) -> Any:
        """`take` as a node."""
        return op.constant(self.take(*names))

    def linear(self, name: str, hidden: Any) -> Any:
        """The product with `name.weight` (out x in), plus `name.bias` where there is one."""
        product = self.product(hidden, f"{name}.weight")
        return op.add(product, self.constant(f"{name}.bias")) if f"{name}.bias" in self.tensors else product

    def product(self, hidden: Any, *names: str) -> Any:
        """The product with the first of these weights, out x in."""
        weight = self.take(*names)
        return op.matmul(hidden, eight(weight) if self.eight else op.constant(weight), False, True)

    def norm(self, name: str, hidden: Any, epsilon: float) -> Any:
        """Layer normalisation."""
        even = op.mvn(hidden, axes(-1), True, epsilon, "inside_sqrt")
        return op.add(op.multiply(even, self.constant(f"{name}.weight")), self.constant(f"{name}.bias"))

    def rms(self, name: str, hidden: Any, epsilon: float) -> Any:
        """Root mean square normalisation (Zhang and Sennrich 2019)."""
        square = op.reduce_mean(op.power(hidden, number(2.0)), axes(-1), True)
        even = op.multiply(hidden, op.power(op.sqrt(op.add(square, number(epsilon))), number(-1.0)))
        return op.multiply(self.constant(f"{name}.weight"), even)

    def embed(self, ids: Any, *names: str, scale: float = 1.0) -> Any:
        """Rows of a table."""
        found = op.gather(self.constant(*names), ids, index(0))
        return found if scale == 1.0 else op.multiply(found, number(scale))

    def keep(self, name: str, fresh: Any, beam: Any, size: int) -> Any:
        """Earlier tokens' keys or values (batch x heads x tokens x size) with `fresh` behind them: what the next call finds.

        Args:
            beam: the row of the state that each row goes on from.
        """
        shape = op.shape_of(fresh)
        rows, heads = (op.gather(shape, axes(axis), index(0)) for axis in (0, 1))
        empty = op.broadcast(number(0.0), op.concat([rows, heads, axes(0, size)], 0))
        past = op.read_value(empty, name, np.float32, ov.PartialShape([-1, fresh.output(0).partial_shape[1], -1, size]))
        whole = op.concat([op.gather(past, beam, index(0)), fresh], 2)
        self.sinks.append(op.assign(whole, name))
        return whole


def activate(name: str, hidden: Any) -> Any:
    """An activation of `families.ACTIVATIONS`."""
    match name:
        case "relu":
            return op.relu(hidden)
        case "silu" | "swish":
            return op.swish(hidden)
        case "gelu":
            return op.gelu(hidden, "erf")
        case _:
            return op.gelu(hidden, "tanh")


def split(hidden: Any, heads: int) -> Any:
    """Batch x width x d -> batch x heads x width x d / heads."""
    parted = op.reshape(hidden, op.constant([0, 0, heads, -1]), special_zero=True)
    return op.transpose(parted, op.constant([0, 2, 1, 3]))


def join(hidden: Any) -> Any:
    """What `split` did, undone."""
    return op.reshape(op.transpose(hidden, op.constant([0, 2, 1, 3])), op.constant([0, 0, -1]), special_zero=True)


def over_text(query: Any, keys: Any, values: Any, bias: Any, scale: float) -> Any:
    """Attention of one token to a text. Its keys stand turned (`turned`): as one node, attention would turn them at each call."""
    scores = op.add(op.matmul(op.multiply(query, number(scale)), op.convert(keys, "f32"), False, False), bias)
    return op.matmul(op.softmax(scores, -1), op.convert(values, "f32"), False, False)


def turned(keys: Any) -> Any:
    """Batch x heads x width x size -> batch x heads x size x width."""
    return op.transpose(keys, op.constant([0, 1, 3, 2]))


def masked(mask: Any) -> Any:
    """1 where a token stands, 0 where padding does (batch x width) -> what is added to scores (batch x 1 x 1 x width).

    Chosen, not computed: `(mask - 1) * 1e30` is folded by the plugin into a product and a sum that do not cancel in bfloat16.
    """
    return op.unsqueeze(op.select(op.equal(mask, index(0)), op.constant(MASKED), number(0.0)), axes(1, 2))


def number(value: float) -> Any:
    """A float32 constant."""
    return op.constant(np.float32(value))


def index(value: int) -> Any:
    """An int64 constant."""
    return op.constant(np.int64(value))


def axes(*values: int) -> Any:
    """A list of int64."""
    return op.constant(np.array(values, dtype=np.int64))


def inputs(**types: Any) -> dict[str, Any]:
    """Parameters by name: (rank, NumPy type) each, every dimension free."""
    return {name: op.parameter([-1] * rank, kind, name=name) for name, (rank, kind) in types.items()}


def eight(weight: Floats) -> Any:
    """Weights in 8 bits, one scale a row, which the plugin multiplies as they are."""
    scale = np.maximum(np.abs(weight).max(1, keepdims=True), 1e-12) / 127
    return op.multiply(op.convert(op.constant(np.round(weight / scale).astype(np.int8)), "f32"), op.constant(scale.astype(np.float32)))


def _tensors(folder: Path) -> Iterator[tuple[str, Floats]]:
    """Every tensor as float32; NumPy has no bfloat16, whose bits are the upper half of a float32."""
    for path in weights(folder):
        for name, entry in deserialize(path.read_bytes()):  # type: ignore[no-untyped-call]
            if entry["dtype"] == "BF16":
                values = (np.frombuffer(entry["data"], np.uint16).astype(np.uint32) << 16).view(np.float32)
            elif entry["dtype"] in FORMATS:
                values = np.frombuffer(entry["data"], FORMATS[entry["dtype"]]).astype(np.float32)
            else:
                continue
            yield name, values.reshape(entry["shape"])
