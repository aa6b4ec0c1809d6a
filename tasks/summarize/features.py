"""What is known of a candidate sentence beside its words: place, form, and how it lies among the others."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from tasks.summarize.candidates import Candidate

Floats = npt.NDArray[np.float32]

NAMES: Final = (
    "early",
    "first",
    "centrality",
    "to_lead",
    "to_title",
    "short",
    "long",
    "quote",
    "dangling",
    "question",
    "unfinished",
)
_DANGLING = re.compile(
    r"^\W*(?:he|she|it|they|this|that|these|those|his|her|their|but|and|so|also|however|meanwhile|still|yet|then|instead|moreover|there)\b",
    re.IGNORECASE,
)


def features(candidates: Sequence[Candidate], vectors: Floats, title: Floats | None) -> Floats:
    """One row per candidate, one column per name in `NAMES`.

    *Shape:* n candidates, n x d unit vectors, title d or none -> n x len(NAMES).
    """
    alike = vectors @ vectors.T
    count = len(candidates)
    order = np.arange(count)
    centrality = (alike.sum(axis=1) - alike.diagonal()) / max(1, count - 1)
    columns = [
        1.0 / (1.0 + order),
        (order == 0).astype(np.float32),
        centrality,
        alike[:, 0],
        vectors @ title if title is not None else np.zeros(count),
        [c.words < 8 for c in candidates],
        [c.words > 45 for c in candidates],
        [c.quote for c in candidates],
        [bool(_DANGLING.match(c.text)) for c in candidates],
        [c.text.rstrip("\"'”’»").endswith("?") for c in candidates],
        [c.text[-1:].isalnum() for c in candidates],
    ]
    return np.stack([np.asarray(c, dtype=np.float32) for c in columns], axis=1)
