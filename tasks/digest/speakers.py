"""Who was quoted tonight."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass

from tasks.digest import safe
from tasks.digest.night import Night

LISTED = 40


@dataclass(frozen=True)
class Speaker:
    """A named speaker and the fullest role that an article gives them."""

    name: str
    role: str


@dataclass(frozen=True)
class Speakers:
    """The night's speakers.

    Attributes:
        new: of them, those not heard in the nights before; all of them where there is nothing to compare with.
        compared: how many nights there were to compare with.
    """

    new: tuple[Speaker, ...]
    compared: int


def speakers(night: Night) -> Speakers:
    """The night's speakers, those quoted most first."""
    counted: Counter[str] = Counter()
    roles: dict[str, set[str]] = defaultdict(set)
    for quote in night.quote_rows.values():
        if (name := safe.plain(quote["speaker"])) and quote["repeat_of"] is None:
            counted[name] += 1
            roles[name].add(safe.plain(quote["role"]))
    named = sorted(counted, key=lambda name: (-counted[name], name))
    return Speakers(tuple(Speaker(n, max(roles[n], key=lambda role: (len(role), role))) for n in named[:LISTED]), 0)
