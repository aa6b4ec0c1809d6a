"""From a token classifier's probabilities to attributions: the best label sequence, its spans, and which belong together."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tasks.quotes.attribution import Attribution, Span

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]

REACH = 2500
"""How many characters may lie between a content and its cue: a quotation of several paragraphs is longer than one thinks."""


@dataclass(frozen=True)
class Part:
    """A span of one kind (`source`, `cueleft`, …) with the geometric mean of its tokens' probabilities."""

    start: int
    end: int
    kind: str
    confidence: float


def parts(text: str, values: Floats, offsets: Ints, labels: Sequence[str]) -> list[Part]:
    """The spans of the most probable label sequence in BIO that does not part a word."""
    if not len(values):
        return []
    glued = np.array([False, *(_one_word(text, int(a), int(b)) for a, b in zip(offsets[:-1, 1], offsets[1:, 0], strict=True))])
    scores = np.log(np.clip(values, 1e-6, 1.0))
    path = best_path(scores, glued, labels)
    out: list[Part] = []
    first = 0
    for place in range(1, len(path) + 1):
        kind = labels[path[first]].partition("-")[2]
        if place < len(path) and kind and labels[path[place]] == f"I-{kind}":
            continue
        if kind:
            sure = float(np.exp(np.mean([_of_kind(values[n], labels, kind) for n in range(first, place)])))
            out.append(Part(int(offsets[first, 0]), int(offsets[place - 1, 1]), kind, sure))
        first = place
    return out


def _one_word(text: str, end: int, start: int) -> bool:
    return end == start and text[end - 1].isalnum() and text[start].isalnum()


def _of_kind(row: Floats, labels: Sequence[str], kind: str) -> float:
    group = kind.removesuffix("left").removesuffix("right").removesuffix("alone")
    share = sum(float(value) for value, label in zip(row, labels, strict=True) if label[2:].startswith(group))
    return float(np.log(max(share, 1e-6)))


def best_path(scores: Floats, glued: npt.NDArray[np.bool_], labels: Sequence[str]) -> list[int]:
    """Viterbi: `I-k` only after `B-k` or `I-k`; a token glued to the one before it stays in that one's span."""
    size = len(labels)
    free = np.full((size, size), 0.0)
    tied = np.full((size, size), -1e9)
    for after, label in enumerate(labels):
        mark, _, kind = label.partition("-")
        for before, other in enumerate(labels):
            same = other.partition("-")[2] == kind
            if mark == "I" and not same:
                free[before, after] = -1e9
            if same and mark != "B":
                tied[before, after] = 0.0
    begin = np.array([-1e9 if label.startswith("I") else 0.0 for label in labels])
    best = scores[0] + begin
    back = np.zeros(scores.shape, dtype=np.int64)
    for place in range(1, len(scores)):
        step = best[:, None] + (tied if glued[place] else free)
        back[place] = step.argmax(0)
        best = step.max(0) + scores[place]
    path = [int(best.argmax())]
    for place in range(len(scores) - 1, 0, -1):
        path.append(int(back[place, path[-1]]))
    return path[::-1]


def link(found: Sequence[Part]) -> list[Attribution]:
    """Attributions of parts: each content to the nearest cue on the side that its label names, each cue to its source likewise.

    Contents with one cue are one attribution. A content without a cue within reach stands alone.
    """
    cues = [part for part in found if part.kind.startswith("cue")]
    sources = [part for part in found if part.kind == "source"]
    groups: dict[Part, list[Part]] = {}
    out: list[Attribution] = []
    for content in (part for part in found if part.kind.startswith("content")):
        cue = _nearest(content, cues, content.kind.removeprefix("content"))
        if cue is None:
            out.append(Attribution(((content.start, content.end),), None, None, 0.5 * content.confidence))
        else:
            groups.setdefault(cue, []).append(content)
    for cue, contents in groups.items():
        side = cue.kind.removeprefix("cue")
        source = None if side == "alone" else _nearest(cue, sources, side)
        sure = float(np.mean([part.confidence for part in contents])) * cue.confidence**0.5
        spans = tuple((part.start, part.end) for part in contents)
        out.append(Attribution(spans, (cue.start, cue.end), (source.start, source.end) if source else None, sure))
    return sorted(out, key=lambda one: one.content)


def _nearest(part: Part, others: Sequence[Part], side: str) -> Part | None:
    """The nearest of the others (in order) on the side, or on the other side where there is none within reach."""
    before = bisect_right(others, part.start, key=lambda other: other.end) - 1
    after = bisect_left(others, part.end, key=lambda other: other.start)
    left = others[before] if before >= 0 and part.start - others[before].end <= REACH else None
    right = others[after] if after < len(others) and others[after].start - part.end <= REACH else None
    return (left or right) if side == "left" else (right or left)


def joined(text: str, paragraphs: Sequence[Span]) -> tuple[str, list[tuple[int, int]]]:
    """The paragraphs alone, `¶` between two, as the model saw them in training; and (offset there, offset here) of each."""
    pieces, places, length = [], [], 0
    for start, end in paragraphs:
        places.append((length, start))
        pieces.append(text[start:end].replace("\n", " "))
        length += end - start + 1
    return "¶".join(pieces), places


def back(span: Span, places: Sequence[tuple[int, int]]) -> Span:
    """A span of the joined paragraphs as a span of the article."""
    first = bisect_right(places, span[0], key=lambda pair: pair[0]) - 1
    last = bisect_right(places, max(span[1] - 1, span[0]), key=lambda pair: pair[0]) - 1
    return span[0] - places[first][0] + places[first][1], span[1] - places[last][0] + places[last][1]
