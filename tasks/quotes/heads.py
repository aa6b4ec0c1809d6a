"""Whether the name in a source's mention is who speaks: `a spokesman for the Kremlin` is no Kremlin, `figures of a firm` are nobody."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tasks.quotes.lexicon import MANY, RANKS, ROLES, THINGS

PREPOSITION = re.compile(r"\b(?:of|in|for|at|to|on|with|from|by|who|whose|which|that|during|after|under)\b")
_ARTICLE = re.compile(r"(?:the|a|an|his|her|their|its|our)\b", re.IGNORECASE)
_UNNAMED = re.compile(
    r"(?:no ?body|no one|none|everyone|everybody|anyone|anybody|someone|somebody|others?|those|some|many|most|few|all|both|several|one|"
    r"two|three|another|such|this|that|these|each|either|neither|ones|an?|the|whose|who)"
    r"(?:\s+(?:who|of (?:them|these|those|us)|else|other|others)\b.*)?$",
    re.IGNORECASE,
)
_PEOPLE = re.compile(r"[A-Z][a-z]+(?:ers|ors|ists|ants|ents|ians|ees|women|men|bers|ogists|ates)$")
"""Plurals of those who do something; surnames that end alike are told apart by the article (`Cast`)."""
_STATES = frozenset({"secretary", "minister", "undersecretary"})
"""Roles after which `of` and an office may stand before the name: `Secretary of State John Kerry`."""


def is_nobody(phrase: str) -> bool:
    """Whether a mention names no person, body or kind of people: a bare pronoun (`others`, `those who …`) or a thing (`figures`)."""
    if _UNNAMED.match(phrase):
        return True
    head = PREPOSITION.split(phrase, maxsplit=1)[0].split()
    return bool(head) and head[-1].lower() in THINGS


def is_beside(head: str, name: Sequence[str]) -> bool:
    """Whether the name only tells whose the speaker is: it follows a preposition, and a noun stands before that.

    Not in `Secretary of State John Kerry`, where an office stands between, nor where the noun is a name itself (`Bank of England`).
    """
    at = head.find(name[0])
    found = PREPOSITION.search(head[: max(at, 0)])
    if found is None:
        return False
    before = head[: found.start()].split()
    noun = before[-1].lower().rstrip(".") if before else ""
    between = _ARTICLE.sub("", head[found.end() : at].strip()).split()
    office = noun in _STATES or any(word[:1].isupper() and word.lower() in RANKS and word.lower() not in ROLES for word in between)
    return noun.isalpha() and noun not in MANY and not _ARTICLE.fullmatch(noun) and not office


def is_kind(words: Sequence[str]) -> bool:
    """Whether a mention's first word is a plural of people that has its capital from the sentence's beginning."""
    plain = len(words) == 1 or (words[1][:1].islower() and words[1] not in {"and", "de", "von", "van"})
    return bool(words) and plain and _PEOPLE.match(words[0]) is not None
