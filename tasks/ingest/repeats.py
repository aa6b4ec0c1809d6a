"""REPEATS: ARTICLES -> ARTICLES, each paragraph that stands again in its article marked with `copy_of`.

A web page's teaser is often glued before its body: the lede without its dateline, two body paragraphs in one. Such a paragraph is cut
at its seams into one span per paragraph that it repeats (the text itself is never altered), and each piece names the paragraph it
copies. Of equal paragraphs the first in the body is the original; teasers and glued paragraphs are always the copies. What is compared
are letters and digits, so quotation marks and blanks may differ.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import accumulate

import pyarrow as pa

from tasks.config import Settings
from tasks.ingest.paragraphs import Paragraph
from tasks.tables import ARTICLES, conform

SHORTEST = 30
"""Letters and digits under which a repeat is chance ("Advertisement", "He said no."), not a copy."""
TEASERS, ALIKE = 8, 16
"""How many teasers, and how many paragraphs with one beginning, are looked at: bounds for articles that are built to be slow."""


class RepeatSettings(Settings):
    """Nothing can be set: what is a repeat is not a matter of taste."""


def repeats(articles: pa.Table, settings: RepeatSettings) -> pa.Table:  # noqa: ARG001 - every step takes settings
    """The articles with `paragraphs.copy_of` set and `repeated_text` flagged."""
    texts = articles["text"].to_pylist()
    spans = articles["paragraphs"].to_pylist()
    flags = articles["flags"].to_pylist()
    marked = [mark(text or "", [Paragraph(**s) for s in span or []]) for text, span in zip(texts, spans, strict=True)]
    flagged = [_flag(flag or [], some) for flag, some in zip(flags, marked, strict=True)]
    out = articles
    for name, values in (("paragraphs", [[vars(p) for p in some] for some in marked]), ("flags", flagged)):
        field = ARTICLES.schema.field(name)
        out = out.set_column(out.schema.get_field_index(name), field, pa.array(values, field.type))
    return conform(out, ARTICLES)


def _flag(flags: list[str], spans: list[Paragraph]) -> list[str]:
    again = any(span.copy_of is not None for span in spans)
    return [*flags, "repeated_text"] if again and "repeated_text" not in flags else flags


def mark(text: str, spans: Sequence[Paragraph]) -> list[Paragraph]:
    """The spans with copies marked; a glued paragraph becomes one span per paragraph that it repeats."""
    letters = [_letters(text[s.start : s.end]) if s.kind not in ("dateline", "title") else "" for s in spans]
    whole = _equals(letters, spans) | _teasers(letters, spans)
    glued = _glued(letters, spans, whole)
    pieces = [
        _cut(text, span, letters, glued[number]) if number in glued else [(span, whole.get(number))]
        for number, span in enumerate(spans)
    ]
    first = [0]
    for some in pieces:
        first.append(first[-1] + len(some))
    return [replace(span, copy_of=None if other is None else first[other]) for some in pieces for span, other in some]


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", text).casefold()))


def _equals(letters: Sequence[str], spans: Sequence[Paragraph]) -> dict[int, int]:
    """Copy -> original among equal paragraphs."""
    groups: dict[str, list[int]] = defaultdict(list)
    for number, own in enumerate(letters):
        if len(own) >= SHORTEST:
            groups[own].append(number)
    found = {}
    for group in groups.values():
        original = next((n for n in group if spans[n].kind != "teaser"), group[0])
        found.update({n: original for n in group if n != original})
    return found


def _teasers(letters: Sequence[str], spans: Sequence[Paragraph]) -> dict[int, int]:
    """Teaser -> the body paragraph that holds it whole."""
    teasers = [n for n, span in enumerate(spans) if span.kind == "teaser" and len(letters[n]) >= SHORTEST][:TEASERS]
    body = [n for n, span in enumerate(spans) if span.kind == "body"]
    held = {n: next((b for b in body if letters[n] in letters[b]), None) for n in teasers}
    return {n: other for n, other in held.items() if other is not None}


def _glued(letters: Sequence[str], spans: Sequence[Paragraph], whole: Mapping[int, int]) -> dict[int, list[int]]:
    """Glued paragraph -> the paragraphs that it consists of, in its order."""
    beginnings: dict[str, list[int]] = defaultdict(list)
    found: dict[int, list[int]] = {}
    for number in sorted(range(len(letters)), key=lambda n: (len(letters[n]), n)):
        own = letters[number]
        if len(own) < SHORTEST or number in whole:
            continue
        if run := _run(own, letters, beginnings):
            found[number] = run
        elif spans[number].kind != "teaser":
            beginnings[own[:SHORTEST]].append(number)
    return found


def _run(own: str, letters: Sequence[str], beginnings: Mapping[str, list[int]]) -> list[int]:
    """The shorter paragraphs that make up this one, the longest that fits first; [] where they don't."""
    run: list[int] = []
    at = 0
    while at < len(own):
        fitting = (n for n in beginnings.get(own[at : at + SHORTEST], [])[: -ALIKE - 1 : -1] if own.startswith(letters[n], at))
        best = next(fitting, None)
        if best is None:
            return []
        run.append(best)
        at += len(letters[best])
    return run


def _cut(text: str, span: Paragraph, letters: Sequence[str], run: Sequence[int]) -> list[tuple[Paragraph, int | None]]:
    """The span cut at the seams of what it is glued of, each piece with the paragraph that it copies."""
    ends = list(accumulate(len(letters[n]) for n in run))
    where = list(accumulate(len(_letters(c)) for c in text[span.start : span.end]))
    if where[-1] != ends[-1]:  # combining characters that are counted otherwise one by one: no seam can be told
        return [(span, run[0])]
    pieces: list[tuple[Paragraph, int | None]] = []
    start = span.start
    for number, count in zip(run, ends, strict=True):
        last = span.start + bisect_left(where, count)
        seam = _seam(text, last + 1, span.start + bisect_right(where, count)) if count < ends[-1] else span.end
        pieces.append((replace(span, start=start, end=start + len(text[start:seam].rstrip())), number))
        start = seam
    return pieces


def _seam(text: str, low: int, high: int) -> int:
    """Where between two letters the second paragraph begins: after the last blank, else before opening punctuation."""
    gap = text[low:high]
    blank = max((i for i, c in enumerate(gap) if c.isspace()), default=None)
    return low + blank + 1 if blank is not None else low + len(gap.rstrip("\"“„‘«(['¿¡"))
