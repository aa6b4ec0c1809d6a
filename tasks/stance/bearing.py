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
_TOLD = re.compile(
    r"\b(?:(?:present|hand|give|gave|send|show|tell|inform|brief|acquaint|provide|supply)(?:s|ed|ing)?|told|sent|given)\s(?:the\s)?$|"
    r"\b(?:hand|give|gave|send|sent|given|pass|submit|deliver|forward|table|explain|lay)(?:s|ed|ing|ted|ting)?\s[^.;:]{1,60}\s(?:to|before)\s"
    r"(?:the\s)?$",
    re.IGNORECASE,
)
"""Ends right before a target that only is who is told or handed something."""
_PAPER = re.compile(
    r"\b(?:memorandum|drafts?|documents?|papers?|texts?|lists?|letters?|notes?|messages?|proposals?|minutes|reports?|invitations?|copy|copies)\b",
    re.IGNORECASE,
)
"""What is handed over without a favor to whoever gets it."""
_OFFER = re.compile(
    r"\b(?:(?:ready|readiness|prepared|willing|willingness)\s(?:to|for)\b.*|"
    r"(?:(?:interest|interested)\sin|(?:offer|offers|offered|offering|proposal|proposals|initiative|invitation)\s(?:of|to|for)|"
    r"(?<!a\s)(?<!the\s)(?:propose|proposes|proposed|proposing)|(?:invite|invites|invited|inviting)\s.*\bto|"
    r"(?:committed|commitment)\sto|(?:call|calls|called|calling)\sfor)(?:\s[\w’'-]+){0,5})\s$",
    re.IGNORECASE | re.DOTALL,
)
"""Words of rule 9 up to a target: ready to …, or interest, an offer, an initiative, a call no more than a few words before it."""
_TURNED = re.compile(
    r"\b(?:not?|never|nobody|nothing|none|neither|nor|cannot|without|hardly|little|lacks?|lost|loses|if|unless|whether|would|"
    r"unwilling|unready|refus\w+|reject\w+|declin\w+|den(?:y|ies|ied)|"
    r"leav\w+|quit\w*|walk\w*|boycott\w*|cancel\w*|call\w*\soff|break\w*|end|ends|ended|ending|stop\w*|suspend\w*|withdr\w+|abandon\w*|"
    r"skip\w*|block\w*|oppos\w+|fight\w*|fought|sue\w*|strike\w*|veto\w*|scrap\w*|repeal\w*|postpon\w+|delay\w*|retaliat\w*|sanction\w*|"
    r"resign\w*|violat\w+|down|against|instead|only|but|rather|alternatives?|over)\b|n['’]t\b",
    re.IGNORECASE,
)
"""Words that deny an offer or turn it round, before it or between it and its target."""
_HOPE_FOR = re.compile(
    r"\b(?:hope|hopes|hoped|hoping|wish|wishes|wished)\b(?=\s(?:that|for|the|to|our|their|its|all|both)\b)", re.IGNORECASE
)
"""Words of rule 1."""
_FAILS = re.compile(r"\b(?:fail\w*|collaps\w+|founder\w*|away|wrong|rejected|stopped|off)\b", re.IGNORECASE)
"""What nobody hopes of what they want."""
_BROUGHT = re.compile(
    r"(?:\s[\w’'-]+){0,10}?\s(?:allowed|enabled|helped|brought|led\sto|produced|yielded|resulted\sin|made\sit\spossible)\b.{0,60}?\b"
    r"(?:agree|agreed|agreements?|progress|solutions?|settled?|steps|breakthrough|results|understanding)\b",
    re.IGNORECASE | re.DOTALL,
)
"""Words of rule 13, right behind a target: what it brought."""
_SENTENCE = re.compile(r"[.!?]['\"”’)]*\s")
_POINTING = re.compile(r"\b(?:it|its|this|that|these|those|they|them|their|such|he|him|his|she|her|here|there)\b", re.IGNORECASE)
_STANDS = re.compile(r"\b(?:it|him|her|them|this)\b")
_REACH = 80
_OFFER_REACH = 200
"""Characters that an offer may begin before its target, in the same sentence."""


def is_hoped_of(text: str, target: Target, spans: Sequence[Span]) -> bool:
    """Whether the target is the one of whom something is hoped ("hopes that Kiev will …"): by rule 1 that is no favor toward it."""
    return target.type == "entity" and any(_HOPE.search(text, max(0, a - _REACH), a) for a, _ in spans)


def is_in_passing(text: str, target: Target, spans: Sequence[Span]) -> bool:
    """Whether all mentions only tell where something is, whose talks they are, or who is told or handed something.

    "The conflict in Ukraine", "talks with Kiev", "to present the Ukrainian side with a memorandum".

    Words that take no side and name the target so are `none`, not `neutral`: they are about something else.
    """
    if target.type != "entity" or not spans:
        return False
    return all(any(way.search(text, max(0, a - _REACH), a) for way in (_PLACE, _PARTY, _TOLD)) for a, _ in spans)


def is_handed(text: str, target: Target, spans: Sequence[Span]) -> bool:
    """Whether the target only is who gets a paper ("to present Kiev with a memorandum"): that is no favor toward it."""
    if target.type != "entity" or not spans:
        return False
    return all(_TOLD.search(text, max(0, a - _REACH), a) and _PAPER.search(text, max(0, a - _REACH), b + _REACH // 2) for a, b in spans)


def is_wanted(text: str, target: Target, words: Span, spans: Sequence[Span]) -> bool:
    """Whether the words hope for the target, offer it, or praise what it brought: by rules 1, 9 and 13 no neutral stance toward it.

    Of events and policies only.

    Args:
        words: what the holder says.
        spans: the target's mentions inside these words.
    """
    return target.type in ("event", "policy") and any(_is_wanted(text, words, span) for span in spans)


def _is_wanted(text: str, words: Span, mention: Span) -> bool:
    start, end = mention
    begin = max(words[0], start - _OFFER_REACH)
    begin = max([begin, *(stop.end() for stop in _SENTENCE.finditer(text, begin, start))])
    stop = _SENTENCE.search(text, end, min(words[1], end + _OFFER_REACH))
    close = stop.start() + 1 if stop else min(words[1], end + _OFFER_REACH)
    if _OFFER.search(text, begin, start) and not _TURNED.search(text, begin, start):
        return True
    if _HOPE_FOR.search(text, begin, start) and not _TURNED.search(text, begin, close) and not _FAILS.search(text, begin, close):
        return True
    return _BROUGHT.match(text, end, close) is not None and not _TURNED.search(text, begin, close)


def points_back(text: str, words: Span) -> bool:
    """Whether the words hold anything that can stand for a target named before them."""
    return _POINTING.search(text, *words) is not None


def stands_for(text: str, words: Span) -> Span | None:
    """The first pronoun of the words that can stand for a target named before them in the sentence."""
    found = _STANDS.search(text, *words)
    return found.span() if found else None
