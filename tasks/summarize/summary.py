"""A summary before it is a row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tasks.summarize.candidates import Candidate

TRUNCATED, INJECTED, FAILED = "truncated_input", "suspected_injection", "model_failed"


@dataclass(frozen=True)
class Backing:
    """A span of the article behind a summary's sentence; fields as in `tasks.tables.SUPPORT`."""

    sentence: int
    start: int
    end: int
    score: float


@dataclass(frozen=True)
class Summary:
    """One article's summary; fields as in `tasks.tables.SUMMARIES`.

    Attributes:
        spans: (start, end, support) per sentence.
        error: why there is none, where `status` is `failed`.
    """

    kind: str
    text: str
    spans: tuple[tuple[int, int, float], ...]
    backing: tuple[Backing, ...]
    flags: tuple[str, ...]
    model: str
    status: str
    error: str = ""

    def row(self, article_id: str) -> dict[str, Any]:
        """The row of SUMMARIES."""
        return {
            "article_id": article_id,
            "kind": self.kind,
            "text": self.text,
            "sentences": [{"start": start, "end": end, "support": support} for start, end, support in self.spans],
            "support": [vars(backing) for backing in self.backing],
            "flags": list(self.flags),
            "model": self.model,
            "status": self.status,
        }


@dataclass(frozen=True)
class Draft:
    """An article's extractive summary and the sentences it was chosen from: what an abstractive one is made of and falls back to.

    Attributes:
        vectors: of the candidates, n x d; no rows where no model read them.
        language: BCP-47.
        orders: sentences of the article that spoke to a machine; no candidates.
    """

    summary: Summary
    candidates: tuple[Candidate, ...]
    vectors: npt.NDArray[np.float32]
    language: str
    orders: tuple[str, ...] = ()


def extractive(chosen: Sequence[Candidate], status: str, flags: Sequence[str], model: str, error: str = "") -> Summary:
    """A summary of the article's own sentences: each backs itself."""
    return Summary(
        "extractive",
        " ".join(c.text for c in chosen),
        tuple((c.start, c.end, 1.0) for c in chosen),
        tuple(Backing(n, c.start, c.end, 1.0) for n, c in enumerate(chosen)),
        tuple(flags),
        model,
        status,
        error,
    )
