"""REPEATS: ARTICLES -> ARTICLES, each paragraph that stands again in its article marked with `copy_of`.

A web page's teaser is often glued before its body: the lede without its dateline, two body paragraphs in one. Such a paragraph is cut at
its seams into one span per paragraph that it repeats (the text itself is never altered), and each piece names the paragraph it copies.
Of two equal paragraphs the later is the copy, but for teasers and glued paragraphs, which are copies of the body.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import pyarrow as pa

from tasks.config import Settings
from tasks.ingest.paragraphs import Paragraph
from tasks.tables import ARTICLES, conform

SHORTEST = 30
"""Letters and digits under which a repeat is chance ("Advertisement", "He said no."), not a copy."""


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
    for name, values in (("paragraphs", [[asdict(p) for p in some] for some in marked]), ("flags", flagged)):
        field = ARTICLES.schema.field(name)
        out = out.set_column(out.schema.get_field_index(name), field, pa.array(values, field.type))
    return conform(out, ARTICLES)


def _flag(flags: list[str], spans: list[Paragraph]) -> list[str]:
    again = any(span.copy_of is not None for span in spans)
    return [*flags, "repeated_text"] if again and "repeated_text" not in flags else flags


@dataclass(frozen=True)
class _Key:
    """A paragraph's letters and digits, and for each the offset in the text where it stands."""

    letters: str
    offsets: tuple[int, ...]


def _key(text: str, span: Paragraph) -> _Key:
    letters: list[str] = []
    offsets: list[int] = []
    for at in range(span.start, span.end):
        for c in unicodedata.normalize("NFKC", text[at]).casefold():
            if c.isalnum():
                letters.append(c)
                offsets.append(at)
    return _Key("".join(letters), tuple(offsets))


def mark(text: str, spans: list[Paragraph]) -> list[Paragraph]:
    """The spans with copies marked; a glued paragraph becomes one span per paragraph that it repeats."""
    keys = [_key(text, span) for span in spans]
    pieces: list[list[tuple[Paragraph, int | None]]] = []
    for number, span in enumerate(spans):
        copied = _whole(number, keys, spans)
        if copied is not None:
            pieces.append([(span, copied)])
        else:
            pieces.append(_glued(number, keys, spans, text) or [(span, None)])
    return _renumber(pieces)


def _whole(number: int, keys: list[_Key], spans: list[Paragraph]) -> int | None:
    letters = keys[number].letters
    if len(letters) < SHORTEST or spans[number].kind == "dateline":
        return None
    teaser = spans[number].kind == "teaser"
    others = [n for n, key in enumerate(keys) if n != number and key.letters == letters]
    for other in others:
        if (teaser and spans[other].kind != "teaser") or (other < number and (teaser or spans[other].kind != "teaser")):
            return other
    return None


def _glued(number: int, keys: list[_Key], spans: list[Paragraph], text: str) -> list[tuple[Paragraph, int | None]]:
    own = keys[number]
    usable = {
        n: k.letters for n, k in enumerate(keys) if n != number and len(k.letters) >= SHORTEST and len(k.letters) < len(own.letters)
    }
    at = 0
    found: list[tuple[int, int]] = []
    while at < len(own.letters):
        best = max((n for n, k in usable.items() if own.letters.startswith(k, at)), key=lambda n: len(usable[n]), default=None)
        if best is None:
            return []
        found.append((at, best))
        at += len(usable[best])
    return _pieces(found, own, spans[number], text)


def _pieces(found: list[tuple[int, int]], own: _Key, span: Paragraph, text: str) -> list[tuple[Paragraph, int | None]]:
    starts = [span.start] + [_seam(text, own.offsets[at - 1] + 1, own.offsets[at]) for at, _ in found[1:]]
    ends = [*starts[1:], span.end]
    pieces: list[tuple[Paragraph, int | None]] = []
    for (_, other), start, end in zip(found, starts, ends, strict=True):
        pieces.append((replace(span, start=start, end=start + len(text[start:end].rstrip())), other))
    return pieces


def _seam(text: str, low: int, high: int) -> int:
    """Where between two letters the second paragraph begins: after the last white space, or after closing punctuation."""
    gap = text[low:high]
    blank = max((i for i, c in enumerate(gap) if c.isspace()), default=None)
    return low + blank + 1 if blank is not None else high - len(gap) + len(gap.rstrip("\"“‘«(['"))


def _renumber(pieces: list[list[tuple[Paragraph, int | None]]]) -> list[Paragraph]:
    """Flat spans; indices of the old list become those of the new one (a copied paragraph is never cut itself)."""
    first: list[int] = []
    count = 0
    for some in pieces:
        first.append(count)
        count += len(some)
    return [replace(span, copy_of=None if other is None else first[other]) for some in pieces for span, other in some]
