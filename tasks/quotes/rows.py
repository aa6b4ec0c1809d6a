"""From attributions to rows of the quotes table."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tasks.quotes.attribution import Attribution, Span
from tasks.quotes.cues import cue_class
from tasks.quotes.marks import MARK, Quoted, quoted, speech
from tasks.quotes.nested import inner
from tasks.quotes.speakers import Cast, Speaker

_INSERTION = re.compile(r"\[[^\[\]\n]{1,80}\]")
_SINGLE = re.compile(rf"(?:{MARK}|[‘’'])+")


def kind_of(text: str, content: Sequence[Span]) -> str:
    """`direct` where every span begins and ends with a quotation mark, `mixed` where marked words stand inside, else `indirect`."""
    parts = [text[start:end].strip() for start, end in content]
    if all(_fully_marked(part) for part in parts):
        return "direct"
    for start, end in content:
        if speech(text, [(start, end)]).found or re.search(rf"^{MARK}|{MARK}$", text[start:end].strip()):
            return "mixed"
    return "indirect"


def _fully_marked(part: str) -> bool:
    """Marked from end to end; a quotation of several paragraphs may lack the closing mark."""
    if not re.match(rf"{MARK}|[‘']", part):
        return False
    marks: list[Quoted] = []
    place = 0
    for line in part.split("\n"):
        marks += quoted(part, place, place + len(line))
        place += len(line) + 1
    rest, place = "", 0
    for one in marks:
        rest += part[place : one.start]
        place = one.end
    return bool(marks) and not re.search(r"\w", rest + part[place:])


def spoken(text: str, content: Sequence[Span]) -> tuple[str, list[dict[str, int]]]:
    """The words said, without outer marks, a leading `that` and bracket insertions; and where the insertions stand."""
    insertions = [
        {"start": start + found.start(), "end": start + found.end()}
        for start, end in content
        for found in _INSERTION.finditer(text[start:end])
    ]
    parts = []
    for start, end in content:
        part = _INSERTION.sub(" ", text[start:end]).strip()
        part = re.sub(r"^that\s+", "", part)
        if found := _SINGLE.match(part):
            part = part[found.end() :]
            part = re.sub(rf"(?:{MARK}|[‘’'])+$", "", part)
        parts.append(" ".join(part.split()))
    return " ".join(parts), insertions


@dataclass(frozen=True)
class Article:
    """What rows are made of besides the attributions: `model` is the name that goes into the column."""

    article_id: str
    text: str
    model: str


def rows_of(article: Article, found: Sequence[Attribution]) -> list[dict[str, Any]]:
    """One row a quotation, nested ones after the one they stand in."""
    text = article.text
    found = sorted(found, key=lambda a: a.content)
    nests = [inner(text, one) for one in found]
    cast = Cast(text, [*found, *(deep for group in nests for deep in group)])
    contents = sorted(span for one in found for span in one.content)
    before: list[tuple[int, Speaker]] = []
    rows: list[dict[str, Any]] = []
    said: list[tuple[str, str]] = []
    for one, group in zip(found, nests, strict=True):
        speaker = cast.who(one.source, contents, before)
        before.append((one.source[0] if one.source else one.start, speaker))
        rows.append(_row(article, one, speaker, [speaker.name] if speaker.name else []))
        for deep in group:
            teller = cast.who(deep.source, [], [*before])
            chain = [name for name in (speaker.name, teller.name) if name]
            if teller.name and teller.name != speaker.name:
                rows.append(_row(article, deep, teller, chain))
    for row in rows:
        row["repeat_of"] = _repeated(row, said)
    unique = {row["quote_id"]: row for row in reversed(rows)}
    return [row for row in rows if unique[row["quote_id"]] is row]


def _row(article: Article, one: Attribution, speaker: Speaker, chain: list[str]) -> dict[str, Any]:
    text, article_id = article.text, article.article_id
    words, insertions = spoken(text, one.content)
    cue, source = one.cue or (None, None), one.source or (None, None)
    told = text[slice(*one.cue)] if one.cue else None
    key = f"{article_id} {' '.join(f'{a}-{b}' for a, b in one.content)}"
    return {
        "quote_id": hashlib.sha256(key.encode()).hexdigest()[:20],
        "article_id": article_id,
        "kind": kind_of(text, one.content),
        "content": [{"start": start, "end": end} for start, end in one.content],
        "text": " ".join(text[start:end] for start, end in one.content),
        "words": words,
        "insertions": insertions,
        "cue": told,
        "cue_start": cue[0],
        "cue_end": cue[1],
        "cue_class": cue_class(told or ""),
        "speaker": speaker.name,
        "speaker_start": source[0],
        "speaker_end": source[1],
        "role": speaker.role or None,
        "chain": chain,
        "speaker_method": speaker.method,
        "confidence": round(one.confidence * speaker.certainty, 4),
        "repeat_of": None,
        "model": article.model,
    }


def _repeated(row: dict[str, Any], said: list[tuple[str, str]]) -> str | None:
    """The earlier quotation, of the last hundred, that has all these words, if they are at least five; the row joins the list."""
    if row["chain"][1:]:
        return None
    words = " ".join(re.findall(r"\w+", row["words"].lower()))
    enough = words.count(" ") >= 4
    earlier = next((quote for quote, told in said[-100:] if f" {words} " in f" {told} "), None) if enough else None
    said.append((row["quote_id"], words))
    return earlier
