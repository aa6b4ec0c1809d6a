"""Whether an engine says what torch in float32 says: the condition under which a faster one may be the default."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tasks.config import Config, ModelSpec
from tasks.errors import Unusable
from tasks.models.engines import resolve
from tasks.models.inventory import pin, roles
from tasks.models.load import load_encoder, load_pair, load_token

COSINE, LABELS = 0.99, 0.995
"""An engine agrees when every vector's cosine to the exact one, or the share of equal labels, is at least this."""


@dataclass(frozen=True)
class Agreement:
    """One model in one engine beside torch float32.

    Attributes:
        rows: vectors, pairs or tokens compared.
        cosine: the smallest cosine of two vectors (encoders), or 1.
        labels: share of equal most probable labels (classifiers), or 1.
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
    """Runs an encoder or classifier as the spec says and on torch in float32, over the same texts.

    Args:
        seconds: for pairs: the second texts (targets, hypotheses), taken in turn.

    Raises:
        Unusable: as the loaders; or a generator, whose words have no nearest neighbour.
    """
    how = resolve(spec)
    exact = spec.model_copy(update={"engine": "torch", "dtype": "float32"})
    have, want = (_values(s, texts, seconds) for s in (spec, exact))
    engine = f"{how.engine} {how.dtype}"
    if spec.kind == "encoder":
        lengths = np.linalg.norm(have, axis=1) * np.linalg.norm(want, axis=1)
        return Agreement(role, spec.name, engine, len(have), cosine=float(((have * want).sum(1) / lengths).min()))
    same = float((have.argmax(1) == want.argmax(1)).mean())
    return Agreement(role, spec.name, engine, len(have), labels=same, probability=float(np.abs(have - want).max()))


def agreements(config: Config, folder: Path, texts: Sequence[str]) -> Iterator[Agreement]:
    """`agree` for every encoder and classifier of a configuration, its targets' names as second texts.

    Args:
        folder: where the configuration and its lock file lie.
        texts: real inputs, 2,000 or more.
    """
    seconds = [target.name for target in config.targets] or [""]
    for role, spec in roles(pin(config, folder)):
        if spec.kind in ("encoder", "pair", "token"):
            yield agree(spec, texts, seconds, role)


def _values(spec: ModelSpec, texts: Sequence[str], seconds: Sequence[str]) -> NDArray[np.float32]:
    match spec.kind:
        case "encoder":
            return load_encoder(spec).encode(texts).values
        case "pair":
            return load_pair(spec).classify([(text, seconds[i % len(seconds)]) for i, text in enumerate(texts)]).values
        case "token":
            return np.concatenate(load_token(spec).tag(texts).values)
        case _:
            raise Unusable(f"model {spec.name!r}: agreement is measured for encoders and classifiers, not for kind {spec.kind!r}")
