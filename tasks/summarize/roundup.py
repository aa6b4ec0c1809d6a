"""ROUNDUP: ARTICLES, STORIES, SUMMARIES -> ROUNDUPS: per story of several outlets, what the others add to the canonical article."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tasks.config import SummarySettings
from tasks.models import load_encoder
from tasks.summarize.candidates import Candidate, read
from tasks.summarize.orders import MODEL, are_orders
from tasks.tables import ROUNDUPS

NEWS = 0.7
"""Cosine to a sentence already told below which a sentence counts as an addition."""
ADDITIONS = 3
"""Additions a story at most."""

Row = Mapping[str, Any]
Vectors = npt.NDArray[np.float32]


def roundup(articles: pa.Table, stories: pa.Table, summaries: pa.Table, settings: SummarySettings) -> pa.Table:
    """A row per story with articles of more than one outlet.

    Args:
        articles: ARTICLES that were kept.
        stories: STORIES of the night; `new_spans` are the paragraphs that the canonical article does not have.
        summaries: SUMMARIES of the canonical articles; a canonical article of an earlier night has none here, and then the text
            holds the additions only.

    Returns:
        ROUNDUPS, by story_id.
    """
    at = {article_id: number for number, article_id in enumerate(articles["article_id"].to_pylist())}
    told = dict(zip(*(summaries[name].to_pylist() for name in ("article_id", "text")), strict=True))
    return ROUNDUPS.rows(
        _row(members, _rows(articles, [at[member["article_id"]] for member in members]), told, settings)
        for members in _of_several(articles, stories, at)
    )


def _rows(articles: pa.Table, numbers: list[int]) -> dict[str, Row]:
    return {row["article_id"]: row for row in articles.take(numbers).to_pylist()}


def _of_several(articles: pa.Table, stories: pa.Table, at: Mapping[str, int]) -> Iterator[list[Row]]:
    """The members of each story of more than one outlet, by story_id; most stories have one outlet and are never rows of Python's."""
    outlets = articles["outlet"].to_pylist()
    where: dict[str, list[int]] = defaultdict(list)
    heard: dict[str, set[str]] = defaultdict(set)
    for number, (story, article) in enumerate(zip(*(stories[name].to_pylist() for name in ("story_id", "article_id")), strict=True)):
        if article in at:
            where[story].append(number)
            heard[story] |= {outlets[at[article]]} - {None, ""}
    for story in sorted(where):
        if len(heard[story]) > 1:
            yield stories.take(where[story]).to_pylist()


def _row(members: Sequence[Row], by_id: Mapping[str, Row], told: Mapping[str, str], settings: SummarySettings) -> dict[str, Any]:
    canonical_id = members[0]["canonical_id"]
    additions = _additions(canonical_id, members, by_id, settings)
    lines = [told.get(canonical_id) or "", *(f"{a['outlet']}: {a['text']}" for a in additions)]
    return {
        "story_id": members[0]["story_id"],
        "canonical_id": canonical_id,
        "outlets": sorted({row["outlet"] for row in by_id.values() if row["outlet"]}),
        "text": "\n".join(line for line in lines if line),
        "additions": additions,
        "model": settings.model.name,
    }


def _additions(canonical_id: str, members: Sequence[Row], by_id: Mapping[str, Row], settings: SummarySettings) -> list[dict[str, Any]]:
    """At most one sentence per member of another outlet, each far from all that was told before it."""
    home = by_id.get(canonical_id)
    known = list(read(home["text"], home["paragraphs"] or [], home["language"] or "und").candidates) if home else []
    offers = [(m["article_id"], _new(by_id[m["article_id"]], m)) for m in sorted(members, key=lambda m: str(m["article_id"]))]
    offers = [(i, new) for i, new in offers if new and (home is None or by_id[i]["outlet"] != home["outlet"])]
    if not offers:
        return []
    vectors = load_encoder(settings.model).encode([c.text for c in known] + [c.text for _, new in offers for c in new]).values
    told, at = [vectors[: len(known)]], len(known)
    additions: list[dict[str, Any]] = []
    for article_id, new in offers:
        here = vectors[at : at + len(new)]
        at += len(new)
        if settings.model.name == MODEL:
            order = are_orders(here)
            here, new = here[~order], [c for c, n in zip(new, order, strict=True) if not n]  # noqa: PLW2901
        best = _best(here, told)
        if best is not None and len(additions) < ADDITIONS:
            told.append(here[best : best + 1])
            spot = new[best]
            additions.append(
                {
                    "article_id": article_id,
                    "outlet": by_id[article_id]["outlet"] or "",
                    "start": spot.start,
                    "end": spot.end,
                    "text": spot.text,
                }
            )
    return additions


def _new(article: Row, member: Row) -> list[Candidate]:
    """The member's sentences that lie in its new spans."""
    spans = [(s["start"], s["end"]) for s in member["new_spans"] or []]
    found = read(article["text"], article["paragraphs"] or [], article["language"] or "und").candidates
    return [c for c in found if not c.quote and any(start <= c.start and c.end <= end for start, end in spans)]


def _best(here: Vectors, told: Sequence[Vectors]) -> int | None:
    """The sentence nearest to the story's centre among those that are not told yet."""
    before = [rows for rows in told if len(rows)]
    if not before or not len(here):
        return 0 if len(here) else None
    centre = before[0].mean(axis=0)
    order = sorted(range(len(here)), key=lambda i: (-round(float(here[i] @ centre), 4), i))
    return next((i for i in order if max(float((rows @ here[i]).max()) for rows in before) < NEWS), None)
