"""Training rows written for nightwire, for rules of the codebook that no open set teaches: readiness, hope, who of two, in passing.

`codebook_rows.txt` holds the texts with places to be filled; the names that fill them are drawn by seed. All fillings of a text are of
one split, so that what is measured on held-out texts was never read in other names.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files

from tasks.stance.data import LABEL_ID, Row, split_of
from tasks.stance.inputs import AUTHOR, Span, question

STREAM = "codebook"
EACH = 12
"""Fillings of a text."""
_PLACE = re.compile(r"\{([A-Z])([~+]?)\}")
_TITLES = (
    "Foreign Minister", "Deputy Prime Minister", "the mayor,", "union leader", "spokesman", "President", "Senator", "the envoy,", "",
    "",
)  # fmt: skip
_PEOPLE = (
    "Ana Kosta", "Peter Lindahl", "Maria Okafor", "Tomas Reyes", "Ingrid Vale", "Samir Haddad", "Joan Whitfield", "Luis Paredes",
    "Aiko Mori", "Bruno Keller", "Nadia Rahimi", "Owen Price", "Elif Demir", "Jakub Novak", "Grace Mensah", "Henrik Dahl",
    "Rosa Marini", "David Cohn",
)  # fmt: skip
_BODIES = (
    "the trade ministry",
    "the presidency",
    "the opposition",
    "the foreign ministry",
    "the bishops' council",
    "the teachers' union",
)
_COUNTRIES = (
    "Peru", "Chile", "Kenya", "Sudan", "Serbia", "Cyprus", "Nepal", "Armenia", "Norway", "Ecuador", "Georgia", "Jordan", "Ghana",
    "Laos",
)  # fmt: skip
_TOWNS = ("Geneva", "Doha", "Vienna", "Nairobi", "Lima", "Oslo", "Tbilisi", "Cairo", "Lisbon", "Jakarta", "Valletta", "Montreal")
_EVENTS = (
    ("{T} peace talks", ("the {T} peace talks", "the {T} talks", "talks in {T}", "the talks in {T}", "peace talks")),
    ("{T} negotiations", ("the {T} negotiations", "negotiations in {T}", "direct negotiations", "the second round of negotiations")),
    ("ceasefire talks", ("the ceasefire talks", "talks on a ceasefire", "ceasefire talks", "the talks")),
    ("trade talks", ("the trade talks", "trade talks", "new trade talks", "direct talks")),
    ("consultations on the border", ("consultations on the border", "the border consultations", "the consultations")),
    ("nuclear talks", ("the nuclear talks", "talks on the nuclear programme", "indirect talks")),
)
_STANDING = ("these talks", "these negotiations", "them")
_PARTIES = ("{C}", "the government of {C}", "{C}'s government", "the authorities of {C}", "the delegation of {C}")
_POLICIES = (
    "the pension reform", "the carbon tax", "the school merger", "the harbour tunnel", "the speed limit", "the new press law",
    "the tram line", "the minimum wage", "the dam", "the smoking ban", "the land reform", "the visa waiver", "the wind farm",
    "conscription", "the rent cap",
)  # fmt: skip
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "June 2", "the 14th", "Sunday")
_BESIDE = (
    "The paper printed the interview on its second page.", "It had rained all morning.", "Reporters had waited for two hours.",
    "The session lasted until midnight.", "No vote was taken.",
)  # fmt: skip
_BEGINS = (". ", "? ", '"')
"""After these, as at the beginning, a word is written large."""


@dataclass(frozen=True)
class Name:
    """What a place is filled with.

    Attributes:
        asked: the name by which the model is asked about it.
        words: what may stand in the text.
    """

    asked: str
    words: tuple[str, ...]


@dataclass(frozen=True)
class Written:
    """A text with places, and what is asked of it: (holder's place, target's place, label)."""

    asked: tuple[tuple[str, str, str], ...]
    text: str


def written() -> list[Written]:
    """The texts, in the file's order."""
    lines = (files("tasks.stance") / "codebook_rows.txt").read_text("utf-8").splitlines()
    return [_parse(line) for line in lines if line and line[0] != "#"]


def _parse(line: str) -> Written:
    head, text = line.split(": ", 1)
    return Written(tuple(re.findall(r"([HKA])>([EPCDHK]) (favor|against|neutral|none)(?:, |$)", head)), text)


def codebook_rows(seed: int = 1, each: int = EACH) -> Iterator[Row]:
    """The rows of all texts, `each` fillings of every one; stream STREAM.

    Args:
        seed: of the names that are drawn.
        each: fillings of a text.
    """
    for number, one in enumerate(written()):
        draw = random.Random(seed * 1000 + number)  # noqa: S311 - a repeatable draw, no secret
        split = split_of(STREAM, one.text)
        for _ in range(each):
            names = _names(draw)
            text, spans = _filled(one.text, names, draw)
            for holder, target, label in one.asked:
                asker = AUTHOR if holder == "A" else names[holder].asked
                segments = question(asker, names[target].asked, text, spans.get(holder, ()), spans[target])
                yield Row(STREAM, *segments, LABEL_ID[label], split)


def _names(draw: random.Random) -> dict[str, Name]:
    people, countries = draw.sample(_PEOPLE, 2), draw.sample(_COUNTRIES, 2)
    town, policy, day = draw.choice(_TOWNS), draw.choice(_POLICIES), draw.choice(_DAYS)
    event, words = draw.choice(_EVENTS)
    names = {key: Name(word, (word,)) for key, word in zip("HKCDTW", (*people, *countries, town, day), strict=True)}
    if draw.random() < 0.2:
        body = draw.choice(_BODIES)
        names["H"] = Name(body.removeprefix("the "), (body,))
    names["E"] = Name(event.format(T=town), tuple(word.format(T=town) for word in words))
    names["P"] = Name(policy.removeprefix("the "), (policy,))
    return names


def _filled(text: str, names: Mapping[str, Name], draw: random.Random) -> tuple[str, dict[str, list[Span]]]:
    """The text with its places filled, and where each name stands. A person's title and name come first, then the last name."""
    out, at = f"{draw.choice(_BESIDE)} " if draw.random() < 0.2 else "", 0
    spans: dict[str, list[Span]] = {}
    for place in _PLACE.finditer(text):
        key, standing = place.groups()
        out += text[at : place.start()]
        begins = out == "" or out.endswith(_BEGINS)
        word = draw.choice(_STANDING if standing == "~" else names[key].words)
        if standing == "+":
            word = draw.choice(_PARTIES).format(C=word)
        if key in "HK" and word[0].isupper():
            title = "" if key in spans else draw.choice(_TITLES)
            if title and not (begins and title[0].islower()):
                out += f"{title} "
                begins = False
            word = word.split()[-1] if key in spans else word
        word = word[0].upper() + word[1:] if begins else word
        spans.setdefault(key, []).append((len(out), len(out) + len(word)))
        out, at = out + word, place.end()
    out += text[at:]
    return out + (f" {draw.choice(_BESIDE)}" if draw.random() < 0.2 else ""), spans
