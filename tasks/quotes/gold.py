"""PolNeAR's standoff annotation: attributions with their source, cue and content.

PolNeAR (Newell, Margolin, Ruths 2018) marks 24 thousand attributions in 1,008 US news articles; each has one cue, at most one
source, and a content of one or more spans. Its spans of direct speech include the quotation marks.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from tasks.quotes.attribution import Attribution, Span

_SPAN_LINE = re.compile(r"(T\d+)\t(\w[\w-]*) (\d+ \d+(?:;\d+ \d+)*)")
KINDS = ("source", "cueleft", "cueright", "cuealone", "contentleft", "contentright")
"""What a token can be part of. A content says on which side its cue stands, a cue on which side its source does (or that it has none):
with that, taking the nearest is right for 99 % of PolNeAR's links."""


def attributions(brat: str) -> list[Attribution]:
    """The attributions of an article that have both a cue and a content, in the order of their content."""
    marked: dict[str, tuple[Span, ...]] = {}
    events: list[list[tuple[str, str]]] = []
    for line in brat.split("\n"):
        if found := _SPAN_LINE.match(line):
            marked[found[1]] = tuple(_span(part) for part in found[3].split(";"))
        elif re.match(r"E\d+\t", line):
            parts = [part.partition(":") for part in line.split("\t", 1)[1].split()]
            events.append([(role.rstrip("0123456789"), name) for role, _, name in parts])
    return sorted((a for event in events if (a := _attribution(event, marked))), key=lambda a: a.content)


def _span(part: str) -> Span:
    start, end = part.split()
    return int(start), int(end)


def _attribution(event: list[tuple[str, str]], marked: dict[str, tuple[Span, ...]]) -> Attribution | None:
    def of(role: str) -> list[Span]:
        return [span for kind, name in event if kind == role for span in marked.get(name, ())]

    content, cue, source = of("Content"), of("Cue"), of("Source")
    if not content or not cue:
        return None
    return Attribution(tuple(sorted(content)), cue[0], source[0] if source else None)


def labelled(found: Sequence[Attribution], length: int) -> tuple[tuple[int, int, str], ...]:
    """Disjoint spans of KINDS for training: where two overlap, cue goes before source before content."""
    wanted: list[tuple[int, int, int, str]] = []
    for one in found:
        if one.cue is None:
            continue
        side = "alone" if one.source is None else "right" if one.source[0] >= one.cue[1] else "left"
        wanted.append((0, *one.cue, "cue" + side))
        if one.source is not None:
            wanted.append((1, *one.source, "source"))
        wanted += [(2, *span, "content" + ("right" if one.cue[0] >= span[1] else "left")) for span in one.content]
    taken = bytearray(length)
    kept = []
    for _, start, end, kind in sorted(set(wanted)):
        if start < end <= length and not any(taken[start:end]):
            taken[start:end] = b"\1" * (end - start)
            kept.append((start, end, kind))
    return tuple(sorted(kept))


def paragraph_marks(text: str) -> str:
    """The text with the first line break of a run as `¶`, which the tokenizer keeps, character for character."""
    return re.sub(r"\n\s*", lambda run: "¶" + " " * (len(run[0]) - 1), text)
