"""Who stands where on a target, by who is speaking: quoted people, articles in their own voice, outlets as a whole. Never mixed."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from statistics import median

from tasks.config import Outlet, Target
from tasks.digest import safe
from tasks.digest.night import Night, Row, Told

DECIDED = ("favor", "against", "neutral")
_RANK = {"favor": 0, "against": 1, "mixed": 2, "neutral": 3, "unclear": 4}
WORDS = {"favor": "in favour", "against": "against", "mixed": "on both sides", "neutral": "neutral"}
LONGEST_QUOTE = 320
ALONE = ("the", "a", "an")
"""Parts of a reported statement that say nothing."""
_MARKS = '"“”„«»‟'
_INTERRUPTED = re.compile(f"[{_MARKS}] [{_MARKS}]")
"""Where the cue stood between two parts of a quote."""


@dataclass(frozen=True)
class Said:
    """One piece of evidence.

    Attributes:
        kind: `direct`: words that stood in quotation marks, without these; `mixed`: the article's words with quoted ones in them;
            `indirect`: the article's words for what was said; `written`: an article in its own voice.
    """

    text: str
    kind: str
    told: Told


@dataclass(frozen=True)
class Holder:
    """A quoted speaker on one target.

    Attributes:
        label: favor, against, neutral, unclear, or mixed where they are heard on both sides; statements that are left unclear count for
            nothing beside clear ones.
        position: -1 against .. 1 in favour: the median of p_favor - p_against over their quotes; `low`, `high` the extremes.
        confidence: median of the labels' confidence, 0..1.
        state_only: heard only through state-controlled outlets.
    """

    name: str
    role: str
    label: str
    quotes: int
    labels: str
    position: float
    low: float
    high: float
    confidence: float
    said: Said
    state_only: bool


@dataclass(frozen=True)
class Voice:
    """An article in its own voice."""

    label: str
    confidence: float
    said: Said


@dataclass(frozen=True)
class Side:
    """One target.

    Attributes:
        all_holders: every named speaker, those whom the model leaves unclear last.
        unnamed: statements without a named speaker.
        outlets: (outlet, label, articles behind it, confidence), the unclear ones left out.
        unclear, statements: of quoted speakers.
    """

    target: Target
    all_holders: tuple[Holder, ...]
    unnamed: int
    voices: tuple[Voice, ...]
    outlets: tuple[tuple[Outlet, str, int, float], ...]
    unclear: int
    statements: int

    @property
    def counts(self) -> str:
        """How many holders stand where, in words."""
        counted = Counter(h.label for h in self.holders)
        told = [f"{counted[label]} {words}" for label, words in WORDS.items() if counted[label]]
        return ", ".join(told + ([f"{len(self.open)} left unclear"] if self.open else [])) or "nobody heard"

    @property
    def holders(self) -> tuple[Holder, ...]:
        """Those whose stance the model tells."""
        return tuple(h for h in self.all_holders if h.label != "unclear")

    @property
    def open(self) -> tuple[str, ...]:
        """Names of those whom it leaves unclear."""
        return tuple(h.name for h in self.all_holders if h.label == "unclear")


def sides(night: Night) -> list[Side]:
    """One per configured target, in the configuration's order."""
    by_target: dict[str, list[Row]] = defaultdict(list)
    for row in night.stance_rows:
        by_target[row["target_id"]].append(row)
    return [_side(night, target, by_target[target.id]) for target in night.view.targets]


def _side(night: Night, target: Target, rows: list[Row]) -> Side:
    quoted = [r for r in rows if r["holder_level"] == "quoted_speaker" and not _again(night, r)]
    named: dict[str, list[Row]] = defaultdict(list)
    for row in quoted:
        if safe.plain(row["holder"]):
            named[safe.plain(row["holder"])].append(row)
    holders = sorted(
        (_holder(night, name, found) for name, found in named.items()), key=lambda h: (_RANK[h.label], -h.quotes, -h.confidence, h.name)
    )
    voices = [
        Voice(r["label"], r["confidence"] or 0.0, _said(night, r))
        for r in rows
        if r["holder_level"] == "author" and r["label"] in ("favor", "against")
    ]
    outlets = [
        (night.view.outlet(r["article_id"]), r["label"], r["articles"] or 0, r["confidence"] or 0.0)
        for r in rows
        if r["holder_level"] == "outlet" and r["label"] != "unclear"
    ]
    return Side(
        target=target,
        all_holders=tuple(holders),
        unnamed=len(quoted) - sum(map(len, named.values())),
        voices=tuple(sorted(voices, key=lambda v: (_RANK[v.label], -v.confidence, v.said.told.article_id))),
        outlets=tuple(sorted(outlets, key=lambda o: (o[0].name, o[1]))),
        unclear=sum(r["label"] == "unclear" for r in quoted),
        statements=len(quoted),
    )


def _again(night: Night, row: Row) -> bool:
    quote = night.quote_rows.get(row["quote_id"])
    return quote is not None and quote["repeat_of"] is not None


def _holder(night: Night, name: str, rows: list[Row]) -> Holder:
    labels = Counter(r["label"] for r in rows)
    label = _label(labels)
    positions = [(r["p_favor"] or 0.0) - (r["p_against"] or 0.0) for r in rows]
    best = min((r for r in rows if r["label"] == label or label == "mixed"), key=lambda r: _worth(night, r))
    roles = [safe.plain(q["role"]) for r in rows if (q := night.quote_rows.get(r["quote_id"])) and safe.plain(q["role"])]
    said = _said(night, best)
    return Holder(
        name=name,
        role=max(roles, key=lambda role: (len(role), role)) if roles else "",
        label=label,
        quotes=len(rows),
        labels=", ".join(f"{n} {word}" for word, n in sorted(labels.items(), key=lambda i: _RANK[i[0]])) if len(labels) > 1 else "",
        position=median(positions),
        low=min(positions),
        high=max(positions),
        confidence=median([r["confidence"] or 0.0 for r in rows]),
        said=said,
        state_only=all(night.told(r["article_id"]).state for r in rows),
    )


def _label(labels: Counter[str]) -> str:
    if labels["favor"] and labels["against"]:
        return "mixed"
    return next((word for word in DECIDED if labels[word]), "unclear")


def _worth(night: Night, row: Row) -> tuple[bool, float, str]:
    """Direct words first, then the surest; the id makes it the same every time."""
    quote = night.quote_rows.get(row["quote_id"])
    return quote is None or quote["kind"] == "indirect", -(row["confidence"] or 0.0), row["quote_id"]


def _parts(quote: Row) -> str:
    """What was said; where the article's own words interrupt what is not word for word, an ellipsis, and no article left by itself."""
    text, spans = quote["text"] or "", [(span["start"], span["end"]) for span in quote["content"] or ()]
    if quote["kind"] == "direct" or sum(end - start for start, end in spans) + len(spans) - 1 != len(text):
        return text
    shown, place, before = "", 0, 0
    for start, end in spans:
        part = text[place : place + end - start]
        place += end - start + 1
        if part.lower() not in ALONE or start <= before + 1:
            shown += part if not shown else (" " if start <= before + 1 else " … ") + part
            before = end
    return shown or text


def _said(night: Night, row: Row) -> Said:
    quote = night.quote_rows.get(row["quote_id"])
    kind = quote["kind"] if quote else "written"
    text = safe.plain(_parts(quote) if quote else row["evidence"])
    if kind in ("direct", "written"):
        text = _INTERRUPTED.sub(" … ", text.strip(_MARKS + " ")).removesuffix(",")
    return Said(safe.shorten(text, LONGEST_QUOTE), kind, night.told(row["article_id"]))
