"""Plain text to an article: title line, byline, teasers that stand before the dateline, paragraphs."""

from __future__ import annotations

import re
from collections.abc import Iterable

from tasks.ingest import datelines, paragraphs
from tasks.ingest.article import Draft

LONGEST_TITLE = 200
TEASERS = 3
"""How many paragraphs may stand between the title and the paragraph with the dateline."""
_BYLINE = re.compile(r"(?:by|von|par|por|di|door)\s+([^\W\d_][^\n]{2,80})", re.IGNORECASE)


def read(text: str) -> Draft:
    """The article in a plain text."""
    lines = paragraphs.split(text)
    title = lines.pop(0) if len(lines) > 1 and _is_title(lines[0]) else ""
    byline = ""
    if len(lines) > 1 and (match := _BYLINE.fullmatch(lines[0])) and lines[0][-1] not in ".?!":
        byline = match[1]
        lines.pop(0)
    return Draft(title=title, byline=byline, blocks=tuple(label(lines)))


def _is_title(line: str) -> bool:
    return len(line) <= LONGEST_TITLE and not line.endswith((".", ",", ";", ":")) and datelines.find(line) is None


def label(lines: list[str]) -> list[tuple[str, str]]:
    """(kind, paragraph) pairs: what stands before the first dateline near the top is a teaser, the rest is body."""
    first = next((n for n, line in enumerate(lines[: TEASERS + 1]) if datelines.find(line)), 0)
    return [("teaser" if n < first else "body", line) for n, line in enumerate(lines)]


def without_title(blocks: Iterable[tuple[str, str]], title: str) -> list[tuple[str, str]]:
    """The blocks, those near the top that say the title again as `title`."""
    wanted = _letters(title)
    return [
        ("title" if n < TEASERS and wanted and _letters(block) == wanted else kind, block) for n, (kind, block) in enumerate(blocks)
    ]


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))
