"""What the readers of one document agree on: the parts of an article before they are a row."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Draft:
    """An article as one reader found it.

    Attributes:
        blocks: (kind, paragraph) pairs in order; kinds are those of `tasks.tables.PARAGRAPH_KINDS`.
        published: (method, string as it stands) candidates for the publication time, the most trusted first.
        flags: of `tasks.tables.FLAGS`.
    """

    title: str = ""
    blocks: tuple[tuple[str, str], ...] = ()
    url: str = ""
    outlet: str = ""
    byline: str = ""
    language: str = ""
    published: tuple[tuple[str, str], ...] = ()
    flags: tuple[str, ...] = ()
