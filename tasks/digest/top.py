"""The night's stories: what they say, who carried them, and whose text the others took."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass

from tasks.digest import safe
from tasks.digest.night import Night, Row, Told
from tasks.tables import plain

STATUS = {
    "ok": "",
    "whole_text": "the text is as short as a summary",
    "too_short": "too short to summarise",
    "unknown_language": "language not summarised",
    "only_quotes": "nothing but quotes",
    "fallback_extractive": "sentences of the article, since the written summary failed its checks",
    "failed": "the summary failed",
}
RELATIONS = {"exact": "word for word", "near": "near copy", "excerpt": "excerpt", "revision": "later version"}


@dataclass(frozen=True)
class Carrier:
    """One member of a story.

    Attributes:
        share: of its text that stands in the first publisher's, 0..1; None for the first itself.
        relation: in words, or "".
    """

    told: Told
    share: float | None
    relation: str


@dataclass(frozen=True)
class Addition:
    """What another outlet adds to the story."""

    told: Told
    text: str


@dataclass(frozen=True)
class Story:
    """A story of the night; `carriers` begins with the first publisher."""

    first: Told
    carriers: tuple[Carrier, ...]
    outlets: tuple[str, ...]
    summary: str
    note: str
    additions: tuple[Addition, ...]

    @property
    def copied(self) -> bool:
        """Whether others took it over."""
        return len(self.carriers) > 1


def stories(night: Night) -> list[Story]:
    """All stories, those first that most outlets carried, then those in which most sides were taken."""
    members: dict[str, list[Row]] = defaultdict(list)
    for row in plain(night.stories).to_pylist():
        if row["article_id"] in night.article_rows:
            members[row["story_id"]].append(row)
    relations = _relations(night)
    roundups = {r["story_id"]: r for r in plain(night.roundups).to_pylist()}
    sides = Counter(r["article_id"] for r in night.stance_rows if r["label"] in ("favor", "against"))
    built = []
    for story_id, rows in members.items():
        story = _story(night, rows, relations, roundups.get(story_id))
        weight = sum(sides[r["article_id"]] for r in rows)
        built.append(((-len(story.outlets), -len(story.carriers), -weight, story_id), story))
    return [story for _, story in sorted(built, key=lambda pair: pair[0])]


def _story(night: Night, rows: list[Row], relations: dict[tuple[str, str], str], roundup: Row | None) -> Story:
    rows = sorted(rows, key=lambda r: (not r["is_canonical"], *_order(night, r["article_id"])))
    head = rows[0]["article_id"]
    first = night.told(head)
    takers = [
        Carrier(night.told(r["article_id"]), r["copied_share"], relations.get((r["article_id"], r["canonical_id"]), ""))
        for r in rows[1:]
    ]
    carriers = [Carrier(first, None, ""), *takers]
    summary = next((s for r in rows if (s := night.summary_rows.get(r["article_id"]))), None)
    text = safe.plain(summary["text"]) if summary else ""
    flags = [f.replace("_", " ") for f in summary["flags"] or []] if summary else []
    note = ", ".join(filter(None, [STATUS.get(summary["status"], summary["status"]), *flags])) if summary else "no summary"
    additions = [
        Addition(night.told(a["article_id"]), safe.plain(a["text"]))
        for a in (roundup["additions"] or [] if roundup else [])
        if a["article_id"] in night.article_rows and safe.plain(a["text"])
    ]
    names = tuple(dict.fromkeys(c.told.outlet.id for c in carriers))
    return Story(first, tuple(carriers), names, text, note, tuple(additions))


def _order(night: Night, article_id: str) -> tuple[bool, str, str]:
    at = night.article_rows[article_id]["published_at"]
    return at is None, at.isoformat() if at else "", article_id


def _relations(night: Night) -> dict[tuple[str, str], str]:
    rows = plain(night.copies.select(["article_id", "other_id", "relation"])).to_pylist()
    return {(r["article_id"], r["other_id"]): RELATIONS.get(r["relation"], r["relation"]) for r in rows}


def flows(found: list[Story]) -> list[tuple[str, str, int]]:
    """(from outlet, to outlet, articles): who took over whose text, most first."""
    counted = Counter(
        (story.first.outlet.name, carrier.told.outlet.name)
        for story in found
        for carrier in story.carriers[1:]
        if carrier.told.outlet.id != story.first.outlet.id
    )
    return [(source, taker, n) for (source, taker), n in sorted(counted.items(), key=lambda item: (-item[1], item[0]))]
