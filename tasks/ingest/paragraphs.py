"""Paragraphs: an article's text and the spans that cut it, with `text[start:end]` the paragraph.

`articles.text` is the paragraphs joined by one line feed. The title is not in it. A dateline is a span of its own before the body span
of its paragraph, so that body text begins after it while the text keeps it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace

_BLANK = re.compile(r"[^\S\n]+")
_CONTROL = re.compile(
    "[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f\\xad\\u200b\\u200e\\u200f\\u202a-\\u202e\\u2060\\u2066-\\u2069\\ufeff\\ud800-\\udfff]"
)
"""What no reader sees: control characters, soft hyphens, zero-width blanks, direction marks, byte order marks, lone surrogates.
The zero-width joiners stay, for Persian and others spell with them."""
_LINES = re.compile(r"\r\n?|[\x85\u2028\u2029]")
_BLANK_LINES = re.compile(r"\n[^\S\n]*\n\s*")
WRAPPED = range(35, 101)
"""Line lengths of text that was wrapped for a terminal or a teleprinter."""


@dataclass(frozen=True)
class Paragraph:
    """A span of the text; fields as in `tasks.tables.PARAGRAPH`."""

    start: int
    end: int
    kind: str = "body"
    copy_of: int | None = None


def clean(text: str) -> str:
    """The text in NFC, with line ends as LF and without characters that nobody sees."""
    return unicodedata.normalize("NFC", _CONTROL.sub("", _LINES.sub("\n", text)))


def squeeze(text: str) -> str:
    """One line: runs of white space become one blank."""
    return " ".join(text.split())


def split(text: str) -> list[str]:
    """The paragraphs of plain text.

    Blank lines separate paragraphs where they enclose wrapped lines; else every line is a paragraph.
    """
    text = clean(text)
    blocks = [b for b in _BLANK_LINES.split(text.strip()) if b.strip()]
    if len(blocks) > 1 and _is_wrapped(blocks):
        return [squeeze(block) for block in blocks]
    return [line for line in (squeeze(line) for line in text.split("\n")) if line]


def _is_wrapped(blocks: list[str]) -> bool:
    inner = [len(line) for block in blocks for line in block.split("\n")[:-1]]
    return bool(inner) and sum(length in WRAPPED for length in inner) >= 0.8 * len(inner)


def join(blocks: Iterable[tuple[str, str]]) -> tuple[str, list[Paragraph]]:
    """Text and spans of (kind, paragraph) pairs; empty paragraphs vanish."""
    parts: list[str] = []
    spans: list[Paragraph] = []
    at = 0
    for kind, block in blocks:
        if not block:
            continue
        parts.append(block)
        spans.append(Paragraph(at, at + len(block), kind))
        at += len(block) + 1
    return "\n".join(parts), spans


def cut(spans: list[Paragraph], index: int, at: int, text: str, kind: str) -> list[Paragraph]:
    """The spans with number `index` cut in two at offset `at`; the first part gets `kind`, white space at the seam belongs to none."""
    whole = spans[index]
    head = text[whole.start : at]
    tail = text[at : whole.end]
    first = replace(whole, end=whole.start + len(head.rstrip()), kind=kind)
    rest = replace(whole, start=whole.end - len(tail.lstrip()))
    return [*spans[:index], first, *([rest] if rest.start < rest.end else []), *spans[index + 1 :]]
