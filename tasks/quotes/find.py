"""What finds attributions: rules alone, or the token model helped by rules where they are certain."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from tasks.config import QuoteSettings
from tasks.errors import RejectDocument
from tasks.models import digest, load_token
from tasks.models.token import TokenClassifier
from tasks.quotes.abroad import direct
from tasks.quotes.attribution import Attribution, Span
from tasks.quotes.calibrate import calibrated
from tasks.quotes.decode import back, joined, link, parts
from tasks.quotes.marks import Marks, is_title, quoted, speech
from tasks.quotes.names import read_mention, role_of
from tasks.quotes.rules import by_rules

Job = tuple[str, Sequence[Span], str]
"""An article's text, the paragraphs to read, its language."""
RULES = "rules@3"


class Finder(Protocol):
    """Finds attributions."""

    @property
    def name(self) -> str:
        """What goes into the column `model`."""
        ...

    def find(self, jobs: Sequence[Job]) -> list[list[Attribution] | RejectDocument]:
        """One list of attributions per job, or why there is none."""
        ...


@dataclass(frozen=True)
class Rules:
    """Rules alone."""

    name: str = RULES

    def find(self, jobs: Sequence[Job]) -> list[list[Attribution] | RejectDocument]:
        """One list of attributions per job."""
        return [(by_rules if _english(language) else direct)(text, paragraphs, language) for text, paragraphs, language in jobs]


@dataclass(frozen=True)
class Model:
    """A token model for English; quotation marks correct its edges, and rules add quotations in marks that it does not see."""

    name: str
    tagger: TokenClassifier

    def find(self, jobs: Sequence[Job]) -> list[list[Attribution] | RejectDocument]:
        """One list of attributions per job, or the model's reason for having none."""
        laid = [joined(text, paragraphs if _english(language) else []) for text, paragraphs, language in jobs]
        tags = self.tagger.tag([line for line, _ in laid])
        out: list[list[Attribution] | RejectDocument] = []
        for number, (job, (line, places)) in enumerate(zip(jobs, laid, strict=True)):
            if not _english(job[2]):
                out.append(direct(*job))
                continue
            if number in tags.failed:
                out.append(tags.failed[number])
                continue
            seen = link(parts(line, tags.values[number], tags.offsets[number], self.tagger.labels))
            out.append(_helped(job, [_moved(one, places) for one in seen]))
        return out


def _english(language: str) -> bool:
    return language.split("-", maxsplit=1)[0] == "en"


def _moved(one: Attribution, places: Sequence[tuple[int, int]]) -> Attribution:
    return Attribution(
        tuple(back(span, places) for span in one.content),
        back(one.cue, places) if one.cue else None,
        back(one.source, places) if one.source else None,
        calibrated(one.confidence),
    )


def _helped(job: Job, seen: list[Attribution]) -> list[Attribution]:
    """The model's attributions with edges on quotation marks, and the rules' quotations in marks that lie outside all of them."""
    text, paragraphs, language = job
    marks = speech(text, paragraphs)
    titles = Marks(one for start, end in paragraphs for one in quoted(text, start, end) if is_title(text, one))
    kept = [_snapped(text, one, marks) for less in seen if (one := _untitled(less, titles))]
    taken = bytearray(len(text))
    for start, end in (span for one in kept for span in one.content):
        taken[start:end] = b"\1" * (end - start)
    for one in by_rules(text, paragraphs, language):
        if marks.at(one.start) and not any(any(taken[start:end]) for start, end in one.content):
            kept.append(one)
    return sorted(kept, key=lambda one: one.content)


def _untitled(one: Attribution, titles: Marks) -> Attribution | None:
    """The attribution without spans that are a quoted title; None where nothing is left."""
    kept = tuple((start, end) for start, end in one.content if not ((title := titles.at(start)) and end <= title.end))
    return Attribution(kept, one.cue, one.source, one.confidence) if kept else None


def _snapped(text: str, one: Attribution, marks: Marks) -> Attribution:
    """Edges on the marks; sentences of one quotation that the model tells apart are one span."""
    spans: list[Span] = []
    for start, end in (marks.snap(span) for span in one.content):
        around = marks.at(start)
        if spans and around and marks.at(spans[-1][1] - 1) is around and not text[spans[-1][1] : start].strip():
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        else:
            spans.append((start, end))
    source = one.source and _with_office(text, _with_name(text, _whole_name(text, one.source), one.cue))
    return Attribution(_whole_clause(text, spans, one.cue, source), one.cue, source, one.confidence)


def _whole_name(text: str, source: Span) -> Span:
    """The source with the name that follows an honorific at its end: a full stop may have looked like the end."""
    if re.search(r"\b(?:Mr|Mrs|Ms|Dr|Sen|Rep|Gov|Gen)\.?$", text[source[0] : source[1]]):
        name = re.match(r"\.?\s(?:[A-Z][\w’'-]+\s?){1,3}", text[source[1] : source[1] + 60])
        return (source[0], source[1] + len(name[0].rstrip())) if name else source
    return source


_OFFICE = re.compile(r"(?<=[,”\"’'] )(?:[A-Z][\w’'-]*\s|and\s){1,7}$")
_HOPES = re.compile(
    r"(?:^|\)\s[-–—]{1,2}\s|[.!?][”\"’']*\s|\n)(?P<clause>(?:[A-Z][\w’'-]*|[Tt]he|[a-z][\w’'-]+)(?:\s[\w’'-]+){0,3}\s"
    r"(?:hop|expect|believ|want|wish|intend|plan|consider|regard)(?:e?s|ed)?\s(?:that\s|to\s)?)$"
)


def _with_office(text: str, source: Span) -> Span:
    """The source with the office before the name: `…, Norlandish Deputy Trade Minister Anton Berg said`."""
    before = _OFFICE.search(text, max(0, source[0] - 120), source[0])
    return (before.start(), source[1]) if before and text[source[0]].isupper() and role_of(before[0]) else source


def _whole_clause(text: str, spans: Sequence[Span], cue: Span | None, source: Span | None) -> tuple[Span, ...]:
    """Content before its cue ends before the source, and holds the clause whose object it is: `X hopes that …, Y said`."""
    start, end = spans[0]
    if cue is None or source is None or end > cue[0] or not start < source[0] < cue[0]:
        return tuple(spans)
    if end > source[0]:
        end = start + len(text[start : source[0]].rstrip().rstrip(","))
    if clause := _HOPES.search(text, max(0, start - 90), start):
        start = clause.start("clause")
    return ((start, end), *spans[1:])


_APPOSED = re.compile(
    r"(?<![\w’'-])(?<!\b(?:in|of|to|at|by) )(?<!\b(?:for|and) )(?<!\b(?:from|with) )(?P<name>(?:[A-Z][\w.’'-]*\s){1,4}[A-Z][\w’'-]+),"
    r"\s(?:(?:until now|now|then|once|formerly|long|himself|herself)\s)?$"
)


def _with_name(text: str, source: Span, cue: Span | None) -> Span:
    """The source with the name to which it is an apposition: `Ada Lund, chair of the council, said` has a speaker with a name."""
    if cue is None or not re.search(r",\s*$", text[source[0] : cue[0]]):
        return source
    named = _APPOSED.search(text, max(0, source[0] - 80), source[0])
    if named is None or read_mention(text[slice(*source)]).kind == "name":
        return source
    found = read_mention(named["name"])
    if found.kind != "name" or " " not in found.name or found.name not in named["name"]:
        return source
    return named.start("name") + named["name"].index(found.name), source[1]


def finder(settings: QuoteSettings) -> Finder:
    """What the settings name: the rules where there is no model.

    Raises:
        Unusable: the model's files are not there, or not those that they should be.
    """
    if settings.model is None:
        return Rules()
    return Model(f"{settings.model.name}@{digest(settings.model)[:12]}", load_token(settings.model))
