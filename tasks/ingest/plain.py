"""Plain text to an article: title line, byline, teasers that stand before the dateline, paragraphs."""

from __future__ import annotations

import re
from collections.abc import Iterable

from tasks.ingest import datelines, paragraphs
from tasks.ingest.article import Draft

LONGEST_TITLE = 200
TEASERS = 3
"""How many paragraphs may stand between the title and the paragraph with the dateline."""
LONGEST_BOILERPLATE = 160
"""Characters: what is longer says something of its own."""
_BOILERPLATE = re.compile(
    r"(?:(?:advertisement|anzeige|publicité|comments|newsletter|recommended|all rights reserved|share this)[.:]?$|"
    r"(?:related(?: articles| stories| news| content| topics)?|tags?|topics|see also|read more|read next|mehr zum thema)(?=:|$)|"
    r"(?:more from|more on this|most read|most popular|for more stories|click here|join our|sign up (?:for|to)|"
    r"subscribe (?:to|now|here)|follow (?:us|our|\w+ on)|get the latest|download (?:the|our) app|copyright ©|© ?\d{4}|"
    r"image source|image caption|photo:|getty images|lesen sie auch|lire aussi|leer también|leggi anche|читайте также)\b)",
    re.IGNORECASE,
)
"""Lines that sites put between an article's paragraphs, seen on labelled pages: a whole line, or its beginning."""
_STAMP = re.compile(
    r"(?:stand|(?:last |zuletzt )?(?:updated|modified|aktualisiert|geändert)|published|posted|veröffentlicht|publié|mis à jour|"
    r"actualizado|publicado|aggiornato|pubblicato|atualizado|bijgewerkt|gepubliceerd|обновлено|опубликовано|güncelleme)\b"
    r"[^\n]{0,30}?(?:\b(?:19|20)\d\d\b|\b\d{1,2}[:.h]\d{2})[^\n]{0,30}?(?:[^.!?]|[ap]\.m\.)",
    re.IGNORECASE,
)
"""A line that only says when the page was written: `Stand: 02.03.2026, 09:30 Uhr`, `Last updated 3 May 2026 at 10:15 a.m.`"""
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


def without_title(blocks: Iterable[tuple[str, str]], titles: Iterable[str]) -> list[tuple[str, str]]:
    """The blocks, those near the top that say a title again as `title`, and short lines of the site's own as `boilerplate`."""
    wanted = {_letters(title) for title in titles} - {""}
    labelled = []
    for number, (kind, block) in enumerate(blocks):
        if number < TEASERS and _letters(block) in wanted:
            labelled.append(("title", block))
        elif kind == "body" and len(block) <= LONGEST_BOILERPLATE and (_BOILERPLATE.match(block) or _STAMP.fullmatch(block)):
            labelled.append(("boilerplate", block))
        else:
            labelled.append((kind, block))
    return labelled


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))
