"""How much came in, from whom, what was set aside, and what the models left open."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass

import pyarrow.compute as pc

from tasks.config import Outlet
from tasks.digest import safe
from tasks.digest.night import Night
from tasks.tables import plain

LISTED = 20
"""How many set-aside documents of one reason are named."""


@dataclass(frozen=True)
class Heard:
    """One outlet's night.

    Attributes:
        copies: of its articles, those that were not the first of their story.
    """

    outlet: Outlet
    articles: int
    copies: int


@dataclass(frozen=True)
class Reason:
    """Documents set aside for one reason in one stage."""

    stage: str
    reason: str
    documents: tuple[str, ...]
    count: int


@dataclass(frozen=True)
class Numbers:
    """The night in numbers."""

    documents: int
    articles: int
    rejects: int
    stories: int
    copies: int
    quotes: int
    unattributed: int
    stances: int
    unclear: int
    languages: tuple[tuple[str, int], ...]
    heard: tuple[Heard, ...]
    silent: tuple[Outlet, ...]
    reasons: tuple[Reason, ...]
    models: tuple[tuple[str, str], ...]
    codebooks: tuple[str, ...]


def numbers(night: Night) -> Numbers:
    """The night in numbers."""
    followers = set(night.stories.filter(pc.invert(night.stories["is_canonical"]))["article_id"].to_pylist()) & set(night.article_rows)
    quotes = [q for q in night.quote_rows.values() if q["repeat_of"] is None]
    spoken = [r for r in night.stance_rows if r["holder_level"] == "quoted_speaker"]
    heard = _heard(night, followers)
    names = {h.outlet.id for h in heard}
    never = set(night.rejects["document"].to_pylist()) - set(night.article_rows)
    return Numbers(
        documents=night.articles.num_rows + len(never),
        articles=night.articles.num_rows,
        rejects=len(set(night.rejects["document"].to_pylist())),
        stories=len(set(night.stories["story_id"].to_pylist())),
        copies=len(followers),
        quotes=len(quotes),
        unattributed=sum(q["speaker"] is None for q in quotes),
        stances=len(spoken),
        unclear=sum(r["label"] == "unclear" for r in spoken),
        languages=tuple(Counter(r["language"] or "und" for r in night.article_rows.values()).most_common()),
        heard=heard,
        silent=tuple(o for o in night.view.outlets if o.id not in names),
        reasons=_reasons(night),
        models=_models(night),
        codebooks=tuple(sorted({r["codebook"] for r in night.stance_rows if r["codebook"]})),
    )


def _heard(night: Night, followers: set[str]) -> tuple[Heard, ...]:
    found: dict[str | None, list[str]] = defaultdict(list)
    for row in night.article_rows.values():
        found[row["outlet"]].append(row["article_id"])
    heard = [Heard(night.view.outlet(name), len(ids), sum(i in followers for i in ids)) for name, ids in found.items()]
    return tuple(sorted(heard, key=lambda h: (-h.articles, h.outlet.name)))


def _reasons(night: Night) -> tuple[Reason, ...]:
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in plain(night.rejects).to_pylist():
        found[row["stage"], row["reason"]].append(safe.plain(f"{row['source'] or '?'}: {row['uri'] or row['document']}"))
    rows = [Reason(stage, reason, tuple(sorted(names)[:LISTED]), len(names)) for (stage, reason), names in found.items()]
    return tuple(sorted(rows, key=lambda r: (-r.count, r.stage, r.reason)))


def _models(night: Night) -> tuple[tuple[str, str], ...]:
    tables = {"summaries": night.summaries, "roundups": night.roundups, "quotes": night.quotes, "stances": night.stances}
    used = {(what, str(name)) for what, table in tables.items() for name in table["model"].unique().to_pylist() if name}
    return tuple(sorted(used))
