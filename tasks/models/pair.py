"""Classifiers of one text beside another: NLI heads and our own stance heads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tasks.errors import RejectDocument
from tasks.models.networks import Floats, Network, Row, run
from tasks.models.output import Output
from tasks.models.words import Tokenizer


@dataclass(frozen=True)
class PairClassifier:
    """A sequence-pair classifier.

    Attributes:
        labels: names of the outputs, in order.
        independent: whether each label is decided for itself (sigmoid) instead of one of all (softmax).
    """

    network: Network
    tokenizer: Tokenizer
    labels: tuple[str, ...]
    independent: bool

    def classify(self, pairs: Sequence[tuple[str, str]]) -> Output[Floats]:
        """Probabilities of the labels for each pair (text, hypothesis or target).

        A first text too long for the network is read in overlapping windows, each beside the whole second text; the pair's
        probabilities are the windows' mean, weighted by their tokens. A second text that takes more than half of the room is cut
        and reported.

        *Shape:* n pairs -> n x labels, float32; NaN where a pair failed.
        """
        rows, owners, cut = self._rows(pairs)
        logits, broken = run(self.network, rows, self.tokenizer.pad)
        sums = np.zeros((len(pairs), len(self.labels)))
        weights = np.zeros(len(pairs))
        failed: dict[int, RejectDocument] = {}
        for number, (owner, row) in enumerate(zip(owners, rows, strict=True)):
            found = logits[number]
            if found is None:
                failed[owner] = broken[number]
            else:
                sums[owner] += probabilities(found, self.independent) * len(row.ids)
                weights[owner] += len(row.ids)
        weights[list(failed)] = np.nan
        return Output((sums / weights[:, None]).astype(np.float32), cut, failed)

    def _rows(self, pairs: Sequence[tuple[str, str]]) -> tuple[list[Row], list[int], frozenset[int]]:
        rows, owners, cut = [], [], set()
        for index, encoding in enumerate(self.tokenizer.inner.encode_batch([tuple(pair) for pair in pairs])):
            windows = [encoding]
            if len(encoding.ids) > self.tokenizer.limit:
                windows, short = self.tokenizer.windows(*pairs[index])
                cut |= {index} if short else set()
            rows += [Row(w.ids, w.type_ids) for w in windows]
            owners += [index] * len(windows)
        return rows, owners, frozenset(cut)


def probabilities(logits: Floats, independent: bool) -> NDArray[np.float64]:
    """Softmax over the last axis, or a sigmoid each, in float64."""
    exact = logits.astype(np.float64)
    if independent:
        return np.asarray(1 / (1 + np.exp(-exact)))
    powers = np.exp(exact - exact.max(-1, keepdims=True))
    return np.asarray(powers / powers.sum(-1, keepdims=True))
