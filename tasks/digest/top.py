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
RELATIONS = {
    "exact": "word for word",
    "near": "near copy",
    "excerpt": "excerpt",
    "revision": "later version",
    "reuse": "partly taken over",
}


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
    summary: str
    note: str
    additions: tuple[Addition, ...]

    @property
    def copied(self) -> bool:
        """Whether others took it over."""
        return len(self.carriers) > 1


def ranked(night: Night) -> list[list[Row]]:
    """The rows of every story, the first publisher's first; those stories first that most outlets carried, then those in which most
    sides were taken and most people quoted.
    """
    members: dict[str, list[Row]] = defaultdict(list)
    for row in plain(night.stories).to_pylist():
        if row["article_id"] in night.article_rows:
            members[row["story_id"]].append(row)
    sides = Counter(r["article_id"] for r in night.stance_rows if r["label"] in ("favor", "against"))
    quoted = Counter(q["article_id"] for q in night.quote_rows.values() if q["repeat_of"] is None)

    def weight(rows: list[Row]) -> tuple[int | str, ...]:
        ids = [row["article_id"] for row in rows]
        outlets = {night.article_rows[i]["outlet"] for i in ids}
        return -len(outlets), -len(ids), -sum(sides[i] for i in ids), -sum(quoted[i] for i in ids), rows[0]["story_id"]

    ordered = (sorted(rows, key=lambda r: (not r["is_canonical"], *_order(night, r["article_id"]))) for rows in members.values())
    return sorted(ordered, key=weight)


def stories(night: Night, order: list[list[Row]]) -> list[Story]:
    """Stories as the page tells them."""
    relations = _relations(night)
    roundups = {r["story_id"]: r for r in plain(night.roundups).to_pylist()}
    return [_story(night, rows, relations, roundups.get(rows[0]["story_id"])) for rows in order]


def _story(night: Night, rows: list[Row], relations: dict[tuple[str, str], str], roundup: Row | None) -> Story:
    first = night.told(rows[0]["article_id"])
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
    return Story(first, tuple(carriers), text, note, tuple(additions))


def _order(night: Night, article_id: str) -> tuple[bool, str, str]:
    at = night.article_rows[article_id]["published_at"]
    return at is None, at.isoformat() if at else "", article_id


def _relations(night: Night) -> dict[tuple[str, str], str]:
    rows = plain(night.copies.select(["article_id", "other_id", "relation"])).to_pylist()
    return {(r["article_id"], r["other_id"]): RELATIONS.get(r["relation"], r["relation"]) for r in rows}


def flows(night: Night, order: list[list[Row]]) -> list[tuple[str, str, int]]:
    """(from outlet, to outlet, articles): who took over whose text, most first."""
    outlet = {article_id: row["outlet"] for article_id, row in night.article_rows.items()}
    counted = Counter((outlet[rows[0]["article_id"]], outlet[row["article_id"]]) for rows in order for row in rows[1:])
    named = [(night.view.outlet(a).name, night.view.outlet(b).name, n) for (a, b), n in counted.items() if a != b]
    return sorted(named, key=lambda flow: (-flow[2], flow))
