"""BERT with every product in 8 bits on both sides, as an OpenVINO graph: static post-training quantisation.

Weights have one scale a row. The numbers that they are multiplied with have one scale a product, known before the night from the
peaks of each channel (`benchmarks/fit_peaks.py`), and are first divided by a factor a channel which the weights take over
(SmoothQuant, Xiao et al. 2023): a few channels of BERT are ten times as large as all others and would leave those no digits. Sums of
8-bit products are exact, so they are the same in any batch. Attention, normalisation and the sums between layers stay in bfloat16 and
float32.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
from openvino import opset13 as op
from safetensors.numpy import load_file

from tasks.errors import Unusable
from tasks.models.bert import Bert
from tasks.models.graph import activate, axes, eight, join, number, split
from tasks.models.networks import Floats

PEAKS = Path(__file__).with_name("minilm_peaks.safetensors")
"""The peaks of `embedded:minilm`: name of a product's input -> the largest magnitude of each channel, float16."""

MOVED = 0.75
"""Share of a channel's peak that the weights take over, as a power; chosen by cosine (docs/log/models.md)."""

GELU = -0.17
"""What GELU is never below."""

ONE = np.float32(1)

FAINT = 1e-3
"""The smallest peak: a channel that was never seen still gets steps."""

SETTINGS = {"DYNAMIC_QUANTIZATION_GROUP_SIZE": 0, "SNIPPETS_MODE": "DISABLE"}
"""Snippets, the plugin's attention in one kernel, take one exponential at a time where a length is no multiple of 16; off they are
faster at every length but 16 and 32, and as fast there."""


def build(folder: Path, kind: str) -> ov.Model:
    """As `bert.build`, in 8 bits.

    Raises:
        Unusable: as `bert.build`, or the peaks are of another network.
    """
    return _Quantised(folder, kind, load_file(PEAKS)).graph()


@dataclass(frozen=True)
class _Normed:
    """A normalised node: `exact` as the network wants it, `even` before its weight and bias, which are called `name`."""

    exact: Any
    even: Any
    name: str


@dataclass(frozen=True)
class _Scale:
    """How the input of a product becomes 8 bits: divided by `channels`, then [low, high] in 256 even steps, one of which is 0."""

    channels: Floats
    low: float
    high: float


class _Quantised(Bert):
    """The graph under construction."""

    def __init__(self, folder: Path, kind: str, peaks: dict[str, Floats]) -> None:
        super().__init__(folder, kind)
        self.peaks = peaks

    def norm(self, name: str, hidden: Any, epsilon: float) -> _Normed:
        even = op.mvn(hidden, axes(-1), True, epsilon, "inside_sqrt")
        exact = op.add(op.multiply(even, self.constant(f"{name}.weight")), self.constant(f"{name}.bias"))
        return _Normed(exact, even, name)

    def layer(self, at: str, hidden: _Normed, bias: Any) -> _Normed:
        seen = self.attention(f"{at}attention.", hidden, bias)
        hidden = self.norm(f"{at}attention.output.LayerNorm", op.add(seen, hidden.exact), self.epsilon)
        widen, narrow = self.scale(f"{at}intermediate.dense"), self.scale(f"{at}output.dense", low=GELU)
        wide = self.multiplied(f"{at}intermediate.dense", self.narrowed(hidden, widen), widen)
        wide = op.multiply(activate(self.config.get("hidden_act", "gelu"), wide), op.constant(1 / narrow.channels))
        seen = self.multiplied(f"{at}output.dense", _steps(wide, narrow), narrow)
        return self.norm(f"{at}output.LayerNorm", op.add(seen, hidden.exact), self.epsilon)

    def attention(self, at: str, hidden: _Normed, bias: Any) -> Any:
        """Both factors that attention would multiply by, 1 / sqrt(size) and 1 / channels, are put into weights beforehand."""
        read, mixing = self.scale(f"{at}self.query", f"{at}self.key", f"{at}self.value"), self.scale(f"{at}output.dense")
        given, size = self.narrowed(hidden, read), len(read.channels) // self.heads
        query, key, value = (
            split(self.multiplied(f"{at}self.{name}", given, read, over), self.heads)
            for name, over in (("query", np.float32(size**0.5)), ("key", ONE), ("value", mixing.channels))
        )
        scores = op.add(op.matmul(query, key, False, True), bias)
        seen = join(op.matmul(op.softmax(scores, -1), value, False, False))
        return self.multiplied(f"{at}output.dense", _steps(seen, mixing), mixing)

    def head(self, hidden: _Normed, ids: Any, mask: Any) -> Any:
        return super().head(hidden.exact, ids, mask)

    def scale(self, *names: str, low: float | None = None) -> _Scale:
        """For the products of one input; its peaks stand under the first product's name.

        Args:
            low: the lowest number there is; as low as it is high, unless given.
        """
        weights = np.concatenate([self.take(f"{name}.weight") for name in names])
        peak = self.peaks.get(names[0])
        if peak is None or peak.shape != weights.shape[1:]:
            raise Unusable(f"model folder {self.folder}: no peaks for {names[0]}; want dtype auto, float32 or bfloat16")
        peak = np.maximum(peak.astype(np.float32), FAINT if low is None else -low)
        moved = np.log(peak) * MOVED - np.log(np.maximum(np.abs(weights).max(0), FAINT)) * (1 - MOVED)
        channels = np.exp(moved - moved.mean())
        high = float((peak / channels).max())
        if low is None:
            return _Scale(channels, -high * 128 / 127, high)
        step = (high - low / float(channels.min())) / 255
        below = round(-low / float(channels.min()) / step)
        return _Scale(channels, -below * step, (255 - below) * step)

    def narrowed(self, hidden: _Normed, scale: _Scale) -> Any:
        """From `even`: one multiplication and sum more, but none over what was rounded before."""
        weight, bias = (op.constant(self.take(f"{hidden.name}.{part}") / scale.channels) for part in ("weight", "bias"))
        return _steps(op.add(op.multiply(hidden.even, weight), bias), scale)

    def multiplied(self, name: str, narrow: Any, scale: _Scale, over: Floats | np.float32 = ONE) -> Any:
        """The product of 8-bit numbers with `name.weight`, plus its bias; its outputs divided by `over`."""
        weight = (self.take(f"{name}.weight").T / over).T * scale.channels
        return op.add(op.matmul(narrow, eight(weight), False, True), op.constant(self.take(f"{name}.bias") / over))


def _steps(hidden: Any, scale: _Scale) -> Any:
    low, high = number(scale.low), number(scale.high)
    return op.fake_quantize(hidden, low, high, low, high, 256)
