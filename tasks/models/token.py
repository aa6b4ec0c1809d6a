"""Token classifiers: a label for every token, with the token's place in the text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import tokenizers

from tasks.errors import RejectDocument
from tasks.models.networks import Floats, Ints, Network, Row, run
from tasks.models.output import Output
from tasks.models.pair import probabilities
from tasks.models.words import Tokenizer


@dataclass(frozen=True)
class Tags(Output[list[Floats]]):
    """Probabilities per text, tokens x labels, special tokens left out.

    Attributes:
        offsets: per text, tokens x 2: half-open character spans [start, end) into the given text.
    """

    offsets: list[Ints] = field(default_factory=list)


@dataclass(frozen=True)
class TokenClassifier:
    """A token classifier.

    Attributes:
        labels: names of the outputs, in order.
    """

    network: Network
    tokenizer: Tokenizer
    labels: tuple[str, ...]

    def tag(self, texts: Sequence[str]) -> Tags:
        """Probabilities for every token of every text.

        A text too long for the network is read in overlapping windows; a token seen twice is taken from the window in which it stands
        farther from the edge, so nothing is truncated. A text that failed has no tokens.
        """
        windows = [(index, w) for index, text in enumerate(texts) for w in self._windows(text)]
        logits, broken = run(self.network, [Row(w.ids, w.type_ids) for _, w in windows], self.tokenizer.pad)
        parts: list[list[tuple[tokenizers.Encoding, Floats]]] = [[] for _ in texts]
        failed: dict[int, RejectDocument] = {}
        for number, (index, window) in enumerate(windows):
            found = logits[number]
            if found is None:
                failed[index] = broken[number]
            else:
                parts[index].append((window, found[: len(window.ids)]))
        done = [_joined([] if i in failed else parts[i], len(self.labels)) for i in range(len(texts))]
        return Tags([p for p, _ in done], frozenset(), failed, [o for _, o in done])

    def _windows(self, text: str) -> list[tokenizers.Encoding]:
        encoding = self.tokenizer.inner.encode(text)
        return [encoding] if len(encoding.ids) <= self.tokenizer.limit else self.tokenizer.windows(text)[0]


def _joined(windows: Sequence[tuple[tokenizers.Encoding, Floats]], labels: int) -> tuple[Floats, Ints]:
    """One row per token of the text, from the window in which it stands farthest from the edge."""
    best: dict[tuple[int, int], tuple[int, Floats]] = {}
    for encoding, logits in windows:
        inner = [n for n, special in enumerate(encoding.special_tokens_mask) if not special]
        for rank, number in enumerate(inner):
            span, margin = encoding.offsets[number], min(rank, len(inner) - 1 - rank)
            if span not in best or margin > best[span][0]:
                best[span] = (margin, logits[number])
    spans = sorted(best)
    if not spans:
        return np.zeros((0, labels), dtype=np.float32), np.zeros((0, 2), dtype=np.int64)
    stacked = np.stack([best[s][1] for s in spans])
    return probabilities(stacked, independent=False).astype(np.float32), np.array(spans, dtype=np.int64)
