"""Sentence encoders: texts to vectors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tasks.models.networks import Floats, Network, run
from tasks.models.output import Output
from tasks.models.words import Tokenizer


@dataclass(frozen=True)
class Encoder:
    """A sentence encoder.

    Attributes:
        width: numbers a vector.
    """

    network: Network
    tokenizer: Tokenizer
    width: int

    def encode(self, texts: Sequence[str]) -> Output[Floats]:
        """A vector of length 1 per text.

        *Shape:* n -> n x width, float32; NaN where a text failed. The dot product of two rows is their cosine.
        """
        rows, cut = self.tokenizer.one(texts)
        vectors, failed = run(self.network, rows, self.tokenizer.pad)
        values = np.full((len(texts), self.width), np.nan, dtype=np.float32)
        for index, vector in enumerate(vectors):
            if vector is not None:
                values[index] = vector
        return Output(values, cut, failed)
