"""How words bear on a target that they name: rules of the codebook that are kept in code, whatever a model says."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tasks.config import Target
from tasks.stance.inputs import Span

_HOPE = re.compile(r"\b(?:hop|expect|wish|trust)(?:e|es|ed|ing|s)?(?: that)?(?: (?:the|our|their|its))? ?$", re.IGNORECASE)
"""Ends right before the one of whom something is hoped."""
_PLACE = re.compile(
    r"(?<!believe )(?<!interest )(?<!interested )(?<!trust )(?<!faith )(?<!confidence )(?<!hope )(?<!invest )(?<!pride )"
    r"\b(?:in|inside|within|outside|near|across|around|throughout)\s(?:the\s)?$",
    re.IGNORECASE,
)
"""Ends right before a target that is only where something is."""
_PARTY = re.compile(
    r"\b(?:talks|negotiations|consultations|meetings?|dialogue|contacts?|summit|conference|border|conflict|dispute|crisis|war|relations|ties|"
    r"trade|representatives|delegates|delegations?|envoys?|diplomats|negotiators|embassy|ambassadors?)\s(?:of|with|between|from|to)\s"
    r"(?:the\s)?(?:[\w’'-]+(?:,|\sand)\s(?:the\s)?){0,3}$",
    re.IGNORECASE,
)
"""Ends right before a target that is only a party to what the words are about."""
_POINTING = re.compile(r"\b(?:it|its|this|that|these|those|they|them|their|such|he|him|his|she|her|here|there)\b", re.IGNORECASE)
_STANDS = re.compile(r"\b(?:it|him|her|them|this)\b")
_REACH = 80


def is_hoped_of(text: str, target: Target, spans: Sequence[Span]) -> bool:
    """Whether the target is the one of whom something is hoped ("hopes that Kiev will …"): by rule 1 that is no favor toward it."""
    return target.type == "entity" and any(_HOPE.search(text, max(0, a - _REACH), a) for a, _ in spans)


def is_in_passing(text: str, target: Target, spans: Sequence[Span]) -> bool:
    """Whether all mentions only tell where something is, or whose talks they are ("the conflict in Ukraine", "talks with Kiev").

    Words that take no side and name the target so are `none`, not `neutral`: they are about something else.
    """
    if target.type != "entity" or not spans:
        return False
    return all(_PLACE.search(text, max(0, a - _REACH), a) or _PARTY.search(text, max(0, a - _REACH), a) for a, _ in spans)


def points_back(text: str, words: Span) -> bool:
    """Whether the words hold anything that can stand for a target named before them."""
    return _POINTING.search(text, *words) is not None


def stands_for(text: str, words: Span) -> Span | None:
    """The first pronoun of the words that can stand for a target named before them in the sentence."""
    found = _STANDS.search(text, *words)
    return found.span() if found else None
