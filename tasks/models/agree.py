"""Whether an engine says what torch in float32 says: the condition under which a faster one may be the default."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tasks.config import Config, ModelSpec
from tasks.models.engines import GENERATORS, resolve
from tasks.models.inventory import pin, roles
from tasks.models.load import load_encoder, load_generator, load_pair, load_token

COSINE, LABELS = 0.99, 0.995
"""An engine agrees when every vector's cosine to the exact one, or the share of equal labels, is at least this."""

NEW = 60
"""Tokens that a generator writes for each text."""


@dataclass(frozen=True)
class Agreement:
    """One model in one engine beside torch float32.

    Attributes:
        rows: vectors, pairs or tokens compared.
        cosine: the smallest cosine of two vectors (encoders), or 1.
        labels: share of equal most probable labels (classifiers) or of equal next words after the same words (generators), or 1.
        probability: the largest difference of two probabilities (classifiers), or 0.
    """

    role: str
    name: str
    engine: str
    rows: int
    cosine: float = 1.0
    labels: float = 1.0
    probability: float = 0.0

    @property
    def agrees(self) -> bool:
        """Whether the engine may be a default for this model."""
        return self.rows > 0 and self.cosine >= COSINE and self.labels >= LABELS


def agree(spec: ModelSpec, texts: Sequence[str], seconds: Sequence[str] = ("",), role: str = "") -> Agreement:
    """Runs a model as the spec says and on torch in float32, over the same texts.

    Two generators are compared word by word up to the first at which they part: from there on they would read different texts.

    Args:
        seconds: for pairs: the second texts (targets, hypotheses), taken in turn.

    Raises:
        Unusable: as the loaders.
    """
    exact = spec.model_copy(update={"engine": "torch", "dtype": "float32"})
    if spec.kind in GENERATORS:
        equal, asked = map(sum, zip(*map(_common, _written(spec, texts), _written(exact, texts)), strict=True))
        return Agreement(role, spec.name, _engine(spec), asked, labels=equal / max(1, asked))
    have, want = (_values(s, texts, seconds) for s in (spec, exact))
    engine = _engine(spec)
    if spec.kind == "encoder":
        lengths = np.linalg.norm(have, axis=1) * np.linalg.norm(want, axis=1)
        return Agreement(role, spec.name, engine, len(have), cosine=float(((have * want).sum(1) / lengths).min()))
    same = float((have.argmax(1) == want.argmax(1)).mean())
    return Agreement(role, spec.name, engine, len(have), labels=same, probability=float(np.abs(have - want).max()))


def agreements(config: Config, folder: Path, texts: Sequence[str]) -> Iterator[Agreement]:
    """`agree` for every model of a configuration, its targets' names as second texts.

    Args:
        folder: where the configuration and its lock file lie.
        texts: real inputs, 2,000 or more.
    """
    seconds = [target.name for target in config.targets] or [""]
    for role, spec in roles(pin(config, folder)):
        yield agree(spec, texts, seconds, role)


def _engine(spec: ModelSpec) -> str:
    how = resolve(spec)
    return f"{how.engine} {how.dtype}"


def _written(spec: ModelSpec, texts: Sequence[str]) -> list[Sequence[int]]:
    """The token numbers that a generator writes for each text."""
    return load_generator(spec).tokens(texts, NEW)


def _common(one: Sequence[int], other: Sequence[int]) -> tuple[int, int]:
    """Words at which two texts go on alike from the first, and words that were asked for: those and the one at which they part."""
    equal = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return equal, equal + (equal < max(len(one), len(other)))


def _values(spec: ModelSpec, texts: Sequence[str], seconds: Sequence[str]) -> NDArray[np.float32]:
    match spec.kind:
        case "encoder":
            return load_encoder(spec).encode(texts).values
        case "pair":
            return load_pair(spec).classify([(text, seconds[i % len(seconds)]) for i, text in enumerate(texts)]).values
        case _:
            return np.concatenate(load_token(spec).tag(texts).values)
