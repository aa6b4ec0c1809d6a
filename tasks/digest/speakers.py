"""Who was quoted tonight, who is new, and who stands elsewhere than in the nights before."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from tasks.config import Target
from tasks.digest import safe
from tasks.digest.night import Night
from tasks.digest.sides import Holder, Side, sides
from tasks.tables import VOICES

LISTED = 40
SIDES = ("favor", "against", "mixed", "neutral")


@dataclass(frozen=True)
class Speaker:
    """A named speaker, the fullest role that an article gives them, and how often they were quoted."""

    name: str
    role: str
    quotes: int
    article_id: str


@dataclass(frozen=True)
class Turn:
    """A speaker who stands elsewhere on a target than when last heard."""

    target: Target
    holder: Holder
    before: str
    day: dt.date


@dataclass(frozen=True)
class Speakers:
    """The night's speakers.

    Attributes:
        new: of them, those not heard in the nights before; all of them where there is nothing to compare with.
        turns: changes of side since the latest night in which the speaker had one.
        compared: how many nights there were to compare with.
    """

    new: tuple[Speaker, ...]
    turns: tuple[Turn, ...]
    compared: int


def speakers(night: Night, found: list[Side]) -> Speakers:
    """The night's speakers, those quoted most first."""
    known = {row["holder"] for row in night.earlier_rows}
    new = [speaker for speaker in named(night) if speaker.name not in known]
    return Speakers(tuple(new[:LISTED]), tuple(_turns(night, found)), len({row["night"] for row in night.earlier_rows}))


def named(night: Night) -> list[Speaker]:
    """Everybody who was quoted by name, those quoted most first."""
    counted: Counter[str] = Counter()
    roles: dict[str, set[str]] = defaultdict(set)
    places: dict[str, set[str]] = defaultdict(set)
    for quote in night.quote_rows.values():
        if (name := safe.plain(quote["speaker"])) and quote["repeat_of"] is None:
            counted[name] += 1
            roles[name].add(safe.plain(quote["role"]))
            places[name].add(quote["article_id"])
    order = sorted(counted, key=lambda name: (-counted[name], name))
    return [Speaker(name, max(roles[name], key=lambda role: (len(role), role)), counted[name], min(places[name])) for name in order]


def _turns(night: Night, found: list[Side]) -> list[Turn]:
    last: dict[tuple[str, str], Any] = {}
    for row in night.earlier_rows:
        if row["label"] in SIDES:
            last.setdefault((row["target_id"], row["holder"]), row)
    return [
        Turn(side.target, holder, before["label"], before["night"])
        for side in found
        for holder in side.holders
        if (before := last.get((side.target.id, holder.name))) and before["label"] != holder.label
    ]


def heard(night: Night) -> pa.Table:
    """VOICES of the night."""
    rows: list[dict[str, Any]] = [_row(night, "", speaker.name, speaker.quotes, speaker.article_id) for speaker in named(night)]
    for side in sides(night):
        for holder in side.all_holders:
            article_id = holder.said.told.article_id
            stands = {"label": holder.label, "position": holder.position}
            rows.append(_row(night, side.target.id, holder.name, holder.quotes, article_id) | stands)
    return VOICES.rows(sorted(rows, key=lambda r: (r["target_id"], r["holder"])))


def _row(night: Night, target_id: str, holder: str, quotes: int, article_id: str) -> dict[str, Any]:
    base = {"night": night.view.run_date, "target_id": target_id, "holder": holder, "quotes": quotes, "article_id": article_id}
    return base | {"label": None, "position": None}
